"""The page 活动 in words: denominators of two places side by side, and a calendar that says what it leaves out."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from unittest import mock

import pandas as pd

from dashboard.export.markup import markup
from dashboard.locale import load_words
from dashboard.pages.analysis import _day, tables
from dashboard.words import Words
from layers import kpis
from layers.analysis import plans, workers
from layers.atlas import Atlas
from layers.filters import Filters

CITY = Filters(place="640200")


def shown(parts: list) -> str:
    return "".join(
        markup(part)
        for part in parts
        if part is not None
        and not isinstance(part, str)
        and "dcc" not in str(type(part))
        and part.className != "an-pair"
    )


def test_two_places_state_what_each_figure_is_of(atlas, words):
    html = shown(tables.comparison(atlas, CITY, "350203", words))
    rate = next(one for one in workers.rates(atlas, CITY) if one.own == "illustrative")
    assert f"{rate.rate:,.2f}" in html and "÷ 覆盖职工 6 万余名，报道" in html  # of the city
    assert "共 421 家企业" in html and "个格；服务半径 500 米" in html
    assert "140 余场" in html and "6 万余人" in html  # a qualifier takes its unit as in the report
    assert html.count("分母未知：没有覆盖职工数") == len(workers.rates(atlas, Filters(place="350203")))


def test_a_calendar_says_which_days_it_leaves_out(atlas, words):
    def said(filters: Filters) -> str:
        return shown(tables.calendar_parts(atlas, filters, None, lambda mark: None, words)[0])

    assert "只画最后一年" not in said(CITY.having(start=date(2024, 1, 1), end=date(2024, 12, 31)))
    long = CITY.having(start=date(2024, 1, 1), end=date(2025, 6, 30))
    held = pd.to_datetime(atlas.activities[atlas.activities["adcode"].str.startswith("6402")]["start"])
    earlier = held[(held >= "2024-01-01") & (held < "2024-06-01")].nunique()
    assert earlier > 20 and f"只画最后一年（自 2024年6月1日）：更早有记录的 {earlier} 天" in said(long)


def test_of_years_the_list_names_the_days_drawn_and_the_months_before_and_loses_none(atlas, words):
    every = pd.date_range("2022-06-01", "2024-09-30")  # each day something happens, on the third two things
    start = [*every, *every[every.day == 3]]
    rows = pd.concat([atlas.activities.iloc[:1]] * len(start), ignore_index=True)
    rows = rows.assign(
        activity_id=[f"A{one}" for one in range(len(start))],
        start=[f"{one:%Y-%m-%d}" for one in start],
        end=[f"{one:%Y-%m-%d}" for one in start],
    )
    frames = {name: atlas.table(name) for name in ("places", "lines")} | {"activities": rows}
    long = Atlas.from_frames(frames, atlas.meta | {"data_version": "years"})

    def listed(on: date | None) -> list[str]:
        return [one["value"] for one in tables.calendar_parts(long, Filters(), on, lambda mark: None, words)[2]]

    days = {f"{one:%Y-%m-%d}" for one in every}
    for on in (None, date(2024, 5, 5), date(2022, 7, 9)):
        found = listed(on)
        whole = {one for one in found if len(one) == 10}
        months = [one for one in found if len(one) == 7]
        assert found == sorted(found) and len(found) < 440
        # every day is there, or its month is; and which day of a month whoever chooses it comes to
        assert whole | {one for one in days if one[:7] in months} == days and not {one[:7] for one in whole} & {*months}
        assert (on is None) or f"{on}" in whole
        assert "2024-01-01" in whole and "2022-06" in months
        for month in months:
            stored = _day(long, Filters(), month)
            assert stored == f"{month}-03" and stored in listed(date.fromisoformat(stored))
    assert _day(long, Filters(), "2024-02-09") == "2024-02-09" and _day(long, Filters(), "1999-01") == "1999-01"


def test_a_dash_between_two_places_means_that_there_is_none(atlas, words):
    nation = Filters()
    html = shown(tables.comparison(atlas, nation, CITY.place, words))
    for here in (nation, CITY):  # the strip of the overview has room for six; the comparison leaves none out
        for one in kpis.every(atlas, here):
            assert words.measured(one.text_zh, one.unit) in html, one.id
    rows = re.findall(r"<th[^>]*>([^<]*(?:<(?!/th>)[^<]*)*)</th><td[^>]*>(.*?)</td><td[^>]*>(.*?)</td>", html)
    told = {re.sub("<[^>]+>", "", name): (one[:1] == "—", other[:1] == "—") for name, one, other in rows}
    assert told["产改区域"] == told["活动与服务"] == (False, False) and told["工会驿站"] == (False, True)


def test_until_another_place_is_chosen_the_places_of_the_stories_lead_to_it(atlas, words):
    html = shown(tables.comparison(atlas, CITY, None, words, lambda code: f"?place=640200&with={code}"))
    assert re.findall("with=([0-9]{6})", html) == ["410000", "210900", "150100", "130283", "370116", "320100", "350203"]
    own = int((atlas.activities["adcode"] == "350203").sum())
    assert f"思明区</a> 活动 {own} 项" in html


def test_the_fullest_day_is_listed_until_one_is_chosen(atlas, words):
    held = pd.to_datetime(atlas.activities[atlas.activities["adcode"].str.startswith("6402")]["start"]).value_counts()
    listed = markup(tables.day_list(atlas, CITY, None, words)[0]) + "".join(
        markup(one) for one in tables.day_list(atlas, CITY, None, words)[1:]
    )
    assert f"：{held.max()} 项" in listed and "最多的一天" in listed and listed.count("<li>") == held.max()
    chosen = tables.day_list(atlas, CITY, date(2024, 6, 18), words)
    assert chosen[1] is None and "2024年6月18日" in markup(chosen[0])
    assert "点日历上的一天" in markup(tables.day_list(atlas, Filters(place="110101"), None, words))


def test_what_is_known_by_its_year_is_told_only_where_there_is_any(atlas, words):
    def said(filters: Filters) -> str:
        return shown(tables.calendar_parts(atlas, filters, None, lambda mark: None, words)[0])

    assert "只报道了年份" not in said(CITY)
    assert "另有 5 项只报道了年份，未计入" in said(Filters(place="350203"))


def test_lines_against_plan_are_told_apart_and_whole_numbers_are_whole(atlas, words):
    _, figure, table = tables.plan_parts(atlas, CITY, lambda _: None, words)
    found = plans.progress(atlas, CITY)
    drawn = figure["data"][::2]
    looks = [trace["line"]["color"] for trace in drawn]
    assert len(found) == len(looks) == len(set(looks)) > 3 and len({one.kind for one in found}) < len(
        found
    )  # two of them count the same kind
    said = [row.children[3].children for row in table.children[1].children]
    assert [float(one.replace(",", "")) for one in said] == [round(one.linear[-1], 1) for one in found]
    assert not [one for one in said if one.endswith(".0")]
    # half way through a period what is due is no whole number, and is not rounded to one
    first = replace(found[0], linear=(*found[0].linear[:-1], 26.64))
    with mock.patch.object(plans, "progress", lambda *_: [first, *found[1:]]):
        assert (
            tables.plan_parts(atlas, CITY, lambda _: None, words)[2].children[1].children[0].children[3].children
            == "26.6"
        )


def test_a_measure_inside_a_name_has_no_capital_in_english(atlas):
    words = Words("en", load_words()["en"])
    names = [
        trace["name"]
        for trace in tables.plan_parts(atlas, replace(CITY, lang="en"), lambda _: None, words)[1]["data"][::2]
    ]
    assert [one.rsplit(" ", 1)[1] for one in names if "Skills" in one] == ["events", "persons"]


def test_few_bars_are_not_drawn_higher_than_they_need(atlas, words):
    def box(filters: Filters) -> tuple[int, bool]:
        _, figure, _, classes = tables.kinds_parts(atlas, filters, lambda mark: None, words)
        return len(figure["layout"]["yaxis"]["tickvals"]), "an-many" in classes

    seen = [box(one) for one in (Filters(), Filters(place="350000"), CITY)]
    assert {many for _, many in seen} == {True, False}
    assert all(many == (bars >= tables.FEWEST_ROWS) for bars, many in seen)
