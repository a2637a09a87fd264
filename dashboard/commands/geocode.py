"""``geocode``: points for the rows of a table that have none,
by what the atlas knows or by the service of the settings.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from dashboard import geocoding
from dashboard.commands.importing import user
from dashboard.commands.parsing import Add
from dashboard.geocoding_queue import ASKED, queue_of
from dashboard.locale import Gettext
from dashboard.settings import Settings
from dashboard.source import AtlasSource
from dashboard.words import Words
from geodata import placing
from geodata.errors import N_, AtlasError
from geodata.geocoding.base import LEVELS, UNKNOWN, GeocodingError
from geodata.geocoding.service import PROVIDERS, WebService
from geodata.schema import TABLES
from layers.filters import NATION, Filters

Progress = Callable[[float, str], None]


def add_parsers(add: Add, words: Gettext) -> None:
    """Add the command."""
    one = add("geocode", words("按地址为尚无位置的行找位置；不加 --accept 只列出，不改动图册"), with_json=True)
    one.add_argument(
        "--table",
        default=placing.PLACED[0],
        choices=placing.PLACED,
        metavar="TABLE",
        help=words("表名：{names}").format(names=", ".join(placing.PLACED)),
    )
    one.add_argument("--place", default=NATION, help=words("六位行政区划代码，默认全国"))
    one.add_argument(
        "--provider",
        default=geocoding.OFFLINE,
        choices=(geocoding.OFFLINE, *PROVIDERS),
        help=words("offline：图册已知的地名和地址，不联网；或设置里的网络服务，地址和所属市、区县会发给它"),
    )
    one.add_argument(
        "--accept",
        choices=[level for level in LEVELS if level != UNKNOWN],
        help=words("采用不低于这一级、在所属区县内、没有别的可能的位置，记为一批"),
    )
    one.add_argument("--author", help=words("操作人，默认为系统用户名"))


def geocoded(
    options: argparse.Namespace, settings: Settings, source: AtlasSource, progress: Progress
) -> dict[str, Any]:
    """Find points and, where asked to, keep them; return what was found.

    Returns
    -------
    dict
        ``table``, ``provider``, ``unplaced``, ``found``, ``stopped`` (what ended the search early, or None),
        ``answers`` (``key``, ``name``, ``lon``, ``lat``, ``level``, ``confidence``, ``doubt``, ``others``,
        ``accepted``) and ``batch_id``.

    Raises
    ------
    AtlasError
        The settings name no such service.
    """
    atlas, filters = source.atlas(), Filters(place=options.place)
    stopped = None
    if options.provider != geocoding.OFFLINE:
        access = settings.geocoding
        if access is None or access.provider != options.provider:
            raise AtlasError(
                N_("设置里没有服务 {provider}：请设 ATLAS_GEOCODER={provider} 和 ATLAS_GEOCODER_KEY。"),
                provider=options.provider,
            )
        asked = queue_of(settings, atlas, options.table, filters, "", "")
        queries = [one for one in placing.queries(asked.frame, atlas.places) if one.text]
        try:
            for done, _ in enumerate(WebService(access, geocoding.folder(settings)).locate(queries), 1):
                progress(done / len(queries), N_("正在按地址找位置"))
        except GeocodingError as error:  # what was found before is kept, and listed
            stopped = error
    found = queue_of(settings, atlas, options.table, filters, "", options.provider)
    key = TABLES[options.table].key
    nobody = {"spots": {}, "skipped": []}
    chosen = dict(found.choosable(options.accept, nobody, key)[: placing.MOST]) if options.accept else {}
    batch = None
    if chosen:
        words = Words("zh", str)
        file = f"geocode {geocoding.way_names(words)[options.provider]} {len(chosen)}"
        spots = {name: placing.Spot(one.lon, one.lat, one.illustrative) for name, one in chosen.items()}  # ty: ignore[invalid-argument-type] - only what is found is chosen
        batch = geocoding.kept(source.store(), atlas, options.table, spots, options.author or user(), file)
    names = found.frame["name"].tolist() if "name" in found.frame else [""] * len(found.frame)
    return {
        "table": options.table,
        "provider": options.provider,
        "unplaced": found.total,
        "looked_at": min(found.total, ASKED),
        "found": sum(bool(one and one.found) for one in found.answers),
        "accepted": len(chosen),
        "batch_id": batch.batch_id if batch else None,
        "stopped": stopped,
        "answers": [
            {
                "key": name,
                "name": title,
                "lon": one.lon,
                "lat": one.lat,
                "level": one.level,
                "confidence": one.confidence,
                "doubt": doubt,
                "others": one.others,
                "illustrative": one.illustrative,
                "accepted": name in chosen,
            }
            for name, title, one, doubt in zip(
                found.frame[key].tolist(), names, found.answers, found.doubts, strict=True
            )
            if one and one.found
        ],
    }
