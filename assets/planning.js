/* The planner's map in the browser: clicks, dragging a site, before and after under a divider.
   It only tells the server what was done (plan-event, plan-act); every figure comes back from there. */
(function () {
  "use strict";
  const MAIN = "plan-map",
    BEFORE = "plan-map-before";
  const SITE_PX = 15,
    DOT_PX = 9,
    STILL_PX = 4,
    NUDGE_M = 25,
    METRES_PER_DEGREE = 111320;
  const state = { key: null, asked: 0, count: 0, moving: null, drag: null, hooked: new WeakSet(), following: false };

  const plot = (id) => document.querySelector(`#${id} .js-plotly-plot`);
  const instance = (id) => window.atlasPlotly.map(plot(id));
  window.planMap = (id) => instance(id || MAIN);
  const element = (id) => document.getElementById(id);

  function tell(store, data) {
    state.count += 1;
    window.dash_clientside.set_props(store, { data: { ...data, n: Date.now() * 1000 + (state.count % 1000) } });
  }
  const event = (data) => tell("plan-event", data);

  /* marks of a trace, where they are on the page */
  function marks(name) {
    const trace = window.atlasPlotly.trace(plot(MAIN), name);
    if (!trace || !trace.lon) return [];
    return Array.from(trace.lon, (lon, at) => ({ lon, lat: trace.lat[at], data: (trace.customdata || [])[at] }));
  }

  function nearest(names, x, y, reach) {
    const map = instance(MAIN);
    let best = null;
    for (const name of names)
      for (const one of marks(name)) {
        const at = map.project([one.lon, one.lat]),
          away = Math.hypot(at.x - x, at.y - y);
        if (away <= reach && (!best || away < best.away)) best = { ...one, away };
      }
    return best;
  }

  const spot = (source) => {
    const box = instance(MAIN).getCanvas().getBoundingClientRect(),
      at = source.touches ? source.touches[0] || source.changedTouches[0] : source;
    return { x: at.clientX - box.left, y: at.clientY - box.top };
  };

  /* dragging a site: before MapLibre sees the press, so that the map stands still */
  function press(source) {
    if (
      !instance(MAIN) ||
      (source.button !== undefined && source.button !== 0) ||
      (source.touches && source.touches.length > 1)
    )
      return;
    if (!source.target.closest || !source.target.closest(".maplibregl-canvas-container, .maplibregl-canvas")) return;
    const at = spot(source),
      hit = nearest(["sites", "forced", "forbidden"], at.x, at.y, SITE_PX);
    if (!hit || !hit.data || hit.data[0] !== "site") return;
    source.stopPropagation();
    source.preventDefault();
    state.drag = { from: at, number: hit.data[1], id: hit.data[2], ghost: null };
    state.swallow = true; // the click that the browser makes of press and release is ours too
    const touch = Boolean(source.touches);
    window.addEventListener(touch ? "touchmove" : "mousemove", drag, { passive: false });
    window.addEventListener(touch ? "touchend" : "mouseup", drop, { once: true });
  }

  function swallow(source) {
    if (!state.swallow) return;
    state.swallow = false;
    source.stopPropagation();
  }

  function drag(source) {
    const now = spot(source),
      one = state.drag;
    if (!one) return;
    source.preventDefault();
    if (!one.ghost && Math.hypot(now.x - one.from.x, now.y - one.from.y) < STILL_PX) return;
    if (!one.ghost) {
      one.ghost = document.createElement("div");
      one.ghost.className = "plan-ghost";
      one.ghost.textContent = String(one.number);
      const label = plot(MAIN).querySelector(".hoverlayer");
      if (label) label.replaceChildren();
      element("plan-map-box").append(one.ghost);
    }
    one.ghost.style.transform = `translate(${now.x}px, ${now.y}px)`;
  }

  function drop(source) {
    const one = state.drag;
    state.drag = null;
    window.removeEventListener("mousemove", drag);
    window.removeEventListener("touchmove", drag);
    if (!one) return;
    if (!one.ghost) return event({ kind: "site", id: one.id });
    const now = spot(source),
      where = instance(MAIN).unproject([now.x, now.y]);
    window.setTimeout(() => one.ghost.remove(), 600);
    event({ kind: "move", number: one.number, lon: where.lng, lat: where.lat });
  }

  function clicked(source) {
    const where = source.lngLat,
      at = source.point;
    if (state.moving !== null) {
      const number = state.moving;
      choose(null);
      return event({ kind: "move", number, lon: where.lng, lat: where.lat });
    }
    const hit = nearest(["forced", "forbidden"], at.x, at.y, SITE_PX) || nearest(["candidates"], at.x, at.y, DOT_PX);
    const adding = element("plan-add");
    if (adding && adding.getAttribute("aria-pressed") === "true")
      return event({ kind: "ground", lon: where.lng, lat: where.lat });
    if (hit && hit.data) event({ kind: "candidate", id: hit.data[1] });
  }

  /* a site chosen in the table goes to the next place that is clicked, or by the arrow keys */
  function choose(number) {
    state.moving = number;
    const hint = element("plan-hint");
    if (hint) {
      hint.hidden = number === null;
      hint.textContent = number === null ? "" : hint.dataset.moving.replace(/\{number\}/, number);
    }
    for (const one of document.querySelectorAll("[data-act='move']"))
      one.setAttribute("aria-pressed", String(Number(one.dataset.number) === number));
    const box = element("plan-map-box");
    if (box) box.dataset.moving = String(number !== null);
  }

  function nudge(source) {
    if (state.moving === null) return;
    const steps = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[source.key];
    if (source.key === "Escape") return choose(null);
    const button = source.target.closest && source.target.closest("[data-act='move']");
    if (!steps || !button || state.moving !== Number(button.dataset.number)) return;
    source.preventDefault();
    const one = marks("sites").find((mark) => mark.data && mark.data[1] === state.moving);
    if (!one) return;
    const east = NUDGE_M / (METRES_PER_DEGREE * Math.cos((one.lat * Math.PI) / 180));
    event({
      kind: "move",
      number: state.moving,
      lon: one.lon + steps[0] * east,
      lat: one.lat + (steps[1] * NUDGE_M) / METRES_PER_DEGREE,
    });
  }

  document.addEventListener("click", (source) => {
    const on = (selector) => source.target.closest && source.target.closest(`.plan-body ${selector}`);
    const button = on("[data-act]");
    if (!button || button.disabled) {
      const add = on("#plan-add");
      if (add) add.setAttribute("aria-pressed", String(add.getAttribute("aria-pressed") !== "true"));
      return;
    }
    const { act, id, number } = button.dataset;
    if (act === "move") return choose(state.moving === Number(number) ? null : Number(number));
    if (act === "lock" || act === "bar") return event({ kind: act, id });
    tell("plan-act", { act, id });
  });
  document.addEventListener("keydown", nudge);

  /* before and after: one camera, a divider that pointer and keys move */
  function follow(leader, follower) {
    if (state.following || !leader || !follower) return;
    state.following = true;
    follower.jumpTo({
      center: leader.getCenter(),
      zoom: leader.getZoom(),
      bearing: leader.getBearing(),
      pitch: leader.getPitch(),
    });
    state.following = false;
  }

  function cut(value) {
    const box = element("plan-map-box");
    if (box) box.style.setProperty("--cut", `${value}%`);
  }

  /* numbers are always shown, however near the sites are to each other; plotly.js only lets icons overlap */
  function unhide(map) {
    if (!window.atlasPlotly.styled(map)) return;
    for (const layer of map.getStyle().layers)
      if (
        layer.id.startsWith("plotly-trace-layer-") &&
        layer.type === "symbol" &&
        !(layer.layout || {})["text-allow-overlap"]
      )
        map.setLayoutProperty(layer.id, "text-allow-overlap", true);
  }

  function hook() {
    const box = element("plan-map-box");
    if (!box) return;
    if (!state.hooked.has(box)) {
      state.hooked.add(box);
      state.key = null;
      state.moving = null;
      box.addEventListener(
        "mousedown",
        () => {
          state.swallow = false;
        },
        { capture: true },
      );
      box.addEventListener("mousedown", press, { capture: true });
      box.addEventListener("click", swallow, { capture: true });
      box.addEventListener("touchstart", press, { capture: true, passive: false });
      cut(50);
    }
    const range = element("plan-swipe-range");
    if (range && !state.hooked.has(range)) {
      state.hooked.add(range);
      range.setAttribute("aria-label", element("plan-swipe-bar").dataset.label);
      range.addEventListener("input", () => cut(range.value));
    }
    for (const id of [MAIN, BEFORE]) {
      const map = instance(id),
        gd = plot(id);
      if (gd && gd.on && !state.hooked.has(gd)) {
        state.hooked.add(gd);
        gd.on("plotly_afterplot", () => {
          unhide(instance(id));
          window.atlasKit.quieten(instance(id), gd.layout.meta?.within);
          if (id === MAIN) document.documentElement.dataset.planDrawn = String(state.asked);
        });
      }
      if (!map || state.hooked.has(map)) continue;
      state.hooked.add(map);
      map.getCanvas().setAttribute("aria-label", box.dataset.label || "");
      map.on("move", () => {
        if (id === MAIN) window.atlasKit.drawScale(map);
        follow(map, instance(id === MAIN ? BEFORE : MAIN));
      });
      if (id === MAIN) {
        map.on("click", clicked);
        window.atlasKit.drawScale(map);
      } else {
        follow(instance(MAIN), map);
      }
    }
  }

  function camera(spec, id) {
    const meta = spec.layout.meta,
      live = window.atlasPlotly.view(plot(MAIN)),
      box = element(id);
    if (live && state.key === meta.key) {
      const map = instance(MAIN);
      return map
        ? { center: { lon: map.getCenter().lng, lat: map.getCenter().lat }, zoom: map.getZoom() }
        : { center: { ...live.center }, zoom: live.zoom };
    }
    if (!meta.fit && state.key === null) return null;
    return window.atlasKit.fitted(meta, box.clientWidth, box.clientHeight, state.key === null);
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.plan = {
    fit(spec) {
      if (!spec) return window.dash_clientside.no_update;
      if (!window.atlasKit.webgl2()) {
        window.atlasStill("planning", ++state.asked);
        return window.dash_clientside.no_update;
      }
      state.asked += 1;
      document.documentElement.dataset.planAsked = String(state.asked);
      const at = camera(spec, MAIN),
        map = at ? { ...spec.layout.map, ...at } : spec.layout.map;
      state.key = spec.layout.meta.key;
      window.setTimeout(function wait() {
        hook();
        if (!instance(MAIN) && element(MAIN)) window.setTimeout(wait, 60);
      }, 0);
      return { ...spec, layout: { ...spec.layout, map } };
    },
    before(spec) {
      if (!spec || !window.atlasKit.webgl2()) return window.dash_clientside.no_update;
      const at = camera(spec, MAIN),
        map = at ? { ...spec.layout.map, ...at } : spec.layout.map;
      window.setTimeout(function wait() {
        hook();
        if (!instance(BEFORE) && element(BEFORE)) window.setTimeout(wait, 60);
      }, 0);
      return { ...spec, layout: { ...spec.layout, map } };
    },
    /* a move of the map -> the view in the address, without a step in the history */
    moved(relayout, stored) {
      const map = instance(MAIN);
      if (!relayout || !relayout["map.center"] || !map || !stored) return window.dash_clientside.no_update;
      const { lon, lat } = relayout["map.center"],
        zoom = relayout["map.zoom"],
        query = new URLSearchParams(window.location.search);
      query.set("v", `${lon.toFixed(5)}_${lat.toFixed(5)}_${zoom.toFixed(2)}`);
      window.history.replaceState(window.history.state, "", `${window.location.pathname}?${query}`);
      return { lon, lat, zoom, place: new URLSearchParams(stored.query).get("place") };
    },
  };

  new MutationObserver(hook).observe(document.documentElement, { childList: true, subtree: true });
})();
