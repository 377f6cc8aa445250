// On narrow screens one phone is shown at a time; the buttons choose which, and tell of news on the others.
export function wireTabs() {
  const buttons = [...document.querySelectorAll("[data-tab]")];
  const show = (kind) => {
    document.body.dataset.show = kind;
    for (const b of buttons) {
      b.setAttribute("aria-pressed", String(b.dataset.tab === kind));
      if (b.dataset.tab === kind) b.querySelector(".badge").hidden = true;
    }
    document.dispatchEvent(new CustomEvent("shown", { detail: kind }));
  };
  for (const b of buttons) b.addEventListener("click", () => show(b.dataset.tab));
  return {
    mark(kind) {
      if (document.body.dataset.show === kind) return;
      const b = buttons.find((one) => one.dataset.tab === kind);
      if (b) b.querySelector(".badge").hidden = false;
    },
  };
}
