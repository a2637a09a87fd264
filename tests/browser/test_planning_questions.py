"""Each question of the planning page from its card to the brief, in Chinese, on a home of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from dashboard.pages.planning import names
from tests.browser.conftest import serving
from tests.browser.plan_page import PlanPage
from tests.browser.tabs import Tabs
from tests.browser.whole import first_alone


@pytest.fixture(scope="module")
def served(atlas_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("questions-home")
    shutil.copy(atlas_home / "atlas.gpkg", home / "atlas.gpkg")
    with serving(home, tmp_path_factory.mktemp("questions-server") / "log") as one:
        yield one


@pytest.fixture
def plan(tabs: Tabs, served: str) -> Iterator[Callable[..., PlanPage]]:
    with tabs.pages(served, PlanPage) as open_at:
        yield open_at


WRITTEN = {"zone_share": "share=0.25", "stages": "stages=2"}
MARKS = """() => Object.fromEntries(document.querySelector('#plan-map .js-plotly-plot')._fullData
  .filter((t) => ['closed', 'upgraded', 'sites'].includes(t.name)).map((t) => [t.name, t.lon.length]))"""


def test_on_a_phone_the_questions_come_first(tabs, served) -> None:
    with tabs.pages(served, PlanPage) as open_at:
        page = open_at("?place=350203", width=390, height=844)
        card = page.page.locator(f"#{names.QUESTION}").bounding_box()
        box = page.page.locator("#plan-map-box").bounding_box()
        run = page.page.locator(f"#{names.RUN}").bounding_box()
        assert card["y"] + card["height"] <= min(box["y"], 844) and box["y"] + box["height"] <= run["y"]
        assert page.page.evaluate("() => document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize(
    ("card", "number", "value", "begins", "marks", "table"),
    first_alone(
        [
            (
                "撤并迁移",
                "close",
                "2",
                "撤 2 处、迁 2 处：覆盖 ",
                {"closed": 4, "upgraded": 0, "sites": 2},
                names.CHANGES,
            ),
            (
                "升级",
                "upgrade",
                "3",
                "0-24 时：3 处改为 24 小时：",
                {"closed": 0, "upgraded": 3, "sites": 0},
                names.CHANGES,
            ),
            ("公平", "zone_share", "25", "最低的片区 ", {"closed": 0, "upgraded": 0, "sites": 8}, names.ZONES),
            ("分期", "stages", "2,1", "分 2 期", {"closed": 0, "upgraded": 0, "sites": 3}, names.STAGES),
            (
                "容量",
                "capacity",
                "60",
                "每处至多 60 需求权重，可以分摊：服务得下 39.5% → ",
                {"closed": 0, "upgraded": 0, "sites": 8},
                names.SITES + "-table",
            ),
            (
                "到场",
                "near",
                "100",
                "预计到场 ",
                {"closed": 0, "upgraded": 0, "sites": 8},
                names.SITES + "-table",
            ),
            (
                "几种需求",
                "new",
                "4",
                "2 种需求里最差的（",
                {"closed": 0, "upgraded": 0, "sites": 4},
                names.DEMANDS,
            ),
            ("把握", "draws", "5", "8 处里 ", {"closed": 0, "upgraded": 0, "sites": 8}, names.SURE),
        ]
    ),
)
def test_a_question_from_its_card_to_the_brief(plan, served, card, number, value, begins, marks, table) -> None:
    page = plan("?place=350203")
    page.page.locator(f"#{names.control('new')}").wait_for()
    page.page.get_by_text(card, exact=True).click()
    page.until_query("question=")
    # what the question does not need is not there
    expect(page.page.locator(f"#{names.control('model')}")).to_be_hidden()
    field = page.page.locator(f"#{names.control(number)}")
    field.fill(value)
    field.press("Enter")
    page.until_query(WRITTEN.get(number, f"{number}={value}"))
    page.solve()
    assert page.title().startswith(begins)
    assert page.page.evaluate(MARKS) == marks
    expect(page.page.locator(f"#{table}")).to_be_visible()
    kept = page.save(card)
    page.go(f"?scenario={kept}")
    page.answered("证明")
    assert page.title().startswith(begins)
    page.page.goto(f"{served}/briefing?scenario={kept}")
    expect(page.page.frame_locator("#briefing-preview").locator("body")).to_contain_text("已证明最优")


def test_a_point_of_the_curve_gives_its_plan_and_the_curve_stays(plan) -> None:
    page = plan("?place=350203")
    page.solve()
    page.page.locator(f"#{names.CURVE_RUN}").click()
    points = page.page.locator(f"#{names.CURVE} .point")
    expect(points).to_have_count(16)  # from none to six more than the eight asked for, and the one looked at
    page.page.locator(f"#{names.CURVE}").scroll_into_view_if_needed()
    box = points.nth(2).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.page.mouse.move(x - 5, y + 3)
    page.page.mouse.move(x, y, steps=3)
    page.page.locator(f"#{names.CURVE} .hovertext").first.wait_for()
    page.page.mouse.click(x, y)
    page.until_query("new=2")
    page.page.wait_for_function(f"() => ({MARKS})().sites === 2")
    expect(points.first).to_be_visible()
