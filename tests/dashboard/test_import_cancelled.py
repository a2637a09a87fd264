"""Importing a workbook on the command line and changing one's mind: nothing is left, wherever it was."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
import xlsxwriter

from geodata.store import FILE_NAME, GeoPackageStore
from geodata.store.gpkg import UNFINISHED
from tests.benchmarks.large_ledgers import write_csv
from tests.messages import ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no signals")
ROWS, MOMENTS = 3_000, 4
LONG, LATE = (
    20_000,
    (0.3, 0.55, 0.75, 0.85, 0.95),
)  # shares of the time that an import takes; it writes in the last third
#: The command, with so few rows that are many that a table of LONG is kept packed and written a part at a time.
IN_PARTS = (
    "import sys; from geodata.importing import packed; packed.LONG = 2_000; "
    "from dashboard.__main__ import main; sys.exit(main())"
)


@pytest.fixture
def home(own_home, tmp_path) -> Path:
    (tmp_path / "scratch").mkdir()
    with xlsxwriter.Workbook(tmp_path / "s.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["站点名称", "区县", "经度", "纬度", "开放时间", "地址"])
        for at in range(ROWS):
            sheet.write_row(
                at + 1,
                0,
                [
                    f"驿站{at}",
                    "350203",
                    118.05 + at % 100 / 1_000,
                    24.44 + at // 100 / 2_000,
                    "8:00-22:00",
                    f"某路{at}号",
                ],
            )
    return own_home


def importing(
    home: Path, file: str = "s.xlsx", command: tuple[str, str] = ("-m", "dashboard")
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [
            sys.executable,
            *command,
            "import",
            str(home.parent / file),
            "--table",
            "stations",
            "--crs",
            "wgs84",
        ],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "ATLAS_HOME": str(home), "TMPDIR": str(home.parent / "scratch")},
    )


def left(home: Path) -> dict[str, bytes]:
    found = {
        str(path.relative_to(home.parent)): hashlib.sha256(path.read_bytes()).digest()
        for path in home.parent.rglob("*")
        if path.is_file()
    }
    return {name: digest for name, digest in found.items() if not name.endswith(".atlas.lock")}


def test_cancelled_at_any_moment_nothing_is_left(home):
    start = time.monotonic()
    process = importing(home)
    assert (process.communicate()[1], process.returncode)[1] == 0
    usual = time.monotonic() - start
    store = GeoPackageStore(home / FILE_NAME)
    assert store.tables()["stations"] == ROWS + 8
    store.undo(store.history()[0].batch_id)
    before = left(home)
    rng, cut = random.Random(3), 0
    for at in range(MOMENTS):
        start, process = time.monotonic(), importing(home)
        try:
            process.wait(usual * rng.uniform(at + 0.2, at + 1) / MOMENTS)
            usual = time.monotonic() - start  # too late: what was measured first was slower, with nothing cached yet
        except subprocess.TimeoutExpired:
            process.send_signal((signal.SIGINT, signal.SIGTERM)[at % 2])
        said = process.communicate()[1].decode()
        # before the command listens, while Python still loads its parts, a signal ends it the plain way
        assert process.returncode in (0, 130, -signal.SIGTERM, -signal.SIGINT), said
        assert process.returncode == -signal.SIGINT or "Traceback" not in said
        # a command that has said that the import is in only takes itself apart: then too the signal came too late
        if process.returncode == 0 or "已导入" in said:
            store.undo(store.history()[0].batch_id)
            before = left(home)
        else:
            cut += 1
            assert left(home) == before
    assert cut >= 1


def test_a_long_table_cancelled_while_it_is_read_checked_or_written_leaves_nothing(home):
    """At LONG rows moments of every phase; after each the store and all beside it are the same to the last byte."""
    write_csv(home.parent / "s.csv", LONG)
    store, command = GeoPackageStore(home / FILE_NAME), ("-c", IN_PARTS)
    untouched, start, process = store.meta()["data_version"], time.monotonic(), importing(home, "s.csv", command)
    assert (process.communicate()[1], process.returncode)[1] == 0
    usual = time.monotonic() - start
    assert store.tables()["stations"] >= LONG
    store.undo(store.history()[0].batch_id)
    assert store.meta()["data_version"] == untouched
    before, cut = left(home), 0
    for share in LATE:
        process = importing(home, "s.csv", command)
        if share is None:
            while process.poll() is None and not list(home.glob(UNFINISHED)):
                time.sleep(0.05)
        else:
            with suppress(subprocess.TimeoutExpired):
                process.wait(usual * share)
        process.send_signal(signal.SIGINT if cut % 2 else signal.SIGTERM)
        said = process.communicate()[1].decode()
        assert process.returncode in (0, 130, -signal.SIGTERM, -signal.SIGINT), said
        if process.returncode == 0 or "已导入" in said:
            store.undo(store.history()[0].batch_id)
            before = left(home)
        else:
            cut += 1
            assert left(home) == before
    assert cut >= 1
