/* The stories: what is made up is hatched on the small map too; the window is named after the story, and the heading has
   the focus when another story was chosen (also by going back). */
(function () {
  "use strict";
  const hooked = new WeakSet();
  let base = null,
    last = null;

  function dress() {
    const gd = document.querySelector(".story-map .js-plotly-plot");
    const map = window.atlasPlotly.map(gd);
    if (!map || hooked.has(map)) return;
    hooked.add(map);
    const wants = gd.layout.meta;
    map.on("styledata", () => {
      if (map.isStyleLoaded()) window.atlasKit.switchLayers(map, wants);
    });
    // the map is fitted to its own size once plotly.js has put its layers in: what is set before is lost with the style
    (function ready() {
      if (!gd.isConnected) return;
      if (
        !map.style ||
        !map.isStyleLoaded() ||
        !map.getStyle().layers.some((layer) => layer.id.startsWith("plotly-"))
      ) {
        window.setTimeout(ready, 80);
        return;
      }
      window.atlasKit.switchLayers(map, wants);
      const spot = window.atlasKit.framed(wants.bounds, gd.clientWidth, gd.clientHeight, 0);
      window.Plotly.relayout(gd, { "map.center": spot.center, "map.zoom": spot.zoom });
    })();
  }

  function name() {
    const heading = document.getElementById("stories-title");
    if (!heading) {
      if (last !== null) document.title = base;
      last = null;
      return;
    }
    if (heading.textContent === last) return;
    if (last === null) base = document.title;
    else {
      document.getElementById("stories-main").scrollTop = 0;
      window.scrollTo(0, 0);
      heading.focus({ preventScroll: true });
    }
    last = heading.textContent;
    document.title = `${last} · ${base}`;
  }

  new MutationObserver(() => {
    name();
    dress();
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
