"""What may be changed in the atlas, by whom and where: judged in the store, so that no way into it can forget it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from dashboard.access import audit
from dashboard.access.doors import refusal
from dashboard.access.reader import Reader, current_reader
from geodata.errors import N_, AtlasError
from geodata.message import Message
from geodata.store import WritableStore
from geodata.store.batch import Batch
from geodata.store.batched import BatchedStore
from geodata.store.judged import Change, JudgedStore
from layers.siting.mark import MARK

SCENARIOS = "scenarios"
#: Columns that say in which places a row lies, the first that a row has.
_PLACES = (("adcode",), ("from_adcode", "to_adcode"))
_WITHIN = ("grid_id", "region_id")


def watched(home: Path) -> Callable[[BatchedStore], BatchedStore]:
    """Return what makes the store of `home` judge every change by who asks for it, and write it into the trail."""

    def judge(change: Change) -> None:
        reader = current_reader()
        refuse(change, reader)
        _noted(home, change, deed_of(change))

    return lambda store: JudgedStore(store, judge, lambda change: _noted(home, change, "not-done"), seen)


def seen(batch: Batch) -> tuple[Batch, bool]:
    """Return a batch as who asks now may see it, and whether they may see the rows that it changed.

    Who did it is for who keeps the data, of plans for who makes plans, and for themselves.
    """
    reader = current_reader()
    plans = batch.table == SCENARIOS or (batch.file or "").startswith(MARK)
    if reader.may("planner" if plans else "keeper"):
        return batch, True
    ours = {name: who for name in ("author", "undone_by") if (who := getattr(batch, name)) == reader.account and who}
    return replace(batch, **{"author": None, "undone_by": None, **ours}), False


def refuse(change: Change, reader: Reader) -> None:
    """Refuse a change that `reader` may not make.

    Raises
    ------
    AtlasError
        The role is not enough, a plan is somebody else's, or a row lies elsewhere.
    """
    if change.tables == {SCENARIOS}:
        if not reader.may("planner"):
            raise refusal("planner")
        if not reader.may("keeper") and any(
            side.get("author") != reader.account for side in _sides(change) if side is not None
        ):
            raise AtlasError(N_("这个方案是别人存的：请存为自己的新方案，或请数据管理员改动。"))
        return
    if not reader.may("keeper"):
        raise refusal("keeper")
    if reader.everywhere:
        return
    for side in _sides(change):
        elsewhere = next((one for one in places_of(side, change.place_of) if not reader.covers(one)), None)
        if elsewhere is not None:
            raise AtlasError(
                N_("有行不在您负责的地方（{place}），没有改动任何一行：您负责 {places}。"),
                place=elsewhere or Message(N_("没有写明地方")),
                places="、".join(reader.places),
            )


def places_of(row: dict[str, Any], place_of: Callable[[str, str], str | None]) -> list[str]:
    """Return the adcodes in which a row lies; an empty one where it says none."""
    for columns in _PLACES:
        found = [str(row[one]) for one in columns if row.get(one)]
        if found:
            return found
    within = next((place_of(one, str(row[one])) for one in _WITHIN if row.get(one)), None)
    return [within or ""]


def deed_of(change: Change) -> str:
    """Return what a change is called in the trail."""
    file = change.batch.file or ""
    if change.undone:
        return "undone"
    if change.batch.table == SCENARIOS:
        return "plan-kept" if change.batch.rows else "plan-removed"
    if file.startswith(MARK):
        return "plan-adopted"
    if file.endswith(".osm.pbf"):
        return "streets-read"
    return "imported" if change.batch.file_hash else "edited"


def holds_own(store: WritableStore) -> bool:
    """Return whether the atlas holds rows that somebody brought in: not only the sample, public streets and plans."""
    return any(
        not one.undone_at
        and one.table != SCENARIOS
        and not (one.file or "").startswith(MARK)
        and not (one.file or "").endswith(".osm.pbf")
        for one in store.history()
    )


def _sides(change: Change) -> list[dict[str, Any]]:
    """Return the touched rows as they were and as they become."""
    rows = change.rows()
    found = [side for side in (*rows["before"], *rows["after"]) if isinstance(side, dict)]
    # what is known of the atlas as a whole is no table's row, and nowhere
    return found if change.tables <= set(rows["table"]) else [*found, {}]


def _noted(home: Path, change: Change, deed: str) -> None:
    one = change.batch
    audit.note(
        home, deed, batch=one.batch_id, table=one.table, added=one.added, changed=one.changed, retired=one.retired
    )
