"""Keys that repeat, and references that lead nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

import numpy as np

from geodata.errors import N_
from geodata.importing import limits
from geodata.importing.own_values import has_own, text_label
from geodata.importing.report import Problem, named, shown
from geodata.importing.rows import Rows
from geodata.schema import TABLES

REFERENCES = {
    "region_id": ("regions",),
    "grid_id": ("grids",),
    "zone": ("zones",),
    "activity_id": ("activities",),
    "fact_id": ("facts",),
}
LOOSE = ("zone", "activity_id", "fact_id")  # what they name may come later: kept, and said


def unique_keys(rows: Rows) -> None:
    """Refuse rows whose key has been seen before in the file."""
    keys = rows.values.get(rows.schema.key, ())
    first: dict[Any, int] = {}
    for at in _suspects(keys):
        key = keys[at]
        seen = first.setdefault(key, at)
        if seen != at:
            rows.refuse(
                at,
                Problem(
                    N_("“{key}”与工作表“{over}”第 {other} 行重复：请改正编号，或删去一行。")
                    if rows.apart(at, seen)
                    else N_("“{key}”与第 {other} 行重复：请改正编号，或删去一行。"),
                    {"key": shown(key), **rows.named(seen)},
                    **rows.where(at, rows.schema.key),
                    value=shown(key),
                    expected_msgid=N_("不重复的编号"),
                    code="duplicate",
                ),
            )


def _suspects(keys: Sequence[Any]) -> list[int]:
    """Return the positions of keys of which another may be the same.

    Their hashes are, which take a tenth of the memory.
    """
    hashes, waiting = np.empty(len(keys), np.int64), iter(keys)
    for start in range(0, len(keys), limits.TREE_BLOCK):
        some = list(islice(waiting, limits.TREE_BLOCK))
        hashes[start : start + len(some)] = [hash(one) for one in some]
    order = np.argsort(hashes, kind="stable")
    again = np.flatnonzero(hashes[order[1:]] == hashes[order[:-1]])
    found = np.unique(np.concatenate([order[again], order[again + 1]]))
    return [at for at in found.tolist() if keys[at] is not None]


def references(rows: Rows) -> None:
    """Turn names of regions, grids and the like into their ids, and refuse rows that name what the atlas does not hold.

    Membership is the truth of the atlas, so a name counts only where one thing bears it, if need be within the row's
    place.
    """
    own = has_own(rows.schema)
    nullable = {column.name: column for column in rows.schema.columns if column.nullable}
    for column, tables in REFERENCES.items():
        if column not in rows.values or rows.schema.key == column:
            continue
        if rows.schema.name == "activities" and column == "region_id":
            tables = (*tables, "zones")
        known, strange = set().union(*(rows.ground.ids(table) for table in tables)), []
        unknown: list[tuple[int, str]] = []
        codes = rows.values.get("adcode", [None] * len(rows))
        for at, said in enumerate(rows.values[column]):
            if said is None or said in known:
                continue
            found = [key for table in tables for key in rows.ground.keys_of(table, said, codes[at])]
            if len(found) == 1:
                rows.values[column][at] = found[0]
            elif column in LOOSE:
                strange.append(at)
            elif not found and own and nullable.get(column):
                rows.own.setdefault(at, {})[text_label(nullable[column])] = said
                rows.values[column][at] = None
                unknown.append((at, said))
            else:
                rows.refuse(
                    at,
                    Problem(
                        N_("有 {count} 个名为“{value}”的{table}：请写编号，如 {key}。")
                        if found
                        else N_("“{value}”不是图册里的编号或名称：请先导入表 {table}，或改正。"),
                        {
                            "value": shown(said),
                            "table": named(TABLES[tables[0]]),
                            "count": len(found),
                            "key": found[0] if found else "",
                        },
                        **rows.where(at, column),
                        value=shown(said),
                        expected_msgid=N_("已有的编号或名称"),
                        code="reference",
                    ),
                )
        said_of = dict(unknown)
        rows.warn(
            list(said_of),
            N_(
                "{count} 行写的（如“{value}”）不是图册里{table}的编号或名称，"
                "按不知道处理，原文随行保存：请改正，或先导入表 {table}。"
            ),
            "unknown",
            column,
            table=named(TABLES[tables[0]]),
            example=lambda at, said_of=said_of: {"value": shown(list(said_of.values())[at])},
        )
        rows.warn(
            strange,
            N_(
                "{count} 行写的（如“{value}”）不是图册里{table}的编号或名称，照原样保存：请改正，或随后导入表 {table}。"
            ),
            "reference",
            column,
            table=named(TABLES[tables[0]]),
            example=lambda at, column=column, strange=strange: {"value": shown(rows.values[column][strange[at]])},
        )
