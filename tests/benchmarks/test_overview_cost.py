"""What a change of filter costs: ``make bench``. Prints milliseconds, bytes and ratios to a rival of the same run; asserts none.

Rivals: the same map through ``plotly.graph_objects`` (what most Dash applications
do) instead of plain dictionaries, and the same demand by geopandas' ``sjoin_nearest``
instead of the atlas's own pairs.
"""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import plotly.graph_objects as go
import pytest

from dashboard.figures import activity, coverage
from dashboard.figures import map as map_figures
from dashboard.locale import load_words
from dashboard.source import AtlasSource
from dashboard.words import Words
from layers import coverage as measures
from layers import kpis
from layers.atlas import Atlas
from layers.filters import Filters

PLACES = ("100000", "640200", "350203")
ROUNDS = 9


@pytest.fixture(scope="module")
def atlas(atlas_home: Path) -> Atlas:
    return AtlasSource(atlas_home).atlas()


def median_ms(make: Callable[[int], Any]) -> float:
    taken = []
    for i in range(ROUNDS):
        start = time.perf_counter()
        make(i)
        taken.append((time.perf_counter() - start) * 1000)
    return sorted(taken)[ROUNDS // 2]


@pytest.mark.parametrize("place", PLACES)
def test_what_a_change_of_filter_costs(atlas: Atlas, place: str) -> None:
    words = Words("zh", load_words()["zh"])

    def fresh(i: int) -> Filters:
        # a radius that nobody asked for yet: nothing of the answer is kept from before
        return Filters(place=place, radius=500 + 7 * next(counter))

    counter = iter(range(1, 10_000))
    panels = (coverage.by_unit, coverage.by_hour, activity.by_month, activity.funnel, activity.ranking)
    parts: dict[str, Callable[[Filters], Any]] = {
        "map": lambda filters: map_figures.map_figure(atlas, filters, words),
        "charts": lambda filters: [panel(atlas, filters, words).figure for panel in panels],
        "key figures": lambda filters: [figure.text_zh for figure in kpis.strip(atlas, filters)],
    }
    for name, make in parts.items():
        make(fresh(0))
        text = json.dumps(make(fresh(0))).encode()
        print(f"\n{place} {name}: {median_ms(lambda i, make=make: make(fresh(i))):.0f} ms, {len(text)} B, {len(gzip.compress(text))} B gzip", end="")
    ours = median_ms(lambda i: map_figures.map_figure(atlas, fresh(i), words))
    theirs = median_ms(lambda i: go.Figure(map_figures.map_figure(atlas, fresh(i), words)))
    print(f"\n{place} map as plain dict ÷ through go.Figure: {ours / theirs:.2f}")


def test_coverage_against_a_nearest_join(atlas: Atlas) -> None:
    demand = atlas.demand.drop_duplicates("cell").to_crs(4548)
    stations = atlas.stations[atlas.stations["status"] == "open"].to_crs(4548)[["station_id", "geometry"]]
    counter = iter(range(1, 10_000))
    ours = median_ms(lambda i: measures.measure(atlas, Filters(place="350203", radius=500 + 7 * next(counter))))
    theirs = median_ms(lambda i: gpd.sjoin_nearest(demand, stations, max_distance=(500 + 7 * next(counter)) / 1.3))
    print(f"\ncoverage of 思明: {ours:.1f} ms; ÷ geopandas sjoin_nearest (projected beforehand): {ours / theirs:.2f}")
