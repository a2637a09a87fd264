"""A file of map tiles, PMTiles or MBTiles, read with distrust: what is served of it is what it says it is."""

from __future__ import annotations

import gzip
import hashlib
import json
import mmap
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodata.errors import N_, AtlasError

VECTOR = "application/vnd.mapbox-vector-tile"
GZIP = b"\x1f\x8b"
#: How a picture of each kind begins.
MAGIC: Mapping[str, bytes] = {"image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8\xff", "image/webp": b"RIFF"}
FORMATS: Mapping[str, str] = {"pbf": VECTOR, "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg"} | {
    "webp": "image/webp"
}
HEAD, HEAD_HASHED = 127, 65_536  # bytes
LARGEST_TILE = 4 * 2**20  # bytes, as it is kept
LARGEST_OPEN = 32 * 2**20  # bytes, of a tile, a directory or metadata once it is unpacked
DEEPEST = 4  # directories within directories
LAST_ZOOM = 24
WORLD = (-180.0, -85.06, 180.0, 85.06)
STEPS = 2_000_000  # of SQLite's machine, that one tile may take
PMTILES, VERSION = b"PMTiles", 3
_SQLITE = b"SQLite format 3\x00"


@dataclass(frozen=True, slots=True, eq=False)
class Tileset:
    """Tiles of one file.

    Attributes
    ----------
    path : Path
        The file.
    key : str
        What tells this state of the file from every other.
    media : str
        Media type of its tiles: :data:`VECTOR`, or of a picture.
    zooms : tuple of int
        First and last zoom, as the file counts (tiles of 256 or 512 pixels).
    bounds : tuple of float
        West, south, east, north, degrees (WGS-84).
    layers : tuple of str
        Ids of its vector layers; none of pictures.
    about : mapping
        The other things that its metadata say.
    """

    path: Path
    key: str
    media: str
    zooms: tuple[int, int]
    bounds: tuple[float, float, float, float]
    layers: tuple[str, ...]
    about: Mapping[str, Any]
    _read: Callable[[int, int, int], bytes | None]

    def holds(self, z: int, x: int, y: int) -> bool:
        """Return whether there is such a place at all: not whether a tile is there."""
        return self.zooms[0] <= z <= self.zooms[1] and 0 <= x < 1 << z and 0 <= y < 1 << z

    def tile(self, z: int, x: int, y: int, as_kept: bool = False) -> bytes | None:
        """Return a tile; None when there is none.

        Parameters
        ----------
        as_kept : bool
            As the file has it: vector tiles are mostly gzip.

        Raises
        ------
        AtlasError
            What is there is no such tile.
        """
        try:
            data = self._read(z, x, y)
            if not data:
                return None
            _checked(self.path, self.media, data)
            return unpacked(data) if data.startswith(GZIP) and not as_kept else data
        except _BROKEN as error:
            raise _unusable(self.path, str(error)) from error


#: What files that are not what they say are read as.
_BROKEN = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    EOFError,
    OSError,
    OverflowError,
    RecursionError,
    zlib.error,
    sqlite3.Error,
)


