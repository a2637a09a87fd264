"""What is read of an extract, against the same extract read by another hand."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import networkx
import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from geodata.codes import shipped_rows
from geodata.osm import extract, network, reading, tiles
from tests.geodata.osm.made import EXTRACTS, HELSINKI, KOTKA, WELLINGTON, ByAnotherHand, Town

PAIRS = 2_000
TOILETS = {"no", "private", "customers", "employees", "members"}


def nobody(share: float, message: str) -> None:
    assert 0 <= share <= 1
    assert message


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory):
    @cache
    def one(path: Path) -> tuple[dict, Path]:
        folder = tmp_path_factory.mktemp(path.name)
        return extract.read(path, folder, nobody), folder

    return one


@pytest.fixture(scope="module")
def other():
    return cache(ByAnotherHand)


def has(tags: dict[str, str], rows: list[dict[str, str]]) -> bool:
    return any(tags.get(row["key"]) == row["value"] or (row["value"] == "*" and row["key"] in tags) for row in rows)


@pytest.mark.parametrize("path", EXTRACTS, ids=lambda path: path.name)
def test_counts_are_those_of_another_reader(path: Path, read, other) -> None:
    counts, mine = read(path)[0]["counts"], other(path)
    graph = mine.graph()
    assert counts["roads"] == mine.roads > 0
    assert (counts["nodes"], counts["edges"]) == (graph.number_of_nodes(), graph.number_of_edges())
    assert counts["parts"] == networkx.number_connected_components(graph)
    assert counts["largest_part"] == max(map(len, networkx.connected_components(graph)))
    assert counts["walk_m"] == pytest.approx(sum(d for _, _, d in graph.edges(data="length")), rel=1e-5)
    named = [tags for tags in mine.tagged if tags.get("name") or tags.get("name:zh")]
    assert counts["pois"] == sum(has(tags, shipped_rows("osm/poi_classes.csv")) for tags in named)
    hosts = [tags for tags in mine.tagged if has(tags, shipped_rows("osm/premises.csv"))]
    closed = [tags for tags in hosts if tags.get("amenity") == "toilets" and tags.get("access") in TOILETS]
    assert counts["premises"] == len(hosts) - len(closed)
    assert counts.get("addresses", 0) == sum("addr:housenumber" in tags for tags in mine.tagged)


@pytest.mark.parametrize("path", EXTRACTS, ids=lambda path: path.name)
def test_the_way_is_as_long_as_networkx_says(path: Path, read, other) -> None:
    made = network.load(read(path)[1] / "network")
    mine = other(path)
    graph = mine.graph()
    spots: dict[tuple[float, float], list[int]] = {}
    for node in graph:
        spots.setdefault((round(mine.places[node][0], 7), round(mine.places[node][1], 7)), []).append(node)
    here = [
        (k, spots[spot][0])
        for k, spot in enumerate(zip(made.lon.round(7).tolist(), made.lat.round(7).tolist(), strict=True))
        if len(spots[spot]) == 1
    ]
    rng = np.random.default_rng(7)
    sources = [here[k] for k in rng.choice(len(here), 40)]
    size = (len(made.lon),) * 2
    ways = coo_array((made.length, (made.start, made.end)), shape=size).tocsr()
    found = dijkstra(ways, directed=False, indices=[k for k, _ in sources])
    joined, compared = 0, 0
    for row, (_, source) in enumerate(sources):
        lengths = networkx.single_source_dijkstra_path_length(graph, source, weight="length")
        for k, node in (here[k] for k in rng.choice(len(here), PAIRS // len(sources))):
            compared += 1
            if node in lengths:
                joined += 1
                assert found[row, k] == pytest.approx(lengths[node], rel=1e-3, abs=0.01)
            else:
                assert np.isinf(found[row, k])
    assert compared == PAIRS
    assert joined > PAIRS / 2


def test_names_of_roads_are_kept(read, other) -> None:
    made = network.load(read(HELSINKI)[1] / "network")
    at = made.names.index("Mannerheimintie")
    length = made.length[made.name == at].sum()
    assert 300 < length < 20_000
    said = {tags.get("name") for tags in other(HELSINKI).tagged}
    assert set(made.names) <= said
    assert made.source == "Helsinki.osm.pbf"


def test_the_date_is_of_the_header_or_of_the_newest_object_or_none(read, tmp_path: Path) -> None:
    said = {path: (read(path)[0]["extract_date"], read(path)[0]["dated_by"]) for path in EXTRACTS}
    assert said == {
        HELSINKI: ("2019-04-21", "newest object"),
        KOTKA: ("2019-04-14", "newest object"),
        WELLINGTON: ("", ""),
    }
    town = Town()
    town.road((0, 0), (1, 0), highway="residential")
    found = extract.read(town.write(tmp_path / "a.osm.pbf"), made_folder(tmp_path), nobody)
    assert (found["extract_date"], found["dated_by"]) == ("2026-11-20", "header")


def test_the_box_is_of_what_is_there_whatever_the_header_says(read) -> None:
    found = read(WELLINGTON)[0]
    assert found["header_box"] == pytest.approx([174.8587846, -41.2641948, 174.8708009, -41.247999])
    mine = ByAnotherHand(WELLINGTON).places
    west, south, east, north = found["box"]
    lon, lat = zip(*mine.values(), strict=True)
    assert min(lon) <= west < east <= max(lon)
    assert min(lat) <= south < north <= max(lat)
    assert south == pytest.approx(-41.2637515)


def test_points_are_kept_with_what_they_are(tmp_path: Path) -> None:
    town = Town()
    town.node(0, 0, amenity="bank", name="中国银行", branch="思明支行")
    town.node(1, 0, amenity="toilets")
    town.node(2, 0, amenity="toilets", access="customers")
    town.node(3, 0, shop="convenience", brand="美宜佳")
    town.node(4, 0, shop="convenience", name="小店\n一家")
    town.node(5, 0, addr__street="游艺街", addr__housenumber="12")
    town.node(6, 0, place="neighbourhood", name="胜利小区")
    town.node(7, 0, name="什么也不是")
    ring = [town.node(*corner) for corner in ((0, 5), (2, 5), (2, 6), (0, 6))]
    town.way([*ring, ring[0]], building="yes", name="贺兰山大厦")
    half = [town.node(*corner) for corner in ((10, 10), (14, 10), (14, 14), (10, 14))]
    one, other = town.way(half[:3]), town.way([half[2], half[3], half[0]])
    town.relations.append((1, [("w", one, "outer"), ("w", other, "outer")], PARK))
    town.road((0, 0), (9, 0), highway="residential")
    found = extract.read(town.write(tmp_path / "a.osm.pbf"), folder := made_folder(tmp_path), nobody)
    with (folder / "points.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    assert {key: (row["name"], row["class"], row["host_type"], row["host"]) for key, row in rows.items()} == {
        "n1": ("中国银行", "bank", "bank", "中国银行思明支行"),
        "n2": ("", "", "sanitation", "公共厕所"),
        "n4": ("", "", "shop", "美宜佳（便利店）"),
        "n5": ("小店 一家", "convenience", "shop", "小店 一家"),
        "n6": ("", "", "", ""),
        "n7": ("胜利小区", "", "", ""),
        "w1": ("贺兰山大厦", "building", "", ""),
        "r1": ("森林公园", "", "park", "森林公园"),
    }
    assert (rows["n6"]["street"], rows["n6"]["number"], rows["n7"]["quarter"]) == ("游艺街", "12", "neighbourhood")
    assert (float(rows["w1"]["lon"]), float(rows["w1"]["lat"])) == pytest.approx((106.401, 39.0255))
    assert (float(rows["r1"]["lon"]), float(rows["r1"]["lat"])) == pytest.approx((106.412, 39.032))
    counted = {name: found["counts"][name] for name in ("pois", "premises", "addresses", "quarters", "roads")}
    assert counted == {"pois": 3, "premises": 5, "addresses": 1, "quarters": 1, "roads": 1}


PARK = {"type": "multipolygon", "leisure": "park", "name": "森林公园"}


def made_folder(base: Path) -> Path:
    folder = base / "made"
    folder.mkdir()
    return folder


def test_places_that_are_kept_in_a_file_are_the_same(read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of an extract that is too large for memory: network, points and base map; nothing is left of the file."""
    whole, folder = read(KOTKA)
    inside = tiles.build(KOTKA, tmp_path / "inside.pmtiles")
    monkeypatch.setattr(reading, "IN_MEMORY", 0)
    apart = tmp_path / "apart"
    apart.mkdir()
    assert reading.read(KOTKA, apart, nobody)["counts"] == whole["counts"]
    for one in sorted(path.relative_to(folder) for path in folder.rglob("*") if path.suffix in (".npy", ".csv")):
        assert (apart / one).read_bytes() == (folder / one).read_bytes(), one
    assert tiles.build(KOTKA, tmp_path / "beside.pmtiles") == inside
    assert not [path for path in tmp_path.rglob("*") if path.name.endswith(".tmp")]
