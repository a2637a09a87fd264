"""Imports as batches: whole or not at all, undone exactly, whoever else reads or writes."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geodata.build import data_version
from geodata.errors import AtlasError
from geodata.importing.check import check_file
from geodata.schema import CRS, TABLES
from geodata.store import GeoPackageStore
from layers.atlas import Atlas

TOUCHED = ("stations", "grids", "enterprises", "activities", "candidates")
KILLS = int(os.environ.get("ATLAS_KILLS", "4"))  # 50 for the whole demonstration


def content(store: GeoPackageStore) -> str:
    """Return the hash of every row, in its order, of the tables that these tests touch; of the others their number."""
    return data_version({name: store.read(name) for name in TOUCHED}) + str(store.tables() if isinstance(store, GeoPackageStore) else "")


def rows(store: GeoPackageStore, count: int, prefix: str = "T", provenance: str = "reported", adcode: str = "350203") -> pd.DataFrame:
    """Return stations like the sample's under new ids."""
    like = store.read("stations").iloc[:28]
    frame = like.iloc[np.arange(count) % len(like)].reset_index(drop=True)
    return TABLES["stations"].validate(frame.assign(
        station_id=[f"{prefix}{at:05d}" for at in range(count)], name=[f"{prefix}站{at}" for at in range(count)], provenance=provenance, adcode=adcode))


def test_an_import_adds_changes_retires_and_is_undone_exactly(own):
    whole = data_version({name: own.read(name) for name in TABLES})
    before, version, meta = content(own), own.meta()["data_version"], own.meta()
    planned = own.read("stations").query("status == 'planned'").assign(name="改了名")
    batch = own.apply("stations", pd.concat([rows(own, 5), planned], ignore_index=True).set_crs(CRS, allow_override=True), author="甲", file="a.csv", file_hash="ff")
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
    batch = own.apply("stations", pd.concat([rows(own, 1), planned.assign(name="改了名")], ignore_index=True).set_crs(CRS, allow_override=True))
    told = own.changes(batch.batch_id)
    assert told["what"].value_counts().to_dict() == {"retired": 28, "changed": 1, "added": 1} and set(told["table"]) == {"stations"}
    changed = told[told["what"] == "changed"].iloc[0]
    assert (changed["before"]["name"], changed["after"]["name"]) == (planned["name"].iloc[0], "改了名")
    added = told[told["what"] == "added"].iloc[0]
    here = own.read("stations").set_index("station_id").geometry[added["key"]]
    assert added["before"] is None and (added["after"]["lon"], added["after"]["lat"]) == (here.x, here.y)
    assert set(told[told["what"] == "retired"]["after"]) == {None}
    later = own.apply("stations", planned.assign(name="又改了名", provenance="derived"))
    assert own.changes(later.batch_id)[["before", "after"]].map(lambda row: row["name"]).to_numpy().tolist() == [["改了名", "又改了名"]]
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


def _candidates(store: GeoPackageStore) -> pd.DataFrame:
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
        assert content(own.as_of(moment)) == state[:16]
    assert Atlas.load(own.as_of(moments[1])).version != Atlas.load(own).version
    assert own.as_of(moments[1]).tables()["stations"] == 11


KEYS = st.lists(st.integers(0, 6), min_size=1, max_size=5, unique=True)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.tuples(KEYS, st.sampled_from(["reported", "illustrative", "derived"]), st.text("甲乙丙", max_size=3)), min_size=1, max_size=4))
def test_any_imports_undone_last_first_leave_what_was(own, steps):
    before = content(own)
    like = own.read("stations")
    batches = []
    for keys, provenance, name in steps:
        frame = like.iloc[[key * 5 for key in keys]].assign(provenance=provenance, name=name + "站")
        batches.append(own.apply("stations", TABLES["stations"].validate(frame)))
    for batch in reversed(batches):
        own.undo(batch.batch_id)
    assert content(own) == before


