"""Extracts and files of tiles with bytes that nobody wrote: read or refused in words, nothing changed, within a GiB.

``python -m tests.fuzzing_ground --seeds 200`` (``make fuzz-ground``). Of every four seeds two are for the Helsinki
extract, as a file and as what its blocks unpack to, packed again so that no checksum gives it away; one is for its
tiles as PMTiles, one as MBTiles.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import resource
import shutil
import sqlite3
import struct
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from pmtiles.reader import MmapSource, Reader, all_tiles

from geodata.build import build_atlas
from geodata.errors import AtlasError
from geodata.osm import ground, tiles
from geodata.store import FILE_NAME, open_store
from geodata.tileset import open_tileset
from tests.geodata.osm.made import HELSINKI
from tests.geodata.osm.test_extract import GIB, block

KINDS = ("file", "blocks", "pmtiles", "mbtiles")
MOST_SECONDS = 120.0  # of the processor, for one file
ASKED = 200  # tiles of a file


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Return bytes of which some are other ones, left out, doubled or moved, or that end too early."""
    found = bytearray(data)
    for _ in range(chance.choice((1, 1, 3, 10, 40))):
        if not found:
            break
        at, long = chance.randrange(len(found)), chance.choice((1, 2, 8, 200))
        deed = chance.randrange(6)
        if deed == 0:
            found[at] ^= 1 << chance.randrange(8)
        elif deed == 1:
            found[at] = chance.choice((0, 1, 127, 128, 255))
        elif deed == 2:
            found[at : at + long] = chance.randbytes(long)
        elif deed == 3:
            del found[at : at + long]
        elif deed == 4:
            found[at:at] = found[at : at + long]
        elif chance.random() < 0.1:
            del found[at:]
    return bytes(found)


def fields(data: bytes) -> Iterator[tuple[int, bytes | int]]:
    """Yield the fields of a message of Protocol Buffers."""
    at = 0

    def number() -> int:
        nonlocal at
        value = shift = 0
        while True:
            value, shift, at = value | (data[at] & 127) << shift, shift + 7, at + 1
            if not data[at - 1] & 128:
                return value

    while at < len(data):
        key, value = number(), number()
        if key & 7 == 2:
            at += value
            yield key >> 3, data[at - value : at]
        else:
            yield key >> 3, value


