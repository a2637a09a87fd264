"""Rows that wait for a position, and what is known of each: the same for the page and for the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard import geocoding
from dashboard.settings import Settings
from geodata import placing
from geodata.geocoding.base import Answer, at_least
from layers import quality, rows
from layers.atlas import Atlas
from layers.filters import Filters

LISTED, ASKED = 200, 5_000  # rows that are shown, and that are looked at together
Session = Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class GeocodingQueue:
    """Rows without a point, and what is known of them.

    Attributes
    ----------
    frame : DataFrame
        The first :data:`ASKED` of them.
    total : int
        How many there are.
    answers : list of Answer or None
        One a row of `frame`; None: not asked.
    doubts : list of str or None
        Of each answer's point.
    """

    frame: pd.DataFrame
    total: int
    answers: list[Answer | None]
    doubts: list[str | None]

    def choosable(self, level: str, session: Session, key: str) -> list[tuple[str, Answer]]:
        """Return key and answer of what can be taken together:
        at least `level`, undoubted, not yet set or passed over.
        """
        done = {*session["spots"], *session["skipped"]}
        return [
            (name, answer)
            for name, answer, doubt in zip(self.frame[key].tolist(), self.answers, self.doubts, strict=True)
            if answer and name not in done and placing.choosable(answer, doubt) and at_least(answer.level, level)
        ]


def session_of(stored: Mapping[str, Any] | None, table: str) -> Session:
    """Return what a reader has set of `table` and not saved: ``spots`` (key → lon, lat, by, sketch) and ``skipped``."""
    said = (stored or {}).get(table) or {}
    return {"spots": said.get("spots") or {}, "skipped": said.get("skipped") or []}


def spots_of(session: Session) -> dict[str, placing.Spot]:
    """Return the points of a session."""
    return {
        key: placing.Spot(float(one["lon"]), float(one["lat"]), bool(one.get("sketch")))
        for key, one in session["spots"].items()
    }


def positions(atlas: Atlas, table: str, filters: Filters, text: str) -> NDArray[np.intp]:
    """Return the rows of `table` without a point that are asked for, in the order of the list."""
    without = atlas.once(("unplaced", table), lambda: placing.unplaced(atlas.table(table)))
    chosen = np.zeros(len(atlas.table(table)), bool)
    chosen[rows.select(atlas, table, filters, text)] = True
    return without[chosen[without]]


def queue_of(settings: Settings, atlas: Atlas, table: str, filters: Filters, text: str, by: str) -> GeocodingQueue:
    """Return the rows without a point that are asked for, with what `by` says of them."""
    found = positions(atlas, table, filters, text)
    frame = atlas.table(table).iloc[found[:ASKED]]
    answers: Sequence[Any] = geocoding.answers(settings, atlas, by, placing.queries(frame, atlas.places))
    doubts: list[str | None] = [None] * len(frame)
    at = [row for row, answer in enumerate(answers) if answer and answer.found]
    codes = frame["adcode"].tolist()
    said = placing.doubts(
        quality.ground(atlas),
        [codes[row] for row in at],
        [answers[row].lon for row in at],  # ty: ignore[missing-union-attribute] - of those found
        [answers[row].lat for row in at],  # ty: ignore[missing-union-attribute] - of those found
    )
    for row, doubt in zip(at, said, strict=True):
        doubts[row] = doubt
    return GeocodingQueue(frame, len(found), answers, doubts)
