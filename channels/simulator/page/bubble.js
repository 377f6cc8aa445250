// One bubble, as its channel draws it.
import { chooseRow } from "./sheet.js";

const template = document.getElementById("bubble");
const words = document.getElementById("words").dataset;

// make draws b; press(choice) is called when one of its answers is pressed.
export function make(kind, b, press) {
  const li = template.content.firstElementChild.cloneNode(true);
  const $ = (name) => li.querySelector(name);
  li.dataset.n = b.n;
  li.classList.add(b.who);
  if (b.lost) li.classList.add("lost");
  $(".from").textContent = `${b.name}:`;
  set($(".label"), b.template);
  set($(".quote"), b.quote);
  picture($(".picture"), b);
  if (b.pin) { $(".place").hidden = false; $(".place span").textContent = b.pin; }
  linked($(".text"), b.text);
  $(".text").hidden = !b.text;
  $("time").textContent = b.clock;
  $("time").dateTime = b.at;
  ticks($(".ticks"), b.ticks);
  $(".state").textContent = [b.twice, b.state].filter(Boolean).join(" · ");
  set($(".cost"), b.foot);
  answers($(".answers"), kind, b, press);
  return li;
}

function set(el, text) {
  el.hidden = !text;
  el.textContent = text || "";
}

function picture(a, b) {
  if (!b.photo) return;
  a.hidden = false;
  a.href = b.photo;
  if (b.file) { a.textContent = words.file; a.classList.add("paper"); return; }
  const img = a.querySelector("img");
  img.src = b.photo;
  img.alt = b.photoAlt;
}

// linked makes addresses pressable and leaves every other sign as it is.
function linked(p, text) {
  for (const part of text.split(/(https?:\/\/[^\s<>"]+)/)) {
    if (!/^https?:\/\//.test(part)) { p.append(part); continue; }
    const a = document.createElement("a");
    a.href = part;
    a.target = "_blank";
    a.rel = "noopener";
    a.dir = "ltr";
    a.textContent = part;
    p.append(a);
  }
}

function ticks(el, n) {
  el.hidden = !n;
  el.textContent = n > 1 ? "✓✓" : "✓";
  el.classList.toggle("read", n === 3);
}

function answers(box, kind, b, press) {
  if (!b.choices.length) return;
  box.hidden = false;
  box.classList.add(b.style);
  if (b.style === "list") {
    const open = button(b.open || words.list);
    open.classList.add("open");
    open.setAttribute("aria-haspopup", "dialog");
    open.addEventListener("click", async () => {
      const n = await chooseRow(b.open || words.list, lastLine(b.text), b.choices);
      if (n) press(n);
    });
    box.append(open);
    return;
  }
  b.choices.forEach((one, i) => {
    const el = button(one.label);
    if (one.pressed) {
      el.classList.add("chosen");
      const said = document.createElement("span");
      said.className = "unseen";
      said.textContent = ` ${words.chosen}`;
      el.append(said);
    }
    el.addEventListener("click", () => press(i + 1));
    box.append(el);
  });
}

function button(label) {
  const b = document.createElement("button");
  b.type = "button";
  b.dir = "auto";
  b.textContent = label;
  return b;
}

function lastLine(text) { return text.slice(text.lastIndexOf("\n") + 1); }
