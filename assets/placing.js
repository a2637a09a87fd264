/* Section 补位置 of the data page: choose a row, click or drag on the map, arrow keys and Enter, the device's own position.
   What is set lies in the store placing-spots (table -> spots, skipped); the server lists, doubts and saves it. */
(function () {
  "use strict";
  const SPOTS = "placing-spots",
    NEAR_ZOOM = 13.5,
    STEP_PX = 4,
    LEAP_PX = 40,
    FAR_M = 100,
    DIGITS = 6,
    LOCATE_MS = 20000,
    NARROW_PX = 1000;
  const state = { key: null, data: {}, hooked: new WeakSet(), drag: null };

  const root = () => document.getElementById("placing");
  const box = () => document.getElementById("placing-box");
  const map = () => window.atlasPlotly.map(document.querySelector("#placing-map .js-plotly-plot"));
  const may = () => Boolean(root() && root().dataset.editing);
  const items = () => Array.from(document.querySelectorAll("#placing-list .placing-item"));
  const item = (key) => items().find((one) => one.dataset.key === key);
  const mine = () => {
    const said = state.data[root().dataset.table] || {};
    return { spots: said.spots || {}, skipped: said.skipped || [] };
  };
  const say = (text) => {
    const at = document.getElementById("placing-said");
    if (at) at.textContent = text || "";
  };
  const called = (one) => {
    const name = one && one.querySelector("strong");
    return name ? name.textContent : "";
  };
  const round = (degrees) => Number(degrees.toFixed(DIGITS));

  function keep(change) {
    const now = mine(),
      changed = { spots: { ...now.spots }, skipped: [...now.skipped] };
    change(changed);
    state.data = { ...state.data, [root().dataset.table]: changed };
    draw();
    window.dash_clientside.set_props(SPOTS, { data: state.data });
  }

  function put(key, where, by, sketch) {
    if (!may() || !key) return;
    const one = { lon: round(where.lng), lat: round(where.lat), by };
    if (sketch) one.sketch = true;
    keep((now) => {
      now.spots[key] = one;
      now.skipped = now.skipped.filter((other) => other !== key);
    });
    say(root().dataset.set.replace("{name}", called(item(key))));
  }

  /* where a row is, or may be: what was set, else what was found for it */
  function known(one) {
    const set = mine().spots[one.dataset.key];
    if (set) return { lng: set.lon, lat: set.lat };
    return one.dataset.lon ? { lng: Number(one.dataset.lon), lat: Number(one.dataset.lat) } : null;
  }

  function choose(key, show = true) {
    state.key = key;
    mark();
    const one = item(key),
      at = map();
    if (!one) return;
    one.scrollIntoView({ block: "nearest" });
    if (show && window.innerWidth <= NARROW_PX && box()) box().scrollIntoView({ block: "center" });
    if (may() && !mine().spots[key]) say(root().dataset.chosen.replace("{name}", called(one)));
    if (!at || !show) return draw();
    const where = known(one),
      bounds = one.dataset.box.split(",").map(Number),
      centre = at.getCenter();
    if (where) at.jumpTo({ center: where, zoom: Math.max(at.getZoom(), NEAR_ZOOM) });
    else if (
      bounds.length === 4 &&
      !(centre.lng >= bounds[0] && centre.lng <= bounds[2] && centre.lat >= bounds[1] && centre.lat <= bounds[3])
    )
      at.fitBounds(
        [
          [bounds[0], bounds[1]],
          [bounds[2], bounds[3]],
        ],
        { padding: 20, duration: 0 },
      );
    draw();
  }

  /* the list comes anew from the server: what is chosen is marked again */
  function mark() {
    const all = items();
    all.forEach((one, at) => {
      const chosen = one.dataset.key === state.key,
        button = one.querySelector(".placing-row");
      one.classList.toggle("placing-chosen", chosen);
      if (!button) return;
      if (chosen) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
      const reached = chosen || (at === 0 && !item(state.key));
      for (const each of one.querySelectorAll("button")) each.tabIndex = reached ? 0 : -1;
    });
    if (box()) box().dataset.wants = String(may() && Boolean(item(state.key)) && !mine().spots[state.key]);
  }

  function next() {
    const all = items(),
      from = all.findIndex((one) => one.dataset.key === state.key),
      now = mine();
    for (let step = 1; step <= all.length; step += 1) {
      const one = all[(from + step + all.length) % all.length];
      if (!now.spots[one.dataset.key] && !now.skipped.includes(one.dataset.key)) return choose(one.dataset.key);
    }
    say(root().dataset.all);
    const save = document.getElementById("placing-save");
    if (save) save.focus();
  }

  function draw() {
    const at = map(),
      over = box();
    if (!at || !over) return;
    let layer = over.querySelector(".placing-marks");
    if (!layer) {
      layer = document.createElement("div");
      layer.className = "placing-marks";
      layer.setAttribute("aria-hidden", "true");
      at.getCanvasContainer().append(layer);
    }
    const set = mine().spots,
      wanted = new Map();
    for (const one of items()) {
      const where = known(one);
      if (where)
        wanted.set(one.dataset.key, {
          where,
          set: Boolean(set[one.dataset.key]),
          name: called(one),
          skipped: one.dataset.skipped,
        });
    }
    // what is set and not listed just now (another search) is drawn all the same
    for (const [key, one] of Object.entries(set))
      if (!wanted.has(key)) wanted.set(key, { where: { lng: one.lon, lat: one.lat }, set: true, name: "" });
    const there = new Map(Array.from(layer.children, (one) => [one.dataset.key, one]));
    for (const [key, one] of there) if (!wanted.has(key) || wanted.get(key).skipped) one.remove();
    for (const [key, one] of wanted) {
      if (one.skipped) continue;
      let sign = there.get(key);
      if (!sign || !sign.isConnected) {
        sign = document.createElement("div");
        sign.dataset.key = key;
        sign.addEventListener("pointerdown", press);
        layer.append(sign);
      }
      sign.className = `placing-mark ${one.set ? "placing-mark-set" : "placing-mark-found"}${key === state.key ? " placing-mark-chosen" : ""}`;
      if (sign.dataset.name !== one.name) {
        sign.dataset.name = one.name;
        sign.replaceChildren(Object.assign(document.createElement("span"), { textContent: one.name }));
      }
      if (state.drag && state.drag.key === key) continue;
      const spot = at.project(one.where);
      sign.style.transform = `translate(${spot.x}px, ${spot.y}px)`;
    }
  }

  /* a mark is dragged with mouse, pen or finger; the map beneath stands still */
  function press(source) {
    if (source.button) return;
    source.stopPropagation();
    source.preventDefault();
    const sign = source.currentTarget,
      key = sign.dataset.key,
      frame = map().getCanvas().getBoundingClientRect();
    state.drag = { key, from: [source.clientX, source.clientY], moved: false };
    sign.setPointerCapture(source.pointerId);
    const spot = (event) => [event.clientX - frame.left, event.clientY - frame.top];
    const follow = (event) => {
      if (!state.drag || !may()) return;
      state.drag.moved =
        state.drag.moved || Math.hypot(event.clientX - state.drag.from[0], event.clientY - state.drag.from[1]) > 3;
      if (state.drag.moved) sign.style.transform = `translate(${spot(event)[0]}px, ${spot(event)[1]}px)`;
    };
    const done = (event) => {
      sign.removeEventListener("pointermove", follow);
      sign.removeEventListener("pointerup", done);
      sign.removeEventListener("pointercancel", done);
      const one = state.drag;
      state.drag = null;
      if (event.type === "pointerup" && one && one.moved && may()) put(key, map().unproject(spot(event)), "hand");
      choose(key, false);
    };
    sign.addEventListener("pointermove", follow);
    sign.addEventListener("pointerup", done);
    sign.addEventListener("pointercancel", done);
  }

  function clicked(event) {
    if (!may() || (event.originalEvent && event.originalEvent.target.closest(".placing-mark"))) return;
    if (!item(state.key)) return say(root().dataset.choose);
    put(state.key, event.lngLat, "hand");
  }

  function hook() {
    if (!root()) return;
    const none = root().querySelector(".placing-no-map");
    if (none && window.atlasKit && !window.atlasKit.webgl2()) none.hidden = false;
    const here = document.getElementById("placing-here");
    if (here) here.hidden = !(may() && window.isSecureContext && navigator.geolocation);
    const at = map();
    if (!at || state.hooked.has(at)) return;
    state.hooked.add(at);
    at.on("click", clicked);
    at.on("move", draw);
    at.on("resize", draw);
    at.getCanvas().tabIndex = -1; // the box around it takes the keys
    at.keyboard.disable();
    window.atlasKit.drawScale(at);
    draw();
  }

  function nudge(source) {
    const steps = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[source.key],
      at = map();
    if (!at) return false;
    if (source.key === "+" || source.key === "=") {
      at.zoomIn({ duration: 0 });
      return true;
    }
    if (source.key === "-") {
      at.zoomOut({ duration: 0 });
      return true;
    }
    const one = item(state.key);
    if (source.key === "Enter") {
      if (!one) next();
      else {
        if (may() && !mine().spots[state.key]) put(state.key, at.getCenter(), "hand");
        next();
      }
      return true;
    }
    if (!steps) return false;
    const length = source.shiftKey ? LEAP_PX : STEP_PX;
    const set = one && may() ? mine().spots[state.key] : null;
    if (!set) {
      at.panBy([steps[0] * LEAP_PX, steps[1] * LEAP_PX], { duration: 0 });
      return true;
    }
    const spot = at.project([set.lon, set.lat]),
      size = at.getCanvas();
    const moved = { x: spot.x + steps[0] * length, y: spot.y + steps[1] * length };
    put(state.key, at.unproject([moved.x, moved.y]), "hand");
    if (moved.x < 20 || moved.y < 20 || moved.x > size.clientWidth - 20 || moved.y > size.clientHeight - 20)
      at.jumpTo({ center: at.unproject([moved.x, moved.y]) });
    return true;
  }

  document.addEventListener("keydown", (source) => {
    if (!root() || !(source.target instanceof Element) || source.ctrlKey || source.altKey || source.metaKey) return;
    if (source.target === box()) {
      if (nudge(source)) source.preventDefault();
      return;
    }
    const row = source.target.closest(".placing-row");
    if (!row) return;
    const all = items(),
      at = all.indexOf(row.closest(".placing-item")),
      to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[source.key];
    if (to !== undefined && all[to]) {
      source.preventDefault();
      choose(all[to].dataset.key);
      all[to].querySelector(".placing-row").focus();
    } else if (source.key === "Enter") {
      source.preventDefault();
      const key = row.closest(".placing-item").dataset.key;
      if (key === state.key && mine().spots[key]) {
        next();
        const now = item(state.key);
        if (now) now.querySelector(".placing-row").focus();
      } else {
        choose(key);
        box().focus(); // there the arrow keys move the map under the cross, and Enter sets
      }
    }
  });

  function locate() {
    if (!item(state.key)) return say(root().dataset.choose);
    const key = state.key;
    say(root().dataset.asking);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        put(key, { lng: coords.longitude, lat: coords.latitude }, "device");
        choose(key);
        if (coords.accuracy > FAR_M) say(root().dataset.far.replace("{metres}", String(Math.round(coords.accuracy))));
      },
      () => say(root().dataset.lost),
      { enableHighAccuracy: true, timeout: LOCATE_MS, maximumAge: 0 },
    );
  }

  document.addEventListener("click", (source) => {
    if (!root() || !(source.target instanceof Element)) return;
    const act = source.target.closest("#placing [data-placing]"),
      row = source.target.closest(".placing-row");
    if (act) {
      const key = act.dataset.for,
        one = item(key),
        where = one && known(one);
      if (act.dataset.placing === "accept" && where) {
        put(key, where, one.dataset.by, Boolean(one.dataset.sketch));
        choose(key);
      }
      if (act.dataset.placing === "skip") {
        keep((now) => {
          now.skipped = [...new Set([...now.skipped, key])];
        });
        state.key = key;
        next();
      }
      if (act.dataset.placing === "clear")
        keep((now) => {
          delete now.spots[key];
        });
    } else if (row) choose(row.closest(".placing-item").dataset.key);
    else if (source.target.closest("#placing-next")) next();
    else if (source.target.closest("#placing-here")) locate();
  });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.placing = {
    draw(spots) {
      state.data = spots || {};
      window.setTimeout(() => {
        if (root()) {
          hook();
          mark();
          draw();
        }
      }, 0);
      return window.dash_clientside.no_update;
    },
  };
  window.placingMap = map;
  new MutationObserver(() => {
    if (root()) {
      hook();
      if (!document.querySelector(".placing-item [aria-current]") && item(state.key)) mark();
    }
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
