"""What a stranger's file leaves out and can be known all the same; every guess is told."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.codes import labels, shipped_rows
from geodata.errors import N_
from geodata.importing import place_hints
from geodata.importing.cells import Rows
from geodata.importing.ground import Ground
from geodata.importing.headers import POSITIONS
from geodata.importing.report import MAX_ROWS_NAMED, Problem, Report, named, shown
from geodata.importing.values import ADCODES, SEPARATORS, vocabulary
from geodata.schema import TableSchema

NAMED_ONE_BY_ONE = ("provenance", "geometry_provenance")  # usual defaults, not worth a word
CITY_TABLES = ("fairs",)
NEVER_KEPT = (
    "provenance",
    "source_id",
    "batch_id",
    "qualifier",
    "qualifiers",
)  # where a row is from and how sure its figures are, the file says
FOLLOWS = {
    "period": ("start", "date"),
    "name_en": ("name",),
}  # what is worked out anew from columns that the file does have
FOLLOWS_PLACE = ("adcode", "lon", "lat", "cell")
H3_RESOLUTION = 9


def fill(
    rows: Rows, shapes: NDArray[np.object_], schema: TableSchema, ground: Ground, file_name: str, report: Report
) -> None:
    """Fill what is missing in `rows` in place: adcodes, keys, periods, defaults; then say what is still missing."""
    for column in ADCODES:
        if column in rows.values and schema.key != column:
            _name_to_code(rows, column, shapes, ground, report)
    if "adcode" in {column.name for column in schema.columns} and schema.key != "adcode":
        unplaced = [at for at in range(len(rows)) if shapes[at] is None]
        levels = ("city", "county") if schema.name in CITY_TABLES else ("county",)
        place_hints.fill(rows, unplaced, ground, levels, report)
    if schema.geometry == "point" and "adcode" in {column.name for column in schema.columns}:
        _adcode_of_point(rows, shapes, schema, ground, report)
    _defaults(rows, schema, report)
    _derived(rows, shapes, schema)
    _set_missing(rows, "source_id", [f"file:{file_name.replace(';', '_')}"] * len(rows))
    rows.values["batch_id"] = ["pending"] * len(rows)
    _keys(rows, shapes, schema, report)
    _still_missing(rows, schema, report)


def keep(rows: Rows, shapes: NDArray[np.object_], schema: TableSchema, ground: Ground, report: Report) -> None:
    """Let rows that the atlas has already keep what the file has no column for: not to say a thing is not to deny it.

    What is made up never passes into a row that is not: values are kept from rows of the same provenance alone, a shape
    wherever the table says of what provenance shapes are.
    """
    keys = rows.values.get(schema.key)
    there = ground.table(schema.name) if keys and any(keys) else None
    if there is None or not len(there):
        return
    at = pd.Index(there[schema.key]).get_indexer(pd.Index(keys, dtype=object))
    said = rows.values.get("provenance") or ["reported"] * len(rows)
    real = there["provenance"].to_numpy(dtype=object)
    alike = np.array([one >= 0 and (said[row] or "reported") == real[one] for row, one in enumerate(at)], bool)
    names = {column.name for column in schema.columns}
    placed = rows.shapes is not None or any(name in rows.raw for name in POSITIONS)
    shown_by, kept = {"geometry_provenance"} & names, []
    for column in schema.columns:
        if (
            column.name in (*NEVER_KEPT, *shown_by, schema.key)
            or column.name in rows.values
            or (placed and column.name in FOLLOWS_PLACE)
        ):
            continue
        if any(one in rows.values for one in FOLLOWS.get(column.name, ())):
            continue
        values = there[column.name].to_numpy(dtype=object)
        held = [values[at[row]] if alike[row] else None for row in range(len(rows))]
        held = [
            None if one is None or one is pd.NaT or one != one else one.date() if isinstance(one, pd.Timestamp) else one
            for one in held
        ]
        if any(one is not None for one in held):
            rows.values[column.name] = held
            kept.append(column)
    if schema.geometry and not placed:
        old = there.geometry.to_numpy()
        for row in np.flatnonzero((at >= 0) if shown_by else alike):
            shapes[row] = old[at[row]]
        if shown_by and "geometry_provenance" not in rows.values:
            values = there["geometry_provenance"].to_numpy(dtype=object)
            rows.values["geometry_provenance"] = [None if one < 0 else values[one] for one in at]
    count = int(alike.sum())
    if kept and count:
        report.warn(
            Problem(
                N_("图册里已有这些编号的 {count} 行，文件没有的列（{columns}）保留图册里的内容。"),
                {
                    "count": count,
                    "columns": {lang: mark.join(named(one)[lang] for one in kept) for lang, mark in SEPARATORS.items()},
                },
                code="filled",
            )
        )


def _column(rows: Rows, name: str) -> list[Any]:
    values = rows.values.setdefault(name, [])
    values += [None] * (len(rows) - len(values))
    return values


def _set_missing(rows: Rows, name: str, values: list[Any]) -> int:
    held, count = _column(rows, name), 0
    for at, value in enumerate(values):
        if held[at] is None and value is not None and at not in rows.wrong:
            held[at] = value
            count += 1
    return count


def _name_to_code(rows: Rows, column: str, shapes: NDArray[np.object_], ground: Ground, report: Report) -> None:
    values = rows.values[column]
    for at, said in enumerate(values):
        if said is None or said in ground.adcodes:
            continue
        codes = ground.codes_of(said)
        if len(codes) > 1 and column == "adcode" and shapes[at] is not None and shapes[at].geom_type == "Point":
            codes = ground.around(codes, shapes[at]) or codes  # of several Gulou the one that the point lies in
        if len(codes) == 1:
            values[at] = codes[0]
            continue
        where = {**rows.where(at, column), "value": shown(said), "code": "adcode"}
        rows.wrong.add(at)
        if codes:
            report.error(
                Problem(
                    N_("“{name}”有 {count} 处同名：请连同上一级写，如 {full}，或写六位行政区划代码，如 {code}。"),
                    {"name": shown(said), "count": len(codes), "full": ground.full_name(codes[0]), "code": codes[0]},
                    **where,
                    expected_msgid=N_("六位行政区划代码"),
                )
            )
        else:
            report.error(
                Problem(
                    N_("没有代码或名称为“{name}”的地方：请写六位行政区划代码。"),
                    {"name": shown(said)},
                    **where,
                    expected_msgid=N_("六位行政区划代码"),
                )
            )
        values[at] = None


def _adcode_of_point(
    rows: Rows, shapes: NDArray[np.object_], schema: TableSchema, ground: Ground, report: Report
) -> None:
    held = _column(rows, "adcode")
    empty = np.array(
        [at for at, code in enumerate(held) if code is None and shapes[at] is not None and at not in rows.wrong], int
    )
    if not len(empty):
        return
    xy = shapely.get_coordinates(shapes[empty])
    found = ground.counties_of(xy[:, 0], xy[:, 1])
    if schema.name in CITY_TABLES:
        found = np.array(
            [code if code is None or ground.levels[code] != "county" else ground.parents[code] for code in found],
            object,
        )
    needed = not next(column.nullable for column in schema.columns if column.name == "adcode")
    for at, code, (lon, lat) in zip(empty, found, xy, strict=True):
        held[at] = code
        if code is None and needed:
            rows.wrong.add(at)
            report.error(
                Problem(
                    N_("没有写行政区划，坐标（{lon}, {lat}）又不在任何县区之内：请核对坐标和坐标系，或写上行政区划。"),
                    {"lon": f"{lon:.6g}", "lat": f"{lat:.6g}"},
                    **rows.where(at, "adcode"),
                    expected_msgid=N_("六位行政区划代码"),
                    code="position",
                )
            )
    for placed in rows.by_sheet(at for at in empty if held[at] is not None):
        report.warn(
            Problem(
                N_("{count} 行没有写行政区划，已按坐标所在的县区填写。"),
                {"count": len(placed)},
                **rows.where(placed[0], "adcode"),
                rows=tuple(rows.numbers[at] for at in placed[:MAX_ROWS_NAMED]),
                code="filled",
            )
        )


def _defaults(rows: Rows, schema: TableSchema, report: Report) -> None:
    columns = {column.name: column for column in schema.columns}
    for row in shipped_rows("import_defaults.csv"):
        column = columns.get(row["column"])
        if column is None or row["table"] not in (schema.name, "*"):
            continue
        if column.nullable and row["table"] == "*":
            continue
        value: Any = (
            {"true": True, "false": False}.get(row["value"], row["value"]) if column.dtype == "bool" else row["value"]
        )
        count = _set_missing(rows, column.name, [value] * len(rows))
        if count and column.name not in NAMED_ONE_BY_ONE:
            report.warn(
                Problem(
                    N_("{count} 行没有“{column}”，已按“{value}”处理。"),
                    {"count": count, "column": named(column), "value": _label(schema.name, column, value)},
                    column=rows.title(column.name),
                    code="filled",
                )
            )


def _label(table: str, column: Any, value: Any) -> dict[str, str]:
    vocab = vocabulary(table, column.name)
    yes_no = {"zh": {True: "是", False: "否"}, "en": {True: "yes", False: "no"}}
    return {lang: (labels(vocab, lang) if vocab else yes_no[lang]).get(value, str(value)) for lang in yes_no}


def _derived(rows: Rows, shapes: NDArray[np.object_], schema: TableSchema) -> None:
    names = {column.name for column in schema.columns}
    if "period" in names:
        for source in ("start", "date"):
            if source in rows.values:
                _set_missing(rows, "period", [day.isoformat() if day else None for day in rows.values[source]])
    if "participants_unit" in names and "participants" in rows.values:
        _set_missing(
            rows, "participants_unit", [None if count is None else "person" for count in rows.values["participants"]]
        )
    if schema.name == "places":
        inner = [
            None if shape is None else shapely.get_coordinates(shapely.point_on_surface(shape))[0] for shape in shapes
        ]
        _set_missing(rows, "lon", [None if point is None else float(point[0]) for point in inner])
        _set_missing(rows, "lat", [None if point is None else float(point[1]) for point in inner])
    if "name_en" in names and any(value is None for value in _column(rows, "name_en")):
        from geodata.names import english_names

        pairs = [
            (rows.values.get(schema.key, [""] * len(rows))[at] or "", name or "")
            for at, name in enumerate(rows.values.get("name", [None] * len(rows)))
        ]
        _set_missing(rows, "name_en", [english or None for english in english_names(pairs)])
    if schema.name == "demand":
        import h3

        _set_missing(
            rows,
            "cell",
            [None if shape is None else h3.latlng_to_cell(shape.y, shape.x, H3_RESOLUTION) for shape in shapes],
        )


def _keys(rows: Rows, shapes: NDArray[np.object_], schema: TableSchema, report: Report) -> None:
    """Give rows without a key one that the same row gets again: importing a file twice adds nothing."""
    held = _column(rows, schema.key)
    if schema.key in ("adcode",) or all(value is not None for value in held):
        return
    said = [
        rows.values[name]
        for name in ("adcode", "name", "kind", "start", "period", "from_adcode", "to_adcode", "subject", "metric")
        if name in rows.values
    ]
    counted: dict[str, int] = {}
    made: list[str | None] = []
    for at in range(len(rows)):
        where = "" if shapes[at] is None or schema.geometry != "point" else f"{shapes[at].x:.5f},{shapes[at].y:.5f}"
        text = "|".join([schema.name, *(str(values[at]) for values in said), where])
        stem = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:10]
        counted[stem] = counted.get(stem, 0) + 1
        # rows alike in all of this are numbered, in the order of the file
        made.append(f"{schema.name[:2].upper()}-{stem}" + (f"-{counted[stem]}" if counted[stem] > 1 else ""))
    count = _set_missing(rows, schema.key, made)
    key = next(column for column in schema.columns if column.name == schema.key)
    if count:
        report.warn(
            Problem(
                N_("{count} 行没有“{column}”，已按名称和位置生成；以后再导入请保留这一列，以便对上同一行。"),
                {"count": count, "column": named(key)},
                column=rows.title(schema.key),
                code="filled",
            )
        )


def _still_missing(rows: Rows, schema: TableSchema, report: Report) -> None:
    for column in schema.columns:
        if column.nullable:
            continue
        held = _column(rows, column.name)
        if all(at in rows.wrong for at, value in enumerate(held) if value is None):
            continue
        if column.name not in rows.headers and all(value is None for value in held):
            report.error(
                Problem(
                    N_("缺少列“{column}”：请补上这一列。"),
                    {"column": named(column)},
                    column=column.zh,
                    value=None,
                    expected_msgid=N_("必填"),
                    code="missing",
                )
            )
            rows.wrong.update(range(len(rows)))
            continue
        for at, value in enumerate(held):
            if value is None and at not in rows.wrong:
                rows.wrong.add(at)
                report.error(
                    Problem(
                        N_("“{column}”没有填：请补上。"),
                        {"column": named(column)},
                        **rows.where(at, column.name),
                        expected_msgid=N_("必填"),
                        code="missing",
                    )
                )


def frame_of(rows: Rows, shapes: NDArray[np.object_], schema: TableSchema, keep: NDArray[np.bool_]) -> pd.DataFrame:
    """Return the rows that `keep` marks in the types of the schema."""
    at = np.flatnonzero(keep)
    data = {name: pd.Series([values[one] for one in at], dtype=object) for name, values in rows.values.items()}
    frame = pd.DataFrame(data, index=range(len(at)))
    if schema.geometry:
        frame["geometry"] = pd.Series(list(shapes[at]), index=frame.index, dtype=object)
    return schema.coerce(frame)
