"""A stranger's tables of demand, sites, costs and ways, read into arrays or refused with file, row and column."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.errors import N_, AtlasError
from layers.distance import Points

ALIASES = {
    "demand_id": "id",
    "candidate_id": "id",
    "station_id": "id",
    "node": "id",
    "name": "name",
    "longitude": "lon",
    "lng": "lon",
    "long": "lon",
    "latitude": "lat",
    "cost_yuan": "cost",
    "status": "rule",
    "group": "worker_group",
}
NEGATIVE = N_("{file} 第 {row} 行 {column} 列的“{value}”不可用：请给不小于 0 的数。")
RULES = {"": "free", "free": "free", "fixed": "forced", "forced": "forced", "forbidden": "forbidden"}


@dataclass(frozen=True, slots=True, eq=False)
class PointTable:
    """Demand or sites of one file.

    Attributes
    ----------
    path : Path
        Where they were read.
    ids : list of str
        As written in the file.
    points : Points or None
        None when the file has no coordinates.
    frame : DataFrame
        All columns, as text, names in lower case.
    """

    path: Path
    ids: list[str]
    points: Points | None
    frame: pd.DataFrame

    @property
    def located(self) -> Points:
        """Its points, of a table that has coordinates."""
        assert self.points is not None
        return self.points

    def numbers(self, column: str, default: float, infinite: bool = False) -> NDArray[np.float64]:
        """Return a column of numbers that are not negative; `default` everywhere when there is no such column.

        With `infinite`, an empty cell means no limit.
        """
        if column not in self.frame:
            return np.full(len(self.ids), default)
        text = self.frame[column]
        values = _numbers(self.path, text, column, np.inf if infinite else None)
        _refuse(self.path, column, text, ~(values >= 0) | (np.isinf(values) & (not infinite)), NEGATIVE)
        return values

    def rules(self) -> list[str]:
        """Return ``free``, ``forced`` or ``forbidden`` per row."""
        if "rule" not in self.frame:
            return ["free"] * len(self.ids)
        text = self.frame["rule"].str.strip().str.lower()
        for row, one in enumerate(text):
            if one not in RULES:
                raise AtlasError(
                    N_("{file} 第 {row} 行 {column} 列的“{value}”不可用：请用 {allowed} 之一。"),
                    file=self.path.name,
                    row=row + 2,
                    column="rule",
                    value=one,
                    allowed="free, fixed, forbidden",
                )
        return [RULES[one] for one in text]


def read_points(path: Path) -> PointTable:
    """Read ``id,x,y`` (metres) or ``id,lon,lat`` (degrees, WGS-84), with any further columns.

    Raises
    ------
    AtlasError
        The file cannot be read, has no ``id``, an id comes twice, a coordinate is no number.
    """
    frame = read_csv(path)
    needs(path, frame, "id")
    if frame.empty:
        raise AtlasError(N_("{file} 没有数据行。"), file=path.name)
    ids = frame["id"].str.strip()
    blank = np.flatnonzero(ids == "")
    if len(blank):
        raise AtlasError(
            N_("{file} 第 {row} 行没有编号：请补上 {column}。"), file=path.name, row=int(blank[0]) + 2, column="id"
        )
    keys = ids if "worker_group" not in frame else ids + "/" + frame["worker_group"].str.strip()
    again = np.flatnonzero(keys.duplicated())
    if len(again):
        row = int(again[0])
        first = int(np.flatnonzero(keys == keys.iloc[row])[0])
        raise AtlasError(
            N_("{file} 第 {row} 行的编号“{id}”与第 {first} 行重复：编号不能重复。"),
            file=path.name,
            row=row + 2,
            first=first + 2,
            id=keys.iloc[row],
        )
    return PointTable(path, ids.tolist(), _points(path, frame), frame)


def _points(path: Path, frame: pd.DataFrame) -> Points | None:
    for names, degrees in ((("x", "y"), False), (("lon", "lat"), True)):
        if any(name in frame for name in names):
            needs(path, frame, *names)
            xy = np.column_stack([_numbers(path, frame[name], name) for name in names])
            bad = np.argwhere(~np.isfinite(xy) | (degrees & (np.abs(xy) > (180.0, 90.0))))
            if len(bad):
                row, column = bad[0]
                raise AtlasError(
                    N_(
                        "{file} 第 {row} 行 {column} 列的“{value}”不是坐标："
                        "经纬度用 lon,lat（度），平面坐标用 x,y（米）。"
                    ),
                    file=path.name,
                    row=int(row) + 2,
                    column=names[column],
                    value=frame[names[column]].iloc[row],
                )
            return Points(xy, degrees)
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """A table of ways: one row per pair of demand and site."""

    demand: NDArray[np.str_]
    site: NDArray[np.str_]
    cost: NDArray[np.float64]


def read_matrix(path: Path) -> Matrix:
    """Read ``demand,candidate,cost``; a pair that is not there cannot be.

    Raises
    ------
    AtlasError
        A column is missing, a cost is negative or no number, a pair comes twice with different costs.
    """
    frame = read_csv(path)
    needs(path, frame, "demand", "candidate", "cost")
    cost = _numbers(path, frame["cost"], "cost", np.inf)
    _refuse(path, "cost", frame["cost"], ~(cost >= 0), NEGATIVE)
    demand, site = frame["demand"].str.strip(), frame["candidate"].str.strip()
    keys = pd.DataFrame({"demand": demand, "site": site, "cost": cost})
    once = keys.drop_duplicates()
    twice = np.flatnonzero(once.duplicated(["demand", "site"]))
    if len(twice):
        row = once.index[twice[0]]
        raise AtlasError(
            N_("{file} 第 {row} 行：需求点“{demand}”到“{site}”的费用前后不一，请只留一行。"),
            file=path.name,
            row=int(row) + 2,
            demand=demand[row],
            site=site[row],
        )
    reachable = once[np.isfinite(once["cost"])]
    return Matrix(reachable["demand"].to_numpy(str), reachable["site"].to_numpy(str), reachable["cost"].to_numpy(float))


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """A network of ways: undirected, by names of its nodes."""

    start: list[str]
    end: list[str]
    length: NDArray[np.float64]


def read_edges(path: Path) -> Edges:
    """Read ``from,to,cost``, or an OR-Library p-median file (first line: nodes, edges, p; then ``i j cost``).

    An edge that is repeated replaces the earlier one, as OR-Library means it.
    """
    text = _decoded(path)
    first = text.lstrip().split("\n", 1)[0].split()
    if len(first) == 3 and all(one.isdigit() for one in first):
        rows = [line.split() for line in text.strip().split("\n")[1:] if line.strip()]
        wrong = next((k for k, row in enumerate(rows) if len(row) != 3), None)
        if wrong is not None:
            raise AtlasError(N_("{file} 第 {row} 行不是“起点 终点 长度”三项。"), file=path.name, row=wrong + 2)
        frame = pd.DataFrame(rows, columns=["from", "to", "cost"])
    else:
        frame = read_csv(path).rename(columns={"length": "cost", "length_m": "cost", "distance": "cost"})
        needs(path, frame, "from", "to", "cost")
    length = _numbers(path, frame["cost"], "cost")
    _refuse(path, "cost", frame["cost"], ~((length >= 0) & np.isfinite(length)), NEGATIVE)
    edges: dict[tuple[str, str], float] = {}
    for one, other, way in zip(frame["from"].str.strip(), frame["to"].str.strip(), length, strict=True):
        edges[min(one, other), max(one, other)] = float(way)
    return Edges([one for one, _ in edges], [other for _, other in edges], np.array(list(edges.values())))


def read_csv(path: Path) -> pd.DataFrame:
    """Read a CSV file as text, columns in lower case with their usual names."""
    try:
        frame = pd.read_csv(
            io.StringIO(_decoded(path)), dtype=str, keep_default_na=False, na_filter=False, skipinitialspace=True
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise AtlasError(
            N_("{file} 读不成表格（{error}）：请存为有表头的 CSV。"), file=path.name, error=str(error).strip()
        ) from error
    names = [str(name).strip().lower() for name in frame.columns]
    frame.columns = [ALIASES[name] if name in ALIASES and ALIASES[name] not in names else name for name in names]
    return frame


def _decoded(path: Path) -> str:
    try:
        body = path.read_bytes()
    except OSError as error:
        raise AtlasError(N_("打不开 {file}：{error}"), file=str(path), error=error.strerror or str(error)) from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise AtlasError(N_("{file} 的文字编码无法识别：请存为 UTF-8。"), file=path.name)


def _numbers(path: Path, text: pd.Series, column: str, blank: float | None = None) -> NDArray[np.float64]:
    if blank is not None:
        text = text.where(text.str.strip() != "", str(blank))
    values = pd.to_numeric(text, errors="coerce").to_numpy(np.float64)
    _refuse(path, column, text, np.isnan(values), N_("{file} 第 {row} 行 {column} 列的“{value}”不是数：请改正或补上。"))
    return values


def needs(path: Path, frame: pd.DataFrame, *columns: str) -> None:
    """Raise an AtlasError for the first of `columns` that a table read from `path` lacks."""
    for column in columns:
        if column not in frame:
            raise AtlasError(
                N_("{file} 缺少 {column} 列：现有 {columns}。"),
                file=path.name,
                column=column,
                columns=", ".join(frame.columns),
            )


def _refuse(path: Path, column: str, text: pd.Series, bad: NDArray[np.bool_], msgid: str) -> None:
    """Raise an AtlasError of `msgid` for the first `bad` cell of a column."""
    for row in np.flatnonzero(bad)[:1]:
        raise AtlasError(msgid, file=path.name, row=int(row) + 2, column=column, value=text.iloc[row])
