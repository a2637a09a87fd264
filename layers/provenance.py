"""Where a figure comes from, when it comes from several rows."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from layers.filters import PROVENANCES

MIXED = "mixed"


def mix(rows: pd.DataFrame | pd.Series | Iterable[str | None]) -> str | None:
    """Return the provenance of a *sum* or *count* over `rows`.

    Parameters
    ----------
    rows : DataFrame with a ``provenance`` column, or the provenances themselves

    Returns
    -------
    str or None
        ``reported``, ``derived`` or ``illustrative`` when all rows agree,
        ``mixed`` when they do not, None when there is no row.
    """
    found = set(rows["provenance"].unique() if isinstance(rows, pd.DataFrame) else rows)
    found.discard(None)
    if not found:
        return None
    return found.pop() if len(found) == 1 else MIXED


def weakest(*provenances: str | None) -> str | None:
    """Return the provenance of a figure *computed from* ingredients of several kinds.

    A share of derived demand that illustrative stations cover is illustrative:
    a calculation is as good as its weakest ingredient. ``mixed`` ranks with
    ``illustrative``, since it holds some. None (no such ingredient) is skipped.
    """
    ranked = [PROVENANCES[-1] if p == MIXED else p for p in provenances if p is not None]
    return max(ranked, key=PROVENANCES.index) if ranked else None


def sources(rows: pd.DataFrame | Iterable[str]) -> tuple[str, ...]:
    """Return the distinct source ids behind `rows` (or behind their ``source_id`` texts), sorted."""
    texts = rows["source_id"].dropna().unique() if isinstance(rows, pd.DataFrame) else rows
    split = (str(text).split(";") for text in texts)
    return tuple(sorted({part.strip() for parts in split for part in parts if part.strip()}))
