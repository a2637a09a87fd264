"""Files of tiles: what is read is what another reader reads; what is broken, cut off or hostile is told and bounded."""

from __future__ import annotations

import gzip
import json
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pmtiles.reader import MmapSource, Reader, all_tiles
from pmtiles.tile import Compression, Entry, TileType, serialize_directory, serialize_header, zxy_to_tileid
from pmtiles.writer import Writer

from geodata.errors import AtlasError
from geodata.tileset import LARGEST_OPEN, VECTOR, open_tileset

MVT = b"\x1a\x00"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
HEADER = {
    "tile_type": TileType.MVT,
    "tile_compression": Compression.GZIP,
    "min_lon_e7": 1_180_000_000,
    "min_lat_e7": 240_000_000,
    "max_lon_e7": 1_190_000_000,
    "max_lat_e7": 250_000_000,
    "center_zoom": 10,
    "center_lon_e7": 0,
    "center_lat_e7": 0,
}
LAYERS = {"vector_layers": [{"id": "streets", "fields": {}}], "attribution": "somebody"}
MOST_BYTES = 2**30


def write(path: Path, tiles: dict[tuple[int, int, int], bytes], metadata: Any = LAYERS, **header: Any) -> Path:
    with path.open("wb") as file:
        writer = Writer(file)
        for number, data in sorted((zxy_to_tileid(*at), data) for at, data in tiles.items()):
            writer.write_tile(number, data)
        writer.finalize({**HEADER, **header}, metadata)
    return path


def mbtiles(path: Path, tiles: dict[tuple[int, int, int], Any], **metadata: Any) -> Path:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE metadata (name text, value text)")
        db.execute("CREATE TABLE tiles (zoom_level integer, tile_column integer, tile_row integer, tile_data blob)")
        db.executemany("INSERT INTO metadata VALUES (?, ?)", list(metadata.items()))
        rows = [(z, x, (1 << z) - 1 - y, data) for (z, x, y), data in tiles.items()]
        db.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", rows)
    db.close()
    return path


def test_every_tile_of_a_large_file_is_what_the_reference_reader_gives(tmp_path: Path) -> None:
    dice = random.Random(3)
    places = [(14, 3, 4), *((14, dice.randrange(16_000), dice.randrange(16_000)) for _ in range(9_000))]
    tiles = {(z, x, y): gzip.compress(MVT + b"%d/%d" % (x, y)) for z, x, y in places if x != 200}
    path = write(tmp_path / "a.pmtiles", tiles)
    found = open_tileset(path)
    with path.open("rb") as file:
        source = MmapSource(file)
        assert Reader(source).header()["leaf_directory_length"] > 0  # so that directories lie in directories
        truth = dict(all_tiles(source))
    assert {at: found.tile(*at, as_kept=True) for at in truth} == truth == tiles
    assert found.tile(14, 3, 4) == MVT + b"3/4"
    assert found.tile(14, 200, 4) is None and found.holds(14, 200, 4)
    assert not found.holds(15, 3, 4) and not found.holds(14, 1 << 14, 0) and not found.holds(14, 0, -1)
    assert (found.media, found.zooms, found.bounds) == (VECTOR, (14, 14), (118.0, 24.0, 119.0, 25.0))
    assert found.layers == ("streets",) and found.about["attribution"] == "somebody"


def test_mbtiles_count_rows_from_the_south(tmp_path: Path) -> None:
    path = mbtiles(tmp_path / "a.mbtiles", {(3, 6, 2): PNG, (4, 12, 5): PNG + b"x"}, format="png", bounds="70,0,140,60")
    found = open_tileset(path)
    assert (found.tile(3, 6, 2), found.tile(4, 12, 5), found.tile(3, 6, 5)) == (PNG, PNG + b"x", None)
    assert (found.media, found.zooms, found.bounds) == ("image/png", (3, 4), (70.0, 0.0, 140.0, 60.0))


def test_another_state_of_a_file_has_another_key(tmp_path: Path) -> None:
    keys = set()
    for data in (b"a", b"b", b"a"):
        write(tmp_path / "a.pmtiles", {(1, 0, 0): gzip.compress(MVT + data)})
        keys.add(open_tileset(tmp_path / "a.pmtiles").key)
        time.sleep(0.02)
    assert len(keys) == 3


