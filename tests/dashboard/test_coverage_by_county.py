"""``coverage --by county``: the public door to the coverage of all counties."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.settings import CODE
from tests.dask_cluster import running


@pytest.fixture(scope="module")
def home(atlas_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of an atlas that may be written to."""
    return Path(shutil.copytree(atlas_home, tmp_path_factory.mktemp("own") / "home"))


def run(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dashboard", "coverage", *arguments, "--json"],
        cwd=CODE,
        env={**os.environ, "ATLAS_HOME": str(home), **more},
        capture_output=True,
        text=True,
    )


def said(done: subprocess.CompletedProcess[str]) -> dict:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_each_county_says_what_the_command_says_of_it_alone(home: Path) -> None:
    found = said(run(home, "--by", "county", "--radius", "500,1000", "--at", "2024-10-15T22:00"))
    assert (found["weekday"], found["radii_m"], found["counties"]) == (2, [500, 1000], 1)
    (county,) = found["by_county"]
    alone = said(run(home, "--radius", "1000", "--place", county["adcode"], "--at", "2024-10-15T22:00"))
    whole = said(run(home, "--radius", "1000", "--place", county["adcode"]))
    one = county["radii"][1]
    assert one["effective"]["by_hour"][22] == pytest.approx(alone["effective"]["weighted"]["share"])
    assert one["nominal"]["share"] == pytest.approx(alone["nominal"]["weighted"]["share"])
    assert one["effective"]["share"] == pytest.approx(whole["effective"]["weighted"]["share"])
    assert one["nominal"]["denominator"] == pytest.approx(whole["nominal"]["weighted"]["denominator"])
    assert (county["cells"], one["provenance"]) == (whole["nominal"]["unweighted"]["denominator"], whole["provenance"])
    assert county["stations"]["nominal"] == whole["stations"]["nominal"]
    assert county["stations"]["by_hour"][22] == alone["stations"]["effective"]
    (_, total) = found["total"]
    assert total["effective"]["by_hour"] == pytest.approx(one["effective"]["by_hour"])


def test_a_file_has_a_row_for_each_county_radius_and_hour(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "counties.csv"
    found = said(run(home, "--by", "county", "--radius", "1000,500,500", "--out", str(out)))
    assert "by_county" not in found and (found["path"], found["rows"]) == (str(out), 50)
    rows = list(csv.DictReader(out.read_text("utf-8-sig").splitlines()))
    assert {(row["radius_m"], row["hour"]) for row in rows} == {
        (radius, hour) for radius in ("500", "1000") for hour in ("", *map(str, range(24)))
    }
    (row,) = (one for one in rows if (one["radius_m"], one["hour"]) == ("1000", ""))
    assert float(row["effective_share"]) == found["total"][1]["effective"]["share"]
    assert float(row["effective_weight"]) / float(row["demand_weight"]) == float(row["effective_share"])
    assert {one["provenance"] for one in rows} == {"illustrative"}
    blocked = run(home, "--by", "county", "--radius", "500", "--out", str(out / "in-a-file.csv"))
    assert blocked.returncode == 1 and "in-a-file.csv" in blocked.stderr and "Traceback" not in blocked.stderr


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--radius", "500,1000"), "--by county"),
        (("--radius", "500", "--out", "x.csv"), "--by"),
        (("--by", "county", "--radius", "500,5"), "5"),
        (("--by", "county", "--radius", "500", "--place", "999999"), "999999"),
    ],
)
def test_what_cannot_be_asked_is_said(home: Path, arguments: tuple[str, ...], word: str) -> None:
    done = run(home, *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert word in done.stderr and "Traceback" not in done.stderr
    assert run(home, "--radius", "500,x").returncode == 2


def test_a_cluster_that_is_set_up_says_the_same(home: Path) -> None:
    asked = ("--by", "county", "--radius", "500,900")
    with running(1) as cluster:
        found = said(run(home, *asked, ATLAS_DASK=cluster.address))
    # by now it is kept, and nobody is asked
    again = said(run(home, *asked, ATLAS_DASK=cluster.address))
    assert (found.pop("measured_anew"), again.pop("measured_anew")) == (1, 0) and found == again
    assert run(home, *asked, ATLAS_DASK="http://somewhere").returncode == 1
