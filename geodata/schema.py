"""One schema per table: column, type, unit, allowed values, headers in both languages.

The tables themselves are data: ``tables.csv`` and ``columns.csv``.

How a column's type looks in a frame: ``str`` and ``set`` (codes joined by
``;``) are pandas strings whose missing value is NaN; ``int`` is int64, or
float64 with NaN where the column may be missing; ``float`` float64; ``bool``
bool, or boolean with NA where the column may be missing; ``date`` datetime64
without time zone (NaT when missing), kept as ISO ``YYYY-MM-DD`` text in a store. Geometry is EPSG:4326.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import pandas as pd

from geodata.codes import labels, shipped_rows
from geodata.errors import N_, AtlasError

# Texts of a frame are objects of Python, also where pyarrow is installed: a cell is looked at again and again without
# being copied. Those of derived files alone are Arrow's (geodata/derived), which every process maps.
pd.set_option("mode.string_storage", "python")

SCHEMA_VERSION = "5"
CRS = "EPSG:4326"
SHIPPED = "shipped"  # batch of the rows that come with the program
OWN = "own"  # column of the values that a row has beside those of the schema: geodata.own_fields
COMMON = ("provenance", "source_id", "batch_id", "valid_from", "valid_to")
GEOMETRY_TYPES = MappingProxyType(
    {
        "point": ("Point",),
        "line": ("LineString", "MultiLineString"),
        "polygon": ("Polygon", "MultiPolygon"),
    }
)


LONG = 100_000  # rows from which on a table is checked a column at a time


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name, zh, en : str
        Name in code and headers for people.
    dtype : str
        ``str``, ``int``, ``float``, ``bool``, ``date`` or ``set``.
    unit : str
        Code of the vocabulary ``unit``; empty when the column has none.
    allowed : tuple of str
        Values that may stand here (members, for a set); empty: any.
    nullable : bool
        Whether the value may be missing.
    description : str
        What else there is to know, in English.
    """

    name: str
    dtype: str
    zh: str
    en: str
    unit: str
    allowed: tuple[str, ...]
    nullable: bool
    description: str

    @property
    def pandas_dtype(self) -> str:
        """Name of the pandas type of this column in a frame."""
        if self.dtype == "int":
            return "float64" if self.nullable else "int64"
        if self.dtype == "bool":
            return "boolean" if self.nullable else "bool"
        return {"float": "float64", "date": "datetime64[s]"}.get(self.dtype, "str")