def _patched(path: Path, at: int, data: bytes) -> None:
    held = bytearray(path.read_bytes())
    held[at : at + len(data)] = data
    path.write_bytes(held)


def _bomb() -> bytes:
    return gzip.compress(bytes(4 * LARGEST_OPEN), 9)


def _tiles(path: Path) -> Path:
    return write(path, {(z, 0, 0): gzip.compress(MVT + b"%d" % z) for z in range(1, 9)})


def _directory(path: Path, root: bytes, metadata: bytes = gzip.compress(b"{}"), leaf: bytes = b"") -> None:
    header = {
        **HEADER,
        "version": 3,
        "root_offset": 127,
        "root_length": len(root),
        "metadata_offset": 127 + len(root),
        "metadata_length": len(metadata),
        "leaf_directory_offset": 127 + len(root) + len(metadata),
        "leaf_directory_length": len(leaf),
        "tile_data_offset": 127 + len(root) + len(metadata) + len(leaf),
        "tile_data_length": 0,
        "addressed_tiles_count": 1,
        "tile_entries_count": 1,
        "tile_contents_count": 1,
        "clustered": True,
        "internal_compression": Compression.GZIP,
        "min_zoom": 0,
        "max_zoom": 9,
    }
    path.write_bytes(serialize_header(header) + root + metadata + leaf)


def _loop(path: Path) -> None:
    leaf = serialize_directory([Entry(0, 0, 40, 0)])
    _directory(path, serialize_directory([Entry(0, 0, len(leaf), 0)]), leaf=leaf + bytes(40))


def _endless_view(path: Path) -> None:
    mbtiles(path, {}, format="png", bounds="1,1,2,2", minzoom=0, maxzoom=3)
    with sqlite3.connect(path) as db:
        db.execute("DROP TABLE tiles")
        db.execute(
            "CREATE VIEW tiles AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
            "SELECT i + 99 AS zoom_level, 0 AS tile_column, 0 AS tile_row, NULL AS tile_data FROM n WHERE i < 0"
        )
    db.close()


def _huge_blob(path: Path) -> None:
    mbtiles(path, {}, format="pbf", bounds="1,1,2,2", minzoom=0, maxzoom=3)
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO tiles VALUES (0, 0, 0, zeroblob(900000000))")
    db.close()


