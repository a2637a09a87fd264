/* Presentation: kept views one after another, full screen, turned by keys or by themselves; nothing but the page on the wall.
   Each view is a sheet in a frame; the next one is drawn out of sight and shown once it stands still. */
(function () {
  "use strict";
  const block = document.getElementById("present");
  if (!block) return;
  const given = JSON.parse(block.textContent),
    words = given.words;
  const stage = document.getElementById("stage"),
    word = document.getElementById("present-word");
  const MAX_KEPT = 60,
    WORD_MS = 2600,
    FEWEST_SECONDS = 5,
    LATE_MS = 60000,
    RETRY_MS = 2000;
  const PAPER = 1046; // px: A4 lying, within its margins

  function kept() {
    try {
      const found = JSON.parse(window.localStorage.getItem("briefing-kept"));
      return Array.isArray(found)
        ? found
            .map((one) => one && one.query)
            .filter((one) => typeof one === "string")
            .slice(0, MAX_KEPT)
        : [];
    } catch {
      return [];
    }
  }
  const views = [...new Set([...given.views, ...(given.kept ? kept() : [])])];
  const pause = Math.max(FEWEST_SECONDS, Number(given.seconds) || 20) * 1000;
  const state = { at: 0, asked: 0, playing: false, timer: 0, hide: 0, frames: [] };
  const root = document.documentElement;

  function say(text, stay) {
    word.textContent = text;
    word.hidden = !text;
    window.clearTimeout(state.hide);
    if (!stay)
      state.hide = window.setTimeout(() => {
        word.hidden = true;
      }, WORD_MS);
  }

  const address = (view) =>
    `/sheet?${new URLSearchParams({ query: view, template: given.template, theme: given.theme })}`;

  function show(position, step = 1) {
    const count = views.length;
    state.at = (position + count) % count;
    const asked = ++state.asked;
    root.dataset.turning = "1";
    const frame = document.createElement("iframe");
    frame.src = address(views[state.at]);
    frame.title = words.of.replace("{n}", String(state.at + 1)).replace("{all}", String(count));
    frame.className = "coming";
    stage.append(frame);
    frame.addEventListener("load", () => {
      const loaded = performance.now();
      const look = () => {
        if (asked !== state.asked) {
          frame.remove();
          return;
        }
        const inner = frame.contentDocument && frame.contentDocument.documentElement;
        // no sheet (the view is gone, or the server is for a while): what is shown stays until another comes
        if (!inner || !inner.dataset.theme || performance.now() - loaded > LATE_MS) {
          frame.remove();
          root.dataset.turning = "0";
          state.timer = window.setTimeout(() => show(state.at + step), RETRY_MS);
          return;
        }
        if (!(inner.dataset.ready === "1" || inner.dataset.failed)) {
          window.setTimeout(look, 60);
          return;
        }
        for (const old of stage.querySelectorAll("iframe")) if (old !== frame) old.remove();
        frame.className = "here";
        frame.contentWindow.addEventListener("keydown", key);
        root.dataset.at = String(state.at);
        root.dataset.turning = "0";
        say(count > 1 ? frame.title : "");
        if (state.playing) state.timer = window.setTimeout(() => show(state.at + 1), pause);
      };
      look();
    });
    fit();
  }

  /* the page is 16:9 whatever the screen is */
  function fit(paper) {
    const width = paper || Math.min(window.innerWidth, (window.innerHeight * 13.333) / 7.5);
    stage.style.setProperty("--width", `${Math.round(width)}px`);
    stage.style.setProperty("--height", `${Math.round((width * 7.5) / 13.333)}px`);
  }

  function turn(step) {
    window.clearTimeout(state.timer);
    show(state.at + step, step);
  }

  function key(event) {
    if (event.key === "ArrowRight" || event.key === "PageDown") turn(1);
    else if (event.key === "ArrowLeft" || event.key === "PageUp") turn(-1);
    else if (event.key === " ") {
      state.playing = !state.playing;
      root.dataset.playing = String(state.playing);
      window.clearTimeout(state.timer);
      if (state.playing) state.timer = window.setTimeout(() => show(state.at + 1), pause);
      say(state.playing ? "▶" : "❚❚");
    } else if (event.key === "f" || event.key === "F") {
      if (document.fullscreenElement) document.exitFullscreen();
      else root.requestFullscreen().catch(() => {});
    } else return;
    event.preventDefault();
  }

  window.addEventListener("keydown", key);
  window.addEventListener("resize", () => fit());
  const printed = (width) => () => {
    fit(width);
    const frame = stage.querySelector(".here");
    if (frame && frame.contentWindow.atlasMeasure) frame.contentWindow.atlasMeasure();
  };
  window.addEventListener("beforeprint", printed(PAPER));
  window.addEventListener("afterprint", printed(0));
  stage.addEventListener("click", () => {
    if (!document.fullscreenElement) root.requestFullscreen().catch(() => {});
  });
  if (!views.length) {
    say(words.none, true);
    return;
  }
  fit();
  state.playing = views.length > 1;
  root.dataset.playing = String(state.playing);
  show(0);
  say(words.help);
})();
