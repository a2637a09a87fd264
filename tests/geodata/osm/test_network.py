"""The network on disk: the same when it is read again, and a box of it is what is cut of the whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pyproj import Geod

from geodata.osm import network


def random_walks(rng: np.random.Generator, count: int = 3_000) -> network.Walked:
    """Ways of a few vertices each over 0.4 × 0.4 degrees, sharing nodes."""
    corner = (1_063_000_000, 389_000_000)
    x, y = (rng.integers(low, low + 4_000_000, 9_000).astype(np.int32) for low in corner)
    lengths = rng.integers(2, 6, count).astype(np.int32)
    node = rng.integers(0, len(x), lengths.sum())
    name = rng.integers(-1, 40, count).astype(np.int32)
    return network.Walked(node * 7 + 1, x[node], y[node], lengths, name, [f"路{k}" for k in range(40)])


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[network.WalkingNetwork, Path]:
    made, _ = network.built(random_walks(np.random.default_rng(3)), "2026-11-20", "made.osm.pbf")
    folder = tmp_path_factory.mktemp("saved") / "network"
    network.save(made, folder)
    return made, folder


def test_it_reads_back_as_it_was_made(saved) -> None:
    made, folder = saved
    back = network.load(folder)
    for name in ("lon", "lat", "start", "end", "part", "name"):
        assert np.array_equal(getattr(made, name), getattr(back, name)), name
        assert getattr(made, name).dtype == getattr(back, name).dtype
    assert back.length == pytest.approx(made.length, rel=1e-7)
    assert (back.names, back.extract_date, back.source) == (made.names, "2026-11-20", "made.osm.pbf")
    assert (made.start < made.end).all()


def test_lengths_are_those_of_the_ellipsoid(saved) -> None:
    made = saved[0]
    there = Geod(a=6378137.0, rf=298.257223563)
    for edge in range(0, len(made.start), 500):
        a, b = made.start[edge], made.end[edge]
        line = there.line_length([made.lon[a], made.lon[b]], [made.lat[a], made.lat[b]])
        assert made.length[edge] == pytest.approx(line, rel=1e-9)


@pytest.mark.parametrize("seed", range(12))
def test_a_box_is_what_is_cut_of_the_whole(saved, seed: int) -> None:
    made, folder = saved
    rng = np.random.default_rng(seed)
    west, east = np.sort(rng.uniform(106.25, 106.75, 2))
    south, north = np.sort(rng.uniform(38.85, 39.35, 2))
    some = network.load(folder, (west, south, east, north))
    cell = network.CELL_DEGREES
    low, high = (np.floor(np.array(side) / cell + 1e-9) * cell for side in ((west, south), (east, north)))
    spot = np.stack([made.lon, made.lat], axis=1) + 1e-9
    inside = ((spot >= low) & (spot < high + cell)).all(axis=1)
    assert sorted(zip(some.lon, some.lat, some.part, strict=True)) == sorted(
        zip(made.lon[inside], made.lat[inside], made.part[inside], strict=True)
    )

    def edges(net: network.WalkingNetwork, chosen: np.ndarray) -> list[tuple]:
        return sorted(
            (net.lon[a], net.lat[a], net.lon[b], net.lat[b], float(np.float32(d)), net.names[k] if k >= 0 else "")
            for a, b, d, k in zip(net.start[chosen], net.end[chosen], net.length[chosen], net.name[chosen], strict=True)
        )

    both = inside[made.start] & inside[made.end]
    assert edges(some, np.ones(len(some.start), bool)) == edges(made, both)
    assert len(set(some.names)) == len(some.names)


def test_a_box_that_is_elsewhere_is_empty(saved) -> None:
    none = network.load(saved[1], (10.0, 50.0, 11.0, 51.0))
    assert (len(none.lon), len(none.start), none.names) == (0, 0, ())


def test_nothing_walked_is_a_network_of_nothing(tmp_path: Path) -> None:
    empty = np.empty(0, np.int32)
    made, met = network.built(network.Walked(empty.astype(np.int64), empty, empty, empty, empty, []))
    network.save(made, tmp_path / "network")
    assert len(network.load(tmp_path / "network", (0.0, 0.0, 1.0, 1.0)).lon) == 0
    assert len(network.load(tmp_path / "network").lon) == 0
    assert not any(met.values())


def test_parts_are_numbered_from_the_largest() -> None:
    start = np.array([0, 1, 3, 5, 6, 7], np.int32)
    end = np.array([1, 2, 4, 6, 7, 8], np.int32)
    assert network.parts(start, end, 9).tolist() == [1, 1, 1, 2, 2, 0, 0, 0, 0]
