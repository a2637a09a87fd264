"""Charts of what was done: by month and kind, the fair's funnel, the ranking of grids."""

from __future__ import annotations

from collections import defaultdict

import pandas as pd

from dashboard import theme
from dashboard.charts import reference_lines
from dashboard.charts.panel import Panel
from dashboard.words import Words
from layers import activities, fairs, grids, places
from layers.atlas import Atlas
from layers.filters import Filters
from layers.provenance import mix

MOST_GRIDS, FEW_GRIDS = 8, 5  # in a county or city; where two more charts share the column
MOST_MONTHS = 24


def by_month(atlas: Atlas, filters: Filters, words: Words) -> Panel:
    """Return activities per month, stacked by kind; illustrative ones hatched."""
    rows = activities.by_month(atlas, filters)
    undated = activities.undated(atlas, filters)
    if not len(rows) and not undated:
        left_out = len(activities.select(atlas, Filters(place=filters.place, region=filters.region, grid=filters.grid)))
        if not left_out:
            return Panel.hidden()
        return Panel(
            words("所选条件下没有活动"),
            words("这里共有 {count} 项，都在所选的时段、类型、来源或范围之外").format(count=words.number(left_out)),
            weight=0.35,
            empty=words("放宽一个条件就能看到："),
        )
    told = words("；另有 {count} 项只报道了年份，未计入").format(count=undated) if undated else ""
    if not len(rows):
        return Panel(
            words("{count} 项活动只报道了年份").format(count=undated),
            words("没有可按月排列的日期"),
            "reported",
            weight=0.35,
            empty=words("点击地图上的圆点可看每项活动的报道内容。"),
        )
    labels = words.kinds()
    per_month = rows.groupby("month")["count"].sum()
    # the same months for every choice, so that a lone month is seen to be one of many
    around = activities.by_month(atlas, Filters(start=filters.start, end=filters.end))["month"]
    months = pd.period_range(around.min(), around.max(), freq="M").astype(str).tolist()[-MOST_MONTHS:]
    top = per_month.idxmax()
    title = words("{total} 项活动，{month}最多（{most} 项）").format(
        total=words.number(int(per_month.sum())), month=_month(str(top), words), most=words.number(int(per_month.max()))
    )
    traces = []
    for kind in words.activity_kinds():
        own = rows[rows["kind"] == kind.kind]
        for provenance, part in own.groupby("provenance", sort=True):
            count: dict[str, int] = defaultdict(int)
            for month, number in zip(part["month"].astype(str), part["count"], strict=True):
                count[month] += int(number)
            label = labels[kind.kind]
            traces.append(
                {
                    "type": "bar",
                    "name": label,
                    "x": months,
                    "y": [count.get(month, 0) for month in months],
                    "customdata": [["kind", kind.kind]] * len(months),
                    "marker": {"color": kind.colour, "line": {"width": 0}, "pattern": theme.hatched(provenance)},
                    "hovertemplate": f"%{{x}}<br>{label} %{{y}} {words('项')} · {words.provenance(provenance)}<extra></extra>",
                    "showlegend": provenance == sorted(own["provenance"].unique())[0],
                    "legendgroup": kind.kind,
                }
            )
    mean = float(per_month.sum()) / len(months)
    figure = {
        "data": traces,
        "layout": theme.chart_layout(
            **(
                reference_lines.comparison(mean, words("月均 {count} 项").format(count=words.number(mean, 1)))
                if len(per_month) > 1
                else {}
            ),
            barmode="stack",
            bargap=0.3,
            showlegend=True,
            legend={
                "orientation": "h",
                "x": 0,
                "y": 1.02,
                "yanchor": "bottom",
                "font": {"size": theme.NOTE, "color": theme.MUTED},
                "itemclick": False,
                "itemdoubleclick": False,
                "itemwidth": 30,
                "tracegroupgap": 0,
            },
            margin={"l": 4, "r": 8, "t": 8, "b": 4, "pad": 4},
            xaxis={
                "type": "category",
                "showgrid": False,
                "tickvals": months,
                "ticktext": [_month(month, words, brief=True) for month in months],
            },
            yaxis={"nticks": 4, "rangemode": "tozero", **({"dtick": 1} if per_month.max() < 5 else {})},
        ),
    }
    return Panel(title, words("按月、按类型（项）；斜纹为示意") + told, mix(rows), figure, weight=1.15)


def _month(month: str, words: Words, brief: bool = False) -> str:
    year, number = month.split("-")
    if brief:
        return words("{year}年{month}月（短）").format(month=int(number), year=year)
    return words("{year}年{month}月").format(year=year, month=int(number))