@dataclass(frozen=True, slots=True)
class TableSchema:
    """One table: names for people, key column, kind of geometry, columns."""

    name: str
    zh: str
    en: str
    key: str
    geometry: str | None
    columns: tuple[Column, ...]

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns, geometry last where the table has one."""
        names = tuple(column.name for column in self.columns)
        return (*names, "geometry") if self.geometry else names

    def coerce(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a copy with this table's columns, in order and in their types.

        Columns that may be missing and are not there are filled with missing
        values; columns unknown to the schema are dropped. Geometry is taken as
        EPSG:4326.

        Raises
        ------
        AtlasError
            When a column is missing that must be there, or a value cannot be
            read as the column's type.
        """
        frame = frame.reset_index(drop=True)
        data: dict[str, Any] = {}
        for column in self.columns:
            if column.name in frame:
                data[column.name] = _as_dtype(self, column, frame[column.name])
            elif column.nullable:
                data[column.name] = pd.Series([None] * len(frame), dtype=column.pandas_dtype)
            else:
                raise AtlasError(
                    N_("表 {table} 缺少列 {column}（{zh}）：请补上这一列。"),
                    table=self.name,
                    column=column.name,
                    zh=column.zh,
                )
        if not self.geometry:
            return pd.DataFrame(data, index=frame.index)
        shapes = frame["geometry"] if "geometry" in frame else [None] * len(frame)
        return gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(list(shapes), crs=CRS))

    def assembled(self, columns: Iterable[tuple[str, pd.Series]], count: int, shapes: Any = None) -> pd.DataFrame:
        """Return what :meth:`coerce` returns,
        from columns that are given up one by one: no two whole tables at any time.

        Parameters
        ----------
        columns : iterable of (str, Series)
            Name and values, in any order; each is converted before the next is asked for.
        count : int
            Number of rows.
        shapes : sequence of geometry or None
            EPSG:4326.
        """
        known = {column.name: column for column in self.columns}
        found = {name: _as_dtype(self, known[name], values) for name, values in columns if name in known}
        rest = self.coerce(pd.DataFrame({name: values.iloc[:0] for name, values in found.items()}))
        data = {
            column.name: found[column.name]
            if column.name in found
            else pd.Series([None] * count, dtype=rest[column.name].dtype)
            for column in self.columns
        }
        index = pd.RangeIndex(count)
        if not self.geometry:
            return pd.DataFrame(data, index=index, copy=False)
        shapes = gpd.GeoSeries([None] * count if shapes is None else shapes, crs=CRS)
        return gpd.GeoDataFrame(pd.DataFrame(data, index=index, copy=False), geometry=shapes)

    def some(
        self, columns: Iterable[tuple[str, pd.Series]], count: int, names: Sequence[str], shapes: Any = None
    ) -> pd.DataFrame:
        """Return what :meth:`assembled` returns, of the columns of `names` alone, and with geometry where there are
        `shapes`.
        """
        known = {column.name: column for column in self.columns}
        found = {name: _as_dtype(self, known[name], values) for name, values in columns}
        for name in names:
            if name in known and name not in found:
                found[name] = pd.Series([None] * count, dtype=known[name].pandas_dtype)
        frame = pd.DataFrame(found, index=pd.RangeIndex(count), copy=False)
        return frame if shapes is None else gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, crs=CRS))

    def validate(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return `frame` in the table's types, checked by pandera.

        Returns
        -------
        DataFrame or GeoDataFrame
            As :meth:`coerce` gives it.

        Raises
        ------
        AtlasError
            Names the table, the key of the first bad row, the column, the
            value and what was expected.
        """
        return self.checked(self.coerce(frame))

    def checked(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a frame in the types of the table, as :meth:`coerce` gives it, once pandera has checked it.

        Raises
        ------
        AtlasError
            As :meth:`validate`.
        """
        import pandera.pandas as pa  # slow to import, and reading a store does not need it

        columns = {
            column.name: pa.Column(None, _checks(pa, column), nullable=column.nullable, unique=column.name == self.key)
            for column in self.columns
        }
        found = []
        # pandera copies what it checks: of a long table one column at a time
        for names in [list(columns)] if len(frame) <= LONG else [[name] for name in columns]:
            try:
                pa.DataFrameSchema({name: columns[name] for name in names}).validate(
                    pd.DataFrame(frame[names]), lazy=True
                )
            except pa.errors.SchemaErrors as errors:
                found.append(errors)
        if found:
            cases = pd.concat([one.failure_cases for one in found], ignore_index=True)
            case = cases.sort_values("index", kind="stable").iloc[0]
            raise self._refused(frame, case) from found[0]
        if self.geometry:
            wrong = frame.geometry.notna() & ~frame.geom_type.isin(GEOMETRY_TYPES[self.geometry])
            if self.geometry != "point":
                wrong |= frame.geometry.isna()
            wrong |= frame.geometry.notna() & ~frame.geometry.is_valid
            if wrong.any():
                row = int(wrong.to_numpy().argmax())
                raise AtlasError(
                    N_("表 {table} 的行 {row} 图形不可用：应为有效的 {expected}，得到 {got}。"),
                    table=self.name,
                    row=frame[self.key].iloc[row],
                    expected="/".join(GEOMETRY_TYPES[self.geometry]),
                    got=frame.geom_type.iloc[row],
                )
        return frame

    def _refused(self, frame: pd.DataFrame, case: pd.Series) -> AtlasError:
        column = next(column for column in self.columns if column.name == case["column"])
        where = {
            "table": self.name,
            "row": frame[self.key].iloc[int(case["index"])],
            "column": column.name,
            "zh": column.zh,
        }
        if case["check"] == "not_nullable":
            return AtlasError(N_("表 {table} 的行 {row} 列 {column}（{zh}）空着：请填上。"), **where)
        if case["check"] == "field_uniqueness":
            return AtlasError(
                N_("表 {table} 的列 {column}（{zh}）里 {row} 不止一次：请给每行一个自己的编号。"), **where
            )
        return AtlasError(
            N_("表 {table} 的行 {row} 列 {column}（{zh}）的值 {value} 不可用：应为 {expected}。"),
            value=case["failure_case"],
            expected=_expected(column),
            **where,
        )


def _as_dtype(table: TableSchema, column: Column, values: pd.Series) -> pd.Series:
    try:
        if column.dtype == "date":
            return pd.to_datetime(values, errors="raise").astype("datetime64[s]")
        if column.dtype in ("str", "set"):
            if values.dtype in ("object", "str"):
                return values.astype("str")  # as below, in a fifth of the time
            return values.astype("object").where(values.notna(), None).astype("str")
        if column.dtype == "bool":
            known = values.astype("object").where(values.notna(), None)
            if not known.isin([True, False, None] if column.nullable else [True, False]).all():
                raise ValueError("not a yes or no")
            # a row of the log says 1 where the table says True: pandas takes the one or the other, never both
            return known.map({True: True, False: False}, na_action="ignore").astype(column.pandas_dtype)
        if column.dtype == "int" and values.dropna().astype("float64").mod(1).any():
            raise ValueError("not a whole number")
        return values.astype(column.pandas_dtype)
    except (TypeError, ValueError) as error:
        raise AtlasError(
            N_("表 {table} 的列 {column}（{zh}）读不出来：应为 {expected}（{detail}）。"),
            table=table.name,
            column=column.name,
            zh=column.zh,
            expected=_expected(column),
            detail=error,
        ) from error


def _expected(column: Column) -> str:
    """What may stand in a column, in signs that need no translation."""
    if column.allowed:
        return (" ; " if column.dtype == "set" else " | ").join(column.allowed)
    return {"int": "0, 1, 2 …", "float": "≥ 0, 12.5", "bool": "true | false", "date": "YYYY-MM-DD"}.get(
        column.dtype, "…"
    )


def _checks(pa: Any, column: Column) -> list[Any]:
    checks = []
    if column.allowed and column.dtype == "set":
        allowed = set(column.allowed)
        checks.append(pa.Check(lambda text: set(text.split(";")) <= allowed, element_wise=True))
    elif column.allowed:
        checks.append(pa.Check.isin(column.allowed))
    elif column.dtype in ("int", "float") and column.unit != "degree":
        checks.append(pa.Check.ge(0))
    return checks


def _allowed(text: str) -> tuple[str, ...]:
    if text.startswith("vocab:"):
        return tuple(labels(text.removeprefix("vocab:")))
    return ()


def _load() -> Mapping[str, TableSchema]:
    columns: dict[str, list[Column]] = {}
    for row in shipped_rows("columns.csv"):
        columns.setdefault(row["table"], []).append(
            Column(
                row["name"],
                row["dtype"],
                row["zh"],
                row["en"],
                row["unit"],
                _allowed(row["allowed"]),
                row["nullable"] == "yes",
                row["description"],
            )
        )
    common = columns["*"]
    return MappingProxyType(
        {
            row["table"]: TableSchema(
                row["table"],
                row["zh"],
                row["en"],
                row["key"],
                row["geometry"] or None,
                (*columns[row["table"]], *common),
            )
            for row in shipped_rows("tables.csv")
        }
    )


TABLES: Mapping[str, TableSchema] = _load()
"""Schema of every table by name, in the order in which a store lists them."""
