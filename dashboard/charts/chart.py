"""The charts of a view as tables: what a native chart's data sheet holds, from the same layers as the page's panels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from dashboard import theme
from dashboard.charts import activity as activity_figures
from dashboard.charts import coverage as coverage_figures
from dashboard.charts.panel import Panel
from dashboard.filters_in_words import bracketed, colon
from dashboard.words import Words
from layers import activities, coverage, fairs, places
from layers.atlas import Atlas
from layers.filters import Filters

ILLUSTRATIVE = "illustrative"


@dataclass(frozen=True, slots=True)
class Series:
    """One series: its name, its values (None: not known), its colour, and how much of it is made up."""

    name: str
    values: tuple[float | None, ...]
    color: str
    provenance: str | None = None
    colors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart of a view.

    Attributes
    ----------
    id : str
        ``coverage``, ``hours``, ``months``, ``funnel`` or ``ranking``.
    title, subtitle : str
        As over the page's panel: the answer, and what it is of.
    kind : str
        ``bar`` (lying), ``stacked_bar`` (lying), ``column_stacked`` or ``line``.
    categories : tuple of str
    series : tuple of Series
    number_format : str
        As Excel writes it.
    figure : dict
        The same as a plotly.js figure.
    """

    id: str
    title: str
    subtitle: str
    provenance: str | None
    kind: str
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    number_format: str = "#,##0"
    labels: bool = True
    figure: dict[str, Any] = field(default_factory=dict)

    @property
    def told(self) -> dict[str, Sequence[str]]:
        """Series whose figures keep their qualifier and unit: name → its values in the words of the chart ("150 余 家")."""
        return (
            {trace["name"]: trace["text"] for trace in self.figure["data"]}
            if self.id == "funnel" or self.id.startswith("story-")
            else {}
        )

    @property
    def weight(self) -> float:
        """How much height it wants beside others: many bars under each other want more."""
        return (
            max(1.0, len(self.categories) / 8) if self.kind in ("bar", "stacked_bar") and len(self.series) < 4 else 1.0
        )


@dataclass(frozen=True, slots=True)
class Charts:
    """The charts of a view that have something to show, and why the others have not."""

    shown: tuple[Chart, ...]
    empty: tuple[str, ...]


def charts(atlas: Atlas, filters: Filters, words: Words) -> Charts:
    """Return every chart of the view, in the order of the page."""
    shown, empty = [], []
    for panel, make in MAKERS.items():
        said: Panel = panel(atlas, filters, words)
        if not said.weight:
            continue
        if said.empty:
            # on the page links follow, which paper has not: what it is of says why
            empty.append(f"{said.title}{colon(words)}{said.subtitle or said.empty}")
            continue
        shown.append(make(atlas, filters, words, said))
    return Charts(tuple(shown), tuple(empty))


def _chart(id: str, said: Panel, kind: str, categories: Sequence[str], series: Sequence[Series], **more: Any) -> Chart:
    return Chart(
        id,
        said.title,
        said.subtitle,
        said.provenance,
        kind,
        tuple(map(str, categories)),
        tuple(series),
        figure=said.figure,
        **more,
    )


def _by_unit(atlas: Atlas, filters: Filters, words: Words, said: Panel) -> Chart:
    here = places.scope(atlas, filters)
    # among its neighbours, as the panel draws it
    around = filters.having(grid=None, region=here.region_id) if here.level == "grid" else filters
    if here.zone:
        around = filters.having(region=None, place=here.adcode)
    rows = coverage.by_unit(atlas, around)
    known = rows[rows["share"].notna()]
    if len(known) > coverage_figures.MOST_BARS:
        half = coverage_figures.MOST_BARS // 2
        known = known.iloc[[*range(half), *range(len(known) - half, len(known))]]
    known = known.iloc[::-1]
    whole = known["parent_share"].iloc[0]
    chosen = here.grid_id or (here.region_id if here.zone else None)
    colors = [
        theme.RED if one == chosen else theme.TEAL if share >= whole - 1e-12 else theme.BELOW
        for one, share in zip(known["unit_id"], known["share"], strict=True)
    ]
    names = known["name_en" if words.lang == "en" else "name"]
    name = words("覆盖率") if rows["measure"].iloc[0] != "enterprises" else words("强化率")
    return _chart(
        "coverage",
        said,
        "bar",
        names,
        [Series(name, tuple(map(float, known["share"])), theme.TEAL, said.provenance, tuple(colors))],
        number_format="0.0%",
    )


