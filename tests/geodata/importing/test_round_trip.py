"""What is exported can be imported again: no row, no digit, no attribute changes."""

from __future__ import annotations

import csv
import json

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from geodata import datum
from geodata.errors import AtlasError
from geodata.exporting import FORMATS, export
from geodata.exporting.rows import HEADERS
from geodata.exporting.text_tables import neutral
from geodata.importing.check import check_file
from geodata.schema import TABLES


def same(table: str, one: pd.DataFrame, other: pd.DataFrame, tolerance: float = 0.0) -> None:
    columns = [column.name for column in TABLES[table].columns if column.name != "batch_id"]
    pd.testing.assert_frame_equal(pd.DataFrame(one[columns]), pd.DataFrame(other[columns]))
    if TABLES[table].geometry:
        assert (one.geometry.isna().to_numpy() == other.geometry.isna().to_numpy()).all()
        here, there = (shapely.get_coordinates(frame.geometry.to_numpy()) for frame in (one, other))
        assert here.shape == there.shape and np.abs(here - there).max(initial=0.0) <= tolerance


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("table", TABLES)
def test_every_table_in_every_format(store, tables, tmp_path, table, fmt):
    path = export(tables[table], table, tmp_path / f"f.{fmt}", fmt)
    checked = check_file(path, table, store)  # each format says itself in which coordinates it is
    assert checked.report.errors == [] and checked.report.rows == len(tables[table])
    same(table, tables[table], checked.frame)


@pytest.mark.parametrize("headers", HEADERS)
@pytest.mark.parametrize("table", ["stations", "activities", "grids"])
def test_text_tables_and_workbooks_say_the_same_headers_and_come_back(store, tables, tmp_path, table, headers):
    from openpyxl import load_workbook

    text = export(tables[table], table, tmp_path / "f.csv", "csv", headers=headers)
    book = export(tables[table], table, tmp_path / "f.xlsx", "xlsx", headers=headers)
    with text.open(encoding="utf-8-sig", newline="") as file:
        said = next(csv.reader(file))
    assert said == [cell.value for cell in load_workbook(book, read_only=True).worksheets[0][1]]
    names = {"zh": "zh", "en": "en", "id": "name"}[headers]
    expected = [getattr(one, names) for one in TABLES[table].columns if one.name != "own"]
    assert set(expected) <= set(said)
    for path in (text, book):
        checked = check_file(path, table, store)
        assert checked.report.errors == [] and checked.report.rows == len(tables[table])
        same(table, tables[table], checked.frame)


def test_headers_of_no_language_are_refused(tables, tmp_path):
    with pytest.raises(AtlasError, match="zh, en, id"):
        export(tables["stations"], "stations", tmp_path / "s.csv", "csv", headers="fr")


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("crs", ["gcj02", "bd09", "cgcs2000", "EPSG:4548"])
def test_any_coordinate_system(store, tables, tmp_path, fmt, crs):
    for table in ("stations", "zones"):
        path = export(tables[table], table, tmp_path / f"{table}.{fmt}", fmt, crs)
        checked = check_file(path, table, store)
        assert checked.report.errors == [] and checked.report.crs == crs
        same(table, tables[table], checked.frame, 1e-8)


def test_the_coordinates_written_are_those_of_the_system_asked_for(tables, tmp_path):
    path = export(tables["stations"], "stations", tmp_path / "s.csv", "csv", "gcj02", headers="id")
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = next(csv.DictReader(file))
    point = tables["stations"].geometry.iloc[0]
    assert [[float(first["lon"])], [float(first["lat"])]] == [
        part.tolist() for part in datum.wgs84_to_gcj02(point.x, point.y)
    ]
    assert (first["crs"], first["provenance"], first["source_id"]) == (
        "gcj02",
        "illustrative",
        tables["stations"]["source_id"].iloc[0],
    )


HOSTILE = [
    '=HYPERLINK("x")',
    "+1",
    "-2",
    "@SUM(A1)",
    "'=1",
    "''=1",
    "'quoted'",
    "=cmd|' /C calc'!A0",
    "＝1+1",
    "＋1",
    "－2",
    "＠SUM(A1)",
]


@pytest.mark.parametrize("fmt", FORMATS)
def test_cells_that_a_spreadsheet_would_compute_are_neutralised_and_come_back(store, tables, tmp_path, fmt):
    frame = tables["stations"].iloc[: len(HOSTILE)].assign(name=HOSTILE)
    path = export(frame, "stations", tmp_path / f"s.{fmt}", fmt)
    if fmt == "csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"))]
    if fmt == "xlsx":
        from openpyxl import load_workbook

        cells = [cell for row in load_workbook(path).worksheets[0] for cell in row]
        assert not [
            cell
            for cell in cells
            if cell.data_type == "f" or (isinstance(cell.value, str) and cell.value.startswith(("=", "+", "-", "@")))
        ]
    if fmt in ("csv", "xlsx"):
        assert check_file(path, "stations", store).frame["name"].tolist() == HOSTILE


def test_what_is_left_alone():
    assert [neutral(value) for value in ("驿站", "", None, -3, 2.5, "a=b", "'x")] == [
        "驿站",
        "",
        None,
        -3,
        2.5,
        "a=b",
        "'x",
    ]


def test_geojson_and_geopackage_open_elsewhere(tables, tmp_path):
    table = tables["stations"]
    for fmt in ("geojson", "gpkg"):
        path = export(table, "stations", tmp_path / f"s.{fmt}", fmt, notes={"query": "place=350203"})
        frame = pyogrio.read_dataframe(path)
        assert (
            len(frame) == len(table)
            and frame.crs == "EPSG:4326"
            and set(frame["provenance"]) == {"illustrative", "reported"}
        )
    said = json.loads((tmp_path / "s.geojson").read_text("utf-8"))["metadata"]
    assert said["query"] == "place=350203" and "illustrative 28" in said["provenance"]


def test_what_cannot_be_written_is_said_and_leaves_nothing(tables, tmp_path):
    with pytest.raises(AtlasError, match="docx"):
        export(tables["stations"], "stations", tmp_path / "s.docx", "docx")
    (tmp_path / "file").write_text("")
    with pytest.raises(AtlasError, match="file"):
        export(tables["stations"], "stations", tmp_path / "file" / "s.csv", "csv")
    long = tables["stations"].iloc[:1].assign(name="长" * 40_000)
    with pytest.raises(AtlasError, match="40000"):
        export(long, "stations", tmp_path / "s.xlsx", "xlsx")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
