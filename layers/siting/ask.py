"""Ask: what is asked of the planner in a place of the atlas, beside the filters that say where and whom."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np

from geodata.errors import N_, AtlasError
from geodata.hours import parse as parse_opening
from geodata.message import Message
from layers.filters import PROXIES
from layers.siting.solver import COVERAGE_MODELS, MODELS

#: Where candidates come from: the table of the place when it has one and else a grid · the table · a grid over the land
#: · the points of another table · only points that were set by hand.
AUTO, TABLE, GRID, ENTERPRISES, ACTIVITIES, POINTS = "auto", "table", "grid", "enterprises", "activities", "points"
SOURCES = (AUTO, TABLE, GRID, ENTERPRISES, ACTIVITIES, POINTS)
STEP_M = (50, 5_000)
MOST_NEW, MOST_POINTS, MOST_MARKS = 200, 60, 60
DECIMALS = 5
#: What may be asked: where new stations go · which close or move · which to open round the clock · no zone left behind
#: · in which order over the years · how many people a station can hold · who comes from how far, and finds it open
#: · what is good for several demands · how sure the plan is.
WHERE, CHANGE, UPGRADE, FAIR, STAGES, SURE = "where", "change", "upgrade", "fair", "stages", "sure"
CAPACITY, ATTENDANCE, DEMANDS = "capacity", "attendance", "demands"
#: The fields of an Ask that belong to one question alone.
FIELDS = {
    WHERE: (),
    CHANGE: ("close", "move", "move_within", "keep"),
    UPGRADE: ("upgrade", "upgrade_cost"),
    FAIR: ("zone_share",),
    STAGES: ("stages",),
    CAPACITY: ("capacity", "single_source"),
    ATTENDANCE: ("near", "open_share"),
    DEMANDS: ("demands", "least_regret"),
    SURE: ("draws",),
}
#: What a question begins with.
BEGIN: dict[str, dict[str, Any]] = {
    WHERE: {"new": 8},
    CHANGE: {"new": 0, "move": 2},
    UPGRADE: {"new": 0, "upgrade": 5},
    FAIR: {"new": 8, "zone_share": 0.2},
    STAGES: {"new": None, "stages": (3, 3, 2)},
    CAPACITY: {"new": 8, "capacity": 30.0},
    ATTENDANCE: {"new": 8, "near": 200.0},
    DEMANDS: {"new": 8, "demands": ("rider*2",)},
    SURE: {"new": 8, "draws": 200},
}
MOST_CHANGED = 60
#: What questions and their own fields are called.
NAMES = {
    WHERE: N_("建在哪"),
    CHANGE: N_("撤并迁移"),
    UPGRADE: N_("升级"),
    FAIR: N_("公平"),
    STAGES: N_("分期"),
    CAPACITY: N_("容量"),
    ATTENDANCE: N_("到场"),
    DEMANDS: N_("几种需求"),
    SURE: N_("把握"),
    "close": N_("撤并几处"),
    "move": N_("至多迁移几处"),
    "move_within": N_("迁移不超过（米）"),
    "keep": N_("不得撤迁的驿站"),
    "upgrade_cost": N_("升级每处费用（元）"),
    "zone_share": N_("每个街道至少"),
    "stages": N_("各期新建几处"),
    "capacity": N_("每处容量（需求权重）"),
    "single_source": N_("每格只由一处服务"),
    "near": N_("多近都会来（米）"),
    "open_share": N_("遇到开门的可能"),
    "least_regret": N_("最大的遗憾最小"),
    "draws": N_("需求重抽几次"),
}
#: What is said of a number that cannot be used, in the words of the page.
COUNTED = {
    "close": N_("“撤并几处”不能是 {got}：请给 0 到 {high} 的整数。"),
    "move": N_("“至多迁移几处”不能是 {got}：请给 0 到 {high} 的整数。"),
    "upgrade": N_("“至多升级几处”不能是 {got}：请给 0 到 {high} 的整数。"),
}
AMOUNTS = {
    "budget": N_("“预算上限”不能是 {got}：请给不小于 0 的元数。"),
    "cost": N_("“每站费用”不能是 {got}：请给不小于 0 的元数。"),
    "spacing": N_("“最小间距”不能是 {got}：请给不小于 0 的米数。"),
    "move_within": N_("“迁移不超过”不能是 {got}：请给不小于 0 的米数。"),
    "upgrade_cost": N_("“升级每处费用”不能是 {got}：请给不小于 0 的元数。"),
    "capacity": N_("“每处容量”不能是 {got}：请给大于 0 的需求权重。"),
    "near": N_("“多近都会来”不能是 {got}：请给 0 到服务半径之间的米数。"),
}
MOST_STAGES, MOST_DRAWS, MOST_DEMANDS = 6, 500, 6
ALWAYS = "24/7"
_SPAN = re.compile(r"(\d{1,2})(?:-(\d{1,2}))?\Z")
#: A group of workers that weighs so many times as much.
GROWTH = re.compile(r"([^*~]{1,60})\*(\d{1,6}(?:\.\d{1,6})?)\Z")
_POINT = re.compile(r"p(\d{1,8})-(\d{1,8})\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is wished for; the place, demand group, radius and detour are in :class:`~layers.filters.Filters`.

    Attributes
    ----------
    model : str
        ``mclp``, ``lscp``, ``pmedian`` or ``pcenter``.
    new : int or None
        Most new sites.
    budget : float or None
        Most that the new sites may cost together, yuan.
    cost : float or None
        Cost of a candidate that names none, yuan.
    spacing : float or None
        Least straight distance between two sites of which one is new, metres.
    cover : int
        In how many sites' reach a demand cell must be to count (coverage models).
    hours : tuple of int or None
        Hours of the day that count, 0 to 23; None: hours do not matter.
    opening : str
        Opening hours of the new sites, as :mod:`geodata.hours` reads them.
    source : str
        Where candidates come from, of :data:`SOURCES`.
    step : int
        Spacing of the grid of candidates, metres.
    points : tuple of (float, float)
        Candidates set by hand: longitude, latitude in degrees (WGS-84), with :data:`DECIMALS` decimals.
    force, forbid : tuple of str
        Candidates that must, or must not, be chosen, by id.
    question : str
        What is asked, of :data:`FIELDS`; a field of another question is an error.
    close : int
        How many of the stations that stand close, beside those that move.
    move : int
        Most of them that move: one closes, another opens, beyond `new`.
    move_within : float or None
        Longest straight way of a move, metres.
    keep : tuple of str
        Stations that neither close nor move, by id.
    upgrade : int
        Most stations that change to being open round the clock.
    upgrade_cost : float or None
        Of each, yuan.
    zone_share : float or None
        Least part of the demand of every street zone to be reached, 0 to 1; None: the worst zone is raised first.
    stages : tuple of int
        New sites of each stage, in their order.
    capacity : float or None
        Most demand weight that a station serves, one that stands and a new one alike.
    single_source : bool
        Under it one station serves a demand cell as a whole; otherwise several may share it.
    near : float or None
        Up to which way everybody comes, metres; from there to the radius attendance falls in a straight line to
        nothing. None: whole within the radius.
    open_share : float
        Probability that a station is found open, above 0, at most 1.
    demands : tuple of str
        Demands that a plan has to be good for beside the present one: ``GROUP*1.5``, or another proxy.
    least_regret : bool
        The greatest regret is to be least; otherwise the least share that is covered is to be greatest.
    draws : int
        How often demand is drawn anew.
    """

    model: str = "mclp"
    new: int | None = 8
    budget: float | None = None
    cost: float | None = None
    spacing: float | None = None
    cover: int = 1
    hours: tuple[int, ...] | None = None
    opening: str = ALWAYS
    source: str = AUTO
    step: int = 250
    points: tuple[tuple[float, float], ...] = ()
    force: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()
    question: str = WHERE
    close: int = 0
    move: int = 0
    move_within: float | None = None
    keep: tuple[str, ...] = ()
    upgrade: int = 0
    upgrade_cost: float | None = None
    zone_share: float | None = None
    stages: tuple[int, ...] = ()
    capacity: float | None = None
    single_source: bool = False
    near: float | None = None
    open_share: float = 1.0
    demands: tuple[str, ...] = ()
    least_regret: bool = False
    draws: int = 0

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise AtlasError(
                N_("没有“{got}”这种模型：请用 {allowed} 之一。"), got=self.model, allowed=", ".join(MODELS)
            )
        if self.source not in SOURCES:
            raise AtlasError(
                N_("没有“{got}”这种备选点：请用 {allowed} 之一。"), got=self.source, allowed=", ".join(SOURCES)
            )
        if self.new is not None and not 0 <= self.new <= MOST_NEW:
            raise AtlasError(N_("新增数 {got} 不可用：请给 0 到 {high} 的整数。"), got=self.new, high=MOST_NEW)
        if not STEP_M[0] <= self.step <= STEP_M[1]:
            raise AtlasError(
                N_("网格间距 {got} 米不可用：请给 {low} 到 {high} 之间的米数。"),
                got=self.step,
                low=STEP_M[0],
                high=STEP_M[1],
            )
        for name in AMOUNTS:
            value = getattr(self, name)
            if value is not None and not (np.isfinite(value) and value >= 0):
                raise AtlasError(AMOUNTS[name], got=value)
        if self.capacity == 0:
            raise AtlasError(AMOUNTS["capacity"], got=0)
        if self.hours is not None and (not self.hours or not all(0 <= hour <= 23 for hour in self.hours)):
            raise AtlasError(N_("时段“{got}”不可用：请按 22-6 或 8-12,14-18 的样子给出整点。"), got=self.hours)
        if self.cover < 1 or (self.cover > 1 and self.model not in COVERAGE_MODELS):
            raise AtlasError(N_("覆盖次数 {got} 不可用：请给不小于 1 的整数。"), got=self.cover)
        if len(self.points) > MOST_POINTS or len(self.force) + len(self.forbid) > MOST_MARKS:
            raise AtlasError(N_("手工点位或标记超过 {limit} 个：请改用备选点表。"), limit=MOST_POINTS)
        parse_opening(self.opening)
        self._check_question()

    def _check_question(self) -> None:
        if self.question not in FIELDS:
            raise AtlasError(
                N_("没有“{got}”这个问题：请用 {allowed} 之一。"), got=self.question, allowed=", ".join(FIELDS)
            )
        for field in fields(self):
            own = next((one for one, names in FIELDS.items() if field.name in names), self.question)
            if own != self.question and getattr(self, field.name) != field.default:
                raise AtlasError(
                    N_("“{name}”只用于问题“{own}”，不用于“{question}”：请去掉它，或换一个问题。"),
                    name=Message(NAMES[field.name]),
                    own=Message(NAMES[own]),
                    question=Message(NAMES[self.question]),
                )
        if self.question not in (WHERE, CAPACITY) and self.model != MODELS[0]:
            raise AtlasError(
                N_("问题“{question}”只求最大覆盖：请不要另选目标。"), question=Message(NAMES[self.question])
            )
        if self.question != WHERE and self.cover != 1:
            raise AtlasError(
                N_("问题“{question}”每处需求只算覆盖一次：请不要选备份。"), question=Message(NAMES[self.question])
            )
        for name, message in COUNTED.items():
            if not 0 <= getattr(self, name) <= MOST_CHANGED:
                raise AtlasError(message, got=getattr(self, name), high=MOST_CHANGED)
        if len(self.stages) > MOST_STAGES or not all(1 <= one <= MOST_NEW for one in self.stages):
            raise AtlasError(
                N_("分期“{got}”不可用：请写成 3,3,2 的样子，至多 {most} 期，每期 1 到 {high} 处。"),
                got=",".join(map(str, self.stages)),
                most=MOST_STAGES,
                high=MOST_NEW,
            )
        if not 0 <= self.draws <= MOST_DRAWS:
            raise AtlasError(N_("抽样次数 {got} 不可用：请给 1 到 {high} 的整数。"), got=self.draws, high=MOST_DRAWS)
        if len(self.demands) > MOST_DEMANDS or not all(one in PROXIES or GROWTH.match(one) for one in self.demands):
            raise AtlasError(
                N_("别的需求“{got}”不可用：请写成 人群*1.5、poi 或 floor，至多 {most} 种。"),
                got=", ".join(self.demands[: MOST_DEMANDS + 1]),
                most=MOST_DEMANDS,
            )
        if not 0 < self.open_share <= 1:
            raise AtlasError(
                N_("“遇到开门的可能”不能是 {got}：请给大于 0、不超过 1（100%）的数。"), got=self.open_share
            )
        if self.zone_share is not None and not 0 <= self.zone_share <= 1:
            raise AtlasError(
                N_("“每个街道至少”的比例 {got} 不可用：请给 0 到 1（0% 到 100%）之间的数。"), got=self.zone_share
            )

    def put(self, question: str) -> Self:
        """Return the same place, hours and candidates asked another question, as that one begins."""
        if question == self.question:
            return self
        usual = {field.name: field.default for field in fields(self)}
        own = {name: usual[name] for names in FIELDS.values() for name in names}
        begin = {"question": question, "model": MODELS[0], "cover": 1} | BEGIN[question]
        if question == UPGRADE and self.hours is None:  # what is open longer is worth something by the clock alone
            begin["hours"] = tuple(range(24))
        return self.having(**own | begin)

    def having(self, **changes: Any) -> Self:
        """Return a copy with `changes`."""
        return replace(self, **changes)


