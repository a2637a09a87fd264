"""Charts of coverage: by unit against the whole, and around the clock."""

from __future__ import annotations

from html import escape

import numpy as np
import pandas as pd

from dashboard import theme
from dashboard.charts.panel import Panel
from dashboard.words import Words
from layers import coverage, demand, places
from layers.atlas import Atlas
from layers.filters import Filters
from layers.provenance import weakest

MOST_BARS = 12
MOST_NAMED = 3


def by_unit(atlas: Atlas, filters: Filters, words: Words) -> Panel:
    """Return the bar chart of shares by county, region, grid or street zone, sorted, the whole as a line.

    A click carries ``[unit_kind, unit_id]``.
    """
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
                return without_position(now, filters, words)
        return Panel(
            title=words("这里还没有可计算覆盖率的数据"),
            weight=0.6,
            empty=words(
                "请选择有产改网格或驿站需求数据的地方，例如石嘴山市、厦门市思明区；或在“数据来源”中恢复被排除的来源。"
            ),
        )
    measure = rows["measure"].iloc[0]
    known = rows[rows["share"].notna()]
    of_stations = measure != "enterprises"
    now = coverage.measure(atlas, around) if of_stations else None
    if now is not None and now.standing.lost:
        return without_position(now, filters, words)
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
    share = shown["share"].to_numpy(dtype=float) * 100
    names = [
        f"{theme.brief(one)}  <b>{words.share(ratio)}</b>"
        for one, ratio in zip(shown["name_en" if words.lang == "en" else "name"], shown["share"], strict=True)
    ]
    colors = np.where(shown["share"] >= (whole or 0) - 1e-12, theme.TEAL, theme.BELOW)
    colors = np.where(shown["unit_id"] == chosen, theme.RED, colors).tolist()
    unit = words("权重") if measure != "enterprises" else words("家")
    digits = 1 if measure != "enterprises" else 0
    hover = [
        f"<b>{escape(words.name(row))}</b><br>{words.share(row.share)} = {words.number(row.part, digits)} ÷ {words.number(row.whole, digits)} {unit}"
        f"<br>{words.provenance(row.provenance)}"
        for row in shown.itertuples(index=False)
    ]
    figure = {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "x": share.tolist(),
                "y": list(range(len(shown))),
                "customdata": [[row.unit_kind, row.unit_id] for row in shown.itertuples(index=False)],
                "hovertext": hover,
                "hovertemplate": "%{hovertext}<extra></extra>",
                "marker": theme.coloured(colors, shown["provenance"].tolist()),
            }
        ],
        "layout": theme.chart_layout(
            bargap=0.28,
            meta={"measure": measure},
            margin={"l": 4, "r": 12, "t": 20, "b": 4, "pad": 4},
            xaxis={"range": [0, max(100.0, float(share.max()) if len(share) else 100.0)], "visible": False},
            yaxis={
                "tickvals": list(range(len(shown))),
                "ticktext": names,
                "showgrid": False,
                "range": theme.rows(len(shown)),
            },
            # under the bars: a line over them would cut their ends and be read as part of them
            shapes=[
                {
                    "type": "line",
                    "layer": "below",
                    "x0": whole * 100,
                    "x1": whole * 100,
                    "yref": "paper",
                    "y0": 0,
                    "y1": 1,
                    "line": {"color": theme.RED, "width": 1.4, "dash": "dot"},
                }
            ]
            if whole is not None
            else [],
            annotations=[
                {
                    "x": whole * 100,
                    "xref": "x",
                    "y": 1,
                    "yref": "paper",
                    "yanchor": "bottom",
                    "showarrow": False,
                    "xanchor": "right" if whole > 0.5 else "left",
                    "text": f"{theme.brief(name)} {words.share(whole)}",
                    "font": {"size": theme.NOTE, "color": theme.RED},
                }
            ]
            if whole is not None
            else [],
        ),
    }
    return Panel(title, subtitle, weakest(*known["provenance"]), figure, weight=0.7 + 0.09 * max(3, len(shown)))


