/* The playback of the page 活动: asks the server for one month after the other and draws each, none left out.
   It never starts by itself. Every figure and every word comes from the server. */
(function () {
  "use strict";
  const TRACES = [0, 1];
  const state = {
    spec: null,
    at: 0,
    playing: false,
    speed: 2,
    sum: false,
    turn: 0,
    key: null,
    frames: new Map(),
    drawn: [],
  };
  window.atlasPlayback = state;

  const element = (id) => document.getElementById(id);
  const plot = () => document.querySelector("#an-map .js-plotly-plot");
  const instance = () => window.atlasPlotly.map(plot());
  window.analysisMap = instance;
  const moment = (ms) => new Promise((done) => window.setTimeout(done, ms));

  function fetched(at) {
    const { version, months, query } = state.spec;
    const url = `/analysis/frame/${version}/${months[at]}.json?${query}${state.sum ? (query ? "&" : "") + "sum=1" : ""}`;
    if (!state.frames.has(url))
      state.frames.set(
        url,
        window
          .fetch(url)
          .then((answer) => {
            if (!answer.ok) throw new Error(String(answer.status));
            return answer.text();
          })
          .then((text) => ({ ...JSON.parse(text), bytes: new TextEncoder().encode(text).length }))
          .catch((error) => {
            state.frames.delete(url);
            throw error;
          }),
      );
    return state.frames.get(url);
  }

  /* plotly.js reads packed numbers in a whole figure, not in a restyle */
  function unpacked(values) {
    const bytes = Uint8Array.from(window.atob(values), (sign) => sign.charCodeAt(0));
    return Array.from(new Float32Array(bytes.buffer));
  }

  async function paint(frame) {
    const gd = plot();
    if (gd && instance()) {
      const { size, solid, palette, color, texts, text } = frame.spots,
        lon = unpacked(frame.spots.lon),
        lat = unpacked(frame.spots.lat);
      const hollow = getComputedStyle(document.documentElement).getPropertyValue("--hollow").trim();
      const ring = color.map((one) => palette[one]);
      await window.Plotly.restyle(
        gd,
        {
          lon: [lon, lon],
          lat: [lat, lat],
          hovertext: [[], text.map((one) => texts[one])],
          "marker.size": [size.map((one) => one + 4), size],
          "marker.color": [ring, ring.map((one, spot) => (solid[spot] ? one : hollow))],
        },
        TRACES,
      );
    }
  }

  /* draw month `at`; true when it is the one shown */
  async function show(at) {
    const turn = ++state.turn;
    const spec = state.spec;
    const frame = await fetched(at);
    if (turn !== state.turn || spec !== state.spec) return false;
    await paint(frame);
    state.at = at;
    element("an-caption").textContent = frame.caption;
    for (const one of document.querySelectorAll(".an-month")) {
      const here = one.dataset.month === frame.month;
      one.setAttribute("aria-pressed", String(here));
      if (here) one.parentElement.scrollLeft = one.offsetLeft - one.parentElement.clientWidth / 2;
    }
    state.drawn.push({
      month: frame.month,
      count: frame.count,
      reported: frame.reported,
      bytes: frame.bytes,
      at: performance.now(),
    });
    return true;
  }

  function pause() {
    state.playing = false;
    const button = element("an-play");
    if (button) {
      button.textContent = "▶";
      button.setAttribute("aria-pressed", "false");
    }
  }

  async function play() {
    const last = state.spec.months.length - 1;
    state.playing = true;
    element("an-play").textContent = "❚❚";
    element("an-play").setAttribute("aria-pressed", "true");
    const spec = state.spec;
    // from where one looks; from the first month when nobody has chosen any, or all were shown
    const anew = state.at >= last || (state.fresh && state.at > 0);
    if (anew) state.drawn = [];
    state.fresh = false;
    let next = anew ? 0 : state.at + 1;
    try {
      while (state.playing && spec === state.spec && next <= last) {
        const began = performance.now();
        if (!(await show(next))) break;
        if (next < last) fetched(next + 1).catch(() => {});
        next += 1;
        await moment(Math.max(0, 1000 / state.speed - (performance.now() - began)));
      }
    } finally {
      if (spec === state.spec) pause();
    }
  }

  function step(by) {
    if (!state.spec) return;
    pause();
    state.fresh = false;
    const at = Math.max(0, Math.min(state.spec.months.length - 1, state.at + by));
    show(at).catch(() => {});
  }

  function act(name) {
    if (!state.spec) return;
    if (name === "an-play") {
      if (state.playing) {
        pause();
        state.turn += 1;
      } else play().catch(() => {});
    } else if (name === "an-back") step(-1);
    else if (name === "an-next") step(1);
    else if (name === "an-sum") {
      state.sum = !state.sum;
      element("an-sum").setAttribute("aria-pressed", String(state.sum));
      step(0);
    } else if (name === "an-speed") {
      const button = element("an-speed"),
        speeds = button.dataset.speeds.split(".").map(Number);
      state.speed = speeds[(speeds.indexOf(state.speed) + 1) % speeds.length];
      button.textContent = `${state.speed}×`;
      const label = button.dataset.label.replace("{count}", String(state.speed));
      button.title = label;
      button.setAttribute("aria-label", label);
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("#an-player button");
    if (!button || !state.spec) return;
    if (!button.dataset.month) return act(button.id);
    pause();
    state.fresh = false;
    show(state.spec.months.indexOf(button.dataset.month)).catch(() => {});
  });

  document.addEventListener("keydown", (event) => {
    if (!element("an-player") || event.altKey || event.ctrlKey || event.metaKey) return;
    const on = document.activeElement;
    const busy =
      on && (/^(INPUT|TEXTAREA|SELECT)$/.test(on.tagName) || on.isContentEditable || on.tagName === "CANVAS");
    if (busy) return;
    const name = { ArrowLeft: "an-back", ArrowRight: "an-next", " ": on && on.tagName === "BUTTON" ? null : "an-play" }[
      event.key
    ];
    if (!name) return;
    event.preventDefault();
    act(name);
  });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.analysis = {
    fit(spec) {
      if (!spec) return window.dash_clientside.no_update;
      pause();
      const key = `${spec.version}/${spec.key}`;
      const moved = state.key !== key;
      // it begins where something happened: an empty map of the first month would be read as nothing at all
      const begin = Math.max(
        0,
        spec.counts.findIndex((one) => one > 0),
      );
      Object.assign(state, {
        spec,
        at: begin,
        fresh: true,
        key,
        frames: new Map(),
        drawn: [],
        sum: false,
        turn: state.turn + 1,
      });
      const sum = element("an-sum");
      if (sum) sum.setAttribute("aria-pressed", "false");
      if (!window.atlasKit.webgl2()) {
        window.atlasStill("analysis", key);
        window.setTimeout(() => show(begin).catch(() => {}), 0);
        return window.dash_clientside.no_update;
      }
      window.setTimeout(async function start() {
        // marks that are set while MapLibre still reads its style are lost with it
        for (let tries = 0; tries < 300 && !(instance() && instance().isStyleLoaded()); tries += 1) await moment(60);
        if (state.spec !== spec) return;
        await show(begin).catch(() => {});
        const map = instance();
        if (map)
          map.once("idle", () => {
            if (state.spec === spec)
              fetched(state.at)
                .then(paint)
                .catch(() => {});
          });
      }, 60);
      if (!moved && instance()) return window.dash_clientside.no_update;
      const box = element("an-map"),
        figure = spec.figure;
      const spot = window.atlasKit.fitted(figure.layout.meta, box.clientWidth, box.clientHeight, false);
      return { ...figure, layout: { ...figure.layout, map: { ...figure.layout.map, ...spot } } };
    },
  };
})();
