"""The table of a chart on a page, and what opens it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from dash import html

from dashboard.charts import as_table
from dashboard.charts.as_table import Table
from dashboard.charts.chart import Chart
from dashboard.words import Words

#: Attribute that holds the tables of a folded region as JSON: assets/tables.js lays them out once somebody opens it.
FOLDED = "data-tables"


def chart_table(chart: Chart | None, words: Words) -> html.Table | None:
    """Return the figures of `chart` as a table; None where it has none."""
    made = as_table.table(chart, words) if chart else None
    return laid_out(made) if made else None


def laid_out(made: Table) -> html.Table:
    """Return `made` as a table of a page."""
    return html.Table(
        [
            html.Caption(made.caption),
            html.Thead(html.Tr([html.Th(text, scope="col") for text in made.heads])),
            html.Tbody(
                [
                    html.Tr([html.Th(first, scope="row"), *[html.Td(text) for text in rest]])
                    for first, *rest in made.rows
                ]
            ),
        ],
        className="chart-table",
    )


def folded(words: Words, *charts: Chart | Table | None) -> str | None:
    """Return the figures of `charts` as JSON for :data:`FOLDED`; None where they have none.

    A cell is no component then: every component more costs the page time at each answer, and a year of hours has
    hundreds of cells, which few readers open.
    """
    tables = (as_table.table(one, words) if isinstance(one, Chart) else one for one in charts)
    made = [one for one in tables if one]
    return json.dumps([asdict(one) for one in made], ensure_ascii=False) if made else None


def unfolded(text: str) -> list[html.Table]:
    """Return the tables of what :func:`folded` gave."""
    return [laid_out(Table(**one)) for one in json.loads(text)]


def region(words: Words, tables: str | None = None, outer: str = "", inner: str = "") -> html.Details:
    """Return 表格, which opens `tables` (of :func:`folded`) over their chart; hidden without them.

    `outer` and `inner` are the ids of the whole and of what holds the tables, where a callback fills them.
    """
    told = words("这张图的数字，可以复制")
    held: dict[str, Any] = {"aria-label": told}
    whole: dict[str, Any] = {"id": outer} if outer else {}
    if tables:
        held[FOLDED] = tables
    if inner:
        held["id"] = inner
    return html.Details(
        [
            html.Summary(words("表格"), title=told),
            html.Div(className="panel-figures", tabIndex=0, role="region", **held),
        ],
        className="panel-table",
        hidden=tables is None,
        **whole,
    )


def opening(words: Words, *charts: Chart | Table | None) -> html.Details | None:
    """Return 表格, which opens the figures of `charts` over them; None where they have none."""
    tables = folded(words, *charts)
    return region(words, tables) if tables else None
