"""Coverage of all counties at once: what one county's says alone, and what pairs counted one by one say."""

from __future__ import annotations

import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.derived import Measures
from geodata.errors import AtlasError
from geodata.pools import Pool
from layers import coverage, coverage_block, coverage_counties
from layers.atlas import Atlas
from layers.coverage_counties import Counties
from layers.filters import NETWORK, STRAIGHT, Filters
from tests.dask_cluster import running
from tests.layers.border import COUNTIES, counted, thrown, thrown_atlas
from tests.layers.hand_counted import META, at
from tests.layers.towns import river_atlas

RADII = (300, 800, 1_300)
FIGURES = ("walked", "whole", "nominal", "effective", "cells", "cells_nominal", "cells_effective", "stations")


def same(one: Counties, other: Counties) -> None:
    assert (one.units, one.radii, one.provenance) == (other.units, other.radii, other.provenance)
    for name in (*FIGURES, "stations_nominal", "unknown_hours", "missing", "lost"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


def as_alone(atlas: Atlas, filters: Filters, found: Counties) -> None:
    """Hold every county, radius and hour against what is measured for that county alone."""
    for row, unit in enumerate(found.units):
        for one, radius in enumerate(found.radii):
            for hour in (*range(24), None):
                alone = coverage.measure(atlas, filters.having(place=unit, radius=radius, hour=hour))
                column = 24 if hour is None else hour
                assert alone.effective_weighted.whole == pytest.approx(found.whole[row, column])
                assert alone.nominal_weighted.part == pytest.approx(found.nominal[row, one, column])
                assert alone.effective_weighted.part == pytest.approx(found.effective[row, one, column])
                assert alone.nominal_unweighted.part == found.cells_nominal[row, one]
                assert alone.effective_unweighted.part == found.cells_effective[row, one, column]
                assert alone.effective_unweighted.whole == found.cells[row]
                assert alone.stations_effective == found.stations[row, column]
                assert (alone.effective_weighted.why is not None) == found.lost[row]
                assert alone.provenance == found.provenance[row][one]
            assert (alone.stations_nominal, alone.stations_unknown_hours, alone.stations_unplaced) == (
                found.stations_nominal[row],
                found.unknown_hours[row],
                found.missing[row],
            )


@settings(max_examples=int(os.environ.get("ATLAS_FUZZ", "6")), deadline=None)
@given(seed=st.integers(0, 2**32 - 1), detour=st.sampled_from([1.0, 1.3, 2.0]))
def test_each_county_is_what_its_pairs_say_counted_one_by_one(seed: int, detour: float) -> None:
    frames = thrown(seed)
    found = coverage_counties.measure(Atlas.from_frames(frames, META), Filters(detour=detour), RADII)
    assert found.units == tuple(sorted(set(frames["demand"]["adcode"])))
    for row, unit in enumerate(found.units):
        for one, radius in enumerate(RADII):
            for name, figures in counted(frames, unit, radius, detour).items():
                mine = getattr(found, name)[row] if name == "whole" else getattr(found, name)[row, one]
                assert mine == pytest.approx(figures), (unit, radius, name)


def test_each_county_is_what_it_is_alone() -> None:
    atlas, filters = thrown_atlas(3), Filters()
    as_alone(atlas, filters, coverage_counties.measure(atlas, filters, RADII))
    asked = Filters(facilities=frozenset({"water"}), provenance=frozenset({"reported", "illustrative"}), day=6)
    as_alone(atlas, asked, coverage_counties.measure(atlas, asked, (500,)))
    whole = coverage_counties.measure(atlas, filters, RADII)
    for one, radius in enumerate(RADII):
        nation = coverage.measure(atlas, Filters(radius=radius, hour=9))
        sums = [figure[..., 9] for figure in whole.totals()]
        assert nation.effective_weighted.whole == pytest.approx(sums[0])
        assert nation.nominal_weighted.part == pytest.approx(sums[1][one])
        assert nation.effective_weighted.part == pytest.approx(sums[2][one])


def test_a_station_across_the_border_counts(small: Atlas) -> None:
    frames = {name: small.table(name) for name in ("places", "demand", "stations")}
    across = frames["stations"][frames["stations"]["station_id"] == "S1"].assign(adcode="350206")
    here = coverage_counties.measure(Atlas.from_frames({**frames, "stations": across}, META), Filters(), (1_000,))
    row = here.units.index("350203")
    assert here.nominal[row, 0, 24] > 0 and here.stations_nominal[row] == 0


@pytest.mark.parametrize("way", [None, NETWORK, STRAIGHT])
def test_along_a_network_it_is_what_it_is_alone(way: str | None) -> None:
    atlas, filters = river_atlas(), Filters(way=way)
    found = coverage_counties.measure(atlas, filters, (500, 701, 1_281))
    assert found.walked.tolist() == [way != STRAIGHT]
    as_alone(atlas, filters, found)


def test_a_county_whose_stations_nobody_can_place_has_no_share() -> None:
    frames = thrown(5)
    frames["stations"].loc[frames["stations"]["adcode"] == COUNTIES[0], "geometry"] = None
    atlas = Atlas.from_frames(frames, META)
    found = coverage_counties.measure(atlas, Filters(), RADII)
    assert found.lost.tolist() == [True, False]
    as_alone(atlas, Filters(), found)
    assert found.totals()[0][24] == pytest.approx(found.whole[1, 24])


def test_where_there_is_no_demand_there_is_no_county(small: Atlas) -> None:
    found = coverage_counties.measure(small, Filters(place="210900"), RADII)
    assert (found.units, found.anew, found.nominal.shape) == ((), 0, (0, 3, 25))
    with pytest.raises(AtlasError, match="20"):
        coverage_counties.measure(small, Filters(), (500, 20))


def test_what_would_take_too_many_pairs_is_measured_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    atlas = thrown_atlas(8)
    whole = coverage_counties.measure(atlas, Filters(), RADII)
    held: list[int] = []
    reach = coverage_block.within_reach

    def noted(*given):
        held.append(len(reach(*given).site))
        return reach(*given)

    monkeypatch.setattr(coverage_block, "MOST_PAIRS", 40)
    monkeypatch.setattr(coverage_block, "within_reach", noted)
    parts = coverage_counties.measure(atlas, Filters(), RADII)
    assert len(held) > 4 and max(held) <= 40
    for name in ("whole", "nominal", "effective"):
        assert getattr(parts, name) == pytest.approx(getattr(whole, name))
    assert np.array_equal(parts.cells_effective, whole.cells_effective) and parts.provenance == whole.provenance


# -- kept -------------------------------------------------------------------------


def joined(frame: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, more], ignore_index=True)


