"""Opening hours as clerks write them, judged by hand-written answers
and by an independent evaluator of OpenStreetMap's syntax.
"""

from __future__ import annotations

import csv
from datetime import date, datetime, timedelta
from pathlib import Path

import opening_hours
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import hours
from geodata.importing.hours import NotHours, to_hours

DATA = Path(__file__).parents[2] / "data"
CASES = [
    (path.stem, row["id"], row["text"], row["probes"])
    for path in sorted(DATA.glob("hours_*.csv"))
    for row in csv.DictReader(path.open(encoding="utf-8-sig"))
]
DAYS = "一二三四五六日"
INSTANTS = st.datetimes(datetime(2023, 1, 1), datetime(2029, 12, 31)).map(
    lambda at: at.replace(second=0, microsecond=0)
)


def stored(text: str) -> str | None:
    try:
        return to_hours(text)
    except NotHours:
        return None


def is_open(kept: str, at: datetime) -> bool:
    week = hours.parse(kept, week_of=at.date())
    return week.open_at(at.isoweekday(), at.hour * 60 + at.minute)


def week_of(kept: str) -> set[tuple[int, int]]:
    """Weekday 0 to 6 and quarter of an hour that are open, in a week without holidays."""
    week = hours.parse(kept, week_of=date(2024, 10, 16))
    return {(day, quarter) for day in range(7) for quarter in range(96) if week.open_at(day + 1, 15 * quarter)}


@pytest.mark.parametrize(
    ("text", "probes"), [case[2:] for case in CASES], ids=[f"{one}-{two}" for one, two, *_ in CASES]
)
def test_no_text_is_read_wrongly(text, probes):
    kept = stored(text)
    for probe in probes.split(";"):
        said, _, wanted = probe.partition("~") if "~" in probe else probe.partition("=")
        at = datetime.fromisoformat(said)
        got = "?" if kept is None else str(int(is_open(kept, at)))
        assert got != "1" if "~" in probe else got == wanted, f"{probe}: {kept}"
        if kept is not None:
            assert opening_hours.OpeningHours(kept).is_open(at) == is_open(kept, at), kept


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(CASES), st.lists(INSTANTS, min_size=1, max_size=20))
def test_the_atlas_and_an_independent_evaluator_agree(case, instants):
    if (kept := stored(case[2])) is not None:
        judge = opening_hours.OpeningHours(kept)
        assert [is_open(kept, at) for at in instants] == [judge.is_open(at) for at in instants], kept


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def test_what_is_kept_reads_back_as_itself(case):
    if (kept := stored(case[2])) is not None:
        assert to_hours(kept) == kept


clock = st.integers(6 * 4, 20 * 4)


def said(quarter: int) -> str:
    return f"{quarter // 4}:{quarter % 4 * 15:02d}"


@settings(deadline=None, max_examples=150)
@given(
    st.sets(st.integers(0, 6), min_size=1, max_size=6),
    st.lists(clock, min_size=4, max_size=4, unique=True).map(sorted),
    st.sampled_from(("周{}", "星期{}", "礼拜{}")),
    st.sampled_from(("{d} {h}", "{h}（{d}）", "{h}，{d}", "{d}（节假日除外）{h}", "{d}：{h}", "{d}，节假日除外，{h}")),
)
def test_days_that_are_named_are_open_and_no_others(days, quarters, prefix, form):
    named = "、".join(prefix.format(DAYS[one]) for one in sorted(days))
    kept = stored(form.format(d=named, h=f"{said(quarters[0])}-{said(quarters[3])}"))
    if kept is None:  # 周六，节假日除外: both, or the last alone?
        assert days <= {5, 6} and form == "{d}，节假日除外，{h}"
        return
    assert {day for day, _ in week_of(kept)} == days


@settings(deadline=None, max_examples=150)
@given(
    st.lists(clock, min_size=4, max_size=4, unique=True).map(sorted),
    st.sampled_from(
        (
            "{h}（{r}休息）",
            "{h}，{r}休息",
            "{r}休息，{h}",
            "{h}（午休{r}）",
            "午休{r}，{h}",
            "{h}，中午休息：{r}",
            "{h} {r}午休",
        )
    ),
)
def test_a_rest_takes_away_exactly_itself(quarters, form):
    start, rest, again, end = quarters
    whole = week_of(to_hours(f"{said(start)}-{said(end)}"))
    kept = stored(form.format(h=f"{said(start)}-{said(end)}", r=f"{said(rest)}-{said(again)}"))
    assert kept is not None
    assert week_of(kept) == whole - {(day, one) for day in range(7) for one in range(rest, again)}


PARTS = ("周一至周五8:30-17:30", "周六9:00-12:00", "周日休息", "节假日休息", "12:15-13:00休息")


@settings(deadline=None, max_examples=100)
@given(st.permutations(PARTS), st.integers(2, 5), st.sampled_from("，；"))
def test_the_order_of_the_parts_does_not_matter(parts, count, mark):
    kept = [stored(mark.join(order)) for order in (parts[:count], sorted(parts[:count]), parts[:count][::-1])]
    weeks = [None if one is None else week_of(one) for one in kept]
    assert all(one == weeks[0] for one in weeks if one is not None), kept


@settings(deadline=None, max_examples=200)
@given(
    st.text(
        alphabet="周一二三四五六日至到0123456789:：点半-—~,，;；()（）休息全天小时上下午晚早夏冬季月节假除外其余照常 ",
        max_size=30,
    )
)
def test_any_text_has_hours_or_none(text):
    kept = stored(text)
    if kept is not None:
        assert kept == "off" or any(rule.spans for rule in hours.rules(kept))
        assert to_hours(kept) == kept
        opening_hours.OpeningHours(kept)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 365), st.integers(0, 365), st.integers(0, 4 * 365))
def test_parts_of_the_year_are_those_of_the_calendar(first, last, at):
    start, end = (date(2024, 1, 1) + timedelta(days=one) for one in (first, last))
    if start == end or (end.month, end.day) == (2, 28):
        return
    kept = to_hours(f"{start.month}月{start.day}日-{end.month}月{end.day}日 8:00-18:00")
    then = datetime(2023, 1, 1, 10) + timedelta(days=at)
    assert is_open(kept, then) == opening_hours.OpeningHours(kept).is_open(then)
    day = (then.month, then.day)
    low, high = (start.month, start.day), (end.month, end.day)
    assert is_open(kept, then) == (low <= day <= high if low <= high else day >= low or day <= high)
