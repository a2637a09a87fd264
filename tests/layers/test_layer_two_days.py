"""A count that changed by few: two public answers, as of two days, do not give the difference."""

from __future__ import annotations

import math
import shutil
import sqlite3
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from datetime import date
from itertools import combinations, product
from pathlib import Path

import pandas as pd
import pytest

from geodata.store import FILE_NAME
from geodata.store.gpkg import GeoPackageStore
from geodata.withheld import written
from layers import kpis
from layers.atlas import Atlas
from layers.filters import Filters
from layers.small_counts import steady

DAYS = [date(2026, 1, day) for day in (10, 20, 30)]
GRID, PLACE = "640202-01-01", "640202"


@pytest.mark.parametrize(("threshold", "values", "days"), [(3, 13, 3), (3, 10, 4), (5, 17, 3)])
def test_whoever_keeps_all_answers_learns_no_change_of_few(threshold: int, values: int, days: int) -> None:
    """Of every history that there may be: what two days told leaves more than one difference between them, if small."""

    def answer(said: tuple[int, ...]) -> str:
        least = steady(said, threshold)
        return "<" if 0 < said[-1] < threshold else str(said[-1]) if math.isnan(least) else f"≥{least:.0f}"

    alike = defaultdict(list)
    for one in product(range(values), repeat=days):
        alike[tuple(answer(one[: day + 1]) for day in range(days))].append(one)
    looked = 0
    for told, histories in alike.items():
        if max(map(max, histories)) >= values - threshold:  # more of them are alike beyond what is tried
            continue
        assert any(one.startswith("≥") for one in told) or len({"<"} & set(told)) or len(histories) == 1
        for first, then in combinations(range(days), 2):
            found = {one[then] - one[first] for one in histories}
            assert len(found) > 1 or not 0 < abs(next(iter(found))) < threshold, (told, first, then)
            looked += 1
    assert looked > 100


@pytest.fixture(scope="module")
def begun(atlas_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An atlas of whose grid each enterprise was counted on the first day, and the grid too."""
    folder = tmp_path_factory.mktemp("days")
    shutil.copyfile(atlas_home / FILE_NAME, folder / FILE_NAME)
    _counted(folder, lambda at: 50 + at)
    return folder


def _counted(folder: Path, workers: Callable[[int], int]) -> None:
    store = GeoPackageStore(folder / FILE_NAME)
    rows = store.read("enterprises").query("grid_id == @GRID").reset_index(drop=True)
    rows["workers"] = [workers(at) for at in range(len(rows))]
    store.apply("enterprises", rows, retire=False)
    grid = store.read("grids").query("grid_id == @GRID").reset_index(drop=True)
    grid["workers"] = int(rows["workers"].sum())
    store.apply("grids", grid, retire=False)


def answers(begun: Path, folder: Path, *changes: int) -> list[str]:
    """Return what everybody is told as of each day, the first enterprise changed by so many on each later one."""
    shutil.copyfile(begun / FILE_NAME, folder / FILE_NAME)
    for change in changes:
        _counted(folder, lambda at, change=change: 50 + at + (change if at == 0 else 0))
    with closing(sqlite3.connect(folder / FILE_NAME)) as file, file:
        for (number,) in file.execute("SELECT fid FROM batches ORDER BY fid").fetchall():
            moment = f"{DAYS[(number - 1) // 2]}T04:00:0{number % 2}+00:00"
            file.execute("UPDATE batches SET time = ? WHERE fid = ?", [moment, number])
    store, told = GeoPackageStore(folder / FILE_NAME), []
    for day in DAYS[: len(changes) + 1]:
        atlas = Atlas.load(store.as_of(f"{day}T23:59:59+00:00"), day, threshold=5)
        told.append(f"{_rows(atlas, 'enterprises')} {_rows(atlas, 'grids')} {kpis.every(atlas, Filters(place=PLACE))}")
    return told


def _rows(atlas: Atlas, table: str) -> list[str]:
    rows: pd.DataFrame = atlas.table(table)
    return [written(one) for one in rows["workers"][rows["grid_id"] == GRID]]


def test_two_days_are_subtracted(begun: Path, tmp_path: Path) -> None:
    few = [answers(begun, tmp_path, change) for change in (-4, 1, 4)]
    assert few[0] == few[1] == few[2] and few[0][0] != few[0][1] and "'≥46'" in few[0][1]
    many = answers(begun, tmp_path, 5)
    assert "'55'" in many[1] and "≥" not in many[1].partition("]")[0]


def test_back_and_forth_tells_no_more(begun: Path, tmp_path: Path) -> None:
    assert answers(begun, tmp_path, 30, 2) == answers(begun, tmp_path, 30, -3)
    assert answers(begun, tmp_path, 30, 0)[2] == answers(begun, tmp_path, 30)[0]
