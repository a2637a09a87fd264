"""The page 活动 in words: denominators of two places side by side, and a calendar that says what it leaves out."""

from __future__ import annotations

from datetime import date

import pandas as pd

from dashboard.export.markup import markup
from dashboard.pages.analysis import telling
from layers.analysis import workers
from layers.filters import Filters

CITY = Filters(place="640200")


def shown(parts: list) -> str:
    return "".join(markup(part) for part in parts if part is not None and not isinstance(part, str) and "dcc" not in str(type(part)) and part.className != "an-pair")


def test_two_places_state_what_each_figure_is_of(atlas, words):
    html = shown(telling.comparison(atlas, CITY, "350203", words))
    rate = next(one for one in workers.rates(atlas, CITY) if one.own == "illustrative")
    assert f"{rate.rate:,.2f}" in html and "÷ 覆盖职工 6 万余 名，报道" in html  # of the city
    assert "共 421 家企业" in html and "个格；服务半径 500 米" in html
    assert html.count("分母未知：没有覆盖职工数") == len(workers.rates(atlas, Filters(place="350203")))


def test_a_calendar_says_which_days_it_leaves_out(atlas, words):
    def said(filters: Filters) -> str:
        return shown(telling.calendar_parts(atlas, filters, None, lambda mark: None, words)[0])

    assert "只画最后一年" not in said(CITY.having(start=date(2024, 1, 1), end=date(2024, 12, 31)))
    long = CITY.having(start=date(2024, 1, 1), end=date(2025, 6, 30))
    held = pd.to_datetime(atlas.activities[atlas.activities["adcode"].str.startswith("6402")]["start"])
    earlier = held[(held >= "2024-01-01") & (held < "2024-06-01")].nunique()
    assert earlier > 20 and f"只画最后一年（自 2024年6月1日）：更早有记录的 {earlier} 天" in said(long)
