// list.js keeps lists fresh: it fetches the page again and replaces the parts that live. What has the focus is never replaced.
import { announce } from './announce.js';

// One policy, used where a fragment of our own pages is parsed, and nowhere else.
const policy = globalThis.trustedTypes?.createPolicy('desk', { createHTML: (html) => html });

export async function fresh(url) {
  const r = await fetch(url, { headers: { 'Desk-Live': '1' }, redirect: 'manual' });
  if (r.type === 'opaqueredirect') { location.reload(); return null; }
  if (!r.ok) return null;
  const html = await r.text();
  return new DOMParser().parseFromString(policy ? policy.createHTML(html) : html, 'text/html');
}

let busy = false;
let again = false;
let saidAt = 0;

export async function changed() {
  if (busy) { again = true; return; }
  busy = true;
  try {
    const doc = await fresh(location.href);
    if (doc) replace(doc);
  } finally {
    setTimeout(() => { busy = false; if (again) { again = false; changed(); } }, 400);
  }
}

function replace(doc) {
  for (const old of document.querySelectorAll('[data-live-part]')) {
    const now = doc.querySelector(`[data-live-part="${old.dataset.livePart}"]`);
    if (!now || now.innerHTML === old.innerHTML) continue;
    const held = old.contains(document.activeElement) ? document.activeElement : null;
    if (held) keepFocus(old, now, held); else old.replaceChildren(...now.childNodes);
  }
  if (document.title !== doc.title) {
    document.title = doc.title;
    if (Date.now() - saidAt > 30_000) { saidAt = Date.now(); announce(doc.title); }
  }
}

// keepFocus replaces every row but the one somebody is on.
function keepFocus(old, now, held) {
  const mine = held.closest('[data-conversation]');
  const list = mine?.parentElement;
  const next = now.querySelector('ol');
  if (!list || !next) return;
  const rows = [...next.children];
  for (const row of [...list.children]) if (row !== mine) row.remove();
  let before = true;
  for (const row of rows) {
    if (row.dataset.conversation === mine.dataset.conversation) { before = false; continue; }
    if (before) mine.before(row); else list.append(row);
  }
}
