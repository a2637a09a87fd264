"""What it costs to have an atlas in a process: ``python -m tests.benchmarks.bench_derived --home DIR [--serve]``.

The same atlas is opened in processes of their own, one after another, in one run: out of its store, table by table, as
objects; making the derived files (:mod:`geodata.derived`); and mapping the ones that are there. For each: seconds of
processor and of the clock until every table is laid out and the coordinates of every point are had, and the memory
that this takes and nobody can share (``Private_Dirty`` of ``/proc/PID/smaps_rollup``), MiB. With ``--serve`` it is
``serve`` that is started, on the files that are there: when does ``/readyz`` say yes, and the memory of each worker.

``DIR`` is the home of any atlas: the sample's, or that of ``python -m tests.benchmarks.national``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.ports import free_port

WAYS = ("store", "made", "mapped")
MIB = 2**20


def private(pid: int | str = "self") -> float:
    """Return the memory of a process that it has written to, MiB."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Private_Dirty:"):
            return int(line.split()[1]) / 1024
    raise LookupError(pid)


def opened(home: Path, way: str) -> dict[str, float]:
    """Open the atlas of `home` in this process."""
    from dashboard.source import AtlasSource
    from geodata.derived import NAME
    from geodata.schema import TABLES
    from geodata.store import open_store
    from layers.atlas import Atlas

    if way == "made":
        shutil.rmtree(home / NAME, ignore_errors=True)
    before, clock, processor = private(), time.monotonic(), time.process_time()
    atlas = Atlas.load(open_store(home)) if way == "store" else AtlasSource(home).atlas()
    for name, schema in TABLES.items():
        atlas.table(name)
        if schema.geometry == "point":
            atlas.lonlat(name)
    return {
        "processor_s": round(time.process_time() - processor, 2),
        "clock_s": round(time.monotonic() - clock, 2),
        "private_mib": round(private() - before, 1),
    }


def served(home: Path, workers: int) -> dict[str, object]:
    """Serve the atlas of `home` until it is ready and a page has been asked of it, then stop."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    more = {"ATLAS_HOME": str(home), "ATLAS_PORT": str(port), "ATLAS_WORKERS": str(workers), "ATLAS_SIGN_IN": "off"}
    began = time.monotonic()
    server = subprocess.Popen(
        [sys.executable, "-m", "dashboard", "serve"], env={**os.environ, **more}, stderr=subprocess.DEVNULL
    )
    try:
        while True:
            try:
                urllib.request.urlopen(f"{address}/readyz").close()
                break
            except (urllib.error.URLError, ConnectionError):
                if server.poll() is not None:
                    raise
                time.sleep(0.1)
        ready = time.monotonic() - began
        for _ in range(4 * workers):
            urllib.request.urlopen(f"{address}/").close()
        children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
        return {"ready_s": round(ready, 1), "worker_private_mib": [round(private(one)) for one in children]}
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--one", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(opened(asked.home, asked.one)))
        return
    if asked.serve:
        print(served(asked.home, asked.workers))
        return
    found = {}
    for way in WAYS:
        command = ["-m", "tests.benchmarks.bench_derived", "--home", str(asked.home), "--one", way]
        found[way] = json.loads(subprocess.run([sys.executable, *command], capture_output=True, check=True).stdout)
        print(f"{way:8}", *(f"{name} {value:>8}" for name, value in found[way].items()))
    files = sum(one.stat().st_size for one in (asked.home / "derived").rglob("*") if one.is_file())
    print(f"files    {files / MIB:.0f} MiB; load {' '.join(f'{one:.1f}' for one in os.getloadavg())}")
    for name in ("processor_s", "private_mib"):
        print(f"store / mapped, {name}: {found['store'][name] / max(found['mapped'][name], 0.01):.0f}")


if __name__ == "__main__":
    main()
