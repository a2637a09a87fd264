/* For who has no pointer: the list of what is in view, the keys of the map, ways past what repeats. */
(function () {
  "use strict";
  const HOVER_MS = 80; // plotly.js looks under the pointer at most every 50 ms
  const calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const byId = (id) => document.getElementById(id);
  const map = () => (window.atlasMap ? window.atlasMap() : null);
  const plot = () => document.querySelector("#map .js-plotly-plot");
  let clicks = 0;

  function show(open) {
    const box = byId("in-view"),
      toggle = byId("in-view-toggle");
    if (!box || !toggle) return;
    box.hidden = !open;
    toggle.setAttribute("aria-expanded", String(open));
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.access = {
    /* an account takes over the views that this browser kept before anybody signed in */
    takeOver(owned) {
      const none = window.dash_clientside.no_update;
      if (!owned) return none;
      try {
        const found = JSON.parse(window.localStorage.getItem("briefing-kept"));
        ["briefing-kept", "briefing-kept-timestamp"].forEach((key) => window.localStorage.removeItem(key));
        return Array.isArray(found) && found.length ? found : none;
      } catch {
        return none;
      }
    },
    /* button, move or filter -> what to list, when the list is open */
    ask(presses, viewport, filters) {
      const box = byId("in-view"),
        none = window.dash_clientside.no_update;
      if (!box) return none;
      if (presses && presses !== clicks) show(box.hidden);
      clicks = presses || 0;
      if (box.hidden || !filters) return none;
      const live = map();
      if (!live) return { box: null, zoom: null, query: filters.query };
      return {
        box: window.atlasKit.seen(live).map((side) => Number(side.toFixed(5))),
        zoom: Number(live.getZoom().toFixed(2)),
        query: filters.query,
      };
    },
  };

  function closer(lon, lat) {
    const gd = plot();
    if (gd)
      window.Plotly.relayout(gd, {
        "map.center": { lon, lat },
        "map.zoom": Math.min(window.atlasKit.MAX_ZOOM, window.atlasPlotly.view(gd).zoom + 2),
      });
  }

  /* what is in the middle, as if a pointer stood there */
  function point(live) {
    const canvas = live.getCanvas(),
      at = { x: canvas.clientWidth / 2, y: canvas.clientHeight / 2 },
      box = canvas.getBoundingClientRect();
    const originalEvent = new MouseEvent("mousemove", {
      clientX: box.left + at.x,
      clientY: box.top + at.y,
      bubbles: true,
    });
    // an event that nothing sent has no target, and would give these from the corner of the page
    for (const [key, value] of [
      ["offsetX", at.x],
      ["offsetY", at.y],
    ])
      Object.defineProperty(originalEvent, key, { value });
    live.fire("mousemove", { point: at, lngLat: live.unproject([at.x, at.y]), originalEvent });
  }

  /* plotly.js looks under a pointer in its own time, later on a slow machine: ask again until it has, or there is nothing */
  const ASKS = 12;
  function underneath(live, found, asks = ASKS) {
    point(live);
    window.setTimeout(() => {
      const gd = plot();
      if (found(gd) || asks <= 1 || document.activeElement !== live.getCanvas()) return;
      underneath(live, found, asks - 1);
    }, HOVER_MS * 2);
  }

  /* Chinese on an English page is said to be Chinese (dashboard/components/chinese.py does so for what the server sends) */
  const HAN = /([\u3400-\u9fff](?:[\u3000-\u9fff\uff00-\uffef\d ]*[\u3400-\u9fff\uff09])?)/;
  const english = () => document.documentElement.lang === "en";
  function spoken(text) {
    if (!english()) return [text];
    return text
      .split(HAN)
      .filter(Boolean)
      .map((part) => {
        if (!HAN.test(part)) return part;
        const one = document.createElement("span");
        one.lang = "zh-CN";
        one.textContent = part;
        return one;
      });
  }

  function hovered() {
    if (english())
      window.requestAnimationFrame(() => {
        for (const one of document.querySelectorAll("#map .hovertext tspan, #map .hovertext text"))
          if (!one.childElementCount && HAN.test(one.textContent)) one.setAttribute("lang", "zh-CN");
      });
  }

  function say() {
    const live = map(),
      words = byId("map-said");
    if (!live || !words || document.activeElement !== live.getCanvas() || !words.classList) return;
    words.textContent = "";
    underneath(live, () => {
      const label = document.querySelector("#map .hoverlayer");
      words.replaceChildren(
        ...spoken(
          label
            ? [...label.querySelectorAll(".hovertext tspan, .hovertext text")]
                .map((one) => (one.childElementCount ? "" : one.textContent))
                .join(" ")
                .trim()
            : "",
        ),
      );
      return words.textContent;
    });
  }

  function home() {
    const gd = plot(),
      meta = gd && gd.layout.meta,
      box = byId("map");
    if (!meta) return;
    const spot = meta.clear
      ? window.atlasKit.fitted(meta, box.clientWidth, box.clientHeight, false)
      : window.atlasKit.framed(meta.bounds, box.clientWidth, box.clientHeight, 0);
    window.Plotly.relayout(gd, { "map.center": spot.center, "map.zoom": spot.zoom });
  }

  function pressed(event) {
    const live = map();
    if (!live || event.target !== live.getCanvas() || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Home") {
      home();
      event.preventDefault();
      window.setTimeout(say, 400);
    } else if (event.key === "Enter") {
      event.preventDefault();
      underneath(live, (gd) => {
        const points = window.atlasPlotly.hovered(gd);
        if (!points) return false;
        gd.emit("plotly_click", { points, event });
        return true;
      });
    }
  }

  /* MapLibre names its parts in English: every map of a page says them in the reader's language */
  function name() {
    const header = document.querySelector("header[data-map]");
    if (!header) return;
    for (const canvas of document.querySelectorAll('canvas.maplibregl-canvas[aria-label="Map"]'))
      canvas.setAttribute("aria-label", header.dataset.map);
    for (const button of document.querySelectorAll('[title="Toggle attribution"]')) {
      button.title = header.dataset.attribution;
      button.setAttribute("aria-label", header.dataset.attribution);
    }
  }

  const hooked = new WeakSet();
  function hook() {
    name();
    const live = map(),
      words = byId("map-said");
    if (!live || !words || hooked.has(live)) return;
    hooked.add(live);
    const canvas = live.getCanvas();
    canvas.setAttribute("tabindex", "0");
    canvas.setAttribute("aria-label", words.dataset.label);
    canvas.addEventListener("focus", () => canvas.matches(":focus-visible") && byId("map").classList.add("by-keys"));
    canvas.addEventListener("blur", () => byId("map").classList.remove("by-keys"));
    live.on("moveend", say);
    plot().on("plotly_hover", hovered);
  }

  document.addEventListener("keydown", (event) => {
    pressed(event);
    if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
    const box = byId("in-view");
    if (box && !box.hidden && box.contains(document.activeElement)) {
      show(false);
      byId("in-view-toggle").focus();
      return;
    }
    const root = document.querySelector('.atlas[data-rail="open"]'),
      rail = byId("rail");
    if (
      root &&
      window.innerWidth <= 1000 &&
      rail.contains(document.activeElement) &&
      !document.querySelector('[aria-expanded="true"][aria-haspopup="listbox"]')
    ) {
      byId("rail-toggle").click();
      byId("rail-toggle").focus();
    }
  });

  document.addEventListener("click", (event) => {
    const skip = event.target.closest && event.target.closest("a[data-skip]");
    if (skip) {
      // the address is the state: a skip moves the focus and leaves the address as it is
      event.preventDefault();
      const to = document.querySelector(skip.dataset.skip);
      if (!to) return;
      if (!to.matches("a, button, input, [tabindex]")) to.setAttribute("tabindex", "-1");
      to.focus();
      to.scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" });
      return;
    }
    const group = event.target.closest && event.target.closest(".in-view-row[data-lon]");
    if (group)
      closer(
        Number(group.dataset.lon) + window.atlasKit.shift()[0],
        Number(group.dataset.lat) + window.atlasKit.shift()[1],
      );
  });

  new MutationObserver(hook).observe(document.documentElement, { childList: true, subtree: true });
})();
