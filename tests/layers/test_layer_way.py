"""Along the way against straight × 1.3: a town on a river with one bridge, counted by hand (see towns.py)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hand_counted import META

from geodata.errors import AtlasError
from layers import coverage, demand, kpis, sentence, trails, way
from layers.atlas import Atlas
from layers.filters import NETWORK, STRAIGHT, Filters
from tests.layers.towns import CELLS, on_the_river, river_atlas, river_frames

HERE = Filters(place="350203", radius=500)
ALL = sum(weight for *_, weight in CELLS.values())


@pytest.fixture
def river() -> Atlas:
    return river_atlas()


def covered(atlas: Atlas, filters: Filters) -> set[str]:
    cells = demand.cells(atlas, filters)
    return set(cells["cell"][cells["nominal"]])


def test_the_river_is_crossed_by_the_bridge_alone(river) -> None:
    straight, walked = HERE.having(way=STRAIGHT), HERE.having(way=NETWORK)
    # straight: b and c see the station on the other bank, d the street it cannot get to, e one that no street reaches
    assert covered(river, straight) == set("abcdef")
    # a: 20 + 50 + 10 m; f: 120 over the bridge, 250, 10; b would walk 20 + 300 + 120 + 250 + 10 = 700
    assert covered(river, walked) == {"a", "f"}
    assert covered(river, walked.having(radius=699)) == {"a", "f"}
    assert covered(river, walked.having(radius=701)) == {"a", "b", "f"}
    assert covered(river, walked.having(radius=1279)) == {"a", "b", "f"}
    # c: 900 to the bridge, 120, 250, 10 up to T1; T3, across the river from it, is 1930 m away
    assert covered(river, walked.having(radius=1281)) == {"a", "b", "c", "f"}
    share = coverage.measure(river, walked).nominal_weighted
    assert (share.part, share.whole) == (33.0, ALL)
    assert coverage.measure(river, straight).nominal_weighted.part == ALL
    ways = demand.cells(river, walked).set_index("cell")["distance_m"]
    expected = {"a": 80, "b": 700, "c": 1280, "d": np.nan, "e": np.nan, "f": 380}
    assert ways.to_dict() == pytest.approx(expected, rel=2e-3, nan_ok=True)


def test_one_walks_along_the_network_where_there_is_one(river) -> None:
    assert way.of(river, HERE) == NETWORK
    assert covered(river, HERE) == {"a", "f"}
    # above the city the way is straight, whatever is asked
    for place in ("350000", "100000"):
        assert way.of(river, Filters(place=place, way=NETWORK)) == STRAIGHT
    assert way.of(river, Filters(place="350200")) == NETWORK
    assert way.of(river, Filters(place="350203", region="350203-02")) == NETWORK
    nowhere = Atlas.from_frames(river_frames(), META, lambda box: None)
    without = Atlas.from_frames(river_frames(), META)
    for atlas in (nowhere, without):
        assert way.of(atlas, HERE.having(way=NETWORK)) == STRAIGHT
        assert covered(atlas, HERE.having(way=NETWORK)) == set("abcdef")
        assert way.why_straight(atlas, HERE)
    assert way.note(without, HERE) is None and coverage.measure(without, HERE).note(HERE) is None
    assert way.why_straight(river, HERE) is None


def test_a_network_that_few_reach_is_walked_only_when_asked() -> None:
    frames = river_frames()
    far = frames["demand"].copy()
    far["cell"], far["demand_id"] = far["cell"] + "2", far["demand_id"] + "2"
    far["geometry"] = far.geometry.translate(0.05, 0.02)
    frames["demand"] = pd.concat([frames["demand"], far], ignore_index=True)
    atlas = Atlas.from_frames(frames, META, lambda box: on_the_river())
    assert way.of(atlas, HERE) == STRAIGHT
    assert way.of(atlas, HERE.having(way=NETWORK)) == NETWORK
    assert "42%" in way.why_straight(atlas, HERE).text()


def test_who_cannot_reach_is_told_apart_and_named(river) -> None:
    found = coverage.measure(river, HERE)
    assert found.apart.far.sum() == 1 and found.apart.cut.sum() == 1
    assert found.apart.roads == ("孤巷",)
    assert river.stations["station_id"].iloc[found.apart.stations].tolist() == ["T5"]
    said = found.note(HERE).text()
    for part in (
        "沿路网步行（2026-11-01）",
        "1 个需求格离路网超过 500 米，不计为覆盖",
        "1 个需求格所在的路（孤巷）不通任何驿站",
        "1 个驿站离路网超过 500 米，未计入",
    ):
        assert part in said
    straight = coverage.measure(river, HERE.having(way=STRAIGHT))
    assert straight.apart is None and straight.note(HERE).text() == "直线 × 1.3"


def test_every_figure_of_a_place_walks_the_same_way(river) -> None:
    for filters, share in ((HERE, 33 / ALL), (HERE.having(way=STRAIGHT), 1.0)):
        assert coverage.by_unit(river, filters)["share"].tolist() == pytest.approx([share])
        assert coverage.by_hour(river, filters)["nominal"].tolist() == pytest.approx([share] * 24)
        figure = next(one for one in kpis.every(river, filters) if one.id == "coverage")
        assert figure.value == pytest.approx(share)
        assert (way.note(river, filters).text()) in figure.of.text()
        trail = trails.trail(river, filters, "coverage")
        straight = [part.value for part in trail.parts if part.label.startswith("对照")]
        assert straight == ([] if filters.way else [ALL])
        assert ("按直线 × 1.3 为 100.0%" in figure.of.text()) == (filters.way is None)
        assert trail.value == pytest.approx(share)
        assert way.note(river, filters).text() in sentence.sentence(river, filters).text()


def test_backup_counts_two_ways(river) -> None:
    both = HERE.having(radius=1931)
    twice = coverage.measure(river, both).backup_weighted
    # a: T3 at 20 + 1200 + 10; f: 120 + 900 + 10; b: 20 + 300 + 120 + 900 + 10; c: T1 at 900 + 120 + 250 + 10
    assert twice.part == 1 + 2 + 4 + 32


def test_a_way_that_is_not_known_is_refused() -> None:
    with pytest.raises(AtlasError, match="走法 crow 不可用"):
        Filters(way="crow")


def test_networks_are_kept_within_bounds() -> None:
    asked = []

    def door(box):
        asked.append(box)
        return on_the_river()

    atlas = Atlas.from_frames(river_frames(), META, door)
    for _ in range(3):
        for radius in (300, 500, 2000):
            coverage.measure(atlas, HERE.having(radius=radius))
    assert len(asked) == 1
    west, south, east, north = asked[0]
    assert west < 118.05 - 0.015 and south < 24.42 - 0.015 and east > 118.2 + 0.015 and north > 24.5 + 0.015
    coverage.measure(atlas, HERE.having(radius=5000))
    coverage.measure(atlas, HERE.at_place("350200"))
    coverage.measure(atlas, HERE.having(radius=501))  # none that was measured before
    assert len(asked) == 4  # two are kept
