"""Two JSON values, and where they differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

SHOWN = 120  # characters of a value
NOTHING = object()


def differences(before: Any, after: Any, where: str = "$") -> Iterator[tuple[str, str, str]]:
    """Yield the path of each difference, and what stood and stands there; order counts, in objects too."""
    if isinstance(before, dict) and isinstance(after, dict):
        shared = [key for key in before if key in after]
        if shared != [key for key in after if key in before]:
            yield f"{where} (order)", _short(shared), _short([key for key in after if key in before])
        for key in [*before, *(key for key in after if key not in before)]:
            yield from differences(before.get(key, NOTHING), after.get(key, NOTHING), f"{where}.{key}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for at, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from differences(one, other, f"{where}[{at}]")
    elif type(before) is not type(after) or before != after:
        yield where, _short(before), _short(after)


def _short(value: Any) -> str:
    text = "nothing" if value is NOTHING else repr(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
