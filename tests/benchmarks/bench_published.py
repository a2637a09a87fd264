"""``make bench-published FOLDER=…``:
OR-Library's p-median files, and TSPLIB's points (:mod:`tests.benchmarks.tsplib`), through ``python -m dashboard plan``,
as a Markdown table.

`FOLDER` holds ``pmed1.txt`` … ``pmed40.txt`` as OR-Library publishes them; those that are not there are left out. Each
is solved as a p-median and as a p-center in a process of its own. Published optima: Beasley (1985), *European Journal
of Operational Research* 21, and Elloumi, Labbé & Pochet (2004), *INFORMS Journal on Computing* 16(1). Ends with 1 when
one of them is not reached and proved.

Options: ``--only 6,32``, ``--seconds S`` (120).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks import tsplib

#: Optima of pmed1 … pmed40.
PUBLISHED = {
    "pmedian": (
        5819,
        4093,
        4250,
        3034,
        1355,
        7824,
        5631,
        4445,
        2734,
        1255,
        7696,
        6634,
        4374,
        2968,
        1729,
        8162,
        6999,
        4809,
        2845,
        1789,
        9138,
        8579,
        4619,
        2961,
        1828,
        9917,
        8307,
        4498,
        3033,
        1989,
        10086,
        9297,
        4700,
        3013,
        10400,
        9934,
        5057,
        11060,
        9423,
        5128,
    ),
    "pcenter": (
        127,
        98,
        93,
        74,
        48,
        84,
        64,
        55,
        37,
        20,
        59,
        51,
        36,
        26,
        18,
        47,
        39,
        28,
        18,
        13,
        40,
        38,
        22,
        15,
        11,
        38,
        32,
        18,
        13,
        9,
        30,
        29,
        15,
        11,
        30,
        27,
        15,
        29,
        23,
        13,
    ),
}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only")
    parser.add_argument("--seconds", type=float, default=120)
    options = parser.parse_args()
    numbers = [int(one) for one in options.only.split(",")] if options.only else range(1, 41)
    missed = 0
    print("| instance | n | p | model | published | reached | | seconds | MiB |\n|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as made:
        for number in numbers:
            path = options.folder / f"pmed{number}.txt"
            if not path.exists():
                continue
            nodes, _, p = map(int, path.read_text().split()[:3])
            points = Path(made) / f"{nodes}.csv"
            points.write_text("id,weight\n" + "".join(f"{one},1\n" for one in range(1, nodes + 1)))
            for model, optima in PUBLISHED.items():
                found, mebibytes = planned(model, points, path, p, options.seconds)
                right = found["status"] == "proved" and found["objective"] == optima[number - 1]
                missed += not right
                ending = "proved" if found["status"] == "proved" else format(found["gap"], ".3%")
                print(
                    f"| {path.stem} | {nodes} | {p} | {model} | {optima[number - 1]:,} | {found['objective']:,.0f} | "
                    f"{ending}{'' if right else ' (!)'} | "
                    f"{found['seconds']:.2f} | {mebibytes:,.0f} |",
                    flush=True,
                )
        for name, problems in {} if options.only else tsplib.PROBLEMS.items():
            path = options.folder / f"{name}.tsp"
            for model, p, known in problems if path.exists() else ():
                points = tsplib.written(path, Path(made))
                found, mebibytes = planned(model, points, None, p, options.seconds)
                right = tsplib.within(found, known)
                missed += not right
                print(
                    f"| {name} | {found['denominators']['demand_points']} | {p} | {model} | {known or ''} | "
                    f"{found['objective']:,.2f} | {found['gap']:.2%}{'' if right else ' (!)'} | "
                    f"{found['seconds']:.2f} | {mebibytes:,.0f} |",
                    flush=True,
                )
    return int(missed > 0)


def planned(model: str, points: Path, network: Path | None, p: int, seconds: float) -> tuple[dict, float]:
    """Return what the command line answers, and the most memory that it held, MiB."""
    command = [
        sys.executable,
        "-m",
        "dashboard",
        "plan",
        "--model",
        model,
        "--demand",
        str(points),
        "--candidates",
        str(points),
        *(["--network", str(network)] if network else []),
        "--new",
        str(p),
        "--time-limit",
        str(seconds),
        "--json",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as running:
        told = running.stdout.read()
        _, status, used = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode:
        raise SystemExit(running.returncode)
    return json.loads(told), used.ru_maxrss / 1024


if __name__ == "__main__":
    raise SystemExit(main())
