"""Hostile text in every free field of every table stays text: on pages, maps, in files of every kind, in the log."""

from __future__ import annotations

import csv
import json
import logging
import shutil
import zipfile
from itertools import cycle, islice
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest
from flask.testing import FlaskClient

from dashboard.__main__ import main
from dashboard.app import create_app
from dashboard.server.logs import AsJson, OneLine
from dashboard.settings import Settings
from geodata.errors import AtlasError
from geodata.exporting import FORMATS, export
from geodata.importing.bad import is_formula
from geodata.schema import TABLES, TableSchema
from geodata.store import open_store

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "image": '"><img src=x onerror=alert(1)>',
    "formula": '=HYPERLINK("http://x","y")',
    "command": "@SUM(1+1)*cmd|' /C calc'!A0",
    "sql": "'); DROP TABLE stations; --",
    "path": "../../../../etc/passwd",
    "template": "{{7*7}}${7*7}%(x)s{0}{name}",
    "markup": "<b>x</b>&amp;<svg/onload=alert(1)>",
}
UNSEEN = ("\u202egnp.exe", "a\u200bb\u200dc\ufeff", "\u2028x\u2029", "\x1b[2Jx", "\x00x")
#: Columns in which people write what they like; the others hold codes, keys and what a grammar reads.
WRITTEN = frozenset(
    {"name", "name_en", "theme", "address", "zone", "opening_hours_text", "cooperation", "organiser", "organisers"}
    | {"qualifiers", "note", "author"}
)
PAGES = ("/", "/analysis", "/planning", "/stories", "/data", "/briefing", "/sources", "/map.svg", "/sheet")


def free(schema: TableSchema) -> list[str]:
    return [one.name for one in schema.columns if one.name in WRITTEN and one.name != schema.key]


def written(rows: int) -> list[str]:
    """All the texts, one after another, for so many rows."""
    return list(islice(cycle(HOSTILE.values()), rows))


@pytest.fixture(scope="module")
def poisoned(atlas_home: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[str, str]]]:
    """A home in which the texts stand in every free field that takes them, and the fields."""
    home = tmp_path_factory.mktemp("hostile")
    shutil.copyfile(atlas_home / "atlas.gpkg", home / "atlas.gpkg")
    store, fields = open_store(home), []
    for table, schema in TABLES.items():
        rows = store.read(table).iloc[:40]
        if not len(rows):
            continue
        for column in free(schema):
            try:
                store.apply(table, rows.assign(**{column: written(len(rows))}), retire=False)
            except AtlasError:  # refused in words is as good
                continue
            rows = store.read(table).iloc[:40]
            fields.append((table, column))
    return home, fields


@pytest.fixture(scope="module")
def client(poisoned) -> FlaskClient:
    return create_app(Settings(home=poisoned[0], chromium="none")).server.test_client()


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_many_fields_took_it(poisoned, text: str) -> None:
    home, fields = poisoned
    assert len({table for table, _ in fields}) >= 6 and ("stations", "name") in fields
    with_it = [name for name in TABLES if (open_store(home).read(name) == text).any(axis=None)]
    assert "stations" in with_it and len(with_it) >= 6


@pytest.mark.parametrize("path", PAGES)
def test_it_is_text_on_every_page_and_map(client: FlaskClient, caplog: pytest.LogCaptureFixture, path: str) -> None:
    raw = [text.encode() for text in HOSTILE.values() if "<" in text]
    for query in ("", "?place=640200", "?place=350203&lang=en"):
        address = f"{path}?query={query.removeprefix('?').replace('=', '%3D')}" if path == "/sheet" else path + query
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert not [one for one in raw if one in answer.data], address
        if path == "/map.svg":
            ElementTree.fromstring(answer.data)
    assert not [one for one in caplog.records if one.levelno >= logging.ERROR]


def test_it_is_text_where_one_searches(client: FlaskClient) -> None:
    for query in ("script", "HYPERLINK", "DROP", "etc"):
        answer = client.get("/search", query_string={"q": query})
        assert answer.status_code == 200 and answer.mimetype == "application/json"


@pytest.mark.parametrize("fmt", FORMATS)
def test_it_is_text_in_every_file(poisoned, tmp_path: Path, fmt: str) -> None:
    home, fields = poisoned
    store = open_store(home)
    for table in sorted({table for table, _ in fields}):
        rows = store.read(table)
        texts = [text for text in HOSTILE.values() if (rows == text).any(axis=None)]
        assert texts
        path = export(rows, table, tmp_path / f"{table}.{fmt}", fmt)
        if fmt == "csv":
            csv.field_size_limit(1 << 24)  # one of the texts is longer than Python reads unasked
            with path.open(encoding="utf-8-sig", newline="") as file:
                cells = [cell for row in csv.reader(file) for cell in row]
            assert not [cell for cell in cells if is_formula(cell) and not cell.startswith("'")]
            assert all(any(text in cell for cell in cells) for text in texts)
        if fmt == "xlsx":
            book = openpyxl.load_workbook(path)
            cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
            assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
            assert all(any(text in str(cell.value) for cell in cells) for text in texts)
        if fmt == "geojson":
            json.loads(path.read_text("utf-8"))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_it_is_text_in_slides(poisoned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("ATLAS_HOME", str(poisoned[0]))
    monkeypatch.setenv("ATLAS_CHROMIUM", "none")
    out = tmp_path / "brief.pptx"
    given = ["--title", text, "--sentence", text, "--footnote", text]
    assert main(["brief", "--query", "place=640200", "--format", "pptx", "--out", str(out), *given]) == 0
    said = ""
    with zipfile.ZipFile(out) as archive:
        for name in archive.namelist():
            if name.endswith((".xml", ".rels")):
                said += "".join(ElementTree.fromstring(archive.read(name)).itertext())
            assert "../../.." not in name
            assert b'TargetMode="External"' not in archive.read(name) or b"http://x" not in archive.read(name)
    assert text in said


@pytest.mark.parametrize("text", [*HOSTILE.values(), *UNSEEN, "石" * 300_000])
def test_an_address_and_a_record_take_it_as_text(client: FlaskClient, text: str) -> None:
    for key in ("place", "lang", "layers", "q", "title", "figure", "story", "scenario", "area", "view"):
        answer = client.get("/", query_string={key: text})
        assert answer.status_code in (200, 414)
        assert "<" not in text or text.encode() not in answer.data
    told = logging.LogRecord("x", logging.ERROR, __file__, 1, "%s", (text,), None)
    assert all(len(form().format(told).splitlines()) == 1 for form in (OneLine, AsJson))
