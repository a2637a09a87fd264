"""The query string of an address: taken apart, put together, its values and the fields of an object made of each other.

A set that is empty is written ``none`` (and read from an empty value too).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from geodata.errors import N_, AtlasError
from geodata.message import Message

NOTHING = "none"
ECHO = 24
Points = tuple[tuple[float, float], ...]


def pairs(query: str | None) -> list[tuple[str, str]]:
    """Return key and value of each part of a query string (with or without its ``?``), in their order."""
    return parse_qsl((query or "").removeprefix("?"), keep_blank_values=True, errors="replace")


def values(query: str | None) -> dict[str, str]:
    """Return the value of each key; of one that comes twice the last."""
    return dict(pairs(query))


def text(parts: Mapping[str, str] | Iterable[tuple[str, str]]) -> str:
    """Return a query string with its ``?``; ``""`` where there are no parts."""
    written = urlencode(dict(parts))
    return "?" + written if written else ""


def joined(*queries: str) -> str:
    """Return one query string of several, with its ``?``; ``""`` where all are empty."""
    said = "&".join(part for one in queries if (part := one.removeprefix("?")))
    return "?" + said if said else ""


@dataclass(frozen=True, slots=True)
class Codec:
    """How a field and the text of its key become each other.

    Attributes
    ----------
    field : str
    read : callable
        Raises ValueError, OverflowError or AtlasError where it cannot be used.
    write : callable
    """

    field: str
    read: Callable[[str], Any]
    write: Callable[[Any], str] = str


def optional(field: str, read: Callable[[str], Any], write: Callable[[Any], str] = str) -> Codec:
    """Return the codec of a field that may be None: an empty value,
    which only an address says whose default is another.
    """
    return Codec(
        field, lambda given: read(given) if given else None, lambda value: "" if value is None else write(value)
    )


def flag(field: str) -> Codec:
    """Return the codec of what is on or off."""
    return Codec(field, lambda given: one_of("1", "0")(given) == "1", lambda on: "1" if on else "0")


def one_of(*allowed: str) -> Callable[[str], str]:
    """Return the reader of one of some words."""

    def read(given: str) -> str:
        if given not in allowed:
            raise ValueError(given)
        return given

    return read


def within(low: float, high: float, kind: type) -> Callable[[str], Any]:
    """Return the reader of a number from `low` to `high`."""

    def read(given: str) -> Any:
        number = kind(given)
        if not low <= number <= high:
            raise ValueError(given)
        return number

    return read


def points(fewest: int, most: int) -> Callable[[str], Points]:
    """Return the reader of `fewest` to `most` points in degrees, ``lon_lat_lon_lat…``; of none ``()``."""

    def read(given: str) -> Points:
        if given in ("", NOTHING):
            return ()
        numbers = [float(part) for part in given.split("_")]
        found = tuple(zip(numbers[::2], numbers[1::2], strict=True))
        if not fewest <= len(found) <= most or not all(-180 <= lon <= 180 and -90 <= lat <= 90 for lon, lat in found):
            raise ValueError(given)
        return found

    return read


def points_text(decimals: int) -> Callable[[Points], str]:
    """Return the writer of points with so many decimals of a degree."""
    return lambda given: "_".join(f"{degree:.{decimals}f}" for point in given for degree in point) or NOTHING


def bad_value(key: str, given: str) -> Message:
    """Return what is told of a value that cannot be used."""
    return Message(N_("地址中的“{key}={value}”不可用，已按默认处理。"), {"key": key, "value": _echo(given)})


def _echo(given: str) -> str:
    return given if len(given) <= ECHO else given[:ECHO] + "…"


def read(parts: Iterable[tuple[str, str]], codecs: Mapping[str, Codec]) -> tuple[dict[str, Any], list[Message]]:
    """Return the fields that `parts` name, with a notice for each value that cannot be used, and for each that a later
    one of the same key stands in for; other keys are let be.
    """
    fields: dict[str, Any] = {}
    notices: list[Message] = []
    for key, given in parts:
        if (codec := codecs.get(key)) is None:
            continue
        try:
            value = codec.read(given)
            if fields.setdefault(codec.field, value) != value:
                notices.append(
                    Message(N_("地址中“{key}”写了不止一次，取最后一个：{value}。"), {"key": key, "value": _echo(given)})
                )
            fields[codec.field] = value
        except (ValueError, OverflowError, AtlasError):
            notices.append(bad_value(key, given))
    return fields, notices


def written(codecs: Mapping[str, Codec], holder: object, usual: object) -> list[tuple[str, str]]:
    """Return key and value of each field in which `holder` differs from `usual`, in the order of `codecs`."""
    return [
        (key, codec.write(value))
        for key, codec in codecs.items()
        if (value := getattr(holder, codec.field)) != getattr(usual, codec.field)
    ]