def open_tileset(path: Path) -> Tileset:
    """Return the tiles of a ``.pmtiles`` or ``.mbtiles`` file.

    Raises
    ------
    AtlasError
        There is no such file, it is neither, it is broken or cut off, or its tiles are of a kind that is not drawn.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_HASHED)
        state = path.stat()
        kind = _pmtiles if head.startswith(PMTILES) else _mbtiles if head.startswith(_SQLITE) else None
        if kind is None:
            raise AtlasError(N_("{path} 既不是 PMTiles 也不是 MBTiles：请核对文件。"), path=path)
        key = hashlib.blake2b(head + repr((state.st_size, state.st_mtime_ns)).encode(), digest_size=10).hexdigest()
        return kind(path, key, head, state.st_size)
    except FileNotFoundError as error:
        raise AtlasError(N_("没有找到文件 {path}：请核对路径。"), path=path) from error
    except _BROKEN as error:
        raise _unusable(path, str(error)) from error


def _unusable(path: Path, reason: str) -> AtlasError:
    return AtlasError(
        N_("读不出瓦片文件 {path}：它不完整，或内容与它自己说的不符（{reason}）。请重新拷贝，核对大小后再试。"),
        path=path,
        reason=reason[:120],
    )


def unpacked(data: bytes, most: int = LARGEST_OPEN) -> bytes:
    """Return gzip data unpacked; at most so many bytes.

    Raises
    ------
    ValueError
        It would be more.
    zlib.error
        It is not gzip, or is cut off.
    """
    opener = zlib.decompressobj(wbits=31)
    text = opener.decompress(data, most)
    if opener.unconsumed_tail:
        raise ValueError(f"unpacks to more than {most} bytes")
    if not opener.eof:
        raise zlib.error("ends too early")
    return text


def _checked(path: Path, media: str, data: bytes) -> None:
    if len(data) > LARGEST_TILE:
        raise _unusable(path, f"a tile of {len(data)} bytes")
    begins = (GZIP, b"\x1a") if media == VECTOR else MAGIC[media]  # a vector tile begins with a layer
    if not data.startswith(begins):
        raise _unusable(path, f"a tile is not {media}")


def _whole(
    path: Path,
    key: str,
    media: str,
    zooms: tuple[int, int],
    bounds: Iterable[Any],
    about: Mapping[str, Any],
    read: Callable[[int, int, int], bytes | None],
    sample: bytes,
) -> Tileset:
    """Return the tileset, once its metadata and one of its tiles are what they should be."""
    west, south, east, north = (float(one) for one in bounds)
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise ValueError(f"bounds {west}, {south}, {east}, {north}")
    if not 0 <= zooms[0] <= zooms[1] <= LAST_ZOOM:
        raise ValueError(f"zooms {zooms[0]} to {zooms[1]}")
    _checked(path, media, sample)
    if media == VECTOR and sample.startswith(GZIP):
        unpacked(sample)
    listed = about.get("vector_layers") or []
    layers = tuple(str(one["id"]) for one in listed) if media == VECTOR else ()
    return Tileset(path, key, media, zooms, (west, south, east, north), layers, about, read)


def features(
    tiles: Tileset, layer: str, box: tuple[float, float, float, float], zoom: int
) -> tuple[list[str], NDArray[Any]]:
    """Return the kinds and shapes (degrees, WGS-84) of a layer's features within `box`, cut at the edges of tiles.

    Parameters
    ----------
    layer : str
        Id of a vector layer whose features have a ``kind``; one that is not there has none.
    box : tuple of float
        West, south, east, north, degrees.
    zoom : int
        Of the tiles that are read.

    Raises
    ------
    AtlasError
        The file cannot be read.
    """
    import pyogrio.errors
    import pyogrio.raw
    import shapely
    from pyproj import Transformer

    if layer not in tiles.layers:
        return [], np.empty(0, object)
    onto = Transformer.from_crs(4326, 3857, always_xy=True)
    west, south, east, north = onto.transform_bounds(*box)
    try:
        about, _, shapes, columns = pyogrio.raw.read(
            str(tiles.path), layer=layer, columns=["kind"], bbox=(west, south, east, north), ZOOM_LEVEL=str(zoom)
        )
    except (pyogrio.errors.DataSourceError, *_BROKEN) as error:
        raise _unusable(tiles.path, str(error)) from error
    degrees = shapely.transform(
        shapely.from_wkb(shapes), lambda metres: np.column_stack(onto.transform(*metres.T, direction="INVERSE"))
    )
    return list(columns[0]) if len(about["fields"]) else [""] * len(degrees), degrees


# -- PMTiles ----------------------------------------------------------------------


def _pmtiles(path: Path, key: str, head: bytes, size: int) -> Tileset:
    from pmtiles.tile import Compression, TileType, deserialize_directory, deserialize_header, find_tile
    from pmtiles.tile import zxy_to_tileid as number_of

    if len(head) < HEAD:
        raise ValueError("ends within its head")
    if head[len(PMTILES)] != VERSION:
        raise ValueError(f"PMTiles of version {head[len(PMTILES)]}")
    about: dict[str, Any] = {**deserialize_header(head[:HEAD])}
    media = {
        TileType.MVT: VECTOR,
        TileType.PNG: "image/png",
        TileType.JPEG: "image/jpeg",
        TileType.WEBP: "image/webp",
    }.get(about["tile_type"])
    packed, tiles = about["internal_compression"], about["tile_compression"]
    if media is None or packed not in (Compression.GZIP, Compression.NONE):
        raise ValueError(f"tiles of type {about['tile_type'].name}, packed as {packed.name}")
    if media == VECTOR and tiles not in (Compression.GZIP, Compression.NONE):
        raise ValueError(f"tiles packed as {tiles.name}")
    parts = {
        part: (about[f"{part}_offset"], about[f"{part}_length"])
        for part in ("root", "metadata", "leaf_directory", "tile_data")
    }
    for part, (offset, length) in parts.items():
        if offset + length > size:
            raise ValueError(f"{part} ends at byte {offset + length} of {size}")
    with path.open("rb") as file:
        held = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def part_of(part: str, offset: int, length: int) -> bytes:
        start, most = parts[part]
        if offset + length > most or length > LARGEST_OPEN:
            raise ValueError(f"{length} bytes at {offset} of {part}")
        return held[start + offset : start + offset + length]

    def opened(data: bytes) -> bytes:
        return unpacked(data) if packed == Compression.GZIP else data

    @lru_cache(maxsize=32)
    def directory(part: str, offset: int, length: int) -> list[Any]:
        return deserialize_directory(gzip.compress(opened(part_of(part, offset, length)), 0))

    def entry(found: Any, depth: int, choose: Callable[[list[Any]], Any]) -> bytes | None:
        if found is None:
            return None
        if found.run_length:
            return part_of("tile_data", found.offset, found.length)
        if depth == DEEPEST:
            raise ValueError("directories without end")
        return entry(choose(directory("leaf_directory", found.offset, found.length)), depth + 1, choose)

    def read(z: int, x: int, y: int) -> bytes | None:
        number = number_of(z, x, y)
        return entry(find_tile(root(), number), 0, lambda entries: find_tile(entries, number))

    def root() -> list[Any]:
        return directory("root", 0, parts["root"][1])

    first = entry(root()[0], 0, lambda entries: entries[0])
    said = json.loads(opened(part_of("metadata", 0, parts["metadata"][1])) or b"{}")
    bounds = [about[f"{side}_e7"] / 1e7 for side in ("min_lon", "min_lat", "max_lon", "max_lat")]
    return _whole(
        path,
        key,
        media,
        (about["min_zoom"], about["max_zoom"]),
        bounds if any(bounds) else WORLD,
        dict(said),
        read,
        first or b"",
    )


# -- MBTiles ----------------------------------------------------------------------


def _mbtiles(path: Path, key: str, head: bytes, size: int) -> Tileset:
    page = int.from_bytes(head[16:18], "big")
    pages = int.from_bytes(head[28:32], "big")
    if pages * (65_536 if page == 1 else page) > size:
        raise ValueError(f"{pages} pages do not fit into {size} bytes")

    def asked(text: str, *values: Any) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as db:
            db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_OPEN)
            db.execute("PRAGMA trusted_schema=OFF")
            left = iter(range(STEPS // 1000))
            db.set_progress_handler(lambda: next(left, None) is None, 1000)
            return db.execute(text, values).fetchmany(1000)

    def read(z: int, x: int, y: int) -> bytes | None:
        rows = asked(
            "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?",
            z,
            x,
            (1 << z) - 1 - y,
        )
        return bytes(rows[0][0]) if rows and isinstance(rows[0][0], bytes) else None

    about = {str(name): value for name, value in asked("SELECT name, value FROM metadata")}
    more = json.loads(about.pop("json", "") or "{}")
    media = FORMATS.get(str(about.get("format", "")).lower())
    if media is None:
        raise ValueError(f"tiles of format {about.get('format')}")
    sample = asked("SELECT tile_data, zoom_level FROM tiles LIMIT 1")
    zooms: list[Any] = [about.get("minzoom"), about.get("maxzoom")]
    if None in zooms:
        zooms = list(asked("SELECT (SELECT min(zoom_level) FROM tiles), (SELECT max(zoom_level) FROM tiles)")[0])
    return _whole(
        path,
        key,
        media,
        (int(zooms[0]), int(zooms[1])),
        str(about["bounds"]).split(",") if about.get("bounds") else WORLD,
        {**more, **about},
        read,
        sample[0][0] if sample else b"",
    )
