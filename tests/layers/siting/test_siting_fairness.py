"""Fairness of a plan in a place against the `access` package and the mean difference of all pairs of people."""

from __future__ import annotations

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
from access import fca
from pyproj import Geod

from geodata.schema import TABLES
from layers.atlas import Atlas
from layers.filters import Filters
from layers.siting.ask import Ask
from layers.siting.case import case
from layers.siting.fairness import STEPS, fairness

WGS84 = Geod(ellps="WGS84")


def table(table_name, lon, lat, **columns):
    frame = gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(lon, lat), crs=4326)
    return TABLES[table_name].coerce(frame.assign(provenance="illustrative", source_id="SAMPLE", batch_id="b"))


@pytest.mark.parametrize(("hours", "open_share"), [(None, 1.0), ((22, 23, 0, 1), 0.0), ((20, 21, 22, 23), 0.5)])
def test_before_and_after_a_plan(frames, hours, open_share: float) -> None:
    rng = np.random.default_rng(4)
    lon, lat, weight = 118.08 + rng.random(40) * 0.05, 24.43 + rng.random(40) * 0.04, rng.integers(1, 40, 40) / 4
    there = np.column_stack([118.08 + rng.random(6) * 0.05, 24.43 + rng.random(6) * 0.04])
    cells = [h3.latlng_to_cell(y, x, 9) + str(i) for i, (x, y) in enumerate(zip(lon, lat, strict=True))]
    demand = table(
        "demand",
        lon,
        lat,
        demand_id=[f"d{i}" for i in range(40)],
        cell=cells,
        weight=weight,
        hour_profile=[None] * 40,
        adcode=["350203"] * 40,
        zone=[None] * 40,
        worker_group=["rider"] * 40,
    )
    opening = ["24/7"] * 3 + ["08:00-22:00"] * 3
    stations = table(
        "stations",
        *there.T,
        station_id=[f"S{i}" for i in range(6)],
        opening_hours=opening,
        access=["open"] * 6,
        status=["open"] * 6,
        name=["驿站"] * 6,
        adcode=["350203"] * 6,
        smart=[False] * 6,
    )
    atlas = Atlas.from_frames(
        {**frames, "demand": demand, "stations": stations}, {"data_version": "t", "data_date": "2024-10-31"}
    )
    filters, points = Filters(place="350203", radius=900), np.array([[118.1, 24.45], [118.09, 24.44]])
    found = fairness(case(atlas, filters, Ask(hours=hours)), points)
    supply = np.array([1.0] * 3 + [open_share] * 3)
    for side, sites, offered in (
        (found.before, there, supply),
        (found.after, np.vstack([there, points]), np.append(supply, [1.0, 1.0])),
    ):
        way = (
            np.array([[WGS84.inv(x, y, *spot)[2] for spot in sites] for x, y in zip(lon, lat, strict=True)])
            * filters.detour
        )
        i, j = np.indices(way.shape)
        ways = pd.DataFrame({"origin": i.ravel(), "dest": j.ravel(), "cost": way.ravel()})
        score = fca.two_stage_fca(
            pd.DataFrame({"geoid": range(40), "demand": weight}),
            pd.DataFrame({"geoid": range(len(sites)), "supply": offered}),
            ways,
            max_cost=filters.radius,
        )
        expected = score.reindex(range(40)).fillna(0).to_numpy() * 1000
        order = np.argsort(np.array(found.cells)), np.argsort(np.array(cells))
        assert side.access[order[0]] == pytest.approx(expected[order[1]])
        assert side.without == pytest.approx(weight[expected == 0].sum() / weight.sum())
        if hours is None:
            # the nearest is looked for on the sphere: between two as near, the other may be taken
            near, share = way.min(axis=1), weight / weight.sum()
            assert side.gini == pytest.approx(
                (share[:, None] * share * np.abs(near[:, None] - near)).sum() / 2 / (share * near).sum(), abs=1e-4
            )
            assert (side.lorenz[0], side.lorenz[-1]) == (0, pytest.approx(1))
            assert (side.lorenz <= STEPS + 1e-9).all()
    assert found.weight.sum() == pytest.approx(weight.sum())
