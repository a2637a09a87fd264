"""A backup is taken while the atlas is used and restored whole or not at all: by row, by hash, killed at any moment."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from dashboard import backup
from dashboard.__main__ import main
from dashboard.feedback import keep, kept
from dashboard.links import Links
from geodata.errors import AtlasError
from geodata.schema import SCHEMA_VERSION
from geodata.schema import SHIPPED as BATCH
from geodata.store import FILE_NAME, open_store, site
from geodata.store.whole import of_database
from tests.geodata.store.conftest import Place
from tests.geodata.store.test_upgrading import made_former
from tests.repeats import repeats

ROOT = Path(__file__).resolve().parents[2]
KILLS = repeats(4)


def silent(_share: float, _said: str) -> None:
    pass


def content(home: Path, url: str | None = None) -> object:
    """Return every row, what is known of the atlas, and its log."""
    with site(home, url).open().reading() as snapshot:
        found = of_database(snapshot.database)
    return found.rows, found.meta, found.batches, found.changes


def changed(home: Path, url: str | None = None) -> str:
    store = open_store(home, url)
    rows = store.read("stations").iloc[:2].assign(address="备份以后才有", provenance="reported")
    assert BATCH not in {batch.batch_id for batch in store.history()}
    return store.apply("stations", rows, author="甲").batch_id


def lived_in(home: Path, url: str | None = None) -> None:
    """Give a home something of everything that is kept, and of what is not."""
    changed(home, url)
    Links(home, url).keep("/?place=640200")
    keep(home, "很好用", "/")
    (home / "geocoding").mkdir(mode=0o700)
    (home / "geocoding" / "amap.json").write_text("{}", "utf-8")
    (home / "jobs" / "0").mkdir(parents=True)
    (home / "jobs" / "0" / "task.json").write_text("{}", "utf-8")


def test_what_was_backed_up_is_what_is_restored(own_home: Path, tmp_path: Path) -> None:
    lived_in(own_home)
    before = content(own_home)
    made = backup.backup(own_home, None, tmp_path, silent)
    file = Path(made["file"])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert hashlib.sha256(file.read_bytes()).hexdigest() == made["sha256"]
    later = changed(own_home)
    Links(own_home).keep("/?place=350200")
    keep(own_home, "后来的话", "/")
    (own_home / "later.txt").write_text("x", "utf-8")
    told = backup.restore(own_home, None, file, silent)
    assert content(own_home) == before and later not in str(before)
    assert Links(own_home).known("/?place=640200") and Links(own_home).known("/?place=350200") is None
    assert [one["text"] for one in kept(own_home)] == ["很好用"]
    assert not (own_home / "jobs").exists() and not (own_home / "later.txt").exists()
    assert later in str(content(Path(told["before"])))  # what it took the place of is still to be had
    assert sorted(one.name for one in own_home.iterdir() if one.name.startswith(".rest")) == []


def test_an_empty_home_is_filled(own_home: Path, tmp_path: Path) -> None:
    lived_in(own_home)
    made = backup.backup(own_home, None, tmp_path / "b.zip", silent)
    assert backup.restore(tmp_path / "new", None, Path(made["file"]), silent)["before"] is None
    assert content(tmp_path / "new") == content(own_home)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) & 0o077 == 0


def test_from_a_database_and_back_and_into_a_folder(own_database: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    lived_in(home, own_database)
    before = content(home, own_database)
    file = Path(backup.backup(home, own_database, tmp_path / "b.zip", silent)["file"])
    changed(home, own_database)
    backup.restore(home, own_database, file, silent)
    assert content(home, own_database) == before and not (home / FILE_NAME).exists()
    backup.restore(tmp_path / "folder", None, file, silent)
    assert content(tmp_path / "folder") == before
    assert Links(tmp_path / "folder").known("/?place=640200")


def test_a_database_that_is_away_leaves_everything(own_home: Path, tmp_path: Path) -> None:
    lived_in(own_home)
    file = Path(backup.backup(own_home, None, tmp_path / "b.zip", silent)["file"])
    there = sorted(path.name for path in own_home.iterdir())
    with pytest.raises(AtlasError, match="连不上"):
        backup.restore(own_home, "postgresql://atlas@127.0.0.1:1/atlas", file, silent)
    assert {*there} == {path.name for path in own_home.iterdir()} - {backup.SERVING}


def test_it_is_taken_while_the_atlas_is_written(own_home: Path, tmp_path: Path) -> None:
    """Every backup holds a state that there was, whoever imports and shortens links meanwhile."""
    versions, stop = {open_store(own_home).meta()["data_version"]}, threading.Event()

    def write() -> None:
        while not stop.is_set():
            store = open_store(own_home)
            batch = store.apply("stations", store.read("stations").iloc[:1].assign(address=str(time.time())))
            versions.add(open_store(own_home).meta()["data_version"])
            Links(own_home).keep(f"/?place={random.randrange(10**6):06}")
            store.undo(batch.batch_id)
            versions.add(open_store(own_home).meta()["data_version"])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = [backup.backup(own_home, None, tmp_path / f"{at}.zip", silent) for at in range(4)]
    finally:
        stop.set()
        writer.join()
    for at, one in enumerate(made):
        backup.restore(tmp_path / f"r{at}", None, Path(one["file"]), silent)
        with closing(sqlite3.connect(tmp_path / f"r{at}" / FILE_NAME)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert open_store(tmp_path / f"r{at}").meta()["data_version"] in versions


def damaged(file: Path, how: str) -> Path:
    whole, bad = file.read_bytes(), file.with_name(f"{how}.zip")
    if how == "short":
        bad.write_bytes(whole[:-5000])
    elif how == "empty":
        bad.write_bytes(b"")
    elif how == "flipped":
        bad.write_bytes(flipped(whole, len(whole) // 2))
    else:
        with zipfile.ZipFile(file) as source, zipfile.ZipFile(bad, "w") as target:
            manifest = json.loads(source.read(backup.MANIFEST))
            if how == "newer":
                manifest["schema_version"] = str(int(SCHEMA_VERSION) + 1)
            if how == "outside":
                manifest["parts"][0]["path"] = "../escaped"
            if how == "other":
                manifest["parts"][0]["sha256"] = "0" * 64
            for name in source.namelist():
                told = "../escaped" if how == "outside" and name == FILE_NAME else name
                if not (how == "lacking" and name == FILE_NAME):
                    target.writestr(told, json.dumps(manifest) if name == backup.MANIFEST else source.read(name))
    return bad


@pytest.mark.parametrize("how", ["short", "empty", "flipped", "newer", "outside", "other", "lacking"])
def test_what_is_no_whole_backup_of_this_program_changes_nothing(own_home: Path, tmp_path: Path, how: str) -> None:
    file = Path(backup.backup(own_home, None, tmp_path / "b.zip", silent)["file"])
    changed(own_home)
    before, bad = content(own_home), damaged(file, how)
    with pytest.raises(AtlasError, match="先升级程序" if how == "newer" else "不是完整的备份"):
        backup.restore(own_home, None, bad, silent)
    with pytest.raises(AtlasError):
        backup.examined(bad)
    assert content(own_home) == before and not (tmp_path / "escaped").exists()
    assert not [one for one in own_home.iterdir() if one.name in (backup.STAGED, backup.DECIDED)]


def test_a_byte_that_is_wrong_anywhere_is_said(own_home: Path, tmp_path: Path) -> None:
    file = Path(backup.backup(own_home, None, tmp_path / "b.zip", silent)["file"])
    whole, manifest, bad = file.read_bytes(), backup.examined(file), tmp_path / "bad.zip"
    ends = range(len(whole) - 400, len(whole), 37)  # names, flags and places of the parts
    for at in (6, 8, 30, *(len(whole) * one // 10 for one in range(1, 10)), *ends):
        bad.write_bytes(flipped(whole, at))
        try:
            assert backup.examined(bad) == manifest, at  # a date, a comment: nothing that counts
        except AtlasError as error:
            assert "不是完整的备份" in str(error)


def flipped(whole: bytes, at: int) -> bytes:
    return whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]


def test_a_backup_of_an_earlier_version_is_brought_up(own_home: Path, tmp_path: Path) -> None:
    store = open_store(own_home)
    rows = store.read("stations")
    file = Path(backup.backup(own_home, None, tmp_path / "b.zip", silent)["file"])
    former = tmp_path / "former"
    backup.restore(former, None, file, silent)
    made_former(Place("gpkg", former, None))
    parts = {"path": FILE_NAME, "size": (former / FILE_NAME).stat().st_size}
    parts["sha256"] = hashlib.sha256((former / FILE_NAME).read_bytes()).hexdigest()
    with zipfile.ZipFile(tmp_path / "former.zip", "w") as archive:
        archive.write(former / FILE_NAME, FILE_NAME)
        told = {"format": 1, "schema_version": "1", "data_version": "x", "made_at": "x", "parts": [parts]}
        archive.writestr(backup.MANIFEST, json.dumps(told))
    backup.restore(own_home, None, tmp_path / "former.zip", silent)
    after = open_store(own_home)
    assert after.meta()["schema_version"] == SCHEMA_VERSION
    assert after.read("stations").equals(rows)


def test_an_atlas_of_a_newer_program_is_not_called_broken(own_home: Path) -> None:
    with closing(sqlite3.connect(own_home / FILE_NAME)) as connection:
        connection.execute("UPDATE atlas_meta SET value = '99' WHERE key = 'schema_version'")
        connection.commit()
    with pytest.raises(AtlasError, match="升级程序") as said:
        open_store(own_home)
    assert "重建" not in str(said.value)


def test_who_serves_is_not_restored_under(own_home: Path, tmp_path: Path) -> None:
    file = Path(backup.backup(own_home, None, tmp_path / "b.zip", silent)["file"])
    with backup.serving(own_home), backup.serving(own_home), pytest.raises(AtlasError, match="正在运行"):
        backup.restore(own_home, None, file, silent)
    backup.restore(own_home, None, file, silent)


def test_nothing_is_written_over(own_home: Path, tmp_path: Path) -> None:
    (tmp_path / "there.zip").write_text("mine", "utf-8")
    with pytest.raises(AtlasError, match="没有覆盖"):
        backup.backup(own_home, None, tmp_path / "there.zip", silent)
    assert (tmp_path / "there.zip").read_text("utf-8") == "mine"
    with pytest.raises(AtlasError, match="没有写成"):
        backup.backup(own_home, None, tmp_path / "nowhere" / "b.zip", silent)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_killed_at_any_moment_it_is_the_one_or_the_other(own_home: Path, tmp_path: Path) -> None:
    """Killed while it restores, then started as ever: all of the backup, or all of what was there."""
    lived_in(own_home)
    old = content(own_home), [one["text"] for one in kept(own_home)]
    file = Path(backup.backup(own_home, None, tmp_path / "b.zip", silent)["file"])
    changed(own_home)
    keep(own_home, "后来的话", "/")
    present = Path(backup.backup(own_home, None, tmp_path / "now.zip", silent)["file"])
    new = content(own_home), [one["text"] for one in kept(own_home)]
    known = {**os.environ, "ATLAS_HOME": str(own_home)}
    chance, seen = random.Random(16), set()
    for at in range(KILLS):
        goal = (file, present)[at % 2]
        with subprocess.Popen(
            [sys.executable, "-c", STEPPED, str(own_home), str(goal)],
            cwd=ROOT,
            env=known,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            steps = chance.randrange(1, 28)
            for _ in range(steps):
                if not process.stdout.readline():
                    break
            process.send_signal(signal.SIGKILL)
        backup.finish(own_home, None)
        found = content(own_home), [one["text"] for one in kept(own_home)]
        assert found in (old, new)
        seen.add(found == old)
        assert not (own_home / backup.DECIDED).exists()


#: Restores and says each call that changes the disk before it is made.
STEPPED = """
import sys
from pathlib import Path
sys.addaudithook(lambda name, _: name in ("os.rename", "os.remove", "os.rmdir", "shutil.rmtree", "os.mkdir")
                 and print(name, flush=True))
from dashboard import backup
backup.restore(Path(sys.argv[1]), None, Path(sys.argv[2]), lambda *_: None)
"""


def test_the_commands(own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setenv("ATLAS_HOME", str(own_home))
    before = content(own_home)
    assert main(["backup", str(tmp_path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert main(["restore", told["file"], "--check", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["data_version"] == told["data_version"]
    changed(own_home)
    assert main(["restore", told["file"], "--json"]) == 0
    assert content(own_home) == before
    assert main(["restore", str(own_home / FILE_NAME)]) == 1
    assert "不是完整的备份" in capsys.readouterr().err
