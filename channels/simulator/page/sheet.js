// The three sheets that slide up: a photo, a place, the rows of a WhatsApp list. Each gives what was chosen, or nothing.
function open(dialog, wire) {
  return new Promise((resolve) => {
    let chosen = null;
    const unwire = wire((value) => { chosen = value; dialog.close(); });
    dialog.addEventListener("click", (e) => {
      if (e.target === dialog) dialog.close();
    }, { signal: unwire.signal });
    dialog.addEventListener("close", () => { unwire.abort(); resolve(chosen); }, { once: true });
    dialog.showModal();
  });
}

function onButtons(dialog, name, choose) {
  const c = new AbortController();
  for (const b of dialog.querySelectorAll(`[data-${name}]`)) {
    b.addEventListener("click", () => choose(b.dataset[name]), { signal: c.signal });
  }
  return c;
}

export function choosePlace() {
  const d = document.getElementById("pin-sheet");
  return open(d, (choose) => onButtons(d, "place", (i) => choose(Number(i))));
}

// choosePhoto gives {photo: name} or {file}.
export function choosePhoto() {
  const d = document.getElementById("photo-sheet");
  const input = d.querySelector("input");
  input.value = "";
  return open(d, (choose) => {
    const c = onButtons(d, "photo", (name) => choose({ photo: name }));
    input.addEventListener("change", () => { if (input.files[0]) choose({ file: input.files[0] }); }, { signal: c.signal });
    return c;
  });
}

// chooseRow gives the number of a row, 1 the first.
export function chooseRow(title, question, choices) {
  const d = document.getElementById("list-sheet");
  d.querySelector("h2").textContent = title;
  d.querySelector(".question").textContent = question;
  d.querySelector(".rows").replaceChildren(...choices.map((one, i) => {
    const li = document.createElement("li");
    const b = document.createElement("button");
    b.type = "button";
    b.dataset.row = String(i + 1);
    b.autofocus = i === 0;
    const label = document.createElement("span");
    label.dir = "auto";
    label.textContent = one.label;
    b.append(label);
    if (one.hint && one.hint !== one.label) {
      const hint = document.createElement("small");
      hint.dir = "auto";
      hint.textContent = one.hint;
      b.append(hint);
    }
    li.append(b);
    return li;
  }));
  return open(d, (choose) => onButtons(d, "row", (n) => choose(Number(n))));
}
