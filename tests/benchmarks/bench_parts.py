"""What each part of the siting solver earns:
every instance with all parts, then with one taken out, as a Markdown table.

``python -m tests.benchmarks.bench_parts [--rival PYTHON] [--seconds S] [--only NAME]``. A part is taken out by putting
what does nothing in its place. Every run is a process of its own and is told by its processor seconds (its own and
those of the processes that it started), which a busy machine changes less than those of the clock. The plain rival is
HiGHS by itself (``highspy``, in the environment of PYTHON) on the reduced sparse model: elements merged, p-medians in
radius form, but no bound, no fixing and no answer to start from.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import shortest_path

from layers.distance import Points, from_dense, within_reach
from layers.siting.solver import Instance, covering, p_center, p_median_exact, p_median_search, search, solve
from layers.siting.solver.constraints import Rule
from layers.siting.solver.highs import Program
from layers.siting.solver.reduction import cover_of

DATA = Path(__file__).resolve().parents[1] / "data" / "siting"
RADIUS_M, SEED = 500.0, 1


@dataclass(frozen=True, slots=True)
class Case:
    """One instance: a file of OR-Library, or `demand` points and `sites` at random on a square of `side` metres."""

    name: str
    model: str
    demand: int = 0
    sites: int = 0
    side: float = 0.0
    new: int | None = 8
    cover: int = 1
    file: str = ""


CASES = (
    Case("mclp-2k", "mclp", 2_000, 1_000, 10_000, 20),
    Case("mclp-10k", "mclp", 10_000, 1_000, 10_000, 20),
    Case("mclp-50k", "mclp", 50_000, 5_000, 15_000, 20),
    Case("mclp-twice-2k", "mclp", 2_000, 1_000, 6_000, 20, 2),
    Case("lscp-10k", "lscp", 10_000, 1_000, 10_000, None),
    Case("lscp-50k", "lscp", 50_000, 5_000, 15_000, None),
    *(Case(f"pmed{n}-{m}", m, file=f"pmed{n}.txt") for m in ("pmedian", "pcenter") for n in (1, 3, 5, 32)),
)


def instance_of(case: Case) -> Instance:
    """Return the problem of a case; where all must be covered, demand out of everyone's reach is left out."""
    if case.file:
        numbers = np.array((DATA / case.file).read_text().split(), dtype=float)
        nodes, p = int(numbers[0]), int(numbers[2])
        way = np.full((nodes, nodes), np.inf)
        for one, other, cost in numbers[3:].reshape(-1, 3):
            way[int(one) - 1, int(other) - 1] = way[int(other) - 1, int(one) - 1] = cost
        np.fill_diagonal(way, 0.0)
        return Instance(model=case.model, weight=np.ones(nodes), pairs=from_dense(shortest_path(way)), new=p)
    random = np.random.default_rng(SEED)
    demand, sites = (random.uniform(0, case.side, (n, 2)) for n in (case.demand, case.sites))
    weight = random.integers(1, 100, case.demand).astype(float)
    if case.model == "lscp":
        reached = np.diff(within_reach(Points(demand), Points(sites), RADIUS_M).start) > 0
        demand, weight = demand[reached], weight[reached]
    pairs = within_reach(Points(demand), Points(sites), RADIUS_M)
    return Instance(model=case.model, weight=weight, pairs=pairs, new=case.new, radius=RADIUS_M, cover=case.cover)


def _nothing(*_: object, **__: object) -> None:
    """Find nothing."""


def _same_choice(_problem: object, _rule: object, chosen: list[int], *_: object, **__: object) -> list[int]:
    return chosen


def _no_bound(*_: object, **__: object) -> Iterator[None]:
    yield from ()


#: Part → models it is of, and what takes it out.
PARTS: dict[str, tuple[tuple[str, ...], Callable[[], None]]] = {
    "first answer (sample)": (("mclp", "pmedian", "pcenter"), lambda: setattr(search, "first_answer", _nothing)),
    "interchange": (
        ("mclp", "pmedian"),
        lambda: (setattr(covering, "interchange", _same_choice), setattr(p_median_search, "interchange", _same_choice)),
    ),
    "kicks": (
        ("mclp", "pmedian"),
        lambda: (setattr(covering, "kicks", _same_choice), setattr(p_median_exact, "kicks", _same_choice)),
    ),
    "answers from the bound": (("mclp", "pmedian"), lambda: setattr(covering, "_from_bound", _nothing)),
    "reduced-cost fixing": (("mclp", "lscp"), lambda: setattr(covering, "decided", _all_open)),
    "dominated sites": (("mclp", "lscp"), lambda: setattr(covering, "without_dominated", _all_sites)),
    "implied demand": (("lscp",), lambda: setattr(covering, "without_implied", lambda cover: cover)),
    "strong rows of twofold cover": (("mclp",), lambda: setattr(covering, "STRONG_ENTRIES", -1)),
    "search near the bound": (("pmedian",), lambda: setattr(p_median_exact, "MANY", 10**9)),
    "second relaxation": (("pmedian",), lambda: setattr(p_median_exact, "TURNS", 0)),
    "branch and bound": (("pmedian",), lambda: setattr(p_median_exact, "branch", _no_bound)),
    "small programs by HiGHS": (("pmedian",), lambda: setattr(p_median_exact, "FEW_ENTRIES", -1)),
    "some demand first": (("pcenter",), lambda: setattr(p_center, "MOST", -1.0)),
}


