"""Which ways are walked, by the table and on made-up extracts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from geodata.osm import extract, network, walkable
from tests.geodata.osm.made import Town, walked

#: What is walked and what is not, each with the rule that says so.
CASES = [
    ({"highway": "residential"}, True, "road"),
    ({"highway": "steps"}, True, "footway"),
    ({"highway": "corridor", "indoor": "yes"}, True, "footway"),
    ({"highway": "elevator"}, True, "footway"),
    ({"highway": "primary", "bridge": "yes"}, True, "road"),
    ({"highway": "footway", "tunnel": "yes"}, True, "footway"),
    ({"highway": "pedestrian", "area": "yes"}, True, "footway"),
    ({"highway": "cycleway"}, True, "road"),
    ({"highway": "platform"}, True, "footway"),
    ({"railway": "platform"}, True, "platform"),
    ({"public_transport": "platform"}, True, "platform_public"),
    ({"man_made": "pier"}, True, "pier"),
    ({"highway": "residential", "foot": "no"}, False, "foot_no"),
    ({"highway": "residential", "foot": "private"}, False, "foot_no"),
    ({"highway": "cycleway", "foot": "use_sidepath"}, False, "foot_no"),
    ({"highway": "service", "access": "private"}, False, "access_no"),
    ({"highway": "service", "access": "private", "foot": "yes"}, True, "foot_yes"),
    ({"highway": "service", "access": "customers"}, True, "road"),
    ({"highway": "service", "access": "destination"}, True, "road"),
    ({"highway": "track", "access": "forestry"}, False, "access_no"),
    ({"highway": "primary", "motorroad": "yes"}, False, "motorroad"),
    ({"highway": "primary", "motorroad": "yes", "foot": "designated"}, True, "foot_yes"),
    ({"highway": "motorway"}, False, "motorway"),
    ({"highway": "motorway", "sidewalk": "both"}, False, "motorway"),
    ({"highway": "trunk"}, False, "trunk"),
    ({"highway": "trunk", "sidewalk": "right"}, True, "sidewalk"),
    ({"highway": "trunk", "sidewalk:left": "yes"}, True, "sidewalk_left"),
    ({"highway": "trunk", "sidewalk": "separate"}, False, "trunk"),
    ({"highway": "trunk", "foot": "yes"}, True, "foot_yes"),
    ({"highway": "residential", "sidewalk": "separate"}, True, "road"),
    ({"highway": "residential", "sidewalk": "no"}, True, "road"),
    ({"highway": "construction", "construction": "residential", "foot": "yes"}, False, "not_there"),
    ({"highway": "proposed"}, False, "not_there"),
    ({"highway": "raceway"}, False, "vehicles"),
    ({"highway": "path", "foot:conditional": "no @ (22:00-06:00)"}, True, "footway"),
    ({"highway": "something_new"}, False, None),
    ({"route": "ferry"}, False, None),
    ({"route": "ferry", "foot": "yes"}, True, "foot_yes"),
    ({"route": "bus", "foot": "yes"}, False, None),
    ({"railway": "rail", "foot": "yes"}, False, None),
    ({"building": "yes"}, False, None),
]


@pytest.mark.parametrize(("tags", "walk", "name"), CASES, ids=lambda one: str(one)[:60])
def test_the_table_decides(tags: dict[str, str], walk: bool, name: str | None) -> None:
    rule = walkable.decided(tags)
    assert (rule.name if rule else None, bool(rule and rule.walk)) == (name, walk)
    assert walked(tags) == walk  # and so does the condition that the tests hold lengths against


def test_every_rule_is_said_in_both_languages_and_decides_something() -> None:
    assert all(rule.zh and rule.en for rule in walkable.rules())
    names = [rule.name for rule in walkable.rules()]
    assert len(set(names)) == len(names)
    assert set(names) - {name for _, _, name in CASES} == {"sidewalk_both", "sidewalk_right"}


def made(town: Town, tmp_path: Path) -> tuple[dict, network.WalkingNetwork]:
    folder = tmp_path / "made"
    folder.mkdir()
    said = extract.read(town.write(tmp_path / "town.osm.pbf"), folder, lambda share, message: None)
    return said, network.load(folder / "network")


def test_ways_meet_at_nodes_that_they_share_and_not_where_they_cross(tmp_path: Path) -> None:
    town = Town()
    south, middle, north = (town.node(2, y) for y in (0, 2, 4))
    town.way([south, middle, north], highway="primary")
    town.way([town.node(0, 2), middle, town.node(4, 2)], highway="residential")
    town.road((0, 1), (4, 1), highway="footway", bridge="yes", layer="1")  # over the primary road
    said, found = made(town, tmp_path)
    assert (said["counts"]["nodes"], said["counts"]["edges"], said["counts"]["parts"]) == (7, 5, 2)
    assert sorted(np.bincount(found.part).tolist()) == [2, 5]
    assert found.part[np.argmin(np.abs(found.lat - 39.021))] == 1  # the bridge is the smaller part


def test_an_area_is_walked_along_its_rim_a_relation_of_ways_without_tags_too(tmp_path: Path) -> None:
    town = Town()
    square = [town.node(*corner) for corner in ((0, 0), (1, 0), (1, 1), (0, 1))]
    town.way([*square, square[0]], highway="pedestrian", area="yes")
    plaza = [town.node(*corner) for corner in ((5, 0), (6, 0), (6, 1), (5, 1))]
    one, other = town.way(plaza[:3]), town.way([plaza[2], plaza[3], plaza[0]])
    town.relations.append((1, [("w", one, "outer"), ("w", other, "outer")], PLAZA))
    said, found = made(town, tmp_path)
    assert (said["counts"]["edges"], said["counts"]["parts"]) == (8, 2)
    assert found.names == ("广场",)
    assert said["counts"]["roads"] == 1  # ways tagged highway


PLAZA = {"type": "multipolygon", "highway": "pedestrian", "name": "广场"}


def test_what_is_odd_is_treated_and_counted(tmp_path: Path) -> None:
    town = Town()
    a, b, c = (town.node(x, 0) for x in range(3))
    town.way([a, b, c], highway="residential")
    town.way([b, c], highway="footway", name="后街")  # twice
    town.way([c, c, town.node(3, 0)], highway="residential")  # a loop
    town.way([a, town.node(0, 0)], highway="residential")  # two nodes in one place
    town.way([c, 999, 998, town.node(2, 1), town.node(2, 2)], highway="residential")  # cut
    town.way([a, 997], highway="path")  # nothing is left of it
    said, found = made(town, tmp_path)
    counts = said["counts"]
    assert {name: counts[name] for name in ("missing_nodes", "cut_ways", "loops", "twice", "zero_length")} == {
        "missing_nodes": 3,
        "cut_ways": 2,
        "loops": 1,
        "twice": 1,
        "zero_length": 1,
    }
    assert (counts["walked_ways"], counts["nodes"], counts["edges"], counts["parts"]) == (6, 7, 5, 2)
    assert (found.length > 0).all()
    named = np.flatnonzero(found.name >= 0)
    assert [found.names[one] for one in found.name[named]] == ["后街"]  # the way that has a name gives it


def test_conditional_ways_are_walked_and_counted(tmp_path: Path) -> None:
    town = Town()
    town.road((0, 0), (1, 0), highway="path", foot__conditional="no @ (22:00-06:00)")
    assert made(town, tmp_path)[0]["counts"]["conditional_ways"] == 1


def test_the_docs_have_every_rule_in_its_order() -> None:
    told = (Path(__file__).resolve().parents[3] / "docs" / "ground.md").read_text("utf-8")
    rows = [f"| {'是 yes' if rule.walk else '否 no'} | {rule.zh} {rule.en} |" for rule in walkable.rules()]
    places = [told.find(row) for row in rows]
    assert -1 not in places
    assert places == sorted(places)
