"""Opening hours: what is written is what is open."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.errors import AtlasError
from geodata.hours import DAYS, open_matrix, parse


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
        [1, 0, 0, 0, 0, 1, 1], [0, 0, 1, 0, 1, 0, 0]]


def test_written_out_round_the_clock_is_always():
    assert parse("00:00-24:00").always


@pytest.mark.parametrize("text", [
    "", " ", "8-22", "Mo-Fr", "Xx 08:00-09:00", "25:00-26:00", "08:61-09:00", "08:00-08:00", "08:00-24:01",
    "Mo-We-Fr 08:00-09:00", "08:00-22:00;", "每天", "08:00-", None, 8])
def test_what_cannot_be_read_is_said_with_an_example(text):
    with pytest.raises(AtlasError, match="24/7"):
        parse(text)


def test_missing_hours_are_closed():
    matrix = open_matrix([None, float("nan"), "24/7"])
    assert matrix.shape == (3, 7, 24)
    assert matrix.any(axis=(1, 2)).tolist() == [False, False, True]
    assert open_matrix([]).shape == (0, 7, 24)


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
