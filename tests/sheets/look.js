/* What a reader would frown at on the page as it is laid out now, found in the DOM alone: [{kind, where, text}].
   Called by tests/sheets/looking.py as look({lang, allowed}): the language of the view, and a pattern of Latin words that a
   Chinese page may have (names, codes, units). Boxes are CSS pixels of the window. */
({ lang, allowed }) => {
  const SLACK = 2; // px: rounding of layout, and the white above and below the ink of a glyph
  const MOST = 12; // findings of one kind: more say nothing new
  const HAN = /[\u3400-\u9fff\uf900-\ufaff]/;
  const found = {};
  const tiny = (element) => {
    for (let one = element; one; one = one.parentElement)
      if (one instanceof HTMLElement && one.offsetWidth === 1 && one.offsetHeight === 1) return true;
    return false;
  };
  const clean = (text) => text.replace(/\s+/g, " ").trim().slice(0, 60);

  function named(element) {
    const own = (one) =>
      one.tagName.toLowerCase() +
      (one.id && !one.id.startsWith("{") && !one.id.startsWith("mantine-") ? `#${one.id}` : "") +
      (typeof one.className === "string" && one.className
        ? "." +
          one.className
            .trim()
            .split(/\s+/)
            .filter((name) => !/^m_|^mantine-focus/.test(name))
            .slice(0, 2)
            .join(".")
        : "");
    const path = [];
    for (let one = element; one && one !== document.body && path.length < 3; one = one.parentElement)
      path.unshift(own(one));
    return path.join(" > ");
  }

  function tell(kind, element, text) {
    const list = (found[kind] = found[kind] || []),
      where = named(element),
      said = clean(text);
    if (list.length < MOST && !list.some((one) => one.where === where && one.text === said))
      list.push({ kind, where, text: said });
  }

  const styles = new Map();
  const style = (element) => {
    if (!styles.has(element)) styles.set(element, getComputedStyle(element));
    return styles.get(element);
  };
  const shown = (element) =>
    element.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true });
  const unseen = (element) =>
    tiny(element) ||
    element.closest(
      ".unseen, .skip, .sr-only, [aria-hidden='true'].ag-hidden, title, script, style, template, noscript",
    );
  const meet = (a, b) => ({
    left: Math.max(a.left, b.left),
    top: Math.max(a.top, b.top),
    right: Math.min(a.right, b.right),
    bottom: Math.min(a.bottom, b.bottom),
  });
  const wide = (box) => box.right - box.left,
    high = (box) => box.bottom - box.top;
  const some = (box, least = 0) => wide(box) > least && high(box) > least;

  /* -- text as it stands: one leaf a text node, with the boxes of its lines ------------------------------------------ */
  // what scrolls shows the rest when asked; what hides does not. The window itself scrolls.
  const clips = (value) => value === "hidden" || value === "clip",
    scrolls = (value) => value === "auto" || value === "scroll";

  function boundary(element) {
    let box = { left: -1e6, top: -1e6, right: 1e6, bottom: 1e6 },
      root = null,
      hides = null,
      fixed = false;
    for (let one = element; one && one !== document.documentElement; one = one.parentElement) {
      const look = style(one),
        area = one.getBoundingClientRect();
      if (
        one.tagName.toLowerCase() === "svg"
          ? clips(look.overflowX) && one.parentElement && !(one.parentElement instanceof SVGElement)
          : one instanceof HTMLElement && look.display !== "inline" && one !== document.body
      ) {
        const bare = scrolls(look.overflowX) && look.scrollbarWidth === "none"; // scrolls, and does not say so
        const x = clips(look.overflowX) || bare,
          y = clips(look.overflowY);
        if (!bare && (scrolls(look.overflowX) || scrolls(look.overflowY))) root = root || one;
        if (!root && (x || y)) {
          const inner = {
            left: x ? area.left : -1e6,
            right: x ? area.right : 1e6,
            top: y ? area.top : -1e6,
            bottom: y ? area.bottom : 1e6,
          };
          box = meet(box, inner);
          hides = hides || one;
        }
      }
      if (look.position === "fixed" || look.position === "sticky") fixed = fixed || one;
    }
    return { box, root, hides, fixed };
  }

  const edges = new Map();
  const edge = (element) => {
    if (!edges.has(element)) edges.set(element, boundary(element));
    return edges.get(element);
  };

  function corners(element) {
    const box = element.getBBox(),
      matrix = element.getScreenCTM(),
      pad = box.height * 0.18;
    return [
      [box.x, box.y + pad],
      [box.x + box.width, box.y + pad],
      [box.x + box.width, box.y + box.height - pad],
      [box.x, box.y + box.height - pad],
    ].map(([x, y]) => ({ x: matrix.a * x + matrix.c * y + matrix.e, y: matrix.b * x + matrix.d * y + matrix.f }));
  }

  const leaves = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const drawn = new Set();
  while (walker.nextNode()) {
    const node = walker.currentNode,
      element = node.parentElement;
    if (!node.data.trim() || !element || unseen(element) || !shown(element)) continue;
    if (element instanceof SVGElement) {
      const text = element.closest("text");
      if (!text || drawn.has(text)) continue;
      drawn.add(text);
      const around = corners(text),
        x = around.map((one) => one.x),
        y = around.map((one) => one.y);
      const area = { left: Math.min(...x), right: Math.max(...x), top: Math.min(...y), bottom: Math.max(...y) };
      if (some(area))
        leaves.push({ element: text, text: text.textContent, boxes: [area], corners: around, ...edge(text) });
      continue;
    }
    const range = document.createRange();
    range.selectNodeContents(node);
    // the height of a line box is not that of its ink
    const boxes = [...range.getClientRects()]
      .filter((box) => some(box, 1))
      .map((box) => {
        const spare = Math.max(0, (high(box) - parseFloat(style(element).fontSize) * 0.9) / 2);
        return { left: box.left, right: box.right, top: box.top + spare, bottom: box.bottom - spare };
      });
    if (boxes.length) leaves.push({ element, text: node.data, boxes, corners: null, ...edge(element) });
  }

  /* -- cut text ------------------------------------------------------------------------------------------------------ */
  const reachable = (element) =>
    element.closest("[title], [aria-label], [data-term], [data-title]") || element.closest("summary");
  for (const one of leaves) {
    const out = one.boxes.some(
      (box) =>
        box.left < one.box.left - SLACK ||
        box.right > one.box.right + SLACK ||
        box.top < one.box.top - SLACK ||
        box.bottom > one.box.bottom + SLACK,
    );
    if (out && one.hides && !reachable(one.element)) tell("cut", one.element, one.text);
    // a box that does not scroll, does not hide and is wider than the window is told below, as the window's
  }
  for (const field of document.querySelectorAll(
    "input:not([type=radio]):not([type=checkbox]):not([type=range]):not([type=hidden]):not([type=file]), select, textarea",
  )) {
    if (!shown(field) || unseen(field) || !field.clientWidth || field.closest(".ag-root")) continue;
    const look = style(field),
      pen = document.createElement("canvas").getContext("2d");
    pen.font = `${look.fontWeight} ${look.fontSize} ${look.fontFamily}`;
    const text =
      field.tagName === "SELECT"
        ? (field.selectedOptions[0] || {}).textContent || ""
        : field.value || field.placeholder;
    const room = field.clientWidth - parseFloat(look.paddingLeft) - parseFloat(look.paddingRight);
    if (
      pen.measureText(text).width > room + SLACK &&
      !field.title &&
      field.tagName !== "TEXTAREA" &&
      !(field.value && !field.readOnly)
    )
      tell("cut", field, text);
  }

  /* -- text over text ------------------------------------------------------------------------------------------------- */
  const far = (a, b) => {
    // separating axis of two rectangles that may be turned
    for (const shape of [a, b])
      for (let at = 0; at < 2; at += 1) {
        const p = shape[at],
          q = shape[at + 1],
          axis = { x: q.y - p.y, y: p.x - q.x },
          size = Math.hypot(axis.x, axis.y) || 1;
        const along = (points) => {
          const all = points.map((point) => (point.x * axis.x + point.y * axis.y) / size);
          return [Math.min(...all), Math.max(...all)];
        };
        const [low, top] = along(a),
          [from, to] = along(b);
        if (Math.min(top, to) - Math.max(low, from) < SLACK) return true;
      }
    return false;
  };
  const square = (box) => [
    { x: box.left, y: box.top },
    { x: box.right, y: box.top },
    { x: box.right, y: box.bottom },
    { x: box.left, y: box.bottom },
  ];
  const opaque = (element) => {
    const colour = style(element).backgroundColor.match(/[\d.]+/g) || [];
    return colour.length === 3 || Number(colour[3] || 0) > 0.85;
  };
  const floats = (element, other) => {
    // an opaque box that lies over the other's place: menus and what sticks to an edge do so by design
    for (let one = element; one && !one.contains(other); one = one.parentElement)
      if (opaque(one) && ["fixed", "sticky"].includes(style(one).position)) return true;
    return false;
  };
  const rootBox = (one) => (one.root ? one.root.getBoundingClientRect() : null);
  const pieces = leaves
    .flatMap((leaf) => leaf.boxes.map((box) => ({ leaf, full: box, box: meet(box, leaf.box) })))
    .filter((one) => some(one.box, SLACK));
  pieces.sort((a, b) => a.box.top - b.box.top);
  for (let at = 0; at < pieces.length; at += 1) {
    const a = pieces[at];
    for (let next = at + 1; next < pieces.length && pieces[next].box.top < a.box.bottom - SLACK; next += 1) {
      const b = pieces[next];
      if (a.leaf === b.leaf || a.leaf.element === b.leaf.element) continue;
      let left = a.box,
        right = b.box;
      if (a.leaf.root !== b.leaf.root) {
        // only what both scrollers show now can lie over one another
        const one = rootBox(a.leaf),
          other = rootBox(b.leaf);
        if (one) left = meet(left, one);
        if (other) right = meet(right, other);
      }
      const both = meet(left, right);
      if (!some(both, SLACK)) continue;
      if ((a.leaf.corners || b.leaf.corners) && far(a.leaf.corners || square(a.box), b.leaf.corners || square(b.box)))
        continue;
      if (floats(a.leaf.element, b.leaf.element) || floats(b.leaf.element, a.leaf.element)) continue;
      tell("overlap", a.leaf.element, `${clean(a.leaf.text)} × ${clean(b.leaf.text)}`);
    }
  }

  /* -- words of the other language -------------------------------------------------------------------------------------- */
  const may = new RegExp(`^(?:${allowed})$`);
  const strange = (text) =>
    lang === "en"
      ? HAN.test(text)
      : (text.match(/[A-Za-z][A-Za-z0-9'’-]*[A-Za-z0-9]/g) || [])
          .filter((word) => word.length > 2)
          .some((word) => !may.test(word));
  // a grid of rows shows what is kept, letter by letter
  const excused = (element) => {
    if (element.closest(".ag-cell")) return true;
    const own = element.closest("[lang]");
    return own && own.lang.slice(0, 2) !== lang.slice(0, 2);
  };
  for (const one of leaves) if (strange(one.text) && !excused(one.element)) tell("untranslated", one.element, one.text);
  for (const element of document.querySelectorAll(
    "[title], [aria-label], [placeholder], [alt], input[value], option",
  )) {
    if (unseen(element) || !shown(element) || excused(element)) continue;
    const told = ["title", "aria-label", "placeholder", "alt"].map((name) => element.getAttribute(name) || "");
    if (element.tagName === "OPTION") told.push(element.textContent);
    if (element.tagName === "INPUT" && element.readOnly) told.push(element.value);
    for (const text of told) if (strange(text)) tell("untranslated", element, text);
  }

  /* -- blank panels, charts without marks ------------------------------------------------------------------------------- */
  const CONTENT = "img, canvas, video, svg path, svg rect, svg circle, input, button, select, textarea, iframe";
  for (const box of document.querySelectorAll(
    "main, section, figure, article, aside, .panel, .kpi, .story-card, .map-box, table, fieldset",
  )) {
    const area = box.getBoundingClientRect();
    if (!shown(box) || unseen(box) || wide(area) < 60 || high(area) < 30) continue;
    if (
      !leaves.some((leaf) => box.contains(leaf.element)) &&
      ![...box.querySelectorAll(CONTENT)].some((one) => shown(one) && some(one.getBoundingClientRect(), 4))
    )
      tell("blank", box, "");
  }
  for (const chart of document.querySelectorAll(".js-plotly-plot")) {
    const area = chart.getBoundingClientRect();
    if (!shown(chart) || wide(area) < 40 || high(area) < 40) continue;
    const marks = [
      ...chart.querySelectorAll(
        ".points path, .trace path, .trace .js-line, .slice path, .hm image, .shapelayer path, .maplibregl-canvas, .print-map",
      ),
    ];
    if (
      !marks.some((one) => {
        const own = one.getBoundingClientRect();
        return wide(own) > 1 || high(own) > 1;
      }) &&
      !chart.querySelector(".annotation")
    )
      tell("blank", chart, "no marks");
    const legend = chart.querySelector(".legend .bg, .infolayer > .legend");
    if (legend)
      for (const mark of chart.querySelectorAll(".bars .point path, .gtitle")) {
        if (some(meet(legend.getBoundingClientRect(), mark.getBoundingClientRect()), SLACK)) {
          tell("overlap", chart, "legend over bars or title");
          break;
        }
      }
  }

  // on paper a map is a picture of it: that must have a size
  if (matchMedia("print").matches)
    for (const picture of document.querySelectorAll(".print-map"))
      if (!some(picture.getBoundingClientRect(), 60)) tell("blank", picture, "map on paper");

  /* -- wider than the window ----------------------------------------------------------------------------------------------- */
  const room = document.documentElement.clientWidth;
  if (Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) > room + 1) {
    const guilty = [...document.body.querySelectorAll("*")].filter(
      (one) => shown(one) && !edge(one).root && one.getBoundingClientRect().right > room + 1,
    );
    tell("wide", guilty[guilty.length - 1] || document.body, `${document.documentElement.scrollWidth} > ${room} px`);
  }

  /* -- maps: every source that they asked for has come ------------------------------------------------------------------------ */
  if (!matchMedia("print").matches)
    for (const chart of document.querySelectorAll(".js-plotly-plot")) {
      const map = window.atlasPlotly?.map(chart);
      if (map && map.getStyle())
        for (const source of Object.keys(map.getStyle().sources))
          if (!source.startsWith("source-") && !map.isSourceLoaded(source)) tell("grey", chart, source);
    }
  return Object.values(found).flat();
};
