"""What a change of filter costs: ``make bench``.

Prints milliseconds, bytes and ratios to a rival of the same run; asserts none.

Rivals: the same map through ``plotly.graph_objects`` (what most Dash applications
do) instead of plain dictionaries, and the same demand by geopandas' ``sjoin_nearest``
instead of the atlas's own pairs.
"""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import plotly.graph_objects as go
import pytest

from dashboard.charts import as_plotly
from dashboard.charts.register import charts
from dashboard.locale import load_words
from dashboard.maps import overview as map_figures
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


@pytest.fixture(scope="module")
def radius() -> Iterator[int]:
    """Give radii that nobody asked for yet: nothing of an answer is kept from before."""
    return iter(range(501, 10_000, 7))


def median_ms(make: Callable[[], Any]) -> float:
    taken = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        make()
        taken.append((time.perf_counter() - start) * 1000)
    return sorted(taken)[ROUNDS // 2]


@pytest.mark.parametrize("place", PLACES)
def test_what_a_change_of_filter_costs(atlas: Atlas, radius: Iterator[int], place: str) -> None:
    words = Words("zh", load_words()["zh"])

    def fresh() -> Filters:
        return Filters(place=place, radius=next(radius))

    parts: dict[str, Callable[[Filters], Any]] = {
        "map": lambda filters: map_figures.map_figure(atlas, filters, words),
        "charts": lambda filters: [as_plotly.figure(one, words) for one in charts(atlas, filters, words).shown],
        "key figures": lambda filters: [figure.text_zh for figure in kpis.strip(atlas, filters)],
    }
    for name, make in parts.items():
        make(fresh())
        text = json.dumps(make(fresh())).encode()
        print(
            (
                f"\n{place} {name}: {median_ms(lambda make=make: make(fresh())):.0f} ms, "
                f"{len(text)} B, {len(gzip.compress(text))} B gzip"
            ),
            end="",
        )
    ours = median_ms(lambda: map_figures.map_figure(atlas, fresh(), words))
    theirs = median_ms(lambda: go.Figure(map_figures.map_figure(atlas, fresh(), words)))
    print(f"\n{place} map as plain dict ÷ through go.Figure: {ours / theirs:.2f}")


def test_coverage_against_a_nearest_join(atlas: Atlas, radius: Iterator[int]) -> None:
    demand = atlas.demand.drop_duplicates("cell").to_crs(4548)
    stations = atlas.stations[atlas.stations["status"] == "open"].to_crs(4548)[["station_id", "geometry"]]
    ours = median_ms(lambda: measures.measure(atlas, Filters(place="350203", radius=next(radius))))
    theirs = median_ms(lambda: gpd.sjoin_nearest(demand, stations, max_distance=next(radius) / 1.3))
    print(f"\ncoverage of 思明: {ours:.1f} ms; ÷ geopandas sjoin_nearest (projected beforehand): {ours / theirs:.2f}")
