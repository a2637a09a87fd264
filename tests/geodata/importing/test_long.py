"""A long table comes in as a short one does, in little memory: every ledger twice, whole and a part at a time."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from unittest import mock

import pandas as pd
import pytest

from geodata import in_parts
from geodata.importing import packed, systems
from geodata.importing.check import check_file
from geodata.importing.effect import effect
from geodata.importing.limits import MAX_TABLE_ROWS
from geodata.in_parts import InParts, whole
from geodata.store import FILE_NAME, GeoPackageStore
from tests.benchmarks.large_ledgers import write_csv
from tests.messages import ROOT

HEADER = "名称,县区,地址,建成日期,检查日期,面积,开放时间,设施,智能化,联系电话,经度,纬度\n"
COUNTIES = ("思明区", "湖里区", "厦门市同安区", "350206")


def ledger(with_ids: bool) -> str:
    """A ledger of 300 rows in which every kind of trouble stands somewhere."""
    lines = []
    for at in range(300):
        name, county, address = f"驿站{at}", COUNTIES[at % 4], f"湖滨南路{at}号"
        lon, lat = f"{118.08 + at % 17 / 1000:.4f}", f"{24.47 + at % 13 / 1000:.4f}"
        if at % 29 == 7:
            name, county, address = "驿站6", COUNTIES[2], "湖滨南路6号"  # the same row again
        if at % 31 == 5:
            lon = lat = ""  # no position
        if at % 37 == 9:
            lon, lat = lat, lon  # changed over
        if at % 41 == 3:
            lat = "北边"
        if at % 43 == 4:
            county = "不知道哪个区"
        day = f"2020-05-0{1 + at % 9}" if at % 23 else "去年"
        hours = ("8:00-22:00", "周一至周五 9:00-17:00", "看情况", "")[at % 4]
        area = ("约30", "12.5", "", "大")[at % 4]
        row = [
            name,
            county,
            address,
            day,
            "2019-01-01" if at % 19 == 2 else "",
            area,
            hours,
            "饮水；休息",
            "是",
            "",
            lon,
            lat,
        ]
        row[9] = f"0592-22{at:05d}" if at % 2 else ""
        lines.append(([f"S{at % 280:04d}"] if with_ids else []) + row)
    header = ("编号," if with_ids else "") + HEADER
    return header + "".join(",".join(row) + "\n" for row in lines)


@pytest.mark.parametrize("with_ids", [True, False])
def test_in_parts_and_whole_a_ledger_is_the_same(with_ids, atlas_home, tmp_path):
    file = tmp_path / "台账.csv"
    file.write_text(ledger(with_ids), "utf-8")
    found = []
    for at, long in enumerate((False, True)):
        home = tmp_path / str(at)
        home.mkdir()
        shutil.copyfile(atlas_home / FILE_NAME, home / FILE_NAME)
        store = GeoPackageStore(home / FILE_NAME)
        with (
            mock.patch.object(packed, "LONG", 100 if long else packed.LONG),
            mock.patch.object(packed, "BLOCK", 16 if long else packed.BLOCK),
            mock.patch.object(systems, "PART", 40 if long else systems.PART),
            mock.patch.object(in_parts, "PART", 23 if long else in_parts.PART),
        ):
            rounds = []
            for _ in range(2):  # the second time the atlas has the rows
                checked = check_file(file, "stations", store, "wgs84")
                assert isinstance(checked.frame, InParts) == long
                foreseen = effect(store, "stations", checked.frame)
                batch = store.apply("stations", checked.frame)
                kept = store.read("stations").drop(columns="batch_id")
                done = (batch.added, batch.changed, batch.unchanged, batch.retired)
                rounds.append((checked.report, whole(checked.frame), vars_of(foreseen) | {"version": ""}, done, kept))
        found.append(rounds)
    first, second = found[0]
    assert first[0].rows == 300 and first[3][0] > 200 and second[3][0] == 0 and second[3][2] > 200
    assert first[0].left_out and first[0].unplaced and first[0].unknown_hours
    for short, long in zip(*found, strict=True):
        assert json.dumps(long[0].as_dict(), default=str) == json.dumps(short[0].as_dict(), default=str)
        assert long[2:4] == short[2:4]
        for at in (1, 4):
            pd.testing.assert_frame_equal(long[at], short[at])


def vars_of(one: object) -> dict[str, object]:
    return {name: getattr(one, name) for name in one.__dataclass_fields__}  # type: ignore[attr-defined]


PEAK = """
import sys
from pathlib import Path
from geodata import in_parts
in_parts.PART = 2_000  # what is made at once is to be little beside what is kept
from geodata.importing import limits, packed, systems
packed.LONG, packed.BLOCK, systems.PART, limits.TREE_BLOCK = 5_000, 2_000, 2_000, 5_000
from geodata.importing.check import check_file
from geodata.store import open_store
store = open_store(Path(sys.argv[1]))
found = check_file(Path(sys.argv[2]), "stations", store, "wgs84")
assert len(found.frame) == int(sys.argv[3]), found.report.errors
store.apply("stations", found.frame)
print(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_row_more_takes_little_memory(atlas_home, tmp_path):
    """So many bytes a row that all the rows that a file may hold stay within a GiB beside the program itself."""
    peaks = []
    counts = (20_000, 60_000)
    for count in counts:
        home = tmp_path / str(count)
        home.mkdir()
        shutil.copyfile(atlas_home / FILE_NAME, home / FILE_NAME)
        file = write_csv(tmp_path / f"{count}.csv", count)
        done = subprocess.run(
            [sys.executable, "-c", PEAK, str(home), str(file), str(count)],
            cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        peaks.append(1024 * int(done.stdout))
    a_row = (peaks[1] - peaks[0]) / (counts[1] - counts[0])
    program = peaks[0] - counts[0] * a_row
    assert program + MAX_TABLE_ROWS * a_row < 2**30, (a_row, program / 2**20)
