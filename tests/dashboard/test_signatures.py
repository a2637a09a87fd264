"""What a callback's annotations take of values that came as JSON."""

from __future__ import annotations

from functools import partial, wraps
from typing import Any, Literal, TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.server.signatures import check_of, takes

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


class Spot(TypedDict):
    lon: float
    name: str | None


def draw(context: object, stored: dict, clicks: int | None, *more: list[str] | None) -> None:
    """A callback."""


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (str | None, ["", "x", None], [0, [], {}, True]),
        (int, [0, -3], [True, 1.0, 2**60, "1", None]),
        (float, [0, 0.5], [float("nan"), float("inf"), True, "1", None]),
        (list[str], [[], ["a"]], ["a", ["a", None], {}]),
        (dict[str, str], [{}, {"a": "b"}], [{"a": 1}, []]),
        (tuple[float, str], [[1, "a"]], [[1], [1, "a", 2], ["a", 1], "1a"]),
        (Literal["a", "b"], ["a"], ["c", None, ["a"]]),
        (Spot, [{"lon": 1, "name": None, "more": []}], [{}, {"lon": 1}, {"lon": "1", "name": ""}, []]),
    ],
)
def test_a_kind_takes_its_own_and_nothing_else(kind: Any, good: list, bad: list) -> None:
    check = check_of(kind)
    assert all(map(check, good)) and not any(map(check, bad))


@given(JSON)
def test_every_value_is_judged(value: Any) -> None:
    assert check_of(Any)(value)
    kinds = (None, bool, int, float, str, list, dict, list[Spot], dict[str, Spot], tuple[float, float])
    assert sum(check_of(kind)(value) for kind in (None, bool, str, list, dict, float)) <= 1
    assert all(check_of(kind)(value) in (True, False) for kind in kinds)


def test_bound_arguments_are_none_that_come() -> None:
    stored, clicks, first, second = takes(partial(draw, object()), 4)
    assert stored({}) and not stored(None) and clicks(None) and not clicks("1")
    assert first(["a"]) and second(None) and not second([1])


def test_what_wraps_a_function_says_itself_what_it_takes() -> None:
    @wraps(partial(draw, object()))
    def drawn(stored: dict | None, *more: Any) -> None:
        """A callback that takes less for granted."""

    stored, clicks = takes(drawn, 2)
    assert stored(None) and stored({}) and not stored("x") and clicks("x")


def test_who_does_not_say_what_it_takes_is_a_fault_of_ours() -> None:
    def one(stored: dict) -> None:
        """A callback."""

    for function, count in ((one, 2), (lambda said: said, 1)):
        with pytest.raises(TypeError):
            takes(function, count)
    with pytest.raises(TypeError):
        check_of(set[str])
