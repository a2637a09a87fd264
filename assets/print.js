/* Before the page is printed: a picture of the map is laid over it (WebGL prints empty), and charts take the size of their column on paper. */
(function () {
  "use strict";
  const PAPER = { width: 350, height: 146, autosize: false };
  const charts = () => [...document.querySelectorAll(".panel-graph .js-plotly-plot")].filter((one) => one.data && one.data.length);
  const PREVIEW = 718; // px: the width of A4 within its margins
  const preview = (width) => {
    const frame = document.querySelector(".preview");
    if (!frame || !frame.contentWindow.atlasMeasure) return;
    frame.style.flex = width ? `none` : "";
    frame.style.width = width;
    frame.contentWindow.atlasMeasure();
  };
  window.addEventListener("beforeprint", () => {
    preview(`${PREVIEW}px`);
    const map = window.atlasMap && window.atlasMap(), box = document.getElementById("map");
    if (!map || !box) return;
    for (const old of box.querySelectorAll(".print-map")) old.remove();
    map.redraw();
    const picture = document.createElement("img");
    document.documentElement.style.setProperty("--map-aspect", String(map.getCanvas().width / map.getCanvas().height));
    picture.src = map.getCanvas().toDataURL("image/png");
    picture.className = "print-map";
    picture.alt = "";
    box.append(picture);
    for (const one of charts()) window.Plotly.relayout(one, PAPER);
  });
  window.addEventListener("afterprint", () => {
    preview("");
    for (const old of document.querySelectorAll(".print-map")) old.remove();
    for (const one of charts()) window.Plotly.relayout(one, { width: null, height: null, autosize: true });
  });
})();
