"""Filters: the one typed, frozen, hashable choice of what to look at.

URL, map, charts, tables, exports and the command line all pass this one value.
It holds only choices; what they mean is said by the layer that reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from types import MappingProxyType
from typing import Any, Self

from geodata.errors import N_, AtlasError

NATION = "100000"
#: Layers of the map → their names for people, in the order in which they are offered.
LAYERS: Mapping[str, str] = MappingProxyType(
    {
        "grids": N_("区域与网格"),
        "enterprises": N_("企业"),
        "stations": N_("工会驿站"),
        "fairs": N_("招聘会"),
        "activities": N_("活动"),
        "demand": N_("驿站需求"),
        "flows": N_("跨市就业"),
    }
)
PROVENANCES = ("reported", "derived", "illustrative")
MODES = ("onsite", "livestream")
MEASURES = ("auto", "enterprises", "stations")
STRAIGHT, NETWORK = "straight", "network"
WAYS = (STRAIGHT, NETWORK)
LANGUAGES = ("zh", "en")
THEMES = ("light", "dark")
BASES = ("auto", "paper", "streets")
FLOOR = "floor"
PROXIES = ("poi", FLOOR)
RADIUS_M = (50, 10_000)
DETOUR = (1.0, 3.0)
MAX_AREA_VERTICES = 40


@dataclass(frozen=True, slots=True)
class Filters:
    """What to look at. Every field has a default that means "all" or "usual".

    An empty set is empty: no layer is drawn, nothing of any provenance or kind counts. (No facility that a station must
    have is no demand on stations.) Where "all" cannot be listed, since the atlas says what there is, it is None.

    Attributes
    ----------
    place : str
        Six-digit GB/T 2260 code; ``100000`` is the whole nation.
    region, grid : str or None
        Work region (or street zone) and grid below the county.
    layers : frozenset of str
        Layers drawn on the map, of :data:`LAYERS`.
    start, end : date or None
        First and last day of what happened (fairs, activities), inclusive.
    hour : int or None
        Hour of the day 0-23 at which a station must be open; None: any.
    day : int
        ISO weekday 1 (Monday) to 7 on which `hour` is asked.
    facilities : frozenset of str
        Facilities that a station must all have.
    always : bool
        Only stations open 24 hours on every day.
    inspected_days : int or None
        A station counts as effective only when inspected within so many days
        of the data date; None: not asked.
    sectors : frozenset of str or None
        Fair sectors, any of which must be present; None: all fairs, empty: none.
    mode : str or None
        Fair mode, of :data:`MODES`; None: all.
    kinds : frozenset of str or None
        Activity kinds; None: all, empty: none.
    provenance : frozenset of str
        Provenances that count, of :data:`PROVENANCES`.
    worker_group : str or None
        Worker group whose demand is weighed; None: all together.
    proxy : str
        By what demand is weighed, of :data:`PROXIES`: premises (and what was brought in), or floor area.
    radius : int
        Service radius along the way, metres.
    way : str or None
        How one walks, of :data:`WAYS`: straight × `detour`, or along the walking network;
        None: along the network where there is one (:mod:`layers.way` decides).
    detour : float
        Way walked divided by straight line, without unit.
    measure : str
        What the coverage chart measures, of :data:`MEASURES`.
    station, fair : str or None
        The station and the fair chosen by a click.
    area : tuple of (float, float)
        Lasso on the map: longitude, latitude in degrees (WGS-84); empty: none.
    as_of : date or None
        Show the atlas as it stood at the end of this day in China; None: as it is.
    lang : str
        Language of the reader, of :data:`LANGUAGES`.
    theme : str
        Paper or wall, of :data:`THEMES`.
    base : str
        What lies under the data, of :data:`BASES`: streets, bare paper, or streets where there are some.
    """

    place: str = NATION
    region: str | None = None
    grid: str | None = None
    layers: frozenset[str] = frozenset(LAYERS)
    start: date | None = None
    end: date | None = None
    hour: int | None = None
    day: int = 3
    facilities: frozenset[str] = frozenset()
    always: bool = False
    inspected_days: int | None = None
    sectors: frozenset[str] | None = None
    mode: str | None = None
    kinds: frozenset[str] | None = None
    provenance: frozenset[str] = frozenset(PROVENANCES)
    worker_group: str | None = None
    proxy: str = "poi"
    radius: int = 500
    way: str | None = None
    detour: float = 1.3
    measure: str = "auto"
    station: str | None = None
    fair: str | None = None
    area: tuple[tuple[float, float], ...] = ()
    as_of: date | None = None
    lang: str = "zh"
    theme: str = "light"
    base: str = "auto"

    def __post_init__(self) -> None:
        if not RADIUS_M[0] <= self.radius <= RADIUS_M[1]:
            raise AtlasError(
                N_("服务半径 {got} 米不可用：请给 {low} 到 {high} 之间的米数。"),
                got=self.radius,
                low=RADIUS_M[0],
                high=RADIUS_M[1],
            )
        if not DETOUR[0] <= self.detour <= DETOUR[1]:
            raise AtlasError(
                N_("绕行系数 {got} 不可用：请给 {low} 到 {high} 之间的数。"),
                got=self.detour,
                low=DETOUR[0],
                high=DETOUR[1],
            )
        if self.way not in (None, *WAYS):
            raise AtlasError(N_("走法 {got} 不可用：可用 {known}。"), got=self.way, known="、".join(WAYS))
        if self.hour is not None and not 0 <= self.hour <= 23:
            raise AtlasError(N_("时刻 {got} 不可用：请给 0 到 23 的整点。"), got=self.hour)
        if not 1 <= self.day <= 7:
            raise AtlasError(N_("星期 {got} 不可用：请给 1（周一）到 7（周日）。"), got=self.day)
        if self.start and self.end and self.start > self.end:
            raise AtlasError(
                N_("起始日期 {start} 晚于截止日期 {end}：请对调或改正。"),
                start=self.start.isoformat(),
                end=self.end.isoformat(),
            )

    @property
    def straight_radius(self) -> float:
        """Radius of the coverage disc in metres, straight line."""
        return self.radius / self.detour

    def having(self, **changes: Any) -> Self:
        """Return a copy with `changes`; the original is never altered."""
        return replace(self, **changes)

    def at_place(self, place: str, region: str | None = None, grid: str | None = None) -> Self:
        """Return a copy that looks at another place: what was chosen inside the old one is dropped."""
        return replace(self, place=place, region=region, grid=grid, station=None, fair=None, area=())


FIELD_NAMES = tuple(field.name for field in fields(Filters))
