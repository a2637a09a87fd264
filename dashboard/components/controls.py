"""The controls of the filter rail, each a two-way reading of one field of Filters.

A control's value only changes the filters when it differs from what the
present filters would show: a choice that the rail cannot express (a radius of
700 m, a day inside a month) survives a change of another control.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dashboard import ids
from layers.filters import Filters


@dataclass(frozen=True, slots=True)
class Control:
    """One control: its id, the property that holds its value, and how value and filters become each other."""

    id: str
    prop: str
    show: Callable[[Filters], Any]
    take: Callable[[Filters, Any], Filters]


def _sets(field: str, order: Sequence[str] | None = None) -> Control:
    def show(filters: Filters) -> list[str]:
        chosen = getattr(filters, field)
        return [one for one in order if one in chosen] if order else sorted(chosen)

    return Control(
        ids.control(field), "value", show, lambda filters, value: filters.having(**{field: frozenset(value or ())})
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
        _sets("layers", LAYERS),
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
        _one("worker_group"),
        _sets("sectors"),
        _one("mode"),
        _sets("kinds"),
        _sets("provenance", PROVENANCES),
        _one("measure"),
        _day("as_of"),
        month_control(months),
    )


def taken(filters: Filters, values: Sequence[Any], listed: Sequence[Control]) -> Filters:
    """Return `filters` with the values of all controls that say something else than `filters` does."""
    changed = filters
    for control, value in zip(listed, values, strict=True):
        if value is not None and value != control.show(filters):
            changed = control.take(changed, value)
    return changed
