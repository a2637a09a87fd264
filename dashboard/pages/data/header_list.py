"""Which column each header of a file was understood as, and the way to set it by hand."""

from __future__ import annotations

import dash_mantine_components as dmc
from dash import html

from dashboard.pages.data import names
from dashboard.words import Words
from geodata.importing.headers import POSITIONS, STATED
from geodata.importing.report import Report
from geodata.own_fields import PREFIX
from geodata.schema import TABLES


def _mark(column: str | None, personal: set[str], words: Words) -> html.Span | None:
    """Return what to say of a header beside the column it means."""
    if not column:
        return html.Span(words("没有认出"), className="mark mark-warning")
    if column in personal:
        return html.Span(words("个人信息"), className="mark mark-warning")
    return html.Span(words("照原样保存"), className="mark") if column.startswith(PREFIX) else None


def header_list(report: Report, words: Words) -> html.Details | None:
    """Return the headers with a choice for each, None where there are none."""
    if not report.headers:
        return None
    schema = TABLES[report.table]
    zh = words.lang == "zh"
    places = {
        "lon": words("经度"),
        "lat": words("纬度"),
        "lonlat": words("经度,纬度（同一格）"),
        "x": words("东坐标（米）"),
        "y": words("北坐标（米）"),
        "wkt": words("图形(WKT)"),
        STATED: words("坐标系"),
    }
    held = {column.name for column in schema.columns}
    usable = (*POSITIONS, STATED) if schema.geometry == "point" else ("wkt", STATED) if schema.geometry else ()
    options = [
        {"value": "", "label": words("（不导入）")},
        *({"value": one.name, "label": one.zh if zh else one.en} for one in schema.columns if one.name != "batch_id"),
        *({"value": one, "label": places[one]} for one in usable if one not in held),
        *(
            {"value": one, "label": words("自有项目“{label}”").format(label=one.removeprefix(PREFIX))}
            for one in dict.fromkeys(report.headers.values())
            if one and one.startswith(PREFIX)
        ),
    ]
    unknown = [header for header, column in report.headers.items() if not column]
    personal = {PREFIX + one.label for one in report.own_fields if one.personal}
    lines = [
        html.Tr(
            [
                html.Td(header),
                html.Td("→"),
                html.Td(
                    dmc.Select(
                        id=names.numbered("data-map", at),
                        data=options,
                        value=column or "",
                        allowDeselect=False,
                        searchable=True,
                        size="xs",
                        nothingFoundMessage=words("没有匹配的选项"),
                        **{"aria-label": words("“{header}”对应的列").format(header=header)},
                    )
                ),
                html.Td(_mark(column, personal, words)),
            ]
        )
        for at, (header, column) in enumerate(report.headers.items())
    ]
    return html.Details(
        [
            html.Summary(
                [
                    html.Span(words("表头对应"), className="panel-title"),
                    html.Span(
                        words("{known} 列认出，{unknown} 列没有认出").format(
                            known=len(report.headers) - len(unknown), unknown=len(unknown)
                        ),
                        className="data-hint",
                    ),
                ]
            ),
            html.P(words("每个表头对应图册的哪一列；认错的请改，再重新核对。"), className="data-hint"),
            html.Table(html.Tbody(lines), className="data-table headers"),
            html.Button(
                words("按这样的对应重新核对"),
                id=names.numbered("data-recheck", "headers"),
                className="button",
                type="button",
            ),
        ],
        open=bool(unknown) or any(one.row is None for one in report.errors) or not report.columns,
        className="data-panel",
    )
