"""The quality report of what is loaded: which rules fail how many rows, of how many, per table and place."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata import quality
from geodata.importing.ground import Ground
from geodata.quality import RULES, STALE_DAYS
from layers import places, selection
from layers.atlas import Atlas
from layers.filters import Filters
from layers.provenance import mix

COLUMNS = ["rule", "table", "adcode", "name", "name_en", "bad", "of", "share", "provenance"]


class _Frames:
    """An atlas in memory, read as a store is."""

    def __init__(self, atlas: Atlas) -> None:
        self._atlas = atlas

    def read(self, table: str) -> pd.DataFrame:
        """Return a table."""
        return self._atlas.table(table)


def ground(atlas: Atlas) -> Ground:
    """Return what the atlas knows of counties and shores, kept with it."""
    return atlas.once("ground", lambda: Ground(_Frames(atlas)))  # ty: ignore[invalid-argument-type] - all that it asks of a store


def masks(atlas: Atlas, rule: str, table: str, days: int = STALE_DAYS) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which rows of `table` the rule asks and which of them fail; both shape (rows of the table,)."""

    def compute() -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        return quality.found(rule, quality.Asked(table, atlas.table(table), ground(atlas), atlas.data_date, days))

    key = ("quality", rule, table)
    return atlas.recent((*key, days), compute) if rule == "stale" else atlas.once(key, compute)


def bad_rows(atlas: Atlas, rule: str, table: str, days: int = STALE_DAYS) -> NDArray[np.intp]:
    """Return the positions of the rows of `table` that fail `rule`."""
    return np.flatnonzero(masks(atlas, rule, table, days)[1])


def report(atlas: Atlas, filters: Filters, days: int = STALE_DAYS) -> pd.DataFrame:
    """Return every rule for every table and county in the scope of `filters`, worst first within a rule.

    Returns
    -------
    DataFrame
        ``rule``, ``table``, ``adcode``, ``name``, ``name_en`` of the place that the rows name, ``bad`` (rows that
        fail), ``of`` (rows asked), ``share`` (0 to 1), ``provenance`` of the rows asked. Places where no row is
        asked are left out; places where none fails are in.
    """
    here = places.scope(atlas, filters)
    return atlas.recent(("quality report", here.key, days), lambda: _report(atlas, here, days))


def _report(atlas: Atlas, here: places.Scope, days: int) -> pd.DataFrame:
    found = []
    for rule, one in RULES.items():
        for table in one.tables:
            asked, bad = masks(atlas, rule, table, days)
            inside = asked & places.table_mask(atlas, here, table)
            if not inside.any():
                continue
            held, codes, origins = selection.counts(atlas, table, inside, "adcode", "provenance")
            failed = selection.counts(atlas, table, inside & bad, "adcode", "provenance")[0].sum(axis=1)
            for at in np.argsort(codes.astype(str), kind="stable"):
                if held[at].any():
                    of = mix(origins[held[at] > 0].tolist())
                    found.append((rule, table, codes[at], int(failed[at]), int(held[at].sum()), of))
    frame = pd.DataFrame(found, columns=["rule", "table", "adcode", "bad", "of", "provenance"])
    at = atlas.tree.positions(frame["adcode"])
    for column in ("name", "name_en"):
        names = atlas.places[column].to_numpy(object)
        frame[column] = [names[row] if row >= 0 else code for row, code in zip(at, frame["adcode"], strict=True)]
    frame["share"] = frame["bad"] / frame["of"]
    order = {rule: position for position, rule in enumerate(RULES)}
    frame["order"] = frame["rule"].map(order)
    return frame.sort_values(
        ["order", "bad", "share", "table", "adcode"], ascending=[True, False, False, True, True], ignore_index=True
    )[COLUMNS]


def totals(frame: pd.DataFrame) -> pd.DataFrame:
    """Return ``rule``, ``bad``, ``of`` over all places and tables of a :func:`report`, in the order of the rules."""
    summed = frame.groupby("rule", sort=False)[["bad", "of"]].sum().reset_index()
    mixed = frame.groupby("rule", sort=False)["provenance"].agg(_together).reset_index()
    return summed.merge(mixed, on="rule")


def _together(provenances: pd.Series) -> str:
    found = set(provenances)
    return found.pop() if len(found) == 1 else "mixed"


def rule_text(rule: str, day: date, days: int = STALE_DAYS) -> tuple[str, dict[str, object]]:
    """Return the message template of what `rule` asks, and its values."""
    return RULES[rule].text, {"days": days, "date": day.isoformat(), "metres": int(quality.NEAR_M)}
