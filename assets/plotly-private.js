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
  const wrapped = (plotly) => {
    for (const name of ["newPlot", "react"]) {
      const draw = plotly[name];
      plotly[name] = (gd, data, layout, ...rest) => {
        whole(Array.isArray(data) ? { layout } : data);
        return draw(gd, data, layout, ...rest);
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
