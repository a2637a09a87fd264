"""A person is taken out of either store: present rows, what undo and past days are made from, batches."""

from __future__ import annotations

import json
from typing import Any

import pytest

from geodata.erasing import Person
from geodata.store.batched import BatchedStore
from geodata.store.whole import of_database
from tests.geodata.store.conftest import Place

NAME, PHONE = "赵钱孙", "13800138123"


def everything(store: Any) -> str:
    """Return whatever the store holds, as one text."""
    with store.reading() as snapshot:
        contents = of_database(snapshot.database)
    return str((contents.rows, contents.batches, contents.changes))


def told(store: BatchedStore, beds: int, who: str) -> str:
    rows = store.read("stations").iloc[:2].reset_index(drop=True)
    own = {"负责人": who, "联系电话": PHONE, "床位": beds}
    rows["own"] = [json.dumps(own, ensure_ascii=False), None]
    rows["address"] = [f"{who}家旁（电话 {PHONE}）", "无"]
    return store.apply("stations", rows, author=who, file=f"{who}.csv", retire=False).batch_id


def test_what_is_erased_is_nowhere_and_what_is_undone_stays_without_it(small: Place) -> None:
    store: Any = small.open()
    first, second = told(store, 7, NAME), told(store, 9, NAME)
    store.undo(second, NAME)
    before, counts = everything(store), store.tables()
    assert before.count(NAME) >= 6 and before.count(PHONE) >= 4
    looked = store.erase(Person((NAME,)))
    assert everything(store) == before
    found = store.erase(Person((NAME,)), done=lambda one: None)
    assert found == looked and set(found.counts()) == {"rows", "copies", "batches"}
    after = everything(store)
    assert NAME not in after and PHONE not in after and "床位" in after
    assert store.tables() == counts and len(store.history()) == 2
    assert json.loads(store.read("stations")["own"].dropna().iloc[0]) == {"床位": 7}
    store.undo(first)
    assert store.tables() == counts and NAME not in everything(store)


def test_what_is_refused_is_not_erased(small: Place) -> None:
    store: Any = small.open()
    told(store, 7, NAME)
    before = everything(store)

    def refuse(_found: object) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.erase(Person((NAME,)), done=refuse)
    assert everything(store) == before


def test_what_rows_said_one_after_the_other(small: Place) -> None:
    store: Any = small.open()
    rows = store.read("grids").iloc[:2].reset_index(drop=True)
    began, key, other = int(rows["workers"][0]), rows["grid_id"][0], rows["grid_id"][1]
    times = []
    for workers in (began + 100, began + 102):
        rows.loc[0, "workers"] = workers
        times.append(store.apply("grids", rows, retire=False).time)
    last = store.history()[0].batch_id
    store.undo(last)
    said = store.versions("grids", ("workers", "team_members"))
    assert said["workers"][key] == [began, began + 100, began + 102, began + 100]
    assert other not in said["workers"] and not said["team_members"]
    then = store.as_of(times[1]).versions("grids", ("workers",))
    assert then["workers"][key] == [began, began + 100, began + 102]
    assert store.versions("stations", ()) == {}
