"""check, import, undo, history, template and export on the command line:
exit codes, JSON, and what they leave behind.
"""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.__main__ import main
from dashboard.locale import load_words
from dashboard.server.health import health
from dashboard.source import AtlasSource
from geodata.importing.check import check_file
from geodata.store import FILE_NAME, open_store
from tests.messages import ROOT

GOOD = "站点名称,经度,纬度,开放时间\n白鹭洲驿站,118.0945,24.4712,8:00-22:00\n"
BAD = GOOD + "坏驿站,118.09,,随便\n"


@pytest.fixture
def home(own_home, monkeypatch) -> Path:
    monkeypatch.setenv("ATLAS_HOME", str(own_home))
    return own_home


@pytest.fixture
def run(home, capsys):
    def call(*arguments: str) -> tuple[int, dict]:
        code = main([*map(str, arguments), "--json"])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, json.loads(said.out) if said.out else {}

    return call


def written(folder: Path, text: str, name: str = "f.csv") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_check_says_everything_and_changes_nothing(run, home, tmp_path):
    before = (home / FILE_NAME).read_bytes()
    code, said = run("check", written(tmp_path, GOOD), "--table", "stations", "--crs", "gcj02")
    assert (code, said["rows"], said["accepted"], said["errors"], said["crs"]) == (0, 1, 1, [], "gcj02")
    code, said = run(
        "check", written(tmp_path, BAD), "--table", "stations", "--crs", "gcj02", "--marked", tmp_path / "m.xlsx"
    )
    assert (code, said["rows"], said["accepted"]) == (1, 2, 1) and (tmp_path / "m.xlsx").exists()
    assert all({"sheet", "row", "column", "value", "expected", "message"} <= set(error) for error in said["errors"])
    assert {(error["row"], error["column"], error["value"]) for error in said["errors"]} == {
        (3, "纬度", None),
    }
    assert any((one["code"], one["value"]) == ("hours", "随便") for one in said["warnings"])
    assert (home / FILE_NAME).read_bytes() == before


def test_import_undo_and_history(run, home, tmp_path):
    source = AtlasSource(home)
    before = health(source)
    code, said = run("import", written(tmp_path, GOOD), "--table", "stations", "--crs", "gcj02", "--author", "甲")
    assert code == 0 and (said["added"], said["retired"]) == (1, 28)
    after = health(source)  # a running server sees it at the next question
    assert (
        after["tables"]["stations"] == before["tables"]["stations"] - 27
        and after["data_version"] == said["data_version"]
    )
    _, history = run("history")
    assert [(one["batch_id"], one["author"], one["file"], one["undone_at"]) for one in history["batches"]] == [
        (said["batch_id"], "甲", "f.csv", None)
    ]
    code, undone = run("undo", said["batch_id"])
    assert code == 0 and undone["undone_at"] and health(source) == before
    assert run("undo", said["batch_id"])[0] == 1 and run("undo", "nope")[0] == 1


def test_a_bad_row_does_not_cost_the_file(run, tmp_path):
    code, said = run("import", written(tmp_path, BAD), "--table", "stations", "--crs", "gcj02")
    assert (code, said["rows"], said["accepted"], said["added"]) == (0, 2, 1, 1) and said["errors"]
    (left,) = said["left_out"]
    assert left["row"] == 3 and left["why"]


def test_a_strict_import_takes_a_file_whole_or_not_at_all(run, home, tmp_path):
    before = (home / FILE_NAME).read_bytes()
    code, said = run("import", written(tmp_path, BAD), "--table", "stations", "--crs", "gcj02", "--strict")
    assert code == 1 and said["batch_id"] is None and said["added"] == 0 and len(said["errors"]) >= 1
    code, said = run("import", written(tmp_path, GOOD), "--table", "stations")
    assert code == 1 and said["errors"][0]["code"] == "crs"
    assert run("check", tmp_path / "missing.csv", "--table", "stations")[0] == 1
    assert (home / FILE_NAME).read_bytes() == before and run("history")[1] == {"batches": []}


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["check", "f.csv"],
        ["check", "f.csv", "--table", "nope"],
        ["import", "f.csv"],
        ["undo"],
        ["template", "--table", "stations"],
        ["export", "--table", "stations", "--format", "docx", "--out", "f"],
        ["history", "more"],
    ],
)
def test_usage_is_two(home, arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2 and capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "f.csv", "--table", "stations", "--crs", "mars24"],
        ["check", "f.csv", "--table", "stations", "--map", "站名=nope"],
        ["export", "--table", "stations", "--format", "csv", "--out", "o.csv", "--crs", "mars24"],
        ["export", "--table", "stations", "--format", "csv", "--out", "o.csv", "--as-of", "yesterday"],
        ["export", "--table", "stations", "--format", "csv", "--out", "o.csv", "--query", "place=999999"],
    ],
)
def test_input_that_cannot_be_used_is_one_and_said_on_stderr(home, tmp_path, monkeypatch, arguments, capsys):
    monkeypatch.chdir(tmp_path)
    written(tmp_path, GOOD)
    assert main(arguments) == 1
    said = capsys.readouterr()
    assert said.err.strip() and "Traceback" not in said.err and not (tmp_path / "o.csv").exists()