def test_gis_programs_still_open_the_file_and_find_by_box(own):
    batch = own.apply("stations", rows(own, 50))
    info = pyogrio.read_info(own.path, layer="stations")
    assert info["features"] == 58 and "batches" in {name for name, _ in pyogrio.list_layers(own.path)}
    own.apply("regions", own.read("regions").iloc[:2].assign(name="改"))
    box = own.read("stations").geometry.iloc[-1].buffer(1e-6).bounds
    found = pyogrio.read_dataframe(own.path, layer="stations", bbox=box)
    assert len(found) >= 1 and set(found["batch_id"]) == {batch.batch_id}
    assert pyogrio.read_info(own.path, layer="stations")["total_bounds"] == pytest.approx(
        shapely.total_bounds(own.read("stations").geometry.dropna().to_numpy()))


def test_a_decision_taken_on_an_older_atlas_is_refused(own):
    seen = own.meta()["data_version"]
    own.apply("stations", rows(own, 2, "A"), seen=seen)
    with pytest.raises(AtlasError, match="重新核对"):
        own.apply("stations", rows(own, 2, "B"), seen=seen)
    assert len(own.history()) == 1


def test_a_failure_half_way_leaves_the_atlas_as_it_was(own, monkeypatch):
    before = own.path.read_bytes()
    monkeypatch.setattr("geodata.store.batches._stamp", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(AtlasError, match="没有改动"):
        own.apply("stations", rows(own, 5))
    assert own.path.read_bytes() == before and sorted(path.name for path in own.path.parent.iterdir()) == [".atlas.lock", "atlas.gpkg"]


def _import(path: str, prefix: str) -> None:
    store = GeoPackageStore(Path(path))
    store.apply("stations", rows(store, 40, prefix))


def test_two_importers_at_once_lose_nothing(own):
    context = multiprocessing.get_context("spawn")
    both = [context.Process(target=_import, args=(str(own.path), prefix)) for prefix in "AB"]
    for one in both:
        one.start()
    for one in both:
        one.join(60)
    assert [one.exitcode for one in both] == [0, 0]
    ids = own.read("stations")["station_id"].str[0].value_counts()
    assert ids["A"] == 40 and ids["B"] == 40 and len(own.history()) == 2


IMPORTER = """
import sys; sys.path.insert(0, {root!r})
from pathlib import Path
from geodata.store import GeoPackageStore
from tests.geodata.importing.test_batches import rows
store = GeoPackageStore(Path({path!r}))
frame = rows(store, 3000)
print("go", flush=True)
store.apply("stations", frame)
print("done", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_killed_at_any_moment_the_atlas_is_as_before_or_as_after(own):
    code = IMPORTER.format(root=str(Path(__file__).parents[3]), path=str(own.path))
    before = content(own)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout.readline() == "go\n"
        start = time.monotonic()
        assert first.stdout.readline() == "done\n"
    lasted = time.monotonic() - start
    own.undo(own.history()[0].batch_id)
    rng, outcomes = random.Random(5), []
    for part in range(KILLS):
        batches = len(own.history())
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout.readline() == "go\n"
            time.sleep(rng.uniform(part, part + 1) / KILLS * lasted)  # some in every stretch of the way
            process.send_signal(signal.SIGKILL)
        store = GeoPackageStore(own.path)
        applied = len(store.history()) > batches
        outcomes.append(applied)
        assert store.tables()["stations"] == (3008 if applied else 36)
        if applied:
            store.undo(store.history()[0].batch_id)
        assert content(store) == before
    # the next writer clears away what the dead left behind
    own.undo(own.apply("stations", rows(own, 1)).batch_id)
    assert sorted(path.name for path in own.path.parent.iterdir()) == [".atlas.lock", "atlas.gpkg"]
    assert outcomes.count(False) > 0


def test_an_import_of_a_checked_file_end_to_end(own, tmp_path):
    path = tmp_path / "s.csv"
    path.write_text("站点名称,经度,纬度,开放时间\n白鹭洲驿站,118.0945,24.4712,全天\n", "utf-8")
    checked = check_file(path, "stations", own, "gcj02")
    batch = own.apply("stations", checked.frame, file=checked.file_name, file_hash=checked.file_hash, crs=checked.report.crs)
    assert (batch.file, batch.crs, len(batch.file_hash or "")) == ("s.csv", "gcj02", 64)
    atlas = Atlas.load(own)
    assert atlas.stations["name"].tolist()[-1] == "白鹭洲驿站" and "illustrative" not in set(atlas.stations["provenance"])
