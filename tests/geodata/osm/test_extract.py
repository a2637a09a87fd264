"""Files that are no extract, or a broken, cut or hostile one: a clear error, within bounds, and nothing is left."""

from __future__ import annotations

import json
import random
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import osmium
import pytest

from geodata import processes
from geodata.errors import AtlasError
from geodata.osm import extract
from tests.geodata.osm.made import HELSINKI, Town

CUTS, FLIPS = 12, 16
GIB = 2**30


def refused(path: Path, tmp_path: Path) -> str:
    folder = tmp_path / "into"
    folder.mkdir(exist_ok=True)
    with pytest.raises(AtlasError) as error:
        extract.digest(path)
        extract.read(path, folder, extract.silent)
    assert path.name in str(error.value)
    return str(error.value)


def varint(number: int) -> bytes:
    found = b""
    while number > 127:
        found, number = found + bytes([number & 127 | 128]), number >> 7
    return found + bytes([number])


def field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def block(kind: bytes, content: bytes, size: int | None = None) -> bytes:
    """A block of the format, which may lie about its size when it is unpacked."""
    blob = field(2, len(content) if size is None else size) + field(3, zlib.compress(content, 9))
    header = field(1, kind) + field(3, len(blob))
    return struct.pack(">I", len(header)) + header + blob


HEAD = block(b"OSMHeader", field(4, b"OsmSchema-V0.6") + field(4, b"DenseNodes"))


def test_a_file_that_is_not_there_or_empty_or_another_format(tmp_path: Path) -> None:
    town = Town()
    town.road((0, 0), (1, 0), highway="residential")
    xml = town.write(tmp_path / "town.osm")
    (tmp_path / "renamed.osm.pbf").write_bytes(xml.read_bytes())
    with zipfile.ZipFile(tmp_path / "packed.osm.pbf", "w") as archive:
        archive.write(HELSINKI, "Helsinki.osm.pbf")
    (tmp_path / "empty.osm.pbf").touch()
    (tmp_path / "noise.osm.pbf").write_bytes(random.Random(1).randbytes(5_000))
    said = {name: refused(tmp_path / f"{name}.osm.pbf", tmp_path) for name in ("renamed", "packed", "empty", "noise")}
    assert "XML" in said["renamed"]
    assert "zip" in said["packed"]
    assert "是空的" in said["empty"]
    assert "别的格式" in said["noise"]
    assert "打不开" in refused(tmp_path / "gone.osm.pbf", tmp_path)
    assert "打不开" in refused(tmp_path, tmp_path)


def test_a_cut_file_is_said_to_be_cut(tmp_path: Path) -> None:
    whole = HELSINKI.read_bytes()
    rng = random.Random(5)
    for _ in range(CUTS):
        path = tmp_path / "cut.osm.pbf"
        path.write_bytes(whole[: rng.randrange(200, len(whole) - 1)])
        assert "不完整" in refused(path, tmp_path)


def test_a_damaged_file_is_refused_or_read_and_never_ends_the_program(tmp_path: Path) -> None:
    whole = HELSINKI.read_bytes()
    rng = random.Random(6)
    outcomes = []
    for number in range(FLIPS):
        damaged = bytearray(whole)
        for _ in range(20):
            damaged[rng.randrange(20, len(damaged))] ^= 1 << rng.randrange(8)
        path = tmp_path / f"damaged{number}.osm.pbf"
        path.write_bytes(damaged)
        (folder := tmp_path / str(number)).mkdir()
        try:
            extract.read(path, folder, extract.silent)
            outcomes.append("read")
        except AtlasError as error:
            assert path.name in str(error)
            outcomes.append("refused")
    assert outcomes.count("refused") > FLIPS / 2  # packed data has a checksum


def test_a_history_is_refused(tmp_path: Path) -> None:
    header = osmium.io.Header()
    header.has_multiple_object_versions = True
    path = tmp_path / "a.osh.pbf"
    with osmium.SimpleWriter(str(path), header=header) as writer:
        writer.add_node(osmium.osm.mutable.Node(id=1, version=1, location=(1, 1)))
    assert "历史" in refused(path, tmp_path)


PEAK = """
import json, resource, sys
from pathlib import Path
from geodata.errors import AtlasError
from geodata.osm import extract
path, folder = map(Path, sys.argv[1:])
try:
    extract.digest(path)
    extract.read(path, folder, extract.silent)
except AtlasError as error:
    print(json.dumps([str(error), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024]))
"""


def peak(path: Path, folder: Path) -> tuple[str, int]:
    """Return how reading ended, and the most memory that it took, bytes.

    Asked of a small process: what a large one starts counts as large as that one.
    """
    said = subprocess.run([sys.executable, "-c", PEAK, str(path), str(folder)], capture_output=True, check=True)
    told, most = json.loads(said.stdout)
    return told, most


@pytest.mark.parametrize("kind", ["lying", "bomb", "nodes", "many"])
def test_a_hostile_file_takes_no_more_than_a_gibibyte(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"{kind}.osm.pbf"
    if kind == "lying":  # a block that says it unpacks to little
        path.write_bytes(HEAD + block(b"OSMData", bytes(2**26), size=10))
    elif kind == "bomb":  # one that unpacks to much
        path.write_bytes(HEAD + block(b"OSMData", bytes(2**28)))
    else:  # ten million nodes in a block of 30 kB, once or again and again
        count = 10_000_000
        dense = field(1, b"\x02" * count) + field(8, b"\x00" * count) + field(9, b"\x00" * count)
        data = block(b"OSMData", field(1, field(1, b"")) + field(2, field(2, dense)))
        path.write_bytes(HEAD + data * (12 if kind == "many" else 1))
    with_limits, most = peak(path, tmp_path)
    # what two threads hold at once differs from run to run: ten million nodes fit, or are past the bound
    assert "损坏" in with_limits or (kind == "nodes" and "没有道路" in with_limits)
    assert most < GIB


def test_reading_ends_with_whoever_asked_for_it(tmp_path: Path) -> None:
    started = []

    def stop(share: float, message: str) -> None:
        started.append(message)
        raise KeyboardInterrupt

    (folder := tmp_path / "into").mkdir()
    children = []
    original = processes.start

    def remembered(*args, **kwargs):
        children.append(original(*args, **kwargs))
        return children[-1]

    processes.start = remembered
    try:
        with pytest.raises(KeyboardInterrupt):
            extract.read(HELSINKI, folder, stop)
    finally:
        processes.start = original
    assert started
    assert [child.returncode is not None for child in children] == [True]
