"""Opening hours: what is written is what is open."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.errors import AtlasError
from geodata.hours import DAYS, Rule, open_matrix, parse, rules, written


def test_always_open():
    hours = parse("24/7")
    assert hours.always
    assert hours.open_at(1, 0) and hours.open_at(7, 1439)


def test_week_days_and_week_ends():
    hours = parse("Mo-Fr 08:00-22:00; Sa-Su 09:00-18:00")
    assert not hours.always
    assert hours.open_at(3, 8 * 60) and not hours.open_at(3, 8 * 60 - 1)
    assert not hours.open_at(3, 22 * 60), "the closing minute is closed"
    assert hours.open_at(6, 17 * 60 + 59) and not hours.open_at(6, 8 * 60)


def test_without_days_every_day_counts():
    assert open_matrix(["08:00-22:00"])[0].sum(axis=1).tolist() == [14] * 7


def test_lunch_break():
    hours = parse("Mo-Fr 08:30-12:00,14:30-17:30")
    assert hours.open_at(1, 11 * 60) and not hours.open_at(1, 13 * 60) and hours.open_at(1, 15 * 60)


def test_past_midnight_runs_into_the_next_day_and_the_next_week():
    hours = parse("Su 20:00-02:00")
    assert hours.open_at(7, 23 * 60) and hours.open_at(1, 60)
    assert not hours.open_at(7, 60) and not hours.open_at(1, 2 * 60)


def test_a_later_rule_replaces_an_earlier_one_on_its_days():
    hours = parse("Mo-Su 08:00-20:00; Su off; Sa 10:00-12:00")
    assert not any(hours.open_at(7, minute) for minute in range(0, 1440, 30))
    assert hours.open_at(6, 11 * 60) and not hours.open_at(6, 9 * 60) and hours.open_at(5, 9 * 60)


def test_days_may_wrap_around_the_week_and_be_listed():
    assert open_matrix(["Sa-Mo 08:00-09:00", "We,Fr 08:00-09:00"])[:, :, 8].astype(int).tolist() == [
        [1, 0, 0, 0, 0, 1, 1],
        [0, 0, 1, 0, 1, 0, 0],
    ]


def test_written_out_round_the_clock_is_always():
    assert parse("00:00-24:00").always


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "8-22",
        "Mo-Fr",
        "Xx 08:00-09:00",
        "25:00-26:00",
        "08:61-09:00",
        "08:00-08:00",
        "08:00-32:01",
        "Mo-We-Fr 08:00-09:00",
        "08:00-22:00;",
        "每天",
        "08:00-",
        None,
        8,
    ],
)
def test_what_cannot_be_read_is_said_with_an_example(text):
    with pytest.raises(AtlasError, match="24/7"):
        parse(text)


def test_missing_hours_are_closed():
    matrix = open_matrix([None, float("nan"), "24/7"])
    assert matrix.shape == (3, 7, 24)
    assert matrix.any(axis=(1, 2)).tolist() == [False, False, True]
    assert open_matrix([]).shape == (0, 7, 24)


def test_seasons_are_read_by_the_month():
    text = "May-Oct 08:00-20:00; Nov-Apr 09:00-18:00; Mo off"
    assert [open_matrix([text], month)[0, 1].sum() for month in (4, 5, 10, 11)] == [9, 12, 12, 9]
    assert not open_matrix([text], 7)[0, 0].any()
    # without a month: what is open whichever it is
    assert open_matrix([text])[0, 1].nonzero()[0].tolist() == list(range(9, 18))
    assert not parse("Jul,Aug 00:00-24:00").spans and parse("Jul,Aug 00:00-24:00", 8).always and parse("24/7", 3).always


def test_public_holidays_are_kept_and_change_no_weekday():
    assert parse("08:00-20:00; PH off") == parse("08:00-20:00") and not parse("PH 08:00-20:00").spans
    assert parse("Sa,Su,PH 09:00-12:00") == parse("Sa,Su 09:00-12:00")
    assert [rule.holidays for rule in rules("08:00-20:00; PH off")] == [False, True]


def test_closed_until_further_notice():
    assert parse("off").spans == () and not open_matrix(["off"]).any()


@st.composite
def any_rules(draw) -> tuple[Rule, ...]:
    def one() -> Rule:
        days, holidays = tuple(sorted(draw(st.sets(st.integers(0, 6))))), draw(st.booleans())
        starts = draw(st.lists(st.tuples(st.integers(0, 1439), st.integers(1, 1440)), max_size=3))
        spans = tuple((start, end if end > start else end + 1440) for start, end in starts if (end - start) % 1440)
        return Rule(
            tuple(sorted(draw(st.sets(st.integers(1, 12), max_size=11)))),
            days if days or holidays else tuple(range(7)),
            holidays,
            spans,
        )

    return tuple(one() for _ in range(draw(st.integers(1, 4))))


@given(any_rules())
def test_rules_are_written_and_read_back(found):
    text = written(found)
    # a span to midnight reads as 24:00 or 00:00 alike
    assert rules(text) == found and written(rules(text)) == text


@given(any_rules(), st.integers(1, 12))
def test_the_week_is_what_the_last_rule_of_each_day_says(found, month):
    """Oracle: minute by minute over two weeks, the last rule that names month and day."""
    open_minutes = np.zeros(14 * 1440, bool)
    for week in (0, 7):
        for day in range(7):
            said = [rule for rule in found if day in rule.days and (not rule.months or month in rule.months)]
            for start, end in said[-1].spans if said else ():
                at = (week + day) * 1440
                open_minutes[at + start : at + end] = True
    expected = open_minutes[7 * 1440 :]
    got = np.zeros(7 * 1440, bool)
    for start, end in parse(written(found), month).spans:
        got[start:end] = True
    np.testing.assert_array_equal(got, expected)


times = st.tuples(st.integers(0, 23), st.sampled_from((0, 15, 30, 59)))


@given(days=st.lists(st.sampled_from(DAYS), min_size=1, unique=True), opens=times, closes=times)
def test_the_matrix_says_what_open_at_says(days, opens, closes):
    if opens == closes:
        return
    text = f"{','.join(days)} {opens[0]:02}:{opens[1]:02}-{closes[0]:02}:{closes[1]:02}"
    hours = parse(text)
    expected = [[hours.open_at(day, 60 * hour) for hour in range(24)] for day in range(1, 8)]
    np.testing.assert_array_equal(open_matrix([text])[0], expected)
    length = (60 * (closes[0] - opens[0]) + closes[1] - opens[1]) % 1440
    assert sum(end - start for start, end in hours.spans) == len(days) * length
