"""The atlas as of a past day: in the address, on the command line,
by both clocks (when it was known, when it holds).
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.__main__ import main
from dashboard.app import create_app
from dashboard.as_of import end_of, today
from dashboard.context import Context
from dashboard.locale import load_words
from dashboard.maps import addresses
from dashboard.settings import Settings
from dashboard.source import AtlasSource
from geodata.schema import TABLES
from geodata.store import FILE_NAME
from layers.filters import Filters
from layers.validity import holds

DAY = date(2026, 6, 15)
CSV = (
    "驿站编号,站点名称,区县,经度,纬度,失效日期,生效日期\nA,甲站,350203,118.0945,24.4712,2024-06-30,\n"
    "B,乙站,350203,118.0955,24.4722,,2024-07-01\nC,丙站,350203,118.0965,24.4732,,\n"
)


@pytest.fixture
def home(own_home, tmp_path, monkeypatch) -> Path:
    """An atlas built before :data:`DAY`, into which stations were imported on that day."""
    (tmp_path / "s.csv").write_text(
        CSV.replace("失效日期", TITLES["valid_to"]).replace("生效日期", TITLES["valid_from"]), "utf-8"
    )
    monkeypatch.setenv("ATLAS_HOME", str(own_home))
    assert main(["import", str(tmp_path / "s.csv"), "--table", "stations", "--crs", "wgs84"]) == 0
    with closing(sqlite3.connect(own_home / FILE_NAME)) as database, database:
        database.execute("UPDATE atlas_meta SET value = '2026-01-05T00:00:00+00:00' WHERE key = 'built_at'")
        database.execute("UPDATE batches SET time = ?", [f"{DAY}T03:00:00.000000+00:00"])
    return own_home


TITLES = {column.name: column.zh for column in TABLES["stations"].columns}


def names(frame: pd.DataFrame) -> set[str]:
    return {name for name in frame["name"] if name in ("甲站", "乙站", "丙站")}


def test_a_day_of_the_log_and_a_day_of_the_rows(home):
    source = AtlasSource(home)
    assert names(source.atlas().stations) == {"乙站", "丙站"}  # the data date is 2024-10-31
    assert names(source.at(DAY).stations) == {"乙站", "丙站"}
    before = source.at(DAY - timedelta(days=1))
    assert names(before.stations) == set() and len(before.stations) == 36
    assert source.at(DAY) is source.at(DAY) and source.at(DAY).version != before.version != source.atlas().version
    assert source.at(date(2024, 6, 30)).data_date == date(2024, 6, 30) and source.at(DAY).data_date == date(
        2024, 10, 31
    )


def test_the_day_ends_at_midnight_in_china(home):
    assert end_of(DAY) == "2026-06-15T15:59:59.999999+00:00"
    with closing(sqlite3.connect(home / FILE_NAME)) as database, database:
        database.execute("UPDATE batches SET time = ?", [f"{DAY}T16:00:00.000000+00:00"])  # the next morning in China
    source = AtlasSource(home)
    assert names(source.at(DAY).stations) == set() and names(source.at(DAY + timedelta(days=1)).stations) == {
        "乙站",
        "丙站",
    }


def test_an_undo_is_a_day_as_well(home):
    source = AtlasSource(home)
    assert len(source.at(DAY).stations) == 10
    source.store().undo(source.store().history()[0].batch_id)
    assert (
        len(source.atlas().stations) == 36 and len(source.at(DAY).stations) == 10
    )  # undone today: on that day it stood


@pytest.fixture
def context(home) -> Context:
    return Context(AtlasSource(home), load_words(), Filters(), Settings(home=home))


def test_every_page_gets_its_atlas_and_its_word_through_one_door(context):
    atlas, said = context.look(f"?asof={DAY}&place=350203")
    assert said.filters.as_of == DAY and names(atlas.stations) == {"乙站", "丙站"} and said.notices == ()
    atlas, said = context.look("?asof=2025-12-31")
    assert [notice.msgid[:4] for notice in said.notices] == ["图册建于"] and len(atlas.stations) == 36
    tomorrow = today() + timedelta(days=1)
    atlas, said = context.look(f"?asof={tomorrow}")
    assert (
        said.filters.as_of is None
        and tomorrow.isoformat() in said.notices[0].text(str)
        and atlas is context.source.atlas()
    )
    assert context.look("?asof=nonsense")[1].notices


def test_geometry_of_the_day(home):
    app = create_app(Settings(home=home))
    client = app.server.test_client()
    version = addresses.version(AtlasSource(home).at(DAY - timedelta(days=1)), "grids")
    answer = client.get(f"/geo/{version}/grids.json")
    assert answer.status_code == 200 and "immutable" in answer.headers["Cache-Control"]
    assert client.get("/geo/x@2026-99-99/grids.json").status_code == 200


def run(capsys, *arguments: str) -> tuple[int, dict, str]:
    capsys.readouterr()
    code = main([*map(str, arguments), "--json"])
    said = capsys.readouterr()
    return code, json.loads(said.out) if said.out else {}, said.err


def test_the_command_line(home, tmp_path, capsys):
    assert run(capsys, "info")[1]["tables"]["stations"] == 11
    code, said, _ = run(capsys, "info", "--as-of", DAY - timedelta(days=1))
    assert (code, said["tables"]["stations"], said["as_of"]) == (0, 36, "2026-06-14")
    assert "2026-01-05" in run(capsys, "info", "--as-of", "2024-06-30")[2]
    now, then = (
        run(capsys, "coverage", "--radius", 500, "--place", "350203", *more)[1]
        for more in ((), ("--as-of", "2026-06-14"))
    )
    assert (now["stations"]["nominal"], then["stations"]["nominal"]) == (2, 28)
    for asked in (("--as-of", "2026-06-14"), ("--query", "asof=2026-06-14")):
        assert (
            run(capsys, "export", "--table", "stations", "--format", "csv", "--out", tmp_path / "o.csv", *asked)[1][
                "rows"
            ]
            == 36
        )
    for command in (
        ["info"],
        ["coverage", "--radius", 500],
        ["export", "--table", "stations", "--format", "csv", "--out", tmp_path / "o.csv"],
    ):
        for bad in ("yesterday", today() + timedelta(days=1)):
            code, _, said = run(capsys, *command, "--as-of", bad)
            assert code == 1 and str(bad) in said and "Traceback" not in said


days = st.dates(date(2023, 1, 1), date(2025, 12, 31))


@given(st.lists(st.tuples(st.none() | days, st.none() | days), max_size=12), days)
def test_rows_hold_from_their_first_day_to_their_last(spans, day):
    frame = pd.DataFrame(
        {
            "valid_from": [start and start.isoformat() for start, _ in spans],
            "valid_to": [end and end.isoformat() for _, end in spans],
        },
        dtype="str",
    )
    assert holds(frame, day).tolist() == [
        (start is None or start <= day) and (end is None or day <= end) for start, end in spans
    ]


def test_dates_in_part_hold_to_their_end():
    frame = pd.DataFrame({"valid_from": ["2024", "2024-06", None], "valid_to": [None, "2024-06", "2024"]}, dtype="str")
    assert holds(frame, date(2024, 6, 30)).tolist() == [True, True, True]
    assert holds(frame, date(2024, 5, 31)).tolist() == [True, False, True]
    assert holds(frame, date(2025, 1, 1)).tolist() == [True, False, False]
