"""Rows kept packed are the rows that were given, whatever their cells and however they are asked for."""

from __future__ import annotations

from datetime import datetime
from unittest import mock

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.importing import packed
from geodata.importing.points import PackedPoints, missing

CELL = st.one_of(
    st.none(),
    st.text(max_size=20),
    st.sampled_from(["开放", "", "a\x00", "\ud800"]),
    st.integers(),
    st.floats(allow_nan=False),
    st.booleans(),
    st.just(datetime(2025, 1, 2)),
)
ROWS = st.lists(st.lists(CELL, max_size=5), max_size=30)


@settings(deadline=None)
@given(rows=ROWS, size=st.integers(1, 7), data=st.data())
def test_rows_come_back_as_they_went_in(rows, size, data):
    with mock.patch.object(packed, "BLOCK", size):
        found = packed.PackedRows()
        for row in rows:
            found.append(row)
        for at in data.draw(st.sets(st.sampled_from(range(len(rows))), max_size=3)) if rows else ():
            rows[at] = found[at] = data.draw(st.lists(CELL, max_size=5))
        first = data.draw(st.integers(0, len(rows)))
        for some, same in ((found, rows), (found[first:], rows[first:])):
            assert repr([list(row) for row in some]) == repr(same)
            assert repr([list(some[at]) for at in range(len(some))]) == repr(same)
            for place in range(6):
                want = [row[place] if place < len(row) else None for row in same]
                assert repr(list(packed.cells_at(some, place))) == repr(want)
        kept = list(range(0, len(rows), 2))
        assert repr([list(row) for row in packed.some_of(found, kept)]) == repr([rows[at] for at in kept])


DONE = st.one_of(
    st.tuples(st.just("append"), CELL),
    st.tuples(st.just("extend"), st.lists(CELL, max_size=9)),
    st.tuples(st.just("set"), st.integers(0, 30), CELL),
)


@settings(deadline=None)
@given(done=st.lists(DONE, max_size=30), size=st.integers(1, 7), first=st.integers(-5, 30))
def test_a_packed_column_is_the_list_that_was_written(done, size, first):
    with mock.patch.object(packed, "BLOCK", size):
        found, want = packed.PackedColumn(), []
        for what, *said in done:
            if what != "set":
                for column in (found, want):
                    getattr(column, what)(*said)
            elif said[0] < len(want):
                found[said[0]] = want[said[0]] = said[1]
        assert repr(list(found)) == repr(want) == repr([found[at] for at in range(len(want))])
        assert repr(list(found[first:])) == repr(want[first:])
        assert repr(list(found[::2])) == repr(want[::2])
        if want:
            assert repr(found[-1]) == repr(want[-1])


POINTS = st.lists(st.none() | st.tuples(st.floats(-180, 180), st.floats(-90, 90)), max_size=9)


@given(points=POINTS, data=st.data())
def test_packed_points_are_the_shapes_that_were_written(points, data):
    want = np.full(len(points), None, dtype=object)
    want[:] = [None if one is None else shapely.Point(one) for one in points]
    found = PackedPoints(len(points))
    for at in data.draw(st.permutations(range(len(points)))):
        found[at] = want[at]
    some = np.array([one is not None for one in points], bool)
    assert list(found) == list(want) == [found[at] for at in range(len(want))] == list(np.asarray(found))
    assert missing(found).tolist() == missing(want).tolist() == (~some).tolist()
    assert list(found[some]) == list(want[some])
    found[some] = want[some][::-1]
    assert list(found[some]) == list(want[some][::-1])
