// The page takes photos without this. With it, a phone can tell where it is, and what cannot be sent is said before it is sent.
const form = document.querySelector("form");
const problem = document.querySelector(".problem");
if (problem) problem.focus();
if (form) ready();

function ready() {
  const words = form.dataset;
  const status = form.querySelector(".status");
  const send = form.querySelector(".send");
  const photo = form.querySelector("#photo");
  const place = form.querySelector(".place");
  let going = false;

  function say(text, bad) {
    status.textContent = text;
    status.classList.toggle("bad", bad === true);
  }

  // wrong is what the server would refuse, as far as it can be seen here.
  function wrong() {
    const files = photo ? [...photo.files] : [];
    if (files.length > Number(words.most)) return words.many;
    return files.some((f) => f.size > Number(words.bytes)) ? words.large : "";
  }

  if (photo) photo.addEventListener("change", () => say(wrong(), true));

  form.addEventListener("submit", (e) => {
    const why = wrong();
    if (going || why) {
      e.preventDefault();
      if (why) say(why, true);
      return;
    }
    going = true;
    send.setAttribute("aria-disabled", "true");
    say(words.sending);
  });
  window.addEventListener("pageshow", () => { // back from the next page: the form is used once more
    going = false;
    send.removeAttribute("aria-disabled");
    if (!problem) say("");
  });

  if (!place || !navigator.geolocation) {
    if (!photo) say(words.failed, true);
    return;
  }
  place.hidden = false;
  place.querySelector("button").addEventListener("click", () => {
    say(words.asked);
    navigator.geolocation.getCurrentPosition((p) => {
      form.elements.lat.value = p.coords.latitude.toFixed(6);
      form.elements.lon.value = p.coords.longitude.toFixed(6);
      form.elements.metres.value = Math.round(p.coords.accuracy);
      send.hidden = false;
      say(words.got);
    }, () => say(words.failed, true), { enableHighAccuracy: true, timeout: 20000, maximumAge: 60000 });
  });
}
