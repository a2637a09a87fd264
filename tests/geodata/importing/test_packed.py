"""Rows kept packed are the rows that were given, whatever their cells and however they are asked for."""

from __future__ import annotations

from datetime import datetime
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.importing import packed

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
