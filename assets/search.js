/* The search box of every page: an ARIA combobox over /search. The page gives an empty .search-box with its words. */
(() => {
  "use strict";
  const WAIT_MS = 120,
    RETRY_MS = 700;
  let timer = 0,
    asked = 0;

  const make = (tag, about, ...children) => {
    const one = document.createElement(tag);
    for (const [name, value] of Object.entries(about)) one.setAttribute(name, value);
    one.append(...children);
    return one;
  };

  const build = (box) => {
    const words = JSON.parse(box.dataset.words);
    const input = make("input", {
      id: "search",
      type: "text",
      role: "combobox",
      class: "search-input",
      placeholder: words.hint,
      "aria-label": words.label,
      "aria-expanded": "false",
      "aria-controls": "search-list",
      "aria-autocomplete": "list",
      autocomplete: "off",
      spellcheck: "false",
      maxlength: "40",
    });
    const list = make("ul", {
      id: "search-list",
      role: "listbox",
      class: "search-list",
      "aria-label": words.label,
      hidden: "",
    });
    const said = make("div", { class: "search-said", role: "status", "aria-live": "polite" });
    box.append(input, list, said);
    // the text that the list answers, and whether Enter was pressed before its answer came
    let hits = [],
      chosen = -1,
      answered = null,
      entered = false;

    const close = () => {
      list.hidden = true;
      said.textContent = "";
      chosen = -1;
      answered = null;
      entered = false;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };
    const choose = (at) => {
      chosen = hits.length ? (at + hits.length) % hits.length : -1;
      list
        .querySelectorAll("[role=option]")
        .forEach((one, i) => one.setAttribute("aria-selected", String(i === chosen)));
      const one = list.querySelector("[aria-selected=true]");
      if (one) {
        input.setAttribute("aria-activedescendant", one.id);
        one.scrollIntoView({ block: "nearest" });
      }
    };
    const go = (hit) => {
      input.value = "";
      asked += 1;
      close();
      input.blur();
      const to = new URL(hit.to, location.origin),
        same = to.pathname === location.pathname;
      // within a page the address is the state; another page is opened as by any link
      history.pushState({}, "", to.pathname + to.search);
      window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
      if (!same) window.scrollTo(0, 0);
    };
    const show = (answer) => {
      hits = [];
      list.replaceChildren();
      const kinds = [...new Set(answer.hits.map((hit) => hit.kind))];
      for (const kind of kinds) {
        const title = make("li", { role: "presentation", class: "search-kind" }, words.kinds[kind] || kind);
        list.append(title);
        for (const hit of answer.hits.filter((one) => one.kind === kind)) {
          const at = hits.push(hit) - 1;
          const one = make(
            "li",
            { role: "option", id: `search-${at}`, "aria-selected": "false", class: "search-hit" },
            make(
              "span",
              {
                class: "search-name",
                ...(box.dataset.lang !== "zh" && /[\u3400-\u9fff]/.test(hit.name) ? { lang: "zh-CN" } : {}),
              },
              hit.name,
            ),
            make("span", { class: "search-where" }, hit.where),
          );
          one.addEventListener("mousedown", (event) => {
            event.preventDefault();
            go(hit);
          });
          list.append(one);
        }
      }
      list.hidden = !hits.length;
      input.setAttribute("aria-expanded", String(hits.length > 0));
      said.textContent = hits.length ? "" : words.none;
      if (hits.length) choose(0);
    };
    const ask = async () => {
      const text = input.value.trim(),
        mine = ++asked,
        view = new URLSearchParams(location.search),
        kept = ["asof", "base"].filter((key) => view.get(key)).map((key) => [key, view.get(key)]);
      if (!text) {
        close();
        return;
      }
      try {
        const answer = await fetch(
          `/search?${new URLSearchParams({ q: text, lang: box.dataset.lang, theme: document.documentElement.dataset.theme || "", ...Object.fromEntries(kept) })}`,
        );
        const found = await answer.json();
        if (mine !== asked || input.value.trim() !== text) return;
        if (found.state === "building") {
          said.textContent = words.building;
          timer = setTimeout(ask, RETRY_MS);
          return;
        }
        show(found);
        answered = text;
        if (entered && hits.length) go(hits[0]);
        entered = false;
      } catch {
        if (mine === asked) said.textContent = words.failed;
      }
    };
    input.addEventListener("input", () => {
      entered = false;
      clearTimeout(timer);
      timer = setTimeout(ask, WAIT_MS);
    });
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) ask();
        else choose(chosen + (event.key === "ArrowDown" ? 1 : -1));
      } else if (event.key === "Enter" && input.value.trim()) {
        event.preventDefault();
        if (answered === input.value.trim()) {
          if (chosen >= 0) go(hits[chosen]);
        } else {
          entered = true;
          clearTimeout(timer);
          ask();
        } // never what an earlier text found
      } else if (event.key === "Escape") {
        if (list.hidden) input.blur();
        else close();
      }
    });
  };

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest && event.target.closest("input, textarea, select, [contenteditable=true]");
    const wanted =
      (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) ||
      (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey));
    const input = document.getElementById("search");
    if (wanted && input) {
      event.preventDefault();
      input.focus();
      input.select();
    }
  });
  const look = () => document.querySelectorAll(".search-box[data-words]:empty").forEach(build);
  new MutationObserver(look).observe(document.documentElement, { childList: true, subtree: true });
  look();
})();
