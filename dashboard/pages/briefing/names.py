"""Keys and ids of the briefing page."""

from __future__ import annotations

from geodata.errors import N_

PAPER = "paper"  # light or dark of the brief: `theme` is that of the page
FIELDS = ("template", PAPER, "against", "title", "sentence", "footnote")
SPOKEN = ("title", "sentence")  # what the view says itself as long as nobody writes another
PATH, TITLE = "/briefing", N_("简报")
KEPT = "briefing-kept"  # without accounts, assets/present.js reads it from the browser's storage by this name
FORMATS = ("pptx", "pdf", "png-2", "png-4", "svg")
PIECES = {"one": 4, "map": 2, "compare": 4, "report": 4}  # of the small picture of each template
MOST_JOBS, MOST_KEPT = 6, 24


def named(name: str) -> str:
    """Return the id of a component of the page."""
    return f"briefing-{name}"
