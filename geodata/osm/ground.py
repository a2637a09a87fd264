"""The ground of an atlas: what an extract makes of it, brought in as one batch, and where others find it.

What an extract makes stands in a folder of its own under ``ground`` in the home of the atlas, named after the file's
content and the rules; it gets that name when it is whole. Which folder is the present one says the atlas itself
(:data:`META` of what it knows as a whole), so that a batch brings it in and undoing it brings back the one before.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geodata.durable import synced
from geodata.errors import N_, AtlasError, BusyError
from geodata.locking import hold
from geodata.osm import extract, floors
from geodata.osm.network import Box, WalkingNetwork, load
from geodata.store.base import AtlasStore, WritableStore
from geodata.store.batches import Exchange

if TYPE_CHECKING:
    from geodata.osm.rows import Rows

Progress = Callable[[float, str], None]
FOLDER, META, LOCK = "ground", "ground", ".ground.lock"
ABOUT, NETWORK, BASEMAP = "meta.json", "network", "basemap.pmtiles"
UNFINISHED = ".making-"
ATTRIBUTION = "© OpenStreetMap contributors, ODbL"
TABLES = ("walkable.csv", "poi_classes.csv", "premises.csv", "building_classes.csv", "../poi_groups.csv")
FORMAT = "4"  # of what stands in a folder: another one makes it anew
TILES = "geodata.osm.tiles"


def current(home: Path, meta: Mapping[str, str]) -> Path | None:
    """Return the folder of the extract that an atlas stands on; None where there is none.

    In it are :data:`ABOUT` (:func:`about`), :data:`NETWORK` (:func:`geodata.osm.network.load`) and, where tiles were
    made, :data:`BASEMAP`.

    Parameters
    ----------
    home : Path
        Folder of the atlas.
    meta : mapping of str to str
        What the store knows of it as a whole (:meth:`geodata.store.base.AtlasStore.meta`).
    """
    name = meta.get(META)
    folder = Path(home) / FOLDER / name if name else None
    return folder if folder and (folder / ABOUT).is_file() else None


def walking(home: Path, store: AtlasStore) -> Callable[[Box], WalkingNetwork] | None:
    """Return what gives the walking network of a box (west, south, east, north, degrees); None where there is none."""
    folder = current(home, store.meta())
    there = folder is not None and (folder / NETWORK).is_dir()
    return None if folder is None or not there else lambda box: load(folder / NETWORK, box)


def about(folder: Path) -> dict[str, Any]:
    """Return what is known of the extract of a folder.

    Returns
    -------
    dict
        ``source`` (name of the file), ``sha256``, ``size`` (bytes), ``extract_date`` (ISO, may be empty),
        ``dated_by``, ``box`` (west, south, east, north, degrees; None where nothing was found), ``counts``, ``rules``
        (ways by rule), ``tiles`` (counts of the base map), ``attribution``, ``made_at`` (ISO, UTC).
    """
    return json.loads((folder / ABOUT).read_text("utf-8"))


def bring(
    store: WritableStore,
    home: Path,
    path: Path,
    places: Sequence[str] = (),
    progress: Progress = extract.silent,
    author: str | None = None,
) -> dict[str, Any]:
    """Make the ground of an extract and bring it in as one batch, whole or not at all.

    Parameters
    ----------
    store : WritableStore
    home : Path
        Folder of the atlas.
    path : Path
        The ``.osm.pbf``.
    places : sequence of str, optional
        Adcodes whose demand and candidates are taken: see :func:`geodata.osm.rows.made`.
    progress : callable
        Gets the share done and a message template in Chinese; what it raises ends the work.
    author : str, optional

    Returns
    -------
    dict
        See docs/ground.md.

    Raises
    ------
    AtlasError
        The file cannot be used, a place is unknown, or another extract is being read.
    """
    from geodata.osm import rows  # slow to import, and whoever asks for the folder does not need it

    seen = store.meta()["data_version"]
    with _alone(Path(home) / FOLDER) as base:
        folder = _made(base, path, progress)
        known = about(folder)
        progress(0.92, N_("正在算需求和备选点"))
        found = rows.made(folder, store, places, known)
        exchanges, kept = {}, 0
        for table, key, frame in (
            ("demand", "demand_id", found.demand),
            ("candidates", "candidate_id", found.candidates),
        ):
            there = store.read(table)
            mine = rows.ours(there, found.places, frame)
            theirs = frame[key].isin(there[key][~mine & there["adcode"].isin(found.places).to_numpy()])
            kept += int(theirs.sum())  # a person has said something else of it: that stands
            exchanges[table] = Exchange(frame[~theirs], frozenset(there[key][mine]))
        if len(found.zones):
            there = store.read("zones")
            exchanges["zones"] = Exchange(found.zones, frozenset(there["zone_id"][rows.theirs(there, found.zones)]))
        progress(0.97, N_("正在写入图册"))
        earlier = current(home, store.meta())
        batch = store.exchange(
            exchanges, {META: folder.name}, author=author, file=path.name, file_hash=known["sha256"], seen=seen
        )
    progress(1.0, N_("底图数据已导入"))
    return _told(known, found) | {
        "batch_id": batch.batch_id,
        "folder": folder.name,
        "demand_rows": len(exchanges["demand"].frame),
        "floor_rows": int((exchanges["demand"].frame["proxy"] == floors.PROXY).sum()),
        "candidate_rows": len(exchanges["candidates"].frame),
        "zone_rows": len(found.zones),
        "kept_rows": kept,
        "added": batch.added,
        "changed": batch.changed,
        "unchanged": batch.unchanged,
        "retired": batch.retired,
        "replaces": about(earlier)["source"] if earlier and earlier != folder else None,
        "older": bool(earlier and about(earlier)["extract_date"] > known["extract_date"] > ""),
    }


def _told(known: Mapping[str, Any], found: Rows) -> dict[str, Any]:
    counts = known["counts"]
    return {
        "file": known["source"],
        "extract_date": known["extract_date"],
        "dated_by": known["dated_by"],
        "box": known["box"],
        "roads": counts.get("roads", 0),
        "walked_ways": counts.get("walked_ways", 0),
        "walk_km": round(counts.get("walk_m", 0) / 1000, 3),
        "nodes": counts["nodes"],
        "edges": counts["edges"],
        "parts": counts["parts"],
        "largest_part": counts["largest_part"],
        "pois": counts.get("pois", 0),
        "premises": counts.get("premises", 0),
        "addresses": counts.get("addresses", 0),
        **{name: counts[name] for name in ("buildings", "storeys_assumed", "floor_m2", "floor_m2_assumed")},
        "tiles_bytes": known["tiles"].get("bytes", 0),
        "places": found.places,
        "covered": found.covered,
        "left_out": {
            "outside_china": found.outside,
            "other_counties": found.elsewhere,
            "without_cell": found.unspread,
            **{
                name: counts.get(name, 0)
                for name in (
                    "points_without_place",
                    "missing_nodes",
                    "cut_ways",
                    "loops",
                    "twice",
                    "zero_length",
                    "cut_buildings",
                )
            },
        },
        "attribution": ATTRIBUTION,
    }


@contextmanager
def _alone(base: Path) -> Generator[Path]:
    """Give the folder of grounds to one process, and clear away what dead ones left there unfinished."""
    try:
        base.mkdir(parents=True, exist_ok=True)
        lock = hold(base / LOCK)
    except BlockingIOError as error:
        raise BusyError(N_("另一个底图文件正在导入：请等它完成或取消后再试。")) from error
    except OSError as error:
        raise AtlasError(
            N_("{file} 写不进去（{error}）：请检查权限和剩余空间；图册没有改动。"), file=base, error=error.strerror
        ) from error
    with lock:
        for leftover in base.glob(f"{UNFINISHED}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        yield base


def _made(base: Path, path: Path, progress: Progress) -> Path:
    """Return the folder of an extract; it is made when it is not there."""
    sha = extract.digest(path, lambda share, message: progress(0.05 * share, message))
    folder = base / _name(sha)
    if (folder / ABOUT).is_file():
        return folder
    unfinished = base / f"{UNFINISHED}{os.getpid()}"
    try:
        unfinished.mkdir()
        known = extract.read(path, unfinished, lambda share, message: progress(0.05 + 0.45 * share, message))
        tiles: dict[str, int] = {}
        if find_spec(TILES):
            say = N_("正在做底图")
            tiles = import_module(TILES).build(
                path, unfinished / BASEMAP, lambda share: progress(0.5 + 0.4 * share, say)
            )
        known |= {
            "source": path.name,
            "sha256": sha,
            "size": path.stat().st_size,
            "tiles": tiles,
            "attribution": ATTRIBUTION,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        (unfinished / ABOUT).write_text(json.dumps(known, ensure_ascii=False, indent=1), "utf-8")
        for made in unfinished.rglob("*"):
            synced(made)
        shutil.rmtree(folder, ignore_errors=True)  # of another program: without what says that it is whole
        unfinished.rename(folder)
        synced(base)
    except OSError as error:
        raise AtlasError(
            N_("{file} 写不进去（{error}）：请检查权限和剩余空间；图册没有改动。"), file=base, error=error.strerror
        ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def _name(sha: str) -> str:
    """Return the name of the folder of an extract: another one when the file or a rule is another."""
    known = hashlib.sha256(f"{FORMAT} {sha} {bool(find_spec(TILES))}".encode())
    for table in TABLES:
        known.update(files("geodata").joinpath("osm", table).read_bytes())
    return known.hexdigest()[:16]
