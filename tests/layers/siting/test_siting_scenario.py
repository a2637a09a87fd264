"""Scenarios: written and read back whole, kept in a real store, compared, adopted and taken back."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geodata.errors import AtlasError
from geodata.schema import TABLES
from geodata.store import open_store
from layers import stations
from layers.atlas import Atlas
from layers.filters import Filters
from layers.siting import scenario_comparison, scenario_store
from layers.siting.answer import Answer, Figures, Site, answered, cell_cover, placed
from layers.siting.ask import Ask
from layers.siting.case import basis, case
from layers.siting.scenario import (
    Inputs,
    Scenario,
    dumps_answer,
    dumps_inputs,
    inputs_filters,
    loads_answer,
    loads_inputs,
    of_frame,
    of_row,
)
from layers.siting.solver import best

WGS84 = Geod(ellps="WGS84")
numbers = st.floats(0, 1e9, allow_nan=False)
maybe = st.none() | numbers
text = st.text(st.characters(blacklist_categories=("Cs",)), max_size=20)
codes = st.text("abcXYZ019_-", min_size=1, max_size=12)
degrees = st.tuples(st.floats(73, 135), st.floats(4, 53))
figures = st.builds(
    Figures, weight=numbers, weight_of=numbers, cells=numbers, cells_of=numbers, twice=numbers, mean_m=maybe, gini=maybe
)
sites = st.builds(
    Site,
    number=st.integers(1, 99),
    site_id=codes,
    name=text,
    lon=numbers,
    lat=numbers,
    reached=maybe,
    exclusive=maybe,
    newly=maybe,
    served=maybe,
    loss=maybe,
    nearest=st.none() | text,
    nearest_m=maybe,
    cost=numbers,
    forced=st.booleans(),
    provenance=st.sampled_from(["derived", "illustrative"]),
)
answers = st.builds(
    Answer,
    status=st.sampled_from(["proved", "gap", "moved"]),
    objective=maybe,
    bound=maybe,
    gap=maybe,
    seconds=numbers,
    before=figures,
    after=figures,
    night_before=figures,
    night_after=figures,
    sites=st.lists(sites, max_size=4).map(tuple),
    cost=numbers,
    uncovered=st.lists(st.tuples(codes, numbers), max_size=4).map(tuple),
    uncovered_cells=st.integers(0, 10**6),
)
asks = st.builds(
    Ask,
    model=st.sampled_from(["mclp", "lscp"]),
    new=st.none() | st.integers(0, 200),
    budget=maybe,
    cost=maybe,
    spacing=maybe,
    cover=st.integers(1, 3),
    hours=st.none() | st.lists(st.integers(0, 23), min_size=1, unique=True).map(tuple),
    opening=st.sampled_from(["24/7", "08:00-22:00"]),
    source=st.sampled_from(["auto", "grid", "points"]),
    step=st.integers(50, 5000),
    points=st.lists(degrees, max_size=3).map(tuple),
    force=st.lists(codes, max_size=3).map(tuple),
    forbid=st.lists(codes, max_size=3).map(tuple),
)
filters = st.builds(
    Filters,
    place=st.sampled_from(["350203", "640202"]),
    region=st.none() | codes,
    day=st.integers(1, 7),
    facilities=st.frozensets(codes, max_size=3),
    always=st.booleans(),
    inspected_days=st.none() | st.integers(1, 900),
    worker_group=st.none() | codes,
    radius=st.integers(50, 10000),
    detour=st.floats(1, 3),
    area=st.lists(degrees, min_size=3, max_size=5).map(tuple) | st.just(()),
)
inputs = st.builds(
    Inputs,
    filters=filters,
    ask=asks,
    data_version=codes,
    basis=codes,
    planned=st.lists(codes, max_size=8).map(tuple),
    query=text,
)


@given(inputs)
def test_inputs_survive_being_written(one) -> None:
    assert loads_inputs(dumps_inputs(one)) == one
    assert dumps_inputs(loads_inputs(dumps_inputs(one))) == dumps_inputs(one)


@given(answers)
def test_answers_survive_being_written(one) -> None:
    assert loads_answer(dumps_answer(one)) == one


rubbish = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda one: (
        st.lists(one, max_size=3)
        | st.dictionaries(st.sampled_from(["version", "filters", "ask", "sites", "before", "x"]), one, max_size=4)
    ),
    max_leaves=12,
)


@given(st.text(max_size=40) | rubbish.map(json.dumps))
def test_whatever_a_row_holds_reading_it_gives_a_scenario_or_says_why_not(said) -> None:
    one = of_row(
        {
            "scenario_id": "S",
            "name": "n",
            "inputs": said,
            "result": said,
            "created": pd.Timestamp("2024-10-31"),
            "note": None,
        }
    )
    assert one.inputs is None
    assert isinstance(one.trouble, AtlasError)


@given(inputs, st.sampled_from(["ask", "filters"]), st.data())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_a_bent_input_is_refused_or_read_as_something_allowed(one, part, data) -> None:
    told = json.loads(dumps_inputs(one))
    name = data.draw(st.sampled_from(sorted(told[part])))
    told[part][name] = data.draw(rubbish)
    try:
        read = loads_inputs(json.dumps(told))
    except AtlasError:
        return
    assert isinstance(read.ask, Ask)  # checked by its own constructor


@pytest.fixture(scope="module")
def plans(atlas_home):
    """Two solved plans of Siming, 8 and 3 sites."""
    atlas = Atlas.load(open_store(atlas_home))
    made = []
    for new, hours in ((8, (22,)), (3, None)):
        where = inputs_filters(Filters(place="350203"))
        found = case(atlas, where, Ask(new=new, hours=hours))
        prepared = found.prepared()
        made.append(
            Scenario(
                scenario_id=f"SC-{new}",
                name=f"方案{new}",
                author="规划员",
                note="靠近夜间等单点",
                created=date(2024, 10, 31),
                inputs=Inputs(
                    filters=where, ask=found.ask, data_version=atlas.version, basis=basis(atlas), planned=found.planned
                ),
                answer=answered(atlas, found, prepared, best(prepared.instance)),
                provenance=found.provenance,
                source_ids=found.source_ids,
            )
        )
    return made


@pytest.fixture
def store(atlas_home: Path, tmp_path: Path):
    shutil.copy(atlas_home / "atlas.gpkg", tmp_path / "atlas.gpkg")
    return open_store(tmp_path)


def test_an_answer_says_the_same_of_a_plan_found_and_placed_by_hand(atlas_home, plans) -> None:
    atlas = Atlas.load(open_store(atlas_home))
    one = plans[0]
    found = case(atlas, one.inputs.filters, one.inputs.ask)
    again = placed(atlas, found, [(site.site_id, site.lon, site.lat) for site in one.answer.sites])
    assert (again.after, again.sites, again.uncovered) == (one.answer.after, one.answer.sites, one.answer.uncovered)
    assert again.status == "moved"
    assert again.bound is None
    cover = cell_cover(found, one.answer.points)
    assert cover.weight @ cover.after == pytest.approx(one.answer.after.weight)
    assert cover.weight @ cover.before == pytest.approx(one.answer.before.weight)
    assert (cover.after < 1).sum() == one.answer.uncovered_cells
    # by night at 22:00 as asked and from 22 to 6: the same stations are open, the demand is flat
    assert one.answer.night_after.weight == pytest.approx(one.answer.after.weight)


def test_ways_and_gini_are_those_of_every_cell(atlas_home, plans) -> None:
    atlas = Atlas.load(open_store(atlas_home))
    one = plans[1]
    frame, up = atlas.stations, atlas.stations[atlas.stations["status"] == "open"]
    by_cell = atlas.demand.groupby("cell").agg(weight=("weight", "sum"), geometry=("geometry", "first"))
    spots = [(p.x, p.y) for p in up.geometry] + [(s.lon, s.lat) for s in one.answer.sites]
    away = np.array([min(WGS84.inv(p.x, p.y, lon, lat)[2] for lon, lat in spots) for p in by_cell["geometry"]]) * 1.3
    weight = by_cell["weight"].to_numpy()
    assert len(frame) == 36
    # who is nearest is asked on a sphere: of two nearly as near the farther one may be taken
    assert one.answer.after.mean_m == pytest.approx(np.average(away, weights=weight), rel=1e-4)
    mean = np.average(away, weights=weight)
    apart = (np.abs(away[:, None] - away) * weight[:, None] * weight).sum() / weight.sum() ** 2
    assert one.answer.after.gini == pytest.approx(apart / (2 * mean), rel=1e-4)


def test_a_scenario_is_kept_in_versions(store, plans) -> None:
    one = plans[0]
    first = scenario_store.save(store, one)

    def kept() -> list:
        return of_frame(store.read("scenarios"))

    assert kept() == [first]
    second = scenario_store.save(store, one.having(note="换个理由", answer=plans[1].answer))
    assert kept() == [second]
    told = scenario_store.events(store.history(), one.scenario_id)
    assert [event.kind for event in told] == ["saved", "saved"]
    assert of_frame(store.as_of(told[1].time).read("scenarios")) == [first]
    scenario_store.remove(store, one.scenario_id, "规划员")
    assert kept() == []
    assert scenario_store.events(store.history(), one.scenario_id)[0].kind == "removed"
    store.undo(scenario_store.events(store.history(), one.scenario_id)[0].batch_id)
    assert kept() == [second]
    with pytest.raises(AtlasError, match="名称"):
        scenario_store.save(store, one.having(name=" "))
    with pytest.raises(AtlasError, match="太长"):
        scenario_store.save(store, one.having(note="长" * 501))
    assert kept() == [second]


def test_adopting_places_the_planned_stations_and_undoing_restores_them_exactly(store, plans) -> None:
    before = store.read("stations")
    version = store.meta()["data_version"]
    adopted = scenario_store.adopt(store, plans[0], "规划员", seen=version)
    assert adopted.filled == tuple(f"SM-P0{n}" for n in range(1, 9))
    assert adopted.added == adopted.left == ()
    after = store.read("stations").set_index("station_id")
    assert after.geometry.notna().sum() == 36
    for site, one in zip(plans[0].answer.sites, adopted.filled, strict=True):
        assert (after.at[one, "geometry"].x, after.at[one, "geometry"].y) == (site.lon, site.lat)
        assert (after.at[one, "provenance"], after.at[one, "status"]) == ("derived", "planned")
        assert after.at[one, "source_id"] == "F081;scenario:SC-8"
        assert after.at[one, "zone"].startswith("350203-")
    # the same question keeps its answer, and a plan made now still means the same eight stations
    atlas = Atlas.load(store)
    assert basis(atlas) == plans[0].inputs.basis
    assert case(atlas, plans[0].inputs.filters, plans[0].inputs.ask).planned == adopted.filled
    still = before[before["status"] == "open"].set_index("station_id")
    assert after.loc[still.index].equals(still)
    assert scenario_store.adoptions(store.history()) == {"SC-8": adopted.batch_id}
    # planned stations are not open: nothing is covered that was not before
    assert stations.service(Atlas.load(store), Filters()).nominal.sum() == 28
    with pytest.raises(AtlasError, match="已采用"):
        scenario_store.adopt(store, plans[0])
    with pytest.raises(AtlasError, match="已经有了位置"):
        scenario_store.adopt(store, plans[1])
    scenario_store.save(store, plans[0])
    with pytest.raises(AtlasError, match="采用中"):
        scenario_store.remove(store, "SC-8")
    store.undo(adopted.batch_id)
    assert store.read("stations").equals(before)
    assert scenario_store.adoptions(store.history()) == {}


def test_the_basis_changes_with_what_plans_are_made_from(store) -> None:
    first = basis(Atlas.load(store))
    there = store.read("stations")
    store.apply(
        "stations",
        TABLES["stations"].validate(there[there["station_id"] == "SM-S01"].assign(opening_hours="24/7")),
        retire=False,
    )
    second = basis(Atlas.load(store))
    demand = store.read("demand").iloc[:1]
    store.apply("demand", TABLES["demand"].validate(demand.assign(weight=demand["weight"] + 1)), retire=False)
    assert len({first, second, basis(Atlas.load(store))}) == 3


def test_fewer_sites_leave_planned_stations_and_more_make_new_rows(store, plans) -> None:
    few = scenario_store.adopt(store, plans[1])
    assert (few.filled, few.left) == (
        ("SM-P01", "SM-P02", "SM-P03"),
        ("SM-P04", "SM-P05", "SM-P06", "SM-P07", "SM-P08"),
    )
    store.undo(few.batch_id)
    many = plans[0].having(
        inputs=Inputs(filters=plans[0].inputs.filters, ask=plans[0].inputs.ask, data_version="x", planned=("SM-P01",))
    )
    done = scenario_store.adopt(store, many)
    assert done.filled == ("SM-P01",)
    assert done.added == tuple(f"SC-8-{n:02d}" for n in range(2, 9))
    rows = store.read("stations").set_index("station_id").loc[list(done.added)]
    assert set(rows["status"]) == {"planned"}
    assert set(rows["provenance"]) == {"derived"}
    assert rows.geometry.notna().all()


def test_adopting_is_refused_when_the_planned_stations_are_gone(store, plans) -> None:
    there = store.read("stations")
    opened = there[there["station_id"] == "SM-P02"].assign(status="open")
    store.apply("stations", TABLES["stations"].validate(opened), retire=False)
    store.remove("stations", ["SM-P05"])
    held = store.read("stations")
    with pytest.raises(AtlasError, match="SM-P02、SM-P05"):
        scenario_store.adopt(store, plans[0])
    with pytest.raises(AtlasError):
        scenario_store.adopt(store, plans[1].having(answer=None))
    assert store.read("stations").equals(held)


def test_comparing_finds_what_is_common_and_what_differs(plans) -> None:
    eight, three = plans
    shifted = eight.having(
        scenario_id="SC-8b",
        answer=eight.answer.having(
            sites=tuple(
                Site(
                    **{
                        **{name: getattr(one, name) for name in Site.__dataclass_fields__},
                        "lat": one.lat + (0.0004 if one.number <= 5 else 0.01),
                    }
                )
                for one in eight.answer.sites
            )
        ),
    )
    told = scenario_comparison.figures([eight, shifted, three])
    assert told.loc["sites"].tolist() == [8, 8, 3]
    assert told.at["share_after", "SC-8"] == eight.answer.after.share
    where = scenario_comparison.sites([eight, shifted])  # 0.0004° is 44 m, the same place; 0.01° is another
    assert (where["shared"] == 2).sum() == 5
    assert len(where) == 11
    assert sorted(where["SC-8"][where["SC-8"] > 0]) == list(range(1, 9))
    differ = scenario_comparison.inputs_differ([eight, three])
    assert differ.index.tolist() == ["new", "hours"]
    with pytest.raises(AtlasError):
        scenario_comparison.figures([eight])
    with pytest.raises(AtlasError):
        scenario_comparison.figures([eight] * 5)


def test_the_latest_scenario_is_listed_first(plans) -> None:
    old = plans[0].having(created=date(2024, 1, 1))
    from layers.siting.scenario import frame_of

    assert [one.scenario_id for one in of_frame(frame_of([old, plans[1]]))] == ["SC-3", "SC-8"]
