"""What a function takes, as its annotations say, asked of values that came over the wire.

``None``, texts, numbers, lists, tuples and objects of these, unions, ``Literal`` and ``TypedDict``. Of an object of a
``TypedDict`` the keys that are named are looked at, others may be there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from inspect import Parameter, signature
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

#: Whether a value can be one of a kind.
Check = Callable[[Any], bool]
#: Whole numbers beyond are none in a browser.
MOST_WHOLE = 2**53
_PLAIN: dict[Any, Check] = {
    Any: lambda value: True,  # noqa: ARG005 - as every check
    None: lambda value: value is None,
    NoneType: lambda value: value is None,
    bool: lambda value: isinstance(value, bool),
    int: lambda value: type(value) is int and abs(value) < MOST_WHOLE,
    float: lambda value: (
        (type(value) is int and abs(value) < MOST_WHOLE) or (type(value) is float and math.isfinite(value))
    ),
    str: lambda value: isinstance(value, str),
    list: lambda value: isinstance(value, list),
    dict: lambda value: isinstance(value, dict),
}


@cache
def check_of(kind: Any) -> Check:
    """Return the check of an annotation.

    Raises
    ------
    TypeError
        It says what cannot come over the wire.
    """
    origin, inner = get_origin(kind), get_args(kind)
    if kind in _PLAIN:
        return _PLAIN[kind]
    if is_typeddict(kind):
        return _object(kind)
    if origin in (Union, UnionType):
        return _any_of([check_of(one) for one in inner])
    if origin is Literal:
        return lambda value: isinstance(value, str | int | None) and value in inner
    if origin is list:
        of_item = check_of(inner[0])
        return lambda value: isinstance(value, list) and all(map(of_item, value))
    if origin is tuple:
        parts = [check_of(one) for one in inner]
        return lambda value: (
            isinstance(value, list)
            and len(value) == len(parts)
            and all(part(one) for part, one in zip(parts, value, strict=True))
        )
    if origin is dict:
        of_value = check_of(inner[1])
        return lambda value: isinstance(value, dict) and all(map(of_value, value.values()))
    raise TypeError(
        f"{kind!r} cannot be told of a value that came as JSON: use None, bool, int, float, str, list, dict"
    )


@cache
def takes(function: Callable[..., Any], count: int) -> Sequence[Check]:
    """Return the checks of the first `count` arguments that `function` takes by position.

    Raises
    ------
    TypeError
        It takes fewer, or one of them says nothing of what it takes.
    """
    checks: list[Check] = []
    for one in signature(function, follow_wrapped=False, eval_str=True).parameters.values():
        if one.annotation is Parameter.empty:
            raise TypeError(f"{function!r} does not say what {one.name} takes")
        many = count - len(checks) if one.kind is Parameter.VAR_POSITIONAL else 1
        checks += [check_of(one.annotation)] * many
    if len(checks) < count:
        raise TypeError(f"{function!r} takes {len(checks)} arguments, not {count}")
    return tuple(checks[:count])


def _any_of(checks: Sequence[Check]) -> Check:
    return lambda value: any(one(value) for one in checks)


def _object(kind: Any) -> Check:
    hints = {name: check_of(one) for name, one in get_type_hints(kind).items()}
    required = kind.__required_keys__

    def check(value: Any) -> bool:
        return (
            isinstance(value, dict)
            and required <= value.keys()
            and all(one(value[name]) for name, one in hints.items() if name in value)
        )

    return check
