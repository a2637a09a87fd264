"""The atlas as of a past day: whose day it is, when it ends, and what there is to say of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from geodata.errors import N_, AtlasError
from geodata.message import Message
from geodata.store.batch import CHINA_TIME
from layers.atlas import Atlas
from layers.filters import Filters


def today() -> date:
    """Return the day that it is in China."""
    return datetime.now(CHINA_TIME).date()


def end_of(day: date) -> str:
    """Return the last moment of a day in China as ISO time, UTC."""
    return datetime.combine(day, time.max, CHINA_TIME).astimezone(UTC).isoformat(timespec="microseconds")


def day_of(text: str) -> date:
    """Return the past or present day that a command names.

    Raises
    ------
    AtlasError
        When it is no ISO date, or has not come yet.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise AtlasError(N_("日期“{got}”不可用：请写成 2026-11-20。"), got=text) from error
    if day > today():
        raise AtlasError(
            N_("{day} 还没有到：请给今天（{today}）或更早的日期。"), day=day.isoformat(), today=today().isoformat()
        )
    return day


def clamped(filters: Filters) -> tuple[Filters, tuple[Message, ...]]:
    """Return filters whose day has come, and a word to the reader where it has not."""
    if filters.as_of is None or filters.as_of <= today():
        return filters, ()
    return filters.having(as_of=None), (
        Message(N_("{day} 还没有到，显示的是现在的图册。"), {"day": filters.as_of.isoformat()}),
    )


def before_the_first(atlas: Atlas, filters: Filters) -> tuple[Message, ...]:
    """Return a word to the reader when the day asked for lies before the atlas was first built."""
    if filters.as_of is None:
        return ()
    built = (
        datetime.fromisoformat(atlas.meta["built_at"]).astimezone(CHINA_TIME).date()
        if "built_at" in atlas.meta
        else None
    )
    if built is None or filters.as_of >= built:
        return ()
    return (
        Message(
            N_("图册建于 {built}，更早没有存档：显示的是最初的内容，按 {day} 的有效期筛选。"),
            {"built": built.isoformat(), "day": filters.as_of.isoformat()},
        ),
    )
