"""Compiler of opening hours: statements → rules of :mod:`geodata.hours`, as OpenStreetMap writes them.

The wider statement comes first and the narrower replaces it, whatever their order in the text; a closing holds over all
but what is narrower still. Statements of which neither is the wider, and that say unlike things of one day, contradict
each other: then the hours are unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

from geodata.hours import DAY_MINUTES, LAST_DAYS, Rule, Span, spans_on, written
from geodata.importing.hours.clock import NIGHT, resolve
from geodata.importing.hours.tokens import SUMMER, WINTER, NotHours
from geodata.importing.hours.tree import YEAR, Qualifier, Statement, Tree

WEEK = frozenset(range(7))
EACH = frozenset((1, 2, 3, 4, 5, -1))
ALL_YEAR = frozenset(YEAR)
WHOLE = ((0, DAY_MINUTES),)
NOON, EVENING = 12 * 60, 18 * 60
_SUMMER_MONTHS = range(5, 11)  # where a text names the seasons and no months


@dataclass(frozen=True, slots=True)
class Region:
    """Days that a statement is about: weekdays, which of a month's, dates (``100 * month + day``)."""

    days: frozenset[int] = WEEK
    dates: frozenset[int] = ALL_YEAR
    nth: frozenset[int] = EACH

    def within(self, other: Region) -> bool:
        """Return whether all its days are the other's."""
        return self.days <= other.days and self.dates <= other.dates and self.nth <= other.nth

    def both(self, other: Region) -> Region | None:
        """Return the days of both, None where there are none."""
        nth = self.nth & other.nth
        if self.nth != EACH and other.nth != EACH and self.nth != other.nth and -1 in self.nth | other.nth:
            raise NotHours("")  # the last may be the fourth
        found = Region(self.days & other.days, self.dates & other.dates, nth)
        return found if found.days and found.dates and nth else None

    @property
    def size(self) -> int:
        """How many days it has, more or less: wider regions have more."""
        return len(self.days) * len(self.dates) * len(self.nth)


@dataclass(frozen=True, slots=True)
class Entry:
    """Hours of a region (none: closed), and whether they are those of public holidays too."""

    region: Region
    spans: tuple[Span, ...]
    holiday: bool = False


def compiled(tree: Tree) -> tuple[str, bool]:
    """Return opening hours as text, and whether months were taken for a season that the text does not date.

    Raises
    ------
    NotHours
        When the statements contradict each other, or nothing is open and nothing says that all is closed.
    """
    made = _Compiler(tree)
    return made.text(), made.guessed


