"""What a stranger's file leaves out and can be known all the same; every guess is told."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from itertools import islice, repeat
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.codes import labels, shipped_rows
from geodata.errors import N_
from geodata.importing import opening_remarks
from geodata.importing.alike import addresses, bare
from geodata.importing.counties import not_one_place
from geodata.importing.headers import POSITIONS
from geodata.importing.packed import column_of
from geodata.importing.points import Shapes, missing
from geodata.importing.read_column import UNKNOWN
from geodata.importing.report import Problem, named
from geodata.importing.rows import Rows
from geodata.importing.values import ADCODES, SEPARATORS, vocabulary
from geodata.in_parts import PART
from geodata.merging import FROM_FILE
from geodata.schema import Column

NAMED_ONE_BY_ONE = ("provenance", "geometry_provenance")  # usual defaults, not worth a word
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
    rows: Rows,
    shapes: Shapes,
    file_name: str,
    another: Collection[int] = (),
) -> None:
    """Fill what is missing in `rows` in place:
    other adcodes, keys, periods, defaults; then say what is still missing.
    """
    for column in ADCODES:
        if column in rows.values and column not in (rows.schema.key, "adcode"):
            _name_to_code(rows, column)
    if rows.schema.name == "stations":
        _not_yet(rows)
        opening_remarks.hold(rows)
    _defaults(rows)
    _derived(rows, shapes)
    _set_missing(rows, "source_id", repeat(f"{FROM_FILE}{file_name.replace(';', '_')}", len(rows)))
    rows.values["batch_id"] = column_of(repeat("pending", len(rows)), len(rows))
    _keys(rows, shapes, another)
    _still_missing(rows)


def _not_yet(rows: Rows) -> None:
    """Tell of days that have not come; a station that opens on one and does not say how it stands may not be there."""
    today = date.today()
    for column, msgid in (
        ("opened_on", N_("{count} 行的“启用日期”还没有到：没有写状态的按“状态不明”处理，请核对。")),
        ("last_inspected", N_("{count} 行的“最近巡检日期”还没有到：请核对。")),
    ):
        late = [at for at, day in enumerate(rows.values.get(column, ())) if day is not None and day > today]
        status = rows.column("status") if late and column == "opened_on" else []
        for at in late if status else ():
            status[at] = status[at] or "unknown"
        rows.warn(late, msgid, "order", column)


def keep(rows: Rows, shapes: Shapes, whole: bool = False) -> None:
    """Let rows that the atlas has already keep what the file does not say: not to say a thing is not to deny it.

    That is every column that the file has not, and the place of every row without a position. What is made up never
    passes into a row that is not: values are kept from rows of the same provenance alone, and a shape with the
    provenance that it has there; a made-up point stays with made-up rows.

    Parameters
    ----------
    whole : bool
        Whether the rows are all that there is to say, as one that a person edits: then an empty position is none.
    """
    keys: Any = rows.values.get(rows.schema.key)
    there = rows.ground.table(rows.schema.name) if keys and any(keys) else None
    if there is None or not len(there):
        return
    at = _found(there[rows.schema.key], keys)
    if not (at >= 0).any():
        return
    said = rows.values.get("provenance") or ["reported"] * len(rows)
    said = np.array([one or "reported" for one in said], dtype=object)
    real = there["provenance"].to_numpy(dtype=object)
    alike = (at >= 0) & (real[at] == said)
    names = {column.name for column in rows.schema.columns}
    given = rows.shapes is not None or any(name in rows.raw for name in POSITIONS)
    placed = np.full(len(rows), True) if whole and given else ~missing(shapes)
    shown_by, kept = {"geometry_provenance"} & names, []
    for column in rows.schema.columns:
        if column.name in (*NEVER_KEPT, *shown_by, rows.schema.key):
            continue
        if column.name in rows.values and column.name != "adcode":
            continue
        if any(one in rows.values for one in FOLLOWS.get(column.name, ())):
            continue
        mask = alike & ~placed if column.name in FOLLOWS_PLACE else alike
        values = there[column.name].to_numpy(dtype=object)
        if _set_missing(
            rows, column.name, (_plain(values[at[row]]) if mask[row] else None for row in range(len(rows)))
        ):
            kept.append(column)
    if rows.schema.geometry:
        _keep_shapes(rows, shapes, there, at, alike, ~placed, said)
    count = int(alike.sum())
    if kept and count:
        rows.report.warn(
            Problem(
                N_("图册里已有这些编号的 {count} 行，文件没有的列（{columns}）保留图册里的内容。"),
                {
                    "count": count,
                    "columns": {lang: mark.join(named(one)[lang] for one in kept) for lang, mark in SEPARATORS.items()},
                },
                code="filled",
            )
        )


def _found(known: pd.Series, keys: Sequence[Any]) -> NDArray[np.intp]:
    """Return where each key stands among the known ones, -1 where it does not."""
    index, waiting = pd.Index(known), iter(keys)
    found = [np.empty(0, np.intp)]
    while some := list(islice(waiting, PART)):
        found.append(index.get_indexer(pd.Index(some, dtype=object)))
    return np.concatenate(found)


def _keep_shapes(
    rows: Rows,
    shapes: Shapes,
    there: pd.DataFrame,
    at: NDArray[np.intp],
    alike: NDArray[np.bool_],
    open_: NDArray[np.bool_],
    said: NDArray[np.object_],
) -> None:
    """Keep the shapes of the atlas where the file has none, and where they are from."""
    column = next((one for one in rows.schema.columns if one.name == "geometry_provenance"), None)
    takes = open_ & (alike if column is None else at >= 0)
    takes[list(rows.wrong)] = False
    old = there.geometry.to_numpy()
    takes[takes] &= ~shapely.is_missing(old[at[takes]])
    if column is None:
        shapes[takes] = old[at[takes]]
        return
    real = there["provenance"].to_numpy(dtype=object)
    # empty: that of the row it stood in, which need not be that of the row that comes
    from_ = np.where(there["geometry_provenance"].isna(), real, there["geometry_provenance"].to_numpy(dtype=object))
    if column.nullable:
        takes &= (from_[at] != "illustrative") | (said == "illustrative")
    shapes[takes] = old[at[takes]]
    held = rows.column("geometry_provenance")
    for row in np.flatnonzero(takes):
        if held[row] is None and (not column.nullable or from_[at[row]] != said[row]):
            held[row] = from_[at[row]]


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    return value.date() if isinstance(value, pd.Timestamp) else value


def _set_missing(rows: Rows, name: str, values: Iterable[Any]) -> int:
    """Set a column where nothing stands in it, and return how many cells that were."""
    held, count = rows.column(name), 0
    for at, (old, value) in enumerate(zip(held, values, strict=True)):
        if old is None and value is not None and at not in rows.wrong:
            held[at] = value
            count += 1
    return count


def _name_to_code(rows: Rows, column: str) -> None:
    values = rows.values[column]
    for at, said in enumerate(values):
        if said is None or said in rows.ground.adcodes:
            continue
        codes = rows.ground.codes_of(said)
        if len(codes) == 1:
            values[at] = codes[0]
            continue
        rows.refuse(at, not_one_place(rows, at, column, said, codes))
        values[at] = None


def _defaults(rows: Rows) -> None:
    columns = {column.name: column for column in rows.schema.columns}
    for row in shipped_rows("import_defaults.csv"):
        column = columns.get(row["column"])
        if column is None or row["table"] not in (rows.schema.name, "*"):
            continue
        if column.nullable and row["table"] == "*":
            continue
        if not row["value"]:
            _unsaid(rows, column)
            continue
        value = row["value"]
        _left_blank(rows, column)
        count = _set_missing(rows, column.name, repeat(value, len(rows)))
        if count and column.name not in NAMED_ONE_BY_ONE:
            rows.report.warn(
                Problem(
                    N_("{count} 行没有“{column}”，已按“{value}”处理。"),
                    {"count": count, "column": named(column), "value": _label(rows.schema.name, column, value)},
                    column=rows.title(column.name),
                    code="filled",
                )
            )


def _left_blank(rows: Rows, column: Column) -> None:
    """Take a blank beside cells that say something for unknown, where the usual value would say too much."""
    unknown = UNKNOWN.get((rows.schema.name, column.name))
    sheets = {sheet for name, sheet in rows.said if name == column.name}
    if unknown is None or not sheets:
        return
    held = rows.column(column.name)
    blank = [
        at
        for at, (value, sheet) in enumerate(zip(held, rows.sheets, strict=True))
        if value is None and sheet in sheets and at not in rows.wrong
    ]
    for at in blank:
        held[at] = unknown
    rows.warn(
        blank,
        N_("{count} 行没有写“{column}”，别的行写了：按不知道处理，不算开放；知道的请补上。"),
        "unsaid",
        column.name,
        example=lambda _: {"column": named(column)},
    )


def _unsaid(rows: Rows, column: Column) -> None:
    """Tell in how many rows a column says nothing that is easily taken for a no, or for what is usual."""
    count = sum(value is None and at not in rows.wrong for at, value in enumerate(rows.column(column.name)))
    if count:
        rows.report.warn(
            Problem(
                N_("{count} 行没有写“{column}”，按不知道处理：知道的请补上。"),
                {"count": count, "column": named(column)},
                column=rows.title(column.name),
                code="unsaid",
            )
        )


def _label(table: str, column: Column, value: str) -> dict[str, str]:
    vocab = vocabulary(table, column.name)
    return {lang: (labels(vocab, lang) if vocab else {}).get(value, value) for lang in ("zh", "en")}


def _derived(rows: Rows, shapes: Shapes) -> None:
    names = {column.name for column in rows.schema.columns}
    if "period" in names:
        for source in ("start", "date"):
            if source in rows.values:
                _set_missing(rows, "period", (day.isoformat() if day else None for day in rows.values[source]))
    if "participants_unit" in names and "participants" in rows.values:
        unit = "visit" if "人次" in (rows.title("participants") or "") else "person"
        _set_missing(
            rows, "participants_unit", (None if count is None else unit for count in rows.values["participants"])
        )
    if rows.schema.name == "places":
        inner = [
            None if shape is None else shapely.get_coordinates(shapely.point_on_surface(shape))[0] for shape in shapes
        ]
        _set_missing(rows, "lon", [None if point is None else float(point[0]) for point in inner])
        _set_missing(rows, "lat", [None if point is None else float(point[1]) for point in inner])
    if "name_en" in names and any(value is None for value in rows.column("name_en")):
        from geodata.names import english_names

        pairs = [
            (rows.values.get(rows.schema.key, [""] * len(rows))[at] or "", name or "")
            for at, name in enumerate(rows.values.get("name", [None] * len(rows)))
        ]
        _set_missing(rows, "name_en", [english or None for english in english_names(pairs)])
    if rows.schema.name == "demand":
        import h3

        _set_missing(
            rows,
            "cell",
            [None if shape is None else h3.latlng_to_cell(shape.y, shape.x, H3_RESOLUTION) for shape in shapes],
        )


def _keys(
    rows: Rows,
    shapes: Shapes,
    another: Collection[int],
) -> None:
    """Give rows without a key one that the same row gets again: importing a file twice adds nothing.

    It stands on the name, the county, the address and, of what takes place, the time; on where the point lies only
    where a row has no name. Rows of `another` are none of the atlas's, so they get none of its keys.
    """
    held = rows.column(rows.schema.key)
    if rows.schema.key in ("adcode",) or all(value is not None for value in held):
        return
    told = ("kind", "start", "period", "from_adcode", "to_adcode", "subject", "metric")
    said: list[Any] = [rows.values[name] for name in ("adcode", *told) if name in rows.values]
    named_ = rows.values.get("name")
    if named_:
        said += _told_apart(rows)
    taken = {value for value in held if value is not None}
    theirs = set(rows.ground.ids(rows.schema.name)) if another else set()
    counted: dict[str, int] = {}  # of stems that came more than once
    made: Any = column_of((), len(rows))
    for at in range(len(rows)):
        if held[at] is not None or at in rows.wrong or at in rows.left:
            made.append(None)
            continue
        point = rows.schema.geometry == "point" and not (named_ and named_[at]) and shapes[at] is not None
        where = f"{shapes[at].x:.5f},{shapes[at].y:.5f}" if point else ""
        text = "|".join([rows.schema.name, *(str(values[at]) for values in said), where])
        stem = f"{rows.schema.name[:2].upper()}-{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:10]}"
        key, count = stem, counted.get(stem, 1)
        while key in taken or (at in another and key in theirs):
            count += 1  # rows alike in all of this are numbered, in the order of the file
            key = f"{stem}-{count}"
        if count > 1:
            counted[stem] = count
        taken.add(key)
        made.append(key)
    count = _set_missing(rows, rows.schema.key, made)
    key = next(column for column in rows.schema.columns if column.name == rows.schema.key)
    if count:
        rows.report.warn(
            Problem(
                N_("{count} 行没有“{column}”，已按名称、县区和地址生成；以后再导入请保留这一列，以便对上同一行。"),
                {"count": count, "column": named(key)},
                column=rows.title(rows.schema.key),
                code="filled",
            )
        )


def _told_apart(rows: Rows) -> list[Any]:
    """Return names and addresses of all rows as they are compared, made of some rows at a time."""
    found = [column_of((), len(rows)) for _ in range(2)]
    names, places, codes = (
        iter(rows.values.get(name) or repeat(None, len(rows))) for name in ("name", "address", "adcode")
    )
    while said := list(islice(names, PART)):
        where, of = list(islice(places, PART)), list(islice(codes, PART))
        found[0].extend(bare(said, of, rows.ground, rows.schema.name).tolist())
        found[1].extend(addresses(where, of, rows.ground).tolist())
    return found


def _still_missing(rows: Rows) -> None:
    for column in rows.schema.columns:
        if column.nullable:
            continue
        held = rows.column(column.name)
        if all(at in rows.wrong or at in rows.left for at, value in enumerate(held) if value is None):
            continue
        if column.name not in rows.headers and all(value is None for value in held):
            rows.report.error(
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
            if value is None and at not in rows.wrong and at not in rows.left:
                rows.refuse(
                    at,
                    Problem(
                        N_("“{column}”没有填：请补上。"),
                        {"column": named(column)},
                        **rows.where(at, column.name),
                        expected_msgid=N_("必填"),
                        code="missing",
                    ),
                )
