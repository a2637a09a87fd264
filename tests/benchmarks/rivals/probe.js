/* Put into every page before its own scripts: how long frames and tasks take while someone looks. */
(function () {
  "use strict";
  const seen = { task: [], frame: [] };
  for (const [kind, type] of [
    ["task", "longtask"],
    ["frame", "long-animation-frame"],
  ])
    new PerformanceObserver((list) => {
      for (const one of list.getEntries()) seen[kind].push([one.startTime, one.duration]);
    }).observe({ type, buffered: true });
  let watching = null,
    last = null;
  const longest = (kind, since) => Math.max(0, ...seen[kind].filter(([at]) => at >= since).map(([, ms]) => ms));
  addEventListener("pointerup", (event) => (window.rivalProbe.up = event.timeStamp), { capture: true });
  window.rivalProbe = {
    /* gaps between frames are counted from now on */
    watch() {
      const mine = { since: performance.now(), last: performance.now(), gap: 0, frames: 0 };
      watching = last = mine;
      requestAnimationFrame(function next(now) {
        if (watching !== mine) return;
        mine.gap = Math.max(mine.gap, now - mine.last);
        mine.last = now;
        mine.frames += 1;
        requestAnimationFrame(next);
      });
    },
    /* when the page had drawn and its main thread answered at once, and did so for half a second; null: not so far */
    async idle(settled) {
      const begun = performance.now();
      let quiet = null;
      for (;;) {
        const asked = performance.now();
        await new Promise((done) => setTimeout(done, 25));
        const now = performance.now();
        if (now - asked > 150 || !(await settled())) quiet = null;
        else if (quiet === null) quiet = now;
        else if (now - quiet >= 500) {
          watching = null;
          return quiet;
        }
        if (now - begun > 20000) return null;
      }
    },
    up: 0,
    /* since the watch began: the longest gap while it lasted, long animation frame and task, milliseconds */
    seen() {
      const { since, gap, frames } = last;
      return { gap, frames, frame: longest("frame", since), task: longest("task", since) };
    },
    paint() {
      const one = performance.getEntriesByName("first-contentful-paint")[0];
      return one ? one.startTime : null;
    },
  };
})();
