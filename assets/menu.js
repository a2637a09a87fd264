/* On a phone the ways, the search and the switches of the masthead stand behind one button (assets/atlas-widths.css). */
(function () {
  "use strict";
  function set(button, open) {
    button.closest(".header").dataset.menu = open ? "open" : "closed";
    button.setAttribute("aria-expanded", String(open));
  }
  document.addEventListener("click", (event) => {
    const at = event.target instanceof Element ? event.target : null,
      button = at && at.closest(".menu-toggle");
    if (button) return set(button, button.getAttribute("aria-expanded") !== "true");
    for (const open of document.querySelectorAll(".menu-toggle[aria-expanded='true']"))
      if (!at || !at.closest(".header") || at.closest(".way")) set(open, false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const open of document.querySelectorAll(".menu-toggle[aria-expanded='true']")) {
      set(open, false);
      open.focus();
    }
  });
})();
