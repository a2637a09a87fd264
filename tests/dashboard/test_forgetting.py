"""A person is taken out of everything that the atlas holds; that this was done stays, and so does every count."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dashboard import feedback
from dashboard.__main__ import main
from dashboard.access import accounts, audit
from dashboard.access.reader import Reader, asking
from dashboard.app import create_app
from dashboard.geocoding import folder as geocoding
from dashboard.links import Links
from dashboard.server import retention
from dashboard.server.retention import sweep
from dashboard.server.trail_of_deeds import DEEDS
from dashboard.settings import Settings
from dashboard.source import AtlasSource
from dashboard.tasks.uploads import Uploads
from geodata.errors import AtlasError
from geodata.geocoding.base import Answer, Query
from geodata.geocoding.service import cache_of
from geodata.store import FILE_NAME, open_store

NAME, PHONE, CARD = "赵钱孙", "13800138123", "640202199003074517"
OTHER, OTHER_PHONE = "周吴郑", "13900139456"
HEAD = "站点名称,经度,纬度,开放时间,负责人,联系电话,身份证号,主讲内容,床位\n"
ROWS = (
    f"甲驿站,118.0945,24.4712,8:00-22:00,{NAME},138-0013-8123,{CARD},{NAME[0]} {NAME[1:]}讲安全,7\n"
    f"乙驿站,118.0955,24.4722,8:00-22:00,{OTHER},{OTHER_PHONE},,无,8\n"
)
#: Whatever the person can be known by, as bytes of a file have it; written apart from the program's own patterns.
TRACES = (NAME, f"{NAME[0]} {NAME[1:]}", PHONE, "138-0013-8123", CARD)
Run = Callable[..., tuple[int, dict[str, Any], str]]


@pytest.fixture
def run(own_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("ATLAS_HOME", str(own_home))

    def call(*arguments: object) -> tuple[int, dict[str, Any], str]:
        code = main([*map(str, arguments), "--json"])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, json.loads(said.out) if said.out else {}, said.err

    return call


def imported(run: Run, folder: Path, text: str, author: str = NAME) -> str:
    file = folder / "f.csv"
    file.write_text(HEAD + text, "utf-8")
    code, said, _ = run("import", file, "--table", "stations", "--crs", "gcj02", "--author", author, "--another")
    assert code == 0
    return said["batch_id"]


def traces(home: Path) -> list[str]:
    """Return where any trace is: every byte of every file of the home."""
    return sorted(
        f"{path.relative_to(home)}: {one}"
        for path in home.rglob("*")
        if path.is_file()
        for one in TRACES
        if one.encode() in path.read_bytes() or json.dumps(one)[1:-1].encode() in path.read_bytes()
    )


def filled(run: Run, home: Path, folder: Path) -> tuple[str, str]:
    """Fill a home with a person: rows, copies of changed and undone ones, and what lies beside; return two batches."""
    first = imported(run, folder, ROWS)
    second = imported(run, folder, ROWS.replace("7\n", "9\n").replace(NAME + ",138", OTHER + ",138"), "李")
    third = imported(run, folder, ROWS.replace("7\n", "11\n"))
    assert run("undo", third, "--author", NAME)[0] == 0
    feedback.keep(home, f"{NAME}的电话 {PHONE} 打不通", "/?q=%E8%B5%B5%E9%92%B1%E5%AD%99")
    feedback.keep(home, "地图很好", "/?place=640202")
    Links(home).keep("/?place=640202&q=%E8%B5%B5%E9%92%B1%E5%AD%99")
    kept = Links(home).keep("/?place=640202")
    cache_of(geocoding(Settings(home=home))).put("amap", Query(f"{NAME}家", "640202"), Answer(None, None, "amap"))
    Uploads(Settings(home=home)).take(io.BytesIO((HEAD + ROWS).encode()), "f.csv")
    AtlasSource(home).atlas()  # derived files
    assert Links(home).address(kept)
    return first, second


def test_a_person_is_taken_out_of_everything_and_the_counts_stay(run: Run, own_home: Path, tmp_path: Path) -> None:
    first, _ = filled(run, own_home, tmp_path)
    began = open_store(own_home)
    counts, version, history = began.tables(), began.meta()["data_version"], began.history()
    there = {line.partition(":")[0].partition("/")[0] for line in traces(own_home)}
    assert there >= {FILE_NAME, "feedback.jsonl", "geocoding", "uploads", "derived"}
    before = {path: path.read_bytes() for path in own_home.rglob("*") if path.suffix in (".gpkg", ".jsonl")}
    code, listed, said = run("forget", NAME, PHONE)
    assert code == 0 and not listed["erased"] and "--yes" in said
    assert {path: path.read_bytes() for path in before} == before
    assert not [one for one in audit.entries(own_home) if one.deed == "erased"]
    assert listed["found"].keys() == {"rows", "copies", "batches", "feedback", "links", "addresses"}

    code, done, _ = run("forget", NAME, PHONE, "--yes", "--reference", "2026-17")
    assert code == 0 and done["found"] == listed["found"] and done["columns"] == listed["columns"]
    assert traces(own_home) == []
    store = open_store(own_home)
    assert store.tables() == counts and store.meta()["data_version"] != version
    assert [(one.batch_id, one.added, one.changed, one.retired) for one in store.history()] == [
        (one.batch_id, one.added, one.changed, one.retired) for one in history
    ]
    assert feedback.kept(own_home)[1]["text"] == "地图很好" and feedback.kept(own_home)[0]["address"] == "/"

    note = next(one for one in audit.entries(own_home) if one.deed == "erased")
    assert (note.role, note.about["reference"]) == ("operator", "2026-17")
    assert note.about["rows"] == done["found"]["rows"] and {note.deed, "expired"} <= set(DEEDS)
    assert audit.verified(own_home).broken is None
    # who stands beside stays, and an undo brings rows back without the person
    rows = exported(run, tmp_path)
    assert rows["乙驿站"]["负责人"] == OTHER and rows["乙驿站"]["联系电话"] == OTHER_PHONE
    assert rows["甲驿站"]["床位"] == "9" and rows["甲驿站"]["主讲内容"].endswith("讲安全")
    later = next(one.batch_id for one in history if one.added == 0 and not one.undone_at)
    assert run("undo", later)[0] == 0 and traces(own_home) == []
    assert exported(run, tmp_path)["甲驿站"]["床位"] == "7"
    assert run("undo", first)[0] == 0
    assert open_store(own_home).tables()["stations"] == 28 + counts["stations"] - 2 and traces(own_home) == []


def exported(run: Run, folder: Path) -> dict[str, dict[str, str]]:
    out = folder / "o.csv"
    out.unlink(missing_ok=True)
    assert run("export", "--table", "stations", "--format", "csv", "--out", out, "--personal")[0] == 0
    return {one["驿站名称"]: one for one in csv.DictReader(out.read_text("utf-8-sig").splitlines())}


def test_only_what_is_given_goes_where_that_is_wanted(run: Run, own_home: Path, tmp_path: Path) -> None:
    imported(run, tmp_path, ROWS)
    assert run("forget", NAME, "--yes", "--only")[0] == 0
    row = exported(run, tmp_path)["甲驿站"]
    assert row["负责人"] == "■" and row["联系电话"] == "138-0013-8123" and row["主讲内容"] == "■讲安全"


def test_a_column_that_happens_to_hold_the_same_is_left(run: Run, own_home: Path, tmp_path: Path) -> None:
    imported(run, tmp_path, ROWS.replace("甲驿站", f"{NAME}路驿站"))
    code, done, _ = run("forget", NAME, "--yes", "--except", "stations.name")
    assert code == 0 and "stations.name" not in done["columns"]
    row = exported(run, tmp_path)[f"{NAME}路驿站"]
    assert not row["负责人"] and not row["联系电话"]


@pytest.mark.parametrize("term", ["赵", "1380", " ", "- -"])
def test_what_would_be_met_everywhere_is_refused(term: str, run: Run) -> None:
    code, found, said = run("forget", term, "--yes")
    assert code == 1 and not found and said


def test_numbers_are_not_found_within_longer_ones(run: Run, own_home: Path, tmp_path: Path) -> None:
    imported(run, tmp_path, ROWS)
    assert run("forget", PHONE[:8])[1]["found"] == {}
    assert run("forget", CARD.lower())[1]["found"]["rows"] == 1


def test_the_trail_is_not_told_the_person(run: Run, own_home: Path) -> None:
    code, _, said = run("forget", NAME, "--yes", "--reference", f"{NAME}的申请")
    assert code == 1 and said and not (own_home / audit.FILE).exists()


def test_what_is_not_reached_is_named(run: Run, own_home: Path, tmp_path: Path) -> None:
    accounts.add(own_home, "zhao.qian", "keeper", password="correct horse battery staple")
    with asking(Reader("zhao.qian", "keeper", ("100000",))):
        audit.note(own_home, "signed-in")
    code, found, _ = run("forget", "zhao.qian", "--yes")
    left = "\n".join(found["left"])
    assert code == 0 and "account remove zhao.qian" in left and "audit.sqlite" in left and "备份" in left
    assert audit.verified(own_home).broken is None


@pytest.mark.parametrize("role", ["viewer", "planner", "keeper", "administrator"])
def test_no_role_of_the_web_may(role: str, own_home: Path) -> None:
    from dashboard.commands import forget
    from dashboard.commands.parsing import parser_of

    options = parser_of(str, dict.fromkeys(_commands(), print), "forget").parse_args(["forget", NAME])
    with asking(Reader("a", role, ("100000",))), pytest.raises(AtlasError):
        forget.forgotten(options, Settings(home=own_home), AtlasSource(own_home))


def _commands() -> list[str]:
    text = (Path(__file__).resolve().parents[2] / "dashboard" / "access" / "doors.csv").read_text("utf-8")
    return re.findall(r"^command,(\w+),", text, re.MULTILINE)


def test_what_cannot_be_noted_is_not_done(run: Run, own_home: Path, tmp_path: Path) -> None:
    imported(run, tmp_path, ROWS)
    before = (own_home / FILE_NAME).read_bytes()
    (own_home / audit.FILE).unlink()
    (own_home / audit.FILE).mkdir()
    code, _, said = run("forget", NAME, "--yes")
    assert code == 1 and said and (own_home / FILE_NAME).read_bytes() == before


def test_undone_batches_and_feedback_are_kept_for_so_long(run: Run, own_home: Path, tmp_path: Path) -> None:
    filled(run, own_home, tmp_path)
    settings, now = Settings(home=own_home, retention_days=30), datetime.now(UTC)
    source = AtlasSource(own_home)
    assert sweep(settings, source, now + timedelta(days=29)) == {}
    counts = open_store(own_home).tables()
    assert sweep(settings, source, now + timedelta(days=31)).keys() == {"batches", "copies", "feedback"}
    store = open_store(own_home)
    undone = [one for one in store.history() if one.undone_at]
    assert store.tables() == counts and not feedback.kept(own_home)
    assert [(one.author, one.undone_by) for one in undone] == [("■", "■")] and store.history()[-1].author == NAME
    images = store.changes(undone[0].batch_id)["after"]
    assert all("联系电话" not in json.loads(one["own"]) for one in images) and "床位" in json.loads(images[0]["own"])
    assert sweep(settings, source, now + timedelta(days=31)) == {}
    assert audit.entries(own_home)[0].deed == "expired"


def test_nothing_expires_where_that_is_set(run: Run, own_home: Path, tmp_path: Path) -> None:
    filled(run, own_home, tmp_path)
    settings = Settings(home=own_home, retention_days=0)
    assert sweep(settings, AtlasSource(own_home), datetime.now(UTC) + timedelta(days=4_000)) == {}
    assert len(feedback.kept(own_home)) == 2


def test_a_server_that_runs_meanwhile_tells_the_person_no_more(run: Run, own_home: Path, tmp_path: Path) -> None:
    imported(run, tmp_path, ROWS)
    source = AtlasSource(own_home)
    assert source.atlas().exact.stations["own"].str.contains(NAME).any()
    assert run("forget", NAME, "--yes")[0] == 0
    assert not source.atlas().exact.stations["own"].str.contains(NAME).any()
    day = datetime.now(UTC).date()
    assert not source.at(day).exact.stations["own"].str.contains(NAME).any()
    # as another program reads the file
    with closing(sqlite3.connect(own_home / FILE_NAME)) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert file.execute("PRAGMA freelist_count").fetchone() == (0,)


def test_a_server_sweeps_by_its_clock(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "FIRST_SECONDS", 0.0)
    feedback.keep(own_home, "很久以前", "/", datetime.now(UTC) - timedelta(days=400))
    feedback.keep(own_home, "刚才", "/")
    retention.sweep_beside(create_app(Settings(home=own_home, chromium="none")).server)
    until = time.monotonic() + 60
    while len(feedback.kept(own_home)) > 1 and time.monotonic() < until:
        time.sleep(0.05)
    assert [one["text"] for one in feedback.kept(own_home)] == ["刚才"]