def far_apart(seed: int = 1) -> dict:
    """Return tables in which one county is far from the other two, which share a border."""
    frames = thrown(seed)
    away = frames["demand"].iloc[:5].copy()
    away["demand_id"], away["cell"], away["adcode"] = [f"A{i}" for i in range(5)], [f"a{i}" for i in range(5)], "110101"
    away["geometry"] = gpd.points_from_xy(np.linspace(116.35, 116.36, 5), [39.95] * 5, crs=4326)
    return {**frames, "demand": joined(frames["demand"], away)}


def test_after_a_change_the_counties_that_it_may_reach_are_measured_again(tmp_path: Path) -> None:
    frames, kept = far_apart(), Measures(tmp_path / "measures")

    def measured(frames: dict, place: str = "100000") -> Counties:
        atlas = Atlas.from_frames(frames, META)
        found = coverage_counties.measure(atlas, Filters(place=place), RADII, kept)
        same(found, coverage_counties.measure(atlas, Filters(place=place), RADII))
        return found

    assert measured(frames).anew == 3
    assert measured(frames).anew == 0
    # a place within is read of what was kept for all, which stays whole
    assert measured(frames, "350203").anew == 0
    # rows in another order, and a station of elsewhere that nobody reaches, change nothing; a weight, its own county
    turned = {**frames, "stations": frames["stations"].iloc[::-1]}
    assert measured(turned).anew == 0
    new = frames["stations"][frames["stations"]["status"] == "open"].iloc[:1].assign(station_id="NEW")
    assert (
        measured(
            {**frames, "stations": joined(frames["stations"], new.assign(geometry=[at(9_000, 0)], adcode="640202"))}
        ).anew
        == 0
    )
    heavy = frames["demand"].copy()
    heavy.loc[heavy.index[heavy["adcode"] == "110101"][0], "weight"] = 77.0
    assert measured({**frames, "demand": heavy}).anew == 1
    assert measured({**frames, "demand": heavy}, "110101").anew == 0
    # a station at the border is in reach of both that share it, and of no other
    near = joined(frames["stations"], new.assign(geometry=[at(0, 0)], adcode="350203"))
    assert measured({**frames, "demand": heavy, "stations": near}).anew == 2
    # what was there is kept no longer: it is measured again when it comes back
    assert measured(frames).anew == 3
    assert coverage_counties.measure(Atlas.from_frames(frames, META), Filters(detour=1.0), RADII, kept).anew == 3


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def altered(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes(whole)


def foreign(path: Path) -> None:
    path.write_bytes(b"PK\x03\x04 something else")


@pytest.mark.parametrize("spoil", [cut, altered, foreign, Path.unlink, None])
def test_a_file_that_cannot_be_believed_is_made_anew(tmp_path: Path, spoil) -> None:
    atlas, kept = thrown_atlas(2), Measures(tmp_path / "measures")
    first = coverage_counties.measure(atlas, Filters(), RADII, kept)
    (path,) = kept.path.glob("*.npz")
    if spoil is None:  # figures of another radius under the name of these
        coverage_counties.measure(atlas, Filters(), (200, 400, 600), kept)
        (other,) = set(kept.path.glob("*.npz")) - {path}
        path.write_bytes(other.read_bytes())
    else:
        spoil(path)
    again = coverage_counties.measure(atlas, Filters(), RADII, kept)
    assert again.anew == 2
    same(again, first)
    assert coverage_counties.measure(atlas, Filters(), RADII, kept).anew == 0


def test_where_nothing_can_be_kept_it_is_measured_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    atlas = thrown_atlas(2)
    found = coverage_counties.measure(atlas, Filters(), RADII, Measures(tmp_path / "file" / "measures"))
    same(found, coverage_counties.measure(atlas, Filters(), RADII))


def of_many_counties(count: int) -> Atlas:
    """Return an atlas of so many counties, all in one place."""
    frames = thrown(6, 400, 60)
    codes = [f"3502{10 + one}" for one in range(count)]
    (like,) = np.flatnonzero(frames["places"]["adcode"] == "350206")
    places = joined(frames["places"], frames["places"].iloc[[like] * count].assign(adcode=codes))
    demand = frames["demand"].assign(adcode=np.resize(codes, len(frames["demand"])))
    return Atlas.from_frames({**frames, "places": places, "demand": demand}, META)


def test_a_cluster_measures_the_same_though_a_worker_is_killed_midway(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage_counties, "TOGETHER", 1)
    atlas, shares = of_many_counties(40), []
    with running(2) as cluster:

        def progress(share: float) -> None:
            if not shares:
                cluster.workers[0].kill()
                cluster.workers[0].wait()
            shares.append(share)

        found = coverage_counties.measure(atlas, Filters(), RADII, pool=Pool(cluster.address), progress=progress)
    assert len(found.units) == len(shares) == 40 and shares[0] == 1 / 40
    same(found, coverage_counties.measure(atlas, Filters(), RADII, pool=Pool(count=0)))


def test_processes_measure_what_this_one_does() -> None:
    atlas = Atlas.from_frames(far_apart(4), META)
    same(
        coverage_counties.measure(atlas, Filters(), RADII, pool=Pool(count=2)),
        coverage_counties.measure(atlas, Filters(), RADII, pool=Pool(count=0)),
    )
