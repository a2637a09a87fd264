"""Each control of the rail changes the charts to the very figures that the layers compute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dashboard import ids, state
from dashboard.charts.activity import most_grids
from dashboard.source import AtlasSource
from dashboard.validation import validated
from geodata.codes import labels
from layers import activities, coverage, fairs, kpis, places
from layers.atlas import Atlas
from layers.filters import Filters
from tests.browser.atlas_page import AtlasPage
from tests.browser.whole import first_alone

SHIZUISHAN, SIMING, LIAONING = "640200", "350203", "210000"


@pytest.fixture(scope="module")
def atlas(atlas_home: Path) -> Atlas:
    return AtlasSource(atlas_home).atlas()


def numbers(packed: Any) -> list[float]:
    return [float(one) for one in packed]


def visible(page: AtlasPage, chart: str) -> bool:
    return page.page.locator(f"#{chart}-box").is_visible()


def check(page: AtlasPage, atlas: Atlas) -> Filters:
    """Hold every chart and key figure on the screen against the layers; return the filters of the address."""
    filters, notices = validated(atlas, state.parse(page.query()).filters)
    assert notices == ()
    units = coverage.by_unit(atlas, filters)
    if len(units):
        bars = page.chart(ids.chart("coverage"))["data"][0]
        assert sorted(numbers(bars["x"])) == pytest.approx(sorted(units["share"].dropna() * 100), abs=1e-6)
    if visible(page, ids.chart("hours")):
        lines = page.chart(ids.chart("hours"))["data"]
        assert numbers(lines[1]["y"]) == pytest.approx(
            (coverage.by_hour(atlas, filters)["effective"] * 100).tolist(), abs=1e-6
        )
    months = activities.by_month(atlas, filters)
    drawn: Counter[str] = Counter()
    if visible(page, ids.chart("months")):
        for trace in page.chart(ids.chart("months"))["data"]:
            drawn[trace["name"]] += int(sum(trace["y"]))
    names = labels("activity_kind")
    assert drawn == Counter({names[kind]: int(count) for kind, count in months.groupby("kind")["count"].sum().items()})
    steps = fairs.funnel(atlas, filters)
    assert visible(page, ids.chart("funnel")) == bool(len(steps))
    if len(steps):
        shown = [value for trace in page.chart(ids.chart("funnel"))["data"] for value in numbers(trace["x"])]
        assert sorted(shown) == sorted(float(value or 0) for value in steps["value"])
    ranked = activities.rank_grids(atlas, filters, most_grids(places.scope(atlas, filters)))
    if len(ranked) and filters.grid is None:
        bars = [trace for trace in page.chart(ids.chart("ranking"))["data"] if trace["type"] == "bar"]
        assert sum(sum(numbers(trace["x"])) for trace in bars) == ranked["count"].sum()
    for figure in kpis.strip(atlas, filters):
        assert page.kpi(figure.id).startswith(figure.text_zh)
    return filters


def choose(page: AtlasPage, field: str, label: str) -> None:
    """Pick `label` from the list of a select."""
    page.page.locator(f"#{ids.control(field)}").click()
    page.page.get_by_role("option", name=label, exact=True).locator("visible=true").click()


def press(page: AtlasPage, field: str, label: str) -> None:
    """Press the segment or chip `label`."""
    page.page.locator(f"#{ids.control(field)} label", has_text=label).first.click()


def chip(page: AtlasPage, field: str, label: str) -> None:
    page.page.locator(".chips label", has_text=label).first.click()


def switch(page: AtlasPage, field: str, label: str) -> None:
    page.page.locator(".rail-switch label", has_text=label).first.click()


def slide(page: AtlasPage, field: str, label: str) -> None:
    thumb = page.page.get_by_role("slider").first
    thumb.focus()
    for _ in range(int(label)):
        thumb.press("ArrowRight")


STEPS: dict[str, list[tuple[Callable[[AtlasPage, str, str], None], str, str, str]]] = {
    SIMING: [
        (choose, "hour", "22:00", "hour=22"),
        (press, "day", "周日", "day=7"),
        (choose, "hour", "不限", "!hour="),
        (press, "radius", "1000", "radius=1000"),
        (choose, "worker_group", "外卖骑手", "group=rider"),
        (switch, "always", "只看 24 小时", "always=1"),
        (switch, "always", "只看 24 小时", "!always"),
        (choose, "inspected_days", "30 天内巡检过", "inspected=30"),
        (choose, "facilities", "空调", "facilities="),
        (chip, "provenance", "推算", "provenance=illustrative.reported"),
    ],
    SHIZUISHAN: [
        (choose, "kinds", "进企业活动", "kinds=visit"),
        (slide, "months", "2", "from=2024-05-01"),
        (press, "measure", "驿站", "measure=stations"),
        (press, "measure", "企业", "measure=enterprises"),
        (chip, "layers", "活动", "layers="),
        (chip, "provenance", "示意", "provenance=derived.reported"),
    ],
    LIAONING: [
        (press, "mode", "直播", "mode=livestream"),
        (press, "mode", "不限", "!mode"),
        (choose, "sectors", "医疗卫生", "sectors=health"),
        (choose, "place", "阜新市 · 辽宁省", "place=210900"),
    ],
}


@pytest.mark.parametrize("place", first_alone(STEPS))
def test_every_control_changes_the_charts_to_what_the_layers_compute(
    open_page: Callable[..., AtlasPage], atlas: Atlas, place: str
) -> None:
    page = open_page(f"?place={place}")
    seen = [check(page, atlas)]
    for act, field, label, expected in STEPS[place]:
        before = page.query()
        act(page, field, label)
        page.page.keyboard.press("Escape")
        page.changed(before)
        if expected.startswith("!"):
            assert expected[1:] not in page.query()
        else:
            assert expected in page.query()
        seen.append(check(page, atlas))
    assert len(set(seen)) >= len(seen) - 2  # steps back to "any" repeat an earlier choice; every other one is new
    page.page.locator(f"#{ids.RESET}").click()
    page.until("!window.location.search.includes('place=')")
    page.wait()
    assert check(page, atlas) == Filters()
