"""The controls of the filter rail, each a two-way reading of one field of Filters.

A control's value only changes the filters when it differs from what the
present filters would show: a choice that the rail cannot express (a radius of
700 m, a day inside a month) survives a change of another control.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from dashboard import ids
from dashboard.state import NOTHING
from layers.filters import Filters

#: Value of the entry of a list that means: none of them.
NONE_OF_THEM = NOTHING


Asked = TypeVar("Asked")


@dataclass(frozen=True, slots=True)
class Control(Generic[Asked]):
    """One control: its id, the property that holds its value, and how value and what is asked become each other."""

    id: str
    prop: str
    show: Callable[[Asked], Any]
    take: Callable[[Asked, Any], Asked]


def _sets(field: str, order: Sequence[str] | None = None) -> Control:
    def show(filters: Filters) -> list[str]:
        chosen = getattr(filters, field)
        return [one for one in order if one in chosen] if order else sorted(chosen)

    return Control(
        ids.control(field), "value", show, lambda filters, value: filters.having(**{field: frozenset(value or ())})
    )


def listed(chosen: frozenset[str] | None) -> list[str]:
    """Return what a list of choices shows: all of them is nothing, none of them the entry :data:`NONE_OF_THEM`."""
    return [] if chosen is None else sorted(chosen) or [NONE_OF_THEM]


def chosen_of(value: Sequence[str] | None) -> frozenset[str] | None:
    """Return what a list of choices says: see :func:`listed`. The entry stands alone: what was chosen last counts."""
    if not value:
        return None
    return frozenset() if value[-1] == NONE_OF_THEM else frozenset(value) - {NONE_OF_THEM}


def _list(field: str) -> Control:
    return Control(
        ids.control(field),
        "value",
        lambda filters: listed(getattr(filters, field)),
        lambda filters, value: filters.having(**{field: chosen_of(value)}),
    )


def _one(field: str, kind: Callable[[str], Any] = str) -> Control:
    def show(filters: Filters) -> str:
        value = getattr(filters, field)
        return "" if value is None else str(value)

    def take(filters: Filters, value: str | None) -> Filters:
        return filters.having(**{field: kind(value) if value else None})

    return Control(ids.control(field), "value", show, take)


def _place() -> Control:
    def take(filters: Filters, value: str | None) -> Filters:
        return filters.at_place(value) if value else filters

    return Control(ids.control("place"), "value", lambda filters: filters.place, take)


def _day(field: str) -> Control:
    def take(filters: Filters, value: str) -> Filters:
        try:
            return filters.having(**{field: date.fromisoformat(value[:10]) if value else None})
        except ValueError:  # half a date, still being typed
            return filters

    return Control(
        ids.control(field),
        "value",
        lambda filters: getattr(filters, field).isoformat() if getattr(filters, field) else "",
        take,
    )


def month_control(months: Sequence[str]) -> Control:
    """Return the control of the time slider over `months` (``YYYY-MM``, in order)."""
    last = len(months) - 1

    def show(filters: Filters) -> list[int]:
        low = next((i for i, month in enumerate(months) if filters.start and month >= f"{filters.start:%Y-%m}"), 0)
        high = next((i for i in range(last, -1, -1) if filters.end and months[i] <= f"{filters.end:%Y-%m}"), last)
        return [min(low, high), high]

    def take(filters: Filters, value: Sequence[int]) -> Filters:
        low, high = (max(0, min(last, int(one))) for one in value)
        year, month = (int(part) for part in months[high].split("-"))
        return filters.having(
            start=None if low == 0 else date.fromisoformat(f"{months[low]}-01"),
            end=None if high == last else date(year, month, monthrange(year, month)[1]),
        )

    return Control(ids.MONTHS, "value", show, take)


def controls(months: Sequence[str]) -> tuple[Control, ...]:
    """Return every control of the page, in the order in which callbacks list them."""
    from layers.filters import LAYERS, PROVENANCES

    return (
        _place(),
        _sets("layers", tuple(LAYERS)),
        _one("hour", int),
        _one("day", int),
        _sets("facilities"),
        Control(
            ids.control("always"),
            "checked",
            lambda filters: filters.always,
            lambda filters, value: filters.having(always=bool(value)),
        ),
        _one("inspected_days", int),
        _one("radius", int),
        _one("way"),
        _one("worker_group"),
        _one("proxy"),
        _list("sectors"),
        _one("mode"),
        _list("kinds"),
        _sets("provenance", PROVENANCES),
        _one("measure"),
        _day("as_of"),
        month_control(months),
    )


def taken(filters: Filters, values: Sequence[Any], listed: Sequence[Control]) -> Filters:
    """Return `filters` with the values of all controls that say something else than `filters` does;
    what no control of ours shows leaves them as they are.
    """
    changed = filters
    for control, value in zip(listed, values, strict=True):
        shown = control.show(filters)
        if value is not None and value != shown and _alike(value, shown):
            with suppress(ValueError):
                changed = control.take(changed, value)
    return changed


def _alike(value: Any, shown: Any) -> bool:
    """Return whether a value is of the kind that its control shows."""
    if isinstance(value, list) and isinstance(shown, list):
        return all(type(one) is type(shown[0] if shown else "") for one in value)
    return type(value) is type(shown)
