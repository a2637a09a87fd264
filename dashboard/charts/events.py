"""The charts of the page 活动: the calendar, kinds by place, what was counted against plan, two places side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import pandas as pd

from dashboard import theme
from dashboard.activity_kinds import colours, kind_names
from dashboard.charts.chart import Chart, Series
from dashboard.words import Words
from geodata.withheld import plotted, told
from layers import activities, places
from layers.analysis import plans, timeline
from layers.analysis.plans import Progress
from layers.atlas import Atlas
from layers.filters import Filters
from layers.provenance import mix

MOST_UNITS = 10
MOST_NAMED = 4  # lines named at their ends; more of several places are numbered as in the list under them
MOST_DAYS = 371  # of a calendar: a year is what can be read
MOST_MONTHS_NAMED = 12
#: What is counted → mark on its line.
SYMBOLS = {"count": "circle", "participants": "square", "opened": "diamond"}


def place_name(atlas: Atlas, adcode: str, words: Words) -> str:
    """Return the name of a place in the reader's language."""
    return str(atlas.places["name" if words.lang == "zh" else "name_en"].iloc[atlas.tree.position(adcode)])


def calendar(atlas: Atlas, filters: Filters, words: Words, on: date | None = None) -> Chart:
    """Return how much happened on each day, and how much of it is reported.

    Of years only the last has room in the picture.

    Parameters
    ----------
    on : date or None
        The day chosen.
    """
    days = timeline.by_day(atlas, filters)
    months = timeline.months(atlas, filters)
    begin, last = date.fromisoformat(f"{months[0]}-01"), pd.to_datetime(months[-1]).to_period("M").end_time.date()
    first = begin if (last - begin).days <= MOST_DAYS else last.replace(day=1, year=last.year - 1)
    undated = timeline.without_month(atlas, filters)
    held = dict(zip(days["day"], zip(days["count"], days["reported"], strict=True), strict=True))
    earliest = min([begin, *held])
    listed = [earliest + timedelta(days=at) for at in range((max([last, *held]) - earliest).days + 1)]
    most = max(held, key=lambda day: held[day][0], default=None)
    subtitle = words("每天正在进行的活动与招聘会（项）；圆圈：含报道；点一天看详情")
    if undated:
        subtitle += words("；另有 {count} 项只报道了年份，未计入").format(count=words.number(undated))
    counts, reported = zip(*(held.get(day, (0, 0)) for day in listed), strict=True)
    return Chart(
        "calendar",
        words("这里没有记录到日的活动")
        if most is None
        else words("{day}最多（{count} 项）").format(day=words.date(most), count=int(held[most][0])),
        subtitle,
        mix([one for one in days["provenance"] if one]),
        "calendar",
        tuple(day.isoformat() for day in listed),
        (
            Series(words("活动"), tuple(map(int, counts)), theme.SEQUENCE[-1]),
            Series(words.provenance("reported"), tuple(map(int, reported)), theme.INK, "reported"),
        ),
        unit=words("项"),
        labels=False,
        head=words("周（自周一）"),
        chosen=(on - earliest).days if on and first <= on <= last else None,
        drawn=((first - earliest).days, (last - earliest).days + 1),
        room="box",
    )


def by_place(atlas: Atlas, filters: Filters, words: Words) -> Chart | None:
    """Return the kinds of what happened in each smaller place, most first; None where nothing did."""
    rows = timeline.by_place(atlas, filters)
    if not len(rows):
        return None
    own = words("{place}本级").format(place=words.name(places.scope(atlas, filters)))
    names = [
        own if pd.isna(unit) else str(name)
        for unit, name in zip(rows["unit_id"], rows["name" if words.lang == "zh" else "name_en"], strict=True)
    ]
    more = words("；只列前 {count} 个").format(count=MOST_UNITS) if len(rows) > MOST_UNITS else ""
    shown = rows.head(MOST_UNITS)
    return Chart(
        "by-place",
        words("{place}最多：{count} 项").format(place=names[0], count=words.number(int(rows["count"].iloc[0]))),
        words("各地活动按类型（项，未加权）；斜纹含示意") + more,
        mix([one for one in rows["provenance"] if one]),
        "stacked_bar",
        tuple(names[:MOST_UNITS]),
        _kinds(list(shown["kinds"]), tuple(shown["provenance"]), words),
        unit=words("项"),
        labels=False,
        head=words("地点"),
        top_down=True,
        legend=True,
        room="box",
    )


def _kinds(rows: Sequence[Mapping[str, int]], origins: tuple[str | None, ...], words: Words) -> tuple[Series, ...]:
    """Return a series a kind of what each row counts by kind."""
    names = kind_names(words)
    return tuple(
        Series(names.get(kind, kind), tuple(int(one.get(kind, 0)) for one in rows), color, origins=origins)
        for kind, color in colours(words).items()
        if any(kind in one for one in rows)
    )


