"""A process that checks files one after another under a limit on memory, and says of each how it went.

Run as ``python -m tests.geodata.importing.checking_child HOME``; takes and gives one line of JSON a file.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import Any

GIB = 2**30
ADDRESSES = 2 * GIB  # a backstop: libraries reserve addresses that they never touch; what counts is the resident peak


class Child:
    """The process, seen from outside."""

    def __init__(self, home: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.geodata.importing.checking_child", str(home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )
        assert self._process.stdout is not None and self._process.stdout.readline() == "ready\n"

    def check(self, path: Path, table: str, crs: str | None) -> dict[str, Any]:
        """Return ``report`` (as_dict), ``seconds`` (processor),
        ``peak`` (bytes resident at most), ``failure`` (a traceback or None).
        """
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(path), table, crs]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the process died of {path}"
        return json.loads(line)

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()


def main(home: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    from geodata.importing.check import check_file
    from geodata.store import open_store

    store = open_store(Path(home))
    print("ready", flush=True)
    for line in sys.stdin:
        path, table, crs = json.loads(line)
        gc.collect()
        Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
        start, report, failure = time.process_time(), {}, None
        try:
            found = check_file(Path(path), table, store, crs).report
            report = {**found.as_dict(), "ok": found.ok}
        except BaseException:
            failure = traceback.format_exc()
        peak = 1024 * int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
        print(
            json.dumps({"report": report, "seconds": time.process_time() - start, "peak": peak, "failure": failure}),
            flush=True,
        )


if __name__ == "__main__":
    main(sys.argv[1])