def _all_open(_relaxed: object, _target: float, _upper: bool, forced: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.arange(len(forced)), np.flatnonzero(forced)


def _all_sites(_cover: object, rule: Rule) -> np.ndarray:
    return np.arange(len(rule))


def planned(case: Case, without: str, seconds: float) -> dict[str, object]:
    """Solve the case without one part (empty: with all) and return what came of it."""
    instance = instance_of(case)
    if without:
        PARTS[without][1]()
    before = os.times()
    last = None
    for last in solve(instance, seconds):  # noqa: B007 - the last one is the answer
        pass
    after = os.times()
    return {
        "objective": last.objective,
        "status": last.status,
        "gap": last.gap,
        "cpu": sum(after[:4]) - sum(before[:4]),
    }


def program_of(case: Case) -> tuple[Program, float, float]:
    """Return the reduced sparse model of a case, with the scale and the base of its objective."""
    instance = instance_of(case)
    rule = Rule.of(instance)
    if case.model == "pmedian":
        problem = p_median_exact.Median.of(instance, rule)
        left = p_median_exact.Remainder(problem, np.arange(len(rule)), np.flatnonzero(rule.forced), problem.penalty)
        return p_median_exact.program(left, rule)
    cover, _ = cover_of(instance, rule)
    program = Program()
    if case.model == "mclp":
        y = program.block(np.zeros(len(rule)), 0.0, 1.0, integer=True)
        z = program.block(-cover.weight, 0.0, 1.0, integer=not cover.simple)
        need = sparse.diags_array(cover.need.astype(float)).tocsr()
        program.row({z: need, y: -cover.rows}, -np.inf, 0.0)
    else:
        y = program.block(np.ones(len(rule)), 0.0, 1.0, integer=True)
        program.row({y: cover.rows}, cover.need.astype(float), np.inf)
    program.rule(y, rule)
    return program, -1.0 if case.model == "mclp" else 1.0, cover.base if case.model == "mclp" else 0.0


RIVAL = """
import json, os, sys, numpy as np, highspy
from scipy import sparse
g = np.load(sys.argv[1]); h = highspy.Highs(); h.setOptionValue("output_flag", False)
h.setOptionValue("time_limit", float(sys.argv[2])); h.setOptionValue("mip_rel_gap", 0.0); h.setOptionValue("threads", 1)
lp = highspy.HighsLp(); lp.num_col_ = len(g["c"]); lp.num_row_ = len(g["low"])
lp.col_cost_, lp.col_lower_, lp.col_upper_ = g["c"], g["lower"], g["upper"]
lp.row_lower_, lp.row_upper_ = g["low"], g["high"]
lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = g["indptr"], g["indices"], g["data"]
lp.integrality_ = [highspy.HighsVarType.kInteger if one else highspy.HighsVarType.kContinuous for one in g["integer"]]
h.passModel(lp); before = os.times(); h.run(); after = os.times(); info = h.getInfo()
print(json.dumps({"objective": info.objective_function_value, "bound": info.mip_dual_bound,
  "status": str(h.getModelStatus()), "gap": info.mip_gap, "cpu": sum(after[:4]) - sum(before[:4])}))
"""


def rival(case: Case, python: str, seconds: float) -> dict[str, object]:
    """Give the reduced model to HiGHS alone and return what it says."""
    program, scale, base = program_of(case)
    task = program.task()
    matrix = task.pop("matrix")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "case.npz"
        np.savez(path, **task, indptr=matrix.indptr, indices=matrix.indices, data=matrix.data)
        told = subprocess.run(
            [python, "-c", RIVAL, str(path), str(seconds)], capture_output=True, text=True, check=True
        ).stdout
    found = json.loads(told.splitlines()[-1])
    proved = found["status"].endswith("kOptimal")
    return found | {"objective": base + found["objective"] / scale, "status": "proved" if proved else "gap"}


def _told(found: dict[str, object]) -> str:
    if found["objective"] is None:
        return f"no answer | {found['cpu']:.2f}"
    gap = "proved" if found["status"] == "proved" else "gap ?" if found["gap"] is None else f"gap {found['gap']:.2%}"
    return f"{found['objective']:,.0f}, {gap} | {found['cpu']:.2f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rival")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--only", default="")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    parser.add_argument("--without", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        case = next(one for one in CASES if one.name == options.case)
        print(json.dumps(planned(case, options.without, options.seconds)))
        return
    print("| instance | without | answer | processor s |\n|---|---|---|---|", flush=True)
    for case in CASES:
        if options.only not in case.name:
            continue
        for without in ["", *(name for name, (models, _) in PARTS.items() if case.model in models)]:
            run = [sys.executable, "-m", "tests.benchmarks.bench_parts", "--case", case.name]
            run += ["--seconds", str(options.seconds), "--without", without]
            done = subprocess.run(run, capture_output=True, text=True)
            told = _told(json.loads(done.stdout)) if not done.returncode else done.stderr.splitlines()[-1] + " | "
            print(f"| {case.name} | {without or '—'} | {told} |", flush=True)
        if options.rival and case.model != "pcenter":
            print(f"| {case.name} | HiGHS alone | {_told(rival(case, options.rival, options.seconds))} |", flush=True)


if __name__ == "__main__":
    main()
