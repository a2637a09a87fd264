/* The figures of a chart as a table: laid out when somebody opens it, from what the server folded into an attribute
   (dashboard/components/chart_table.py). */
(function () {
  "use strict";
  const FOLDED = "data-tables";

  function cell(name, text, scope) {
    const made = document.createElement(name);
    made.textContent = text;
    if (scope) made.scope = scope;
    return made;
  }

  function row(cells) {
    const made = document.createElement("tr");
    made.append(...cells);
    return made;
  }

  function table({ caption, heads, rows }) {
    const made = document.createElement("table");
    made.className = "chart-table";
    made.append(cell("caption", caption));
    made.createTHead().append(row(heads.map((text) => cell("th", text, "col"))));
    made
      .createTBody()
      .append(
        ...rows.map(([first, ...rest]) => row([cell("th", first, "row"), ...rest.map((text) => cell("td", text))])),
      );
    return made;
  }

  function lay(region) {
    const told = region.getAttribute(FOLDED);
    if (region.told === told) return;
    region.told = told;
    region.replaceChildren(...JSON.parse(told || "[]").map(table));
  }

  const opened = (box) => box.querySelectorAll(`:scope > [${FOLDED}]`).forEach(lay);
  document.addEventListener("toggle", ({ target }) => target.open && opened(target), true);
  new MutationObserver((changes) =>
    changes.forEach(({ target }) => target.closest("details[open]") && lay(target)),
  ).observe(document.documentElement, { subtree: true, attributeFilter: [FOLDED] });
})();
