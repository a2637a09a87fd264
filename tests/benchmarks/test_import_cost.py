"""What importing a workbook of 50,000 stations costs: ``make bench``.

Prints processor seconds and peak memory; asserts nothing timed.

The rival is ``pandas.read_excel`` with openpyxl on the same file in the same run: it only reads the cells, the atlas
reads, checks and imports them. Each runs in a process of its own; the peak is the process's resident memory.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest

from geodata.exporting import export
from geodata.schema import TABLES
from geodata.store import FILE_NAME, open_store
from tests.messages import ROOT

STATIONS = 50_000
RIVAL = "import pandas, sys; print(len(pandas.read_excel(sys.argv[1], engine='openpyxl')))"
READ = (
    "import pathlib, sys; from geodata.importing.reading import read_file; "
    "print(len(read_file(pathlib.Path(sys.argv[1]))[0].rows))"
)
MEASURE = """
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([done.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
"""


@pytest.fixture(scope="module")
def workbook(atlas_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """50,000 reported stations all over the nation with every column filled, in GCJ-02."""
    store, rng = open_store(atlas_home), np.random.default_rng(3)
    counties, like = store.read("places").query("level == 'county'"), store.read("stations").query("status == 'open'")
    at = rng.integers(0, len(counties), STATIONS)
    frame = (
        like.iloc[np.arange(STATIONS) % len(like)]
        .reset_index(drop=True)
        .assign(
            station_id=[f"S{one:06d}" for one in range(STATIONS)],
            name=[f"{name}驿站{one}" for one, name in enumerate(counties["name"].iloc[at])],
            address=[f"某路{one}号" for one in range(STATIONS)],
            adcode=counties["adcode"].to_numpy()[at],
            zone=None,
            provenance="reported",
        )
    )
    frame["geometry"] = gpd.points_from_xy(
        *(counties[axis].to_numpy()[at] + rng.normal(0, 0.01, STATIONS) for axis in ("lon", "lat"))
    )
    return export(
        TABLES["stations"].validate(frame), "stations", tmp_path_factory.mktemp("big") / "big.xlsx", "xlsx", "gcj02"
    )


def cost(*command: str, **environment: str) -> tuple[float, float]:
    """Return processor seconds and peak MiB of a command."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, sys.executable, *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **environment},
    )
    code, seconds, peak = json.loads(done.stdout)
    assert code == 0
    return seconds, peak


def test_fifty_thousand_stations(workbook: Path, atlas_home: Path, tmp_path: Path) -> None:
    shutil.copyfile(atlas_home / FILE_NAME, tmp_path / FILE_NAME)
    rival, rival_peak = cost("-c", RIVAL, str(workbook))
    reading, reading_peak = cost("-c", READ, str(workbook))
    checking, checking_peak = cost(
        "-m", "dashboard", "check", str(workbook), "--table", "stations", "--json", ATLAS_HOME=str(tmp_path)
    )
    whole, peak = cost(
        "-m", "dashboard", "import", str(workbook), "--table", "stations", "--json", ATLAS_HOME=str(tmp_path)
    )
    assert open_store(tmp_path).tables()["stations"] >= STATIONS
    print(
        f"\n{STATIONS} stations, {workbook.stat().st_size / 2**20:.1f} MB; "
        f"processor seconds and peak MiB, starting Python included"
    )
    for what, seconds, mib in (
        ("pandas.read_excel (openpyxl), cells only", rival, rival_peak),
        ("atlas, cells only", reading, reading_peak),
        ("atlas, check", checking, checking_peak),
        ("atlas, check and import", whole, peak),
    ):
        print(f"  {what:42} {seconds:6.1f} s {mib:6.0f} MiB   {seconds / rival:.2f} of the rival")
