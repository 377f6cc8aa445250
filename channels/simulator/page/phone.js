// One phone: its transcript, what can be sent from it, and the phone itself.
import { announce } from "./announce.js";
import { make } from "./bubble.js";
import { complain, post, postFile } from "./post.js";
import { choosePhoto, choosePlace } from "./sheet.js";

const words = document.getElementById("words").dataset;

export class Phone {
  constructor(el) {
    this.el = el;
    this.kind = el.dataset.kind;
    this.list = el.querySelector(".transcript");
    this.text = el.querySelector("textarea");
    this.newer = el.querySelector(".newer");
    this.keys = el.querySelector(".reply-keys");
    this.drawn = false;
    this.last = true; // the end is shown
    this.wire();
    this.tick();
  }

  // draw shows a phone and its changed bubbles. It tells whether the council wrote something new.
  draw(p) {
    const atEnd = this.atEnd();
    const first = !this.drawn;
    if (p.reset && this.number !== p.number) this.list.replaceChildren();
    this.number = p.number;
    let news = false;
    for (const b of p.bubbles) {
      const old = this.list.querySelector(`[data-n="${b.n}"]`);
      if (old) { this.redraw(old, b); continue; }
      const li = make(this.kind, b, (choice) => this.send({ press: { message: b.n, choice } }));
      if (!first) li.classList.add("arriving");
      li.memo = JSON.stringify(b);
      this.insert(li, b.n);
      if (first || b.who === "resident") continue;
      news = true;
      announce(`${b.name}: ${[b.text, b.pin, ...b.choices.map((c) => c.label)].filter(Boolean).join(", ").slice(0, 200)}`);
    }
    while (this.list.children.length > 200) this.list.firstElementChild.remove();
    this.drawn = true;
    this.drawState(p);
    if (first || atEnd || p.bubbles.some((b) => b.who === "resident")) this.toEnd(); else if (news) this.newer.hidden = false;
    return news;
  }

  // insert keeps the order of the phone, whatever order the news came in.
  insert(li, n) {
    let before = null;
    for (let at = this.list.lastElementChild; at && Number(at.dataset.n) > n; at = at.previousElementSibling) before = at;
    this.list.insertBefore(li, before);
  }

  // redraw changes what can change: the foot, and the answers. The focus stays where it is while there is something to hold it.
  redraw(old, b) {
    const memo = JSON.stringify(b);
    if (old.memo === memo) return;
    const li = make(this.kind, b, (choice) => this.send({ press: { message: b.n, choice } }));
    const was = JSON.parse(old.memo);
    old.memo = memo;
    old.classList.toggle("lost", b.lost);
    old.querySelector(".foot").replaceWith(li.querySelector(".foot"));
    if (JSON.stringify(was.choices) === JSON.stringify(b.choices)) return;
    const answers = old.querySelector(".answers");
    const at = [...answers.querySelectorAll("button")].indexOf(document.activeElement);
    answers.replaceWith(li.querySelector(".answers"));
    if (at >= 0) (old.querySelectorAll(".answers button")[at] || this.text).focus();
  }

  drawState(p) {
    const $ = (name) => this.el.querySelector(name);
    this.el.classList.toggle("is-empty", !this.list.children.length);
    this.el.classList.toggle("is-off", !p.on);
    this.el.classList.toggle("is-blocked", p.blocked);
    $(".number bdi").textContent = p.number;
    const w = $(".window");
    w.hidden = !p.window;
    w.textContent = p.window;
    w.classList.toggle("shut", p.shut);
    const start = this.kind === "telegram" && !p.started;
    const barrier = !p.on ? ".wake" : p.blocked ? ".unblock" : start ? ".start" : "";
    for (const name of [".start", ".unblock", ".wake"]) $(name).hidden = name !== barrier;
    $(".composer").hidden = Boolean(barrier);
    $(".begin").hidden = Boolean(barrier);
    this.toggle("off", !p.on, words.wake, words.sleep);
    this.toggle("block", p.blocked, words.unblock, words.block);
    if (this.keys) this.drawKeys(barrier ? null : p.keyboard);
  }

  toggle(act, is, yes, no) {
    const b = this.el.querySelector(`[data-act="${act}"]`);
    b.textContent = is ? yes : no;
    b.classList.toggle("is-set", is);
    b.removeAttribute("aria-pressed"); // the word itself changes
  }

