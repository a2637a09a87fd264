/* Before the page is printed: a picture of the map is laid over it (WebGL prints empty), and charts take the size of their column on paper. */
(function () {
  "use strict";
  const PAPER = { width: 350, height: 146, autosize: false };
  const charts = () => [...document.querySelectorAll(".panel-graph .js-plotly-plot")].filter((one) => one.data && one.data.length);
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
    for (const one of charts()) window.Plotly.relayout(one, PAPER);
  });
  window.addEventListener("afterprint", () => {
    for (const old of document.querySelectorAll(".print-map")) old.remove();
    for (const one of charts()) window.Plotly.relayout(one, { width: null, height: null, autosize: true });
  });
})();
