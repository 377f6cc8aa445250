// The desk beside the phones: a frame once the visitor sits down.
import { post } from "./post.js";

// welcome presses the one button of a sign-in page that asks for nothing: a link is used up by a POST, never by a GET.
function welcome(page, url) {
  const form = page?.querySelector(`form[action="${CSS.escape(url)}"]`);
  if (form && !form.querySelector("input:not([type=hidden]), select, textarea")) form.requestSubmit();
}

export function wireDesk() {
  const pane = document.querySelector(".desk");
  const frame = pane.querySelector("iframe");
  const seat = pane.querySelector(".seat");
  const wide = matchMedia("(min-width: 1400px)");
  const show = (url) => {
    if (!frame.hidden && url === "/desk/queue") return;
    frame.src = url;
    frame.hidden = false;
    seat.hidden = true;
  };
  const button = pane.querySelector("button.sit");
  button?.addEventListener("click", async () => {
    const answer = await post("desk");
    if (!answer) return;
    frame.addEventListener("load", () => welcome(frame.contentDocument, answer.url), { once: true });
    show(answer.url);
    frame.focus();
  });
  // The case opens in the frame when somebody sits there.
  document.querySelector(".at-desk").addEventListener("click", (e) => {
    if (frame.hidden || !wide.matches || e.ctrlKey || e.metaKey || e.shiftKey) return;
    e.preventDefault();
    frame.src = e.currentTarget.href;
    frame.focus();
  });
  // On a narrow screen the link signs in first, in a tab of its own.
  const inTab = async (e) => {
    if (!button) return;
    e.preventDefault();
    const tab = window.open("about:blank", "_blank");
    const answer = await post("desk");
    const url = answer ? answer.url : "/desk/queue";
    if (tab) { tab.opener = null; tab.location.href = url; } else location.href = url;
  };
  for (const link of document.querySelectorAll(".to-desk")) link.addEventListener("click", inTab);
  return {
    sit() { if (wide.matches && frame.hidden) show("/desk/queue"); },
  };
}
