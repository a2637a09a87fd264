/* Before a page is printed: a picture of each map is laid over it (WebGL prints empty), and charts take the size of their column on paper. */
(function () {
  "use strict";
  const MANY = 4; // beyond so many charts they are three rows on a sheet
  const LINE = 14; // px: a bar with its figure beside
  const SMALL = 8;
  const PREVIEW = 718; // px: the width of A4 within its margins
  const TALLEST = 260; // px: as on a phone
  const tall = (one) => one.closest(".an-box") && one.clientHeight > TALLEST;
  const charts = () =>
    [...document.querySelectorAll(".panel-graph .js-plotly-plot")].filter((one) => one.data && one.data.length);
  const drawn = () =>
    [...document.querySelectorAll(".js-plotly-plot")].filter(
      (one) => window.atlasPlotly.drawn(one) && one.getClientRects().length,
    );
  const mapOf = (one) => window.atlasPlotly.map(one);
  let narrowed = [],
    small = [];

  function pictured(one) {
    const map = mapOf(one),
      box = one.closest("#map") || one.parentElement,
      canvas = map.getCanvas();
    map.redraw();
    const picture = document.createElement("img");
    // the box on paper takes the shape of its picture
    (one.closest(".an-map-box") || document.documentElement).style.setProperty(
      "--map-aspect",
      String(canvas.width / canvas.height),
    );
    picture.src = canvas.toDataURL("image/png");
    picture.className = "print-map";
    picture.alt = "";
    box.append(picture);
    // what lies over the map as a picture of its own: the South China Sea
    const shown = [...one.querySelectorAll(".imagelayer > image")].filter(
      (image) => image.parentElement.style.display !== "none",
    );
    if (shown.length) {
      const over = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      over.setAttribute("viewBox", `0 0 ${one.clientWidth} ${one.clientHeight}`);
      over.setAttribute("class", "print-map");
      for (const image of shown) over.append(image.cloneNode());
      box.append(over);
    }
    // the bar keeps its share of the map's width, whatever that is on paper: as long for the same metres at the same latitude
    const bar = (one.closest(".map-box") || box.parentElement).querySelector(".scale-bar");
    if (!bar || !bar.offsetWidth) return;
    const ruler = document.createElement("div");
    ruler.className = "scale-bar print-scale";
    ruler.textContent = bar.textContent;
    ruler.style.width = `${(bar.getBoundingClientRect().width / canvas.clientWidth) * 100}%`;
    box.append(ruler);
  }
  const preview = (width) => {
    const frame = document.querySelector(".preview");
    if (!frame || !frame.contentWindow.atlasMeasure) return;
    frame.style.flex = width ? `none` : "";
    frame.style.width = width ? `${width}px` : "";
    // its first page, whichever its shape: what follows would be cut
    const { width: across, height: down } = frame.contentDocument.documentElement.dataset;
    frame.parentElement.style.height = width ? `${Math.floor((width * down) / across) - 1}px` : "";
    frame.contentWindow.atlasMeasure();
  };
  window.addEventListener("beforeprint", () => {
    preview(PREVIEW);
    for (const old of document.querySelectorAll(".print-map, .print-scale")) old.remove();
    // what a map is read by is on paper though it was folded away
    for (const one of document.querySelectorAll("details.legend:not([open])")) {
      one.open = true;
      one.dataset.folded = "1";
    }
    for (const one of drawn().filter(mapOf)) pictured(one);
    // map and charts share one sheet
    const many = charts().length > MANY,
      height = many ? 126 : 176;
    document.documentElement.style.setProperty("--map-tall", many ? "60mm" : "92mm");
    document.documentElement.style.setProperty("--panel-tall", `${height}px`);
    if (document.getElementById("map"))
      for (const one of charts()) {
        window.Plotly.relayout(one, { width: 350, height, autosize: false });
        const lying = one.data.filter((trace) => trace.orientation === "h");
        const bars = lying.reduce((sum, trace) => sum + trace.y.length, 0);
        if (one.layout.barmode === "group" && bars * LINE > height) {
          window.Plotly.restyle(one, { "textfont.size": SMALL });
          small.push(one);
        }
      }
    // on the other pages a chart has the whole sheet, and one that fills a tall column is no taller than its neighbours
    else
      for (const one of (narrowed = drawn().filter(
        (chart) => !mapOf(chart) && (chart.clientWidth > PREVIEW || tall(chart)),
      ))) {
        window.Plotly.relayout(one, {
          width: Math.min(one.clientWidth, PREVIEW - 30),
          height: tall(one) ? TALLEST : one.clientHeight,
          autosize: false,
        });
      }
  });
  window.addEventListener("afterprint", () => {
    preview(0);
    for (const one of document.querySelectorAll("details.legend[data-folded]")) {
      one.open = false;
      delete one.dataset.folded;
    }
    for (const old of document.querySelectorAll(".print-map, .print-scale")) old.remove();
    if (document.getElementById("map"))
      for (const one of charts()) window.Plotly.relayout(one, { width: null, height: null, autosize: true });
    for (const one of narrowed) window.Plotly.relayout(one, { width: null, height: null, autosize: true });
    for (const one of small) window.Plotly.restyle(one, { "textfont.size": null });
    [narrowed, small] = [[], []];
  });
})();
