"""Charts of coverage: by unit against the whole, and around the clock."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dashboard import theme
from dashboard.charts.chart import Chart, Reference, Series
from dashboard.words import Words
from layers import coverage, places
from layers.atlas import Atlas
from layers.filters import Filters
from layers.provenance import weakest

MOST_BARS = 12
MOST_NAMED = 3
#: Units of which both ways are drawn, and the percentage points below which they count as alike.
MOST_DIFFERENT, SAME_POINTS = 6, 0.1


def by_unit(atlas: Atlas, filters: Filters, words: Words) -> Chart:
    """Return the shares by county, region, grid or street zone, the highest last, the whole as a line."""
    here = places.scope(atlas, filters)
    # one grid or zone says little alone: it is shown among its neighbours
    around = filters.having(grid=None, region=here.region_id) if here.level == "grid" else filters
    if here.zone:
        around = filters.having(region=None, place=here.adcode)
    rows = coverage.by_unit(atlas, around)
    chosen = here.grid_id or (here.region_id if here.zone else None)
    if not len(rows):
        if filters.measure != "enterprises":
            now = coverage.measure(atlas, around)
            if now.standing.lost and now.nominal_weighted.whole > 0:
                return without_position("coverage", now, filters, words)
        return Chart(
            "coverage",
            words("这里还没有可计算覆盖率的数据"),
            "",
            None,
            grow=0.6,
            empty=words(
                "请选择有产改网格或驿站需求数据的地方，例如石嘴山市、厦门市思明区；或在“数据来源”中恢复被排除的来源。"
            ),
        )
    measure = rows["measure"].iloc[0]
    known = rows[rows["share"].notna()]
    of_stations = measure != "enterprises"
    now = coverage.measure(atlas, around) if of_stations else None
    if now is not None and now.standing.lost:
        return without_position("coverage", now, filters, words)
    whole = known["parent_share"].iloc[0] if len(known) else None
    kind = {"place": words("个县区"), "region": words("个区域"), "zone": words("个街道片区"), "grid": words("个网格")}[
        rows["unit_kind"].iloc[0]
    ]
    reach = int((known["share"] >= whole - 1e-12).sum()) if whole is not None else 0
    name = _whose(atlas, here, rows, words) or words.name(here.crumbs[-2] if chosen else here)
    own = known[known["unit_id"] == chosen]
    if len(own) and whole is not None:
        title = words("{unit} {share}，{name} {whole}").format(
            unit=words.name(here), share=words.share(own["share"].iloc[0]), name=name, whole=words.share(whole)
        )
    elif len(known) < 2 or whole is None:
        title = words("{name}：{share}").format(
            name=known["name_en" if words.lang == "en" else "name"].iloc[0] if len(known) else name,
            share=words.share(whole),
        )
    else:
        title = words("{count} {kind}中 {reach} 个达到{name}的 {share}").format(
            count=len(known), kind=kind, reach=reach, name=name, share=words.share(whole)
        )
    if of_stations:
        subtitle = words("{radius} 米步行可达的需求权重 ÷ 全部需求权重（{which}，加权）").format(
            radius=filters.radius, which=words("有效覆盖") if measure == "stations_effective" else words("名义覆盖")
        )
    else:
        subtitle = words("已强化“产改”举措的企业 ÷ 覆盖企业（未加权）")
    if of_stations and here.level in ("country", "province", "city"):
        subtitle += words("；有需求数据的县区 {count} 个").format(count=len(known))
    if len(known) < len(rows):
        apart = rows[rows["share"].isna()]
        named = words.listed(apart["name_en" if words.lang == "en" else "name"].head(MOST_NAMED))
        subtitle += (
            words("；{names}的驿站尚无位置，不计覆盖率").format(names=named)
            if len(apart) <= MOST_NAMED
            else words("；{count} {kind}的驿站尚无位置，不计覆盖率").format(count=len(apart), kind=kind)
        )
    subtitle += _not_counted(now, filters, words)
    shown = known.head(MOST_BARS)
    if len(known) > MOST_BARS:
        half = MOST_BARS // 2
        shown = known.iloc[[*range(half), *range(len(known) - half, len(known))]]
        subtitle += words("；只列最高、最低各 {half} 个").format(half=half)
    shown = shown.iloc[::-1]
    unit = words("权重") if of_stations else words("家")
    digits = 1 if of_stations else 0
    return Chart(
        "coverage",
        title,
        subtitle,
        weakest(*known["provenance"]),
        "share_bar",
        tuple(map(str, shown["name_en" if words.lang == "en" else "name"])),
        (
            Series(
                words("覆盖率") if of_stations else words("强化率"),
                tuple(map(float, shown["share"])),
                theme.TEAL,
                weakest(*known["provenance"]),
                colors=tuple(
                    theme.RED if one == chosen else theme.TEAL if share >= (whole or 0) - 1e-12 else theme.BELOW
                    for one, share in zip(shown["unit_id"], shown["share"], strict=True)
                ),
                origins=tuple(shown["provenance"]),
                notes=tuple(
                    f"{words.number(part, digits)} ÷ {words.number(of, digits)} {unit}"
                    for part, of in zip(shown["part"], shown["whole"], strict=True)
                ),
                keys=tuple(zip(shown["unit_kind"], shown["unit_id"], strict=True)),
            ),
        ),
        number_format="0.0%",
        reference=Reference(whole, f"{theme.brief(name)} {words.share(whole)}") if whole is not None else None,
        grow=0.7 + 0.09 * max(3, len(shown)),
    )


def without_position(name: str, now: coverage.Coverage, filters: Filters, words: Words) -> Chart:
    """Return what stands in place of the chart `name` where no station has a position: no share, and why."""
    return Chart(
        name,
        words("驿站尚无位置，暂无覆盖率"),
        _said(now, filters, words),
        None,
        grow=0.6,
        empty=words("请在“数据”页给驿站补上位置；补上之前不给出百分比，也不当作没有覆盖。"),
    )


def _said(now: coverage.Coverage, filters: Filters, words: Words, by_hour: bool = False) -> str:
    note = now.note(filters, by_hour)
    return note.text(words.gettext) if note else ""


def _not_counted(now: coverage.Coverage | None, filters: Filters, words: Words, by_hour: bool = False) -> str:
    """Return what a subtitle adds of stations that are not counted; empty where all are."""
    said = _said(now, filters, words, by_hour) if now else ""
    return words("；{said}").format(said=said) if said else ""


def _whose(atlas: Atlas, here: places.Scope, rows: pd.DataFrame, words: Words) -> str | None:
    """Return the name of the one smaller place that all units lie in, None where they lie in several.

    A city's share is not the nation's.
    """
    kind = rows["unit_kind"].iloc[0]
    if here.level not in ("country", "province", "city") or kind not in ("place", "region"):
        return None
    codes = (
        rows["unit_id"] if kind == "place" else atlas.regions.set_index("region_id")["adcode"].reindex(rows["unit_id"])
    )
    held = places.holding(atlas, codes.tolist())
    return (
        None
        if held in (None, here.adcode)
        else str(atlas.places["name_en" if words.lang == "en" else "name"].iloc[atlas.tree.position(held)])
    )


def by_hour(atlas: Atlas, filters: Filters, words: Words) -> Chart | None:
    """Return coverage over the 24 hours of the day asked, nominal as a line to hold it against.

    None where there is none, or where another chart says why.
    """
    rows = coverage.by_hour(atlas, filters)
    now = coverage.measure(atlas, filters)
    if now.standing.lost and now.nominal_weighted.whole > 0:
        # the chart before says it already, unless that is of enterprises
        said = coverage.measured(atlas, filters) == "stations"
        return None if said else without_position("hours", now, filters, words)
    if now.nominal_weighted.ratio is None or not now.stations_nominal:
        return None
    here = places.scope(atlas, filters)
    hours = rows["hour"].tolist()
    effective, nominal = (rows[one].astype(float).tolist() for one in ("effective", "nominal"))
    worst = int(np.nanargmin(effective))
    title = words("{hour}:00 只覆盖 {low}，名义覆盖 {nominal}").format(
        hour=worst, low=words.share(effective[worst]), nominal=words.share(nominal[worst])
    )
    subtitle = words("{day}各整点，{radius} 米内有可用驿站的需求权重占比（加权）").format(
        day=words.weekdays[filters.day - 1], radius=filters.radius
    )
    if here.level in ("country", "province", "city"):
        subtitle += words("；有需求数据的县区 {count} 个").format(count=coverage.counties(atlas, filters))
    subtitle += _not_counted(now, filters, words, by_hour=True)
    return Chart(
        "hours",
        title,
        subtitle,
        now.provenance,
        "step",
        tuple(map(str, hours)),
        (
            Series(words("名义"), _known(nominal), theme.FAINT, now.provenance),
            Series(
                words("有效"),
                _known(effective),
                theme.STATION,
                now.provenance,
                notes=tuple(
                    words("{hour}:00　有效 {effective}，名义 {nominal}；开放驿站 {count} 个").format(
                        hour=hour, effective=words.share(one), nominal=words.share(two), count=count
                    )
                    for hour, one, two, count in zip(hours, effective, nominal, rows["stations_open"], strict=True)
                ),
                keys=tuple(("hour", hour) for hour in hours),
            ),
        ),
        number_format="0%",
        labels=False,
        positions=tuple(hours),
        category_format="{}:00",
        chosen=filters.hour,
        grow=0.95,
    )


def by_way(atlas: Atlas, filters: Filters, words: Words) -> Chart | None:
    """Return coverage along the network beside that by straight line: of the place, and where they differ most.

    None where one does not walk along a network.
    """
    here = places.scope(atlas, filters)
    around = filters.having(region=None, grid=None) if here.level in ("region", "grid") or here.zone else filters
    rows = coverage.by_way(atlas, around)
    if rows is None:
        return None
    whole, units = rows.iloc[0], rows.iloc[1:]
    walked, straight = float(whole["walked"]), float(whole["straight"])
    name = whole["name_en" if words.lang == "en" else "name"]
    points = abs(straight - walked) * 100
    title = (
        words("{name}：直线多算了 {points} 个百分点，沿路走只覆盖 {walked}")
        if straight > walked
        else words("{name}：直线少算了 {points} 个百分点，沿路走覆盖 {walked}")
    ).format(name=name, points=f"{points:.1f}", walked=words.share(walked))
    if points < SAME_POINTS:
        title = words("{name}：沿路走和按直线算相差不到 {points} 个百分点").format(name=name, points=SAME_POINTS)
    subtitle = words("{radius} 米内可达的需求权重占比（加权）：沿路网，和直线 × {detour}").format(
        radius=filters.radius, detour=filters.detour
    )
    if len(units) > MOST_DIFFERENT:
        subtitle += words("；只列相差最大的 {count} 个").format(count=MOST_DIFFERENT)
    shown = pd.concat([rows.iloc[:1], units.head(MOST_DIFFERENT)])
    notes = tuple(words("需求权重 {whole}").format(whole=words.number(one, 1)) for one in shown["whole"].astype(float))
    bars = (
        ("walked", words("沿路网"), words("沿路"), theme.TEAL),
        ("straight", words("直线 × {detour}").format(detour=filters.detour), words("直线"), theme.FAINT),
    )
    return Chart(
        "walked",
        title,
        subtitle,
        weakest(*shown["provenance"]),
        "grouped_bar",
        tuple(map(str, shown["name_en" if words.lang == "en" else "name"])),
        tuple(
            Series(
                label,
                tuple(map(float, shown[column])),
                color,
                weakest(*shown["provenance"]),
                texts=tuple(f"{short} {one:.1%}" for one in shown[column]),
                notes=notes,
            )
            for column, label, short, color in bars
        ),
        number_format="0.0%",
        grow=0.4 + 0.15 * len(shown),
    )


def _known(values: list[float]) -> tuple[float | None, ...]:
    return tuple(None if one != one else one for one in values)
