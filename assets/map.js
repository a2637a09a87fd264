/* The map in the browser: fitting to the place, hatching, scale bar, switched layers, the view in the address.
   Everything that needs the size of the map or the MapLibre instance is here; all figures come from the server. */
(function () {
  "use strict";
  const TILE = 512;
  const MAX_ZOOM = 15;
  const NARROW = 900,
    PHONE = 1000,
    BESIDE_COSTS = 0.6; // as dashboard/maps/projection.py and first.js
  const LITTLE = 0.025,
    CLEARING = 0.02,
    SHARES = [0.5, 0.25, 0.75, 0, 1];
  const LEGEND_HIGH = 315,
    FOLDED_HIGH = 70,
    FOLDED_WIDE = 160,
    BESIDE = 8,
    PART = 5;
  const CLOSER = 2; // zoom levels that a click on a group of stations goes closer
  const HATCH = "atlas-hatch";
  const PHONE_WIDE = 600; // as NARROW of dashboard/maps/nation.py
  const PLACES = ["label-county", "label-city", "label-province", "label-marked"],
    OWN = "label-own",
    QUIET = 0.55; // as dashboard/maps/map_style.py
  const state = { key: null, off: [], hatched: [], shift: [0, 0], asked: 0, hooked: new WeakSet() };

  const plot = () => document.querySelector("#map .js-plotly-plot");
  const instance = () => window.atlasPlotly.map(plot());
  window.atlasMap = instance;

  const mercator = (lat) => {
    const s = Math.sin((lat * Math.PI) / 180);
    return 0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI);
  };
  const latitude = (y) => (360 / Math.PI) * Math.atan(Math.exp((0.5 - y) * 2 * Math.PI)) - 90;

  /* the legend lies over the lower left: on a wide map the place goes beside it when that costs little; of the country
     the outline is known, and only that is kept clear of the legend and the inset */
  function fitted(meta, width, height, first = state.key === null) {
    const bounds = meta.bounds;
    const legend = document.getElementById("legend-box");
    if (legend && first && width < NARROW) legend.open = false;
    const room =
      legend && window.innerWidth > PHONE && getComputedStyle(legend).position === "absolute"
        ? legend.offsetWidth + 20
        : 0;
    if (meta.clear) return cleared(meta, width, height, room);
    const full = framed(bounds, width, height, 0),
      beside = framed(bounds, width, height, room);
    return beside.zoom > full.zoom - BESIDE_COSTS ? beside : full;
  }

  /* as dashboard/maps/projection.py and nation.py: the first picture and the map stand alike */
  function cleared({ bounds, clear }, width, height, left) {
    const [x, y, wide, high, aspect] = clear.inset,
      across = Math.min(wide * width, high * height * aspect);
    const right = x * width,
      foot = (1 - y) * height,
      pad = Math.min(width, height) * LITTLE;
    const covered = [
      [0, height - (left > FOLDED_WIDE ? LEGEND_HIGH : FOLDED_HIGH), left, height],
      [right - across - BESIDE, foot - across / aspect - BESIDE, right, foot],
    ];
    const [west, south, east, north] = bounds,
      top = mercator(north),
      dx = (east - west) / 360,
      dy = mercator(south) - top;
    const most = Math.log2(Math.min((width - 2 * pad) / (TILE * dx), (height - 2 * pad) / (TILE * dy)));
    for (let zoom = most; zoom > 1; zoom -= CLEARING) {
      const world = TILE * Math.pow(2, zoom);
      for (const down of SHARES)
        for (const along of SHARES) {
          const begin = ((west + 180) / 360) * world - pad - along * (width - 2 * pad - dx * world),
            over = top * world - pad - down * (height - 2 * pad - dy * world);
          const free = clear.outline.every(([lon, lat]) => {
            const px = ((lon + 180) / 360) * world - begin,
              py = mercator(lat) * world - over;
            return covered.every((box) => px <= box[0] || px >= box[2] || py <= box[1] || py >= box[3]);
          });
          if (free)
            return {
              center: {
                lon: ((begin + width / 2) / world) * 360 - 180,
                lat: latitude((over + height / 2) / world),
              },
              zoom,
            };
        }
    }
    return framed(bounds, width, height, 0);
  }

  function framed(bounds, whole, height, left) {
    const width = whole - left;
    const [west, south, east, north] = bounds;
    const pad = Math.min(width, height) * 0.06;
    const dx = Math.max((east - west) / 360, 1e-6);
    const top = mercator(north),
      bottom = mercator(south);
    const dy = Math.max(bottom - top, 1e-6);
    const zoom = Math.log2(Math.min((width - 2 * pad) / (TILE * dx), (height - 2 * pad) / (TILE * dy)));
    const clamped = Math.max(1, Math.min(MAX_ZOOM, zoom));
    const aside = ((left / 2) * 360) / (TILE * Math.pow(2, clamped));
    return {
      center: { lon: (west + east) / 2 - aside, lat: latitude((top + bottom) / 2) },
      zoom: clamped,
    };
  }

  function hatch() {
    const n = 8,
      data = new Uint8Array(n * n * 4);
    const ink = document.documentElement.dataset.theme === "dark" ? [238, 242, 245, 90] : [31, 41, 51, 90];
    for (let y = 0; y < n; y++) for (let x = 0; x < n; x++) if ((x + y) % n === 0) data.set(ink, (y * n + x) * 4);
    return { width: n, height: n, data };
  }

  /* names of places beyond the one looked at are quieter */
  function quieten(map, within) {
    if (!window.atlasPlotly.styled(map)) return;
    const own = within ? ["all", [">=", ["id"], within[0]], ["<", ["id"], within[1]]] : true,
      wanted = ["case", own, 1, QUIET];
    // a county is one code: of a large one the name is seen from where those of others are not
    const named = ["==", ["id"], within && within[1] - within[0] === 1 ? within[0] : -1];
    if (map.getLayer(OWN) && JSON.stringify(map.getFilter(OWN)) !== JSON.stringify(named)) map.setFilter(OWN, named);
    for (const id of PLACES)
      if (map.getLayer(id) && JSON.stringify(map.getPaintProperty(id, "text-opacity")) !== JSON.stringify(wanted))
        map.setPaintProperty(id, "text-opacity", wanted);
  }

  function switchLayers(map, wants = state) {
    if (!window.atlasPlotly.styled(map)) return;
    quieten(map, wants.within);
    if (!map.hasImage(HATCH)) map.addImage(HATCH, hatch());
    if (map.getLayer("hatch")) map.setFilter("hatch", ["in", ["get", "grid_id"], ["literal", wants.hatched]]);
    for (const layer of map.getStyle().layers) {
      if (layer.source === undefined || layer.id.startsWith("plotly-")) continue;
      const wanted = wants.off.includes(layer.id) ? "none" : "visible";
      if ((map.getLayoutProperty(layer.id, "visibility") || "visible") !== wanted)
        map.setLayoutProperty(layer.id, "visibility", wanted);
    }
  }

  /* the inset is of a map of the whole country, not of what one has come closer to */
  function insetOf(map) {
    const gd = map.getContainer().closest(".js-plotly-plot");
    for (const one of gd ? gd.querySelectorAll(".imagelayer") : [])
      one.style.display = map.getZoom() < PART ? "" : "none";
  }

  function drawScale(map) {
    insetOf(map);
    const bar = document.getElementById("scale-bar");
    if (!bar) return;
    const lat = map.getCenter().lat;
    const metres = (40075016.686 * Math.cos((lat * Math.PI) / 180)) / (TILE * Math.pow(2, map.getZoom()));
    const most = metres * 110;
    const power = Math.pow(10, Math.floor(Math.log10(most)));
    const nice = [5, 2, 1].map((one) => one * power).find((one) => one <= most);
    const kilometres = bar.dataset.kilometres,
      small = bar.dataset.metres;
    bar.style.width = `${(nice / metres).toFixed(1)}px`;
    bar.textContent = nice >= 1000 ? `${nice / 1000} ${kilometres}` : `${nice} ${small}`;
  }

  function hook() {
    const gd = plot(),
      map = instance();
    if (gd && gd.on && !state.hooked.has(gd)) {
      state.hooked.add(gd);
      // which of the figures asked for is drawn: what a test or a picture waits for
      gd.on("plotly_click", (event) => {
        const point = event.points[0];
        if (!point.customdata || point.customdata[0] !== "cluster") return;
        window.Plotly.relayout(gd, {
          "map.center": { lon: point.lon, lat: point.lat },
          "map.zoom": Math.min(MAX_ZOOM, window.atlasPlotly.view(gd).zoom + CLOSER),
        });
      });
      gd.on("plotly_afterplot", () => {
        document.documentElement.dataset.drawn = String(state.asked);
      });
    }
    if (!map || state.hooked.has(map)) return;
    state.hooked.add(map);
    const ready = () => {
      switchLayers(map);
      drawScale(map);
    };
    map.on("styledata", () => switchLayers(map));
    map.on("move", () => drawScale(map));
    if (map.isStyleLoaded()) ready();
    else map.once("load", ready);
    map.getCanvas().setAttribute("aria-label", document.getElementById("map").dataset.label || "");
  }

  /* what is visible, in WGS-84 whatever the tiles are drawn in */
  function seen(map) {
    const box = map.getBounds(),
      [lon, lat] = state.shift;
    return [box.getWest() - lon, box.getSouth() - lat, box.getEast() - lon, box.getNorth() - lat];
  }

  /* where the map stands and what of it is visible, for the server */
  function view(map, centre = map.getCenter(), zoom = map.getZoom()) {
    const [lon, lat] = state.shift;
    return { lon: (centre.lon ?? centre.lng) - lon, lat: centre.lat - lat, zoom, key: state.key, box: seen(map) };
  }

  let able = null;
  function webgl2() {
    if (able === null)
      try {
        able = Boolean(document.createElement("canvas").getContext("webgl2"));
      } catch {
        able = false;
      }
    return able;
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.atlas = {
    /* spec of the server, and the marks of the visible box -> figure, with the map where it should stand; marks of
       another choice, or of another place, come too late */
    fit(spec, marks) {
      if (!spec) return window.dash_clientside.no_update;
      // a map alone, on a sheet, is no callback
      const { triggered } = window.dash_clientside.callback_context || { triggered: [] },
        fresh = !triggered.length || triggered.some((one) => one.prop_id === "map-spec.data"),
        fit = marks && marks.query === spec.layout.meta.query && marks.key === spec.layout.meta.key;
      if (!fresh && !fit) return window.dash_clientside.no_update;
      const box = document.getElementById("map");
      if (!webgl2()) {
        document.getElementById("map-still").dataset.still = spec.layout.meta.still;
        return window.dash_clientside.no_update;
      }
      state.asked += 1;
      document.documentElement.dataset.asked = String(state.asked);
      const meta = spec.layout.meta,
        live = window.atlasPlotly.view(plot());
      state.off = meta.off;
      state.hatched = meta.hatched;
      state.within = meta.within;
      state.shift = meta.shift || [0, 0];
      let spot = null;
      const stays = live && state.key === meta.key;
      // a map that is not fitted to its place wants the marks of what is seen, under the new choice too
      const asks = fresh && meta.gathers && (stays || !(meta.fit || state.key !== null));
      if (stays) spot = { center: { ...live.center }, zoom: live.zoom };
      else if (meta.fit || state.key !== null) spot = fitted(meta, box.clientWidth, box.clientHeight);
      state.key = meta.key;
      const map = spot ? { ...spec.layout.map, ...spot } : spec.layout.map;
      window.setTimeout(function wait() {
        hook();
        const m = instance();
        if (m) {
          switchLayers(m);
          drawScale(m);
          if (asks) window.dash_clientside.set_props("viewport", { data: view(m) });
        } else window.setTimeout(wait, 60);
      }, 0);
      // on a phone the inset has fewer names, larger
      const images = (spec.layout.images || []).map((one) =>
        box.clientWidth < PHONE_WIDE ? { ...one, source: one.source.replace("sea.", "sea-small.") } : one,
      );
      const data = fit ? spec.data.map((one, at) => marks.traces[at] || one) : spec.data;
      return { ...spec, data, layout: { ...spec.layout, map, images } };
    },
    /* a move of the map -> what is visible, and the view in the address (without a step in the history) */
    moved(relayout) {
      const map = instance();
      if (!relayout || !relayout["map.center"] || !map) return window.dash_clientside.no_update;
      const looked = view(map, relayout["map.center"], relayout["map.zoom"]),
        { lon, lat, zoom } = looked;
      const query = new URLSearchParams(window.location.search);
      query.set("v", `${lon.toFixed(5)}_${lat.toFixed(5)}_${zoom.toFixed(2)}`);
      window.history.replaceState(window.history.state, "", `${window.location.pathname}?${query}`);
      // dcc.Location must know, or the next change of the address writes the one that it remembers
      window.dash_clientside.set_props("url", { href: window.location.href, search: window.location.search });
      return looked;
    },
    /* the rail folds away; on a phone it starts folded */
    fold(clicks, present) {
      if (!clicks) return window.dash_clientside.no_update;
      const folded = present === "closed" || (present !== "open" && window.innerWidth <= 1000);
      window.setTimeout(() => window.dispatchEvent(new Event("resize")), 250);
      return folded ? "open" : "closed";
    },
  };

  /* for the other maps of the atlas */
  window.atlasKit = {
    framed,
    fitted,
    drawScale,
    switchLayers,
    quieten,
    seen,
    shift: () => state.shift,
    webgl2,
    MAX_ZOOM,
  };

  new MutationObserver(hook).observe(document.documentElement, { childList: true, subtree: true });
})();
