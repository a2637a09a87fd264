"""A file of many rows is written a part at a time: the same file, no more memory, and nothing left when called off."""

from __future__ import annotations

import csv
import json
import tracemalloc
from itertools import pairwise

import numpy as np
import openpyxl
import pandas as pd
import pytest

from geodata.derived.columns import decoded, encoded
from geodata.exporting import FORMATS, csv_parts, export, workbooks
from geodata.exporting import rows as rows_to_write
from geodata.importing.check import check_file
from geodata.in_parts import whole
from geodata.schema import TABLES
from tests.geodata.importing.test_round_trip import same

FIELDS = {"主讲人": "张三", "电话": "13812345678", "赠书册数": 3}


def many(tables: dict[str, pd.DataFrame], times: int, table: str = "activities") -> pd.DataFrame:
    """The rows of the sample again and again, as frames lie over derived files."""
    rows = pd.concat([tables[table]] * times, ignore_index=True)
    key = TABLES[table].key
    rows[key] = [f"{text}-{at}" for at, text in enumerate(rows[key])]
    return decoded(TABLES[table], encoded(TABLES[table], rows))


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("table", ["stations", "activities", "grids", "kinds"])
def test_parts_come_back_as_the_rows_of_the_table(store, tables, tmp_path, monkeypatch, fmt, table):
    monkeypatch.setattr(rows_to_write, "PART", 7)
    path = export(tables[table], table, tmp_path / f"f.{fmt}", fmt)
    checked = check_file(path, table, store)
    assert checked.report.errors == [] and checked.report.rows == len(tables[table])
    same(table, tables[table], whole(checked.frame))


def test_rows_are_written_in_the_order_asked_for(tables, tmp_path, monkeypatch):
    monkeypatch.setattr(rows_to_write, "PART", 5)
    at = np.random.default_rng(17).permutation(len(tables["stations"]))[:13]
    path = export(tables["stations"], "stations", tmp_path / "f.csv", "csv", headers="id", rows=at)
    with path.open(encoding="utf-8-sig", newline="") as file:
        said = list(csv.DictReader(file))
    assert [one["station_id"] for one in said] == tables["stations"]["station_id"].iloc[at].tolist()
    assert b"".join(csv_parts(tables["stations"], "stations", at, headers="id")) == path.read_bytes()


def test_a_field_that_a_late_row_has_is_a_column_and_what_is_personal_is_none(tables, tmp_path, monkeypatch):
    monkeypatch.setattr(rows_to_write, "PART", 4)
    rows = tables["stations"].copy()
    rows["own"] = [None] * (len(rows) - 2) + [json.dumps(FIELDS, ensure_ascii=False), json.dumps({"赠书册数": 2.5})]
    for fmt in ("csv", "xlsx"):
        path = export(rows, "stations", tmp_path / f"f.{fmt}", fmt)
        if fmt == "csv":
            with path.open(encoding="utf-8-sig", newline="") as file:
                said = list(csv.reader(file))
        else:
            sheet = openpyxl.load_workbook(path).worksheets[0]
            said = [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
        at = said[0].index("赠书册数")
        assert [float(row[at]) for row in said[-2:]] == [3.0, 2.5] and {row[at] for row in said[1:-2]} == {""}
        assert "电话" not in said[0] and "13812345678" not in str(said)
    book = openpyxl.load_workbook(tmp_path / "f.xlsx")
    about = {name.value: text.value for name, text in book["说明"].iter_rows()}
    assert "电话" in about["left_out"] and "sheets" not in about


def test_what_one_sheet_cannot_hold_goes_on_on_the_next_under_the_same_headers(store, tables, tmp_path, monkeypatch):
    monkeypatch.setattr(rows_to_write, "PART", 7)
    monkeypatch.setattr(workbooks, "SHEET_ROWS", 11)  # headers and ten rows
    frame = tables["stations"].head(25)
    path = export(frame, "stations", tmp_path / "f.xlsx", "xlsx")
    sheets = openpyxl.load_workbook(path).worksheets
    assert [sheet.max_row - 1 for sheet in sheets[:-1]] == [10, 10, 5]
    heads = [[cell.value for cell in sheet[1]] for sheet in sheets[:-1]]
    assert all(one == other for one, other in pairwise(heads))
    about = {name.value: text.value for name, text in sheets[-1].iter_rows()}
    assert (about["rows"], about["sheets"]) == ("25", "3")
    checked = check_file(path, "stations", store)
    assert checked.report.errors == [] and checked.report.rows == 25


@pytest.mark.parametrize("fmt", FORMATS)
def test_progress_grows_and_calling_off_leaves_nothing(tables, tmp_path, monkeypatch, fmt):
    monkeypatch.setattr(rows_to_write, "PART", 5)
    told: list[float] = []
    export(tables["stations"], "stations", tmp_path / f"f.{fmt}", fmt, progress=lambda share, _text: told.append(share))
    assert len(told) > 3 and told == sorted(told) and told[-1] < 1
    (tmp_path / f"f.{fmt}").unlink()

    def tired(share: float, _text: str) -> None:
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(tables["stations"], "stations", tmp_path / f"f.{fmt}", fmt, progress=tired)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fmt", ["csv", "xlsx", "geojson"])
def test_four_times_the_rows_take_no_more_memory(tables, tmp_path, monkeypatch, fmt):
    monkeypatch.setattr(rows_to_write, "PART", 200)
    peaks = []
    for times in (1, 1, 4):  # the first makes what is made once
        frame = many(tables, 400 * times // len(tables["activities"]) + 1)
        tracemalloc.start()
        try:
            export(frame, "activities", tmp_path / f"f.{fmt}", fmt)
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert peaks[2] < 1.6 * peaks[1]
