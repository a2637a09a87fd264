/* A machine without WebGL 2 gets the map as a picture of the server. An element says by data-still where its picture is;
   the picture is asked for anew when address or size change. What it takes the place of follows it (assets/atlas-map.css). */
(function () {
  "use strict";
  const LATER_MS = 150,
    NARROW = 1000;
  const waiting = new WeakMap();

  function follow(event) {
    const link = event.target.closest && event.target.closest("a");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    window.history.pushState({}, "", link.getAttribute("href"));
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate")); // as a link of Dash does
  }

  async function draw(box) {
    const { width, height } = box.getBoundingClientRect(),
      path = box.dataset.still;
    if (!path || !width || !height) return;
    // the legend lies over the lower left: the place goes beside it when that costs little
    const legend = document.getElementById("legend-box");
    const left = legend && getComputedStyle(legend).position === "absolute" ? legend.offsetWidth + 20 : 0;
    const asked = `${path}${path.includes("?") ? "&" : "?"}w=${Math.round(width)}&h=${Math.round(height)}&left=${left}`;
    if (box.dataset.asked === asked) return;
    box.dataset.asked = asked;
    const answer = await fetch(asked).catch(() => null);
    const text = answer && answer.ok ? await answer.text() : "";
    if (box.dataset.asked !== asked) return; // another was asked for meanwhile
    const picture = new DOMParser().parseFromString(text || "<none/>", "image/svg+xml").documentElement;
    if (picture.nodeName === "svg") box.replaceChildren(document.importNode(picture, true));
    box.dataset.drawn = path;
  }

  function hook() {
    if (!window.atlasKit) return;
    if (window.atlasKit.webgl2()) {
      // reached by a link: the page that is loaded with its map hands its own over (assets/first.js)
      if (window.atlasFirst && !document.querySelector(".first"))
        for (const box of document.querySelectorAll("[data-first]")) window.atlasFirst.once(box);
      return;
    }
    for (const box of document.querySelectorAll("[data-still]")) {
      if (waiting.has(box)) {
        draw(box);
        continue;
      }
      const legend = document.getElementById("legend-box");
      if (legend && window.innerWidth <= NARROW) legend.open = false;
      box.nextElementSibling.hidden = false;
      box.hidden = false;
      waiting.set(box, 0);
      box.addEventListener("click", follow);
      new ResizeObserver(() => {
        window.clearTimeout(waiting.get(box));
        waiting.set(
          box,
          window.setTimeout(() => draw(box), LATER_MS),
        );
      }).observe(box);
    }
  }

  /* the map of a page other than the overview, as its address stands, without links; another `turn` is another picture */
  window.atlasStill = function (page, turn) {
    const query = new URLSearchParams(window.location.search);
    for (const [key, value] of [
      ["page", page],
      ["turn", turn],
      ["plain", "1"],
    ])
      query.set(key, value);
    document.getElementById("map-still").dataset.still = `/map.svg?${query}`;
  };

  new MutationObserver(hook).observe(document.documentElement, {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ["data-still"],
  });
})();
