"""Rows get points: their own provenance stays, the point has its own;
what is doubtful is said, what is gone is refused.
"""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import pandas as pd
import pytest

from geodata import placing
from geodata.errors import AtlasError
from geodata.geocoding.base import ADDRESS, HOUSE, Answer
from geodata.importing.ground import Ground
from geodata.schema import TABLES
from geodata.store import FILE_NAME, open_store
from geodata.store.base import WritableStore


@pytest.fixture
def store(atlas_home: Path, tmp_path: Path) -> WritableStore:
    shutil.copyfile(atlas_home / FILE_NAME, tmp_path / FILE_NAME)
    one = open_store(tmp_path)
    rows = pd.DataFrame(
        {
            "station_id": ["T1", "T2"],
            "name": ["甲站", "乙站"],
            "address": ["湖滨南路 1 号", None],
            "adcode": "350203",
            "status": ["closed", "open"],
            "smart": False,
            "provenance": "reported",
            "source_id": "file:t.csv",
            "batch_id": "pending",
        }
    )
    one.apply("stations", TABLES["stations"].validate(rows))
    return one


def test_a_point_changes_nothing_else_of_its_row_and_can_be_taken_back(store):
    before = store.read("stations").set_index("station_id")
    spots = {"T1": placing.Spot(118.1, 24.47), "T2": placing.Spot(118.09, 24.46, illustrative=True)}
    batch = store.apply("stations", placing.placed("stations", store.read("stations"), spots), retire=False)
    assert (batch.added, batch.changed, batch.retired) == (0, 2, 0)
    after = store.read("stations").set_index("station_id")
    told = store.changes(batch.batch_id).set_index("key")
    for key, spot, provenance in (("T1", spots["T1"], "derived"), ("T2", spots["T2"], "illustrative")):
        assert (after.geometry[key].x, after.geometry[key].y) == (spot.lon, spot.lat)
        assert after.loc[key, "geometry_provenance"] == provenance and after.loc[key, "provenance"] == "reported"
        old, new = told.loc[key, "before"], told.loc[key, "after"]
        changed = {name for name in {*old, *new} if old.get(name) != new.get(name)}
        assert changed == {"lon", "lat", "geometry_provenance", "batch_id"}
    store.undo(batch.batch_id)
    again = store.read("stations").set_index("station_id")
    pd.testing.assert_frame_equal(
        pd.DataFrame(again.drop(columns="geometry")), pd.DataFrame(before.drop(columns="geometry"))
    )
    assert again.geometry[["T1", "T2"]].isna().all()


def test_those_in_use_come_first(store):
    frame = store.read("stations")
    keys = frame["station_id"].iloc[placing.unplaced(frame)].tolist()
    assert keys[0] == "T2" and set(keys[1:]) == {"T1", *(f"SM-P0{number}" for number in range(1, 9))}


@pytest.mark.parametrize(
    ("spots", "said"),
    [
        ({"gone": placing.Spot(118.1, 24.47)}, "没有 gone"),
        ({"T1": placing.Spot(-74.0, 40.7)}, "不在中国范围内"),
        ({"T1": placing.Spot(math.nan, 24.0)}, "不在中国范围内"),
        ({"T1": placing.Spot(118.1, math.inf)}, "不在中国范围内"),
        ({f"T{number}": placing.Spot(118.1, 24.47) for number in range(placing.MOST + 1)}, "一次最多保存"),
    ],
)
def test_what_cannot_be_is_refused_in_words(spots, said, store):
    with pytest.raises(AtlasError, match=said):
        placing.placed("stations", store.read("stations"), spots)


def test_whoever_comes_second_is_told(store):
    spots = {"T1": placing.Spot(118.1, 24.47)}
    store.apply("stations", placing.placed("stations", store.read("stations"), spots), retire=False)
    with pytest.raises(AtlasError, match="已经有位置了"):
        placing.placed("stations", store.read("stations"), spots)


def test_queries_hold_address_and_names_of_the_county(store):
    frame = store.read("stations").set_index("station_id", drop=False).loc[["T1", "T2"]]
    first, second = placing.queries(frame, store.read("places"))
    assert (first.text, first.adcode, second.text) == ("厦门市思明区湖滨南路1号", "350203", "")


def test_a_point_elsewhere_or_in_water_is_doubted(store):
    spots = [(118.10, 24.47), (118.10, 24.60), (118.05, 24.452), (130.0, 20.0)]
    said = placing.doubts(Ground(store), ["350203"] * 4, [lon for lon, _ in spots], [lat for _, lat in spots])
    assert said[0] is None and said[1] == said[3] == placing.OUTSIDE and said[2] is not None
    assert placing.doubts(Ground(store), [], [], []) == []


def test_only_one_undoubted_answer_is_taken_together_with_others():
    good = Answer(118.1, 24.47, "amap", HOUSE)
    assert placing.choosable(good, None)
    assert not placing.choosable(good, placing.OUTSIDE) and not placing.choosable(good, placing.IN_SEA)
    assert not placing.choosable(Answer(118.1, 24.47, "amap", HOUSE, others=1), None)
    assert not placing.choosable(Answer(118.1, 24.47, "offline", ADDRESS, illustrative=True), None)
    assert not placing.choosable(Answer(None, None, "amap"), None)
