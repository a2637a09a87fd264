"""What rows add up to, held against the totals that were reported."""

from __future__ import annotations

from typing import Any

import pandas as pd

from geodata.codes import shipped_rows
from geodata.errors import N_
from geodata.facts import format_reported
from geodata.importing.ground import Ground
from geodata.importing.report import Problem, Report
from geodata.in_parts import Table, parts
from geodata.merging import applied, merge
from geodata.schema import TableSchema


def totals(frame: Table, schema: TableSchema, ground: Ground, report: Report) -> None:
    """Warn where the table, once these rows are in, no longer adds up to what was reported."""
    wanted = [row for row in shipped_rows("fact_totals.csv") if row["table"] == schema.name]
    if not wanted or not len(frame):
        return
    there, facts = ground.table(schema.name), ground.table("facts").set_index("id")
    touched = {code for _, part in parts(frame, ("adcode",)) for code in part["adcode"].dropna().unique()}
    wanted = [
        row
        for row in wanted
        if row["fact_id"] in facts.index and any(_lies_in(code, row["adcode"], ground) for code in touched)
    ]
    if not wanted:
        return
    plan = merge(schema.name, there, frame)
    totals = [0.0] * len(wanted)
    asked = {row["where"].partition("=")[0] for row in wanted} | {row["measure"].removeprefix("sum:") for row in wanted}
    for part in applied(there, frame, plan, schema.key, [schema.key, "adcode", *asked]):
        totals = [total + _total(part, row, ground) for total, row in zip(totals, wanted, strict=True)]
    for row, total in zip(wanted, totals, strict=True):
        before = _total(there, row, ground)
        fact = facts.loc[row["fact_id"]]
        if not _agrees(total, float(fact["value"]), fact["qualifier"]) and total != before:
            report.warn(
                Problem(
                    N_("导入后{place}的{subject}合计 {total}，与报道的 {reported}（{id}）不一致：请核对，或说明口径。"),
                    {
                        "place": {"zh": fact["place"], "en": ground.english.get(row["adcode"], fact["place"])},
                        "subject": {"zh": fact["subject"], "en": schema.en},
                        "total": f"{total:g}",
                        "id": row["fact_id"],
                        "reported": {
                            lang: format_reported(float(fact["value"]), fact["qualifier"], fact["unit"], lang)
                            for lang in ("zh", "en")
                        },
                    },
                    code="total",
                )
            )


def _total(frame: pd.DataFrame, row: dict[str, str], ground: Ground) -> float:
    mask = frame["adcode"].isin([code for code in frame["adcode"].unique() if _lies_in(code, row["adcode"], ground)])
    if row["where"]:
        column, _, value = row["where"].partition("=")
        mask &= frame[column].astype(str) == value
    return (
        float(frame.loc[mask, row["measure"].removeprefix("sum:")].sum())
        if row["measure"] != "count"
        else float(mask.sum())
    )


def _lies_in(code: Any, place: str, ground: Ground) -> bool:
    for _ in range(4):
        if code == place:
            return True
        code = ground.parents.get(code)
    return False


def _agrees(total: float, value: float, qualifier: str) -> bool:
    return {
        "exact": total == value,
        "at_least": total >= value,
        "over": value < total <= 1.2 * value,
        "nearly": 0.9 * value <= total < value,
        "about": abs(total - value) <= 0.1 * value,
    }[qualifier]
