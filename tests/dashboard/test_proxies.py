"""What demand an extract gave, by group and kind: as many premises as were drawn, each with its tags, and said."""

from __future__ import annotations

from pathlib import Path

import pytest
from dash import html

from dashboard.context import Context
from dashboard.locale import load_words
from dashboard.pages import sources
from dashboard.settings import Settings
from dashboard.source import AtlasSource
from geodata.osm import ground
from layers import proxies
from layers.atlas import Atlas
from layers.filters import Filters
from tests.geodata.osm.made import Town

HERE = Filters(place="640202")


@pytest.fixture
def source(own_home: Path, tmp_path: Path) -> AtlasSource:
    """An atlas on the ground of a town: three restaurants (riders), two supermarkets and a bank (couriers)."""
    town = Town()
    town.road((0, 0), (9, 0), highway="residential", name="游艺街")
    for at in range(3):
        town.node(at, 1, amenity="restaurant", name=f"饭店{at}")
    for at in range(2):
        town.node(at, 2, shop="clothes", name=f"服装店{at}")
    town.node(0, 1.01, amenity="restaurant", name="饭店0")  # the same once more
    town.node(5, 1, amenity="bank", name="石嘴山银行")
    source = AtlasSource(own_home)
    ground.bring(source.store(), own_home, town.write(tmp_path / "town.osm.pbf"), ["640202"])
    return source


def test_the_premises_of_each_group_are_counted_with_their_tags(source: AtlasSource) -> None:
    atlas = source.atlas()
    found = {one.kind: one for one in proxies.demand(atlas, HERE)}
    assert {kind: round(one.count) for kind, one in found.items()} == {"rider": 3, "courier": 3}
    assert list(found) == sorted(found, key=lambda kind: -found[kind].count)
    assert "amenity=restaurant" in found["rider"].tags and "shop=clothes" not in found["rider"].tags
    riders = atlas.demand[(atlas.demand["worker_group"] == "rider") & (atlas.demand["adcode"] == "640202")]
    assert found["rider"].cells == riders["cell"].nunique() > 3
    hosts = {one.kind: (one.count, one.tags) for one in proxies.candidates(atlas, HERE)}
    assert hosts == {"bank": (1, ("amenity=bank",))}


def test_a_place_without_any_has_none(atlas: Atlas) -> None:
    assert proxies.demand(atlas, HERE) == proxies.candidates(atlas, HERE) == []
    assert sum(one.count for one in proxies.demand(atlas, Filters(place="350203"))) > 100  # what is shipped counts too


def test_the_sources_page_says_the_rule_and_the_counts(source: AtlasSource) -> None:
    context = Context(source, load_words(), Filters(), Settings(home=source.home))
    (section,) = parts_of(context, "?place=640202")
    said = str(section)
    assert all(one in said for one in ("1 : 0.5 : 0.2", "amenity=restaurant", "amenity=bank"))
    assert parts_of(context, "?place=110105") == []


def parts_of(context: Context, query: str) -> list[html.Section]:
    return [one for one in sources.drawn(context, query)[0] if getattr(one, "id", "") == "sources-proxies"]
