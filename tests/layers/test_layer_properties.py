"""What must hold for every choice a reader can make."""

from datetime import date

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers import activities, coverage, demand, fairs, grids, kpis, places, stations
from layers.filters import MODES, PROVENANCES, Filters

ANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

PLACES = st.sampled_from(
    [
        {},
        {"place": "350200"},
        {"place": "350203"},
        {"place": "350203", "region": "350203-02"},
        {"place": "640200"},
        {"region": "R1"},
        {"grid": "G3"},
        {"place": "210900"},
        {"place": "110101"},
    ]
)
CORNERS = st.tuples(st.floats(117.9, 118.3), st.floats(24.4, 24.6))


@st.composite
def choices(draw):
    first, last = sorted(
        [
            draw(st.dates(date(2023, 1, 1), date(2025, 6, 1))),
            draw(st.dates(date(2023, 1, 1), date(2025, 6, 1))),
        ]
    )
    subset = lambda values: draw(st.frozensets(st.sampled_from(values), max_size=3))  # noqa: E731
    return Filters(
        **draw(PLACES),
        start=draw(st.sampled_from([None, first])),
        end=draw(st.sampled_from([None, last])),
        hour=draw(st.none() | st.integers(0, 23)),
        day=draw(st.integers(1, 7)),
        facilities=subset(["water", "toilet", "wifi"]),
        always=draw(st.booleans()),
        inspected_days=draw(st.none() | st.integers(0, 900)),
        sectors=draw(st.none() | st.frozensets(st.sampled_from(["machinery", "health"]))),
        mode=draw(st.sampled_from([None, *MODES])),
        kinds=draw(st.none() | st.frozensets(st.sampled_from(["visit", "wish", "competition"]))),
        provenance=draw(st.frozensets(st.sampled_from(PROVENANCES))),
        worker_group=draw(st.sampled_from([None, "rider", "courier", "driver"])),
        radius=draw(st.integers(50, 10_000)),
        detour=draw(st.floats(1.0, 3.0)),
        area=draw(st.just(()) | st.lists(CORNERS, min_size=1, max_size=6).map(tuple)),
    )


@ANY
@given(filters=choices())
def test_shares_are_shares_and_effective_is_part_of_nominal(small, filters):
    found = coverage.measure(small, filters)
    for share in (
        found.nominal_weighted,
        found.effective_weighted,
        found.backup_weighted,
        found.nominal_unweighted,
        found.effective_unweighted,
    ):
        assert share.ratio is None or 0 <= share.ratio <= 1 + 1e-12
        assert (share.ratio is None) == (share.whole == 0)
    assert found.backup_weighted.part <= found.effective_weighted.part <= found.nominal_weighted.part
    assert found.stations_effective <= found.stations_nominal
    cells = demand.cells(small, filters)
    assert cells["weight"][cells["effective"]].sum() == np.float64(found.effective_weighted.part)
    assert len(cells) == found.nominal_unweighted.whole


@ANY
@given(filters=choices(), more=st.integers(0, 5000))
def test_a_longer_way_never_covers_less(small, filters, more):
    wider = filters.having(radius=min(10_000, filters.radius + more))
    near, far = coverage.measure(small, filters), coverage.measure(small, wider)
    assert far.nominal_weighted.part >= near.nominal_weighted.part
    assert far.effective_weighted.part >= near.effective_weighted.part


@ANY
@given(filters=choices())
def test_every_layer_answers_and_keeps_to_its_provenance(small, filters):
    frames = [
        fairs.select(small, filters),
        activities.select(small, filters),
        stations.select(small, filters),
        grids.table(small, filters),
    ]
    for frame in frames:
        assert set(frame["provenance"]) <= filters.provenance
    for figure in kpis.strip(small, filters):
        assert figure.provenance in (*PROVENANCES, "mixed")
        assert figure.value is not None
        assert figure.source_ids
    units = coverage.by_unit(small, filters)
    assert units["share"].dropna().between(0, 1).all()
    assert len(coverage.by_hour(small, filters)) == 24
    view = stations.in_view(small, filters, (73, 3, 136, 54), 4, limit=3)
    counted = len(view.frame) if view.kind == "points" else view.frame["count"].sum()
    assert counted == view.total


@ANY
@given(filters=choices(), kind=st.sampled_from(["grid", "zone", "place", "enterprise"]))
def test_clicking_always_ends_at_the_thing_itself(small, filters, kind):
    id = {"grid": "G3", "zone": "350203-01", "place": "350206", "enterprise": "G2-04"}[kind]
    steps = [filters]
    for _ in range(8):
        steps.append(places.drill(small, steps[-1], kind, id))
    last = places.scope(small, steps[-1])
    assert (last.grid_id or last.region_id or last.adcode) == {"enterprise": "G2"}.get(kind, id)
    depths = [len(places.scope(small, step).crumbs) for step in steps[2:]]
    assert depths == sorted(depths)


@ANY
@given(filters=choices())
def test_the_same_choice_gives_the_same_answer_from_a_fresh_atlas(small, frames, filters):
    fresh = type(small).from_frames(frames, small.meta)
    assert coverage.measure(small, filters) == coverage.measure(fresh, filters)
    assert kpis.strip(small, filters) == kpis.strip(fresh, filters)
