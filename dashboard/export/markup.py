"""HTML text of the plain components that the pages share, for sheets that need no Dash in the browser."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import Any

from dash.development.base_component import Component

ATTRIBUTES = {"className": "class", "id": "id", "title": "title", "href": "href", "role": "role", "lang": "lang"}


def markup(thing: Any) -> str:
    """Return the HTML of a component of :mod:`dash.html` (or text, or a list of either)."""
    if thing is None:
        return ""
    if isinstance(thing, Component):
        name = re.sub(r"(?<!^)(?=[A-Z])", "-", type(thing).__name__).lower()
        given = thing.to_plotly_json()["props"]
        pairs = [
            f' {html}="{escape(str(given[key]), quote=True)}"'
            for key, html in ATTRIBUTES.items()
            if isinstance(given.get(key), str)
        ]
        if given.get("style"):
            style = ";".join(
                f"{re.sub('(?=[A-Z])', '-', key).lower()}:{value}" for key, value in given["style"].items()
            )
            pairs.append(f' style="{escape(style, quote=True)}"')
        return f"<{name}{''.join(pairs)}>{markup(given.get('children'))}</{name}>"
    if isinstance(thing, Iterable) and not isinstance(thing, str):
        return "".join(markup(one) for one in thing)
    return escape(str(thing))
