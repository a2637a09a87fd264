/* WebGL prints empty: before the page is printed, a picture of the map is laid over it. */
(function () {
  "use strict";
  window.addEventListener("beforeprint", () => {
    const map = window.atlasMap && window.atlasMap(), box = document.getElementById("map");
    if (!map || !box) return;
    for (const old of box.querySelectorAll(".print-map")) old.remove();
    map.redraw();
    const picture = document.createElement("img");
    picture.src = map.getCanvas().toDataURL("image/png");
    picture.className = "print-map";
    picture.alt = "";
    box.append(picture);
  });
  window.addEventListener("afterprint", () => { for (const old of document.querySelectorAll(".print-map")) old.remove(); });
})();
