/* What lies between paper and data, on every map of every page: the streets of the base map, or online tiles. The figure says
   by layout.meta.base where its style is, whose it is, and that there is a choice. It is added once the map stands. */
(function () {
  "use strict";
  const SOURCE = "base",
    KEY = "base",
    WAIT_MS = 60;
  const styles = new Map(); // address -> style, or null while it is not here
  const hooked = new WeakSet();
  const asked = new WeakMap(); // map -> address of the style that lies on it
  const hidden = new WeakMap(); // map -> ids of its own layers that would hide pictures
  let local = ""; // what was chosen on a map whose page does not keep it in the address

  function wants(gd) {
    const base = (gd && gd.layout && gd.layout.meta && gd.layout.meta.base) || null;
    if (!base || !base.local || !local) return base;
    return { ...base, ...(local === "streets" ? base.local : { style: "", credit: "" }) };
  }

  function style(address) {
    if (!styles.has(address)) {
      styles.set(address, null);
      fetch(address)
        .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(String(answer.status)))))
        .then((found) => {
          // workers resolve no relative address
          found.source.tiles = found.source.tiles.map((one) =>
            one.startsWith("/") ? window.location.origin + one : one,
          );
          styles.set(address, found);
          look();
        })
        .catch(() => {
          styles.set(address, { source: null, layers: [] }); // the map stays as it is without
          look();
        });
    }
    return styles.get(address);
  }

  /* the layer that what lies above `anchor` is put before; what of the base map is there already stays below */
  function next(map, anchor) {
    const layers = map.getStyle().layers;
    let at = layers.findIndex((one) => one.id === anchor);
    if (at < 0) at = layers.findIndex((one) => one.type === "symbol") - 1;
    for (at += 1; at < layers.length && layers[at].source === SOURCE; at += 1);
    return layers[at] && layers[at].id;
  }

  const show = (map, ids, how) => {
    for (const id of ids || []) if (map.getLayer(id)) map.setLayoutProperty(id, "visibility", how);
  };

  function clear(map) {
    if (!map.getSource(SOURCE)) return;
    show(map, hidden.get(map), "visible");
    hidden.delete(map);
    for (const one of map.getStyle().layers) if (one.source === SOURCE) map.removeLayer(one.id);
    map.removeSource(SOURCE);
  }

  function lay(gd) {
    const map = window.atlasPlotly.map(gd),
      base = wants(gd);
    if (!map || !window.atlasPlotly.styled(map)) return;
    const address = (base && base.style) || "";
    if (asked.get(map) === address && (!address || map.getSource(SOURCE))) return;
    const found = address ? style(address) : null;
    if (address && !found) return;
    asked.set(map, address);
    clear(map);
    if (!found || !found.source) return;
    map.addSource(SOURCE, found.source);
    for (const one of found.layers) map.addLayer(one, next(map, one.metadata.above));
    show(map, found.hides, "none");
    hidden.set(map, found.hides);
  }

  /* whose it is, on the map itself, so that it is on every picture of it too; and the choice */
  function say(gd) {
    const base = wants(gd),
      box = gd.parentElement;
    if (!box) return;
    let credit = box.querySelector(":scope > .map-credit");
    if (!base || !base.credit) credit?.remove();
    else {
      if (!credit) {
        credit = document.createElement("p");
        credit.className = "map-credit";
        box.classList.add("map-credited");
        box.append(credit);
      }
      if (credit.textContent !== base.credit) credit.textContent = base.credit;
    }
    choice(gd, base);
  }

  function choice(gd, base) {
    const page = gd.closest("#page"),
      box = gd.closest(".map-box") || gd.parentElement;
    let group = box.querySelector(":scope > .base-choice");
    if (!page || !base || !base.said) return group?.remove();
    if (!group) {
      group = document.createElement("div");
      group.className = "base-choice";
      group.setAttribute("role", "group");
      for (const which of ["paper", "streets"]) {
        const button = document.createElement("button");
        button.type = "button";
        button.dataset.base = which;
        button.addEventListener("click", () => choose(which, wants(gd)));
        group.append(button);
      }
      if (box === gd.parentElement) box.classList.add("map-credited"); // what it is placed in
      box.append(group);
    }
    group.setAttribute("aria-label", base.said.label);
    for (const button of group.children) {
      const said = base.said[button.dataset.base];
      if (button.textContent !== said) button.textContent = said; // each change is looked at in its turn
      button.setAttribute("aria-pressed", String((button.dataset.base === "streets") === Boolean(base.style)));
    }
  }

  function choose(which, base) {
    if (base && base.local) {
      local = which;
      return look();
    }
    const query = new URLSearchParams(window.location.search);
    query.set(KEY, which);
    window.history.pushState({}, "", `${window.location.pathname}?${query}`);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate")); // as a link of Dash does
  }

  function look() {
    for (const gd of document.querySelectorAll(".js-plotly-plot")) {
      if (!gd.on || !gd.layout || !gd.layout.map) continue;
      if (!hooked.has(gd)) {
        hooked.add(gd);
        gd.on("plotly_afterplot", look);
      }
      const map = window.atlasPlotly.map(gd);
      if (map && !hooked.has(map)) {
        hooked.add(map);
        map.on("styledata", () => lay(gd));
      }
      say(gd);
      if (map) lay(gd);
      else if (wants(gd)) window.setTimeout(look, WAIT_MS);
    }
  }

  window.atlasBase = {
    /* whether what a map should lie on has been laid under it */
    laid(gd) {
      const base = wants(gd),
        map = window.atlasPlotly.map(gd);
      if (!base || !base.style) return true;
      const found = styles.get(base.style);
      return Boolean(map && found && (!found.source || (asked.get(map) === base.style && map.getSource(SOURCE))));
    },
  };

  new MutationObserver(look).observe(document.documentElement, { childList: true, subtree: true });
})();
