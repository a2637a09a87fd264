/* Help where one is: the dialog, the tour, the line of feedback, words explained on hover and focus. */
(function () {
  "use strict";
  const KEPT = "atlas-tour";
  const byId = (id) => document.getElementById(id);
  const seen = () => {
    try {
      return window.localStorage.getItem(KEPT) !== null;
    } catch {
      return true;
    }
  };
  const remember = () => {
    try {
      window.localStorage.setItem(KEPT, "1");
    } catch {
      /* a browser that keeps nothing is asked again */
    }
  };
  const calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

  /* -- the tour ---------------------------------------------------------------- */
  let tour = null;

  function button(text, act) {
    const one = document.createElement("button");
    one.type = "button";
    one.className = "button";
    one.textContent = text;
    one.addEventListener("click", act);
    return one;
  }

  function startTour() {
    const list = byId("tour-steps");
    if (!list) return;
    remember();
    offer();
    const steps = [...list.children]
      .filter((one) => place(one.dataset.at))
      .map((one) => ({
        at: one.dataset.at,
        title: one.querySelector("strong").textContent,
        text: one.querySelector("span").textContent,
      }));
    endTour();
    const box = document.createElement("div");
    box.className = "tour";
    box.setAttribute("role", "dialog");
    box.setAttribute("aria-modal", "false");
    box.setAttribute("aria-labelledby", "tour-title");
    box.setAttribute("aria-describedby", "tour-text");
    box.tabIndex = -1;
    (byId("atlas") || document.body).append(box);
    tour = { box, steps, at: 0, words: list.dataset, from: byId("help-open") };
    show(0);
  }

  function place(selector) {
    return [...document.querySelectorAll(selector)].find((one) => one.getClientRects().length) || null;
  }

  function show(position) {
    const { box, steps, words } = tour,
      step = steps[position],
      target = place(step.at);
    tour.at = position;
    document.querySelectorAll(".tour-here").forEach((one) => one.classList.remove("tour-here"));
    box.replaceChildren();
    const count = document.createElement("p"),
      title = document.createElement("h2"),
      text = document.createElement("p"),
      row = document.createElement("div");
    count.className = "help-note";
    count.textContent = words.of.replace("{n}", position + 1).replace("{all}", steps.length);
    title.id = "tour-title";
    title.textContent = step.title;
    text.id = "tour-text";
    text.textContent = step.text;
    row.className = "tour-buttons";
    if (position) row.append(button(words.back, () => show(position - 1)));
    row.append(position + 1 < steps.length ? button(words.next, () => show(position + 1)) : button(words.end, endTour));
    if (position + 1 < steps.length) row.append(button(words.close, endTour));
    box.append(count, title, text, row);
    if (target) {
      target.classList.add("tour-here");
      target.scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" });
      beside(box, target.getBoundingClientRect());
    }
    box.focus({ preventScroll: true });
  }

  function beside(box, rect) {
    const { width, height } = box.getBoundingClientRect(),
      gap = 12;
    const wide = document.documentElement.clientWidth,
      high = window.innerHeight;
    let top = rect.bottom + gap;
    if (top + height > high) top = rect.top - gap - height;
    if (top < gap) top = Math.min(high - height - gap, rect.top + gap);
    box.style.top = `${Math.max(gap, top)}px`;
    box.style.left = `${Math.max(gap, Math.min(wide - width - gap, rect.left + rect.width / 2 - width / 2))}px`;
  }

  function endTour() {
    document.querySelectorAll(".tour-here").forEach((one) => one.classList.remove("tour-here"));
    if (!tour) return;
    const { box, from } = tour,
      had = box.contains(document.activeElement);
    tour = null;
    box.remove();
    if (had && from) from.focus();
  }

  function offer() {
    const one = byId("tour-offer");
    if (one) one.hidden = seen();
  }

  /* -- the line of feedback ------------------------------------------------------ */
  async function send() {
    const field = byId("feedback-text"),
      said = byId("feedback-said");
    const text = field.value.trim();
    if (!text) {
      field.focus();
      return;
    }
    said.textContent = "";
    try {
      const answer = await fetch(said.dataset.path, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({
          text,
          address: window.location.pathname + window.location.search,
          lang: (byId("atlas") || document.documentElement).lang.slice(0, 2),
        }),
      });
      said.textContent = answer.ok ? said.dataset.done : await answer.text();
      if (answer.ok) {
        // React keeps the value of the field: tell it the way that typing does
        Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(field, "");
        field.dispatchEvent(new Event("input", { bubbles: true }));
      }
    } catch {
      said.textContent = said.dataset.failed;
    }
  }

  /* -- words explained ------------------------------------------------------------ */
  let tip = null,
    told = null;

  function explain(term) {
    const meaning = byId(`term-${term.dataset.term}`);
    hush();
    if (!meaning) return;
    told = term;
    tip = document.createElement("div");
    tip.className = "tip";
    tip.setAttribute("role", "tooltip");
    tip.textContent = meaning.textContent;
    (byId("atlas") || document.body).append(tip);
    beside(tip, term.getBoundingClientRect());
  }

  function hush() {
    if (tip) {
      tip.remove();
      tip = null;
      told = null;
    }
  }

  /* the first of each word is a stop for Tab; the others answer to the pointer alone */
  function stops() {
    const had = new Set();
    for (const term of document.querySelectorAll("[data-term]")) {
      const first = !had.has(term.dataset.term);
      had.add(term.dataset.term);
      if (first && term.tabIndex !== 0) {
        term.tabIndex = 0;
        term.setAttribute("aria-describedby", `term-${term.dataset.term}`);
      } else if (!first && term.tabIndex === 0) {
        term.removeAttribute("tabindex");
        term.removeAttribute("aria-describedby");
      }
    }
  }

  const term = (event) => (event.target.closest ? event.target.closest("[data-term]") : null);
  document.addEventListener("pointerover", (event) => {
    if (term(event)) explain(term(event));
    else if (!event.target.closest || !event.target.closest(".tip")) hush();
  });
  // a finger gives the focus to whatever around the word takes it
  document.addEventListener("focusin", (event) => {
    if (term(event)) explain(term(event));
    else if (!told || !event.target.contains(told)) hush();
  });
  document.addEventListener("submit", (event) => {
    if (event.target.id === "feedback-form") {
      event.preventDefault();
      send();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    hush();
    if (tour) endTour();
  });
  document.addEventListener("click", (event) => {
    const at = event.target.closest ? event.target.closest("button") : null,
      dialog = byId("help");
    if (event.target === dialog) {
      dialog.close();
      return;
    }
    if (!at) return;
    if (at.id === "help-open") dialog.showModal();
    else if (at.id === "help-close") dialog.close();
    else if (at.id === "tour-start") {
      dialog.close();
      startTour();
    } else if (at.id === "tour-offer-start") startTour();
    else if (at.id === "tour-offer-no") {
      remember();
      offer();
      byId("help-open").focus();
    }
  });

  let asked = false;
  new MutationObserver(() => {
    if (asked) return;
    asked = true;
    window.requestAnimationFrame(() => {
      asked = false;
      offer();
      stops();
    });
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
