"""Filters that the present atlas can answer: what it does not hold is set back, with a word to the reader."""

from __future__ import annotations

from geodata.codes import labels
from geodata.errors import N_, AtlasError
from geodata.message import Message
from layers import kinds, places, way
from layers.atlas import Atlas
from layers.filters import NATION, NETWORK, Filters

VOCABULARIES = {"facilities": "facility", "sectors": "sector"}


def validated(atlas: Atlas, filters: Filters) -> tuple[Filters, tuple[Message, ...]]:
    """Return `filters` as far as `atlas` holds what they name, and a notice for each thing it does not."""
    notices: list[Message] = []
    for fallback in ({}, {"region": None, "grid": None}, {"place": NATION, "region": None, "grid": None}):
        tried = filters.having(**fallback)
        try:
            places.scope(atlas, tried)
        except AtlasError as error:
            notices.append(error.message)
        else:
            filters = tried
            break
    known = {field: set(labels(vocabulary)) for field, vocabulary in VOCABULARIES.items()} | {
        "kinds": {one.kind for one in kinds.of(atlas)}
    }
    for field, codes in known.items():
        chosen = getattr(filters, field) or frozenset()
        unknown = sorted(chosen - codes)
        if unknown:
            notices.append(Message(N_("不认识的选项 {got}，已忽略。"), {"got": "、".join(unknown[:3])}))
            # a choice of nothing but what there is not is ignored as a whole: it did not ask for nothing
            left = chosen - set(unknown) or getattr(Filters(), field)
            filters = filters.having(**{field: left})
    if filters.worker_group and filters.worker_group not in labels("worker_group"):
        notices.append(Message(N_("不认识的选项 {got}，已忽略。"), {"got": filters.worker_group}))
        filters = filters.having(worker_group=None)
    for field, table, key in (("station", "stations", "station_id"), ("fair", "fairs", "fair_id")):
        chosen = getattr(filters, field)
        if chosen and chosen not in atlas.rows_by(table, key):
            notices.append(Message(N_("没有编号为 {got} 的记录，已忽略。"), {"got": chosen}))
            filters = filters.having(**{field: None})
    if filters.way == NETWORK and way.along(atlas, filters) is None:
        notices.append(way.why_straight(atlas, filters) or way.said(None, filters))
    return filters, tuple(dict.fromkeys(notices))