class _Compiler:
    def __init__(self, tree: Tree) -> None:
        self.statements, self.excepted, self.entries = tree.statements, tree.excepted, tree.entries
        self.guessed = False
        self.seasons = self._seasons()
        self.opens: list[Entry] = []
        self.offs: list[Entry] = []
        self.holidays: set[tuple[Span, ...] | None] = set()  # None: unknown

    def text(self) -> str:
        if self._unsure_season():
            raise NotHours("")  # 夏季8:00-19:00周一休息，冬季8:30-17:30: closed on winter's Mondays too?
        self._inherit()
        opens = [one for one in self.statements if one.kind == "open"]
        unbound = [one for one in opens if one.owner is None]
        for one in opens:
            plain = not one.qualifiers and not one.others
            if (plain and one is not unbound[0]) or (one.others and len(self.statements) + len(self.excepted) < 2):
                raise NotHours("")
            self._open(one)
        for one in self.statements:
            if one.kind == "off":
                self._off(one.qualifiers, exempt=one.exempt)
            if one.kind == "notice":
                self.holidays.add(None)
        self._off(self.excepted)
        if not self.opens:
            if (
                self.offs
                and not self.holidays
                and any(one.region == Region() for one in self.offs)
                and len(self.statements) == 1
            ):
                return "off"  # closed until further notice
            raise NotHours("")
        self._alike()
        for one in self.statements:
            if one.kind == "usual":
                self._usual(one)
        self._longer()
        self._rests()
        for at in self.entries:
            if at.minute < 0 or not any(a < at.minutes <= b for one in self.opens for a, b in one.spans):
                raise NotHours("")
        self._consistent()
        return self._written()

    # -- statements ---------------------------------------------------------------

    def _seasons(self) -> dict[str, frozenset[int]]:
        """Return the dates of the seasons:
        as the text gives them, else what the other leaves, else the usual months.
        """
        found: dict[str, frozenset[int]] = {}
        named = set()
        for one in self.statements:
            dates = [two for two in one.qualifiers if two.kind == "dates"]
            for two in one.qualifiers:
                if two.kind == "season":
                    named.add(two.value)
                    if dates:
                        found[two.value] = frozenset().union(*(_dates(three) for three in dates))
        for season, other in ((SUMMER, WINTER), (WINTER, SUMMER)):
            if season in named and season not in found and other in found:
                found[season] = ALL_YEAR - found[other]
        if named - set(found):
            self.guessed = True
        summer = frozenset(one for one in YEAR if one // 100 in _SUMMER_MONTHS)
        return {SUMMER: summer, WINTER: ALL_YEAR - summer} | found

    def _inherit(self) -> None:
        """Give days that stand before several seasons to each of them, and a season to the days that follow in it."""
        outer: Qualifier | None = None
        inner = ""
        for at, one in enumerate(self.statements):
            if one.kind in ("rest", "gap", "extend") or not (one.has("days") or one.has("dates")):
                if one.owner is not None and one.kind == "open":
                    one.qualifiers += [two for two in one.owner.qualifiers if two.of == "dates"]
                continue
            first = next(two for two in one.qualifiers if two.of in ("days", "dates"))
            other = "dates" if first.of == "days" else "days"
            if one.owner is not None:
                if one.kind == "open" and not one.has("dates"):
                    one.qualifiers += [two for two in one.owner.qualifiers if two.of == "dates"]
            elif one.has(other):
                if one.kind == "open":
                    outer, inner = (None, "") if one.behind else (first, other)
            elif (
                outer is not None and first.of == inner and (one.kind == "open" or (inner == "days" and self._tied(at)))
            ):
                one.qualifiers += [two for two in self._of(outer) if two.of == outer.of]
            elif one.kind == "open":
                outer = None

    def _of(self, outer: Qualifier) -> list[Qualifier]:
        return next(one.qualifiers for one in self.statements if any(two is outer for two in one.qualifiers))

    def _unsure_season(self) -> bool:
        """Return whether a closing stands beside the hours of one season, with another season after it."""
        return any(
            one.kind == "off"
            and not one.has("dates")
            and any(two.kind == "open" and two.segment == one.segment and two.has("dates") for two in self.statements)
            and any(two.kind == "open" and two.segment > one.segment and two.has("dates") for two in self.statements)
            for one in self.statements
            if one.segment >= 0
        )

    def _tied(self, at: int) -> bool:
        """Return whether a closing stands in the part of one season, with another season in a later part."""
        part = self.statements[at].part
        return any(one.part > part and one.has("dates") for one in self.statements[at + 1 :]) and any(
            one.part == part and one.has("dates") for one in self.statements[:at]
        )

    def _regions(self, qualifiers: Iterable[Qualifier]) -> list[Region]:
        days = [one for one in qualifiers if one.of == "days"]
        nths = [one for one in days if one.kind == "nth"]
        if nths and len(days) > 1:
            raise NotHours("")
        seasons = [one for one in qualifiers if one.kind == "season"]
        dated = [_dates(one) for one in qualifiers if one.kind == "dates"]
        dated = dated or [self.seasons[one.value] for one in seasons]
        found = []
        if days or dated:
            found.append(
                Region(
                    nths[0].value[1] if nths else frozenset().union(*(one.value for one in days)) if days else WEEK,
                    frozenset().union(*dated) if dated else ALL_YEAR,
                    frozenset(nths[0].value[0]) if nths else EACH,
                )
            )
        fixed = [one for one in qualifiers if one.kind == "fixed"]
        if fixed:
            found.append(Region(dates=frozenset().union(*(_between(*one.value) for one in fixed))))
        return found

    def _open(self, one: Statement) -> None:
        spans = WHOLE if one.always else _spans(one)
        kinds = {two.kind for two in one.qualifiers}
        regions = self._regions(one.qualifiers) or ([] if kinds & {"holiday", "lunar"} else [Region()])
        if "holiday" in kinds:
            self.holidays.add(spans if not any(two.of == "dates" for two in one.qualifiers) else None)
        if "lunar" in kinds:
            self.holidays.add(None)
        self.opens += [Entry(region, spans, "holiday" in kinds and at == 0) for at, region in enumerate(regions)]

    def _off(self, qualifiers: list[Qualifier], *, exempt: bool = False) -> None:
        kinds = {one.kind for one in qualifiers}
        if not qualifiers and not exempt and qualifiers is not self.excepted:
            self.offs.append(Entry(Region(), ()))
        if "holiday" in kinds:
            self.holidays.add(())
        if "lunar" in kinds or exempt:
            self.holidays.add(None)
        self.offs += [
            Entry(region, (), "holiday" in kinds and at == 0) for at, region in enumerate(self._regions(qualifiers))
        ]

    def _alike(self) -> None:
        """Put hours of the same days together: mornings in one statement, afternoons in another."""
        found: dict[Region, Entry] = {}
        for one in self.opens:
            other = found.get(one.region)
            if other is not None:
                spans = tuple(sorted({*other.spans, *one.spans}))
                if any(a[1] > b[0] for a, b in pairwise(spans)):
                    raise NotHours("")
                one = Entry(one.region, spans, one.holiday or other.holiday)
                if one.holiday:
                    self.holidays = (self.holidays - {other.spans}) | {spans}
            found[one.region] = one
        self.opens = list(found.values())

    def _usual(self, one: Statement) -> None:
        """Days that are as others: 节假日正常开放, 周末照常."""
        for region in self._regions(one.qualifiers):
            if any(region.both(off.region) for off in self.offs):
                raise NotHours("")
            missing = {day for day in region.days if not any(day in two.region.days for two in self.opens)}
            if not missing:
                self._as_well(one, region)
                continue
            if len({two.region.days for two in self.opens}) > 1 or region.nth != EACH or region.dates != ALL_YEAR:
                raise NotHours("")
            self.opens = [
                replace(two, region=replace(two.region, days=two.region.days | missing)) for two in self.opens
            ]

    def _as_well(self, one: Statement, region: Region) -> None:
        """Refuse days that are as others and may be the only ones: 9:00-17:00，周一至周五正常上班."""
        closed = frozenset().union(*(off.region.days for off in self.offs if off.region.dates == ALL_YEAR))
        plain = any(two.region.days == WEEK for two in self.opens)
        if one.has("dates") or (plain and not region.days <= {5, 6} and region.days | closed != WEEK):
            raise NotHours("")

    def _longer(self) -> None:
        for one in self.statements:
            if one.kind != "extend" or one.at is None:
                continue
            end = one.at.minutes + (DAY_MINUTES if one.at.tomorrow else 0)
            regions = self._regions(one.qualifiers)
            if one.at.minute < 0 or not regions:
                raise NotHours("")
            for region in regions:
                touched = [(two, both) for two in self.opens if (both := two.region.both(region)) is not None]
                if not touched or (
                    len({two.region.days for two, _ in touched}) > 1
                    and len({two.spans[-1][1] for two, _ in touched}) > 1
                ):
                    raise NotHours("")  # 周一至周五8:00-18:00，周六9:00-12:00，夏季延长至19:00: Saturday too?
                for two, both in touched:
                    start, last = two.spans[-1]
                    good = start < end < last if one.shorter else last < end <= start + DAY_MINUTES
                    if not good or (not one.at.tomorrow and end > DAY_MINUTES):
                        raise NotHours("")
                    self._narrow(two, both, (*two.spans[:-1], (start, end)))

    def _rests(self) -> None:
        for one in self.statements:
            if one.kind == "gap" and not all(len(two.spans) > 1 for two in self.opens):
                raise NotHours("")
            if one.kind not in ("rest", "half"):
                continue
            qualifiers = one.qualifiers or (one.owner.qualifiers if one.owner is not None else [])
            if not one.qualifiers and one.owner is None and any(two.part != one.part for two in self.statements):
                mine = [two for two in self.statements if two.kind == "open" and two.part == one.part]
                regions = [region for two in mine for region in self._regions(two.qualifiers)] or [Region()]
            else:
                regions = self._regions(qualifiers) or [Region()]
            took, fits = False, one.kind == "half"
            for region in regions:
                for two in list(self.opens):
                    both = two.region.both(region)
                    if both is None:
                        continue
                    away = _half(one.half, two.spans) if one.kind == "half" else _spans(one, rest=True)
                    fits = fits or _within_day(away, two.spans)
                    left = without(two.spans, away)
                    if not left and one.kind == "rest":
                        raise NotHours("")
                    took = True
                    if left:
                        self._narrow(two, both, left)
                    else:
                        self.offs.append(Entry(both, ()))
            if not took or not fits:
                raise NotHours("")

    def _narrow(self, entry: Entry, region: Region, spans: tuple[Span, ...]) -> None:
        """Give part of an entry's days other hours."""
        at = self.opens.index(entry)
        if region == entry.region:
            if entry.holiday:
                self.holidays = (self.holidays - {entry.spans}) | {spans}
            self.opens[at] = replace(entry, spans=spans)
        else:
            self.opens = [one for one in self.opens if one.region != region] + [Entry(region, spans)]

    # -- rules --------------------------------------------------------------------

    def _consistent(self) -> None:
        for at, one in enumerate(self.opens):
            for two in self.opens[at + 1 :]:
                both = one.region.both(two.region)
                if both is None or one.spans == two.spans:
                    continue
                if _half_replaced(one, two) or _half_replaced(two, one):
                    raise NotHours("")
                nested = one.region != two.region and (one.region.within(two.region) or two.region.within(one.region))
                if not nested and not any(both.within(three.region) for three in self.opens if three not in (one, two)):
                    raise NotHours("")
        for off in self.offs:
            inside = [one for one in self.opens if one.region.within(off.region)]
            if any(one.region == off.region for one in inside) or (off.region == Region() and inside):
                raise NotHours("")
            if any(two is not off and two.region.within(one.region) for one in inside for two in self.offs):
                raise NotHours("")

    def _written(self) -> str:
        inside = [one for one in self.opens if any(one.region.within(off.region) for off in self.offs)]
        outside = [one for one in self.opens if one not in inside]
        holiday = self.holidays.pop() if len(self.holidays) == 1 else None if self.holidays else ...
        rules = []
        for one in (*_ordered(outside), *_ordered(self.offs), *_ordered(inside)):
            together = one.holiday and holiday == one.spans and holiday is not ...
            rules.append(_rule(one, holidays=together))
            if together:
                holiday = ...
        if rules == [Rule((), tuple(range(7)), False, WHOLE)] and holiday is ...:
            return "24/7"
        if len(rules) > 1 and any(end > DAY_MINUTES for rule in rules for _, end in rule.spans):
            rules = list(apart(rules))
        if not any(rule.spans for rule in rules):
            raise NotHours("")
        if holiday is not ...:
            rules.append(Rule((), (), True, holiday or (), unknown=holiday is None))
        return written(rules)


def _half_replaced(usual: Entry, other: Entry) -> bool:
    """Return whether hours of some months touch the afternoon of the usual ones alone: are mornings as usual, or shut?

    ``8:00-11:30 14:00-17:30（夏令时14:30-18:00）``
    """
    if usual.region.dates != ALL_YEAR or other.region.dates == ALL_YEAR or len(usual.spans) < 2:
        return False
    touched = [any(a < end and start < b for a, b in other.spans) for start, end in usual.spans]
    return any(touched) and not all(touched)


def _ordered(entries: Iterable[Entry]) -> list[Entry]:
    """Return entries wider first; those beside each other by when their dates and days begin."""
    found = list(dict.fromkeys(entries))
    return sorted(
        found,
        key=lambda one: (
            sum(one.region != two.region and one.region.within(two.region) for two in found),
            min(
                (
                    day
                    for at, day in enumerate(YEAR)
                    if day in one.region.dates and YEAR[at - 1] not in one.region.dates
                ),
                default=0,
            ),
            sorted(one.region.days),
            sorted(one.region.nth),
        ),
    )


def _rule(one: Entry, *, holidays: bool) -> Rule:
    months, dates = _calendar(one.region.dates)
    nth = tuple(sorted(one.region.nth)) if one.region.nth != EACH else ()
    return Rule(months, tuple(sorted(one.region.days)), holidays, one.spans, dates, nth)


def apart(rules: list[Rule]) -> Iterable[Rule]:
    """Return rules that say the same without replacing each other: then a night runs on into any next day.

    OpenStreetMap lets a rule that replaces another cut its night off at midnight.

    Raises
    ------
    NotHours
        When they name the first or last weekdays of months.
    """
    if any(rule.nth for rule in rules):
        raise NotHours("")
    groups: dict[tuple[bool, ...], list[int]] = {}
    for at in YEAR:
        groups.setdefault(tuple(rule.in_force(at // 100, at % 100) for rule in rules), []).append(at)
    same: dict[tuple[tuple[Span, ...], ...], list[int]] = {}
    for dates in groups.values():
        week = tuple(spans_on(rules, dates[0] // 100, dates[0] % 100, day) for day in range(7))
        same.setdefault(week, []).extend(dates)
    added = False
    for week, dates in same.items():
        months, ranges = _calendar(frozenset(dates))
        for spans in dict.fromkeys(week):
            if spans:
                days = tuple(day for day in range(7) if week[day] == spans)
                yield Rule(months, days, False, spans, ranges, added=added)
                added = True


def without(spans: Iterable[Span], away: Iterable[Span]) -> tuple[Span, ...]:
    """Return spans less others; what runs past midnight is taken away on both sides of it."""
    left = list(spans)
    for start, end in away:
        for low, high in (
            (start, end),
            (start - DAY_MINUTES, end - DAY_MINUTES),
            (start + DAY_MINUTES, end + DAY_MINUTES),
        ):
            left = [
                piece for a, b in left for piece in ((a, min(b, low)), (max(a, high), b)) if piece[0] < piece[1]
            ]  # fmt: skip
    return tuple(sorted(set(left)))


def _within_day(rest: tuple[Span, ...], spans: tuple[Span, ...]) -> bool:
    """Return whether a rest lies between the first hour and the last, or is the whole night between.

    9:00-12:00 休息 14:00-17:00 is neither.
    """
    first, last = spans[0][0], spans[-1][1]
    night = len(rest) == 1 and rest[0][0] == last and (rest[0][1] - first) % DAY_MINUTES == 0
    return night or all(first <= start and end <= last for start, end in rest)


def _half(half: str, spans: tuple[Span, ...]) -> tuple[Span, ...]:
    if half in ("上午", "早上"):
        return ((0, NOON),)
    if half in NIGHT:
        return ((EVENING, DAY_MINUTES + 6 * 60),)
    if max(end for _, end in spans) > EVENING + 60:
        raise NotHours(half)  # 周三下午闭馆: is the evening open?
    return ((NOON, DAY_MINUTES),)


def _spans(one: Statement, *, rest: bool = False) -> tuple[Span, ...]:
    found: list[Span] = []
    if any(raw.bare for raw, _ in one.raws) and not all(raw.bare for raw, _ in one.raws):
        raise NotHours("")
    for raw, _ in one.raws:
        before = found[-1][1] if found else None
        span = resolve(raw, before, rest=rest)
        if span is None or (before is not None and span[0] < before) or span in found:
            raise NotHours(
                f"{raw.start.hour}:{max(raw.start.minute, 0):02d}-{raw.end.hour}:{max(raw.end.minute, 0):02d}"
            )
        found.append(span)
    return tuple(found)


def _dates(one: Qualifier) -> frozenset[int]:
    return frozenset().union(*(_between(first, last) for first, last in one.value))


def _between(first: int, last: int) -> frozenset[int]:
    last = 229 if last == 228 else last  # the end of February
    return frozenset(day for day in YEAR if (first <= day <= last if first <= last else day >= first or day <= last))


def _calendar(dates: frozenset[int]) -> tuple[tuple[int, ...], tuple[Span, ...]]:
    """Return dates as whole months, or as ranges where one of them is not whole."""
    if len(dates) == len(YEAR):
        return (), ()
    months = tuple(month for month in range(1, 13) if all(day in dates for day in YEAR if day // 100 == month))
    if sum(LAST_DAYS[month - 1] for month in months) == len(dates):
        return months, ()
    runs: list[list[int]] = []
    for at, day in enumerate(YEAR):
        if day in dates:
            if runs and at and YEAR[at - 1] in dates:
                runs[-1][1] = day
            else:
                runs.append([day, day])
    if len(runs) > 1 and runs[0][0] == YEAR[0] and runs[-1][1] == YEAR[-1]:
        runs[0][0] = runs.pop()[0]
    return (), tuple(sorted((first, last) for first, last in runs))
