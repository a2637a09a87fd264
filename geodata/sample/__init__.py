"""The illustrative sample: deterministic, plausible, adding up exactly to what is reported."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.sample import events, shizuishan, siming

SEED = 20241031


def sample_frames(places: gpd.GeoDataFrame) -> dict[str, pd.DataFrame]:
    """Return the tables that the newspaper page speaks of, reported rows and illustrative ones together.

    Parameters
    ----------
    places : GeoDataFrame
        The table of that name, EPSG:4326.

    Returns
    -------
    dict of str to DataFrame
        regions, grids, enterprises, zones, stations, demand, fairs, activities, flows, stops, parts.
    """
    # one generator per part: a change in one does not move the others
    seeds = np.random.SeedSequence(SEED).spawn(3)
    szs, sm, happenings = (np.random.Generator(np.random.PCG64(seed)) for seed in seeds)
    tables: dict[str, Any] = dict(shizuishan.frames(places, szs))
    tables |= siming.frames(places, sm)
    tables |= events.frames(places, tables["grids"], tables["enterprises"], tables["stations"], happenings)
    return tables
