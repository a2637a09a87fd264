"""How sure: how often each site of a plan stays in the optimum when demand is drawn anew."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geodata.errors import N_, AtlasError
from layers.siting.solver import Instance, best, value

#: Draws, and the spread of a point's demand about what is known (coefficient of variation).
DRAWS, SPREAD = 200, 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Stability:
    """How a plan fares when demand is drawn anew.

    Attributes
    ----------
    draws : int
        That were solved.
    proved : int
        Of them with the proof that nothing is better; the others by their best answer.
    stays : ndarray of float64, shape (p,)
        Part of the draws in whose optimum each site of the plan stands, 0 to 1.
    loss : ndarray of float64, shape (draws,)
        By which part of the best the plan falls short in each draw, 0 to 1.
    """

    draws: int
    proved: int
    stays: NDArray[np.float64]
    loss: NDArray[np.float64]


def stability(
    instance: Instance,
    sites: NDArray[np.int64],
    draws: int = DRAWS,
    spread: float = SPREAD,
    seed: int = 0,
    seconds: float = 1.0,
    over: Callable[[], bool] = lambda: False,
) -> Stability:
    """Return what :func:`each_draw` yields last."""
    return deque(each_draw(instance, sites, draws, spread, seed, seconds, over), maxlen=1)[0]


def each_draw(
    instance: Instance,
    sites: NDArray[np.int64],
    draws: int = DRAWS,
    spread: float = SPREAD,
    seed: int = 0,
    seconds: float = 1.0,
    over: Callable[[], bool] = lambda: False,
) -> Iterator[Stability]:
    """Draw the demand of every point anew and solve again; yield how the plan has fared so far, at first in no draw.

    Each weight is multiplied by a draw of a gamma distribution of mean 1 and coefficient of variation `spread`, each
    point by itself: what is known of demand is a proxy, and this is how wrong a point of it may be.

    Parameters
    ----------
    instance : Instance
        ``mclp`` or ``pmedian`` with a number of new sites or a budget.
    sites : ndarray of int64
        The plan.
    seconds : float
        Longest search of a draw.
    over : callable
        Asked between draws; True ends with the draws that there are.

    Raises
    ------
    AtlasError
        Draws or spread cannot be used, or the demand sums to nothing.
    """
    if not 1 <= draws <= 10_000:
        raise AtlasError(N_("抽样次数 {got} 不可用：请给 1 到 10000 的整数。"), got=draws)
    if not (np.isfinite(spread) and 0 < spread <= 2):
        raise AtlasError(N_("抽样的离散程度 {got} 不可用：请给大于 0、不超过 2 的数。"), got=spread)
    if instance.model not in ("mclp", "pmedian"):
        raise AtlasError(N_("抽样只用于 mclp 和 p-中位：另两种模型不看需求的多少。"))
    if not instance.weight.sum() > 0:
        raise AtlasError(N_("需求的权重合计为 0，抽样没有意义：请检查需求数据。"))
    random = np.random.default_rng(seed)
    shape = 1.0 / spread**2
    stays, loss, proved = np.zeros(len(sites)), [], 0
    yield Stability(0, 0, stays, np.array(loss))
    for _ in range(draws):
        if over():
            break
        drawn = instance.having(weight=instance.weight * random.gamma(shape, 1.0 / shape, len(instance.weight)))
        found, mine = best(drawn, seconds, seed), value(drawn, sites)
        if found.objective is None or mine is None:
            continue
        proved += found.status == "proved"
        stays += np.isin(sites, found.sites)
        loss.append(abs(found.objective - mine) / found.objective if found.objective else 0.0)
        yield Stability(len(loss), proved, stays / len(loss), np.array(loss))
