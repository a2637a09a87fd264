"""Charts of what was done: by month and kind, the fair's funnel, the ranking of grids."""

from __future__ import annotations

import pandas as pd

from dashboard import theme
from dashboard.charts.chart import Chart, Reference, Series
from dashboard.filters_in_words import bracketed
from dashboard.words import Words
from geodata.withheld import plotted
from layers import activities, fairs, grids, places
from layers.atlas import Atlas
from layers.filters import Filters
from layers.provenance import mix

MOST_GRIDS, FEW_GRIDS = 8, 5  # in a county or city; where two more charts share the column
MOST_MONTHS = 24


def by_month(atlas: Atlas, filters: Filters, words: Words) -> Chart | None:
    """Return activities per month by kind, reported and made up apart; None where there is none whatever is chosen."""
    rows = activities.by_month(atlas, filters)
    undated = activities.undated(atlas, filters)
    if not len(rows) and not undated:
        left_out = len(activities.chosen(atlas, Filters(place=filters.place, region=filters.region, grid=filters.grid)))
        if not left_out:
            return None
        return Chart(
            "months",
            words("所选条件下没有活动"),
            words("这里共有 {count} 项，都在所选的时段、类型、来源或范围之外").format(count=words.number(left_out)),
            None,
            grow=0.35,
            empty=words("放宽一个条件就能看到："),
        )
    told = words("；另有 {count} 项只报道了年份，未计入").format(count=undated) if undated else ""
    if not len(rows):
        return Chart(
            "months",
            words("{count} 项活动只报道了年份").format(count=undated),
            words("没有可按月排列的日期"),
            "reported",
            grow=0.35,
            empty=words("点击地图上的圆点可看每项活动的报道内容。"),
        )
    labels = words.kinds()
    per_month = rows.groupby("month")["count"].sum()
    counted: dict[str, dict[str, dict[str, int]]] = {}  # by kind, provenance and month
    for month, kind, provenance, count in zip(
        rows["month"], rows["kind"], rows["provenance"], rows["count"].tolist(), strict=True
    ):
        counted.setdefault(kind, {}).setdefault(provenance, {})[month] = count
    # the same months for every choice, so that a lone month is seen to be one of many
    around = activities.by_month(atlas, Filters(start=filters.start, end=filters.end))["month"]
    months = pd.period_range(around.min(), around.max(), freq="M").astype(str).tolist()[-MOST_MONTHS:]
    top = per_month.idxmax()
    title = words("{total} 项活动，{month}最多（{most} 项）").format(
        total=words.number(int(per_month.sum())), month=words.month(str(top)), most=words.number(int(per_month.max()))
    )
    series = []
    for kind in words.activity_kinds():
        own = counted.get(kind.kind, {})
        name, several = labels[kind.kind], len(own) > 1
        for provenance, part in sorted(own.items()):
            series.append(
                Series(
                    name + bracketed(words.provenance(provenance), words)
                    if several and provenance != "reported"
                    else name,
                    tuple(part.get(month, 0) for month in months),
                    kind.colour,
                    str(provenance),
                    keys=(("kind", kind.kind),) * len(months),
                    legend=name,
                )
            )
    mean = float(per_month.sum()) / len(months)
    return Chart(
        "months",
        title,
        words("按月、按类型（项）；斜纹为示意") + told,
        mix(rows),
        "stacked_column",
        tuple(month[2:] for month in months),
        tuple(series),
        unit=words("项"),
        labels=False,
        positions=tuple(months),
        ticks=tuple(words.month(month, brief=True) for month in months),
        reference=Reference(mean, words("月均 {count} 项").format(count=words.number(mean, 1)))
        if len(per_month) > 1
        else None,
        legend=True,
        grow=1.15,
    )


def funnel(atlas: Atlas, filters: Filters, words: Words) -> Chart | None:
    """Return the fair's funnel, enterprises → positions → intents, reported and illustrative apart.

    None without a fair.
    """
    rows = fairs.funnel(atlas, filters)
    if not len(rows):
        return None
    names = {"enterprises": words("参会企业"), "positions": words("提供岗位"), "intents": words("达成意向")}
    units = {"enterprises": words("家"), "positions": words("个"), "intents": words("人")}
    order = [one for one in ("reported", "derived", "illustrative") if (rows["provenance"] == one).any()]
    columns = (rows[one] for one in ("provenance", "stage", "value", "qualifier"))
    by = {
        (origin, stage): (value, qualifier)
        for origin, stage, value, qualifier in zip(*columns, strict=True)
        if pd.notna(value)
    }
    positions, intents = by.get((order[0], "positions")), by.get((order[0], "intents"))
    title = words("招聘会")
    if positions and intents and positions[0]:
        title = words("{positions} 个岗位，{intents} 人达成意向").format(
            positions=words.number(positions[0]), intents=words.persons(intents[0])
        )
    series = []
    for provenance in order:
        shown = [(by.get((provenance, stage)), units[stage]) for stage in names]
        series.append(
            Series(
                words.provenance(provenance),
                tuple(plotted(told[0]) if told else None for told, _ in shown),
                theme.FAIR if provenance == "reported" else theme.FAIR_SAMPLE,
                provenance,
                texts=tuple(f"{words.persons(*told)} {unit}" if told else words("未报道") for told, unit in shown),
            )
        )
    subtitle = words("{fairs} 场招聘会：企业 → 岗位 → 意向").format(
        fairs=int(rows.groupby("provenance")["fairs"].max().sum())
    )
    if len(order) > 1:
        subtitle += words("；报道与示意分列，不相加")
    return Chart(
        "funnel",
        title,
        subtitle,
        mix(rows),
        "grouped_bar",
        tuple(names.values()),
        tuple(series),
        top_down=True,
        grow=0.75 + 0.2 * (len(order) - 1),
    )


def most_grids(here: places.Scope) -> int:
    """Return how many grids are ranked."""
    return FEW_GRIDS if here.level == "country" else MOST_GRIDS


def ranking(atlas: Atlas, filters: Filters, words: Words) -> Chart | None:
    """Return the grids by what they did, the most last; None inside one grid, or where none did anything."""
    here = places.scope(atlas, filters)
    if here.level == "grid":
        return None
    rows = activities.rank_grids(atlas, filters, most_grids(here)).iloc[::-1]
    if not len(rows):
        return None
    names = tuple(rows["name" if words.lang == "zh" else "name_en"])
    kinds, origin = words.kinds(), mix(rows)
    held = grids.chosen(atlas, filters)
    # of every grid in scope, those too that did nothing
    mean = sum(
        one[0]
        for key, one in activities.by_key(atlas, filters, "grid_id").items()
        if key in set(atlas.grids["grid_id"].iloc[held])
    ) / max(len(held), 1)
    return Chart(
        "ranking",
        words("“{name}”网格做得最多：{count} 项").format(name=names[-1], count=int(rows["count"].iloc[-1])),
        words("产改网格按活动项数排名，前 {top} 名（进企业、竞赛、主题活动）").format(top=len(rows)),
        origin,
        "stacked_bar",
        names,
        tuple(
            Series(
                kinds[kind.kind],
                tuple(int(one.get(kind.kind, 0)) for one in rows["kinds"]),
                kind.colour,
                origin,
                keys=tuple(("grid", one) for one in rows["grid_id"]),
            )
            for kind in words.activity_kinds()
            if any(kind.kind in one for one in rows["kinds"])
        ),
        unit=words("项"),
        labels=False,
        reference=Reference(
            mean, words("{grids} 个网格平均 {count} 项").format(grids=len(held), count=words.number(mean, 1))
        )
        if len(held) > 1
        else None,
    )
