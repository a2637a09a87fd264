"""Classed scales against mapclassify, which names its classes from above:
mirrored, its right-closed classes are ours.
"""

from __future__ import annotations

import mapclassify
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.classification import METHODS, fixed, quantiles

VALUES = st.lists(st.floats(-1e6, 1e6, width=32), min_size=8, max_size=60)


@given(VALUES, st.lists(st.integers(-1000, 1000), min_size=1, max_size=6, unique=True))
def test_fixed_limits_are_those_of_user_defined(values: list[float], limits: list[int]) -> None:
    y, inner = np.array(values), np.sort(np.array(limits, dtype=float))
    # -y <= -limit is y >= limit; the last bin takes the rest
    oracle = mapclassify.UserDefined(-y, [*(-inner[::-1]), 1e9])
    assert fixed(inner.tolist()).classes(y).tolist() == (len(inner) - oracle.yb).tolist()


@given(st.lists(st.floats(0, 1e6, width=32), min_size=8, max_size=60, unique=True), st.integers(2, 6))
def test_quantiles_are_those_of_mapclassify(values: list[float], count: int) -> None:
    scale = quantiles(values, count)
    assert scale.limits == pytest.approx(mapclassify.Quantiles(np.array(values), k=count).bins[:-1].tolist())
    held = np.bincount(scale.classes(values), minlength=count)
    assert held.max() - held.min() <= 1


def test_what_is_not_known_is_in_no_class() -> None:
    assert fixed((0.8, 0.9)).classes([np.nan, 0.0, 0.8, 0.9]).tolist() == [-1, 0, 1, 2]
    assert quantiles([1.0, np.nan, 3.0], 2).limits == (2.0,)
    assert quantiles([], 3).classes([np.nan, 5.0]).tolist() == [-1, 0]


def test_limits_ascend_and_methods_have_names() -> None:
    with pytest.raises(ValueError, match="ascend"):
        fixed((2, 1))
    assert fixed((1,)).name == METHODS["fixed"] != quantiles([1], 2).name
