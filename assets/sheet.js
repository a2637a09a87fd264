/* A sheet in the browser: draws its charts or its map, says when it stands still, and can be frozen for print.
   Runs alone (no Dash): data comes as JSON in the document, map.js brings the fitting, hatching and scale bar.
   Dash loads this file with every page too: it does nothing where there is no sheet. */
(function () {
  "use strict";
  const root = document.documentElement;
  const read = (id) => { const block = document.getElementById(id); return block ? JSON.parse(block.textContent) : null; };
  const spec = read("map-spec"), charts = read("charts");
  if (!spec && !charts) return;

  const frames = (count) => new Promise((done) => {
    const step = (left) => (left ? window.requestAnimationFrame(() => step(left - 1)) : done());
    step(count);
  });
  const wait = (check) => new Promise((done) => {
    const look = () => (check() ? done() : window.setTimeout(look, 30));
    look();
  });
  const config = {
    displayModeBar: root.dataset.controls === "1", displaylogo: false, responsive: true, plotlyServerURL: "", showSendToCloud: false,
    scrollZoom: root.dataset.controls === "1", modeBarButtonsToRemove: ["sendChartToCloud", "toImage", "resetViewMap", "select2d", "lasso2d"],
    locale: root.lang,
  };

  /* a page fills the width it is given: on paper one rem is 16 px, on a wall more */
  function measure() {
    const width = Number(root.dataset.width) * 96;
    const free = root.classList.contains("fill") ? Math.min(window.innerWidth, (window.innerHeight * Number(root.dataset.width)) / Number(root.dataset.height))
      : window.innerWidth;
    const print = root.dataset.paper === "1";
    const scale = print ? 1 : free / width;
    root.style.fontSize = `${16 * scale}px`;
    return scale;
  }

  function grown(layout, scale) {
    const walk = (one) => {
      if (Array.isArray(one)) return one.map(walk);
      if (one && typeof one === "object") {
        const made = {};
        for (const key of Object.keys(one)) {
          const value = one[key];
          made[key] = key === "size" && typeof value === "number" ? value * scale : walk(value);
        }
        return made;
      }
      return one;
    };
    return walk(layout);
  }

  function webgl2() {
    try { return Boolean(document.createElement("canvas").getContext("webgl2")); } catch (error) { return false; }
  }

  async function drawMap() {
    const plot = document.getElementById("map-plot");
    if (!webgl2()) {
      document.getElementById("no-map").hidden = false;
      root.dataset.failed = "webgl";
      return;
    }
    // a fine picture has ten times the pixels of a screen: they are painted once, at the end, and not on the way there
    const fine = window.devicePixelRatio, own = Object.getOwnPropertyDescriptor(window, "devicePixelRatio");
    Object.defineProperty(window, "devicePixelRatio", { configurable: true, get: () => 1 });
    const fitting = spec.layout.meta.fit;
    const figure = window.dash_clientside.atlas.fit(spec);
    if (!fitting) {
      // a view kept on a large map shows the same ground on a smaller one
      const box = document.getElementById("map");
      figure.layout.map.zoom += Math.min(0, Math.log2(Math.min(box.clientWidth / 1230, box.clientHeight / 760)));
    }
    await window.Plotly.newPlot(plot, figure.data, figure.layout, config);
    await wait(() => {
      const map = window.atlasMap();
      return map && map.loaded() && map.areTilesLoaded() && !map.isMoving() && root.dataset.asked;
    });
    const map = window.atlasMap();
    // hatching is switched on once its image is there: let that be drawn too
    await wait(() => map.getLayer("hatch") && map.hasImage("atlas-hatch"));
    if (own) Object.defineProperty(window, "devicePixelRatio", own); else delete window.devicePixelRatio;
    if (fine !== 1) map.setPixelRatio(fine);
    root.dataset.loaded = String(Math.round(performance.now()));
    await new Promise((done) => { map.once("render", done); map.triggerRepaint(); });
    await wait(() => map.loaded() && map.areTilesLoaded() && !map.isMoving());
    // a legend longer than its map is drawn smaller, never cut
    const legend = document.querySelector(".maplegend");
    for (let zoom = 1; legend.scrollHeight > legend.clientHeight + 1 && zoom > 0.5; zoom -= 0.05) legend.style.zoom = zoom;
    root.dataset.features = String(map.queryRenderedFeatures().length);
  }

  async function drawCharts(scale) {
    for (const id of Object.keys(charts)) {
      const figure = charts[id];
      await window.Plotly.newPlot(document.getElementById(id), figure.data, grown(figure.layout, scale), config);
    }
    await wait(() => [...document.querySelectorAll("iframe")].every((one) => {
      const inner = one.contentDocument && one.contentDocument.documentElement;
      return inner && (inner.dataset.ready === "1" || inner.dataset.failed);
    }));
  }

  /* WebGL prints empty: its picture takes its place */
  window.atlasFreeze = async function () {
    for (const one of document.querySelectorAll("iframe")) if (one.contentWindow.atlasFreeze) await one.contentWindow.atlasFreeze();
    const map = window.atlasMap && window.atlasMap();
    if (!map || !spec) return;
    map.redraw();
    const picture = document.createElement("img"), canvas = map.getCanvas();
    picture.src = canvas.toDataURL("image/png");
    picture.className = "frozen";
    picture.alt = document.title;
    await picture.decode();
    canvas.replaceWith(picture);
  };
  window.atlasCharts = async function () {
    const made = [];
    for (const one of document.querySelectorAll(".plot")) {
      const box = one.getBoundingClientRect();
      made.push({ id: one.id, width: box.width, height: box.height,
        svg: await window.Plotly.toImage(one, { format: "svg", width: box.width, height: box.height, imageDataOnly: true }) });
    }
    return made;
  };

  const began = performance.now();
  async function draw() {
    const scale = measure();
    await document.fonts.ready;
    if (spec) await drawMap(); else await drawCharts(scale);
    await document.fonts.ready;
    await frames(2);
    root.dataset.took = String(Math.round(performance.now() - began));
    root.dataset.ready = "1";
  }
  draw().catch((error) => { root.dataset.failed = String(error && error.message ? error.message : error); });
  let later = 0;
  window.addEventListener("resize", () => {
    window.clearTimeout(later);
    later = window.setTimeout(() => {
      const scale = measure();
      if (charts) for (const id of Object.keys(charts))
        window.Plotly.react(document.getElementById(id), charts[id].data, grown(charts[id].layout, scale), config);
    }, 120);
  });
})();
