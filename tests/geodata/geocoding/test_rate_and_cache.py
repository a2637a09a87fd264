"""So many a second, so many a day, kept on disk; answers kept for a while and no longer."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest

from geodata.geocoding.base import HOUSE, Answer, Query, QuotaError
from geodata.geocoding.cache import KEPT_SECONDS, Cache
from geodata.geocoding.rate import Rate

MIDNIGHT = 1_764_432_000.0  # 2025-11-30 00:00 in China


class Clock:
    """A clock that goes on only when somebody sleeps."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_requests_are_so_far_apart_whatever_object_makes_them(tmp_path):
    clock = Clock(MIDNIGHT + 100)
    times = []
    for _ in range(6):
        assert Rate(tmp_path / "rate.json", 4.0, 100, clock, clock.sleep).take()
        times.append(clock.now)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert min(gaps) >= 0.25 - 1e-6 and max(gaps) < 0.4


def test_the_day_is_that_of_china_and_a_new_one_begins_anew(tmp_path):
    clock = Clock(MIDNIGHT - 60)
    rate = Rate(tmp_path / "rate.json", 1000.0, 2, clock, clock.sleep)
    assert rate.take() and rate.take() and rate.used() == 2
    with pytest.raises(QuotaError):
        rate.take()
    clock.now = MIDNIGHT + 1
    assert rate.used() == 0 and rate.take() and rate.used() == 1


def test_waiting_ends_when_called_off(tmp_path):
    clock = Clock(MIDNIGHT)
    rate = Rate(tmp_path / "rate.json", 0.001, 100, clock, clock.sleep)
    assert rate.take()
    assert not rate.take(lambda: clock.now > MIDNIGHT + 1)
    assert clock.now < MIDNIGHT + 2


@pytest.mark.parametrize("text", ["", "{", "[]", '{"day": 3}', '{"day": "x", "used": "y", "next": null}'])
def test_a_spoilt_file_is_a_new_one(text, tmp_path):
    path = tmp_path / "rate.json"
    path.write_text(text)
    clock = Clock(MIDNIGHT)
    rate = Rate(path, 10.0, 5, clock, clock.sleep)
    assert rate.used() == 0 and rate.take() and rate.used() == 1


def test_a_clock_that_was_set_back_holds_nobody_up(tmp_path):
    clock = Clock(MIDNIGHT + 50_000)
    assert Rate(tmp_path / "rate.json", 10.0, 100, clock, clock.sleep).take()
    clock.now = MIDNIGHT + 100
    assert Rate(tmp_path / "rate.json", 10.0, 100, clock, clock.sleep).take()
    assert clock.now < MIDNIGHT + 110


def test_many_threads_together_keep_the_limit_of_the_day(tmp_path):
    def take(_: int) -> bool:
        try:
            return Rate(tmp_path / "rate.json", 10_000.0, 25).take()
        except QuotaError:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, range(60))) == 25


def test_answers_are_kept_apart_by_provider_and_county_and_not_for_ever(tmp_path):
    clock = Clock(MIDNIGHT)
    cache = Cache(tmp_path / "answers.sqlite3", clock)
    here, there = Query("人民路 1 号", "350203"), Query("人民路 1 号", "640202")
    answer = Answer(118.1, 24.4, "amap", HOUSE, "门牌号", None, "人民路1号", 1, False)
    assert cache.get("amap", [here]) == [None]
    cache.put("amap", here, answer)
    assert cache.get("amap", [here, there]) == [answer, None] and cache.get("baidu", [here]) == [None]
    assert Cache(tmp_path / "answers.sqlite3", clock).get("amap", [here]) == [answer]
    clock.now += KEPT_SECONDS + 1
    assert cache.get("amap", [here]) == [None]


def test_more_questions_than_a_statement_takes_are_answered(tmp_path):
    cache = Cache(tmp_path / "answers.sqlite3")
    queries = [Query(f"{number} 号", "350203") for number in range(1500)]
    for query in queries[::100]:
        cache.put("amap", query, Answer(118.1, 24.4, "amap"))
    assert [at for at, one in enumerate(cache.get("amap", queries)) if one] == list(range(0, 1500, 100))


@pytest.mark.parametrize("spoil", [b"not a database at all, but long enough to be read as one" * 20, b""])
def test_a_spoilt_cache_is_as_good_as_empty(spoil: bytes, tmp_path: Path):
    path = tmp_path / "answers.sqlite3"
    path.write_bytes(spoil)
    cache = Cache(path)
    assert cache.get("amap", [Query("1 号")]) == [None]
    cache.put("amap", Query("1 号"), Answer(118.1, 24.4, "amap"))  # at worst it is not kept


def test_an_answer_of_another_shape_is_none(tmp_path):
    path = tmp_path / "answers.sqlite3"
    cache = Cache(path)
    cache.put("amap", Query("1 号"), Answer(118.1, 24.4, "amap"))
    with sqlite3.connect(path) as file:
        file.execute("UPDATE answers SET answer = '[1]'")
    assert cache.get("amap", [Query("1 号")]) == [None]
