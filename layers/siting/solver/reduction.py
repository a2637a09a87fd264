"""Make a covering problem smaller without changing its answers.

Demand that existing sites already cover is counted and dropped, demand with
the same candidates in reach becomes one element (Church 1984 calls the cover
sets; here they are found by hashing, in time proportional to the pairs), and
candidates that a bound has ruled out disappear.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from layers.siting.solver.constraints import Rule
from layers.siting.solver.instance import Instance

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Cover:
    """A covering problem after reduction: elements × candidates.

    Attributes
    ----------
    rows : csr_array, shape (e, f)
        1 where the candidate reaches the element.
    columns : csr_array, shape (f, e)
        The same, by candidate.
    weight : ndarray of float64, shape (e,)
        Demand weight of the element.
    points : ndarray of float64, shape (e,)
        Demand points in it.
    need : ndarray of int64, shape (e,)
        By how many *new* sites it must be reached to count, at least 1.
    base : float
        Weight that counts already.
    """

    rows: sparse.csr_array
    columns: sparse.csr_array
    weight: Floats
    points: Floats
    need: NDArray[np.int64]
    base: float

    @property
    def simple(self) -> bool:
        """Whether one site in reach is enough everywhere."""
        return bool((self.need == 1).all())

    def counts(self, chosen: NDArray[np.intp] | list[int]) -> NDArray[np.int64]:
        """Return by how many of `chosen` each element is reached."""
        there = np.zeros(self.rows.shape[1])
        there[chosen] = 1.0
        return np.rint(self.rows @ there).astype(np.int64)

    def value(self, chosen: NDArray[np.intp] | list[int]) -> float:
        """Return the weight that counts with `chosen`."""
        return self.base + float(self.weight[self.counts(chosen) >= self.need].sum())

    def kept(self, columns: NDArray[np.intp]) -> Cover:
        """Return the problem for candidates `columns` only, merged again."""
        rows = self.rows[:, columns]
        degree = np.diff(rows.indptr)
        able = np.flatnonzero(degree >= self.need)
        return merged(rows[able], self.weight[able], self.points[able], self.need[able], self.base)


def cover_of(instance: Instance, rule: Rule, need: int | None = None) -> tuple[Cover, NDArray[np.int64]]:
    """Return the reduced covering problem of an instance.

    Parameters
    ----------
    need : int or None
        How often an element must be reached; None: as the instance says.

    Returns
    -------
    cover : Cover
    beyond : ndarray of int64
        Demand points that no allowed choice can cover.
    """
    pairs = instance.pairs
    m = pairs.demands
    matrix = sparse.csr_array((np.ones(len(pairs.site)), pairs.site, pairs.start), shape=(m, pairs.sites))
    stand = pairs.counts(instance.existing)
    left = (instance.cover if need is None else need) - stand
    open_rows = np.flatnonzero(left > 0)
    rows = matrix[open_rows][:, rule.sites] if len(open_rows) < m or len(rule.sites) < pairs.sites else matrix
    able = np.diff(rows.indptr) >= left[open_rows]
    base = float(instance.weight[left <= 0].sum())
    kept = open_rows[able]
    cover = merged(
        rows[np.flatnonzero(able)] if not able.all() else rows,
        instance.weight[kept],
        np.ones(len(kept)),
        left[kept],
        base,
    )
    return cover, open_rows[~able]


def merged(rows: sparse.csr_array, weight: Floats, points: Floats, need: NDArray[np.int64], base: float) -> Cover:
    """Return a :class:`Cover` in which elements with the same candidates and need are one."""
    e, f = rows.shape
    if e:
        rows.sort_indices()
        random = np.random.default_rng(20241031)
        one, two = (random.integers(0, 2**63, size=f, dtype=np.uint64) for _ in range(2))
        start, empty = rows.indptr[:-1], np.diff(rows.indptr) == 0

        def hashed(key: NDArray[np.uint64]) -> NDArray[np.uint64]:
            values = np.append(key[rows.indices], np.uint64(0))
            found = np.add.reduceat(values, start)
            found[empty] = 0
            return found * np.uint64(0x9E3779B97F4A7C15) + need.astype(np.uint64)

        first_hash, second_hash = hashed(one), hashed(two)
        _, first, group = np.unique(first_hash, return_index=True, return_inverse=True)
        if (second_hash[first][group] != second_hash).any():  # two cover sets share a 64-bit hash: leave all apart
            first = group = np.arange(e)
        if len(first) < e:
            weight, points = np.bincount(group, weight), np.bincount(group, points)  # ty: ignore[invalid-assignment] - weights make them floats
            rows, need = rows[first], need[first]
    return Cover(rows, rows.T.tocsr(), weight, points, need, base)


def without_dominated(cover: Cover, rule: Rule) -> NDArray[np.intp]:
    """Return the candidates that are not dominated by one that reaches all that they reach.

    Only with a plain rule and equal costs is a dominated candidate never
    needed; elements with a need above one may want both, so all stay then.
    """
    f = len(rule)
    if not (rule.plain and cover.simple) or f > 4000 or cover.columns.nnz > 300_000:
        return np.arange(f)
    shared = (cover.columns @ cover.rows).tocoo()
    size = np.diff(cover.columns.indptr)
    inside = (shared.coords[0] != shared.coords[1]) & (np.rint(shared.data) == size[shared.coords[0]])
    small, large = shared.coords[0][inside], shared.coords[1][inside]
    beaten = (size[large] > size[small]) | (large < small)
    beaten &= ~rule.forced[small]
    gone = np.zeros(f, bool)
    gone[small[beaten]] = True
    gone[(size == 0) & ~rule.forced] = True
    return np.flatnonzero(~gone)


def taken(cover: Cover, rule: Rule) -> Cover:
    """Return the problem after the forced candidates have been chosen (they stay as columns that add nothing)."""
    if not rule.forced.any():
        return cover
    left = cover.need - cover.counts(rule.start)
    open_rows = np.flatnonzero(left > 0)
    keep = (~rule.forced).astype(np.float64)
    rows = cover.rows[open_rows] @ sparse.dia_array((keep[None, :], [0]), shape=(len(keep),) * 2)
    rows = sparse.csr_array(rows)
    rows.eliminate_zeros()
    base = cover.base + float(cover.weight[left <= 0].sum())
    able = np.flatnonzero(np.diff(rows.indptr) >= left[open_rows])
    kept = open_rows[able]
    return merged(rows[able], cover.weight[kept], cover.points[kept], left[kept], base)


def without_implied(cover: Cover) -> Cover:
    """Return the problem without elements that are met whenever another one is (for set covering, need 1 everywhere).

    Where everything must be covered, an element whose candidates include all
    those of another one asks for nothing more.
    """
    e = len(cover.need)
    if not cover.simple or not e or e > 4000:
        return cover
    shared = (cover.rows @ cover.columns).tocoo()
    size = np.diff(cover.rows.indptr)
    small, large = shared.coords
    inside = (small != large) & (np.rint(shared.data) == size[small]) & (size[small] < size[large])
    gone = np.zeros(e, bool)
    gone[large[inside]] = True
    kept = np.flatnonzero(~gone)
    return merged(cover.rows[kept], cover.weight[kept], cover.points[kept], cover.need[kept], cover.base)


def smallest(cover: Cover, rule: Rule) -> tuple[Cover, Rule, NDArray[np.intp]]:
    """Return a covering problem in which all must be covered at equal prices, without what is implied or dominated,
    its rule, and which candidates are left.
    """
    place = np.arange(len(rule))
    for _ in range(10):
        before = cover.rows.shape
        cover = without_implied(cover)
        keep = without_dominated(cover, rule)
        cover, rule, place = cover.kept(keep), rule.kept(keep, np.empty(0, np.intp)), place[keep]
        if cover.rows.shape == before:
            break
    return cover, rule, place
