"""From an empty page to a scenario saved, compared, exported, adopted and taken back;
in Chinese, on a home of its own.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from dashboard.__main__ import main
from dashboard.pages.planning import names
from tests.browser.atlas_page import AtlasPage
from tests.browser.conftest import serving
from tests.browser.plan_page import PlanPage
from tests.browser.tabs import Tabs
from tests.browser.test_accessibility import objections
from tests.browser.test_sources import UNMARKED
from tests.browser.whole import first_alone

NIGHT = "?place=350203&hours=22-6&run=1"


@pytest.fixture(scope="module")
def home(atlas_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("planning-home")
    shutil.copy(atlas_home / "atlas.gpkg", home / "atlas.gpkg")
    return home


@pytest.fixture(scope="module")
def served(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server of its own, with two workers: what one starts the other tells of."""
    with serving(home, tmp_path_factory.mktemp("planning-server") / "log") as one:
        yield one


@pytest.fixture
def plan(tabs: Tabs, served: str) -> Iterator[Callable[..., PlanPage]]:
    """Return a function that opens the planning page;
    afterwards it may have spoken to nobody else, and nothing may have failed.
    """
    with tabs.pages(served, PlanPage) as open_at:
        yield open_at


def commanded(home: Path, monkeypatch, capsys, *options: str) -> dict:
    monkeypatch.setenv("ATLAS_HOME", str(home))
    assert main(["plan", "--place", "350203", "--radius", "500", *options, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_question_asked_on_the_page_gets_the_answer_of_the_command_line(plan, home, monkeypatch, capsys):
    page = plan()
    page.until_query("place=350203")
    expect(page.page.locator("#plan-title")).to_contain_text("个驿站覆盖")
    page.choose("hours", "夜间 22–6 时")
    page.until_query("hours=22-6")
    page.solve()
    said = commanded(home, monkeypatch, capsys, "--new", "8", "--hours", "22-6")
    share, before = (
        said["covered_share_weighted"],
        said["covered_weight_before"] / said["denominators"]["demand_weight"],
    )
    assert page.title().split("\n")[0].startswith(f"夜间覆盖 {before:.1%} → {share:.1%}，已证明最优")
    assert page.page.evaluate(UNMARKED) == [] and page.page.locator("#plan-title .source-link").get_attribute(
        "href"
    ).startswith("/sources?")
    assert f"→ {said['covered_share_unweighted']:.1%}（734 格）" in page.figures()["of"]
    assert set(page.sites()) == set(said["sites"])
    assert page.figures()["夜间（22–6 时）有效覆盖"].startswith(f"{before:.1%} → {share:.1%}")
    # why: told for each
    page.page.locator(f"#{names.SITES} summary").first.click()
    expect(page.page.locator(".plan-why").first).to_contain_text("只靠它覆盖的有")
    # an address is the question: whoever opens it sees the same
    again = plan(page.query())
    again.answered("证明")
    assert again.figures() == page.figures()


def test_marks_set_by_clicks_change_the_plan(plan):
    page = plan(NIGHT)
    page.answered("证明")
    first, sites = page.title(), page.sites()
    x, y = page.pixel("sites", 1)
    page.page.mouse.click(x, y)  # required
    page.until_query(f"force={sites[0]}")
    expect(page.page.locator(f"#{names.MARKS}")).to_contain_text("必选 1")
    page.answered("证明")
    assert page.title() == first  # it was chosen anyway
    page.page.locator(f"[data-act='bar'][data-id='{sites[0]}']").click()
    page.until_query(f"forbid={sites[0]}")
    page.page.wait_for_function("site => !document.querySelector(`[data-act='lock'][data-id='${site}']`)", arg=sites[0])
    page.answered("证明")
    assert sites[0] not in page.sites()
    x, y = page.pixel("forbidden", sites[0])
    page.page.mouse.click(x, y)  # free again
    page.page.wait_for_function("site => document.querySelector(`[data-act='lock'][data-id='${site}']`)", arg=sites[0])
    page.answered("证明")
    assert page.title() == first
    # a point set on the map, then required
    page.page.locator("#plan-add").click()
    page.page.mouse.click(*[one + 40 for one in page.pixel("sites", 3)])
    page.until_query("points=")
    expect(page.page.locator(f"#{names.MARKS}")).to_contain_text("点出 1")


def test_a_dragged_site_shows_its_effect_and_so_do_keys(plan):
    page = plan(NIGHT)
    page.answered("证明")
    best = page.figures()
    page.drag(1, 70, 30)
    page.answered("手动调整")
    moved = page.figures()
    assert float(moved["新覆盖的需求权重"].split()[0]) < float(best["新覆盖的需求权重"].split()[0])
    assert "sites=" in page.query()
    # from the table: choose a site, then the place
    button = page.page.locator("[data-act='move'][data-number='2']")
    button.click()
    expect(page.page.locator("#plan-hint")).to_contain_text("第 2 站")
    before = page.query()
    x, y = page.pixel("sites", 2)
    page.page.mouse.click(x + 60, y - 40)
    page.page.wait_for_function("before => window.location.search !== before", arg=before)
    # and with the arrow keys
    button.click()
    before = page.query()
    button.press("ArrowRight")
    page.page.wait_for_function("before => window.location.search !== before", arg=before)
    page.page.keyboard.press("Escape")
    expect(page.page.locator("#plan-hint")).to_be_hidden()


def test_before_and_after_lie_under_one_divider(plan):
    page = plan(NIGHT + "&swipe=1")
    page.answered("证明")
    page.page.wait_for_function("() => window.planMap('plan-map-before') && window.planMap('plan-map-before').loaded()")
    same = """() => { const a = window.planMap(), b = window.planMap('plan-map-before');
      return Math.abs(a.getZoom() - b.getZoom()) < 1e-6 && Math.abs(a.getCenter().lng - b.getCenter().lng) < 1e-9 }"""
    page.page.wait_for_function(same)
    page.page.evaluate("() => window.planMap().jumpTo({ center: [118.12, 24.46], zoom: 13 })")
    page.page.wait_for_function(same)
    assert page.page.evaluate("() => window.planMap('plan-map-before').getZoom()") == 13
    counts = page.page.evaluate("""() => ['plan-map', 'plan-map-before'].map((id) =>
      document.querySelector(`#${id} .js-plotly-plot`)._fullData
      .find((t) => t.name === 'sites').lon.length)""")
    assert counts == [8, 0]
    clip = "() => getComputedStyle(document.getElementById('plan-swipe')).clipPath"
    held = page.page.evaluate(clip)
    slider = page.page.locator(f"#{names.SWIPE}-range")
    slider.press("ArrowLeft")
    assert page.page.evaluate(clip) != held
    box = page.page.locator("#plan-map-box").bounding_box()
    thumb = page.page.evaluate(
        "() => getComputedStyle(document.getElementById('plan-map-box')).getPropertyValue('--cut')"
    )
    assert thumb == "49%"
    grip = slider.bounding_box()
    page.page.mouse.move(box["x"] + box["width"] * 0.49, grip["y"] + grip["height"] / 2)
    page.page.mouse.down()
    page.page.mouse.move(box["x"] + box["width"] * 0.2, grip["y"] + grip["height"] / 2, steps=4)
    page.page.mouse.up()
    moved = page.page.evaluate(
        "() => getComputedStyle(document.getElementById('plan-map-box')).getPropertyValue('--cut')"
    )
    assert int(moved.rstrip("%")) < 30


def test_a_long_search_shows_its_gap_and_stops_when_told(plan):
    page = plan("?place=350203&model=lscp&new=none&step=200&radius=600")
    page.page.locator(f"#{names.RUN}").click()
    status = page.page.locator(f"#{names.STATUS}")
    expect(status).to_contain_text("距最优最多")
    page.page.wait_for_function("() => document.querySelector('#plan-gap .js-plotly-plot').data[0].x.length >= 4")
    bound, best = page.page.evaluate(
        "() => document.querySelector('#plan-gap .js-plotly-plot').data.map((line) => line.y.filter((y) => y !== null))"
    )
    assert bound[0] < bound[-1] < best[-1] < best[0]  # both close in, and have not met
    # what is best so far stands on the map already
    page.page.wait_for_function(
        "() => document.querySelector('#plan-map .js-plotly-plot')._fullData.find((t) => "
        "t.name === 'sites').lon.length > 8"
    )
    page.page.locator(f"#{names.STOP}").click()
    expect(status).to_contain_text("已停止")
    page.answered("距最优最多")
    gap = float(re.search(r"最多 ([\d.]+)%", page.title()).group(1))
    assert 0 < gap < 100
    expect(page.page.locator(f"#{names.STOP}")).to_be_disabled()


def test_what_cannot_be_is_told_with_what_would_suffice(plan, home, monkeypatch, capsys):
    page = plan("?place=350203&model=lscp&new=none&step=500&radius=200&run=1")
    page.page.locator("#plan-title", has_text="没有方案").wait_for()
    expect(page.page.locator(".plan-reasons")).to_contain_text("半径至少要")
    said = commanded(
        home, monkeypatch, capsys, "--model", "lscp", "--candidates-grid", "500", "--radius", "800", "--spacing", "1000"
    )
    metres = next(one["suffices"] for one in said["reasons"] if one["condition"] == "spacing")
    page.go("?place=350203&model=lscp&new=none&step=500&radius=800&spacing=1000&run=1")
    expect(page.page.locator(".plan-reasons")).to_contain_text(f"间距至多 {metres:.0f} 米")
    page.go("?place=350203&model=lscp&new=none&step=500&radius=800&spacing=1000&run=1&lang=en")
    expect(page.page.locator(".plan-reasons")).to_contain_text(f"a spacing of at most {metres:.0f} m")
    page.go("?place=640202")
    expect(page.page.locator("#plan-title")).to_contain_text("大武口区还没有服务需求")
    expect(page.page.locator(".plan-need-open")).to_have_count(3)
    page.page.get_by_role("link", name="思明区").click()
    page.until_query("place=350203")


def test_scenarios_are_saved_reopened_compared_exported_adopted_and_taken_back(plan, served):
    page = plan(NIGHT)
    page.answered("证明")
    shown = page.figures()
    eight = page.save("夜间八站", "靠近夜间等单点")
    page.tab("结果")
    page.page.locator(f"#{names.control('new')}").fill("3")
    page.page.locator(f"#{names.control('new')}").press("Enter")
    page.until_query("new=3")
    page.solve()
    three = page.save("夜间三站")
    # an address opens it exactly, figures included
    page.go(f"?scenario={eight}")
    page.answered("证明")
    assert page.figures() == shown
    assert "hours=22-6" in page.query()
    # side by side
    page.go(f"?place=350203&compare={eight}~{three}")
    page.page.locator("#plan-compare-figures").wait_for()
    rows = {
        row.split("\t")[0]: [one.strip() for one in row.split("\t")[1:]]
        for row in page.page.locator("#plan-compare-figures tbody tr").all_inner_texts()
    }
    assert [one.split("\n")[0] for one in rows["新建站数"]] == ["8", "3"]
    assert rows["之后的覆盖（需求加权）"][0] in shown["title"]
    assert page.page.locator(".plan-small svg").count() >= 2
    # out and read again
    told = page.page.request.get(f"{served}/planning/export/zh/{eight}.geojson").json()
    assert len(told["features"]) == 8
    assert told["metadata"]["选择的理由"] == "靠近夜间等单点"
    # adopt: the planned stations have a place on the overview; undo: they have none
    page.go(f"?scenario={eight}")
    page.tab("方案")
    page.page.locator(f"[data-act='adopt'][data-id='{eight}']").click()
    expect(page.page.locator(f"#{names.SAID}")).to_contain_text("8 座计划驿站有了推算的位置")
    expect(page.page.locator(f"[data-scenario='{eight}'] .plan-adopted")).to_be_visible()
    assert overview(page) == 36
    page.go(f"?scenario={eight}")
    assert page.figures() == shown
    page.tab("方案")
    page.page.locator(f"[data-scenario='{eight}'] [data-act='undo']").first.click()
    expect(page.page.locator(f"#{names.SAID}")).to_contain_text("已撤销")
    assert overview(page) == 28


def overview(page: PlanPage) -> int:
    """Return how many stations the overview of Siming places on its map."""
    atlas = AtlasPage(page.page, page.address)
    atlas.go("?place=350203")
    return atlas.trace("stations")["given"]


@pytest.mark.parametrize(("query", "width"), first_alone([(NIGHT, 390), (NIGHT, 1920), (NIGHT + "&lang=en", 1920)]))
def test_it_holds_on_a_wide_screen_and_a_phone_and_axe_objects_to_nothing(plan, query, width):
    page = plan(query, width=width, height=844 if width < 900 else 1080, bypass_csp=True)
    page.answered("optimal" if "lang=en" in query else "证明")
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width
    box = page.page.locator("#plan-map-box").bounding_box()
    assert box["height"] > 400
    parts = [rail for one in page.page.locator(".plan-rail > *").all() if (rail := one.bounding_box())]
    assert parts
    for rail in parts:  # beside the map, or over or under it
        beside, over = rail["x"] + rail["width"] <= box["x"] + 1, rail["y"] + rail["height"] <= box["y"] + 1
        assert beside or over or rail["y"] >= box["y"] + box["height"] - 1
    assert objections(page.page) == []
