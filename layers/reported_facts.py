"""Reported facts: finding them, what in the atlas rests on one, and the totals that made-up rows have to meet."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from geodata.codes import shipped_rows
from layers import places
from layers.atlas import Atlas
from layers.filters import NATION, Filters
from layers.provenance import mix

USING = ("regions", "grids", "enterprises", "stations", "fairs", "activities", "flows", "stops", "parts")


class Total(NamedTuple):
    """One reported total and what the rows of the atlas come to.

    Attributes
    ----------
    fact_id, subject, unit, qualifier, value
        As reported.
    table : str
    total : float
        Number of rows or sum of a column, in the unit of the fact.
    provenance : str or None
        Of the rows.
    """

    fact_id: str
    subject: str
    value: float
    unit: str
    qualifier: str
    table: str
    total: float
    provenance: str | None


def find(atlas: Atlas, filters: Filters, text: str = "", story: str = "") -> pd.DataFrame:
    """Return the facts told of the place looked at (or inside it), of `story`, that hold every word of `text`.

    A fact of several cities has no place: it is found from the nation alone.
    """
    facts = atlas.facts
    chosen = np.ones(len(facts), bool)
    if filters.place != NATION:
        at = atlas.tree.positions(facts["adcode"])
        chosen &= atlas.tree.under(atlas.tree.position(places.scope(atlas, filters).adcode), at)
    if story:
        chosen &= (facts["system"] == story).to_numpy(bool)
    columns = ["id", "place", "subject", "metric", "note", "source"]
    texts = atlas.once("fact texts", lambda: facts[columns].fillna("").agg("\n".join, axis=1).str.lower().tolist())
    for word in text.lower().split():
        chosen &= np.fromiter((word in one for one in texts), bool, len(texts))
    return facts[chosen]


def uses(atlas: Atlas, fact: str) -> dict[str, list[str]]:
    """Return table → names of the rows that rest on `fact`."""
    found = {}
    for table in USING:
        rows = atlas.table(table)
        held = atlas.holds(table, "source_id", fact)
        if held.any():
            found[table] = rows["name" if "name" in rows else rows.columns[0]][held].astype(str).tolist()
    return found


def totals(atlas: Atlas) -> list[Total]:
    """Return each reported total of ``fact_totals.csv`` with what the rows of its table and place come to."""
    found = []
    for row in shipped_rows("fact_totals.csv"):
        at = atlas.rows_by("facts", "id").get(row["fact_id"])
        place = atlas.tree.position(row["adcode"])
        if at is None or place < 0:
            continue
        frame, fact = atlas.table(row["table"]), atlas.facts.iloc[at]
        mask = atlas.tree.under(place, atlas.place_rows(row["table"]))
        if row["where"]:
            column, _, wanted = row["where"].partition("=")
            codes, values = atlas.coded(row["table"], column)
            mask = mask & np.append(values.astype(str) == wanted, False)[codes]
        _, _, column = row["measure"].partition(":")
        total = float(frame[column][mask].sum()) if column else float(mask.sum())
        found.append(
            Total(
                fact["id"],
                fact["subject"],
                float(fact["value"]),
                fact["unit"],
                fact["qualifier"],
                row["table"],
                total,
                mix(atlas.distinct(row["table"], "provenance", mask)),
            )
        )
    return found
