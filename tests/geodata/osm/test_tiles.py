"""The base map of an extract holds what an independent reader finds in it; what is no extract is told as such."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyogrio
import pytest
import shapely

from geodata.errors import AtlasError
from geodata.osm.tiles import DAMAGED, RAILS, STREETS, ZOOMS, build, extract_date
from geodata.tileset import Tileset, open_tileset
from tests import made_up_extract
from tests.geodata.osm.made import Town

HELSINKI = Path(__file__).resolve().parents[2] / "data" / "osm" / "Helsinki.osm.pbf"
MOST_ON_A_SCREEN = 150_000  # bytes
NEAREST_M = 2.5


@pytest.fixture(scope="module")
def siming(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, dict[str, int]]:
    folder = tmp_path_factory.mktemp("tiles")
    made_up_extract.write(folder / "siming.osm.pbf", premises=False)
    return folder / "siming.osm.pbf", folder / "s.pmtiles", build(folder / "siming.osm.pbf", folder / "s.pmtiles")


@pytest.fixture(scope="module")
def helsinki(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, dict[str, int]]:
    out = tmp_path_factory.mktemp("helsinki") / "h.pmtiles"
    return HELSINKI, out, build(HELSINKI, out)


def drawn(tiles: Path, layer: str, zoom: int = ZOOMS[1]) -> Any:
    """The features of a layer as GDAL reads them, cut at the edges of tiles; metres of Web Mercator."""
    return pyogrio.read_dataframe(tiles, layer=layer, ZOOM_LEVEL=str(zoom))


def lines(extract: Path) -> Any:
    return pyogrio.read_dataframe(extract, layer="lines").to_crs(3857)


@pytest.mark.parametrize("which", ["siming", "helsinki"])
def test_every_street_of_the_extract_is_in_the_tiles_where_gdal_sees_it(
    which: str, request: pytest.FixtureRequest
) -> None:
    extract, tiles, _ = request.getfixturevalue(which)
    truth = lines(extract)
    streets = truth[truth["highway"].fillna("").str.removesuffix("_link").isin(list(STREETS))]
    assert len(streets) > 500
    found = drawn(tiles, "streets")
    found = found[~found["kind"].isin(list(RAILS))]
    for kind, rows in streets.groupby(streets["highway"].str.removesuffix("_link")):
        mine = shapely.union_all(found.geometry[found["kind"] == kind].to_numpy())
        theirs = shapely.union_all(rows.geometry.to_numpy())
        shapely.prepare(near := shapely.buffer(mine, NEAREST_M))
        missed = shapely.difference(theirs, near).length / theirs.length
        assert missed < 0.01, (kind, missed)
        assert shapely.difference(mine, shapely.buffer(theirs, NEAREST_M)).length / mine.length < 0.01, kind


def test_counts_are_those_of_an_independent_reading(siming: tuple[Path, Path, dict[str, int]]) -> None:
    extract, tiles, counts = siming
    truth = lines(extract)
    points = pyogrio.read_dataframe(extract, layer="points")
    areas = pyogrio.read_dataframe(extract, layer="multipolygons")
    roads, rails = truth["highway"].notna().sum(), truth["other_tags"].fillna("").str.contains('"railway"').sum()
    rails += truth["railway"].notna().sum() if "railway" in truth else 0
    assert counts["streets"] == roads + rails
    assert counts["street_labels"] == (truth["highway"].notna() & truth["name"].notna()).sum()
    assert counts["buildings"] == areas["building"].notna().sum() > 5_000
    assert counts["place_labels"] == points["place"].notna().sum() == len(made_up_extract.QUARTERS)
    assert counts["bytes"] == tiles.stat().st_size
    assert set(drawn(tiles, "place_labels", 12)["name"]) == set(made_up_extract.QUARTERS)
    assert set(drawn(tiles, "public_transport")["name"]) == set(points["name"][points["place"].isna()])


def test_buildings_and_what_is_small_wait_until_one_is_near(siming: tuple[Path, Path, dict[str, int]]) -> None:
    _, path, _ = siming
    assert len(drawn(path, "buildings", 13)) == 0 < len(drawn(path, "buildings", 14)) <= len(drawn(path, "buildings"))
    assert set(drawn(path, "streets", 7)["kind"]) == {"motorway", "trunk", "rail"}
    assert "residential" not in set(drawn(path, "streets", 12)["kind"]) and "residential" in set(
        drawn(path, "streets", 13)["kind"]
    )


def screens(tiles: Tileset, zoom: int, wide: int = 4, high: int = 3) -> Sequence[int]:
    """Bytes of every screen of so many tiles."""
    from pmtiles.reader import MmapSource, all_tiles

    with tiles.path.open("rb") as file:
        held = {(x, y): len(data) for (z, x, y), data in all_tiles(MmapSource(file)) if z == zoom}
    return [sum(held.get((x + dx, y + dy), 0) for dx in range(wide) for dy in range(high)) for x, y in held]


@pytest.mark.parametrize("which", ["siming", "helsinki"])
def test_no_screen_is_more_than_one_can_wait_for(which: str, request: pytest.FixtureRequest) -> None:
    tiles = open_tileset(request.getfixturevalue(which)[1])
    assert tiles.zooms == ZOOMS or tiles.zooms[1] == ZOOMS[1]
    most = {zoom: max(screens(tiles, zoom)) for zoom in range(10, ZOOMS[1] + 1)}
    assert 0 < max(most.values()) <= MOST_ON_A_SCREEN, most


def test_the_file_says_whose_it_is_and_of_which_day_and_no_path(siming: tuple[Path, Path, dict[str, int]]) -> None:
    extract, path, _ = siming
    tiles = open_tileset(path)
    assert (tiles.about["attribution"], tiles.about["description"]) == (
        "© OpenStreetMap contributors, ODbL",
        made_up_extract.DAY,
    )
    assert extract_date(extract) == made_up_extract.DAY
    assert str(path.parent) not in str(tiles.about) and sys.prefix not in str(tiles.about)
    west, south, east, north = tiles.bounds
    assert west < made_up_extract.WEST + 0.01 and east > made_up_extract.EAST - 0.01 and south < north


def test_names_in_both_languages_are_kept_and_long_ones_are_cut(tmp_path: Path) -> None:
    extract = made_up_extract.Extract(tmp_path / "a.osm.pbf")
    extract.way([(118.1, 24.4), (118.11, 24.41)], highway="primary", name="长" * 300, **{"name:en": 'Long "Road"\n'})
    extract.close()
    build(tmp_path / "a.osm.pbf", tmp_path / "a.pmtiles")
    (row,) = drawn(tmp_path / "a.pmtiles", "street_labels", 12).to_dict("records")
    assert (row["name"], row["name_en"]) == ("长" * 60, 'Long "Road"')


def test_a_station_that_is_mapped_for_each_track_is_drawn_once(tmp_path: Path) -> None:
    town = Town()
    for x, name in ((0, "五道口"), (0.1, "五道口"), (50, "五道口"), (0.2, "知春路")):
        town.node(x, 0, railway="station", subway="yes", name=name)
    town.road((0, 0), (50, 0), highway="primary")
    counts = build(town.write(tmp_path / "a.osm.pbf"), tmp_path / "a.pmtiles")
    assert counts["public_transport"] == 3
    assert sorted(set(drawn(tmp_path / "a.pmtiles", "public_transport")["name"])) == ["五道口", "知春路"]


def test_a_way_that_the_edge_cuts_is_drawn_as_far_as_it_is_there(tmp_path: Path) -> None:
    extract = made_up_extract.Extract(tmp_path / "a.osm.pbf")
    whole = [(118.1 + one * 0.001, 24.4) for one in range(6)]
    extract.way(whole, highway="primary")
    extract._ways[0][0].insert(3, 999_999)  # a node that the extract does not hold
    extract.way([(118.2, 24.4)], highway="primary")
    extract._ways[1][0].append(999_998)
    extract.close()
    counts = build(tmp_path / "a.osm.pbf", tmp_path / "a.pmtiles")
    assert counts[DAMAGED] == 1 and counts["streets"] == 1
    shapes = drawn(tmp_path / "a.pmtiles", "streets").geometry
    assert shapely.get_parts(shapely.line_merge(shapely.union_all(shapes.to_numpy()))).size == 2


HOSTILE = {
    "empty": b"",
    "text": b"not an extract\n" * 100,
    "cut": None,
    "xml": b'<?xml version="1.0"?><osm version="0.6"></osm>',
    "huge blob": (2**31 - 1).to_bytes(4, "big") + b"\x0a\x09OSMHeader\x18\xff\xff\xff\x7f",
    "zeros": bytes(100_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_extract_is_told_and_nothing_is_left(tmp_path: Path, name: str) -> None:
    content = HOSTILE[name]
    path, out = tmp_path / "a.osm.pbf", tmp_path / "out.pmtiles"
    path.write_bytes(HELSINKI.read_bytes()[:300_000] if content is None else content)
    out.write_bytes(b"as before")
    with pytest.raises(AtlasError) as error:
        build(path, out)
    assert "a.osm.pbf" in error.value.text()
    assert out.read_bytes() == b"as before" and sorted(tmp_path.iterdir()) == sorted([path, out])


def test_an_extract_without_anything_to_draw_is_told(tmp_path: Path) -> None:
    extract = made_up_extract.Extract(tmp_path / "a.osm.pbf")
    extract.node((118.1, 24.4), amenity="bench")
    extract.close()
    with pytest.raises(AtlasError, match="没有可画的"):
        build(tmp_path / "a.osm.pbf", tmp_path / "out.pmtiles")
    with pytest.raises(AtlasError, match="没有找到"):
        build(tmp_path / "none.osm.pbf", tmp_path / "out.pmtiles")
    assert not (tmp_path / "out.pmtiles").exists()


def test_who_gives_up_leaves_nothing_behind(tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    told: list[float] = []

    def stop(share: float) -> None:
        told.append(share)
        raise StoppedError

    with pytest.raises(StoppedError):
        build(HELSINKI, tmp_path / "out.pmtiles", stop)
    assert told == [0.0] and not list(tmp_path.iterdir())
    build(HELSINKI, tmp_path / "out.pmtiles", told.append)
    assert told[1:] == sorted(told[1:]) and told[-1] == 1.0


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux ends it")
def test_killed_outright_its_cutter_goes_too(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from geodata.osm.cutting import cutting\n"
        "with cutting(Path(sys.argv[1]), []) as cutter: print('up', flush=True); time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "o.pmtiles")], stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline() == b"up\n"
    (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    until = time.monotonic() + 10
    while (state := Path(f"/proc/{child}/stat")).exists() and state.read_text().split()[2] != "Z":
        assert time.monotonic() < until
        time.sleep(0.05)
    for begun in tmp_path.glob("*.pmtiles"):  # it opens its file when it likes, and was not let finish it
        with pytest.raises(AtlasError):
            open_tileset(begun)
