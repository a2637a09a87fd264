"""No cell that we write is computed by a spreadsheet, and what was marked for that comes back as it was."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.exporting import export
from geodata.exporting.text_tables import neutral
from geodata.importing.bad import checked_text
from geodata.importing.check import check_file

MARKS = "=+-@＝＋－＠"
BLANKS = ("", "\n", "\r", "\r\n", "\t", " ", "  ", "\u3000", "\u00a0", "\ufeff", " \n\t", "\u200b", "\x00")


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("before", BLANKS)
@pytest.mark.parametrize("quotes", ["", "'", "''"])
def test_a_formula_is_marked_whatever_stands_before_it(mark: str, before: str, quotes: str) -> None:
    text = f"{quotes}{before}{mark}HYPERLINK(1)"
    assert neutral(text) == "'" + text
    assert checked_text(neutral(text)) == text


@given(st.text(alphabet="'=+-@＝ \n\r\t\u3000a1驿", max_size=8).map(lambda text: text.rstrip(" \u3000")))
def test_what_is_marked_comes_back_and_what_is_not_is_no_formula(text: str) -> None:
    written = neutral(text)
    if written == text:
        assert text.lstrip("'").lstrip(" \n\r\t\u3000")[:1] not in tuple("=+-@＝")
    else:
        assert checked_text(written) == text


@pytest.mark.parametrize("fmt", ["csv", "xlsx"])
def test_a_file_with_formulas_comes_back_as_it_was(store, tables, tmp_path: Path, fmt: str) -> None:
    rows = tables["stations"].copy()
    names = ["\n=1+1", " =HYPERLINK(1)", "\t@x", "＝1", "'=1"]
    rows.loc[rows.index[: len(names)], "address"] = names
    path = export(rows, "stations", tmp_path / f"f.{fmt}", fmt)
    if fmt == "csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            written = [row["地址"] for row in csv.DictReader(file)][: len(names)]
        assert written == ["'" + name for name in names]
    checked = check_file(path, "stations", store)
    assert checked.report.errors == []
    assert checked.frame["address"].tolist()[: len(names)] == names