def funnel(atlas: Atlas, filters: Filters, words: Words) -> Panel:
    """Return the fair's funnel, enterprises → positions → intents, reported and illustrative apart."""
    rows = fairs.funnel(atlas, filters)
    if not len(rows):
        return Panel.hidden()
    stages = ("enterprises", "positions", "intents")
    names = {"enterprises": words("参会企业"), "positions": words("提供岗位"), "intents": words("达成意向")}
    units = {"enterprises": words("家"), "positions": words("个"), "intents": words("人")}
    order = [one for one in ("reported", "derived", "illustrative") if (rows["provenance"] == one).any()]
    by = {(row.provenance, row.stage): row for row in rows.itertuples(index=False)}
    first = order[0]
    positions, intents = by.get((first, "positions")), by.get((first, "intents"))
    title = words("招聘会")
    if positions is not None and intents is not None and positions.value and pd.notna(intents.value):
        title = words("{positions} 个岗位，{intents} 人达成意向").format(
            positions=words.number(positions.value), intents=words.number(intents.value)
        )
    traces = []
    for provenance in order:
        shown = [by.get((provenance, stage)) for stage in stages]
        values = [float(row.value) if row is not None and pd.notna(row.value) else None for row in shown]
        text = [
            f"{words.qualified(row.value, row.qualifier)} {units[stage]}"
            if row is not None and pd.notna(row.value)
            else words("未报道")
            for row, stage in zip(shown, stages, strict=True)
        ]
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": words.provenance(provenance),
                "y": [names[stage] for stage in stages],
                "x": [value or 0 for value in values],
                "text": text,
                "textposition": "outside",
                "cliponaxis": False,
                "textfont": {"size": theme.NOTE, "color": theme.MUTED},
                "constraintext": "none",  # a thin bar has figures that can be read all the same
                "marker": {
                    "color": theme.FAIR if provenance == "reported" else theme.FAIR_SAMPLE,
                    "pattern": theme.hatched(provenance),
                },
                "hovertemplate": f"%{{y}} %{{text}} · {words.provenance(provenance)}<extra></extra>",
            }
        )
    largest = max((value for trace in traces for value in trace["x"]), default=1) or 1
    counted = int(rows.groupby("provenance")["fairs"].max().sum())
    figure = {
        "data": traces,
        "layout": theme.chart_layout(
            barmode="group",
            bargap=0.2,
            margin={"l": 4, "r": 8, "t": 4, "b": 4, "pad": 4},
            xaxis={"visible": False, "range": [0, largest * 1.35]},
            yaxis={"autorange": "reversed", "showgrid": False, "type": "category"},
        ),
    }
    subtitle = words("{fairs} 场招聘会：企业 → 岗位 → 意向").format(fairs=counted)
    if len(order) > 1:
        subtitle += words("；报道与示意分列，不相加")
    return Panel(title, subtitle, mix(rows), figure, weight=0.75 + 0.2 * (len(order) - 1))


def most_grids(here: places.Scope) -> int:
    """Return how many grids are ranked."""
    return FEW_GRIDS if here.level == "country" else MOST_GRIDS


def ranking(atlas: Atlas, filters: Filters, words: Words) -> Panel:
    """Return the grids by what they did, most first; a click carries ``["grid", grid_id]``."""
    here = places.scope(atlas, filters)
    if here.level in ("grid",):
        return Panel.hidden()
    rows = activities.rank_grids(atlas, filters, most_grids(here))
    if not len(rows):
        return Panel.hidden()
    rows = rows.iloc[::-1]
    names = rows["name" if words.lang == "zh" else "name_en"].tolist()
    kinds = words.kinds()
    listed = [kind for kind in words.activity_kinds() if any(kind.kind in one for one in rows["kinds"])]
    origin = mix(rows)
    traces = [
        {
            "type": "bar",
            "orientation": "h",
            "name": kinds[kind.kind],
            "x": [one.get(kind.kind, 0) for one in rows["kinds"]],
            "y": list(range(len(rows))),
            "customdata": [["grid", one] for one in rows["grid_id"]],
            "marker": {"color": kind.colour, "pattern": theme.hatched(origin)},
            "hovertext": names,
            "hovertemplate": f"%{{hovertext}}<br>{kinds[kind.kind]} %{{x}} {words('项')}<extra></extra>",
        }
        for kind in listed
    ]
    totals = rows["count"].astype(int).tolist()
    traces.append(
        {
            "type": "scatter",
            "mode": "text",
            "x": totals,
            "y": list(range(len(rows))),
            "text": [f" {one}" for one in totals],
            "textposition": "middle right",
            "textfont": {"size": theme.NOTE, "color": theme.MUTED},
            "hoverinfo": "skip",
            "cliponaxis": False,
        }
    )
    best = rows.iloc[-1]
    held = grids.chosen(atlas, filters)
    # of every grid in scope, those too that did nothing
    mean = sum(
        one[0]
        for key, one in activities.by_key(atlas, filters, "grid_id").items()
        if key in set(atlas.grids["grid_id"].iloc[held])
    ) / max(len(held), 1)
    title = words("“{name}”网格做得最多：{count} 项").format(name=names[-1], count=int(best["count"]))
    figure = {
        "data": traces,
        "layout": theme.chart_layout(
            **(
                reference_lines.comparison(
                    mean,
                    words("{grids} 个网格平均 {count} 项").format(grids=len(held), count=words.number(mean, 1)),
                    upright=True,
                )
                if len(held) > 1
                else {}
            ),
            barmode="stack",
            bargap=0.3,
            margin={"l": 4, "r": 30, "t": 4, "b": 18 if len(held) > 1 else 4, "pad": 4},
            xaxis={"visible": False, "rangemode": "tozero"},
            yaxis={
                "tickvals": list(range(len(rows))),
                "ticktext": [theme.brief(one) for one in names],
                "showgrid": False,
                "range": theme.rows(len(rows)),
            },
        ),
    }
    return Panel(
        title,
        words("产改网格按活动项数排名，前 {top} 名（进企业、竞赛、主题活动）").format(top=len(rows)),
        origin,
        figure,
        weight=1.0,
    )
