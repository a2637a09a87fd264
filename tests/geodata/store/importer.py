"""A process to be killed: makes all ready, then imports in children that die at the moment they are told to.

Run as ``python -m tests.geodata.store.importer KIND HOME URL``. It answers ``ready``, then to each line
``SIGNAL SECONDS`` on stdin (seconds until the signal; ``-`` for none) with the seconds the child lasted and how
it ended: ``done``, or the number of what ended it.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from dashboard.__main__ import main
from geodata.store import open_store
from tests.geodata.store.atlases import rows


def work(arguments: list[str]) -> None:
    kind, home, url = arguments
    os.environ |= {"ATLAS_HOME": home} | ({"ATLAS_DATABASE_URL": url} if url else {})
    frame = rows(open_store(Path(home), url or None), 300)
    print("ready", flush=True)
    for line in sys.stdin:
        name, after = line.split()
        start = time.monotonic()
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            os._exit(imported(kind, home, url, frame))
        if after != "-":
            time.sleep(float(after))
            os.kill(child, getattr(signal, name))
        _, status = os.waitpid(child, 0)
        print(time.monotonic() - start, os.waitstatus_to_exitcode(status), flush=True)


def imported(kind: str, home: str, url: str, frame: object) -> int:
    """Import through the store (`kind` apply) or as the command line does; return the exit code."""
    try:
        if kind == "apply":
            open_store(Path(home), url or None).apply("stations", frame)
            return 0
        sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115
        return main(["import", kind, "--table", "stations", "--crs", "wgs84", "--json"])
    except KeyboardInterrupt:  # before the command line had begun
        return 130
    except BaseException as error:  # a child ends here and nowhere else
        print(repr(error), file=sys.__stderr__, flush=True)
        return 99


if __name__ == "__main__":
    work(sys.argv[1:])
