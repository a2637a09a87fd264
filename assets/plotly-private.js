/* On every page, before all other scripts, and on a map alone (sheets): what plotly.js and MapLibre keep to themselves,
   under names with an underscore, and the atlas cannot do without. Nothing of it is promised, so it is read here and
   nowhere else (oxlint holds that), and tests/browser/test_plotly_private.py says which of it a version has taken away. */
(function () {
  "use strict";
  const live = (gd) => (gd && gd._fullLayout && gd._fullLayout.map) || null;

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
