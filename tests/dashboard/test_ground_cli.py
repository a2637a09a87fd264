"""``ground`` and ``walk`` as a stranger runs them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx
import numpy as np
import pytest
from pyproj import Geod

from dashboard.__main__ import main
from tests import made_up_extract
from tests.geodata.osm.made import HELSINKI, STEP, ByAnotherHand, Town

KEYS = ("roads", "walk_km", "nodes", "parts", "pois", "premises", "tiles_bytes", "extract_date", "batch_id", "box")
Run = Callable[..., tuple[int, dict[str, Any], str]]


@pytest.fixture
def run(atlas_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture) -> Run:
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(atlas_home / "atlas.gpkg", home)
    monkeypatch.setenv("ATLAS_HOME", str(home))

    def once(*arguments: str) -> tuple[int, dict[str, Any], str]:
        capfd.readouterr()
        code = main([*arguments, "--json"])
        out, err = capfd.readouterr()
        return code, json.loads(out) if out else {}, " ".join(err.split())

    return once


def test_an_extract_of_elsewhere(run: Run) -> None:
    code, found, said = run("ground", str(HELSINKI))
    assert code == 0
    assert found.keys() >= set(KEYS)
    assert (found["roads"], found["extract_date"]) == (2650, "2019-04-21")
    assert "没有需求和备选点" in said
    mine = ByAnotherHand(HELSINKI)
    graph = mine.graph()
    rng = np.random.default_rng(2)
    nodes = sorted(max(networkx.connected_components(graph), key=len))
    for one, other in rng.choice(nodes, (6, 2)):
        ends = ["{:.7f},{:.7f}".format(*mine.places[node]) for node in (one, other)]
        code, way, _ = run("walk", "--from", ends[0], "--to", ends[1])
        assert code == 0
        length = networkx.dijkstra_path_length(graph, one, other, weight="length")
        assert way["metres"] == pytest.approx(length, rel=1e-3, abs=0.05)
        assert way["minutes"] == pytest.approx(way["metres"] / 80, abs=0.01)
        assert way["connector_metres"] == pytest.approx(0, abs=0.02)
        assert way["straight_metres"] <= way["metres"] + 0.05


def test_the_way_over_the_one_bridge_is_as_counted_by_hand(run: Run, tmp_path: Path) -> None:
    town = Town()
    south, north = ([town.node(x, y) for x in range(11)] for y in (0, 2))
    town.way(south, highway="residential")
    town.way(north, highway="residential")
    town.way([south[10], town.node(10, 1), north[10]], highway="footway", bridge="yes")
    town.road((20, 0), (24, 0), highway="service")  # in the same part of town, and joined to nothing
    run("ground", str(town.write(tmp_path / "town.osm.pbf")))
    lon, lat = town.at
    code, way, _ = run("walk", "--from", f"{lon + 2.5 * STEP},{lat}", "--to", f"{lon + 2.5 * STEP},{lat + 2.5 * STEP}")
    assert code == 0
    geod = Geod(ellps="WGS84")

    def line(*corners: tuple[float, float]) -> float:
        return geod.line_length([lon + x * STEP for x, _ in corners], [lat + y * STEP for _, y in corners])

    connector = line((2.5, 2), (2.5, 2.5))
    whole = line((2.5, 0), (10, 0)) + line((10, 0), (10, 2)) + line((10, 2), (2.5, 2)) + connector
    assert way["metres"] == pytest.approx(whole, rel=1e-5)
    assert way["connectors"] == pytest.approx([0, connector], abs=0.02)
    assert way["connector_metres"] == pytest.approx(connector, abs=0.02)
    assert way["straight_metres"] == pytest.approx(line((2.5, 0), (2.5, 2.5)), abs=0.01)
    faster = run("walk", "--from", f"{lon},{lat}", "--to", f"{lon + STEP},{lat}", "--pace", "6")[1]
    assert faster["minutes"] == pytest.approx(faster["metres"] / 100, abs=0.01)
    code, _, said = run("walk", "--from", f"{lon},{lat}", "--to", f"{lon + 22 * STEP},{lat}")
    assert code == 1
    assert "第 0 部分" in said
    assert "第 1 部分" in said
    code, _, said = run("walk", "--from", f"{lon},{lat}", "--to", f"{lon},{lat - 6 * STEP}")
    assert code == 1
    assert "500" in said
    assert run("walk", "--from", f"{lon},{lat}", "--to", f"{lon},{lat}", "--pace", "100")[0] == 1


def test_without_a_network_there_is_no_way_and_a_word_is_said(run: Run) -> None:
    code, _, said = run("walk", "--from", "106.4,39", "--to", "106.41,39")
    assert code == 1
    assert "ground" in said
    with pytest.raises(SystemExit) as error:
        run("walk", "--from", "north", "--to", "106.41,39")
    assert error.value.code == 2


def test_what_is_brought_in_is_undone(run: Run, tmp_path: Path) -> None:
    town = Town()
    town.road((0, 0), (1, 0), highway="residential")
    town.node(0.5, 0.1, amenity="bank", name="银行")
    batch = run("ground", str(town.write(tmp_path / "town.osm.pbf")), "--place", "640202")[1]["batch_id"]
    assert run("info")[1]["tables"]["candidates"] == 1
    assert run("undo", batch)[0] == 0
    assert run("info")[1]["tables"]["candidates"] == 0
    lon, lat = town.at
    assert run("walk", "--from", f"{lon},{lat}", "--to", f"{lon},{lat}")[0] == 1


def test_an_extract_without_premises_does_not_empty_a_county(run: Run, tmp_path: Path) -> None:
    before = run("info")[1]["tables"]["demand"]
    made_up_extract.write(tmp_path / "siming.osm.pbf", premises=False)
    told = run("ground", str(tmp_path / "siming.osm.pbf"))[1]
    assert told["pois"] == 0 and "350203" in told["places"]
    # what its buildings say stands beside what premises said before
    assert told["demand_rows"] > 0 and run("info")[1]["tables"]["demand"] == before + told["demand_rows"]
    assert before > 1_000
