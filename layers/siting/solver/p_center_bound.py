"""Which radii the linear relaxation of a p-center rules out, of all demand at once and with inequalities."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from layers.siting.solver.constraints import Rule
from layers.siting.solver.covering_cuts import halves, violated
from layers.siting.solver.highs import Highs, Program
from layers.siting.solver.p_center_problem import Centers
from layers.siting.solver.progress import Clock, Step
from layers.siting.solver.reduction import Cover, merged, smallest

Floats = NDArray[np.float64]
#: Rows are asked of the relaxation until all but this share of a site serves them;
#: a bound must exceed the number by as much.
SLACK = 1e-3
#: What lies between a radius that is ruled out and one that is not known is left when it is less than that.
NARROW = 1.001
#: With more than 1,500 demand points, the relaxation is asked of all at once up to so many entries.
WHOLE = 1_000_000
#: Inequalities are asked of the relaxation where it is so near to the number, so many times, so many a site at once, as
#: long as so many times what they closed would do.
OPEN, CUTTINGS, CUTS, LASTING = 0.02, 12, 10, 4.0
#: The first radius is this part of the answer's; the next one that of which the relaxation comes so far below the
#: number, which is farther after each that was ruled out. How the number falls with the radius at first.
ALMOST, AIM, FURTHER, POWER = 0.968, 0.008, 0.0035, 1.8


def raised(centers: Centers, low: float, most: float, highs: Highs, clock: Clock) -> Generator[Step, None, float]:
    """Rule radii out by the linear relaxation of all demand, with inequalities, each about as large as that may do by
    what it came to before; yields bounds, returns the least radius that is left.
    """
    limit, high, aim, before, power = centers.rule.limit, most, AIM, None, POWER
    radius, failures = ALMOST * most, 0
    while failures < 2 and low * NARROW < high and not clock.over():
        levels = np.unique(centers.near.distance[(centers.near.distance >= low) & (centers.near.distance < high)])
        if not len(levels):
            break
        radius = float(levels[max(0, int(np.searchsorted(levels, radius, side="right")) - 1)])
        out, value = yield from ruled_out(centers, radius, highs)
        if out:
            low, aim = centers.next_level(radius, below=False), aim + FURTHER
            yield Step("exact", bound=min(low, most))
        else:
            near = value > limit * (1 - OPEN)
            high, aim, failures = radius, aim - FURTHER / 2 if near else aim, failures + near
        if not np.isfinite(value):
            radius = (low + high) / 2
            continue
        # the number of sites that are needed falls about as a power of the radius
        if before is not None and radius != before[0] and value != before[1]:
            power = float(np.clip(np.log(before[1] / value) / np.log(radius / before[0]), 0.5, 4.0))
        before = radius, value
        radius *= (value / (limit * (1 - aim))) ** (1 / power)
        if not low < radius < high:
            radius = (low + high) / 2
    return low


def ruled_out(centers: Centers, radius: float, highs: Highs) -> Generator[Step, None, tuple[bool, float]]:
    """Return whether the linear relaxation of all demand, with inequalities of three demand points each, rules a radius
    out, and what it comes to without them (endless: not known); yields steps.

    Sites without which the relaxation would need too many are left out on the way (Balas & Martin 1980).
    """
    rule, values = centers.rule, []
    matrix, _ = centers.reach(radius)
    if matrix.nnz > WHOLE or not np.diff(matrix.indptr).all():
        return matrix.nnz <= WHOLE, np.inf
    cover, able, _ = smallest(everybody(matrix), rule)
    cuts = sparse.csr_array((0, len(able)))
    for _ in range(CUTTINGS):
        made = program(cover, replace(able, limit=len(able)), False, cuts)
        found = yield from highs.solve(made, interior=True)
        if found.status != "optimal" or found.blocks is None or found.duals is None:
            return found.status == "infeasible", values[0] if values else np.inf
        share = found.blocks[0]
        values.append(float(share.sum()))
        if values[-1] > rule.limit + SLACK:
            return True, values[0]
        # what a round closes is mostly less than what the one before closed
        closes = LASTING * (values[-1] - values[-2]) if len(values) > 1 else OPEN * rule.limit
        triples = violated(cover.rows, share, int(CUTS * rule.limit))
        if values[-1] + closes < rule.limit or not len(triples):
            return False, values[0]
        keep = np.flatnonzero(may_be_chosen(cover, cuts, found.duals, rule.limit) | able.forced)
        tight = np.flatnonzero(cuts @ share < 2.0 + SLACK)
        cuts = sparse.vstack([cuts[tight], halves(cover.rows, triples)], format="csr")
        if len(keep) < len(able):
            fewer = cover.kept(keep)
            if fewer.points.sum() < cover.points.sum():  # somebody is in reach of none that is left
                return True, values[0]
            cover, able, place = smallest(fewer, able.kept(keep, np.empty(0, np.intp)))
            cuts = cuts[:, keep[place]]
    return False, values[0]


def may_be_chosen(cover: Cover, cuts: sparse.csr_array, duals: Floats, limit: int) -> NDArray[np.bool_]:
    """Return the sites with which no more than `limit` may do, by a bound that holds whatever the duals."""
    duals = np.maximum(duals, 0.0)
    rows, halved = duals[: len(cover.need)], duals[len(cover.need) :]
    left = 1.0 - cover.columns @ rows - cuts.T @ halved
    bound = float(rows.sum() + 2.0 * halved.sum() + np.minimum(left, 0.0).sum())
    return bound + left <= limit + SLACK


def everybody(matrix: sparse.csr_array) -> Cover:
    """Return the problem of serving every row."""
    ones = np.ones(matrix.shape[0])
    return merged(matrix, ones, ones, ones.astype(np.int64), 0.0)


def program(cover: Cover, rule: Rule, whole: bool, cuts: sparse.csr_array | None = None) -> Program:
    """Return the program of the fewest sites that serve everybody, and that come to two in each inequality."""
    made = Program()
    y = made.block(np.ones(len(rule)), rule.forced.astype(float), 1.0, integer=whole)
    if len(cover.need):
        made.row({y: cover.rows}, 1.0, np.inf)
    if cuts is not None and cuts.shape[0]:
        made.row({y: cuts}, 2.0, np.inf)
    made.rule(y, rule)
    return made