def test_headers_mapped_by_hand_and_the_template(run, tmp_path):
    code, said = run(
        "check",
        written(tmp_path, GOOD.replace("站点名称", "啥")),
        "--table",
        "stations",
        "--crs",
        "gcj02",
        "--map",
        "啥=name",
    )
    assert code == 0 and said["columns"]["啥"] == "name"
    code, said = run("template", "--table", "stations", "--out", tmp_path / "t.xlsx")
    assert code == 0 and Path(said["path"]).exists()
    assert run("check", tmp_path / "t.xlsx", "--table", "stations")[1]["errors"] == []


def exported(run, path: Path, table: str, *more: str) -> list[dict[str, str]]:
    code, said = run("export", "--table", table, "--format", "csv", "--headers", "id", "--out", path, *more)
    assert code == 0
    with path.open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.DictReader(file))
    assert said["rows"] == len(found)
    return found


def test_export_goes_by_the_query(run, tmp_path):
    path = tmp_path / "o.csv"
    assert len(exported(run, path, "stations")) == 36
    assert len(exported(run, path, "stations", "--query", "place=640200")) == 0
    assert {
        row["status"] for row in exported(run, path, "stations", "--query", "?place=350203&provenance=reported")
    } == {"planned"}
    always = exported(run, path, "stations", "--query", "place=350203&always=1")
    assert always and {row["opening_hours"] for row in always} == {"24/7"}
    assert {row["adcode"] for row in exported(run, path, "grids", "--query", "place=640205")} == {"640205"}
    assert {row["kind"] for row in exported(run, path, "activities", "--query", "place=640200&kinds=theme")} == {
        "theme"
    }
    assert {row["adcode"][:2] for row in exported(run, path, "places", "--query", "place=640000")} == {"64"}
    assert (
        len(exported(run, path, "flows", "--query", "place=211400")) == 5
        and exported(run, path, "flows", "--query", "place=640000") == []
    )
    assert {row["worker_group"] for row in exported(run, path, "demand", "--query", "group=rider")} == {"rider"}
    lasso = exported(run, path, "enterprises", "--query", "area=106.7_39.2_106.8_39.2_106.8_39.4_106.7_39.4")
    assert lasso and all(106.7 <= float(row["lon"]) <= 106.8 for row in lasso)


def test_export_as_of_a_past_day(run, tmp_path):
    run("import", written(tmp_path, GOOD), "--table", "stations", "--crs", "gcj02")
    assert len(exported(run, tmp_path / "o.csv", "stations")) == 9
    assert len(exported(run, tmp_path / "o.csv", "stations", "--as-of", "2020-01-01")) == 36


def test_building_anew_does_not_drop_imports(run, home, tmp_path, capsys):
    run("import", written(tmp_path, GOOD), "--table", "stations", "--crs", "gcj02")
    assert main(["build", "--force"]) == 1
    assert "1 " in capsys.readouterr().err and len(run("history")[1]["batches"]) == 1


def test_for_people_and_in_english(home, tmp_path, monkeypatch, capsys):
    path = written(tmp_path, BAD)
    assert main(["check", str(path), "--table", "stations", "--crs", "gcj02"]) == 1
    assert "随便" in capsys.readouterr().out
    assert main(["import", str(written(tmp_path, GOOD)), "--table", "stations", "--crs", "gcj02"]) == 0
    assert main(["history"]) == 0 and "stations" in capsys.readouterr().out


def test_stdout_holds_json_alone(home, tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "dashboard",
            "check",
            str(written(tmp_path, BAD)),
            "--table",
            "stations",
            "--crs",
            "wgs84",
            "--json",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1 and json.loads(done.stdout)["rows"] == 2


def test_a_report_in_english_names_columns_tables_and_values_in_english(atlas_home, tmp_path):
    """Only what the file itself says stays as it is."""
    english = load_words()["en"]
    path = written(
        tmp_path,
        "站名,经度,纬度,依托单位,所属街道\n甲,118.0945,24.4712,自建,鹭江街道\n乙,118.0955,24.4722,银行,天上街道\n",
    )
    found = check_file(path, "stations", open_store(atlas_home), "wgs84").report
    said = [
        text for one in (*found.errors, *found.warnings) for text in (one.text(english), one.expected(english) or "")
    ]
    assert all(any(part in text for text in said) for part in ("Bank branch", "“Open”", "Rest stations"))
    # 依托单位原文 is the name of the own field that keeps what was not understood
    assert {word for text in said for word in re.findall("[\u4e00-\u9fff]+", text)} == {
        "自建",
        "天上街道",
        "依托单位原文",
    }


def test_whoever_stops_reading_the_result_gets_no_stack_trace(home):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "dashboard", "info", "--json"], cwd=ROOT, stdout=write, stderr=subprocess.PIPE, text=True
    )
    os.close(write)
    assert (done.returncode, done.stderr.strip()) == (0, "")
