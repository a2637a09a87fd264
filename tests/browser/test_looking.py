"""The checks of tests/sheets find each fault that they are for, and nothing on a page without one."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.sheets.looking import faults

GOOD = '<main><h1>驿站 28 个</h1><p lang="en">Rest stations</p><section><p>数据截至 2024 年</p></section></main>'
WRONG = {
    "overlap": (
        '<p style="position:absolute;top:340px;left:0">工会驿站二十八个</p><p '
        'style="position:absolute;top:346px;left:20px">产改网格</p>'
    ),
    "overlap of svg": (
        '<svg width="300" height="60"><text x="10" y="30">石嘴山市</text><text x="30" y="34">大武口区</text></svg>'
    ),
    "cut": (
        '<p style="width:90px;overflow:hidden;white-space:nowrap;'
        'text-overflow:ellipsis">户外劳动者服务站点的名称很长</p>'
    ),
    "cut below": '<div style="height:24px;overflow:hidden"><p style="margin:0">第一行</p><p>第二行</p></div>',
    "cut in a field": '<input style="width:60px" readonly value="户外劳动者服务站点的名称很长">',
    "cut by a scroller that does not show it": (
        '<nav style="width:80px;overflow-x:auto;scrollbar-width:none;'
        'white-space:nowrap">全国 宁夏 石嘴山 大武口区</nav>'
    ),
    "untranslated": "<p>Rest stations</p>",
    "untranslated title": '<button title="Close panel">关</button>',
    "blank": '<section style="height:120px;width:200px"><div></div></section>',
    "blank chart": (
        '<div class="js-plotly-plot" style="height:120px;width:200px"><svg '
        'class="main-svg"><text x="9" y="20">标题</text></svg></div>'
    ),
    "wide": '<div style="width:1400px">很宽</div>',
}
FINE = {
    "cut, with its whole text at hand": (
        '<p title="户外劳动者服务站点的名称很长" style="width:90px;'
        'overflow:hidden;white-space:nowrap">户外劳动者服务站点的名称很长</p>'
    ),
    "turned text side by side": (
        '<svg width="300" height="120"><text transform="translate(30,110) rotate(-45)">二〇二四年五月</text><text '
        'transform="translate(55,110) rotate(-45)">二〇二四年六月</text></svg>'
    ),
    "scrolled": '<div style="height:40px;overflow:auto"><p>一</p><p>二</p><p>三</p><p>四</p></div><p>五</p>',
    "not shown": "<p hidden>Rest stations</p><details><summary>更多</summary><p>Rest stations</p></details>",
    "unit": "<p>500 km，PDF</p>",
    "empty, and says so": '<section style="height:120px">没有符合条件的活动</section>',
}


@pytest.fixture(scope="module")
def seen(browser: Browser):
    page = browser.new_page(viewport={"width": 800, "height": 600})

    def look(body: str, lang: str = "zh") -> list[str]:
        page.set_content(f'<html lang="{lang}"><body style="margin:0">{body}</body></html>')
        return faults(page, lang)

    yield look
    page.close()


def test_each_fault_is_found_and_only_it(seen) -> None:
    assert {name: [one.split(":")[0] for one in seen(GOOD + body)] for name, body in WRONG.items()} == {
        name: [name.split()[0]] for name in WRONG
    }


def test_what_is_right_is_left_alone(seen) -> None:
    assert {name: seen(GOOD + body) for name, body in FINE.items()} == {name: [] for name in FINE}
    assert seen('<main><h1>Rest stations</h1><a lang="zh" href="#">中文</a></main>', "en") == []
    assert seen("<main><h1>工会驿站</h1></main>", "en") == ["untranslated: main > h1 “工会驿站”"]
