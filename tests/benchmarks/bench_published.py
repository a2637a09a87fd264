"""``make bench-published FOLDER=…``:
OR-Library's p-median files, TSPLIB's points (:mod:`tests.benchmarks.tsplib`) capacitated ones
(:mod:`tests.benchmarks.bench_capacitated`) and set covers through the planner, as Markdown tables.

`FOLDER` holds ``pmed1.txt`` … ``pmed40.txt`` as OR-Library publishes them; those that are not there are left out. Each
is solved as a p-median and as a p-center in a process of its own. Published optima: Beasley (1985), *European Journal
of Operational Research* 21, and Elloumi, Labbé & Pochet (2004), *INFORMS Journal on Computing* 16(1). Ends with 1 when
one of them is not reached and proved.

Capacitated p-medians in the folder (``pmedcap1.txt``, ``SJC1.dat`` …, ``lin318_005.txt`` …; the two formats are those
of ``bench_capacitated``) follow in a second table, ``--sourcing single`` (one site serves a point as a whole, as they
are published) or ``shared``, with the gap to the bound and, where a best known value is at hand, the excess over it.

Set covers (``scpnre1.txt`` …; :mod:`tests.benchmarks.set_covers`) follow in a third one, beside HiGHS alone.

Options: ``--only 6,32``, ``--only SJC1,lin318_005``, ``--only pcb3038``, ``--seconds S`` (120), ``--sourcing``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks import tsplib
from tests.benchmarks.bench_capacitated import read
from tests.benchmarks.set_covers import known

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
    parser.add_argument("--sourcing", choices=("single", "shared"), default="single")
    options = parser.parse_args()
    only = options.only.split(",") if options.only else None
    numbers = [int(one) for one in only if one.isdigit()] if only else range(1, 41)
    missed = 0
    points = {name: problems for name, problems in tsplib.PROBLEMS.items() if only is None or name in only}
    files = [*(f"pmed{one}.txt" for one in numbers), *(f"{name}.tsp" for name in points)]
    if any((options.folder / one).exists() for one in files):
        missed += uncapacitated(options, numbers, points)
    capacitated(options, only)
    set_covers(options, only)
    return int(missed > 0)


def set_covers(options: argparse.Namespace, only: list[str] | None) -> None:
    """Write the table of set covers."""
    files = [one for one in sorted(options.folder.glob("scp*.txt")) if only is None or one.stem in only]
    if files:
        head = (
            "instance | rows | columns | best known | reached | bound | seconds | CPU s | MiB | HiGHS | bound | CPU s"
        )
        print(f"\n| {head} |\n" + "|---" * 12 + "|")
    for path in files:
        command = [sys.executable, "-m", "tests.benchmarks.set_covers", str(path), str(options.seconds)]
        found = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
        alone, lower, cpu = found["plain"]
        print(
            f"| {path.stem} | {found['rows']} | {found['columns']} | {known(path) or '—'} | {found['objective']:,.0f} "
            f"| {found['bound']:,.0f} | {found['seconds']:.1f} | {found['cpu']:.1f} | {found['mebibytes']:,.0f} "
            f"| {'—' if alone is None else f'{alone:,.0f}'} | {lower:,.2f} | {cpu:.1f} |",
            flush=True,
        )


def capacitated(options: argparse.Namespace, only: list[str] | None) -> None:
    """Write the table of the capacitated ones."""
    files = sorted([*options.folder.glob("*.dat"), *options.folder.glob("*_*.txt"), *options.folder.glob("cpmp*.txt")])
    files += sorted(options.folder.glob("pmedcap*.txt"))
    head = "instance | n | p | best known | reached | over | gap | seconds | CPU s | MiB"
    for path in [one for one in files if only is None or one.stem in only]:
        for number, case in enumerate(read(path)):
            command = [sys.executable, "-m", "tests.benchmarks.bench_capacitated", path, number, options.sourcing]
            told = subprocess.run([*map(str, command), str(options.seconds)], stdout=subprocess.PIPE, check=True).stdout
            found = json.loads(told)
            if head:
                print(f"\n| {head} |\n" + "|---" * 10 + "|")
                head = ""
            least, reached = case.known, found["objective"]
            over = f"{reached / least - 1:.3%}" if least and reached else "—"
            gap = "proved" if found["status"] == "proved" else "—" if found["gap"] is None else f"{found['gap']:.3%}"
            print(
                f"| {case.name} | {found['n']} | {case.p} | {f'{least:,.2f}' if least else '—'} | "
                f"{f'{reached:,.2f}' if reached else '—'} | {over} | {gap} | {found['seconds']:.1f} | "
                f"{found['cpu']:.1f} | {found['mebibytes']:,.0f} |",
                flush=True,
            )


def uncapacitated(options: argparse.Namespace, numbers: Sequence[int], points_of: tsplib.Problems) -> int:
    """Write the table of OR-Library's p-medians and of TSPLIB's points, through ``python -m dashboard plan``; returns
    how many were missed.
    """
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
        for name, problems in points_of.items():
            path = options.folder / f"{name}.tsp"
            for model, p, known in problems if path.exists() else ():
                points = tsplib.written(path, Path(made))
                found, mebibytes = planned(model, points, None, p, options.seconds)
                right = tsplib.within(found, model, known)
                missed += not right
                print(
                    f"| {name} | {found['denominators']['demand_points']} | {p} | {model} | {known or ''} | "
                    f"{found['objective']:,.2f} | {found['gap']:.2%}{'' if right else ' (!)'} | "
                    f"{found['seconds']:.2f} | {mebibytes:,.0f} |",
                    flush=True,
                )
    return missed


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
