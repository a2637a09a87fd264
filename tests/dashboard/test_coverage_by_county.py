"""``coverage --by county``: the public door to the coverage of all counties."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from dashboard.__main__ import main
from geodata import pools
from layers import coverage_counties
from tests.dask_cluster import running


@pytest.fixture(scope="module")
def home(atlas_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of an atlas that may be written to."""
    return Path(shutil.copytree(atlas_home, tmp_path_factory.mktemp("own") / "home"))


class Run:
    """The command in this process: what it prints, says and returns."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        monkeypatch.setenv("ATLAS_HOME", str(home))
        self._environment, self._streams = monkeypatch, capsys

    def __call__(self, *arguments: str, dask: str = "") -> tuple[int, str, str]:
        self._environment.setenv("ATLAS_DASK", dask)
        code = main(["coverage", *arguments, "--json"])
        return code, *self._streams.readouterr()

    def said(self, *arguments: str, dask: str = "") -> dict:
        code, out, words = self(*arguments, dask=dask)
        assert code == 0, words
        return json.loads(out)


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(home, monkeypatch, capsys)


def test_each_county_says_what_the_command_says_of_it_alone(run: Run) -> None:
    found = run.said("--by", "county", "--radius", "500,1000", "--at", "2024-10-15T22:00")
    assert (found["weekday"], found["radii_m"], found["counties"]) == (2, [500, 1000], 1)
    (county,) = found["by_county"]
    alone = run.said("--radius", "1000", "--place", county["adcode"], "--at", "2024-10-15T22:00")
    whole = run.said("--radius", "1000", "--place", county["adcode"])
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


def test_a_file_has_a_row_for_each_county_radius_and_hour(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "new" / "counties.csv"
    found = run.said("--by", "county", "--radius", "1000,500,500", "--out", str(out))
    assert "by_county" not in found and (found["path"], found["rows"]) == (str(out), 50)
    rows = list(csv.DictReader(out.read_text("utf-8-sig").splitlines()))
    assert {(row["radius_m"], row["hour"]) for row in rows} == {
        (radius, hour) for radius in ("500", "1000") for hour in ("", *map(str, range(24)))
    }
    (row,) = (one for one in rows if (one["radius_m"], one["hour"]) == ("1000", ""))
    assert float(row["effective_share"]) == found["total"][1]["effective"]["share"]
    assert float(row["effective_weight"]) / float(row["demand_weight"]) == float(row["effective_share"])
    assert {one["provenance"] for one in rows} == {"illustrative"}
    code, _, words = run("--by", "county", "--radius", "500", "--out", str(out / "in-a-file.csv"))
    assert code == 1 and "in-a-file.csv" in words and "Traceback" not in words


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--radius", "500,1000"), "--by county"),
        (("--radius", "500", "--out", "x.csv"), "--by"),
        (("--by", "county", "--radius", "500,5"), "5"),
        (("--by", "county", "--radius", "500", "--place", "999999"), "999999"),
    ],
)
def test_what_cannot_be_asked_is_said(run: Run, arguments: tuple[str, ...], word: str) -> None:
    code, out, words = run(*arguments)
    assert (code, out) == (1, "")
    assert word in words and "Traceback" not in words


def test_a_cluster_that_is_set_up_says_the_same(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "PATIENCE_SECONDS", 5.0)
    monkeypatch.setattr(coverage_counties, "FEW", 0)  # the sample has demand in one county
    asked = ("--by", "county", "--radius", "500,900")
    with running(1) as cluster:
        found = run.said(*asked, dask=cluster.address)
    # by now it is kept, and nobody is asked
    again = run.said(*asked, dask=cluster.address)
    assert (found.pop("measured_anew"), again.pop("measured_anew")) == (1, 0) and found == again
    code, _, words = run(*asked, "--detour", "1.5", dask=cluster.address)
    assert code == 1 and cluster.address in words  # what is not kept would have been its work
    assert run(*asked, dask="http://somewhere")[0] == 1
