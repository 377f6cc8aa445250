// transcript.js keeps a conversation fresh and its reply safe. New lines move neither focus nor scroll, unless the reader is at the end.
import { announce, alarm } from './announce.js';
import { fresh } from './list.js';

let page, box, jump, reply, seen;
let missed = 0;
let busy = false;
let again = false;

export function start(element) {
  page = element;
  box = document.getElementById('transcript');
  jump = document.getElementById('jump');
  reply = document.getElementById('reply');
  seen = page.querySelector('[name=last_seen_message_id]');
  toEnd();
  jump.addEventListener('click', () => { toEnd(); reply?.focus(); });
  box.addEventListener('scroll', () => { if (atEnd()) { missed = 0; jump.hidden = true; } });
  if (reply) keepDrafts(reply.form);
  if (reply && new URLSearchParams(location.search).get('done') === 'replied') reply.focus();
}

export async function changed(news) {
  if (news && news.conversation !== page.dataset.conversation) return;
  if (busy) { again = true; return; }
  busy = true;
  try {
    const doc = await fresh(location.pathname);
    if (doc) merge(doc);
  } finally {
    busy = false;
    if (again) { again = false; changed(null); }
  }
}

function merge(doc) {
  const list = page.querySelector('[data-live-part=lines]');
  const wasAtEnd = atEnd();
  let added = 0;
  for (const line of [...doc.querySelectorAll('.lines > [data-id]')]) {
    const old = list.querySelector(`[data-id="${CSS.escape(line.dataset.id)}"]`);
    if (!old) {
      list.querySelector('.empty')?.remove();
      line.classList.add('fresh');
      list.append(line);
      added++;
      announce(line.querySelector('.by strong').textContent + ': ' + (line.querySelector('.said')?.textContent ?? ''));
    } else if (old.innerHTML !== line.innerHTML && !old.contains(document.activeElement)) {
      if (line.classList.contains('failed') && !old.classList.contains('failed')) alarm(line.querySelector('.delivery')?.textContent ?? '');
      old.replaceWith(line);
    }
  }
  const state = page.querySelector('[data-live-part=state]');
  const newState = doc.querySelector('[data-live-part=state]');
  if (newState && state.innerHTML !== newState.innerHTML) state.replaceChildren(...newState.childNodes);
  owner(doc);
  if (!added) return;
  // What the reader was shown counts as seen; what came while they looked elsewhere does not, and the server will ask.
  if (wasAtEnd && document.hasFocus()) { if (seen) seen.value = doc.querySelector('[name=last_seen_message_id]')?.value ?? seen.value; toEnd(); return; }
  missed += added;
  jump.textContent = list.dataset.new.replace('0', missed);
  jump.hidden = false;
}

// Somebody else took it, or gave it back: the forms change, but never under the hands of who is writing.
function owner(doc) {
  const version = (d) => d.querySelector('[name=version]')?.value ?? '';
  if (version(doc) === version(document)) return;
  const mine = page.querySelector('.composer');
  const theirs = doc.querySelector('.composer');
  const writing = reply && reply.value.trim() !== '';
  if (!writing && !mine.contains(document.activeElement)) {
    mine.replaceWith(theirs);
    reply = document.getElementById('reply');
    seen = page.querySelector('[name=last_seen_message_id]');
    if (reply) keepDrafts(reply.form);
  } else if (!theirs.querySelector('#reply')) alarm(theirs.querySelector('.readonly p')?.textContent ?? '');
  for (const input of mine.isConnected ? mine.querySelectorAll('[name=version]') : []) input.value = version(doc) || input.value;
  const panel = page.querySelector('.panel');
  if (!panel.contains(document.activeElement)) panel.replaceWith(doc.querySelector('.panel'));
}

// Drafts are kept on the server two seconds after the last key.
function keepDrafts(form) {
  let timer = 0;
  const state = document.getElementById('draft-state');
  reply.addEventListener('input', () => {
    clearTimeout(timer);
    state.textContent = '';
    timer = setTimeout(async () => {
      const data = new URLSearchParams({ form: form.elements.form.value, text: reply.value });
      const r = await fetch(form.dataset.draft, { method: 'POST', body: data, headers: { 'Desk-Live': '1' }, redirect: 'manual' }).catch(() => null);
      if (r?.ok) { state.textContent = state.dataset.kept; document.dispatchEvent(new Event('desk:kept')); }
    }, 2000);
  });
  reply.addEventListener('keydown', (e) => {
    if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) { e.preventDefault(); clearTimeout(timer); form.requestSubmit(form.querySelector('.primary')); }
  });
  form.addEventListener('submit', () => clearTimeout(timer));
}

const scrolls = () => box.scrollHeight > box.clientHeight + 4;
const atEnd = () => scrolls() ? box.scrollHeight - box.scrollTop - box.clientHeight < 40 : scrollY + innerHeight > document.documentElement.scrollHeight - 60;
function toEnd() {
  if (scrolls()) box.scrollTop = box.scrollHeight;
  else page.querySelector('.lines > :last-child')?.scrollIntoView({ block: 'nearest' });
  missed = 0; jump.hidden = true;
}
