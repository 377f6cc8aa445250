// live.js follows what changes: one stream for a visible page. An event says where to look; the page is fetched again, rights are checked
// again, and only the parts that changed are replaced.
import { announce, alarm } from './announce.js';
import { changed as listChanged } from './list.js';
import { changed as talkChanged, start as startTalk } from './transcript.js';

const body = document.body;
const sign = document.getElementById('live');
const page = document.querySelector('[data-page]');
const changed = page?.dataset.page === 'conversation' ? talkChanged : listChanged;

let source = null;
let last = Number(body.dataset.head);
let lostAt = 0;

function show(live) {
  sign.hidden = false;
  sign.classList.toggle('lost', !live);
  sign.textContent = live ? body.dataset.live : body.dataset.lost;
}

function open() {
  if (source || document.hidden) return;
  source = new EventSource('/desk/events?after=' + last);
  source.onopen = () => { show(true); if (lostAt) changed(null); lostAt = 0; };
  source.onmessage = (e) => {
    if (e.lastEventId) last = Math.max(last, Number(e.lastEventId));
    changed(JSON.parse(e.data));
  };
  source.addEventListener('resync', (e) => { last = Number(e.lastEventId) || last; changed(null); });
  source.onerror = () => {
    show(false);
    if (!lostAt) { lostAt = Date.now(); setTimeout(() => { if (lostAt) alarm(body.dataset.lost); }, 5000); }
    if (source.readyState === EventSource.CLOSED) { close(); setTimeout(open, 3000); }
  };
}

function close() {
  source?.close();
  source = null;
}

// A hidden tab holds no stream: HTTP/1.1 allows a browser six. Shown again, it looks whether it missed anything.
async function lookAgain() {
  if (document.hidden) { close(); return; }
  try {
    const r = await fetch('/desk/events/head', { headers: { 'Desk-Live': '1' }, redirect: 'manual' });
    if (r.type === 'opaqueredirect') { location.reload(); return; }
    const { n } = await r.json();
    if (n !== last) { last = n; changed(null); }
  } catch { show(false); }
  open();
}

// A session rests after 30 minutes without a page or a draft; two minutes before, its owner is asked. What a stream fetches does not count.
const idle = document.getElementById('idle');
let rest = 0;
function awake() {
  clearTimeout(rest);
  rest = setTimeout(() => { if (!idle.open) idle.showModal(); }, 28 * 60_000);
}
if (idle) {
  awake();
  document.addEventListener('desk:kept', awake);
  idle.addEventListener('close', () => { fetch('/desk/', { redirect: 'manual' }); awake(); });
}

if (sign && page) {
  document.addEventListener('visibilitychange', lookAgain);
  addEventListener('online', lookAgain);
  setInterval(lookAgain, 60_000);
  if (page.dataset.page === 'conversation') startTalk(page);
  document.getElementById('problem')?.focus();
  document.getElementById('preview-heading')?.focus();
  open();
} else {
  document.getElementById('problem')?.focus();
}
export { announce };