  drawKeys(k) {
    const memo = JSON.stringify(k);
    if (this.keys.memo === memo) return;
    this.keys.memo = memo;
    this.keys.hidden = !k;
    this.keys.replaceChildren();
    if (!k) return;
    const key = (label, cls, does) => {
      const b = document.createElement("button");
      b.type = "button";
      b.dir = "auto";
      b.className = cls;
      b.textContent = label;
      b.addEventListener("click", does);
      this.keys.append(b);
    };
    key(k.share, "share", () => this.pin());
    for (const label of k.labels || []) key(label, "", () => this.send({ text: label }));
  }

  wire() {
    const $ = (name) => this.el.querySelector(name);
    $(".composer").addEventListener("submit", (e) => { e.preventDefault(); this.write({}); });
    this.text.addEventListener("keydown", (e) => {
      if (e.key === "Enter" && !e.shiftKey && !e.isComposing) { e.preventDefault(); this.write({}); }
    });
    this.text.addEventListener("input", () => this.grow());
    for (const b of this.el.querySelectorAll(".sample")) b.addEventListener("click", () => this.send({ text: b.textContent }));
    $(".composer .photo").addEventListener("click", () => this.photo());
    $(".composer .pin").addEventListener("click", () => this.pin());
    $(".start").addEventListener("click", async () => { await this.send({ start: true }); this.text.focus(); });
    $(".unblock").addEventListener("click", async () => { await this.act("unblock"); this.text.focus(); });
    $(".wake").addEventListener("click", async () => { await this.act("on"); this.text.focus(); });
    $('[data-act="off"]').addEventListener("click", () => this.act(this.el.classList.contains("is-off") ? "on" : "off"));
    $('[data-act="block"]').addEventListener("click", () => this.act(this.el.classList.contains("is-blocked") ? "unblock" : "block"));
    $('[data-act="new"]').addEventListener("click", () => this.act("new"));
    $('[data-send="twice"]').addEventListener("click", () => this.write({ copies: 2 }));
    $('[data-send="five"]').addEventListener("click", () => this.write({ times: 5 }));
    this.newer.addEventListener("click", () => { this.toEnd(); this.text.focus(); });
    this.list.addEventListener("scroll", () => {
      this.last = this.atEnd();
      if (this.last) this.newer.hidden = true;
    }, { passive: true });
    new ResizeObserver(() => { if (this.last) this.toEnd(); }).observe(this.list); // the case bar came, the field grew
    document.addEventListener("shown", () => this.toEnd());
    document.addEventListener("keydown", (e) => { if (e.key === "Escape") $(".more").open = false; });
    document.addEventListener("click", (e) => { if (!$(".more").contains(e.target)) $(".more").open = false; });
  }

  send(what) { return post(`phones/${this.kind}/messages`, what); }

  act(name) { return post(`phones/${this.kind}/${name}`); }

  async write(how) {
    const text = this.text.value.trim();
    if (!text) {
      if (how.copies || how.times) complain(words.write);
      this.text.focus();
      return;
    }
    this.text.value = "";
    this.grow();
    const ok = await this.send({ text, ...how });
    if (!ok && !this.text.value) { this.text.value = text; this.grow(); }
    this.text.focus();
  }

  async pin() {
    const place = await choosePlace();
    if (place !== null) await this.send({ place });
    this.text.focus();
  }

  async photo() {
    const chosen = await choosePhoto();
    if (!chosen) return;
    const text = this.text.value.trim();
    const ok = chosen.photo ? await this.send({ photo: chosen.photo, text })
      : await postFile(`phones/${this.kind}/photos?text=${encodeURIComponent(text)}`, chosen.file);
    if (ok) { this.text.value = ""; this.grow(); }
    this.text.focus();
  }

  // grow gives the field a line for each line of text; where the browser can, CSS counts the wrapped ones too.
  grow() { this.text.rows = Math.min(4, this.text.value.split("\n").length); }

  atEnd() { return this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 60; }

  // toEnd jumps: the bubbles bring the movement themselves.
  toEnd() {
    this.newer.hidden = true;
    this.list.scrollTop = this.list.scrollHeight;
  }

  // tick keeps the clock on the glass.
  tick() {
    const now = new Date();
    const el = this.el.querySelector(".strip .now");
    el.textContent = `${String(now.getHours()).padStart(2, "0")}:${String(now.getMinutes()).padStart(2, "0")}`;
    setTimeout(() => this.tick(), (60 - now.getSeconds()) * 1000);
  }
}
