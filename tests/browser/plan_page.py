"""The planning page as a person meets it: presses buttons, drags sites, reads what is written."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from dashboard.pages.planning import names

TIMEOUT_MS = 90_000
DRAWN = """() => {
  const box = document.documentElement.dataset, map = window.planMap && window.planMap();
  return Boolean(box.planAsked && box.planAsked === box.planDrawn && map && map.loaded() && !map.isMoving());
}"""
SPOT = """([trace, key]) => {
  const gd = document.querySelector('#plan-map .js-plotly-plot'), one = gd._fullData.find((t) => t.name === trace),
    map = window.planMap();
  const at = one.customdata.findIndex((c) => c[1] === key);
  if (at < 0) return null;
  const p = map.project([one.lon[at], one.lat[at]]), box = map.getCanvas().getBoundingClientRect();
  return [box.left + p.x, box.top + p.y];
}"""


class PlanPage:
    """One open planning page."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        page.set_default_timeout(TIMEOUT_MS)

    def go(self, query: str = "") -> None:
        """Open the page at `query` and wait until its map is drawn."""
        self.page.goto(f"{self.address}/planning{query}")
        self.drawn()

    def drawn(self) -> None:
        """Wait until the map shows what was last asked for."""
        self.page.wait_for_function(DRAWN, timeout=TIMEOUT_MS)

    def query(self) -> str:
        """Return the query string in the address bar."""
        return self.page.evaluate("window.location.search")

    def until_query(self, part: str) -> None:
        """Wait until the address holds `part`."""
        self.page.wait_for_function("part => window.location.search.includes(part)", arg=part, timeout=TIMEOUT_MS)

    def choose(self, control: str, label: str) -> None:
        """Choose an option of a select."""
        self.page.locator(f"#{names.control(control)}").click()
        self.page.get_by_role("option", name=label).click()

    def solve(self) -> None:
        """Press the button once no earlier answer is shown, and wait until there is one."""
        expect(self.page.locator("#plan-title")).not_to_contain_text("证明", timeout=TIMEOUT_MS)
        self.page.locator(f"#{names.RUN}").click()
        self.until_query("run=1")
        self.answered("证明")

    def answered(self, part: str) -> None:
        """Wait until the title of the answer holds `part`."""
        expect(self.page.locator("#plan-title")).to_contain_text(part, timeout=TIMEOUT_MS)
        self.drawn()

    def title(self) -> str:
        """Return the answer's title."""
        return self.page.locator("#plan-title").inner_text()

    def figures(self) -> dict[str, str]:
        """Return every key figure by its name, and title and denominators."""
        rows = self.page.locator(f"#{names.FIGURES} dl > div").all_inner_texts()
        told = {lines[0]: " ".join(lines[1:]) for lines in (row.split("\n") for row in rows)}
        return {**told, "title": self.title(), "of": self.page.locator(f"#{names.HEAD} .panel-subtitle").inner_text()}

    def sites(self) -> list[str]:
        """Return the ids of the sites in the table, by number."""
        return self.page.locator(f"#{names.SITES} [data-act='lock']").evaluate_all(
            "all => all.map((one) => one.dataset.id)"
        )

    def pixel(self, trace: str, key: Any) -> tuple[float, float]:
        """Return where on the page a mark is."""
        found = self.page.evaluate(SPOT, [trace, key])
        assert found, f"{trace} has no {key}"
        return found[0], found[1]

    def drag(self, number: int, right: int, down: int) -> None:
        """Drag a site by so many pixels."""
        x, y = self.pixel("sites", number)
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + right / 2, y + down / 2, steps=3)
        self.page.mouse.move(x + right, y + down, steps=3)
        self.page.mouse.up()

    def tab(self, name: str) -> None:
        """Show a tab of the right column."""
        self.page.get_by_role("tab", name=name).click()

    def save(self, name: str, note: str = "") -> str:
        """Save what is shown as a new scenario; return its id."""
        self.tab("方案")
        self.page.locator(f"#{names.SCENARIO_NAME}").fill(name)
        self.page.locator(f"#{names.SCENARIO_AUTHOR}").fill("林晓")
        self.page.locator(f"#{names.SCENARIO_NOTE}").fill(note)
        self.page.locator(f"#{names.SAVE_NEW}").click()
        expect(self.page.locator(f"#{names.SAID}")).to_contain_text(f"已保存方案“{name}”")
        card = self.page.locator(".plan-open[data-scenario]").filter(has_text=name)
        card.wait_for()
        self.until_query("scenario=")
        return card.get_attribute("data-scenario") or ""
