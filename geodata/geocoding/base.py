"""What every way from an address to a point has in common:
the question, the answer, its level, and what may go wrong.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from geodata.errors import N_, AtlasError

#: How closely an answer names a place, the closest first: the door itself (a house number, a point of interest, a row
#: of the same address), a crossing or a compound of houses, a street, a quarter or a village, a county, something
#: wider, unknown.
HOUSE, ADDRESS, CROSSING, STREET, ZONE, COUNTY, WIDER, UNKNOWN = (
    "house",
    "address",
    "crossing",
    "street",
    "zone",
    "county",
    "wider",
    "unknown",
)
LEVELS = (HOUSE, ADDRESS, CROSSING, STREET, ZONE, COUNTY, WIDER, UNKNOWN)
_BLANK = re.compile(r"[\s,，。;；、]+")


@dataclass(frozen=True, slots=True)
class Query:
    """One question. Nothing else of a row is ever sent.

    Attributes
    ----------
    address : str
        As the row has it; empty: there is nothing to ask by.
    adcode : str
        County in which it should lie (GB/T 2260).
    county, city : str
        Names of that county and of what it lies in; empty where unknown.
    name : str
        Name of the row, for ways that look into the atlas alone; a web service never gets it.
    """

    address: str
    adcode: str = ""
    county: str = ""
    city: str = ""
    name: str = ""

    @property
    def text(self) -> str:
        """The address with the names of county and city before it, each once: ``厦门市思明区湖滨南路 1 号``."""
        rest = tidy(self.address)
        for part in (self.city, self.county):
            rest = rest.removeprefix(part) if part else rest
        return f"{self.city}{self.county}{rest}" if rest else ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one question.

    Attributes
    ----------
    lon, lat : float or None
        Degrees, WGS-84; None: nothing was found.
    provider : str
        Who says so.
    level : str
        One of :data:`LEVELS`.
    said : str
        The level in the provider's own word.
    confidence : float or None
        0 to 1, as the provider says; None where it says nothing.
    matched : str
        What was found, where the provider tells.
    others : int
        Further places that would fit as well.
    illustrative : bool
        Whether it stands on something made up (a sketched street zone): a point taken from it is made up too.
    """

    lon: float | None
    lat: float | None
    provider: str
    level: str = UNKNOWN
    said: str = ""
    confidence: float | None = None
    matched: str = ""
    others: int = 0
    illustrative: bool = False

    @property
    def found(self) -> bool:
        """Whether there is a point."""
        return self.lon is not None and self.lat is not None


class Geocoder(Protocol):
    """A way from addresses to points.

    Attributes
    ----------
    name : str
        For the cache, the log and messages.
    datum : str
        What its answers are given in, of :data:`geodata.datum.DATUMS`; :class:`Answer` holds WGS-84 always.
    """

    name: str
    datum: str

    def locate(self, queries: Sequence[Query]) -> Iterator[Answer]:
        """Yield one answer a query, in order, each as soon as it is there.

        Raises
        ------
        GeocodingError
            What makes it useless to go on; the answers given before hold.
        """
        ...


class GeocodingError(AtlasError):
    """A service that does not answer, or not to us.

    Attributes
    ----------
    retry : bool
        Whether it may be otherwise in a moment.
    """

    retry = False


class BusyError(GeocodingError):
    """Too many requests at once, a time-out, a fault of the service: it may be otherwise in a moment."""

    retry = True


class QuotaError(GeocodingError):
    """What may be asked is used up: of the service, or of the limit that the settings name."""


class KeyRefusedError(GeocodingError):
    """The key is not valid, or not for this."""


class AnswerError(GeocodingError):
    """An answer that is not what is documented."""


#: What people are told of each, by kind.
TOLD: dict[type[GeocodingError], str] = {
    QuotaError: N_("{service}的配额用完了（{code} {info}）：已找到的都留着，明天可接着找。"),
    BusyError: N_("{service}说太忙或请求太频繁（{code} {info}）：请稍后再试，或调小每秒次数。"),
    KeyRefusedError: N_("{service}不认这把密钥（{code} {info}）：请核对密钥和它允许的服务、来源地址。"),
    AnswerError: N_("{service}没有给出结果（{code} {info}）：请把这个代码告诉管理员。"),
}


def refusal(kind: type[GeocodingError], service: str, code: object, info: str) -> GeocodingError:
    """Return the error that a service answered with, of a `kind` of :data:`TOLD`: its code and its own words."""
    return kind(TOLD[kind], service=service, code=code, info=info)


def no_result(service: str) -> AnswerError:
    """Return the error of an answer without the part that holds results."""
    return AnswerError(N_("{service}的回答里没有结果一项，接口可能变了：请告诉管理员。"), service=service)


def share_of(percent: object) -> float | None:
    """Return a percentage of an answer as a share from 0 to 1; None where it is no number."""
    try:
        return min(1.0, max(0.0, float(percent) / 100))  # ty: ignore[invalid-argument-type] - that is asked here
    except (TypeError, ValueError):
        return None


def at_least(level: str, wanted: str) -> bool:
    """Return whether `level` names a place at least as closely as `wanted`."""
    return LEVELS.index(level) <= LEVELS.index(wanted)


def tidy(text: str) -> str:
    """Return an address or name as one run of characters: full width as half, without blanks and stops."""
    return _BLANK.sub("", unicodedata.normalize("NFKC", text))


def in_china(lon: float, lat: float) -> bool:
    """Return whether degrees are somewhere near China, so that nonsense is not taken for a place."""
    return 70 <= lon <= 138 and 0 <= lat <= 56
