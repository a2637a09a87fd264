"""The atlas in memory: every table as one frame, and what is derived from it once.

An :class:`Atlas` is never changed after it is made, so any number of threads
and sessions may read it. What is dear to compute is kept on the instance, not
in the module: :meth:`Atlas.once` for what depends on the data alone,
:meth:`Atlas.recent` (bounded) for what also depends on a reader's choice.
"""

from __future__ import annotations

import hashlib
import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.derived import Folder, Tables, lonlat
from geodata.errors import N_, AtlasError
from geodata.frames import factorized
from geodata.schema import TABLES
from layers import disclosure, reads, stored, validity
from layers.filters import PROVENANCES

if TYPE_CHECKING:
    from geodata.osm.network import WalkingNetwork
    from geodata.store.base import AtlasStore
    from geodata.store.batches import Versions

P = ParamSpec("P")
T = TypeVar("T")

LEVELS = ("country", "province", "city", "county")
#: West, south, east and north in degrees → the walking network there, or None where there is none.
Walking = Callable[[tuple[float, float, float, float]], "WalkingNetwork | None"]
#: Answers that :meth:`Atlas.recent` keeps: at most so many, and at most so many bytes of arrays.
RECENT, RECENT_BYTES = 256, 96 * 2**20
#: Parts of an atlas beside its tables: all there is, the day that it speaks of, the walking network.
WHOLE, DAY, GROUND = ".whole", ".day", ".ground"
#: Tables that come with the program.
GEOGRAPHY = ("places", "lines", "land")
#: What is found out of a whole atlas, by name: functions whose ``repr`` of the result is short, and all that it says.
SUMMARIES: dict[str, Callable[[Atlas], Any]] = {}
#: Keys of a table that are kept as a dict, at most: a quarter of a kilobyte each.
FEW_KEYS = 5_000


def kept_once(found: Callable[Concatenate[Atlas, P], T]) -> Callable[Concatenate[Atlas, P], T]:
    """Have what a function finds in an atlas kept with it, as :meth:`Atlas.once` keeps it, for each further argument.

    No argument may depend on a reader's choice, and none is given by its name.
    """

    @wraps(found)
    def kept(atlas: Atlas, *args: P.args, **_: P.kwargs) -> T:
        return atlas.once((found, *args), lambda: found(atlas, *args))

    return kept


