"""Imports as batches, in both stores alike: whole or not at all, undone exactly."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geodata.build import data_version
from geodata.errors import AtlasError
from geodata.importing.check import check_file
from geodata.schema import CRS, TABLES
from geodata.store import WritableStore
from geodata.store.batches import Exchange
from layers.atlas import Atlas
from tests.geodata.store.atlases import content, rows


def test_an_import_adds_changes_retires_and_is_undone_exactly(own):
    whole = data_version({name: own.read(name) for name in TABLES})
    before, version, meta = content(own), own.meta()["data_version"], own.meta()
    planned = own.read("stations").query("status == 'planned'").assign(name="改了名")
    batch = own.apply(
        "stations",
        pd.concat([rows(own, 5), planned], ignore_index=True).set_crs(CRS, allow_override=True),
        author="甲",
        file="a.csv",
        file_hash="ff",
    )
    assert (batch.added, batch.changed, batch.unchanged, batch.retired) == (5, 8, 0, 28)
    now = own.read("stations")
    assert set(now["provenance"]) == {"reported"} and len(now) == 13 and (now["batch_id"] == batch.batch_id).all()
    assert own.meta()["data_version"] != version and [one.batch_id for one in own.history()] == [batch.batch_id]
    undone = own.undo(batch.batch_id, "乙")
    assert data_version({name: own.read(name) for name in TABLES}) == whole
    assert undone.undone_by == "乙" and content(own) == before and own.meta()["data_version"] == version
    assert {key: value for key, value in own.meta().items() if key in meta} == meta
    with pytest.raises(AtlasError, match=batch.batch_id):
        own.undo(batch.batch_id)
    with pytest.raises(AtlasError, match="nope"):
        own.undo("nope")


def test_what_a_batch_changed_is_told_also_after_others_and_after_its_undo(own):
    planned = own.read("stations").query("status == 'planned'").iloc[:1]
    batch = own.apply(
        "stations",
        pd.concat([rows(own, 1), planned.assign(name="改了名")], ignore_index=True).set_crs(CRS, allow_override=True),
    )
    told = own.changes(batch.batch_id)
    assert told["what"].value_counts().to_dict() == {"retired": 28, "changed": 1, "added": 1} and set(
        told["table"]
    ) == {"stations"}
    changed = told[told["what"] == "changed"].iloc[0]
    assert (changed["before"]["name"], changed["after"]["name"]) == (planned["name"].iloc[0], "改了名")
    added = told[told["what"] == "added"].iloc[0]
    here = own.read("stations").set_index("station_id").geometry[added["key"]]
    assert added["before"] is None and (added["after"]["lon"], added["after"]["lat"]) == (here.x, here.y)
    assert set(told[told["what"] == "retired"]["after"]) == {None}
    later = own.apply("stations", planned.assign(name="又改了名", provenance="derived"))
    assert own.changes(later.batch_id)[["before", "after"]].map(lambda row: row["name"]).to_numpy().tolist() == [
        ["改了名", "又改了名"]
    ]
    pd.testing.assert_frame_equal(own.changes(batch.batch_id), told)
    own.undo(later.batch_id)
    own.undo(batch.batch_id)
    pd.testing.assert_frame_equal(own.changes(batch.batch_id), told)
    taken = own.remove("grids", own.read("grids")["grid_id"].tolist()[:2])
    told = own.changes(taken.batch_id)
    assert told["what"].tolist() == ["removed"] * 2 and told["before"][0]["shape"].startswith("MultiPolygon ")
    with pytest.raises(AtlasError, match="nope"):
        own.changes("nope")


def test_the_same_file_twice_changes_nothing_more(own):
    frame = rows(own, 5)
    own.apply("stations", frame)
    again = own.apply("stations", frame)
    assert (again.added, again.changed, again.unchanged, again.retired) == (0, 0, 5, 0)


def test_illustrative_rows_retire_by_place_and_only_for_real_ones(own):
    assert own.apply("stations", rows(own, 3, provenance="illustrative")).retired == 0
    assert own.apply("stations", rows(own, 3, "U", adcode="640202")).retired == 0
    assert own.apply("stations", rows(own, 3, "V")).retired == 31


def test_illustrative_hires_retire_by_where_they_come_from(own):
    there = own.read("flows")
    known = there[there["provenance"] == "reported"]
    real = known.assign(flow_id="F-1", from_adcode="210700", to_adcode="211100", persons=8)
    assert own.apply("flows", real.assign(flow_id="F-0", provenance="illustrative")).retired == 0
    batch = own.apply("flows", real)
    left = own.read("flows")
    assert batch.retired == 3 and not ((left["from_adcode"] == "210700") & (left["provenance"] == "illustrative")).any()
    assert (left["provenance"] == "illustrative").sum() == 8
    own.undo(batch.batch_id)
    assert len(own.read("flows")) == len(there) + 1


def test_a_real_stop_retires_the_made_up_route_of_its_whole_city(own):
    there = own.read("stops")
    real = there.iloc[[0]].assign(stop_id="S-1", adcode="150124", provenance="reported")
    assert own.apply("stops", real.assign(stop_id="S-0", adcode="150204")).retired == 0
    batch = own.apply("stops", real)
    assert batch.retired == len(there) and set(own.read("stops")["stop_id"]) == {"S-0", "S-1"}
    own.undo(batch.batch_id)
    assert len(own.read("stops")) == len(there) + 1


def test_real_parts_of_a_total_retire_the_made_up_ones_of_that_split_alone(own):
    there = own.read("parts")
    sectors = there[there["split_by"] == "sector"]
    batch = own.apply("parts", sectors.iloc[[0]].assign(part_id="P-1", provenance="reported"))
    assert batch.retired == len(sectors) == (there["split_by"] == "sector").sum() < (there["fact_id"] == "F031").sum()
    assert set(own.read("parts").query("fact_id == 'F031'")["split_by"]) == {"sector", "home_city"}


def test_what_hangs_on_retired_grids_retires_with_them(own):
    before = content(own)
    grids = own.read("grids").query("adcode == '640205'")
    real = grids.iloc[:1].assign(grid_id="REAL-1", provenance="reported")
    inside = own.read("enterprises").query("adcode == '640205'")
    batch = own.apply("grids", TABLES["grids"].validate(real))
    assert batch.retired > len(grids) + len(inside) - 1
    assert set(own.read("enterprises")["grid_id"]) <= set(own.read("grids")["grid_id"])
    assert set(own.read("activities")["grid_id"].dropna()) <= set(own.read("grids")["grid_id"])
    own.undo(batch.batch_id)
    assert content(own) == before


def test_batches_are_undone_in_any_order_unless_they_share_rows(own):
    states = [content(own)]
    first = own.apply("stations", rows(own, 3, "A"))
    states.append(content(own))
    second = own.apply("stations", rows(own, 3, "A").assign(name="新名"))
    third = own.apply("candidates", TABLES["candidates"].validate(_candidates(own)))
    with pytest.raises(AtlasError, match=second.batch_id):
        own.undo(first.batch_id)
    own.undo(second.batch_id)
    own.undo(third.batch_id)
    assert content(own) == states[1]
    own.undo(first.batch_id)
    assert content(own) == states[0]


def _candidates(store: WritableStore) -> pd.DataFrame:
    like = store.read("stations").iloc[:4]
    return like.assign(candidate_id=list("abcd"), cost_yuan=1e5, rule="free", provenance="reported")


def test_the_atlas_as_of_a_moment(own):
    moments, states = ["2000-01-01T00:00:00+00:00"], [content(own)]
    first = own.apply("stations", rows(own, 3, "A"))
    moments.append(own.history()[0].time)
    states.append(content(own))
    own.apply("stations", rows(own, 3, "A").assign(name="新名"))
    moments.append(own.history()[0].time)
    states.append(content(own))
    last = own.undo(own.history()[0].batch_id)
    moments.append(last.undone_at)
    states.append(content(own))
    own.undo(first.batch_id)
    for moment, state in zip(moments, states, strict=True):
        assert content(own.as_of(moment)) == state
    assert Atlas.load(own.as_of(moments[1])).version != Atlas.load(own).version
    assert own.as_of(moments[1]).tables()["stations"] == 11


KEYS = st.lists(st.integers(0, 6), min_size=1, max_size=5, unique=True)
IMPORTS = st.tuples(
    st.just("apply"),
    KEYS,
    st.sampled_from(["reported", "illustrative", "derived"]),
    st.text("甲乙丙", max_size=3),
    st.booleans(),
)
STEPS = st.lists(
    st.one_of(IMPORTS, st.tuples(st.just("remove"), KEYS), st.tuples(st.just("undo"), st.integers(0, 3))),
    min_size=1,
    max_size=5,
)


def taken(store: WritableStore, like: pd.DataFrame, step: tuple) -> str:
    """Take one step; return its batch, or what was said when it was refused."""
    try:
        if step[0] == "undo":
            known = store.history()
            return store.undo(known[step[1] % len(known)].batch_id).batch_id if known else ""
        chosen = like.iloc[[key * 5 for key in step[1]]]
        if step[0] == "remove":
            return store.remove("stations", chosen["station_id"].tolist()).batch_id
        frame = TABLES["stations"].validate(chosen.assign(provenance=step[2], name=step[3] + "站"))
        return store.apply("stations", frame, retire=step[4]).batch_id
    except AtlasError as error:
        return error.msgid


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_any_sequence_undone_last_first_leaves_what_was_at_every_step(own, steps):
    like = own.read("stations")
    states = [content(own)]
    stood = []
    for step in steps:
        if step[0] == "undo":
            if stood:
                own.undo(stood.pop())
                states.pop()
                assert content(own) == states[-1]
            continue
        known = len(own.history())
        taken(own, like, step)
        if len(own.history()) > known:
            stood.append(own.history()[0].batch_id)
            states.append(content(own))
        else:
            assert content(own) == states[-1], "a refused step changes nothing"
    while stood:
        own.undo(stood.pop())
        states.pop()
        assert content(own) == states[-1]


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_both_stores_answer_the_same_to_any_sequence(both, steps):
    for store in both:  # what the example before left
        for batch in store.history():
            if not batch.undone_at:
                store.undo(batch.batch_id)
    like = both[0].read("stations")
    assert len(like) == 36
    plain = [column for column in like if column not in ("batch_id", "geometry")]
    for step in steps:
        said = [taken(store, like, step) for store in both]
        assert (said[0] == said[1]) or all(len(one) == 17 for one in said)
        left, right = (store.read("stations") for store in both)
        pd.testing.assert_frame_equal(left[plain], right[plain], check_exact=True)
        assert (left.geometry.to_wkb() == right.geometry.to_wkb())[left.geometry.notna()].all()
        counts = [
            [
                (one.table, one.rows, one.added, one.changed, one.unchanged, one.retired, bool(one.undone_at))
                for one in store.history()
            ]
            for store in both
        ]
        assert counts[0] == counts[1] and both[0].tables() == both[1].tables()
        for batch in zip(*(store.history()[:1] for store in both), strict=True):
            left, right = (
                store.changes(one.batch_id)[["table", "key", "what"]] for store, one in zip(both, batch, strict=True)
            )
            pd.testing.assert_frame_equal(left, right)


def test_removed_rows_come_back_and_missing_ones_are_refused(own):
    before = content(own)
    keys = own.read("enterprises")["enterprise_id"].tolist()[3:9]
    batch = own.remove("enterprises", keys, author="甲")
    assert (batch.retired, batch.rows, own.tables()["enterprises"]) == (6, 0, 415)
    with pytest.raises(AtlasError, match=keys[0]):
        own.remove("enterprises", [keys[0]])
    with pytest.raises(AtlasError, match="重新核对"):
        own.remove("grids", own.read("grids")["grid_id"].tolist()[:1], seen="another")
    own.undo(batch.batch_id)
    assert content(own) == before


def test_a_long_list_of_keys_is_found_as_a_short_one_is(own):
    frame = rows(own, 5_200)
    before = content(own)
    first = own.apply("stations", frame)
    again = own.apply("stations", frame.assign(name="新名"))  # more keys than are asked for one by one
    assert (first.added, again.changed, len(own.read("stations"))) == (5_200, 5_200, 5_208)
    assert own.read("stations")["station_id"].tolist()[8:] == frame["station_id"].tolist()
    own.undo(again.batch_id)
    own.undo(first.batch_id)
    assert content(own) == before


def test_a_failure_half_way_leaves_the_atlas_as_it_was(place, monkeypatch):
    own = place.open()
    before, meta = content(own), own.meta()

    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("geodata.store.log.stamp", fails)
    with pytest.raises((AtlasError, OSError), match="No space"):
        own.apply("stations", rows(own, 5))
    monkeypatch.undo()
    assert (content(own), own.meta(), own.history(), place.leftovers()) == (before, meta, [], [])
    assert own.apply("stations", rows(own, 5)).added == 5


def test_a_decision_taken_on_an_older_atlas_is_refused(own):
    seen = own.meta()["data_version"]
    own.apply("stations", rows(own, 2, "A"), seen=seen)
    with pytest.raises(AtlasError, match="重新核对"):
        own.apply("stations", rows(own, 2, "B"), seen=seen)
    assert len(own.history()) == 1


def test_an_import_of_a_checked_file_end_to_end(own, tmp_path):
    path = tmp_path / "s.csv"
    path.write_text("站点名称,经度,纬度,开放时间\n白鹭洲驿站,118.0945,24.4712,全天\n", "utf-8")
    checked = check_file(path, "stations", own, "gcj02")
    batch = own.apply(
        "stations", checked.frame, file=checked.file_name, file_hash=checked.file_hash, crs=checked.report.crs
    )
    assert (batch.file, batch.crs, len(batch.file_hash or "")) == ("s.csv", "gcj02", 64)
    atlas = Atlas.load(own)
    assert atlas.stations["name"].tolist()[-1] == "白鹭洲驿站" and "illustrative" not in set(
        atlas.stations["provenance"]
    )


def test_rows_of_two_tables_and_what_is_known_of_the_atlas_change_as_one_batch(own):
    before, stations, demand = content(own), own.read("stations"), own.read("demand")
    bound = own.meta()
    first = own.exchange({"stations": Exchange(stations.iloc[:0])}, {"ground": "one"}, author="甲")
    leaving = demand["demand_id"].iloc[:3].tolist()
    second = own.exchange(
        {
            "stations": Exchange(stations.iloc[:2].assign(name="改了名"), retire=False),
            "demand": Exchange(demand.iloc[1:2].assign(weight=9.5), leaving),
        },
        {"ground": "two", "own": "x"},
        file="a.osm.pbf",
    )
    assert (second.table, second.rows, second.changed, second.retired) == ("stations", 3, 3, 2)
    now = own.read("demand").set_index("demand_id")
    assert now["weight"].get(leaving[1]) == 9.5 and not {leaving[0], leaving[2]} & set(now.index)
    assert own.meta()["ground"] == "two" and own.meta()["own"] == "x"
    assert set(own.changes(second.batch_id)["table"]) == {"stations", "demand"}
    then = own.as_of(first.time).meta()
    assert then["ground"] == "one" and "own" not in then
    with pytest.raises(AtlasError, match=second.batch_id):  # a later one has changed what is known
        own.undo(first.batch_id)
    own.undo(second.batch_id)
    assert own.meta()["ground"] == "one" and "own" not in own.meta()
    assert own.as_of(second.time).meta()["ground"] == "two"
    own.undo(first.batch_id)
    assert content(own) == before and {key: own.meta().get(key) for key in bound} == bound
    assert "ground" not in own.meta()
