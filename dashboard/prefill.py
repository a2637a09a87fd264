"""What callbacks write, put into a page as it is laid out: it is read with the first answer, and drawn once."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from dash import Output
from dash.development.base_component import Component
from flask import g, has_request_context

from geodata.errors import AtlasError

#: Id and property of what a callback writes.
Place = tuple[str, str]


def outputs(places: Sequence[Place], *, allow_duplicate: bool = False) -> list[Output]:
    """Return the outputs of a callback that writes to `places`."""
    return [Output(id, prop, allow_duplicate=allow_duplicate) for id, prop in places]


def fill(page: Component, values: Mapping[Place, Any]) -> None:
    """Set the properties of the components of `page` that `values` names by id and property.

    Raises
    ------
    KeyError
        The page has no component of that id.
    """
    by_id = {
        getattr(one, "id", None): one
        for one in page._traverse()
        if isinstance(one, Component) and isinstance(getattr(one, "id", None), str)
    }
    for (id, prop), value in values.items():
        setattr(by_id[id], prop, value)


@contextmanager
def or_left_open() -> Generator[None]:
    """Let a page be shown where the block could not fill it: its callbacks say what is wrong, and nobody keeps it."""
    try:
        yield
    except AtlasError:
        if has_request_context():
            g.left_open = True