def without_position(now: coverage.Coverage, filters: Filters, words: Words) -> Panel:
    """Return what stands in place of a chart of coverage where no station has a position: no share, and why."""
    return Panel(
        title=words("驿站尚无位置，暂无覆盖率"),
        subtitle=_said(now, filters, words),
        weight=0.6,
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
    """Return the name of the one smaller place that all units lie in, None where they lie in several: a city's share is not the nation's."""
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


def by_hour(atlas: Atlas, filters: Filters, words: Words) -> Panel:
    """Return coverage over the 24 hours of the day asked, nominal as a line to hold it against."""
    rows = coverage.by_hour(atlas, filters)
    now = coverage.measure(atlas, filters)
    if now.standing.lost and now.nominal_weighted.whole > 0:
        # the chart before says it already, unless that is of enterprises
        said = coverage.measured(atlas, filters) == "stations"
        return Panel.hidden() if said else without_position(now, filters, words)
    if now.nominal_weighted.ratio is None or not now.stations_nominal:
        return Panel.hidden()
    counties = sorted(set(demand.cells(atlas, filters)["adcode"]))
    here = places.scope(atlas, filters)
    hours = rows["hour"].tolist()
    effective = (rows["effective"].to_numpy(dtype=float) * 100).tolist()
    nominal = (rows["nominal"].to_numpy(dtype=float) * 100).tolist()
    worst, best = int(np.nanargmin(effective)), int(np.nanargmax(effective))
    title = words("{hour}:00 只覆盖 {low}，名义覆盖 {nominal}").format(
        hour=worst, low=f"{effective[worst]:.1f}%", nominal=f"{nominal[worst]:.1f}%"
    )
    days = words.weekdays
    subtitle = words("{day}各整点，{radius} 米内有可用驿站的需求权重占比（加权）").format(
        day=days[filters.day - 1], radius=filters.radius
    )
    if here.level in ("country", "province", "city"):
        subtitle += words("；有需求数据的县区 {count} 个").format(count=len(counties))
    subtitle += _not_counted(now, filters, words, by_hour=True)
    hover = [
        words("{hour}:00　有效 {effective}，名义 {nominal}；开放驿站 {count} 个").format(
            hour=hour, effective=f"{one:.1f}%", nominal=f"{two:.1f}%", count=count
        )
        for hour, one, two, count in zip(hours, effective, nominal, rows["stations_open"], strict=True)
    ]
    shapes = []
    if filters.hour is not None:
        shapes.append(
            {
                "type": "line",
                "x0": filters.hour,
                "x1": filters.hour,
                "yref": "paper",
                "y0": 0,
                "y1": 1,
                "line": {"color": theme.RED, "width": 1.4, "dash": "dot"},
            }
        )
    figure = {
        "data": [
            {
                "type": "scatter",
                "mode": "lines",
                "x": hours,
                "y": nominal,
                "hoverinfo": "skip",
                "line": {"color": theme.FAINT, "width": 1.4, "dash": "dash"},
                "name": words("名义"),
            },
            {
                "type": "scatter",
                "mode": "lines",
                "x": hours,
                "y": effective,
                "fill": "tozeroy",
                "line": {"color": theme.STATION, "width": 2, "shape": "hv"},
                "fillcolor": theme.STATION_WASH,
                "hovertext": hover,
                "hovertemplate": "%{hovertext}<extra></extra>",
                "customdata": [["hour", hour] for hour in hours],
                "name": words("有效"),
            },
        ],
        "layout": theme.chart_layout(
            margin={"l": 4, "r": 10, "t": 8, "b": 4, "pad": 4},
            hovermode="x",
            xaxis={
                "tickvals": [0, 6, 12, 18, 23],
                "ticktext": ["0:00", "6:00", "12:00", "18:00", "23:00"],
                "showgrid": False,
            },
            yaxis={"range": [0, max(10.0, *nominal, *effective) * 1.2], "ticksuffix": "%", "nticks": 5},
            shapes=shapes,
            annotations=[
                {
                    "x": 0,
                    "xref": "paper",
                    "xanchor": "left",
                    "y": nominal[-1],
                    "yref": "y",
                    "yanchor": "bottom",
                    "showarrow": False,
                    "text": words("名义"),
                    "font": {"size": theme.NOTE, "color": theme.MUTED},
                },
                {
                    "x": best,
                    "xanchor": "left",
                    "y": effective[best],
                    "yref": "y",
                    "yanchor": "top",
                    "showarrow": False,
                    "text": words("有效"),
                    "font": {"size": theme.NOTE, "color": theme.STATION},
                },
            ],
        ),
    }
    return Panel(title, subtitle, now.provenance, figure, weight=0.95)
