"""An extract becomes the ground of an atlas: one batch, undone, replaced, ended at any moment."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import h3
import numpy as np
import pandas as pd
import pytest

from geodata.errors import AtlasError
from geodata.osm import ground, network, pois
from geodata.store import open_store
from geodata.store.base import WritableStore
from tests.geodata.osm.made import HELSINKI, KOTKA, WELLINGTON, Town
from tests.repeats import repeats

ROOT = Path(__file__).resolve().parents[3]
KILLS = repeats(3)
DAWUKOU, HUINONG = "640202", "640205"


@pytest.fixture
def home(atlas_home: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "home"
    copy.mkdir()
    shutil.copy(atlas_home / "atlas.gpkg", copy)
    return copy


@pytest.fixture
def store(home: Path) -> WritableStore:
    return open_store(home)


def town(bank: str = "石嘴山银行") -> Town:
    """A few streets of 大武口 with what calls workers, and premises."""
    made = Town()
    for y in range(4):
        made.road(*((x, y) for x in range(4)), highway="residential", name=f"{y} 号街")
    made.road((0, 0), (0, 1), (0, 2), (0, 3), highway="footway")
    made.node(1, 1, amenity="restaurant", name="清真饭馆")
    made.node(1.1, 1.1, amenity="restaurant", name="清真饭馆")  # the same place again
    made.node(2, 2, tourism="hotel", name="沙湖宾馆")
    made.node(3, 3, amenity="bank", name=bank)
    made.node(0, 3, amenity="toilets")
    return made


def state(store: WritableStore) -> dict[str, pd.DataFrame | dict[str, str]]:
    rows = {name: pd.DataFrame(store.read(name).astype(str)) for name in ("demand", "candidates")}
    return {**rows, "meta": {key: value for key, value in store.meta().items() if key == ground.META}}


def same(one: dict, other: dict) -> bool:
    return one["meta"] == other["meta"] and all(
        one[name]
        .sort_values(one[name].columns[0], ignore_index=True)
        .equals(other[name].sort_values(other[name].columns[0], ignore_index=True))
        for name in ("demand", "candidates")
    )


def test_it_comes_in_as_one_batch_and_is_undone_whole(store: WritableStore, home: Path, tmp_path: Path) -> None:
    before = state(store)
    told: list[float] = []
    path = town().write(tmp_path / "dawukou.osm.pbf")
    found = ground.bring(store, home, path, progress=lambda share, message: told.append(share), author="甲")
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert (found["places"], found["extract_date"], found["roads"]) == ([DAWUKOU], "2026-11-20", 5)
    assert (found["pois"], found["premises"], found["candidate_rows"]) == (4, 2, 2)
    batch = store.history()[0]
    assert (batch.batch_id, batch.author, batch.file) == (found["batch_id"], "甲", "dawukou.osm.pbf")
    demand = store.read("demand")
    mine = demand[demand["adcode"] == DAWUKOU]
    assert set(mine["provenance"]) == {"derived"}
    assert set(mine["source_id"]) == {"OSM;OSM-2026-11-20"}
    # three places of interest, one of each twice mapped: nothing is lost when they are spread
    assert mine.groupby("worker_group")["weight"].sum().to_dict() == pytest.approx(
        {"courier": 1.0, "driver": 1.0, "rider": 1.0}, abs=0.002
    )
    candidates = store.read("candidates").set_index("candidate_id")
    assert set(candidates["host_type"]) == {"bank", "sanitation"}
    assert set(candidates["name"]) == {"石嘴山银行", "公共厕所"}
    folder = ground.current(home, store.meta())
    assert folder is not None
    assert folder.name == found["folder"]
    about = ground.about(folder)
    assert (about["source"], about["attribution"]) == ("dawukou.osm.pbf", "© OpenStreetMap contributors, ODbL")
    assert len(network.load(folder / ground.NETWORK).lon) == found["nodes"] == 20
    assert {row["table"] for _, row in store.changes(batch.batch_id).iterrows()} == {"demand", "candidates"}
    store.undo(batch.batch_id)
    assert same(state(store), before)
    assert ground.current(home, store.meta()) is None


def test_weights_are_spread_over_cells_as_the_sample_has_it(store: WritableStore, home: Path, tmp_path: Path) -> None:
    ground.bring(store, home, town().write(tmp_path / "a.osm.pbf"))
    demand = store.read("demand")
    hotel = demand[(demand["adcode"] == DAWUKOU) & (demand["worker_group"] == "driver")].set_index("cell")["weight"]
    own = h3.latlng_to_cell(39.022, 106.402, 9)
    rings = [h3.grid_distance(own, cell) for cell in hotel.index]
    assert sorted(rings) == [0] + [1] * 6 + [2] * 12
    share = np.array([pois.RINGS[ring] for ring in rings])
    assert hotel.to_numpy() == pytest.approx(share / share.sum(), abs=1e-4)
    centre = demand.set_index("cell").geometry[own]
    assert (centre.iloc[0].y, centre.iloc[0].x) == pytest.approx(h3.cell_to_latlng(own), abs=1e-6)


def test_a_newer_extract_takes_the_place_of_the_first(store: WritableStore, home: Path, tmp_path: Path) -> None:
    first = ground.bring(store, home, town().write(tmp_path / "a.osm.pbf", "2026-01-01T00:00:00Z"))
    between = state(store)
    other = town("宁夏银行")
    del other.nodes[24 - 3]  # a restaurant is gone
    second = ground.bring(store, home, other.write(tmp_path / "b.osm.pbf", "2026-06-01T00:00:00Z"))
    candidates = store.read("candidates")
    assert set(candidates["name"]) == {"宁夏银行", "公共厕所"}
    assert set(candidates["source_id"]) == {"OSM;OSM-2026-06-01"}
    assert (second["replaces"], second["older"]) == ("a.osm.pbf", False)
    assert ground.current(home, store.meta()).name == second["folder"] != first["folder"]
    with pytest.raises(AtlasError, match="先撤销"):
        store.undo(first["batch_id"])
    moment = store.history()[1].time
    assert ground.current(home, store.as_of(moment).meta()).name == first["folder"]
    store.undo(second["batch_id"])
    assert same(state(store), between)
    assert ground.current(home, store.meta()).name == first["folder"]
    third = ground.bring(store, home, town().write(tmp_path / "c.osm.pbf", "2025-06-01T00:00:00Z"))
    assert third["older"]


def test_rows_of_people_are_never_touched(store: WritableStore, home: Path, tmp_path: Path) -> None:
    path = town().write(tmp_path / "a.osm.pbf")
    ground.bring(store, home, path)
    frame = store.read("candidates")
    bank = frame[frame["name"] == "石嘴山银行"]
    store.apply("candidates", bank.assign(cost_yuan=12_000.0, source_id=bank["source_id"] + ";EDIT"), retire=False)
    own = bank.assign(candidate_id="ours-1", name="工人文化宫", provenance="reported", source_id="file:ours.xlsx")
    store.apply("candidates", own, retire=False)
    again = ground.bring(store, home, town("另一家银行").write(tmp_path / "b.osm.pbf"))
    names = store.read("candidates").set_index("candidate_id")
    assert names.loc["ours-1", "name"] == "工人文化宫"
    assert names.loc[bank["candidate_id"].iloc[0], "cost_yuan"] == 12_000
    assert names.loc[bank["candidate_id"].iloc[0], "name"] == "石嘴山银行"
    assert again["kept_rows"] == 1


def test_places_are_those_that_are_asked_for(store: WritableStore, home: Path, tmp_path: Path) -> None:
    path = town().write(tmp_path / "a.osm.pbf")
    found = ground.bring(store, home, path, [HUINONG])
    assert (found["places"], found["demand_rows"], found["left_out"]["other_counties"]) == ([HUINONG], 0, 5)
    city = ground.bring(store, home, path, ["640200"])
    assert DAWUKOU in city["places"]
    assert HUINONG in city["places"]
    assert city["demand_rows"] > 0
    with pytest.raises(AtlasError, match="999999"):
        ground.bring(store, home, path, ["999999"])


@pytest.mark.parametrize(("cut_to", "least", "most"), [(None, 0.0, 0.1), ((116.3, 39.8, 116.4, 39.91), 0.3, 0.7)])
def test_a_few_streets_do_not_cover_a_district(
    cut_to: tuple[float, ...] | None, least: float, most: float, store: WritableStore, home: Path, tmp_path: Path
) -> None:
    few = Town((116.37, 39.896))  # 西城区, about 11 km from north to south
    few.road((0, 0), (5, 0), (5, 5), highway="residential")
    few.node(2, 2, amenity="bank", name="银行")
    found = ground.bring(store, home, few.write(tmp_path / "a.osm.pbf", cut_to=cut_to))
    assert found["places"] == ["110102"]
    assert least <= found["covered"]["110102"] <= most


def test_siming_is_as_the_sample_has_it(store: WritableStore, home: Path, tmp_path: Path) -> None:
    """On 鼓浪屿 no motor vehicle drives; cells lie on land and in a street zone; the shipped demand gives way."""
    shipped = store.read("demand")
    assert (shipped["adcode"] == "350203").sum() > 500
    made = Town(at=(118.0, 24.4))
    made.road((66, 47), (67, 47), highway="footway")
    made.node(66, 47, tourism="hotel", name="鼓浪屿旅馆")
    made.node(66, 47, amenity="restaurant", name="鼓浪屿餐馆")
    made.node(95, 75, tourism="hotel", name="湖滨酒店")
    found = ground.bring(store, home, made.write(tmp_path / "a.osm.pbf"), ["350203"])
    demand = store.read("demand")
    mine = demand[demand["adcode"] == "350203"]
    assert set(mine["source_id"]) == {"OSM;OSM-2026-11-20"}
    assert len(mine) == found["demand_rows"]
    assert mine.groupby("worker_group")["weight"].sum().to_dict() == pytest.approx(
        {"driver": 1.0, "rider": 1.0}, abs=0.002
    )
    assert mine["zone"].notna().all()
    assert mine[mine["worker_group"] == "driver"].geometry.x.min() > 118.08
    store.undo(found["batch_id"])
    assert store.read("demand").equals(shipped)


def test_an_extract_of_elsewhere_has_streets_and_no_rows(store: WritableStore, home: Path) -> None:
    before = state(store)
    found = ground.bring(store, home, WELLINGTON)
    assert (found["places"], found["demand_rows"], found["candidate_rows"]) == ([], 0, 0)
    assert found["left_out"]["outside_china"] > 0
    now = state(store)
    assert now["demand"].equals(before["demand"])
    given = ground.walking(home, store)
    assert given is not None
    assert len(given((174.86, -41.27, 174.875, -41.25)).lon) == found["nodes"] > 300


def test_nothing_is_changed_by_a_file_that_cannot_be_read(store: WritableStore, home: Path, tmp_path: Path) -> None:
    before = state(store)
    cut = tmp_path / "cut.osm.pbf"
    cut.write_bytes(HELSINKI.read_bytes()[:300_000])
    with pytest.raises(AtlasError, match="不完整"):
        ground.bring(store, home, cut)
    assert same(state(store), before)
    assert [one.name for one in (home / ground.FOLDER).iterdir()] == [ground.LOCK]


def test_two_at_once_are_not_let_in(store: WritableStore, home: Path) -> None:
    def meanwhile(share: float, message: str) -> None:
        with pytest.raises(AtlasError, match="另一个"):
            ground.bring(open_store(home), home, KOTKA)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ground.bring(store, home, HELSINKI, progress=meanwhile)
    assert ground.bring(store, home, KOTKA)["roads"] == 343


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_killed_at_any_moment_it_is_as_before_or_as_after(home: Path, tmp_path: Path) -> None:
    path = town().write(tmp_path / "a.osm.pbf")
    command = [sys.executable, "-m", "dashboard", "ground", str(path), "--json"]

    def run(after: float | None) -> tuple[float, int]:
        begun = time.monotonic()
        child = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "ATLAS_HOME": str(home)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            child.communicate(timeout=after)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            child.communicate()
        return time.monotonic() - begun, child.returncode

    clean = shutil.copy(home / "atlas.gpkg", tmp_path / "clean.gpkg")
    before = state(open_store(home))
    lasted, code = run(None)
    assert code == 0
    folder = ground.current(home, open_store(home).meta())
    after = {
        name: rows.drop(columns="batch_id", errors="ignore")
        for name, rows in state(open_store(home)).items()
        if name != "meta"
    }
    rng = random.Random(11)
    ended = 0
    for _ in range(8 * KILLS):
        shutil.copy(clean, home / "atlas.gpkg")
        shutil.rmtree(home / ground.FOLDER, ignore_errors=True)
        took, code = run(rng.uniform(0.1, 1.0) * lasted)
        ended += code == -signal.SIGKILL
        lasted = min(lasted, took) if code == 0 else lasted  # the machine may have been busy when it was measured
        store = open_store(home)
        now = state(store)
        if now["meta"]:
            assert ground.current(home, store.meta()).name == folder.name
            for name, rows in after.items():
                assert now[name].drop(columns="batch_id").equals(rows)
        else:
            assert same(now, before)
        if ended == KILLS:
            break
    assert ended == KILLS
    assert run(None)[1] == 0  # what was left behind is in nobody's way
    left = {one.name for one in (home / ground.FOLDER).iterdir()}
    assert left == {ground.LOCK, folder.name}
    assert json.loads((home / ground.FOLDER / folder.name / ground.ABOUT).read_text("utf-8"))["source"] == "a.osm.pbf"


def test_boundaries_of_streets_become_zones_of_a_county_that_has_none(home: Path, store: WritableStore, tmp_path: Path):
    counties = store.read("places").set_index("adcode")
    west, south, east, north = counties.geometry["110105"].bounds
    middle = (west + east) / 2

    def walled(level: str = "8") -> Town:
        made = Town(at=(116.5, 39.9))
        made.road((0, 0), (3, 0), highway="residential", name="建国路")
        made.node(1, 0.5, amenity="restaurant", name="东来饭馆")
        made.node(-60, 0.5, amenity="restaurant", name="西来饭馆")
        for name, left, right in (("西街道", west, middle), ("东街道", middle, east)):
            corners = [(left, south), (right, south), (right, north), (left, north)]
            nodes = [made.node((lon - 116.5) / 0.001, (lat - 39.9) / 0.001) for lon, lat in corners]
            # two ways make the ring, as boundaries of neighbours do
            ways = [made.way(nodes[:3]), made.way([*nodes[2:], nodes[0]])]
            tags = {"type": "boundary", "boundary": "administrative", "admin_level": level, "name": name}
            made.relations.append((len(made.relations) + 1, [("w", one, "outer") for one in ways], tags))
        return made

    path = walled().write(tmp_path / "walled.osm.pbf")
    told = ground.bring(store, home, path, ["110105"])
    assert told["zone_rows"] == 2
    zones = store.read("zones")
    own = zones[zones["adcode"] == "110105"].set_index("name")
    assert set(own.index) == {"西街道", "东街道"} and set(own["geometry_provenance"]) == {"derived"} == set(
        own["provenance"]
    )
    assert own.geometry["西街道"].bounds == pytest.approx((west, south, middle, north), abs=2e-5)
    demand = store.read("demand")
    demand = demand[demand["adcode"] == "110105"]
    there = dict(zip(own["zone_id"], own.index, strict=True))
    assert {there[one] for one in demand["zone"]} == {"西街道", "东街道"}
    for point, zone in zip(demand.geometry, demand["zone"], strict=True):
        assert (point.x < middle) == (there[zone] == "西街道")
    # illustrative zones that stations name stay; other levels are no streets
    assert set(zones[zones["adcode"] == "350203"]["provenance"]) == {"illustrative"}
    again = ground.bring(store, home, walled("6").write(tmp_path / "other.osm.pbf"), ["110105"])
    assert again["zone_rows"] == 0
    store.undo(again["batch_id"])
    store.undo(told["batch_id"])
    assert not (store.read("zones")["adcode"] == "110105").any()
