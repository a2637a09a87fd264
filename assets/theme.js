/* The other theme: the same address with its key changed; the server then answers in it from the first byte. */
document.addEventListener("click", (event) => {
  "use strict";
  if (!(event.target instanceof Element) || !event.target.closest("#theme")) return;
  const query = new URLSearchParams(window.location.search);
  if (document.documentElement.dataset.theme === "dark") query.delete("theme");
  else query.set("theme", "dark");
  const text = query.toString();
  window.location.assign(window.location.pathname + (text ? `?${text}` : "?"));
});
