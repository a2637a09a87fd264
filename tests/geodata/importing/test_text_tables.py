"""A text table is read some lines at a time, and what it says does not depend on where a part of it ends."""

from __future__ import annotations

import csv
import io
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.importing import text
from geodata.importing.report import Unreadable

PIECES = st.sampled_from(["a", "中", ",", ",", "\n", "\n", "\r\n", " ", "\u2028", "x,y\n", "1,2,3\r\n"])


def rows_of(data: str) -> list[list[str]]:
    (sheet,) = text.read_text(io.BytesIO(data.encode()))
    return [list(row) for row in sheet.rows]


def filled(records: list[list[str]]) -> list[list[str]]:
    """Rows as a sheet has them: none that is empty, no empty cell at the end of one."""
    for record in records:
        while record and record[-1] == "":
            record.pop()
    return [record for record in records if record]


@given(pieces=st.lists(PIECES, max_size=60), size=st.integers(1, 9))
def test_a_table_without_quotes_is_what_the_reader_of_python_makes_of_the_whole(pieces, size):
    data = "a,b\n" + "".join(pieces)
    want = filled(list(csv.reader(io.StringIO(data, newline=""))))
    with mock.patch.object(text, "_LINES_READ", size):
        assert rows_of(data) == want


@given(
    records=st.lists(st.lists(st.text("a中,\" \n\r'", max_size=6), min_size=3, max_size=3), min_size=1, max_size=9),
    plain=st.integers(0, 9),
    size=st.integers(1, 40),
)
def test_quoted_cells_come_back_beside_lines_without_quotes(records, plain, size):
    out = io.StringIO(newline="")
    csv.writer(out).writerows([["甲", "乙", "丙"], *[["1", "2", "3"]] * plain])
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(records)
    csv.writer(out).writerows([["1", "2", "3"]] * plain)
    data = out.getvalue()
    whole = rows_of(data)
    with mock.patch.object(text, "_LINES_READ", size):
        assert rows_of(data) == whole
    if not any(sign in cell for record in records for cell in record for sign in "\n\r"):
        assert whole == filled(list(csv.reader(io.StringIO(data, newline=""))))


@pytest.mark.parametrize("data", ["a,b\n" + "x" * 50 + "\n1,2\n", "a,b\n1,2\n" + "x" * 50, 'a,b\n"' + "x\n" * 30])
def test_a_line_without_an_end_is_refused_wherever_it_stands(data):
    with (
        mock.patch.object(text, "_LINES_READ", 7),
        mock.patch.object(text, "MAX_RECORD", 40),
        pytest.raises(Unreadable),
    ):
        rows_of(data)
