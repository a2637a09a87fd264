"""The base map of this server: which file of tiles lies under its maps, and whose it is."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from html import unescape
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from dashboard.settings import Settings
from dashboard.source import AtlasSource
from geodata.errors import N_, AtlasError
from geodata.osm.ground import BASEMAP, META, current
from geodata.tileset import VECTOR, Tileset, open_tileset

log = logging.getLogger(__name__)
#: A layer that only this schema has → the schema.
SCHEMAS: Mapping[str, str] = MappingProxyType(
    {"streets": "shortbread", "transportation": "openmaptiles", "roads": "protomaps"}
)
RASTER = "raster"
#: Attribute of roads in Protomaps' tiles before version 4, where it is ``kind``.
OLD_PROTOMAPS = "pmap:kind"
LONGEST_CREDIT = 200  # characters


@dataclass(frozen=True, slots=True, eq=False)
class BaseMap:
    """What lies under the data.

    Attributes
    ----------
    tiles : Tileset
    schema : str
        Of :data:`SCHEMAS`, or :data:`RASTER`.
    credit : str
        Whose it is, as every map has to say.
    day : date or None
        The day of the extract that it is made of, as far as it is known.
    """

    tiles: Tileset
    schema: str
    credit: str
    day: date | None = None


def base_map(path: Path, credit: str = "") -> BaseMap:
    """Return the base map of a file.

    Parameters
    ----------
    path : Path
        ``.pmtiles`` or ``.mbtiles``.
    credit : str
        Whose it is; empty: what the file says.

    Raises
    ------
    AtlasError
        The file cannot be used, its streets are in none of the schemas of :data:`SCHEMAS`, or nobody says whose it is.
    """
    tiles = open_tileset(path)
    schema = schema_of(path, tiles.layers) if tiles.media == VECTOR else RASTER
    if schema == "protomaps" and OLD_PROTOMAPS in _fields(tiles.about, "roads"):
        raise AtlasError(
            N_("底图 {path} 是 Protomaps 第 3 版或更早的（属性叫 {field}），道路画不出来：请换用第 4 版的文件。"),
            path=path,
            field=OLD_PROTOMAPS,
        )
    credit = credit or _plain(tiles.about.get("attribution"))
    if not credit:
        raise AtlasError(
            N_("底图 {path} 没有写明出处：请用 ATLAS_BASEMAP_ATTRIBUTION 写明出处和审图号，没有出处的底图不显示。"),
            path=path,
        )
    return BaseMap(tiles, schema, credit, _day(tiles.about.get("description")))


def schema_of(path: Path, layers: Collection[str]) -> str:
    """Return the schema whose streets are among `layers`.

    Raises
    ------
    AtlasError
        None is.
    """
    for layer, schema in SCHEMAS.items():
        if layer in layers:
            return schema
    raise AtlasError(
        N_("底图 {path} 的图层（{layers}）不是 Shortbread、OpenMapTiles 或 Protomaps 的：请换用这三种之一。"),
        path=path,
        layers="、".join(sorted(layers)[:8]) or "—",
    )


def _fields(about: Mapping[str, Any], layer: str) -> Collection[str]:
    """Return the attributes that a file says a layer has."""
    listed = about.get("vector_layers")
    found = [one for one in listed if isinstance(one, dict) and one.get("id") == layer] if listed else []
    fields = found[0].get("fields") if found else None
    return fields if isinstance(fields, dict) else ()


def _plain(text: object) -> str:
    """Return an attribution without its markup: it is shown as text."""
    return " ".join(unescape(re.sub(r"<[^>]*>", "", str(text or "")[:2_000])).split())[:LONGEST_CREDIT]


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None


class BaseMaps:
    """The base maps of an atlas, found anew when a file has changed.

    Parameters
    ----------
    ground : callable, optional
        Returns the folder of the extract on which the atlas stands just now, or None; without it there is none.
    own : Path, optional
        The union's own file, which takes the place of what the home holds.
    credit : str
        Whose that file is; empty: what it says.
    """

    def __init__(
        self, ground: Callable[[], Path | None] = lambda: None, own: Path | None = None, credit: str = ""
    ) -> None:
        self._ground, self._own, self._credit = ground, own, credit
        self._lock = threading.Lock()
        self._state: tuple[Path, int, int] | None = None
        self._found: BaseMap | None = None

    @classmethod
    def of(cls, settings: Settings, source: AtlasSource) -> Self:
        """Return those of a server with these settings that shows the atlas of `source`."""
        return cls(
            lambda: current(settings.home, {META: source.atlas().ground}),
            settings.basemap,
            settings.basemap_attribution,
        )

    def current(self) -> BaseMap | None:
        """Return the base map as of now; None when there is none.

        One of the home that cannot be read is told in the log, and counts as none.

        Raises
        ------
        AtlasError
            The union's own file cannot be used.
        """
        path = self._own or ((folder / BASEMAP) if (folder := self._ground()) else None)
        if path is None or not (self._own or path.is_file()):
            return None
        try:
            held = path.stat()
            state = (path, held.st_mtime_ns, held.st_size)
        except OSError:
            state = None
        with self._lock:
            if state is None or state != self._state:
                try:
                    self._found = base_map(path, self._credit if self._own else "")
                except AtlasError as error:
                    if self._own:
                        raise
                    log.warning("no base map: %s", error)
                    self._found = None
                self._state = state
            return self._found
