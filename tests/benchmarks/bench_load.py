"""Two hundred signed-in viewers: ``python -m tests.benchmarks.bench_load --locust BIN [--home DIR] [--minutes 5]``.

Serves the sample (or the atlas of DIR) with two workers and signing in, begins a session for each viewer, and lets
Locust play them (:mod:`tests.benchmarks.load_viewers`): first alone, then beside one who asks for plans and briefs
without a pause, then while a ledger is imported every half minute. Prints JSON: of each part the requests, failures,
p50 and p95 in milliseconds of whole deeds and of requests, the memory of the server at its beginning and end, and the
load of the machine. What plays the viewers runs on the same cores.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from dashboard.access import accounts, sessions
from geodata.build import build_atlas
from tests.browser.conftest import STOP_SECONDS, serve
from tests.fuzzing import megabytes
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery staple"
IMPORT_EVERY = 30.0


def signed_in(home: Path, count: int) -> list[str]:
    """Return the cookies of `count` viewers, and of one planner before them."""
    found = []
    for at in range(count + 1):
        role = "planner" if at == 0 else "viewer"
        account, _ = accounts.add(home, f"reader{at}", role, password=PASSWORD)
        found.append(sessions.begin(home, account, "127.0.0.1"))
    return found


def played(locust: Path, address: str, cookies: list[str], viewers: int, minutes: float, greedy: int) -> dict[str, Any]:
    """Return what Locust counted of `viewers` (and `greedy`) in `minutes`, those in which they arrive left out."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told"
        subprocess.run(
            [
                *(str(locust), "-f", str(Path(__file__).with_name("load_viewers.py")), "--headless", "--host", address),
                *("--users", str(viewers + greedy), "--spawn-rate", "5", "--reset-stats", "--run-time"),
                *(f"{round(minutes * 60 + viewers / 5)}s", "--csv", str(told), "--loglevel", "ERROR", "--only-summary"),
            ],
            env={**os.environ, "LOAD_COOKIES": json.dumps(cookies), "LOAD_GREEDY": str(greedy)},
            stdout=subprocess.DEVNULL,
            check=False,
        )
        with (Path(folder) / "told_stats.csv").open(encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
        with (Path(folder) / "told_failures.csv").open(encoding="utf-8") as lines:
            failures = [f"{one['Occurrences']} × {one['Name']}: {one['Error'][:120]}" for one in csv.DictReader(lines)]
    kept = {
        one["Name"]: {
            "count": int(one["Request Count"]),
            "failed": int(one["Failure Count"]),
            "p50": one["50%"],
            "p95": one["95%"],
            "p99": one["99%"],
        }
        for one in rows
    }
    return {"answers": kept, "failures": failures[:10]}


def importing(home: Path, until: threading.Event) -> int:
    """Import a few stations again and again; return how often."""
    times = 0
    while not until.wait(IMPORT_EVERY):
        ledger = home.parent / f"ledger-{times}.csv"
        rows = [f"站{times}-{at},118.09{at},24.47{at}" for at in range(5)]
        ledger.write_text("站点名称,经度,纬度\n" + "\n".join(rows), encoding="utf-8")
        command = [sys.executable, "-m", "dashboard", "import", str(ledger), "--table", "stations", "--crs", "wgs84"]
        done = subprocess.run(
            command, cwd=ROOT, env={**os.environ, "ATLAS_HOME": str(home)}, capture_output=True, check=False
        )
        times += done.returncode == 0
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--locust", type=Path, required=True)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--viewers", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--parts", default="alone,greedy,importing")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="load-") as folder:
        home = given.home or Path(folder) / "home"
        if not given.home:
            build_atlas(home)
        cookies = signed_in(home, given.viewers)
        port, log = free_port(), Path(folder) / "log"
        server = serve(home, port, log, ATLAS_SIGN_IN="on")
        address, found = f"http://127.0.0.1:{port}", {}
        try:
            for part in given.parts.split(","):
                before, over, counted = megabytes(log, home), threading.Event(), []
                beside = threading.Thread(target=lambda: counted.append(importing(home, over)))  # noqa: B023
                if part == "importing":
                    beside.start()
                found[part] = played(
                    given.locust, address, cookies, given.viewers, given.minutes, int(part == "greedy")
                )
                over.set()
                if part == "importing":
                    beside.join()
                found[part] |= {
                    "megabytes": [before, megabytes(log, home)],
                    "load": os.getloadavg()[0],
                    "imports": sum(counted),
                }
        finally:
            server.terminate()
            server.wait(STOP_SECONDS)
        found["traces"] = log.read_text("utf-8", "replace").count("Traceback")
    print(json.dumps(found, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
