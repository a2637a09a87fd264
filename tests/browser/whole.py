"""What `make test` leaves to `make test-whole`: the same again at another place, width, theme or language."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

#: Marks what only `make test-whole` runs.
whole = pytest.mark.whole


def first_alone(cases: Iterable[Any]) -> list[Any]:
    """Return the `cases` of a test, all but the first for `make test-whole`."""
    first, *rest = cases
    return [first, *(pytest.param(*(one if isinstance(one, tuple) else (one,)), marks=whole) for one in rest)]
