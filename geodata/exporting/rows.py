"""The rows to write, as columns of plain values, a part at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata import datum, hours
from geodata.codes import labels
from geodata.errors import N_, AtlasError
from geodata.importing.values import vocabulary
from geodata.in_parts import PART
from geodata.kinds import Kinds, shipped
from geodata.own_fields import OwnField, values_of
from geodata.personal import is_personal, open_values
from geodata.schema import OWN, TABLES, Column, TableSchema
from geodata.store.images import columns_of
from geodata.withheld import written

HEADERS = ("zh", "en", "id")  # of workbooks and text tables; id: names of the schema, and codes as they are kept
NAMES_OF_PLACES = {"lon", "lat", "crs", "wkt", "geometry", "geom", "fid", "ogc_fid"}
_TITLES: Mapping[str, Mapping[Any, str]] = MappingProxyType(
    {
        "zh": {"lon": "经度", "lat": "纬度", "wkt": "图形(WKT)", "crs": "坐标系", True: "是", False: "否"},
        "en": {"lon": "Longitude", "lat": "Latitude", "wkt": "WKT", "crs": "CRS", True: "yes", False: "no"},
        "id": {"lon": "lon", "lat": "lat", "wkt": "geometry", "crs": "crs", True: "true", False: "false"},
    }
)
#: Share of the work in which own fields are looked for.
SURVEYED = 0.1
Progress = Callable[[float, str], None]


class Rows:
    """The rows to write, a part at a time, as columns of plain values: those of the schema, and with `spread` one for
    each own field.

    Parameters are those of :func:`geodata.exporting.export`. ``left_out`` lists the own fields that got no column since
    they are personal, or of which single values are left out.

    Raises
    ------
    AtlasError
        On headers or a coordinate system that are not known.
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        table: str,
        rows: NDArray[np.intp] | None = None,
        crs: str = "wgs84",
        kinds: Kinds | None = None,
        spread: bool = True,
        personal: bool = False,
        headers: str = "zh",
        progress: Progress | None = None,
    ) -> None:
        if headers not in HEADERS:
            raise AtlasError(N_("没有表头 {got}：请用 {expected} 之一。"), got=headers, expected=", ".join(HEADERS))
        self.schema, self.crs, self.headers = TABLES[table], datum.named(crs), headers
        self._frame, self._rows, self._kinds, self._personal = frame, rows, kinds or shipped(), personal
        self._progress = progress or (lambda _share, _text: None)
        self.columns = [column for column in self.schema.columns if not (spread and column.name == OWN)]
        self.left_out: list[str] = []
        self._own: list[tuple[str, OwnField | None]] = []  # label and, of a known kind, what it is
        self._hours: dict[Any, Any] = {}
        if spread and OWN in self.schema.column_names:
            self._add_own()

    def __len__(self) -> int:
        return len(self._frame) if self._rows is None else len(self._rows)

    def frames(self, first: float = 0.0, last: float = 1.0) -> Iterator[pd.DataFrame]:
        """Yield the rows as frames, at least one, telling how far that is between two shares."""
        for start in range(0, max(len(self), 1), PART):
            self._progress(first + (last - first) * start / max(len(self), 1), N_("正在写文件"))
            part = slice(start, start + PART)
            yield self._frame.iloc[part if self._rows is None else self._rows[part]]

    def parts(self) -> Iterator[Part]:
        """Yield the rows as parts, at least one."""
        for frame in self.frames(SURVEYED if self._own or self.left_out else 0.0):
            yield Part(frame, self._values(frame), moved(self.schema, frame, self.crs))

    def _add_own(self) -> None:
        """Find the own fields that any row has, and of which type they are."""
        types: dict[str, set[type]] = {}
        kinds, hidden = set[str](), set[str]()
        for frame in self.frames(0.0, SURVEYED) if not self._frame[OWN].isna().all() else ():
            for text in frame[OWN].dropna():
                for label, value in values_of(text).items():
                    if not self._personal and is_personal(label, value):
                        hidden.add(label)
                    else:
                        types.setdefault(label, set()).add(type(value))
        if self.schema.name == "activities":
            present = self._frame["kind"] if self._rows is None else self._frame["kind"].iloc[self._rows]
            kinds = set(present.dropna().unique())
        known = [field for kind in self._kinds if kind.kind in kinds for field in kind.fields]
        taken = {column.name for column in self.schema.columns} | NAMES_OF_PLACES
        for label in dict.fromkeys([*(field.label for field in known), *types]):
            field = self._kinds.fields.get(label) if self.schema.name == "activities" else None
            name, dtype = label, _type_of(types.get(label, set()))
            while name.lower() in taken:
                name += "_2"
            taken.add(name.lower())
            self._own.append((label, field))
            self.columns.append(
                replace(field.column, name=name) if field else Column(name, dtype, name, name, "", (), True, "")
            )
        self.left_out = sorted(hidden)

    def _values(self, frame: pd.DataFrame) -> list[list[Any]]:
        """Return the cells of each column."""
        texts = _withheld(self.schema, frame)
        shown = frame.assign(**{name: frame[name].where(said == "") for name, said in texts.items()})
        stored = columns_of(replace(self.schema, geometry=None), shown)
        values = []
        for column in self.columns[: len(self.columns) - len(self._own)]:
            cells = stored[column.name]
            if column.name == "opening_hours":
                for text in set(cells) - self._hours.keys():
                    self._hours[text] = None if text is None else _clear_hours(text)
                cells = [self._hours[text] for text in cells]
            if column.name in texts:
                cells = [text or cell for cell, text in zip(cells, texts[column.name], strict=True)]
            values.append(cells)
        if self._own:
            own = list(map(values_of if self._personal else open_values, frame[OWN]))
            for (label, field), column in zip(self._own, self.columns[-len(self._own) :], strict=True):
                cells = [one.get(label) for one in own]
                as_text = not field and column.dtype == "str"
                values.append([None if one is None else str(one) for one in cells] if as_text else cells)
        return values

    @property
    def titles(self) -> Mapping[Any, str]:
        """Names of what has no column in the schema: where a row lies, yes and no."""
        return _TITLES[self.headers]

    def told(self, part: Part) -> list[list[Any]]:
        """Return the columns of a part as the reader's language has them, and where each row lies."""
        named = [self.named(column, values) for column, values in zip(self.columns, part.values, strict=True)]
        return named + list(places(self.schema, part.shapes, self.crs).values())

    @property
    def heads(self) -> list[str]:
        """The headers of what :meth:`told` returns."""
        names = [{"zh": column.zh, "en": column.en}.get(self.headers) or column.name for column in self.columns]
        return names + [self.titles[name] for name in places(self.schema, None, self.crs)]

    def named(self, column: Column, values: list[Any]) -> list[Any]:
        """Return codes by their names, yes and no as people write them."""
        if column.dtype == "bool":
            return [None if value is None else self.titles[value] for value in values]
        if self.headers == "id":
            return values
        vocab = vocabulary(self.schema.name, column.name)
        is_kind = (self.schema.name, column.name) == ("activities", "kind")
        if not vocab and not is_kind:
            return values
        names = self._kinds.labels(self.headers) if is_kind else labels(vocab or "", self.headers)
        said = {one: ";".join(names.get(code, code) for code in one.split(";")) for one in set(values) - {None}}
        return [said.get(value) for value in values]


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows: as a frame, the cells of each column, their shapes in the coordinate system asked for."""

    frame: pd.DataFrame
    values: list[list[Any]]
    shapes: np.ndarray | None


def moved(schema: TableSchema, frame: pd.DataFrame, crs: str) -> np.ndarray | None:
    """Return the geometries in `crs`, None for a table without."""
    if not schema.geometry:
        return None
    shapes = frame.geometry.to_numpy().copy()
    if crs not in ("wgs84", "cgcs2000") and len(shapes):
        shapes = shapely.transform(shapes, lambda xy: np.column_stack(datum.from_wgs84(xy[:, 0], xy[:, 1], crs)))
    return shapes


def places(schema: TableSchema, shapes: np.ndarray | None, crs: str) -> dict[str, list[Any]]:
    """Return the columns that say where a row lies in a format without geometry; of no shapes they are empty."""
    if not schema.geometry:
        return {}
    shapes = np.empty(0, dtype=object) if shapes is None else shapes
    if schema.geometry == "point":
        empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
        lon, lat = (part(shapes).astype(object) for part in (shapely.get_x, shapely.get_y))
        lon[empty] = lat[empty] = None
        return {"lon": lon.tolist(), "lat": lat.tolist(), "crs": [crs] * len(shapes)}
    return {
        "wkt": [None if shape is None else shapely.to_wkt(shape, rounding_precision=-1) for shape in shapes],
        "crs": [crs] * len(shapes),
    }


def _withheld(schema: TableSchema, frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return what to write for counts that are withheld (:mod:`geodata.withheld`), by column; empty texts elsewhere."""
    found = {}
    for column in schema.columns:
        if column.dtype == "int" and frame[column.name].dtype.kind == "f":
            values = frame[column.name].to_numpy(dtype=float)
            hidden = np.isfinite(values) & (values != np.floor(values))
            if hidden.any():
                found[column.name] = np.array(
                    [written(one) if out else "" for one, out in zip(values, hidden, strict=True)], dtype=object
                )
    return found


def _type_of(types: set[type]) -> str:
    """Return the type that all values of an own field have: numbers stay numbers where all of them are."""
    return "int" if types == {int} else "float" if types and types <= {int, float} else "str"


def _clear_hours(text: str) -> str:
    """Return opening hours as they are kept today:
    an atlas of before may have nights as ``10:00-02:00``, which two people read differently.
    """
    try:
        return text if text == "24/7" else hours.written(hours.rules(text))
    except AtlasError:
        return text
