/* On every page, before all other scripts, and on a map alone (sheets): what plotly.js and MapLibre keep to themselves,
   under names with an underscore, and the atlas cannot do without. Nothing of it is promised, so it is read here and
   nowhere else (oxlint holds that), and tests/browser/test_plotly_private.py says which of it a version has taken away. */
(function () {
  "use strict";
  const live = (gd) => (gd && gd._fullLayout && gd._fullLayout.map) || null;

  /* MapLibre asks for tiles from a worker, which has no address of its own: a path of ours gets the host of the page */
  const whole = (figure) => {
    const style = figure && figure.layout && figure.layout.map && figure.layout.map.style;
    for (const source of Object.values((style && style.sources) || {}))
      if (source.tiles) source.tiles = source.tiles.map((one) => (one[0] === "/" ? window.location.origin + one : one));
    return figure;
  };
  const AGAIN_MS = [500, 1000, 2000, 4000, 8000]; // waited before what did not come is asked for again
  const later = (ms) => new Promise((done) => window.setTimeout(done, ms));
  const patient = new WeakSet();

  /* plotly.js gives a whole figure up, and tells nobody, where one tile of its map does not come. Here the map is drawn
     without, and what the network or the server did not give is asked for again. */
  function ask(map) {
    const asked = new Map(); // source and tile -> times asked again
    map.on("error", async ({ error, sourceId, tile }) => {
      const status = error && error.status,
        passing = error instanceof TypeError || status === 0 || status === 429 || status >= 500;
      const at = tile && tile.tileID.canonical,
        key = at ? `${sourceId}/${at.z}/${at.x}/${at.y}` : sourceId,
        times = asked.get(key) || 0;
      console.warn(`map: ${(error && error.message) || error}`);
      if (!sourceId || !passing || times >= AGAIN_MS.length) return;
      asked.set(key, times + 1);
      await later(AGAIN_MS[times]);
      const source = map.style && map.getSource(sourceId);
      if (!source) return;
      const data = !at && source.serialize().data;
      if (at) map.refreshTiles(sourceId, [at]);
      else if (typeof data === "string") source.setData(data);
    });
  }
  function calm(gd) {
    const subplot = live(gd) && live(gd)._subplot,
      map = subplot && subplot.map;
    if (!map || patient.has(map)) return;
    patient.add(map);
    Object.getPrototypeOf(subplot).rejectOnError = () => {};
    if (map._oneTimeListeners) map._oneTimeListeners.error = []; // what the first drawing listens with
    ask(map);
  }

  const drawn = new WeakMap(); // graph -> which of its drawings is the last
  const wrapped = (plotly) => {
    for (const name of ["newPlot", "react"]) {
      const draw = plotly[name];
      plotly[name] = (gd, data, layout, ...rest) => {
        const graph = typeof gd === "string" ? document.getElementById(gd) : gd,
          mine = {};
        drawn.set(graph, mine);
        whole(Array.isArray(data) ? { layout } : data);
        /* areas come with the drawing itself, which is done again when they do not */
        const drawing = async (times) => {
          try {
            const made = draw(gd, data, layout, ...rest);
            calm(graph);
            return await made;
          } catch (error) {
            if (times >= AGAIN_MS.length || !/while fetching/.test(String(error))) throw error;
            await later(AGAIN_MS[times]);
            return drawn.get(graph) === mine ? drawing(times + 1) : graph;
          }
        };
        return drawing(0);
      };
    }
    return plotly;
  };
  let library = window.Plotly && wrapped(window.Plotly); // a sheet loads it before this file, a page after
  Object.defineProperty(window, "Plotly", {
    configurable: true,
    get: () => library,
    set(plotly) {
      library = wrapped(plotly);
    },
  });

  window.atlasPlotly = {
    /* whether a chart or map has been laid out */
    drawn: (gd) => Boolean(gd && gd._fullLayout),
    /* centre and zoom of a map as it stands, whatever its figure said; null without a map */
    view: live,
    /* the MapLibre map of a graph; null when it has none, or none yet */
    map(gd) {
      const of = live(gd);
      return (of && of._subplot && of._subplot.map) || null;
    },
    /* a trace by its name, with its packed numbers read */
    trace: (gd, name) => (gd && gd._fullData && gd._fullData.find((one) => one.name === name)) || null,
    /* the points under the pointer, as plotly_click gives them; null when there are none */
    hovered: (gd) => (gd && gd._hoverdata) || null,
    /* whether the style of a MapLibre map is read, so that its layers may be asked for while sources still load */
    styled: (map) => Boolean(map && map.style && map.style._loaded),
  };
})();
