"""What an atlas shows to everybody and what to who keeps the data: personal fields, places of work, names."""

from __future__ import annotations

import json

import h3
import numpy as np
import pandas as pd
import pytest
from hand_counted import META, rows_of

from geodata.schema import OWN, TABLES
from layers.atlas import Atlas
from layers.filters import Filters
from layers.selection import mask

OWNED = {"负责人": "张三", "备注": "可停车", "问询": "找李四 13812345678", "床位": 7}


@pytest.mark.parametrize("threshold", [0, 5])
@pytest.mark.parametrize("table", [name for name, schema in TABLES.items() if OWN in schema.column_names])
def test_no_table_shows_what_own_fields_say_of_persons(frames, table, threshold):
    changed = {name: frame.copy() for name, frame in frames.items()}
    if not len(changed.get(table, ())):  # the small atlas has no row of it: one of which nothing else is known
        changed[table] = pd.DataFrame({name: pd.Series([None], dtype=object) for name in TABLES[table].column_names})
    changed[table].loc[0, OWN] = json.dumps(OWNED, ensure_ascii=False)
    atlas = Atlas.from_frames(changed, META, threshold=threshold)
    assert json.loads(atlas.table(table)[OWN][0]) == {"备注": "可停车", "床位": 7}
    assert json.loads(atlas.exact.table(table)[OWN][0]) == OWNED
    # as codes too, by which large tables are looked through
    assert not any("张三" in str(one) for one in atlas.coded(table, OWN)[1])


@pytest.fixture
def made(frames):
    def make(workers: int, threshold: int = 5) -> Atlas:
        changed = {name: frame.copy() for name, frame in frames.items()}
        changed["enterprises"].loc[0, "workers"] = workers
        return Atlas.from_frames(changed, META, threshold=threshold)

    return make


@pytest.mark.parametrize(("workers", "coarse"), [(0, False), (1, True), (4, True), (5, False), (900, False)])
def test_where_few_work_is_told_to_a_cell(made, workers, coarse):
    atlas = made(workers)
    exact, shown = (tuple(values[0] for values in one.lonlat("enterprises")) for one in (atlas.exact, atlas))
    assert (exact != shown) == coarse
    cell = h3.latlng_to_cell(exact[1], exact[0], 9)
    assert not coarse or shown[::-1] == pytest.approx(h3.cell_to_latlng(cell))
    point = atlas.enterprises.geometry.iloc[0]
    assert (point.x, point.y) == pytest.approx(shown)
    assert atlas.enterprises["geometry_provenance"].iloc[0] == "derived" or not coarse
    others = [np.column_stack(one.lonlat("enterprises"))[1:] for one in (atlas.exact, atlas)]
    assert np.array_equal(*others, equal_nan=True)
    assert made(workers, threshold=0).lonlat("enterprises")[0][0] == exact[0]


def test_no_two_lassos_find_where_few_work(made):
    """Whoever draws them: lassos count by what is shown, so they part the cell, never the point."""
    atlas = made(3)
    lon, lat = (values[0] for values in atlas.exact.lonlat("enterprises"))
    middle = h3.cell_to_latlng(h3.latlng_to_cell(lat, lon, 9))
    aside = np.array([middle[1] - lon, middle[0] - lat])
    for east, north in (np.zeros(2), aside, aside / 2, np.array([1e-3, -1e-3])):
        west, south = lon + east - 5e-6, lat + north - 5e-6
        box = ((west, south), (west + 1e-5, south), (west + 1e-5, south + 1e-5), (west, south + 1e-5))
        assert mask(atlas, Filters(area=box), "enterprises")[0] == (east == aside[0])


def test_who_kept_a_plan_is_not_shown(frames):
    plan = rows_of(
        "scenarios",
        ["scenario_id", "name", "inputs", "author", "created"],
        ("p", "方案", "{}", "li.wei", pd.Timestamp("2026-01-01")),
    )
    atlas = Atlas.from_frames({**frames, "scenarios": plan}, META, threshold=5)
    assert atlas.scenarios["author"].isna().all() and atlas.exact.scenarios["author"].tolist() == ["li.wei"]
