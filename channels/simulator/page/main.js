// The page of the demo phones: it draws what the stream tells and posts what is pressed. It holds no words and keeps nothing.
import { Phone } from "./phone.js";
import { listen } from "./stream.js";
import { drawNews, wireLevers } from "./guide.js";
import { wireDesk } from "./desk.js";
import { wireTabs } from "./tabs.js";

document.documentElement.classList.remove("no-script");

const phones = new Map();
for (const el of document.querySelectorAll(".phone:not([data-closed])")) {
  phones.set(el.dataset.kind, new Phone(el));
}
const tabs = wireTabs();
const desk = wireDesk();
wireLevers();

listen({
  state(s) {
    for (const p of s.phones) phones.get(p.kind)?.draw(p);
    drawNews(s.news);
    if (s.seated) desk.sit();
  },
  phone(p) {
    if (phones.get(p.kind)?.draw(p)) tabs.mark(p.kind);
  },
  news: drawNews,
});
