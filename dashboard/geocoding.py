"""The ways from addresses to points that this atlas has:
what it knows itself, and the service that the settings name.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from dashboard.settings import Settings
from dashboard.tasks.job import Job
from dashboard.words import Words
from geodata import placing
from geodata.geocoding.base import (
    ADDRESS,
    COUNTY,
    CROSSING,
    HOUSE,
    LEVELS,
    STREET,
    UNKNOWN,
    WIDER,
    ZONE,
    Answer,
    Query,
)
from geodata.geocoding.offline import Offline
from geodata.geocoding.service import Access, WebService, cache_of
from geodata.osm.addresses import ExtractAddresses
from geodata.osm.ground import current
from geodata.store.base import WritableStore
from geodata.store.batch import Batch
from layers.atlas import Atlas

OFFLINE, HAND, DEVICE = Offline.name, "hand", "device"
FOLDER = "geocoding"
TELL_SECONDS = 0.3


def folder(settings: Settings) -> Path:
    """Return where answers and counts are kept."""
    return settings.home / FOLDER


def offline(settings: Settings, atlas: Atlas) -> Offline:
    """Return the atlas itself as a geocoder, with the extract that it stands on; its indices are kept with it."""

    def made() -> Offline:
        ground = current(settings.home, atlas.meta)
        known = ExtractAddresses(ground, atlas.places) if ground else None
        return Offline({name: atlas.table(name) for name in placing.PLACED}, atlas.zones, atlas.places, known)

    return atlas.once("offline geocoder", made)


def answers(settings: Settings, atlas: Atlas, by: str, queries: Sequence[Query]) -> list[Answer | None]:
    """Return what `by` says of each query; of a service what is known of it already, without asking it."""
    if by == OFFLINE:
        return list(offline(settings, atlas).locate(queries))
    return cache_of(folder(settings)).get(by, queries) if by else [None] * len(queries)


def search(access: Access, where: Path, queries: Sequence[Query]) -> Callable[[Job], None]:
    """Return the work that asks a service; its answers are kept in the cache,
    so that a search goes on where it was left.
    """

    def work(job: Job) -> None:
        found, told = 0, 0.0
        job.say(done=0, of=len(queries), found=0)
        for done, answer in enumerate(WebService(access, where, job.cancelled).locate(queries), 1):
            found += answer.found
            if (now := time.monotonic()) - told > TELL_SECONDS or done == len(queries):
                told = now
                job.say(done=done, found=found)

    return work


def kept(
    store: WritableStore, atlas: Atlas, table: str, spots: Mapping[str, placing.Spot], author: str, file: str
) -> Batch:
    """Give rows their points, as one batch on the atlas as it was seen.

    Raises
    ------
    AtlasError
        As :func:`geodata.placing.placed`, or when the atlas has changed meanwhile.
    """
    frame = placing.placed(table, atlas.exact.table(table), spots)
    return store.apply(table, frame, author=author, file=file, crs="wgs84", seen=atlas.stored_version, retire=False)


def way_names(words: Words) -> dict[str, str]:
    """Return what each way is called."""
    return {
        HAND: words("手工"),
        DEVICE: words("设备定位"),
        OFFLINE: words("图册已知地名"),
        "tianditu": words("天地图"),
        "amap": words("高德"),
        "baidu": words("百度"),
    }


def level_names(words: Words) -> dict[str, str]:
    """Return what each level is called, the closest first."""
    named = {
        HOUSE: words("门牌或地点"),
        ADDRESS: words("同地址或同名的已有行"),
        CROSSING: words("路口或小区"),
        STREET: words("道路"),
        ZONE: words("街道、乡镇或村"),
        COUNTY: words("区县"),
        WIDER: words("市或更大"),
        UNKNOWN: words("级别不明"),
    }
    return {level: named[level] for level in LEVELS}