@dataclass(frozen=True, slots=True)
class PlaceTree:
    """Who lies in whom, as integer positions in ``atlas.places``.

    Attributes
    ----------
    codes : pandas.Index
        Adcode per row of ``atlas.places``.
    level : ndarray of int8, shape (n,)
        Position of the row's level in :data:`LEVELS`.
    ancestors : ndarray of int32, shape (n, 4)
        Position of the place itself or the one it lies in, per level;
        -1 where there is none (a municipality has no city row).
    """

    codes: pd.Index
    level: NDArray[np.int8]
    ancestors: NDArray[np.int32]

    def position(self, adcode: str) -> int:
        """Return the row of `adcode` in ``atlas.places``, or -1 when it is unknown."""
        return int(self.codes.get_indexer([adcode])[0])

    def positions(self, adcodes: pd.Series | NDArray[Any]) -> NDArray[np.int32]:
        """Return the rows of many adcodes; -1 where unknown or missing."""
        codes, distinct = factorized(adcodes)  # few are looked up, and no text is made for each row
        found = self.codes.get_indexer(pd.Index(distinct, dtype=object)).astype(np.int32)
        return np.append(found, np.int32(-1))[codes]  # last: code -1, missing

    def under(self, place: int, rows: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Return which of `rows` are `place` itself or lie in it; -1 lies nowhere."""
        column = self.ancestors[:, self.level[place]]
        return (rows >= 0) & (column[rows] == place)


class _Table:
    """A table of an atlas as an attribute, laid out at the first asking."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, atlas: Atlas, owner: type | None = None) -> Any:
        return atlas.table(self._name)


class Atlas:
    """All tables of one data version, read only.

    Attributes
    ----------
    places, lines, land, regions, grids, enterprises, stations, zones, fairs, kinds, \
activities, flows, stops, demand, candidates, scenarios, facts, parts : DataFrame
        The tables of ``geodata.schema.TABLES``, each laid out when it is first asked for; those with a geometry
        are GeoDataFrames in EPSG:4326. Do not alter them. Regions and grids have
        a ``name_en`` beside their columns, made from their name.
    mark : object
        What the reads of this atlas, and of :attr:`exact`, are told apart by (:mod:`layers.reads`).

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Every table, asked for at most once each.
    meta : mapping of str to str
    walking : callable, optional
        Where :meth:`walking` looks.
    stored : mapping of str to int, optional
        Rows of each table in the store, those included that do not hold; without, as many as are given.
    threshold : int, optional
        Tables are as everybody may see them (:mod:`layers.disclosure`), counts of fewer persons withheld (0: none);
        without, they are as they are.
    versions : mapping of str to dict, optional
        What counts said one after the other, as :func:`layers.stored.versions_of` gives it.
    """

    places = _Table()
    lines = _Table()
    land = _Table()
    regions = _Table()
    grids = _Table()
    enterprises = _Table()
    stations = _Table()
    zones = _Table()
    fairs = _Table()
    kinds = _Table()
    activities = _Table()
    flows = _Table()
    stops = _Table()
    demand = _Table()
    candidates = _Table()
    scenarios = _Table()
    facts = _Table()
    parts = _Table()

    def __init__(
        self,
        tables: Mapping[str, pd.DataFrame],
        meta: Mapping[str, str],
        walking: Walking | None = None,
        stored: Mapping[str, int] | None = None,
        threshold: int | None = None,
        versions: Mapping[str, Versions] | None = None,
    ) -> None:
        self._meta, self._stored, self._versions = meta, stored, versions or {}
        self._tables, self._walking, self.threshold = tables, walking, threshold
        self._once: dict[Hashable, tuple[Any, frozenset[reads.Read]]] = {}
        self._recent: OrderedDict[Hashable, tuple[Any, int, frozenset[reads.Read]]] = OrderedDict()
        self._lock = threading.Lock()
        self._told: dict[str, str] = {}
        self.mark = object()

    @classmethod
    def load(
        cls,
        store: AtlasStore,
        day: date | None = None,
        walking: Walking | None = None,
        derived: Folder | None = None,
        threshold: int | None = None,
    ) -> Self:
        """Read what holds of every table of `store`, all as of one moment.

        Parameters
        ----------
        store : AtlasStore
        day : date, optional
            Rows that hold on this day by their ``valid_from`` and ``valid_to``; the data date when none is given,
            which is the latest day that reported rows speak of (:mod:`layers.data_date`).
            The atlas then speaks of no later day than this.
        walking : callable, optional
            Where :meth:`walking` looks.
        derived : Folder, optional
            Where files are that hold the tables (:mod:`geodata.derived`), or are made; without, they come out of the
            store as objects of this process.
        threshold : int, optional
            As the class has it.

        Raises
        ------
        AtlasError
            When the store cannot be read (said by the store itself).
        """
        if derived is not None:
            tables, meta = store.at_once(lambda now: stored.kept(now, day, derived))[1]
            _, meta = stored.spoken_of(meta, date.fromisoformat(tables.facts["until"]), day)
            return cls(tables, meta, walking, tables.facts["rows"], threshold, tables.facts["versions"])
        frames, meta, until, versions = store.at_once(_whole)[1]
        shown, meta = stored.spoken_of(meta, until, day)
        held = {name: validity.on(frame, shown) for name, frame in frames.items()}
        made = cls.from_frames(held, meta, walking, threshold)
        made._stored = {name: len(frame) for name, frame in frames.items()}
        made._versions = versions
        return made

    @classmethod
    def from_frames(
        cls,
        frames: Mapping[str, pd.DataFrame],
        meta: Mapping[str, str],
        walking: Walking | None = None,
        threshold: int | None = None,
    ) -> Self:
        """Make an atlas of `frames`; a table that is not given is empty.

        Parameters
        ----------
        frames : mapping of str to DataFrame
            Frames by table name, made to ``geodata.schema``.
        meta : mapping of str to str
            At least ``data_version`` and ``data_date`` (ISO date).
        walking : callable, optional
            Where :meth:`walking` looks.
        threshold : int, optional
            As the class has it.

        Raises
        ------
        AtlasError
            On a table name that the atlas does not know.
        """
        strange = sorted(set(frames) - set(TABLES))
        if strange:
            raise AtlasError(
                N_("不认识的数据表：{got}。可用的表：{known}。"),
                got="、".join(strange),
                known="、".join(TABLES),
            )
        held = {name: frames[name].reset_index(drop=True) if name in frames else _empty(name) for name in TABLES}
        return cls(held, dict(meta), walking, threshold=threshold)

    @property
    def meta(self) -> Mapping[str, str]:
        """``data_version``, ``data_date`` and whatever else the store says."""
        self._read(WHOLE)
        return self._meta

    @property
    def content(self) -> tuple[str, ...]:
        """What tells this atlas from another also where rows were written past this program, which its version does not
        tell; as far as its tables lie in files.
        """
        sums = self._tables.versions if isinstance(self._tables, Tables) else {}
        return self.version, *(f"{name} {told}" for name, told in sorted(sums.items()))

    def told(self, part: str) -> str:
        """Return what is another whenever a part of the atlas is: equal parts, equal texts.

        Parameters
        ----------
        part : str
            As :mod:`layers.reads` records it: a table, :data:`DAY`, :data:`GROUND`, a summary, or :data:`WHOLE`. Also
            what no atlas has is told as the whole.
        """
        found = self._told.get(part)
        if found is None:
            said = repr(self._said(part)).encode("utf-8", "surrogatepass")
            found = self._told.setdefault(part, hashlib.sha256(said).hexdigest())
        return found

    def version_of(self, *parts: str) -> str:
        """Return the version of some parts: as long as they are the same, so is it; ``…@DAY`` of a past day.

        Readers see it. So of tables that people bring in it holds the version of all data, and no sum of what they say:
        that would tell one small count from another (:mod:`layers.small_counts`).
        """
        own = [part for part in parts if part in GEOGRAPHY or part in SUMMARIES]
        self._read(*own, *((WHOLE,) if len(own) < len(parts) else ()))
        told = (*(self.told(part) for part in own), *((self.version,) if len(own) < len(parts) else ()))
        of, day = " ".join(told), self._meta["data_version"].partition("@")[2]
        return f"{hashlib.sha256(of.encode()).hexdigest()[:16]}{'@' if day else ''}{day}"

    def _said(self, part: str) -> object:
        if part == DAY:
            return self._meta["data_date"]
        if part == GROUND:
            return self._walking is not None, self._meta.get("ground", "")
        if part in SUMMARIES:
            return self.summary(part)
        sums = self._tables.versions if isinstance(self._tables, Tables) else {}
        return (sums[part], self._versions.get(part)) if part in sums else self.content

    def _read(self, *parts: str) -> None:
        reads.read((self.mark, part) for part in parts)

    @property
    def version(self) -> str:
        """What tells this atlas apart from another: the version of its data, and that of its walking network."""
        return f"{self.stored_version}-{self.ground[:8]}" if self.ground else self.stored_version

    @property
    def stored_version(self) -> str:
        """The data version of the store: the content hash of the tables."""
        return self.meta["data_version"]

    @property
    def ground(self) -> str:
        """Name of the extract that the walking network is of; empty where there is none."""
        self._read(GROUND)
        return self._meta.get("ground", "")

    @property
    def data_date(self) -> date:
        """The day the data speaks of; "inspected within so many days" counts back from it."""
        self._read(DAY)
        return date.fromisoformat(self._meta["data_date"])

    @cached_property
    def exact(self) -> Self:
        """The same atlas as it is: for who keeps the data, and nobody else."""
        if self.threshold is None:
            return self
        made = type(self)(self._tables, self._meta, self._walking, self._stored)
        made.mark = self.mark
        return made

    @kept_once
    def table(self, name: str) -> pd.DataFrame:
        """Return the frame of table `name`."""
        self._read(name)
        if self.threshold is None:
            return stored.named(name, self._tables[name])
        return disclosure.shown(self.exact.table, name, self.threshold, self._versions)

    @property
    def stored_rows(self) -> dict[str, int]:
        """Number of rows of each table in the store, those included that do not hold on the day of this atlas."""
        self._read(WHOLE)
        return dict(self._stored) if self._stored is not None else {name: len(self.table(name)) for name in TABLES}

    @property
    def on_ground(self) -> bool:
        """Whether there is any walking network."""
        self._read(GROUND)
        return self._walking is not None

    def walking(self, box: tuple[float, float, float, float]) -> WalkingNetwork | None:
        """Return the walking network of a box (west, south, east, north in degrees); None where there is none.

        It is read at each asking: :mod:`layers.way` keeps the last ones.
        """
        self._read(GROUND)
        return self._walking(box) if self._walking else None

    # -- what is derived once -------------------------------------------------

    def once(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Return what `compute` gives, computed at the first asking and kept for ever.

        `key` must not depend on a reader's choice: nothing here is ever dropped.
        Two threads may both compute at the first asking; the first answer stays.
        """
        kept = self._once.get(key)
        if kept is None:
            with reads.recorded(passed_on=False) as read:
                made = compute()
            kept = self._once.setdefault(key, (made, frozenset(read)))
        reads.read(kept[1])
        return kept[0]

    def recent(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Return what `compute` gives, keeping the last answers, within :data:`RECENT` and :data:`RECENT_BYTES`."""
        with self._lock:
            if key in self._recent:
                self._recent.move_to_end(key)
                kept = self._recent[key]
                reads.read(kept[2])
                return kept[0]
        with reads.recorded() as read:
            made = compute()
        with self._lock:
            self._recent[key] = made, _bytes(made), frozenset(read)
            total = sum(size for _, size, _ in self._recent.values())
            while self._recent and (len(self._recent) > RECENT or total > RECENT_BYTES):
                total -= self._recent.popitem(last=False)[1][1]
        return made

    def summary(self, name: str) -> Any:
        """Return what a function of :data:`SUMMARIES` finds out of the whole atlas.

        Who reads it reads no more than what it says: an import after which it says the same voids nothing.
        """
        with reads.recorded(passed_on=False):
            found = self.once(("summary", name), lambda: SUMMARIES[name](self))
        self._read(name)
        return found

    @property
    @kept_once
    def tree(self) -> PlaceTree:
        """The tree of places."""
        codes = pd.Index(self.places["adcode"].to_numpy(dtype=object))
        level = self.places["level"].map({name: i for i, name in enumerate(LEVELS)}).to_numpy(dtype=np.int8)
        parent = codes.get_indexer(pd.Index(self.places["parent"].to_numpy(dtype=object)))
        ancestors = np.full((len(codes), len(LEVELS)), -1, dtype=np.int32)
        walk = np.arange(len(codes))
        own = walk.copy()
        for _ in LEVELS:
            ancestors[own, level[walk]] = walk
            up = parent[walk]
            own, walk = own[up >= 0], up[up >= 0]
        return PlaceTree(codes, level, ancestors)

    @kept_once
    def lonlat(self, table: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return longitude and latitude (degrees, WGS-84) of a point table; NaN where there is no point."""
        frame = self.table(table)
        if "geometry" not in frame or not len(frame):
            return np.full(len(frame), np.nan), np.full(len(frame), np.nan)
        lon, lat = lonlat(frame)
        return _still(lon), _still(lat)

    @kept_once
    def inner_points(self, table: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return longitude and latitude of a point inside each shape of a polygon table."""
        frame = self.table(table)
        if not len(frame):
            return np.empty(0), np.empty(0)
        points = shapely.point_on_surface(np.asarray(frame["geometry"], dtype=object))
        return _still(shapely.get_x(points)), _still(shapely.get_y(points))

    @kept_once
    def place_rows(self, table: str) -> NDArray[np.int32]:
        """Return per row of `table` the row of its adcode (of a flow:
        where it comes from) in ``places``; -1 where unknown.
        """
        column = "from_adcode" if table == "flows" else "adcode"
        codes, adcodes = self.coded(table, column)
        return _still(np.append(self.tree.positions(adcodes), np.int32(-1))[codes])  # last: code -1, missing

    def of_provenance(self, table: str, wanted: frozenset[str]) -> NDArray[np.bool_]:
        """Return which rows of `table` have one of the `wanted` provenances."""

        def compute() -> NDArray[np.int8]:
            codes, values = self.coded(table, "provenance")
            known = pd.Index(PROVENANCES).get_indexer(pd.Index(values, dtype=object)).astype(np.int8)
            return _still(np.append(known, np.int8(-1))[codes])  # last: code -1, missing

        codes = self.once(("provenance", table), compute)
        allowed = np.array([name in wanted for name in PROVENANCES] + [False])  # last: position -1, unknown
        return allowed[codes]

    @kept_once
    def coded(self, table: str, column: str) -> tuple[NDArray[np.intp], NDArray[Any]]:
        """Return a column as codes and the values they stand for; code -1 where a value is missing."""
        self._read(table)
        as_stored = isinstance(self._tables, Tables) and not disclosure.is_altered(table, column)
        known = self._tables.codes(table, column) if as_stored else None
        codes, values = known or factorized(self.table(table)[column])
        return _still(codes), _still(values)

    def distinct(self, table: str, column: str, rows: NDArray[Any]) -> list[Any]:
        """Return the values of `column` that occur in `rows` (positions or mask), each once."""
        codes, values = self.coded(table, column)
        found = np.bincount(codes[rows] + 1, minlength=len(values) + 1)[1:]
        return values[found > 0].tolist()

    @kept_once
    def rows_by(self, table: str, column: str) -> Mapping[str, int]:
        """Return the row of each key of `table`, for look-ups by id."""
        keys = self.table(table)[column]
        if len(keys) > FEW_KEYS:
            return _Sorted(keys)
        return {key: row for row, key in enumerate(keys.tolist())}

    def holds(self, table: str, column: str, code: str) -> NDArray[np.bool_]:
        """Return which rows of `table` have `code` in the ';'-joined set of `column`."""
        members = self.once(("set", table, column), lambda: _members(*self.coded(table, column)))
        return members[code] if code in members else np.zeros(len(self.table(table)), dtype=bool)


class _Sorted(Mapping[str, int]):
    """The row of each key, the last of equal ones, found among sorted keys: four bytes a row, and no text of its own.

    Parameters
    ----------
    keys : Series of str
    """

    def __init__(self, keys: pd.Series) -> None:
        self._keys = keys.array
        order = self._keys.argsort(kind="stable")
        self._order = order[: len(order) - int(keys.isna().sum())].astype(np.int32)  # missing ones are last

    def __getitem__(self, key: str) -> int:
        """Return the row of `key`."""
        at = bisect_right(self._order, key, key=self._keys.__getitem__) if isinstance(key, str) else 0
        if not at or self._keys[self._order[at - 1]] != key:
            raise KeyError(key)
        return int(self._order[at - 1])

    def __iter__(self) -> Iterator[str]:
        """Give each key once."""
        return iter(dict.fromkeys(self._keys[row] for row in self._order))

    def __len__(self) -> int:
        """Return the number of keys."""
        return sum(1 for _ in self)


def _still(array: NDArray[Any]) -> NDArray[Any]:
    """Make `array` read only: it is shared between sessions."""
    array = np.asarray(array)
    array.setflags(write=False)
    return array


def _bytes(thing: Any) -> int:
    if isinstance(thing, np.ndarray):
        return thing.nbytes
    if isinstance(thing, pd.DataFrame):
        return int(thing.memory_usage(deep=True).sum())
    return sum(_bytes(getattr(thing, f.name)) for f in fields(thing)) if is_dataclass(thing) else 0


def _members(codes: NDArray[np.intp], distinct: NDArray[Any]) -> dict[str, NDArray[np.bool_]]:
    # A national table repeats a few hundred distinct sets: split those, not every row.
    sets = [frozenset(part.strip() for part in str(text).split(";") if part.strip()) for text in distinct]
    vocabulary = sorted(frozenset().union(*sets))
    return {code: _still(np.array([code in s for s in sets] + [False])[codes]) for code in vocabulary}


def _whole(now: AtlasStore) -> tuple[dict[str, pd.DataFrame], dict[str, str], date, dict[str, Versions]]:
    """Return every table as the store has it, what is known of it, the latest day that its rows speak of, and what
    counts said before.
    """
    frames, meta = {name: now.read(name) for name in TABLES}, now.meta()
    return frames, meta, stored.until_of(frames, now, meta), stored.versions_of(now)


def _empty(name: str) -> pd.DataFrame:
    table = TABLES[name]
    frame = pd.DataFrame(
        {column.name: pd.Series(dtype=object) for column in table.columns if column.name != "geometry"}
    )
    return frame if table.geometry is None else gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries([], crs=4326))
