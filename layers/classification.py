"""Classed scales: which class a value is in, and by what method the limits were set.

A value on a limit belongs to the class above it (``limits[i-1] <= value <
limits[i]``), as readers take "80%–85%" and "≥ 100". The limits are those of
mapclassify's ``UserDefined`` and ``Quantiles`` (a test holds both together);
why the package itself is not used at run time: ``docs/decisions/0011``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geodata.errors import N_

FIXED, QUANTILES = "fixed", "quantiles"
#: Method → its name, to be shown wherever its classes are (a key of the catalogue).
METHODS: Mapping[str, str] = MappingProxyType({FIXED: N_("固定分级"), QUANTILES: N_("分位数分级")})


@dataclass(frozen=True, slots=True)
class Scale:
    """Limits of classes, lowest first, and the method that set them.

    Attributes
    ----------
    method : {'fixed', 'quantiles'}
        Key of :data:`METHODS`.
    limits : tuple of float
        Inner limits in the unit of the values: one less than there are classes.
    """

    method: str
    limits: tuple[float, ...]

    @property
    def name(self) -> str:
        """Name of the method, a key of the catalogue."""
        return METHODS[self.method]

    def classes(self, values: ArrayLike) -> NDArray[np.int64]:
        """Return the class of each value, 0 the lowest; a value that is not known (NaN) is in none: -1."""
        values = np.asarray(values, dtype=float)
        return np.where(np.isnan(values), -1, np.searchsorted(self.limits, values, side="right")).astype(np.int64)


def fixed(limits: Sequence[float]) -> Scale:
    """Return classes at `limits` that were chosen once: the same value has the same colour in every view and month.

    Raises
    ------
    ValueError
        `limits` do not ascend.
    """
    if any(low >= high for low, high in pairwise(limits)):
        raise ValueError(f"limits must ascend, got {tuple(limits)}")
    return Scale(FIXED, tuple(map(float, limits)))


def quantiles(values: ArrayLike, count: int) -> Scale:
    """Return `count` classes that hold about equally many of the known `values`;
    equal limits stay, their class is empty.

    Without any known value everything is in the lowest class.
    """
    known = np.asarray(values, dtype=float)
    known = known[~np.isnan(known)]
    if not len(known):
        return Scale(QUANTILES, (np.inf,) * (count - 1))
    return Scale(QUANTILES, tuple(np.quantile(known, np.arange(1, count) / count).tolist()))
