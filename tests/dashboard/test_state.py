"""Filters ↔ query string: both ways, total, one address a view."""

from __future__ import annotations

from datetime import date
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import state
from layers.filters import LANGUAGES, LAYERS, MEASURES, MODES, PROVENANCES, PROXIES, Filters

codes = st.sampled_from(["none", "all"]) | st.from_regex(r"[A-Za-z0-9_-]{1,20}", fullmatch=True)
days = st.dates(date(2000, 1, 1), date(2100, 1, 1))
degrees = st.tuples(st.floats(-180, 180).map(lambda x: round(x, 5)), st.floats(-90, 90).map(lambda x: round(x, 5)))


@st.composite
def any_filters(draw: st.DrawFn) -> Filters:
    start, end = sorted([draw(days), draw(days)])
    return Filters(
        place=draw(st.from_regex(r"[0-9]{6}", fullmatch=True).map(lambda text: "".join(str(int(c)) for c in text))),
        region=draw(st.none() | codes),
        grid=draw(st.none() | codes),
        layers=draw(st.frozensets(st.sampled_from(tuple(LAYERS)))),
        start=draw(st.sampled_from([None, start])),
        end=draw(st.sampled_from([None, end])),
        hour=draw(st.none() | st.integers(0, 23)),
        day=draw(st.integers(1, 7)),
        facilities=draw(st.frozensets(codes, max_size=4)),
        always=draw(st.booleans()),
        inspected_days=draw(st.none() | st.integers(1, 3650)),
        sectors=draw(st.none() | st.frozensets(codes, max_size=4)),
        mode=draw(st.none() | st.sampled_from(MODES)),
        kinds=draw(st.none() | st.frozensets(codes, max_size=4)),
        provenance=draw(st.frozensets(st.sampled_from(PROVENANCES))),
        worker_group=draw(st.none() | codes),
        proxy=draw(st.sampled_from(PROXIES)),
        radius=draw(st.integers(50, 10_000)),
        detour=draw(st.floats(1, 3)),
        measure=draw(st.sampled_from(MEASURES)),
        station=draw(st.none() | codes),
        fair=draw(st.none() | codes),
        as_of=draw(st.none() | days),
        area=tuple(draw(st.just([]) | st.lists(degrees, min_size=3, max_size=40))),
        lang=draw(st.sampled_from(LANGUAGES)),
    )


@given(any_filters(), any_filters())
def test_what_is_written_is_read_back(filters: Filters, default: Filters) -> None:
    for start in (Filters(), default):
        query = state.write(filters, default=start)
        if len(query) > state.MAX_QUERY:
            continue
        said = state.parse(query, start)
        assert said.filters == filters
        assert said.notices == ()


@given(st.floats(-180, 180), st.floats(-85, 85), st.floats(0, 22))
def test_the_view_survives_to_a_metre(lon: float, lat: float, zoom: float) -> None:
    said = state.parse(state.write(Filters(), state.View(lon, lat, zoom)))
    assert said.notices == ()
    assert said.view is not None
    assert abs(said.view.lon - lon) <= 1e-5
    assert abs(said.view.lat - lat) <= 1e-5
    assert abs(said.view.zoom - zoom) <= 0.01


SETS = ("layers", "facilities", "sectors", "kinds", "provenance")


@pytest.mark.parametrize("key", SETS)
@pytest.mark.parametrize("text", ["", "none"])
def test_an_empty_choice_is_empty(key: str, text: str) -> None:
    said = state.parse(f"?{key}={text}")
    assert getattr(said.filters, key) == frozenset() and said.notices == ()
    assert state.parse(state.write(said.filters)).filters == said.filters


@pytest.mark.parametrize("key", ["sectors", "kinds"])
def test_all_of_them_is_not_none_of_them(key: str) -> None:
    assert getattr(state.parse(f"?{key}=all").filters, key) is None
    assert state.write(Filters(**{key: frozenset()})) == f"?{key}=none"
    assert state.write(Filters(**{key: frozenset({"none"})})) == f"?{key}=none.none"


def test_the_defaults_have_the_bare_address() -> None:
    assert state.write(Filters()) == ""
    assert state.parse("").filters == Filters()


@given(st.text(max_size=300) | st.binary(max_size=200).map(lambda raw: quote(raw)))
def test_noise_never_fails(noise: str) -> None:
    said = state.parse(noise)
    assert isinstance(said.filters, Filters)
    assert len(said.notices) <= state.MAX_NOTICES


@given(st.sampled_from(sorted(state.CODECS)), st.text(max_size=60))
def test_any_value_of_a_known_key_is_used_or_told(key: str, text: str) -> None:
    said = state.parse("?" + urlencode([(key, text)]))
    field = state.CODECS[key].field
    if getattr(said.filters, field) == getattr(Filters(), field):
        return
    assert said.notices == ()


@pytest.mark.parametrize(
    "query",
    [
        "place=35020",
        "place=abcdef",
        "radius=-5",
        "radius=99999",
        "detour=0.5",
        "detour=nan",
        "hour=24",
        "day=0",
        "from=2024-13-40",
        "to=tomorrow",
        "layers=grids.nothing",
        "measure=luck",
        "mode=fax",
        "area=1_2_3",
        "area=1_2_3_4_5_999",
        "lang=fr",
        "always=maybe",
        "v=1_2",
        "v=1_99_3",
        "inspected=0",
    ],
)
def test_a_bad_value_falls_back_and_is_told(query: str) -> None:
    said = state.parse(query)
    assert said.filters == Filters()
    assert said.view is None
    assert len(said.notices) == 1
    key, value = query.split("=")
    text = said.notices[0].text(lambda msgid: msgid)
    assert key in text
    assert value in text


def test_a_key_that_comes_twice_is_told_and_the_last_counts() -> None:
    said = state.parse("place=640200&hour=22&place=350203&hour=22")
    assert (said.filters.place, said.filters.hour) == ("350203", 22)
    assert ["350203" in one.text(lambda msgid: msgid) for one in said.notices] == [True]


def test_the_good_part_of_a_query_is_kept() -> None:
    said = state.parse("?place=640200&radius=-5&from=2024-13-40&hour=22")
    assert (said.filters.place, said.filters.hour, said.filters.radius, said.filters.start) == ("640200", 22, 500, None)
    assert len(said.notices) == 2


def test_dates_the_wrong_way_round_are_told() -> None:
    said = state.parse("from=2024-10-01&to=2024-01-01&place=640200")
    assert (said.filters.start, said.filters.end, said.filters.place) == (None, None, "640200")
    assert "2024-10-01" in said.notices[0].text(lambda msgid: msgid)


def test_ten_kilobytes_of_noise_are_refused_whole() -> None:
    said = state.parse("?place=640200&" + "x=%F0%9F%98%80&" * 700)
    assert said.filters == Filters()
    assert len(said.notices) == 1
