"""What does not come in, and what rows without a position will not do: said before anybody confirms."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geodata.errors import N_
from geodata.importing.ground import Ground
from geodata.importing.report import Problem, Report
from geodata.importing.rows import Rows
from geodata.in_parts import Table, parts
from geodata.merging import ILLUSTRATIVE
from geodata.schema import TableSchema

_WILL_NOT = {
    "stations": N_(
        "{count} 行没有位置：会导入，但不画在地图上，不计入覆盖率，"
        "选址也不会用到；补上经纬度再导入一次，或在数据页放到图上。"
    ),
    "candidates": N_("{count} 行没有位置：会导入，但不画在地图上，选址不会用到；补上经纬度再导入一次。"),
    "enterprises": N_("{count} 行没有位置：会导入，但不画在地图上；补上经纬度再导入一次。"),
    "demand": N_("{count} 行没有位置：会导入，但不画在地图上，覆盖率和选址不会用到；补上经纬度再导入一次。"),
}


def of_the_file(rows: Rows) -> bool:
    """Return whether an error is about the file as a whole and not about single rows,
    so that nothing of it can be used.
    """
    wrong = {(rows.sheets[at], rows.numbers[at]) for at in rows.wrong}
    return any((one.sheet, one.row) not in wrong for one in rows.report.errors)


def left_out(rows: Rows) -> None:
    """List the rows with an error among what does not come in, each with the first that is wrong."""
    first: dict[tuple[str | None, int | None], Problem] = {}
    for problem in rows.report.errors:
        first.setdefault((problem.sheet, problem.row), problem)
    for at in sorted(rows.wrong):
        where = (rows.sheets[at], rows.numbers[at])
        found = first.get(where)
        rows.report.leave(
            Problem(found.msgid, found.params, *where, column=found.column, code=found.code)
            if found
            else Problem(N_("这一行有错误。"), {}, *where)
        )


def without_positions(
    rows: Rows,
    frame: Table,
    positions: NDArray[np.intp],
) -> None:
    """Count the accepted rows without a point, and say what they will not do.

    Parameters
    ----------
    positions : ndarray of int
        Position in `rows` of each row of `frame`.
    """
    if rows.schema.geometry != "point" or not len(frame):
        return
    bare = np.concatenate([part.geometry.isna().to_numpy(bool) for _, part in parts(frame, ("geometry",))])
    rows.report.unplaced = int(bare.sum())
    if not rows.report.unplaced or rows.schema.name not in _WILL_NOT:
        return
    rows.warn(positions[bare], _WILL_NOT[rows.schema.name], "unplaced", "name")
    _nothing_left(frame, rows.schema, rows.ground, rows.report)


def _nothing_left(frame: Table, schema: TableSchema, ground: Ground, report: Report) -> None:
    """Say where made-up rows with points give way to rows of which none has one.

    No share can be told there any more.
    """
    there = ground.table(schema.name)
    drawn = there[there.geometry.notna()]
    places: set[str] = set()
    placed: set[str] = set()
    for _, part in parts(frame, (schema.key, "adcode", "provenance", "geometry")):
        bare, real = part.geometry.isna(), part["provenance"] != ILLUSTRATIVE
        places |= set(part["adcode"][real & bare])
        placed |= set(part["adcode"][~bare])
        drawn = drawn[~drawn[schema.key].isin(part[schema.key])]
    stay = set(drawn.loc[drawn["provenance"] != ILLUSTRATIVE, "adcode"])
    leave = drawn.loc[drawn["provenance"] == ILLUSTRATIVE, "adcode"].value_counts()
    for code in sorted((places - placed - stay) & set(leave.index)):
        report.warn(
            Problem(
                N_("{place}的 {count} 个示意点会退出，而来的行都没有位置：在补上位置之前，那里算不出覆盖率。"),
                {
                    "place": {"zh": ground.adcodes.get(code, code), "en": ground.english.get(code, code)},
                    "count": int(leave[code]),
                },
                code="unplaced",
            )
        )
