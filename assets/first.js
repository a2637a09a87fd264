/* The page as the server wrote it lies over the one that the scripts lay out, until that one says the same: no figure is
   waited for, and nothing goes blank in between. Loaded before everything else, so it stands alone.
   A map is a picture of the same view until it is painted; the picture lies over it and lets everything through. */
(function () {
  "use strict";
  const LOOK_MS = 50,
    PATIENCE_MS = 12000,
    PAINT_MS = 30000,
    NARROW = 900,
    PHONE = 1000;
  const first = document.querySelector(".first");
  const covers = new Set();

  const frames = (count) =>
    new Promise((done) =>
      (function next(left) {
        if (left) requestAnimationFrame(() => next(left - 1));
        else done();
      })(count),
    );
  const moment = (ms) => new Promise((done) => window.setTimeout(done, ms));

  /* the address of the picture of `path` in the size of an element; a legend that lies over its lower left leaves it less room */
  function address(path, over) {
    const { width, height } = over.getBoundingClientRect(),
      legend = over.parentElement.querySelector(":scope > .legend");
    const left =
      legend && window.innerWidth > PHONE && getComputedStyle(legend).position === "absolute"
        ? legend.offsetWidth + 20
        : 0;
    return width && height
      ? `${path}${path.includes("?") ? "&" : "?"}w=${Math.round(width)}&h=${Math.round(height)}&left=${left}`
      : "";
  }

  /* lay a picture over the map beside `box`: the one that is there already, or the one that the box names */
  function cover(box, ready) {
    const map = box.parentElement.querySelector(".first-graph, .dash-graph:not(.dash-graph--pending)"),
      src = map ? address(box.dataset.first, map) : "";
    if (!src) return null;
    const picture =
      ready ||
      Object.assign(document.createElement("img"), {
        className: "map-first",
        fetchPriority: "high",
        src,
        alt: "",
        // a picture that does not come is no broken one over the map
        onerror() {
          this.remove();
        },
      });
    map.append(picture);
    return picture;
  }

  function painted(graph) {
    const map = window.atlasPlotly.map(graph.querySelector(".js-plotly-plot")),
      page = document.documentElement.dataset;
    return Boolean(
      map &&
      map.style &&
      map.loaded() &&
      map.areTilesLoaded() &&
      !map.isMoving() &&
      (!window.atlasBase || window.atlasBase.laid(graph.querySelector(".js-plotly-plot"))) &&
      page.asked === page.drawn &&
      map.getStyle().layers.some((layer) => layer.id.startsWith("plotly-")),
    );
  }

  async function uncover(picture) {
    covers.add(picture);
    const graph = picture.parentElement,
      until = performance.now() + PAINT_MS;
    while (picture.isConnected && performance.now() < until && !painted(graph)) await moment(LOOK_MS);
    await frames(2);
    picture.remove();
    covers.delete(picture);
  }

  /* what is done on the page changes what its maps show */
  for (const name of ["pointerdown", "wheel", "keydown"])
    window.addEventListener(
      name,
      () => {
        if (!document.querySelector(".first")) for (const one of covers) one.remove();
      },
      { capture: true, passive: true },
    );

  function filled(page) {
    if (!page || !page.firstElementChild || page.querySelector(".opening")) return false;
    return [...page.querySelectorAll(".dash-graph")].every(
      (one) =>
        !one.getClientRects().length ||
        (one.querySelector(".main-svg, canvas") &&
          !one.matches(".dash-graph--pending") &&
          !one.querySelector(".dash-graph--pending")),
    );
  }

  /* the pictures go along as they are: to draw them anew would take the time that the charts need */
  function hand(page) {
    const pictures = new Map(
      [...first.querySelectorAll("[data-first]")].map((box) => [
        box.dataset.first,
        box.parentElement.querySelector(".map-first"),
      ]),
    );
    for (const box of page.querySelectorAll("[data-first]"))
      window.atlasFirst.once(box, pictures.get(box.dataset.first));
    uncovered();
  }

  function uncovered() {
    const down = first.scrollTop,
      entry = document.getElementById("react-entry-point");
    first.remove();
    entry.inert = false;
    entry.removeAttribute("aria-hidden");
    if (down) window.scrollTo(0, down);
  }

  const done = new WeakSet();
  window.atlasFirst = {
    /* cover the map of a box that the scripts laid out, once, until it is painted */
    once(box, ready) {
      const picture = done.has(box) ? null : cover(box, ready);
      if (!picture) return;
      done.add(box);
      uncover(picture);
    },
  };

  if (!first) return;
  // as the pages themselves will (assets/map.js, assets/planning.js)
  for (const legend of first.querySelectorAll(".map-box > .legend")) {
    if (legend.parentElement.offsetWidth < NARROW) legend.open = false;
  }
  for (const box of first.querySelectorAll("[data-first]")) cover(box);
  (async function wait() {
    let since = 0;
    for (;;) {
      await moment(LOOK_MS);
      const page = document.getElementById("page");
      const wrong = document.querySelector("#react-entry-point .notice-bad");
      if (!since && page && page.firstElementChild && !page.querySelector(".opening")) since = performance.now();
      if (wrong || filled(page) || (since && performance.now() - since > PATIENCE_MS))
        return hand(page || document.body);
    }
  })();
})();
