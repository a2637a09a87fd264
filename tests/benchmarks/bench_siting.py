"""``make bench-siting``: the site planner against spopt with HiGHS on the same cases, in one run, as a Markdown table.

Demand and sites lie at random on a square (seed 1), weights are whole numbers from 1 to 99, 28 sites stand and 8 are
to be added (p-median: none stands, 8 are chosen). The planner starts from the points: finding who is within reach
counts in its time. spopt starts from a finished matrix of distances, which does not count in its time. Every case runs
in a process of its own; spopt is ended after ``--rival-seconds`` (150), and the ratio is then a lower bound.

Options: ``--rival PYTHON`` (the interpreter that has spopt), ``--only NAME``, ``--rival-seconds S``, ``--runs N``.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from layers.distance import Points, measure, within_reach
from layers.siting.prepare import farther_sites, median_pairs
from layers.siting.solver import Instance, solve

RADIUS_M = 500.0
SEED = 1
EARLY = (0.3, 2.0, 5.0)


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the table: `side` in metres, `seconds` at most for the planner, `rival` whether spopt is asked too."""

    name: str
    model: str
    demand: int
    candidates: int
    side: float
    seconds: float
    rival: bool
    existing: int = 28
    new: int = 8


CASES = (
    Case("mclp-2k", "mclp", 2_000, 1_000, 10_000, 30, True),
    Case("mclp-10k", "mclp", 10_000, 1_000, 10_000, 30, True),
    Case("mclp-50k", "mclp", 50_000, 5_000, 15_000, 30, True),
    Case("mclp-1m", "mclp", 1_000_000, 10_000, 40_000, 50, False),
    Case("pmedian-500", "pmedian", 500, 200, 10_000, 30, True, 0),
    Case("pmedian-2k", "pmedian", 2_000, 1_000, 10_000, 30, True, 0),
    Case("pmedian-50k", "pmedian", 50_000, 5_000, 15_000, 60, False, 0),
)


def drawn(case: Case) -> tuple[Points, Points, np.ndarray, np.ndarray]:
    """Return demand, sites (those that stand come last), weights and which sites stand."""
    random = np.random.default_rng(SEED)
    count = case.candidates + case.existing
    demand, sites = (Points(random.uniform(0, case.side, (n, 2))) for n in (case.demand, count))
    return demand, sites, random.integers(1, 100, case.demand).astype(float), np.arange(count) >= case.candidates


def planned(case: Case) -> dict[str, object]:
    """Solve the case by the planner and return what came when; times in seconds from the points."""
    demand, sites, weight, existing = drawn(case)
    began = time.perf_counter()
    covering = case.model == "mclp"
    horizon = plane = farther = None
    if covering:
        pairs = within_reach(demand, sites, RADIUS_M)
    else:
        pairs, horizon, plane = median_pairs(demand, sites, case.existing, case.new)
        farther = farther_sites(demand.xy, False, sites, 1.0)
    instance = Instance(
        model=case.model,
        weight=weight,
        pairs=pairs,
        existing=existing,
        new=case.new,
        radius=RADIUS_M if covering else None,
        horizon=horizon,
        plane=plane,
        farther=farther,
    )
    first, early = None, {}
    last = None
    for progress in solve(instance, case.seconds):
        now = time.perf_counter() - began
        if progress.objective is not None and first is None:
            first = now
        for limit in EARLY:
            if now <= limit:
                early[str(limit)] = progress.gap
        last = progress
    seconds = time.perf_counter() - began
    if seconds <= min(EARLY):
        early = {str(limit): last.gap for limit in EARLY}
    return {
        "objective": last.objective,
        "gap": last.gap,
        "status": last.status,
        "first": first,
        "seconds": seconds,
        "gap_by": early,
        "pairs": len(instance.pairs.distance),
        "mebibytes": _peak(),
    }


def _peak() -> float:
    """Return the most memory this process held, MiB; getrusage would tell of the parent's too, which holds matrices."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text()).group(1)) / 1024


def asked(case: Case, python: Path, seconds: float, folder: Path) -> dict[str, object] | None:
    """Solve the case by spopt in a process that is ended after `seconds`; None when it was."""
    demand, sites, weight, existing = drawn(case)
    i, j = np.indices((case.demand, len(existing)), dtype=np.int32)
    distance = measure(demand, i.ravel(), sites, j.ravel()).reshape(i.shape)
    path = folder / f"{case.name}.npz"
    np.savez(path, model=case.model, distance=distance, weight=weight, existing=existing, new=case.new, radius=RADIUS_M)
    del i, j, distance
    try:
        done = subprocess.run(
            [str(python), str(Path(__file__).with_name("spopt_rival.py")), str(path)],
            capture_output=True,
            text=True,
            check=True,
            timeout=seconds + 30,
        )
    except subprocess.TimeoutExpired:
        return None
    finally:
        path.unlink()
    found = json.loads(done.stdout.splitlines()[-1])
    return found if found["seconds"] <= seconds else None


def row(case: Case, ours: list[dict[str, object]], theirs: dict[str, object] | None, limit: float) -> str:
    """Return the case's line of the table."""
    seconds = statistics.median(float(one["seconds"]) for one in ours)
    one = ours[0]
    if not case.rival:
        spopt, ratio = "—", "—"
    elif theirs is None:
        spopt, ratio = f"> {limit:.0f} s, ended", f"> {limit / seconds:,.0f}×"
    else:
        same = abs(float(theirs["objective"]) - float(one["objective"])) <= 1e-6 * abs(float(one["objective"]))
        spopt = f"{float(theirs['seconds']):.1f} s" + (
            "" if same else f" (objective {float(theirs['objective']):,.0f}: differs)"
        )
        ratio = f"{float(theirs['seconds']) / seconds:,.0f}×"
    gap_2s = one["gap_by"].get("2.0")
    early = "—" if gap_2s is None else f"{gap_2s:.2%}"
    ending = "proved" if one["status"] == "proved" else f"gap {one['gap']:.2%}"
    return (
        f"| {case.model} {case.demand:,} × {case.candidates:,} | "
        f"{one['first']:.3f} s | {early} | {seconds:.2f} s, {ending} "
        f"| {one['objective']:,.0f} | {one['mebibytes']:,.0f} MiB | {spopt} | {ratio} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--case")
    parser.add_argument("--only")
    parser.add_argument("--rival", type=Path)
    parser.add_argument("--rival-seconds", type=float, default=150)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    if options.case:
        print(json.dumps(planned(next(case for case in CASES if case.name == options.case))))
        return
    print("| case | first answer | gap at 2 s | answer | objective | peak memory | spopt + HiGHS | spopt ÷ planner |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            if options.only and options.only != case.name:
                continue
            command = [sys.executable, "-m", "tests.benchmarks.bench_siting", "--case", case.name]
            runs = options.runs if case.demand < 100_000 else 1
            ours = [
                json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
                for _ in range(runs)
            ]
            theirs = (
                asked(case, options.rival, options.rival_seconds, Path(folder))
                if case.rival and options.rival
                else None
            )
            print(row(case, ours, theirs, options.rival_seconds), flush=True)
            print(json.dumps({"case": asdict(case), "planner": ours, "spopt": theirs}), file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
