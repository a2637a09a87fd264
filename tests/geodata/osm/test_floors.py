"""Floor area of buildings, a second proxy of demand, against libosmium's areas and PROJ's geodesic."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import h3
import osmium
import pandas as pd
import pytest
import shapely
from pyproj import Geod

from dashboard.source import AtlasSource
from geodata.codes import shipped_rows
from geodata.osm import extract, floors, ground
from geodata.store import open_store
from geodata.store.base import WritableStore
from layers import demand, proxies
from layers.filters import Filters
from tests.geodata.osm.made import EXTRACTS, Town

WGS84 = Geod(ellps="WGS84")
HERE = Filters(place="640202")


class Assembled(osmium.SimpleHandler):
    """Buildings as libosmium closes them, counted by rules written again."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ground = self.floor = self.assumed = 0.0
        self.count: Counter[str] = Counter()
        self._wkb = osmium.geom.WKBFactory()
        self._table = {row["building"]: row for row in shipped_rows("osm/building_classes.csv")}
        self._walls: set[int] = set()
        for relation in osmium.FileProcessor(str(path), osmium.osm.RELATION):
            if relation.tags.get("building") in self._table:
                self._walls |= {one.ref for one in relation.members if one.type == "w" and one.role != "inner"}
        self.apply_file(str(path), locations=True)

    def area(self, one) -> None:
        row = self._table.get(one.tags.get("building"))
        if row is None or (one.from_way() and one.orig_id() in self._walls):  # ground counts once
            return
        square = abs(WGS84.geometry_area_perimeter(shapely.from_wkb(self._wkb.create_multipolygon(one)))[0])
        levels, height = one.tags.get("building:levels"), one.tags.get("height")
        try:
            storeys = float(levels) - float(one.tags.get("building:min_level", "0"))
        except (TypeError, ValueError):
            storeys = max(1, float(height.removesuffix("m")) // 3) if height else 0
        self.count["known" if storeys else "assumed"] += 1
        self.assumed += 0 if storeys else square * int(row["storeys"])
        self.floor += square * (storeys or int(row["storeys"]))


@pytest.mark.parametrize("path", EXTRACTS, ids=lambda path: path.name)
def test_floor_area_is_that_of_another_reader(path: Path, tmp_path: Path) -> None:
    counts, other = extract.read(path, tmp_path, lambda *_: None)["counts"], Assembled(path)
    assert counts["buildings"] == other.count.total() > 10
    assert counts["storeys_assumed"] == other.count["assumed"]
    assert counts["floor_m2"] == pytest.approx(other.floor, rel=1e-4)
    assert counts["floor_m2_assumed"] == pytest.approx(other.assumed, rel=1e-4)


@pytest.mark.parametrize(
    ("tags", "storeys", "known"),
    [
        ({"building:levels": "6"}, 6, floors.SAID),
        ({"building:levels": "6", "building:min_level": "2"}, 4, floors.SAID),
        ({"building:levels": "1.5", "height": "30"}, 1.5, floors.SAID),
        ({"height": "20 m"}, 6, floors.BY_HEIGHT),
        ({"height": "2.5"}, 1, floors.BY_HEIGHT),
        *(({"building:levels": one}, 5, floors.ASSUMED) for one in ("", "0", "-3", "nan", "inf", "1e9", "六", "5;6")),
        ({"height": "9999999"}, 5, floors.ASSUMED),
    ],
)
def test_storeys_are_as_said_else_by_height_else_assumed(tags: dict, storeys: float, known: int) -> None:
    kind = floors.kind_of({"building": "office"})
    assert kind is not None
    assert floors.storeys(tags, kind) == (storeys, known)
    assert floors.kind_of({"building": "garage"}) is None


def block(town: Town, x: float, y: float, size: float = 0.5, **tags: str) -> int:
    corners = [town.node(x + a, y + b) for a, b in ((0, 0), (size, 0), (size, size), (0, size))]
    return town.way([*corners, corners[0]], **tags)


def town() -> Town:
    made = Town()
    made.road((0, 0), (9, 0), highway="residential", name="游艺街")
    made.node(1, 1, amenity="restaurant", name="清真饭馆")
    block(made, 1, 1, building="apartments", building__levels="10")
    block(made, 3, 1, building="apartments")
    block(made, 5, 1, building="garage")
    block(made, 7, 1, building="hotel", height="30")
    outer, inner = block(made, 1, 3, size=1, building="yes"), block(made, 1.25, 3.25)
    # a court: what its outer wall says of itself does not count once more
    tags = {"type": "multipolygon", "building": "office", "building:levels": "4"}
    made.relations.append((1, [("w", outer, "outer"), ("w", inner, "inner")], tags))
    return made


@pytest.fixture
def store(atlas_home: Path, tmp_path: Path) -> WritableStore:
    shutil.copy(atlas_home / "atlas.gpkg", tmp_path)
    found = open_store(tmp_path)
    told = ground.bring(found, tmp_path, town().write(tmp_path / "town.osm.pbf"), ["640202"])
    assert (told["buildings"], told["storeys_assumed"]) == (4, 1)
    return found


def test_it_stands_beside_premises_and_is_never_added_to_them(store: WritableStore, tmp_path: Path) -> None:
    atlas = AtlasSource(tmp_path).atlas()
    lon, lat = 106.4, 39.02
    quarter = abs(WGS84.geometry_area_perimeter(shapely.box(lon, lat + 0.001, lon + 0.0005, lat + 0.0015))[0]) / 1000
    court = quarter * (4 - 1)
    wanted = {"courier": 10 * quarter + 6 * quarter + 4 * court, "driver": 10 * quarter}
    by_floor = demand.select(atlas, HERE.having(proxy="floor"))
    assert by_floor.weight.sum() == pytest.approx(sum(wanted.values()), rel=1e-3)
    for group, whole in wanted.items():
        own = demand.select(atlas, HERE.having(proxy="floor", worker_group=group))
        assert own.weight.sum() == pytest.approx(whole, rel=1e-3)
    assert demand.select(atlas, HERE).weight.sum() == pytest.approx(1.0, abs=0.002)  # one restaurant
    rows = atlas.demand[atlas.demand["proxy"] == "floor"]
    assert set(rows["provenance"]) == {"derived"}
    hotel = rows[rows["worker_group"] == "driver"]
    assert list(hotel["cell"]) == [h3.latlng_to_cell(lat + 0.00125, lon + 0.00725, 9)]
    assert json.loads(hotel["own"].iloc[0]) == {"按假定层数的平方米": 0, "楼栋": 1, "写明层数或高度的楼栋": 1}
    told = {one.kind: one for one in proxies.floor_area(atlas, HERE)}
    assert (told["courier"].buildings, told["courier"].with_storeys) == (3, 2)
    assert told["courier"].assumed == pytest.approx(6 * quarter * 1000, rel=1e-3)
    assert proxies.floor_area(atlas, HERE.having(place="350203")) == []
    assert [one.count for one in proxies.demand(atlas, HERE)] == [pytest.approx(1.0, abs=0.002)]


def test_rings_that_are_cut_cross_themselves_or_enclose_nothing() -> None:
    square, bow = [(0, 0), (9, 0), (9, 9), (0, 9), (0, 0)], [(0, 0), (9, 9), (9, 0), (0, 9), (0, 0)]
    beyond = [(0, 0), (2**31 - 1, 0), (9, 9), (0, 0)]
    found = floors.outlines([square, square[:-1], bow, [], beyond, square[:1], [(1, 1)] * 5])
    assert [one is None for one in found] == [False, True, False, True, True, True, True]
    assert shapely.area(found[0]) * 1e14 == pytest.approx(81)
    assert shapely.area(found[2]) * 1e14 == pytest.approx(81 / 2)
    assert len(floors.outlines([])) == 0
    assert len(floors.rows(found, [(0, 1.0, 0)] * 7)) == 2


def test_an_extract_of_no_buildings_has_none(store: WritableStore, tmp_path: Path) -> None:
    made = Town()
    made.road((0, 0), (9, 0), highway="residential")
    told = ground.bring(store, tmp_path, made.write(tmp_path / "bare.osm.pbf"), ["640202"])
    assert (told["buildings"], told["floor_rows"]) == (0, 0)
    rows = pd.DataFrame(store.read("demand"))
    assert not (rows["proxy"] == "floor").any()
