"""The list of what is in view mirrors the map, and is bounded."""

from __future__ import annotations

from dashboard.maps.in_view import ROWS_AT_MOST, in_view, lines_of
from dashboard.maps.overview import map_figure
from dashboard.words import Words
from layers.atlas import Atlas
from layers.filters import Filters

EVERYWHERE = (-180.0, -90.0, 180.0, 90.0)


def test_it_lists_the_27_reported_grids_and_the_28_reported_stations(atlas: Atlas, words: Words) -> None:
    city = in_view(atlas, map_figure(atlas, Filters(place="640200"), words)["data"], EVERYWHERE)
    assert city.counts["areas"] == 27
    district = in_view(atlas, map_figure(atlas, Filters(place="350203"), words)["data"], EVERYWHERE)
    assert district.counts["stations"] == 28
    assert {row.kind for row in district.rows if row.trace == "stations"} == {"station"}


def test_only_what_lies_in_the_box_is_listed(atlas: Atlas, words: Words) -> None:
    points = atlas.stations[atlas.stations.geometry.notna()].geometry
    middle = float(points.x.median())
    box = (middle, 20.0, 119.0, 30.0)
    found = in_view(atlas, map_figure(atlas, Filters(place="350203"), words)["data"], box)
    # the map holds float32 degrees, about a metre
    assert abs(found.counts["stations"] - int((points.x >= middle).sum())) <= 1
    assert in_view(atlas, map_figure(atlas, Filters(place="350203"), words)["data"], (0, 0, 1, 1)).counts == {}


def test_it_is_bounded_and_says_how_many_more(atlas: Atlas, words: Words) -> None:
    found = in_view(atlas, map_figure(atlas, Filters(place="640200"), words)["data"], EVERYWHERE)
    assert len(found.rows) == ROWS_AT_MOST
    assert found.counts["enterprises"] == 421
    assert found.more == sum(found.counts.values()) - ROWS_AT_MOST > 0


def test_a_hover_text_becomes_plain_lines() -> None:
    assert lines_of("<b>a &amp; b</b><br><br>c · ") == ("a & b", "c")
