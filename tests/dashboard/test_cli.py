"""The command line: results on stdout, words on stderr, exit codes as promised."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dashboard", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "ATLAS_HOME": str(home), **environment},
    )


def test_info_gives_the_reported_sums(atlas_home: Path) -> None:
    done = run(atlas_home, "info", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["grids"]["enterprises"] == 421
    assert said["grids"]["enterprises_strengthened"] == 377
    assert said["grids"]["team_members"] == 404
    assert said["grids"]["workers"] > 60_000
    assert said["regions_by_county"] == {"惠农区": 3, "大武口区": 4, "平罗县": 4}
    assert said["stations_by_status"] == {"open": 28, "planned": 8}
    assert sum(said["provenance"]["facts"].values()) == said["tables"]["facts"]


def test_coverage_names_every_denominator(atlas_home: Path) -> None:
    done = run(atlas_home, "coverage", "--radius", "1000", "--place", "350203", "--at", "2024-10-15T22:00", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["radius_m"], said["detour_factor"], said["at"]) == (1000, 1.3, {"weekday": 2, "hour": 22})
    for kind in ("nominal", "effective"):
        for way in ("weighted", "unweighted"):
            share = said[kind][way]
            assert share["share"] == pytest.approx(share["covered"] / share["denominator"])
            assert share["unit"]
    assert said["effective"]["weighted"]["share"] < said["nominal"]["weighted"]["share"]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--radius", "-5"), "-5"),
        (("--radius", "500", "--place", "999999"), "999999"),
        (("--radius", "500", "--at", "2024-13-40"), "2024-13-40"),
        (("--radius", "500", "--detour", "0.2"), "0.2"),
    ],
)
def test_wrong_input_is_said_and_ends_with_one(atlas_home: Path, arguments: tuple[str, ...], word: str) -> None:
    done = run(atlas_home, "coverage", *arguments)
    assert done.returncode == 1
    assert word in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_the_words_are_in_the_readers_language(atlas_home: Path) -> None:
    assert "服务半径" in run(atlas_home, "coverage", "--radius", "1").stderr
    assert "Service radius" in run(atlas_home, "coverage", "--radius", "1", ATLAS_LANGUAGE="en").stderr


def test_usage_ends_with_two(atlas_home: Path) -> None:
    assert run(atlas_home, "coverage").returncode == 2
    assert run(atlas_home, "dance").returncode == 2


def test_a_command_loads_no_pages_and_nothing_of_other_commands() -> None:
    """Each start would pay for it; what a command needs it loads when it runs."""
    program = (
        "import sys; from dashboard.__main__ import _parser; parser = _parser(str, sys.argv[1]); "
        "print([one for one in sys.argv[2:] if one in sys.modules]); parser.print_usage()"
    )
    heavy = ("dash", "plotly", "flask", "scipy", "openpyxl", "kaleido", "layers.siting.solver", "pptx")
    done = subprocess.run([sys.executable, "-c", program, "import", *heavy], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("[]\n")
    assert all(f"{name}," in done.stdout for name in ("serve", "import", "audit", "brief")) and "plan}" in done.stdout


def test_a_broken_store_is_said_and_kept(tmp_path: Path) -> None:
    (tmp_path / "atlas.gpkg").write_bytes(b"SQLite format 3\0 but no more")
    done = run(tmp_path, "info", "--json")
    assert done.returncode == 1
    assert "atlas.gpkg" in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "atlas.gpkg").read_bytes() == b"SQLite format 3\0 but no more"
