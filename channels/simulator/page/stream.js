// One stream while the page is seen. The server sends the whole state first, so coming back needs no memory.
const offline = document.getElementById("offline");

export function listen(on) {
  let source = null;
  const open = () => {
    if (source || document.hidden) return;
    source = new EventSource("events");
    source.addEventListener("open", () => { offline.hidden = true; });
    source.addEventListener("error", () => {
      offline.hidden = false;
      if (source?.readyState === EventSource.CLOSED) { close(); setTimeout(open, 2000); }
    });
    for (const name of Object.keys(on)) source.addEventListener(name, (e) => on[name](JSON.parse(e.data)));
  };
  const close = () => { source?.close(); source = null; };
  document.addEventListener("visibilitychange", () => { if (document.hidden) close(); else open(); });
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", open);
  open();
}
