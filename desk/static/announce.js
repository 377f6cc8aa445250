// announce.js says to screen readers what changed: politely one line in three seconds, at once what is wrong.
const status = document.getElementById('status');
const alert = document.getElementById('alert');
let waiting = [];
let timer = 0;

export function announce(text) {
  waiting.push(text.slice(0, 200));
  if (!timer) say();
}

export function alarm(text) {
  alert.textContent = '';
  setTimeout(() => { alert.textContent = text; }, 50);
}

function say() {
  const next = waiting.shift();
  timer = next === undefined ? 0 : setTimeout(say, 3000);
  if (next !== undefined) status.textContent = next;
}
