"""Every command, and the server, with the atlas in a database."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psycopg
import pytest

from dashboard.__main__ import main
from dashboard.settings import Settings
from dashboard.source import AtlasSource
from geodata.errors import AtlasError
from geodata.store import FILE_NAME, open_store
from tests.browser.conftest import serve
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
GOOD = "站点名称,经度,纬度,开放时间\n白鹭洲驿站,118.0945,24.4712,8:00-22:00\n"


@pytest.fixture
def run(own_database, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ATLAS_DATABASE_URL", own_database)
    monkeypatch.setenv("ATLAS_HOME", str(tmp_path / "home"))

    def call(*arguments: object, plain: bool = False) -> tuple[int, dict, str]:
        code = main([*map(str, arguments), *([] if plain else ["--json"])])
        said = capsys.readouterr()
        assert "Traceback" not in said.err and own_database.split(":")[2].split("@")[0] not in said.out + said.err
        return code, json.loads(said.out) if said.out else {}, said.err

    return call


def test_every_command_works_on_the_database_and_leaves_the_folder_alone(run, tmp_path, own_database):
    path = tmp_path / "f.csv"
    path.write_text(GOOD, "utf-8")
    code, before, _ = run("info")
    assert (code, before["store"], before["tables"]["stations"]) == (0, "postgis", 36) and before["path"].startswith(
        "127.0.0.1:"
    )
    assert run("check", path, "--table", "stations", "--crs", "gcj02")[1]["accepted"] == 1
    code, said, _ = run("import", path, "--table", "stations", "--crs", "gcj02", "--author", "甲")
    assert code == 0 and (said["added"], said["retired"]) == (1, 28)
    code, _, err = run("build", "--force", plain=True)
    assert code == 1 and "1 " in err
    assert [one["batch_id"] for one in run("history")[1]["batches"]] == [said["batch_id"]]
    assert run("export", "--table", "stations", "--format", "csv", "--out", tmp_path / "o.csv")[1]["rows"] == 9
    assert (
        run("export", "--table", "stations", "--format", "csv", "--out", tmp_path / "o.csv", "--as-of", "2020-01-01")[
            1
        ]["rows"]
        == 36
    )
    assert run("coverage", "--radius", "500", "--place", "350203")[1]["data_version"] == said["data_version"]
    assert run("undo", said["batch_id"])[0] == 0 and run("undo", "nope")[0] == 1
    assert run("info")[1] == before
    # who did what is kept on the machine where it was done, and what is made of the rows where it is read
    assert {path.name.split("-")[0] for path in (tmp_path / "home").iterdir()} <= {"audit.sqlite", "derived"}


def test_build_by_force_and_for_the_first_time(run, own_database):
    with psycopg.connect(own_database) as connection:
        connection.execute("DROP SCHEMA atlas CASCADE")
    assert run("history")[1] == {"batches": []}  # any command builds what is not there
    built = run("info")[1]
    assert run("build", "--force", plain=True)[0] == 0
    assert run("info")[1] == built


def test_a_database_that_cannot_be_used_is_said(run, monkeypatch, own_database, tmp_path):
    for url in (
        own_database + "x",
        own_database.replace("postgresql", "oracle"),
        "postgresql://atlas@127.0.0.1:1/atlas",
    ):
        monkeypatch.setenv("ATLAS_DATABASE_URL", url)
        code, said, err = run("info")
        assert code == 1 and said == {} and err.strip()
    monkeypatch.setenv("ATLAS_DATABASE_URL", "")
    assert "db" not in repr(Settings(database_url="postgresql://u:db@h/d")).replace("database_url", "")


def test_migrate_there_and_back(run, atlas_home, tmp_path, own_database, monkeypatch):
    code, _, err = run("migrate", "--from", atlas_home, "--to", own_database)
    assert code == 1 and "--replace" in err
    code, said, _ = run("migrate", "--from", atlas_home / FILE_NAME, "--to", own_database, "--replace")
    assert (
        code == 0
        and said["equal"] is True
        and said["tables"] == open_store(atlas_home).tables()
        and said["from"] == str(atlas_home / FILE_NAME)
    )
    code, said, _ = run("migrate", "--from", own_database, "--to", tmp_path / "back")
    assert code == 0 and open_store(tmp_path / "back").meta() == open_store(atlas_home).meta()
    assert run("migrate", "--from", tmp_path / "none", "--to", tmp_path / "more")[0] == 1
    with pytest.raises(SystemExit) as stopped:
        main(["migrate", "--from", "x"])
    assert stopped.value.code == 2


def test_several_workers_serve_it_and_see_what_others_import(own_database, tmp_path):
    port = free_port()
    process = serve(tmp_path / "home", port, tmp_path / "log", ATLAS_DATABASE_URL=own_database, ATLAS_WORKERS="3")

    def health() -> dict:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=20) as answer:
            return json.load(answer)

    try:
        before = health()
        assert before["store"] == "postgis" and before["tables"]["stations"] == 36
        (tmp_path / "f.csv").write_text(GOOD, "utf-8")
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "dashboard",
                "import",
                str(tmp_path / "f.csv"),
                "--table",
                "stations",
                "--crs",
                "gcj02",
                "--json",
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            env={**os.environ, "ATLAS_DATABASE_URL": own_database},
            check=True,
        )
        version = json.loads(done.stdout)["data_version"]
        # whichever worker answers: what was there, for as long as a busy machine takes to load what is new, never a
        # mixture, and then what is new from all of them
        new, seen, deadline = 0, {(before["data_version"], 36), (version, 9)}, time.monotonic() + 60
        while new < 12:
            said = health()
            told = said["data_version"], said["tables"]["stations"]
            assert told in seen and time.monotonic() < deadline
            new = new + 1 if told == (version, 9) else 0
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
    log = (tmp_path / "log").read_text("utf-8")
    assert "Traceback" not in log and own_database.split(":")[2].split("@")[0] not in log


def test_a_server_whose_database_goes_away_says_so_and_recovers(own_database, tmp_path, postgres):
    source = AtlasSource(tmp_path, own_database)
    version = source.atlas().version
    name = own_database.rsplit("/", 1)[1]
    postgres.run(
        f"ALTER DATABASE {name} ALLOW_CONNECTIONS false",
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
        f"ALTER DATABASE {name} RENAME TO {name}_away",
    )
    with pytest.raises(AtlasError, match="没有数据库"):
        source.atlas()
    postgres.run(f"ALTER DATABASE {name}_away RENAME TO {name}", f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert source.atlas().version == version
