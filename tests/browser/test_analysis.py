"""The page 活动 in a browser: a year played month by month, a day of the calendar, another place beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
from playwright.sync_api import Browser, expect

from dashboard.pages.analysis import names
from dashboard.source import AtlasSource
from tests.browser.atlas_page import TIMEOUT_MS, AtlasPage
from tests.browser.test_accessibility import objections
from tests.browser.whole import whole

FRAME_BYTES = 20_000
YEAR = "place=640200&from=2024-01-01&to=2024-12-31"


@whole
def test_a_year_is_played_and_nothing_of_it_left_out(browser: Browser, address: str, atlas_home: Path) -> None:
    rows = AtlasSource(atlas_home).atlas().activities
    own = pd.to_datetime(rows[rows["adcode"].str.startswith("6402")]["start"]).dt.strftime("%Y-%m").value_counts()
    expected = [(f"2024-{month:02}", int(own.get(f"2024-{month:02}", 0))) for month in range(1, 13)]

    context = browser.new_context(viewport={"width": 1920, "height": 1080}, bypass_csp=True, reduced_motion="reduce")
    page = context.new_page()
    wire: dict[str, float] = {}
    asked: dict[str, str] = {}
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.on("Network.requestWillBeSent", lambda event: asked.update({event["requestId"]: event["request"]["url"]}))
    devtools.on(
        "Network.loadingFinished",
        lambda event: wire.update({asked.get(event["requestId"], ""): event["encodedDataLength"]}),
    )
    page.goto(f"{address}/analysis?{YEAR}")
    page.wait_for_function(
        (
            "() => window.atlasPlayback && window.atlasPlayback.drawn.length && "
            "window.analysisMap() && window.analysisMap().loaded()"
        ),
        timeout=TIMEOUT_MS,
    )
    assert page.evaluate("() => document.documentElement.scrollHeight") == 1080

    # nothing moves until one asks for it; then the months come in order, at two a second
    assert page.evaluate(
        "() => [window.atlasPlayback.playing, window.atlasPlayback.drawn.length, window.atlasPlayback.speed]"
    ) == [False, 1, 2]
    assert page.evaluate("() => document.getAnimations().length") == 0  # asked for less motion
    first = next(month for month, count in expected if count)
    assert (
        page.evaluate("() => window.atlasPlayback.drawn[0].month") == first
    )  # it begins where something happened, and plays from January
    page.keyboard.press("Space")
    page.wait_for_function(
        "() => window.atlasPlayback.drawn.length >= 12 && !window.atlasPlayback.playing", timeout=2 * TIMEOUT_MS
    )
    drawn = page.evaluate("() => window.atlasPlayback.drawn")
    assert [(one["month"], one["count"]) for one in drawn] == expected
    frames = {url: size for url, size in wire.items() if "/analysis/frame/" in url}
    assert len(frames) == 12
    assert max(frames.values()) < FRAME_BYTES
    assert max(one["bytes"] for one in drawn) < FRAME_BYTES  # not compressed, either

    # the marks are on the map, and the words beside them
    page.locator(".an-month[data-month='2024-05']").click()
    may = dict(expected)["2024-05"]
    expect(page.locator("#an-caption")).to_have_text(f"2024年5月 {may} 项，其中报道 0 项", timeout=TIMEOUT_MS)
    marks = page.evaluate("() => document.querySelector('#an-map .js-plotly-plot')._fullData[1].lon.length")
    assert 0 < marks <= may
    page.locator("#an-sum").click()
    upto = sum(count for month, count in expected if month <= "2024-05")
    expect(page.locator("#an-caption")).to_contain_text(f"累计 {upto} 项", timeout=TIMEOUT_MS)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#an-caption")).to_contain_text("截至2024年4月累计", timeout=TIMEOUT_MS)

    # a day, by its list (the calendar is a picture of the same days)
    page.locator(f"#{names.DAYS}").fill("2024年5月23日")
    page.get_by_role("option").first.click()
    page.wait_for_function("() => location.search.includes('on=2024-05-23')", timeout=TIMEOUT_MS)
    that_day = int((pd.to_datetime(rows["start"]).eq("2024-05-23") & rows["adcode"].str.startswith("6402")).sum())
    expect(page.locator(f"#{names.DAY}")).to_contain_text(f"2024年5月23日：{that_day} 项", timeout=TIMEOUT_MS)

    # another place beside it, each figure under its own badge, and the sentence above
    page.goto(f"{address}/analysis?{YEAR}&with=350203")
    compare = page.locator(f"#{names.COMPARE}")
    expect(compare).to_contain_text("石嘴山市 与 思明区", timeout=TIMEOUT_MS)
    for said in ("27 个", "6 万余", "28 个"):
        expect(compare).to_contain_text(said)
    assert compare.locator(".badge").count() >= 8
    expect(page.locator(f"#{names.SENTENCE}")).to_contain_text("421 家企业中 377 家")
    expect(page.locator(f"#{names.WORKERS}")).to_contain_text("分母：覆盖职工 6 万余名")
    page.wait_for_function("() => window.atlasPlayback.drawn.length", timeout=TIMEOUT_MS)
    assert objections(page) == []
    context.close()


def test_a_click_on_the_calendar_lists_its_day(open_page: Callable[..., AtlasPage]) -> None:
    atlas = open_page("?place=210900")
    page = atlas.page
    page.goto(f"{atlas.address}/analysis?place=210900")
    page.locator(f"#{names.CALENDAR} .heatmaplayer image").wait_for(timeout=TIMEOUT_MS)
    x, y = page.evaluate(
        """id => { const gd = document.querySelector(`#${id} .js-plotly-plot`), heat = gd.data[0],
          full = gd._fullLayout, box = gd.getBoundingClientRect();
      for (let row = 0; row < 7; row++) for (let week = 0; week < heat.x.length;
        week++) if (heat.customdata[row][week] === '2024-05-25')
        return [box.left + full._size.l + full.xaxis.d2p(week), box.top + full._size.t + full.yaxis.d2p(row)]; }""",
        names.CALENDAR,
    )
    page.mouse.move(x - 4, y)
    page.mouse.move(x, y, steps=3)
    page.locator(f"#{names.CALENDAR} .hoverlayer .hovertext").first.wait_for(timeout=TIMEOUT_MS)
    page.mouse.click(x, y)
    page.wait_for_function("() => location.search.includes('on=2024-05-25')", timeout=TIMEOUT_MS)
    expect(page.locator(f"#{names.DAY}")).to_contain_text("辽西地区促进就业创业首场招聘会", timeout=TIMEOUT_MS)