def blocks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Return the kind of each block of an extract and what it unpacks to."""
    found, at = [], 0
    while at < len(data):
        (size,) = struct.unpack_from(">I", data, at)
        head = dict(fields(data[at + 4 : at + 4 + size]))
        kind, long = head[1], head[3]
        assert isinstance(kind, bytes) and isinstance(long, int)
        at += 4 + size + long
        packed = dict(fields(data[at - long : at]))[3]
        assert isinstance(packed, bytes)
        found.append((kind, zlib.decompress(packed)))
    return found


def as_mbtiles(path: Path, out: Path) -> None:
    """Write the tiles of a PMTiles as MBTiles."""
    with path.open("rb") as file, closing(sqlite3.connect(out)) as database:
        source = MmapSource(file)
        about = Reader(source).metadata() | {"format": "pbf"}
        database.execute("CREATE TABLE metadata (name TEXT, value TEXT)")
        database.execute(
            "CREATE TABLE tiles (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER, tile_data BLOB)"
        )
        database.executemany(
            "INSERT INTO metadata VALUES (?, ?)",
            [("json", json.dumps(about)), *((name, one) for name, one in about.items() if isinstance(one, str))],
        )
        database.executemany(
            "INSERT INTO tiles VALUES (?, ?, ?, ?)",
            [(z, x, (1 << z) - 1 - y, data) for (z, x, y), data in all_tiles(source)],
        )
        database.commit()


class Fuzz:
    """Reads mutated files against an atlas that has to stay as it was where one is refused."""

    def __init__(self, scratch: Path) -> None:
        self.scratch, self.clean, self.home = scratch, scratch / "clean", scratch / "home"
        build_atlas(self.clean)
        shutil.copytree(self.clean, self.home)
        tiles.build(HELSINKI, scratch / "whole.pmtiles")
        as_mbtiles(scratch / "whole.pmtiles", scratch / "whole.mbtiles")
        for whole in (scratch / "whole.pmtiles", scratch / "whole.mbtiles"):
            open_tileset(whole)
        self.whole = {"file": HELSINKI.read_bytes()} | {
            kind: (scratch / f"whole.{kind}").read_bytes() for kind in ("pmtiles", "mbtiles")
        }
        self.blocks = blocks(self.whole["file"])
        self.outcomes: Counter[str] = Counter()
        self.wrong: list[str] = []

    def state(self) -> tuple[str, list[str]]:
        """Return what the atlas holds and what lies in its folder of grounds."""
        content = hashlib.sha256((self.home / FILE_NAME).read_bytes()).hexdigest()
        return content, sorted(one.name for one in (self.home / ground.FOLDER).glob("[!.]*"))

    def one(self, seed: int) -> None:
        """Read the file of a seed."""
        chance, kind = random.Random(seed), KINDS[seed % len(KINDS)]
        if kind == "blocks":
            chosen = chance.randrange(len(self.blocks))
            data = b"".join(
                block(name, mutated(content, chance) if number == chosen else content)
                for number, (name, content) in enumerate(self.blocks)
            )
        else:
            data = mutated(self.whole[kind], chance)
        path = self.scratch / f"{seed}.{'osm.pbf' if kind in ('file', 'blocks') else kind}"
        path.write_bytes(data)
        before, begun = self.state(), time.process_time() + sum(os.times()[2:4])
        try:
            if kind in ("file", "blocks"):
                ground.bring(open_store(self.home), self.home, path)
            else:
                self.serve(path)
            outcome = "read"
        except AtlasError as error:
            outcome = "refused"
            if path.name not in str(error):
                self.wrong.append(f"{seed} {kind}: the file is not named: {error}")
            if self.state() != before:
                self.wrong.append(f"{seed} {kind}: refused, and the atlas is another")
        except Exception as error:
            outcome = "wrong"
            self.wrong.append(f"{seed} {kind}: {type(error).__name__}: {str(error)[:300]}")
        spent = time.process_time() + sum(os.times()[2:4]) - begun
        if spent > MOST_SECONDS:
            self.wrong.append(f"{seed} {kind}: {spent:.0f} s")
        self.outcomes[f"{kind} {outcome}"] += 1
        path.unlink()
        if kind in ("file", "blocks") and outcome != "refused":
            shutil.rmtree(self.home)
            shutil.copytree(self.clean, self.home)

    def serve(self, path: Path) -> None:
        """Ask a file of tiles for the first of them; a broken one among whole ones is refused by itself."""
        found = open_tileset(path)
        with (self.scratch / "whole.pmtiles").open("rb") as file:
            for number, ((z, x, y), _) in enumerate(all_tiles(MmapSource(file))):
                if number == ASKED:
                    break
                if not found.holds(z, x, y):
                    continue
                try:
                    found.tile(z, x, y)
                except AtlasError:
                    self.outcomes["tile refused"] += 1


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seeds", type=int, default=200)
    options.add_argument("--first", type=int, default=0)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        fuzz = Fuzz(Path(scratch))
        for seed in range(asked.first, asked.first + asked.seeds):
            fuzz.one(seed)
            print(seed, dict(fuzz.outcomes), fuzz.wrong[-1:], file=sys.stderr, flush=True)
    most = max(resource.getrusage(who).ru_maxrss * 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    if most > GIB:
        fuzz.wrong.append(f"{most} bytes of memory")
    told = {"outcomes": dict(sorted(fuzz.outcomes.items())), "most_memory_mib": most >> 20, "wrong": fuzz.wrong}
    print(json.dumps(told, ensure_ascii=False, indent=1))
    return 1 if fuzz.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
