// Sending what was pressed, and saying so when it was not taken.
const toast = document.getElementById("trouble");
const words = document.getElementById("words").dataset;
let hide = 0;

export function complain(text) {
  toast.textContent = text;
  clearTimeout(hide);
  hide = setTimeout(() => { toast.textContent = ""; }, 8000);
}

// post gives the answer's JSON, or {} for an empty one; null when it was refused, and the page has said why.
export async function post(path, body = {}) {
  return send(path, JSON.stringify(body), "application/json");
}

export async function postFile(path, file) {
  return send(path, file, file.type && !file.type.startsWith("text/") ? file.type : "application/octet-stream");
}

async function send(path, body, type) {
  try {
    const r = await fetch(path, { method: "POST", headers: { "Content-Type": type }, body });
    if (r.status === 204) return {};
    const answer = await r.json().catch(() => ({}));
    if (r.ok) return answer;
    complain(answer.error || words.failed);
  } catch {
    complain(words.failed);
  }
  return null;
}
