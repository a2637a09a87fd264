"""``brief`` as a script meets it: the line of the monthly brief as it is printed,
and what is refused with which code.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.__main__ import main
from tests.dashboard.export.pptx_reader import opened, pictures, sheets, texts

ROOT = Path(__file__).resolve().parents[3]


def test_the_monthly_line_works_as_printed(home: Path, tmp_path: Path) -> None:
    """From the empty environment that cron gives, for the month before, one file a region."""
    line = next(
        one for one in (ROOT / "docs" / "briefing.md").read_text("utf-8").splitlines() if one.startswith("0 7 1 * * ")
    )
    command = (
        line.split(None, 5)[5]
        .replace(r"\%", "%")
        .replace("/srv/atlas/.atlas", str(home))
        .replace("/srv/atlas", str(ROOT))
    )
    command = command.replace("/srv/briefs", str(tmp_path / "briefs")).replace(".venv/bin/python", sys.executable)
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "ATLAS_CHROMIUM": "none"},
        check=False,
        timeout=300,
    )
    log = (tmp_path / "briefs" / "log").read_text("utf-8")
    assert done.returncode == 0, log
    (month,) = [one for one in (tmp_path / "briefs").iterdir() if one.is_dir()]
    made = sorted(month.glob("*.pptx"))
    assert len(made) == 11
    said = texts(opened(made[0].read_bytes()).slides[0])
    year, number = month.name.split("-")
    assert f"{int(year)}年{int(number)}月1日 至" in said["view"]


@pytest.mark.parametrize(
    ("options", "exit", "word"),
    [
        (["--query", "place=640200", "--out", "{there}/x.pptx"], 2, "--format"),
        (["--query", "place=640200", "--format", "docx", "--out", "{there}/x.docx"], 2, "docx"),
        (["--query", "place=640200", "--format", "pptx", "--out", "{there}/x.pdf"], 1, "x.pdf"),
        (["--query", "place=640200", "--format", "pptx", "--out", "/proc/nowhere/x.pptx"], 1, "/proc/nowhere"),
        (["--query", "place=640200", "--format", "pptx", "--out", "{there}"], 1, "{there}"),
        (["--query", "place=640200", "--format", "png", "--out", "{there}/x.png"], 1, "ATLAS_CHROMIUM"),
        (["--query", "place=" + "6" * 5_000, "--format", "pptx", "--out", "{there}/x.pptx"], 1, "4000"),
        (["--query", "scenario=GONE", "--format", "pptx", "--out", "{there}/x.pptx"], 1, "GONE"),
        (
            ["--query", "place=640202", "--against", "place=640205", "--format", "pptx", "--out", "{there}/x.pptx"],
            1,
            "--template compare",
        ),
        (
            ["--query", "", "--template", "{there}/none.pptx", "--format", "pptx", "--out", "{there}/x.pptx"],
            1,
            "none.pptx",
        ),
        (["--each", "grids", "--place", "999999", "--format", "pptx", "--out", "{there}/all"], 1, "999999"),
    ],
)
def test_what_cannot_be_made_is_said_and_leaves_nothing(
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    exit: int,
    word: str,
) -> None:
    monkeypatch.setenv("ATLAS_HOME", str(home))
    monkeypatch.setenv("ATLAS_CHROMIUM", "none")
    assert _run(["brief", *(one.format(there=tmp_path) for one in options)]) == exit
    said = capsys.readouterr()
    assert word.format(there=tmp_path) in said.err and "Traceback" not in said.err and not said.out
    assert not any(tmp_path.iterdir())


def test_one_brief_of_a_batch_that_fails_does_not_cost_the_others(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ATLAS_HOME", str(home))
    monkeypatch.setenv("ATLAS_CHROMIUM", "none")
    taken = tmp_path / "640202-01 机械加工区域.pptx"
    taken.mkdir()  # a file cannot take its place
    assert _run(["brief", "--each", "regions", "--place", "640202", "--format", "pptx", "--out", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert (
        "4 份中 1 份" in said.err and said.err.count(taken.name) >= 2 and "Traceback" not in said.err and not said.out
    )
    assert sorted(one.name[:9] for one in tmp_path.iterdir()) == ["640202-01", "640202-02", "640202-03", "640202-04"]
    assert all(sheets(opened(one.read_bytes()).slides[0]) for one in tmp_path.iterdir() if one != taken)


def test_a_value_that_cannot_be_used_is_told_and_a_wrong_browser_costs_the_map_alone(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ATLAS_HOME", str(home))
    monkeypatch.setenv("ATLAS_CHROMIUM", "/nowhere/chromium")
    out = tmp_path / "x.pptx"
    assert _run(["brief", "--query", "place=640200&hour=77", "--format", "pptx", "--out", str(out)]) == 0
    said = capsys.readouterr()
    assert "hour=77" in said.err and "/nowhere/chromium" in said.err
    slide = opened(out.read_bytes()).slides[0]
    assert sheets(slide) and "map" not in pictures(slide)
    assert _run(["brief", "--query", "", "--format", "pdf", "--out", str(tmp_path / "x.pdf")]) == 1
    assert "/nowhere/chromium" in capsys.readouterr().err and [one.name for one in tmp_path.iterdir()] == ["x.pptx"]


def test_a_browser_that_does_not_start_is_named_with_the_way_out(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ATLAS_HOME", str(home))
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\nexit 3\n", "utf-8")
    broken.chmod(0o755)
    monkeypatch.setenv("ATLAS_CHROMIUM", str(broken))
    assert _run(["brief", "--query", "", "--format", "pptx", "--out", str(tmp_path / "x.pptx")]) == 1
    said = capsys.readouterr().err
    assert str(broken) in said and "ATLAS_CHROMIUM" in said and [one.name for one in tmp_path.iterdir()] == ["chromium"]


def _run(arguments: list[str]) -> int:
    try:
        return main(arguments)
    except SystemExit as error:
        return int(error.code or 0)