def _by_hour(atlas: Atlas, filters: Filters, words: Words, said: Panel) -> Chart:
    rows = coverage.by_hour(atlas, filters)
    return _chart(
        "hours",
        said,
        "line",
        rows["hour"],
        [
            Series(words("名义"), _values(rows["nominal"]), theme.FAINT, said.provenance),
            Series(words("有效"), _values(rows["effective"]), theme.STATION, said.provenance),
        ],
        number_format="0%",
        labels=False,
    )


def _by_month(atlas: Atlas, filters: Filters, words: Words, said: Panel) -> Chart:
    rows = activities.by_month(atlas, filters)
    around = activities.by_month(atlas, Filters(start=filters.start, end=filters.end))["month"]
    months = pd.period_range(around.min(), around.max(), freq="M").astype(str).tolist()[-activity_figures.MOST_MONTHS :]
    labels = words.kinds()
    series = []
    for kind in words.activity_kinds():
        own = rows[rows["kind"] == kind.kind]
        for provenance, part in own.groupby("provenance", sort=True):
            count = part.groupby("month")["count"].sum()
            name = labels[kind.kind]
            if own["provenance"].nunique() > 1 and provenance != "reported":
                name += bracketed(words.provenance(str(provenance)), words)
            series.append(
                Series(name, tuple(int(count.get(month, 0)) for month in months), kind.colour, str(provenance))
            )
    return _chart("months", said, "column_stacked", [_month(one) for one in months], series, labels=False)


def _month(month: str) -> str:
    return f"{month[2:4]}-{month[5:]}"


def _funnel(atlas: Atlas, filters: Filters, words: Words, said: Panel) -> Chart:
    rows = fairs.funnel(atlas, filters)
    stages = {"enterprises": words("参会企业"), "positions": words("提供岗位"), "intents": words("达成意向")}
    series = []
    for provenance, part in rows.groupby("provenance", sort=False):
        value = dict(zip(part["stage"], part["value"], strict=True))
        series.append(
            Series(
                words.provenance(str(provenance)),
                tuple(None if pd.isna(value[one]) else int(value[one]) for one in stages),
                theme.FAIR if provenance == "reported" else theme.FAIR_SAMPLE,
                str(provenance),
            )
        )
    return _chart("funnel", said, "bar", list(stages.values()), series)


def _ranking(atlas: Atlas, filters: Filters, words: Words, said: Panel) -> Chart:
    rows = activities.rank_grids(atlas, filters, activity_figures.most_grids(places.scope(atlas, filters))).iloc[::-1]
    kinds = words.kinds()
    series = [
        Series(
            kinds[kind.kind], tuple(int(one.get(kind.kind, 0)) for one in rows["kinds"]), kind.colour, said.provenance
        )
        for kind in words.activity_kinds()
        if any(kind.kind in one for one in rows["kinds"])
    ]
    return _chart(
        "ranking", said, "stacked_bar", rows["name" if words.lang == "zh" else "name_en"], series, labels=False
    )


def _values(column: pd.Series) -> tuple[float | None, ...]:
    return tuple(None if pd.isna(one) else float(one) for one in column)


#: How the figures of each panel of the overview become a chart.
MAKERS = {
    coverage_figures.by_unit: _by_unit,
    coverage_figures.by_hour: _by_hour,
    activity_figures.by_month: _by_month,
    activity_figures.funnel: _funnel,
    activity_figures.ranking: _ranking,
}
