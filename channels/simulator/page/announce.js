// One polite line at a time, three seconds apart, so that a screen reader is never flooded.
const said = document.getElementById("said");
const waiting = [];
let timer = 0;

export function announce(text) {
  if (waiting.length < 5) waiting.push(text.slice(0, 240));
  if (!timer) next();
}

function next() {
  const line = waiting.shift();
  timer = 0;
  if (!line) return;
  said.textContent = line;
  timer = setTimeout(next, 3000);
}
