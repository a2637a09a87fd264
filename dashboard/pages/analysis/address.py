"""The page's own keys of the address: the place to compare with, and the day chosen in the calendar."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from dashboard import query_string
from layers.atlas import Atlas

OWN_KEYS = ("with", "on")


@dataclass(frozen=True, slots=True)
class Own:
    """`other` is the adcode compared with, `on` the day whose events are listed; None: none."""

    other: str | None = None
    on: date | None = None


def parse(query: str | None, atlas: Atlas) -> Own:
    """Read the page's keys; what cannot be used is left out."""
    found = query_string.values(query)
    other = found.get("with", "")
    other = other if re.fullmatch(r"[0-9]{6}", other) and atlas.tree.position(other) >= 0 else None
    try:
        on = date.fromisoformat(found["on"]) if "on" in found else None
    except ValueError:
        on = None
    return Own(other, on)


def write(own: Own) -> str:
    """Return ``with=…&on=…`` of what is set."""
    on = own.on.isoformat() if own.on else None
    return query_string.text([(key, said) for key, said in (("with", own.other), ("on", on)) if said]).removeprefix("?")
