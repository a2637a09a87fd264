"""What importing the longest ledger costs: ``make bench-large``. A GiB of memory at most is asserted.

Nothing timed is.

Each import runs as the command does, in a process of its own; the peak is its resident memory, as the system counts it.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from geodata.importing.limits import MAX_TABLE_ROWS
from geodata.store import FILE_NAME, open_store
from tests.benchmarks.large_ledgers import write_csv
from tests.benchmarks.test_import_cost import cost


def test_a_ledger_of_as_many_rows_as_may_be(atlas_home: Path, tmp_path: Path) -> None:
    rows, file = MAX_TABLE_ROWS, write_csv(tmp_path / "most.csv", MAX_TABLE_ROWS)
    shutil.copyfile(atlas_home / FILE_NAME, tmp_path / FILE_NAME)
    seconds, peak = cost(
        *("-m", "dashboard", "import", str(file), "--table", "stations", "--crs", "wgs84", "--json"),
        ATLAS_HOME=str(tmp_path),
    )
    print(
        f"\n{file.name}: {rows:,} rows, {file.stat().st_size / 2**20:.0f} MB: "
        f"{seconds:.0f} s of processor, {peak:.0f} MiB"
    )
    assert open_store(tmp_path).tables()["stations"] >= rows
    assert peak <= 1024
