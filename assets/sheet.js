/* A sheet in the browser: draws its charts or its map, says when it stands still, and can be frozen for print.
   Runs alone (no Dash): data comes as JSON in the document, map.js brings the fitting, hatching and scale bar.
   Dash loads this file with every page too: it does nothing where there is no sheet. */
(function () {
  "use strict";
  const root = document.documentElement;
  const read = (id) => {
    const block = document.getElementById(id);
    return block ? JSON.parse(block.textContent) : null;
  };
  const spec = read("map-spec"),
    charts = read("charts");
  if (!spec && !charts) return;
  if (window === window.top) root.dataset.alone = "1";

  const EDGE = 2; // px at the rim of a map that no name may touch
  const MOST_CUTS = 6; // times that names at the edge are looked for
  const STILL_MS = 3000; // a map that never comes to rest is taken as it is
  const READABLE = 0.8; // of the size of a legend that has room
  const ROUNDING = 0.004; // a window has whole pixels, a page has not
  const frames = (count) =>
    new Promise((done) => {
      const step = (left) => (left ? window.requestAnimationFrame(() => step(left - 1)) : done());
      step(count);
    });
  const wait = (check) =>
    new Promise((done) => {
      const look = () => (check() ? done() : window.setTimeout(look, 30));
      look();
    });
  const config = {
    displayModeBar: root.dataset.controls === "1",
    displaylogo: false,
    responsive: true,
    plotlyServerURL: "",
    showSendToCloud: false,
    scrollZoom: root.dataset.controls === "1",
    modeBarButtonsToRemove: ["sendChartToCloud", "toImage", "resetViewMap", "select2d", "lasso2d"],
    locale: root.lang,
  };

  /* A page is always laid out at the size of its paper (96 px an inch) and then shown larger or smaller as a whole: what is
     previewed on a phone and shown on a wall is the very page that is printed. */
  function measure() {
    const holder = document.querySelector(".sheets");
    if (!holder) return;
    const asked = root.clientWidth / (Number(root.dataset.width) * 96);
    const scale = Math.abs(asked - 1) < ROUNDING ? 1 : asked;
    root.dataset.scale = String(scale);
    holder.style.transform = scale === 1 ? "" : `scale(${scale})`;
    document.body.style.height = scale === 1 ? "" : `${holder.offsetHeight * scale}px`;
    for (const one of document.querySelectorAll("iframe"))
      if (one.contentWindow.atlasSharpen) one.contentWindow.atlasSharpen();
  }
  window.atlasMeasure = measure;

  /* pixels that one CSS pixel of the map is shown with: those of the screen, more where its page is shown larger */
  const ratio = () => {
    const page = window.frameElement && window.frameElement.ownerDocument.documentElement;
    return window.devicePixelRatio * Math.max(1, (page && Number(page.dataset.scale)) || 1);
  };
  window.atlasSharpen = function () {
    const map = spec && root.dataset.ready && window.atlasMap();
    if (map && map.getPixelRatio() !== ratio()) map.setPixelRatio(ratio());
  };

  /* A legend longer than its map is drawn smaller, never cut: before the map, which takes what it leaves. Before it gets too
     small to read its credits go: the foot of the page has them too. */
  function fitLegend() {
    const legend = document.querySelector(".maplegend"),
      credits = legend.querySelector(".legend-source");
    const shrink = (least) => {
      legend.style.zoom = "";
      for (let zoom = 0.95; legend.scrollHeight > legend.clientHeight + 1; zoom -= 0.05) {
        if (zoom < least) return false;
        legend.style.zoom = zoom;
      }
      return true;
    };
    if (root.dataset.controls === "1" || shrink(READABLE)) return;
    if (credits) credits.style.display = "none";
    shrink(0.4);
  }

  function webgl2() {
    try {
      return Boolean(document.createElement("canvas").getContext("webgl2"));
    } catch {
      return false;
    }
  }

  /* idle: names have faded in too, so that the same map is the same picture to the last pixel */
  async function stands(map) {
    let still = false;
    map.once("idle", () => {
      still = true;
    });
    map.triggerRepaint();
    const asked = performance.now();
    await wait(() => still || (performance.now() - asked > STILL_MS && map.loaded() && map.areTilesLoaded()));
  }

  /* a name that the edge of the picture would cut is left out: on paper nobody moves the map; says whether there was one */
  function dropCut(map) {
    const { clientWidth: right, clientHeight: bottom } = map.getContainer();
    const edges = [
      [
        [0, 0],
        [right, EDGE],
      ],
      [
        [0, bottom - EDGE],
        [right, bottom],
      ],
      [
        [0, 0],
        [EDGE, bottom],
      ],
      [
        [right - EDGE, 0],
        [right, bottom],
      ],
    ];
    let any = false;
    for (const layer of map.getStyle().layers.filter((one) => one.type === "symbol" && one.id.startsWith("label-"))) {
      // of a name the box that its letters take is asked, wherever they were laid beside their point
      const cut = [
        ...new Set(
          edges
            .flatMap((edge) => map.queryRenderedFeatures(edge, { layers: [layer.id] }))
            .map((one) => one.properties.name),
        ),
      ];
      any = any || cut.length > 0;
      if (cut.length) map.setFilter(layer.id, ["all", layer.filter, ["!", ["in", ["get", "name"], ["literal", cut]]]]);
    }
    return any;
  }

  async function drawMap() {
    const plot = document.getElementById("map-plot");
    if (!webgl2()) {
      document.getElementById("no-map").hidden = false;
      root.dataset.failed = "webgl";
      return;
    }
    fitLegend();
    // a fine picture has ten times the pixels of a screen: they are painted once, at the end, and not on the way there
    const own = Object.getOwnPropertyDescriptor(window, "devicePixelRatio");
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
    await wait(() => window.atlasBase.laid(plot));
    // hatching is switched on once its image is there: let that be drawn too
    await wait(() => map.getLayer("hatch") && map.hasImage("atlas-hatch"));
    // one that is left out makes room for another, which may be cut in its turn
    for (let left = root.dataset.controls === "1" ? 0 : MOST_CUTS; left; left -= 1) {
      await stands(map);
      if (!dropCut(map)) break;
    }
    if (own) Object.defineProperty(window, "devicePixelRatio", own);
    else delete window.devicePixelRatio;
    const fine = ratio();
    if (fine !== 1) map.setPixelRatio(fine);
    root.dataset.loaded = String(Math.round(performance.now()));
    await stands(map);
    root.dataset.features = String(map.queryRenderedFeatures().length);
  }

  async function drawCharts() {
    // a chart measures its words by the pixels that they take: only then the page is shown larger or smaller
    for (const id of Object.keys(charts))
      await window.Plotly.newPlot(document.getElementById(id), charts[id].data, charts[id].layout, config);
    measure();
    await wait(() =>
      [...document.querySelectorAll("iframe")].every((one) => {
        const inner = one.contentDocument && one.contentDocument.documentElement;
        return inner && (inner.dataset.ready === "1" || inner.dataset.failed);
      }),
    );
  }

  /* WebGL prints empty: its picture takes its place */
  function freeze() {
    const map = spec && window.atlasMap();
    if (!map || !map.getCanvas().isConnected) return null;
    map.redraw();
    const picture = document.createElement("img"),
      canvas = map.getCanvas();
    picture.src = canvas.toDataURL("image/png");
    picture.className = "frozen";
    picture.alt = document.title;
    canvas.replaceWith(picture);
    return picture;
  }
  window.atlasFreeze = async function () {
    for (const one of document.querySelectorAll("iframe"))
      if (one.contentWindow.atlasFreeze) await one.contentWindow.atlasFreeze();
    const picture = freeze();
    if (picture) await picture.decode();
  };
  window.addEventListener("beforeprint", () => {
    if (root.dataset.controls === "1") return;
    for (const one of document.querySelectorAll("iframe"))
      if (one.contentWindow.atlasFreeze) one.contentWindow.atlasFreeze();
    freeze();
  });
  window.atlasCharts = async function () {
    const made = [];
    for (const one of document.querySelectorAll(".plot")) {
      const box = one.getBoundingClientRect();
      made.push({
        id: one.id,
        width: box.width,
        height: box.height,
        svg: await window.Plotly.toImage(one, {
          format: "svg",
          width: box.width,
          height: box.height,
          imageDataOnly: true,
        }),
      });
    }
    return made;
  };

  const began = performance.now();
  async function draw() {
    await document.fonts.ready;
    if (spec) await drawMap();
    else await drawCharts();
    await document.fonts.ready;
    await frames(2);
    root.dataset.took = String(Math.round(performance.now() - began));
    root.dataset.ready = "1";
    window.atlasSharpen();
  }
  draw().catch((error) => {
    measure();
    root.dataset.failed = String(error && error.message ? error.message : error);
  });
  window.addEventListener("resize", () => {
    if (!spec) measure();
  });
})();