PMTILES: dict[str, Callable[[Path], Any]] = {
    "neither": lambda path: path.write_bytes(b"GIF89a" + bytes(500)),
    "nothing in it": lambda path: path.write_bytes(b""),
    "ends within its head": lambda path: path.write_bytes(b"PMTiles\x03" + bytes(40)),
    "version 9": lambda path: (_tiles(path), _patched(path, 7, b"\x09")),
    "a root beyond the end": lambda path: (_tiles(path), _patched(path, 8, b"\xff" * 7)),
    "cut": lambda path: (_tiles(path), path.write_bytes(path.read_bytes()[:-50])),
    "packed unknown": lambda path: (_tiles(path), _patched(path, 97, b"\x04")),
    "tiles packed as brotli": lambda path: (_tiles(path), _patched(path, 98, b"\x03")),
    "a type that nobody knows": lambda path: (_tiles(path), _patched(path, 99, b"\x63")),
    "says png": lambda path: (_tiles(path), _patched(path, 99, b"\x02")),
    "a root that is noise": lambda path: (_tiles(path), _patched(path, 130, b"noise" * 20)),
    "metadata no object": lambda path: write(path, {(1, 0, 0): gzip.compress(MVT)}, ["a"]),
    "layers no list": lambda path: write(path, {(1, 0, 0): gzip.compress(MVT)}, {"vector_layers": 7}),
    "metadata nested": lambda path: _directory(
        path, serialize_directory([Entry(0, 0, 1, 1)]), gzip.compress(b"[" * 200_000)
    ),
    "upside down": lambda path: write(path, {(1, 0, 0): gzip.compress(MVT)}, min_lat_e7=800_000_000),
    "a bomb for a tile": lambda path: write(path, {(1, 0, 0): gzip.compress(bytes(1)) and _bomb()}),
    "a bomb for a root": lambda path: _directory(path, _bomb()),
    "a bomb for metadata": lambda path: _directory(path, serialize_directory([Entry(0, 0, 1, 1)]), _bomb()),
    "a tile beyond the data": lambda path: _directory(path, serialize_directory([Entry(0, 5, 10, 1)])),
    "directories in circles": _loop,
    "no tile": lambda path: _directory(path, serialize_directory([])),
}
MBTILES: dict[str, Callable[[Path], Any]] = {
    "a database of something else": lambda path: sqlite3.connect(path).executescript("CREATE TABLE a (b)").close(),
    "no format": lambda path: mbtiles(path, {(1, 0, 0): PNG}),
    "a format that is not drawn": lambda path: mbtiles(path, {(1, 0, 0): PNG}, format="svg"),
    "text for a tile": lambda path: mbtiles(path, {(1, 0, 0): "<svg/>"}, format="png"),
    "another kind of picture": lambda path: mbtiles(path, {(1, 0, 0): b"<svg/>"}, format="png"),
    "zoom 99": lambda path: mbtiles(path, {(1, 0, 0): PNG}, format="png", minzoom=0, maxzoom=99),
    "bounds of words": lambda path: mbtiles(path, {(1, 0, 0): PNG}, format="png", bounds="a,b,c,d"),
    "json that is none": lambda path: mbtiles(path, {(1, 0, 0): MVT}, format="pbf", json="{"),
    "empty": lambda path: mbtiles(path, {}, format="png"),
    "cut": lambda path: (mbtiles(path, {(5, x, 0): PNG * 99 for x in range(30)}, format="png"), _halve(path)),
    "an endless view": _endless_view,
    "a blob of 900 MB": _huge_blob,
}


def _halve(path: Path) -> None:
    held = path.read_bytes()
    path.write_bytes(held[: len(held) // 2])


@pytest.mark.parametrize(
    ("ending", "name"), [("pmtiles", one) for one in PMTILES] + [("mbtiles", one) for one in MBTILES]
)
def test_what_cannot_be_used_is_told_in_time(tmp_path: Path, ending: str, name: str) -> None:
    path = tmp_path / f"own.{ending}"
    (PMTILES if ending == "pmtiles" else MBTILES)[name](path)
    began = time.monotonic()
    with pytest.raises(AtlasError) as error:
        open_tileset(path)
    assert "own." in error.value.text() and time.monotonic() - began < 5


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(AtlasError, match="没有找到"):
        open_tileset(tmp_path / "none.pmtiles")
    with pytest.raises(AtlasError):
        open_tileset(tmp_path)


def test_a_broken_tile_among_whole_ones_is_told_and_the_others_are_served(tmp_path: Path) -> None:
    tiles = {(1, 0, 0): gzip.compress(MVT + b"a"), (1, 1, 0): b"<html>", (1, 1, 1): gzip.compress(MVT)[:-6]}
    found = open_tileset(write(tmp_path / "a.pmtiles", tiles))
    assert found.tile(1, 0, 0) == MVT + b"a"
    for at in ((1, 1, 0), (1, 1, 1)):
        with pytest.raises(AtlasError):
            found.tile(*at)


@pytest.mark.parametrize("name", ["a bomb for a tile", "a bomb for a root", "a bomb for metadata", "a blob of 900 MB"])
def test_nothing_takes_more_than_a_gigabyte(tmp_path: Path, name: str) -> None:
    path = tmp_path / "own.tiles"
    ({**PMTILES, **MBTILES})[name](path)
    script = (
        "import sys, json; from pathlib import Path; from geodata.tileset import open_tileset\n"
        "try: open_tileset(Path(sys.argv[1]))\nexcept Exception as error: print(json.dumps([type(error).__name__,"
        # not ru_maxrss: that of a process begins with the size of the one that started it
        " int(Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0]) * 1024]))"
    )
    said = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, check=True, text=True)
    kind, most = json.loads(said.stdout)
    assert kind == "AtlasError" and most < MOST_BYTES / 2
