"""Kinds of activity to choose from, each with its icon in its colour."""

from __future__ import annotations

from typing import Any

from dash import html

from dashboard.components.controls import NONE_OF_THEM
from dashboard.words import Words
from geodata.kinds import Kind

FUNCTION = "kindOption"  # assets/kinds.js


def kind_options(words: Words) -> dict[str, Any]:
    """Return what a list to choose kinds from takes: ``data``, and ``renderOption`` that draws the icons."""
    kinds = words.activity_kinds()
    return {
        "data": [
            *({"value": code, "label": label} for code, label in words.kinds().items()),
            {"value": NONE_OF_THEM, "label": words("一项也不选")},
        ],
        "renderOption": {"function": FUNCTION, "options": {"pictures": {one.kind: one.picture for one in kinds}}},
    }


def kind_icon(kind: Kind | None) -> html.Img | None:
    """Return the icon of a kind, to stand before its name; nothing where there is none."""
    return None if kind is None else html.Img(src=kind.picture, alt="", className="kind-icon", width=16, height=16)
