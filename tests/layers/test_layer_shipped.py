"""The shipped sample seen through the layers: the reported totals, the truth of coverage, the speed."""

import threading
from datetime import date

import geopandas as gpd
import numpy as np
import pytest
from pyproj import Geod

from layers import activities, coverage, demand, fairs, grids, kpis, places, regions, stations
from layers.atlas import Atlas
from layers.filters import Filters

SIMING = Filters(place="350203")
TOUR = [
    Filters(),
    Filters(place="640000"),
    Filters(place="640200"),
    Filters(place="640202"),
    Filters(place="640205"),
    Filters(place="210000"),
    Filters(place="210900"),
    Filters(place="350200"),
    SIMING,
    Filters(place="350203", region="350203-08"),
    Filters(place="110000"),
    SIMING.having(hour=22),
    SIMING.having(facilities=frozenset({"water"}), inspected_days=180, radius=1000),
    Filters(start=date(2024, 5, 1), end=date(2024, 8, 31)),
]


def everything(atlas, filters):
    """Ask what one change of filter asks on the server."""
    return [
        ask(atlas, filters)
        for ask in (
            places.scope,
            regions.table,
            grids.table,
            stations.select,
            fairs.select,
            fairs.funnel,
            activities.select,
            activities.by_month,
            activities.undated,
            activities.rank_grids,
            demand.cells,
            coverage.measure,
            coverage.by_unit,
            coverage.by_hour,
            kpis.strip,
        )
    ] + [stations.in_view(atlas, filters, places.scope(atlas, filters).bounds, 8)]


def test_reported_totals_are_met(shipped):
    city = regions.table(shipped, Filters(place="640200"))
    assert city.groupby("adcode").size().to_dict() == {"640205": 3, "640202": 4, "640221": 4}
    assert city[["grids", "enterprises", "enterprises_strengthened", "team_members"]].sum().to_list() == [
        27,
        421,
        377,
        404,
    ]
    assert 60_000 < city["workers"].sum() < 61_000
    assert len(grids.table(shipped, Filters())) == 27
    posts = stations.select(shipped, SIMING)
    assert posts["status"].value_counts().to_dict() == {"open": 28, "planned": 8}
    assert posts["nominal"].sum() == 28
    assert posts.loc[posts["status"] == "planned", "lon"].isna().all()


def test_the_chart_of_the_city_gives_377_of_421(shipped):
    units = coverage.by_unit(shipped, Filters(place="640200"))
    assert len(units) == 11
    assert (units["part"].sum(), units["whole"].sum()) == (377, 421)
    assert units["parent_share"].iloc[0] == pytest.approx(377 / 421)


def test_the_fair_of_fuxin_is_as_reported(shipped):
    steps = fairs.funnel(shipped, Filters(place="210900"))
    reported = steps[steps["provenance"] == "reported"]
    assert list(reported["value"]) == [150, 3854, 136]
    assert list(reported["qualifier"]) == ["over", "exact", "exact"]
    cities = fairs.select(shipped, Filters())["adcode"]
    assert set(cities) >= {"210900", "210700", "211400", "211100", "211300"}


@pytest.mark.parametrize("radius", [300, 500, 1000])
@pytest.mark.parametrize("hour", [None, 3, 12])
def test_coverage_equals_geodesic_distances_of_all_pairs(shipped, radius, hour):
    filters = SIMING.having(radius=radius, hour=hour)
    offered = stations.service(shipped, filters)
    found = coverage.measure(shipped, filters)
    cells = shipped.demand.groupby("cell").agg(weight=("weight", "sum"), geometry=("geometry", "first"))
    at = gpd.GeoSeries(cells["geometry"])
    for serving, weighted, unweighted in (
        (offered.nominal, found.nominal_weighted, found.nominal_unweighted),
        (offered.effective, found.effective_weighted, found.effective_unweighted),
    ):
        covered = np.zeros(len(cells), dtype=bool)
        for post in shipped.stations.geometry[serving]:
            _, _, metres = Geod(ellps="WGS84").inv(at.x, at.y, np.full(len(at), post.x), np.full(len(at), post.y))
            covered |= np.asarray(metres) * filters.detour <= radius
        assert weighted.ratio == pytest.approx(cells["weight"][covered].sum() / cells["weight"].sum(), rel=1e-3)
        assert unweighted.ratio == pytest.approx(covered.mean(), rel=1e-3)


def test_effective_is_news(shipped):
    found = coverage.measure(shipped, SIMING.having(hour=3))
    assert 0 < found.effective_weighted.ratio < found.nominal_weighted.ratio < 1
    hours = coverage.by_hour(shipped, SIMING)["effective"]
    assert hours[3] < hours[12]


def test_the_strip_of_every_page_fits_and_names_its_sources(shipped):
    known = set(shipped.facts["id"])
    for filters in TOUR:
        figures = kpis.strip(shipped, filters)
        assert len(figures) <= kpis.MOST
        assert len({figure.id for figure in figures}) == len(figures)
        for figure in figures:
            assert figure.source_ids
            if figure.provenance == "reported":
                assert set(figure.source_ids) <= known


def test_the_nation_holds_something_of_every_layer(shipped):
    assert {figure.id for figure in kpis.strip(shipped, Filters())} >= {
        "grids",
        "strengthened",
        "stations",
        "positions",
    }
    assert activities.rank_grids(shipped, Filters())["count"].iloc[0] > 1
    months = activities.by_month(shipped, Filters())
    assert months["count"].sum() + activities.undated(shipped, Filters()) == len(shipped.activities)


def test_every_place_has_one_chain_up_to_the_nation(shipped):
    for adcode in shipped.places["adcode"].sample(60, random_state=1):
        crumbs = places.scope(shipped, Filters(place=adcode)).crumbs
        assert crumbs[0].place == "100000"
        assert crumbs[-1].place == adcode


def test_threads_get_the_answers_of_one_alone(shipped):
    alone = {filters: coverage.measure(shipped, filters) for filters in TOUR}
    fresh = Atlas.from_frames(
        {
            name: shipped.table(name)
            for name in (
                "places",
                "regions",
                "grids",
                "enterprises",
                "stations",
                "zones",
                "fairs",
                "activities",
                "demand",
                "facts",
            )
        },
        shipped.meta,
    )
    wrong = []

    def work(order):
        for filters in order:
            if coverage.measure(fresh, filters) != alone[filters]:
                wrong.append(filters)

    threads = [threading.Thread(target=work, args=(TOUR[i:] + TOUR[:i],)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
