"""An atlas that stands on the ground of an extract whose folder a test has filled itself."""

from __future__ import annotations

from pathlib import Path

from geodata.osm.ground import ABOUT, FOLDER, META
from geodata.store import open_store
from geodata.store.batches import Exchange


def stand_on(home: Path, name: str) -> str:
    """Have the atlas of `home` stand on ``ground/NAME``, by a batch as ``ground`` makes it; return the batch's id."""
    about = home / FOLDER / name / ABOUT
    if not about.exists():
        about.write_text("{}", "utf-8")
    store = open_store(home)
    return store.exchange({"demand": Exchange(store.read("demand").iloc[:0])}, {META: name}).batch_id