def point_id(lon: float, lat: float) -> str:
    """Return the id of a candidate set by hand: it names its place, in 1e-5 degrees (about a metre)."""
    return f"p{round(lon * 10**DECIMALS)}-{round(lat * 10**DECIMALS)}"


def point_of(site: str) -> tuple[float, float] | None:
    """Return longitude and latitude of an id of :func:`point_id`, None of any other."""
    found = _POINT.match(site)
    return (int(found[1]) / 10**DECIMALS, int(found[2]) / 10**DECIMALS) if found else None


def stages_of(text: str) -> tuple[int, ...]:
    """Read ``3,3,2``: how many new sites each stage has.

    Raises
    ------
    AtlasError
        On anything else.
    """
    parts = [part.strip() for part in text.replace("，", ",").split(",")]
    if not all(part.isdecimal() and len(part) < 4 for part in parts):
        raise AtlasError(N_("各期的“{got}”读不懂：请写成 3,3,2 的样子。"), got=text)
    return tuple(map(int, parts))


def hours_of(text: str | None) -> tuple[int, ...] | None:
    """Read ``22-6``, ``8-12,14-18`` or ``12``: the hours that begin within; None for None or nothing.

    Raises
    ------
    AtlasError
        On anything else.
    """
    if not text:
        return None
    hours: list[int] = []
    for part in text.split(","):
        found = _SPAN.match(part.strip())
        first, last = (int(found[1]), int(found[2] or int(found[1]) + 1)) if found else (24, 0)
        if first > 23 or last > 24:
            raise AtlasError(N_("时段“{got}”不可用：请按 22-6 或 8-12,14-18 的样子给出整点。"), got=text)
        if first == last:  # who writes 8-8 may mean twelve hours as well as a day
            raise AtlasError(N_("时段“{got}”的起止相同：全天请写 0-24，早 8 点到晚 8 点请写 8-20。"), got=text)
        hours += [hour % 24 for hour in range(first, last if last > first else last + 24)]
    return tuple(dict.fromkeys(hours))


def hours_text(hours: tuple[int, ...] | None) -> str:
    """Write hours as :func:`hours_of` reads them."""
    if not hours:
        return ""
    runs: list[list[int]] = []
    for hour in hours:
        if runs and (runs[-1][0] + runs[-1][1]) % 24 == hour and runs[-1][1] < 24:
            runs[-1][1] += 1
        else:
            runs.append([hour, 1])
    if runs[0][1] == 24 and (first := runs[0][0]):
        return f"{first}-24,0-{first}"
    return ",".join(f"{first}-{(first + count - 1) % 24 + 1}" for first, count in runs)
