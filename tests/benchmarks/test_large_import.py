"""What importing the longest ledgers costs: ``make bench-large``. A GiB of memory at most is asserted.

Nothing timed is.

Each import runs as the command does, in a process of its own; the peak is its resident memory, as the system counts it.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from geodata.importing.limits import MAX_TABLE_ROWS
from geodata.store import FILE_NAME, open_store
from tests.benchmarks.large_ledgers import write_csv, write_xlsx
from tests.benchmarks.test_import_cost import cost

MILLION = 1_000_000
SHEET = 1_048_575  # rows of a sheet beside its header


@pytest.mark.parametrize(
    ("name", "rows"), [("million.csv", MILLION), ("most.csv", MAX_TABLE_ROWS), ("million.xlsx", MILLION)]
)
def test_a_ledger_of_a_million_rows_and_more(name: str, rows: int, atlas_home: Path, tmp_path: Path) -> None:
    file = (write_xlsx if name.endswith("xlsx") else write_csv)(tmp_path / name, rows)
    shutil.copyfile(atlas_home / FILE_NAME, tmp_path / FILE_NAME)
    seconds, peak = cost(
        *("-m", "dashboard", "import", str(file), "--table", "stations", "--crs", "wgs84", "--json"),
        ATLAS_HOME=str(tmp_path),
    )
    print(
        f"\n{name}: {rows:,} rows, {file.stat().st_size / 2**20:.0f} MB: {seconds:.0f} s of processor, {peak:.0f} MiB"
    )
    assert open_store(tmp_path).tables()["stations"] >= rows
    assert peak <= 1024