def against_plan(atlas: Atlas, filters: Filters, words: Words) -> Chart | None:
    """Return what was counted up to each month as a share of its target, and the straight way there.

    None without a plan.
    """
    found = plans.progress(atlas, filters)
    if not found:
        return None
    names = plan_names(atlas, found, words)
    alone, several = _of_one_place(found), len(found) > MOST_NAMED
    months = sorted({month for one in found for month in one.months})
    series = []
    for at, (one, name, color) in enumerate(zip(found, names, _line_colours(found, words), strict=True), 1):
        done = dict(zip(one.months, one.done, strict=True))
        way = dict(zip(one.months, (value / one.target for value in one.linear), strict=True))
        series.append(
            Series(
                name,
                tuple(_share(done.get(month), one.target) for month in months),
                color,
                one.provenance,
                texts=tuple(_share_text(done.get(month), one.target) for month in months),
                short=name.removeprefix(place_name(atlas, one.adcode, words)).strip()
                if alone
                else str(at)
                if several
                else name,
                symbol=SYMBOLS[one.measure],
                guide=tuple(way.get(month) for month in months),
            )
        )
    return Chart(
        "against-plan",
        words("{all} 项对照中 {reached} 项已达到").format(
            all=len(found), reached=sum(one.done[-1] >= one.target for one in found)
        ),
        words("逐月累计 ÷ 报道的计划数或累计数（%）；点线为按天平均，示意；时段为计划自己的时段，不随筛选变"),
        mix([one.provenance for one in found if one.provenance]),
        "line",
        tuple(months),
        tuple(series),
        number_format="0.0%",
        labels=False,
        positions=tuple(months),
        ticks=tuple(words.month(one, brief=True) for one in months),
        head=words("月份"),
        room="box",
    )


def _share(done: float | None, target: float) -> float | None:
    number = None if done is None else plotted(done)
    return None if number is None else number / target


def _share_text(done: float | None, target: float) -> str:
    if done is None:
        return "—"
    number, qualifier = told(done)
    return {"below": "<", "at_least": "≥"}.get(qualifier, "") + f"{number / target * 100:,.6g}%"


def plan_names(atlas: Atlas, found: Sequence[Progress], words: Words) -> list[str]:
    """Return what each of `found` counts, by place, kind and measure."""
    measures = {"count": words("场次"), "participants": words("人数（句中）"), "opened": words("已开放")}
    kinds = kind_names(words)
    return [
        f"{place_name(atlas, one.adcode, words)} {kinds.get(one.kind, words('工会驿站'))} {measures[one.measure]}"
        for one in found
    ]


def is_numbered(found: Sequence[Progress]) -> bool:
    """Whether the lines of `found` are numbered at their ends, and in the list under them.

    They are many, of several places.
    """
    return len(found) > MOST_NAMED and not _of_one_place(found)


def _of_one_place(found: Sequence[Progress]) -> bool:
    return len({one.adcode for one in found}) == 1


def _line_colours(found: Sequence[Progress], words: Words) -> list[str]:
    """Return a colour per line: that of its kind, ink for the persons of a kind whose events are a line too, so that
    the two are told apart.
    """
    colour = colours(words)
    counted = {(one.adcode, one.kind) for one in found if one.measure == "count"}
    return [
        theme.INK
        if one.measure == "participants" and (one.adcode, one.kind) in counted
        else colour.get(one.kind, theme.STATION)
        for one in found
    ]


def two_by_kind(atlas: Atlas, filters: Filters, words: Words, other: str | None = None) -> Chart | None:
    """Return the kinds of what happened here and at `other` (its code); None without one."""
    if other is None:
        return None
    two = (filters, filters.at_place(other))
    names = _two_names(atlas, two, words)
    origins = tuple(activities.provenance(atlas, one) for one in two)
    counts = [activities.kinds_present(atlas, one).groupby("kind")["count"].sum().to_dict() for one in two]
    return Chart(
        "two-by-kind",
        words.titled(words("{one} 与 {two}").format(one=names[0], two=names[1]), words("活动类型（项）")),
        "",
        mix([one for one in origins if one]),
        "stacked_bar",
        names,
        _kinds(counts, origins, words),
        unit=words("项"),
        labels=False,
        head=words("地点"),
        top_down=True,
        room="box",
    )


def two_by_month(atlas: Atlas, filters: Filters, words: Words, other: str | None = None) -> Chart | None:
    """Return the events of each month here and at `other` (its code), told apart by colour and mark.

    None without one.
    """
    if other is None:
        return None
    two = (filters, filters.at_place(other))
    names = _two_names(atlas, two, words)
    origins = [activities.provenance(atlas, one) for one in two]
    months = timeline.by_month(atlas, filters)["month"].tolist()
    # a month with its year takes four times the room of one without
    few = len(months) <= MOST_MONTHS_NAMED
    step = 1 if few else -(-len(months) // (MOST_MONTHS_NAMED // 4))
    return Chart(
        "two-by-month",
        words.titled(words("{one} 与 {two}").format(one=names[0], two=names[1]), words("每月活动（项）")),
        "",
        mix([one for one in origins if one]),
        "line",
        tuple(months),
        tuple(
            Series(
                name,
                tuple(map(int, timeline.by_month(atlas, one)["count"])),
                color,
                origin,
                short=name,
                symbol=symbol,
            )
            for one, name, origin, color, symbol in zip(
                two, names, origins, (theme.RED, theme.STATION), ("circle", "square"), strict=True
            )
        ),
        unit=words("项"),
        labels=False,
        positions=tuple(months),
        ticks=tuple("" if at % step else words.month(one, brief=few) for at, one in enumerate(months)),
        head=words("月份"),
        room="box",
    )


def _two_names(atlas: Atlas, two: tuple[Filters, Filters], words: Words) -> tuple[str, str]:
    one, other = (words.name(places.scope(atlas, each)) for each in two)
    return one, other
