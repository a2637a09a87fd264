"""``make bench-brief``: seconds and memory of briefs:
one cold, one warm, 27 grids by one command; nothing left running.

The promises: one page under 10 s cold and 4 s warm, 27 grids under 2 minutes, under 1.5 GiB in all. A shared
machine is noisy: CPU seconds stand beside the clock's.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from dashboard.app import create_app
from dashboard.export import chromium
from dashboard.export.engine import Engine
from dashboard.export.order import Order
from dashboard.export.studio import Studio
from dashboard.settings import Settings
from geodata.build import build_atlas

ROOT = Path(__file__).resolve().parents[2]
LIMITS = {"cold_s": 10, "warm_s": 4, "grids_s": 120, "megabytes": 1536}


def _descendants(pid: int) -> list[int]:
    found = [pid]
    for child in chromium.children(pid):
        found += _descendants(child)
    return found


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _command(home: Path, *options: str) -> dict[str, float]:
    """Run the command line and return its clock and CPU seconds and the most memory that it and all it started held."""
    began, cpu = time.monotonic(), _cpu()
    process = subprocess.Popen(
        [sys.executable, "-m", "dashboard", "brief", *options, "--json"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        env={**os.environ, "ATLAS_HOME": str(home)},
    )
    most = [0.0]

    def watch() -> None:
        while process.poll() is None:
            most[0] = max(most[0], chromium.megabytes(_descendants(process.pid)))
            time.sleep(0.25)

    watcher = threading.Thread(target=watch)
    watcher.start()
    out, _ = process.communicate()
    watcher.join()
    assert process.returncode == 0
    said = json.loads(out)
    return {
        "seconds": round(time.monotonic() - began, 1),
        "cpu_seconds": round(_cpu() - cpu, 1),
        "megabytes": round(most[0]),
        "files": said.get("count", 1),
    }


def main() -> None:
    before = set(Path(tempfile.gettempdir()).glob("playwright*"))
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch) / "home"
        build_atlas(home)
        found: dict[str, object] = {"load": os.getloadavg()}
        found["command, one page, cold"] = _command(
            home, "--query", "place=640200", "--format", "pptx", "--out", f"{scratch}/x.pptx"
        )
        settings = Settings(home=home)
        app = create_app(settings)
        engine = Engine(app.server.wsgi_app, settings)
        studio = Studio(app.server.extensions["atlas"], engine, settings)
        times = []
        for place in ("640200", "350203", "640202", "640205", "640221", "210900"):
            began = time.monotonic()
            studio.make(Order(query=f"place={place}"))
            times.append(round(time.monotonic() - began, 2))
        found["server, one page"] = {
            "first": times[0],
            "warm": times[1:],
            "browser_megabytes": round(engine.megabytes()),
        }
        engine.close()
        found["command, 27 grids"] = _command(
            home, "--each", "grids", "--place", "640200", "--format", "pptx", "--out", f"{scratch}/grids"
        )
    found["left running"] = len(
        [pid for pid in chromium.processes() if any(chromium.MARK in one for one in chromium.command_line(pid))]
    )
    found["left in the temporary folder"] = len(set(Path(tempfile.gettempdir()).glob("playwright*")) - before)
    found["promised"] = LIMITS
    print(json.dumps(found, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
