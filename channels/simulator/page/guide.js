// The four steps that tick themselves, and the bar of the newest case.
import { post } from "./post.js";
import { announce } from "./announce.js";

const steps = [...document.querySelectorAll("[data-step]")];
const bar = document.querySelector(".case");
let said = "";

export function drawNews(news) {
  const now = news.steps.findIndex((done) => !done);
  steps.forEach((li, i) => {
    li.classList.toggle("is-done", news.steps[i]);
    li.classList.toggle("is-now", i === now);
    if (i === now) li.setAttribute("aria-current", "step"); else li.removeAttribute("aria-current");
  });
  document.body.dataset.step = String(now + 1);
  drawCase(news.case);
}

function drawCase(c) {
  bar.hidden = !c;
  document.body.classList.toggle("has-case", Boolean(c));
  if (!c) return;
  bar.querySelector(".reference").textContent = c.reference;
  bar.querySelector(".subject").textContent = c.title;
  const list = bar.querySelector(".stations");
  list.replaceChildren(...(c.steps || []).map((s) => {
    const li = document.createElement("li");
    li.className = s.state;
    li.textContent = s.label;
    if (s.state === "now") li.setAttribute("aria-current", "step");
    return li;
  }));
  link(bar.querySelector(".track"), c.track);
  link(bar.querySelector(".at-desk"), c.desk);
  for (const b of bar.querySelectorAll("[data-lever]")) {
    if (b.dataset.lever !== "day") b.setAttribute("aria-disabled", String(!c.open));
  }
  const line = `${c.reference}: ${c.status}`;
  if (said && said !== line) announce(line);
  said = line;
}

function link(a, url) {
  a.hidden = !url;
  if (url) a.href = url;
}

export function wireLevers() {
  for (const b of bar.querySelectorAll("[data-lever]")) {
    b.addEventListener("click", async () => {
      if (b.getAttribute("aria-busy") === "true" || b.getAttribute("aria-disabled") === "true") return;
      b.setAttribute("aria-busy", "true");
      await post(`levers/${b.dataset.lever}`);
      b.removeAttribute("aria-busy");
    });
  }
}
