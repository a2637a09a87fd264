"""A grid over more land than can be searched keeps what is within the radius of demand, and loses no plan by it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyproj
import pytest

from geodata.errors import AtlasError
from layers.filters import Filters
from layers.siting import candidates as offering
from layers.siting.ask import GRID, Ask
from layers.siting.candidates import candidates

CITY = "640200"


@pytest.mark.parametrize("radius", [300, 500, 1200])
def test_what_is_within_the_radius_of_demand_stays(shipped, monkeypatch, radius):
    filters, ask = Filters(place="350203", radius=radius), replace(Ask(), source=GRID, step=100)
    rng = np.random.default_rng(17)
    demand = np.column_stack([118.08 + rng.random(7) * 0.05, 24.44 + rng.random(7) * 0.03])
    whole = candidates(shipped, filters, ask, demand)
    monkeypatch.setattr(offering, "MOST", 1_000)
    assert len(whole) > 1_000
    near = candidates(shipped, filters, ask, demand) if radius == 300 else None
    monkeypatch.setattr(offering, "MOST", len(whole) - 1)
    near = near or candidates(shipped, filters, ask, demand)
    away = np.min(
        [
            pyproj.Geod(ellps="WGS84").inv(*(np.full(len(whole), one) for one in spot), whole.lon, whole.lat)[2]
            for spot in demand
        ],
        axis=0,
    )
    needed = {one for one, metres in zip(whole.ids, away, strict=True) if metres <= radius}
    assert needed <= set(near.ids) < set(whole.ids)
    at = dict(zip(whole.ids, zip(whole.lon, whole.lat, strict=True), strict=True))
    assert all(at[one] == spot for one, spot in zip(near.ids, zip(near.lon, near.lat, strict=True), strict=True))


def test_what_counts_every_way_is_refused_as_before(shipped):
    demand = np.array([[106.4, 39.0]])
    ask = replace(Ask(), source=GRID, step=100)
    assert 0 < len(candidates(shipped, Filters(place=CITY), ask, demand)) < 500
    with pytest.raises(AtlasError, match="备选点有"):
        candidates(shipped, Filters(place=CITY), replace(ask, model="pmedian"), demand)
