"""A web service as a :class:`geodata.geocoding.base.Geocoder`:
cached, within its rate, asked again when busy, called off at any moment.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType, ModuleType
from urllib.parse import urlsplit

from geodata import datum
from geodata.geocoding import amap, baidu, tianditu
from geodata.geocoding.base import Answer, Query, in_china
from geodata.geocoding.cache import Cache
from geodata.geocoding.http import TIMEOUT_SECONDS, get, opener, patiently
from geodata.geocoding.rate import Rate

PROVIDERS: Mapping[str, ModuleType] = MappingProxyType({one.NAME: one for one in (tianditu, amap, baidu)})
DECIMALS = 6  # about 0.1 m


@dataclass(frozen=True, slots=True)
class Access:
    """How a service is reached.

    Attributes
    ----------
    provider : str
        Of :data:`PROVIDERS`.
    key : str
        The union's own.
    url : str
        Scheme and host, with a path that stands before the service's own; empty: the provider's.
    per_second, per_day
        Limits: see :class:`geodata.geocoding.rate.Rate`.
    timeout : float
        Seconds.
    """

    provider: str
    key: str
    url: str = ""
    per_second: float = 3.0
    per_day: int = 5_000
    timeout: float = TIMEOUT_SECONDS

    @property
    def address(self) -> str:
        """Address that is asked, without a query."""
        provider = PROVIDERS[self.provider]
        return (self.url or provider.URL).rstrip("/") + provider.PATH

    @property
    def host(self) -> str:
        """Host that addresses are sent to."""
        return urlsplit(self.address).netloc

    def __repr__(self) -> str:
        return f"Access({self.provider!r}, host={self.host!r})"  # never the key


class WebService:
    """One service with a cache and a rate of a home.

    Parameters
    ----------
    access : Access
    folder : Path
        Where cache and rate are kept.
    cancelled : callable
        Whether somebody has had enough; asked often.
    sleep : callable
        Waiting.
    """

    def __init__(
        self,
        access: Access,
        folder: Path,
        cancelled: Callable[[], bool] = lambda: False,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = access.provider
        self._provider = PROVIDERS[access.provider]
        self.datum: str = self._provider.DATUM
        self._access, self._cancelled, self._sleep = access, cancelled, sleep
        self._opener = opener()
        self._cache = cache_of(folder)
        self._rate = Rate(folder / f"rate-{access.provider}.json", access.per_second, access.per_day, sleep=sleep)

    def locate(self, queries: Sequence[Query]) -> Iterator[Answer]:
        """Yield one answer a query, in order; ends early when called off. What is known already is not asked for."""
        for query, known in zip(queries, self._cache.get(self.name, queries), strict=True):
            if self._cancelled():
                return
            if known is None and query.text:
                (known,) = self._cache.get(self.name, [query])  # the same address may have come earlier in this list
            if known is not None or not query.text:
                yield known or Answer(None, None, self.name)
                continue
            answer = patiently(lambda query=query: self._ask(query), self._cancelled, self._sleep)
            if answer is None:
                return
            self._cache.put(self.name, query, answer)
            yield answer

    def _ask(self, query: Query) -> Answer | None:
        """Return the answer of the service; None when called off."""
        if not self._rate.take(self._cancelled):
            return None
        parameters = self._provider.parameters(query, self._access.key)
        said = get(self._opener, self._access.address, parameters, self._access.timeout)
        return self._as_wgs84(self._provider.answer(said))

    def _as_wgs84(self, answer: Answer) -> Answer:
        if answer.lon is None or answer.lat is None or not in_china(answer.lon, answer.lat):
            return replace(answer, lon=None, lat=None)
        lon, lat = datum.to_wgs84([answer.lon], [answer.lat], self.datum)
        return replace(answer, lon=round(float(lon[0]), DECIMALS), lat=round(float(lat[0]), DECIMALS))


def cache_of(folder: Path) -> Cache:
    """Return the cache of all services of a home."""
    return Cache(folder / "answers.sqlite3")
