"""Section 数据行: the rows of a table in a grid that fetches what is seen; one row changed, added or taken out."""

from __future__ import annotations

from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate
from dash_ag_grid import AgGrid

from dashboard.access.taking import listed, require_theirs
from dashboard.components.values import shown, table_name, title
from dashboard.context import Context
from dashboard.pages.data import form, names, taking_out
from dashboard.pages.data.choices import place_select, table_select, text_search
from dashboard.pages.data.writing import signed
from dashboard.server.guard import editing
from dashboard.words import Words
from geodata.errors import N_, AtlasError
from geodata.quality import RULES
from geodata.schema import TABLES, TableSchema
from layers import rows
from layers.atlas import Atlas
from layers.filters import Filters

BLOCK = 100
KEY = "atlas_row_key"
WIDE = {
    "name": 190,
    "address": 220,
    "opening_hours": 190,
    "note": 240,
    "inputs": 240,
    "result": 240,
    "organisers": 200,
    "services": 200,
    "facilities": 200,
}
LAST = ("provenance", "source_id", "batch_id", "valid_from", "valid_to")


def section(context: Context, atlas: Atlas, filters: Filters, said: dict, words: Words) -> list:
    """Return the section."""
    table, rule = said["table"], said["rule"]
    may = editing(context.settings)
    chosen = (
        html.Div(
            [
                html.Span(words("只列出质量报告“{rule}”的行").format(rule=words(RULES[rule].title))),
                dcc.Link(
                    words("列出全部"), href=names.address(filters, context, "rows", table=table), className="data-link"
                ),
            ],
            className="data-chosen",
        )
        if rule
        else None
    )
    return [
        html.Div(
            [
                html.Div(
                    [
                        table_select(names.ROW_TABLE, names.ORDERED, table, words),
                        place_select(names.ROW_PLACE, atlas, filters, words),
                        text_search(names.ROW_TEXT, words),
                        html.Span(id=names.ROW_COUNT, className="data-hint", role="status"),
                        html.Div(
                            [
                                html.Button(
                                    words("新增一行"), id=names.ADD, className="button", type="button", disabled=not may
                                ),
                                html.Button(
                                    words("修改"), id=names.EDIT, className="button", type="button", disabled=True
                                ),
                                html.Div(
                                    html.Button(words("删除"), className="button", type="button", disabled=True),
                                    id=names.REMOVE,
                                ),
                            ],
                            className="data-buttons",
                            hidden=not may,
                        ),
                    ],
                    className="data-controls",
                ),
                taking_out.controls(words),
                chosen,
                html.Div(id=names.GRID_BOX, className="data-grid"),
                dcc.Store(id=names.CHOSEN),
            ],
            className="data-panel data-rows",
        )
    ]


def locale_text(words: Words) -> dict[str, str]:
    """Return what the grid itself says."""
    return {
        "noRowsToShow": words("没有符合条件的行"),
        "loadingOoo": words("正在读取…"),
        "loadingError": words("读取失败"),
        "ariaSortableColumn": words("按回车键排序"),
        "ariaRowSelect": words("按空格键选择这一行"),
        "ariaRowDeselect": words("按空格键取消选择"),
        "ariaRowToggleSelection": words("按空格键切换选择"),
        "ariaColumn": words("列"),
        "ariaFilterMenuOpen": words("打开筛选"),
        "ariaSkeletonCellLoading": words("正在读取…"),
        "ariaSkeletonCellLoadingFailed": words("读取失败"),
        "ariaRowSelectAll": words("全选"),
        "ariaLabelLoadingMore": words("正在读取…"),
        "ariaChecked": words("已选"),
        "ariaUnchecked": words("未选"),
    }


def columns(schema: TableSchema, words: Words) -> list[dict[str, Any]]:
    """Return the grid's columns: name first, then the rest, where the row is from last; own fields before that."""
    order = sorted(schema.columns, key=lambda one: (one.name in LAST, one.name != "name", one.name != schema.key))
    return [
        {
            "field": one.name,
            "headerName": title(schema, one.name, words),
            "headerTooltip": title(schema, one.name, words),
            "width": WIDE.get(one.name, 128),
            "sortable": True,
            "tooltipField": one.name,
            **({"pinned": "left"} if one.name == "name" else {}),
            **({"type": "rightAligned"} if one.dtype in ("int", "float") else {}),
        }
        for one in order
    ]


def _grid(table: str, filters: Filters, rule: str | None, text: str, words: Words) -> html.Div:
    grid = AgGrid(
        id=names.GRID,
        rowModelType="infinite",
        columnDefs=columns(TABLES[table], words),
        getRowId=f"params.data.{KEY}",
        defaultColDef={
            "resizable": True,
            "suppressHeaderMenuButton": True,
            "suppressMovable": True,
            **({} if words.lang == "zh" else {"cellRenderer": "AtlasCell"}),
        },
        dashGridOptions={
            "cacheBlockSize": BLOCK,
            "maxBlocksInCache": 20,
            "maxConcurrentDatasourceRequests": 1,
            "rowSelection": {"mode": "singleRow", "checkboxes": False, "enableClickSelection": True},
            "localeText": locale_text(words),
            "rowHeight": 32,
            "headerHeight": 34,
            "suppressDragLeaveHidesColumns": True,
            "enableCellTextSelection": True,
            "animateRows": False,
            "enableBrowserTooltips": True,
        },
        style={"height": "100%", "width": "100%"},
    )
    # another question is another grid: rows fetched for the last one must not be shown for this one
    return html.Div(
        grid, key=f"{table}|{filters.place}|{filters.region}|{filters.grid}|{rule}|{text}", className="data-grid-inner"
    )


def question(context: Context, table: str, key: str, words: Words) -> list:
    """Return what to ask before a row is taken out."""
    if table not in TABLES:
        raise AtlasError(N_("图册里没有表 {got}：请用 {expected} 之一。"), got=table, expected=", ".join(TABLES))
    row = rows.record(context.source.atlas(), table, key)
    name = key if row is None else str(row.get("name") or key)
    return [
        html.H2(words("删除这一行？"), className="data-title"),
        html.P(
            words("{table}“{name}”（{key}）会从图册里删除，记为一批，可在“历史与撤销”里撤回。").format(
                table=table_name(table, words), name=name, key=key
            )
        ),
    ]


def remove(context: Context, table: str, key: str, author: str | None, words: Words) -> str:
    """Take a row out and return what to tell."""
    name, atlas = signed(context, author), context.source.atlas()
    hanging = rows.referring(atlas, table, key) if table in TABLES else {}
    if hanging:
        raise AtlasError(
            N_("还有行引用它（{list}），删除会让它们落空：请先改正或删除那些行。"),
            list="、".join(
                f"{TABLES[one].zh if words.lang == 'zh' else TABLES[one].en} {count}" for one, count in hanging.items()
            ),
        )
    batch = context.source.store().remove(table, [key], author=name, file=words("网页删除"), seen=atlas.stored_version)
    return words("已删除，记为批次 {batch}。").format(batch=batch.batch_id)


def register(app: Dash, context: Context) -> None:
    """Add the section's callbacks to `app`."""

    def asked(search: str | None) -> tuple[Atlas, Filters, dict, Words]:
        atlas = context.source.atlas()
        filters = context.read(atlas, search, names.OWN_KEYS).filters
        atlas = atlas.exact if editing(context.settings) else atlas  # who keeps the data keeps it as it is
        return atlas, filters, names.own(search), context.words(filters.lang)

    @app.callback(
        Output(names.URL, "search", allow_duplicate=True),
        Input(names.ROW_TABLE, "value"),
        Input(names.ROW_PLACE, "value"),
        State(names.URL, "search"),
        prevent_initial_call=True,
    )
    def choose(table: str | None, place: str | None, search: str | None) -> Any:
        """Bring the choice of table and place into the address."""
        _, filters, said, _ = asked(search)
        wanted = filters.at_place(place) if place and place != filters.place else filters
        if said["section"] != "rows" or (wanted == filters and table == said["table"]):
            return no_update
        rule = said["rule"] if said["rule"] and table in RULES[said["rule"]].tables else None
        return names.query(wanted, context, {"section": "rows", "days": said["days"]}, table=table, rule=rule)

    @app.callback(
        Output(names.GRID_BOX, "children"),
        Output(names.ROW_COUNT, "children"),
        Input(names.ROW_TEXT, "value"),
        State(names.URL, "search"),
    )
    def show(text: str | None, search: str | None) -> tuple:
        """Show the grid of what is asked for."""
        atlas, filters, said, words = asked(search)
        found = listed(atlas, said["table"], filters, text or "", said["rule"], said["days"])
        count = words("{count} 行").format(count=words.number(len(found)))
        return _grid(said["table"], filters, said["rule"], text or "", words), count

    @app.callback(
        Output(names.GRID, "getRowsResponse"),
        Input(names.GRID, "getRowsRequest"),
        State(names.ROW_TEXT, "value"),
        State(names.URL, "search"),
        prevent_initial_call=True,
    )
    def fetch(request: dict | None, text: str | None, search: str | None) -> dict:
        """Give the rows that the grid is about to show."""
        if not request:
            raise PreventUpdate
        atlas, filters, said, words = asked(search)
        order = next(iter(request.get("sortModel") or ()), None)
        found = listed(atlas, said["table"], filters, text or "", said["rule"], said["days"], order)
        start = max(0, int(request["startRow"]))
        part = found[start : min(int(request["endRow"]), start + BLOCK)]
        schema = TABLES[said["table"]]
        frame = atlas.table(said["table"]).iloc[part]
        keys = frame[schema.key].tolist()
        keeper = editing(context.settings)
        cells = {
            one.name: [shown(schema, one.name, value, words, keeper) for value in frame[one.name]]
            for one in schema.columns
        }
        lines = [
            dict(zip(cells, line, strict=True)) | {KEY: key}
            for key, line in zip(keys, zip(*cells.values(), strict=True), strict=True)
        ]
        return {"rowData": lines, "rowCount": len(found)}

    @app.callback(
        Output(names.EDIT, "disabled"),
        Output(names.REMOVE, "children"),
        Output(names.CHOSEN, "data"),
        Input(names.GRID, "selectedRows"),
        State(names.URL, "search"),
        prevent_initial_call=True,
    )
    def choose_row(selected: list | None, search: str | None) -> tuple:
        """Let the chosen row be changed or taken out."""
        _, _, said, words = asked(search)
        may = bool(selected) and editing(context.settings)
        key = selected[0][KEY] if may and selected else None
        at = None if key is None else f"{said['table']}:{key}"
        named: dict[str, Any] = {"id": names.numbered("data-delete", at)} if at else {}
        button = html.Button(words("删除"), className="button", type="button", disabled=not may, **named)
        return not may, button, key

    @app.callback(
        Output(names.DRAWER, "opened"),
        Output(names.DRAWER, "title"),
        Output(names.FORM, "children"),
        Input(names.ADD, "n_clicks"),
        Input(names.EDIT, "n_clicks"),
        State(names.CHOSEN, "data"),
        State(names.URL, "search"),
        prevent_initial_call=True,
    )
    def open_form(add: int | None, edit: int | None, key: str | None, search: str | None) -> tuple:
        """Open the form of a new row or of the chosen one."""
        atlas, _, said, words = asked(search)
        table = said["table"]
        if ctx.triggered_id == names.ADD and add:
            return (
                True,
                words("新增：{table}").format(table=table_name(table, words)),
                form.fields(table, None, atlas.stored_version, words),
            )
        if ctx.triggered_id != names.EDIT or not edit or key is None:
            raise PreventUpdate
        row = rows.record(atlas, table, key)
        if row is None:
            raise AtlasError(N_("这一行已经不在图册里：请刷新后再试。"))
        require_theirs(atlas, table, [atlas.rows_by(table, TABLES[table].key)[key]])
        return (
            True,
            words("修改：{name}").format(name=row.get("name") or key),
            form.fields(table, row, atlas.stored_version, words, editing(context.settings)),
        )

    @app.callback(
        Output({"type": "data-told", "at": ALL}, "children"),
        Output(names.DRAWER, "opened", allow_duplicate=True),
        Output(names.CHANGED, "data", allow_duplicate=True),
        Input({"type": "data-save", "at": ALL}, "n_clicks"),
        State({"type": "data-field", "at": ALL}, "value"),
        State({"type": "data-field", "at": ALL}, "id"),
        State(names.AUTHOR, "value"),
        State(names.URL, "search"),
        prevent_initial_call=True,
    )
    def save(clicks: list, values: list, fields: list, author: str | None, search: str | None) -> tuple:
        """Check what was filled in and, when nothing is wrong, keep it."""
        if not any(clicks) or not isinstance(ctx.triggered_id, dict):
            raise PreventUpdate
        _, _, said, words = asked(search)
        version, _, rest = ctx.triggered_id["at"].partition("|")
        sure, _, key = rest.partition("|")
        filled = {one["at"]: value for one, value in zip(fields, values, strict=True)}
        try:
            told, batch = form.save(
                context, said["table"], key or None, filled, signed(context, author), version, sure == "sure", words
            )
        except AtlasError as error:
            return [form.refused(error.text(words.gettext))], no_update, no_update
        if batch is None:
            return [told], no_update, no_update
        return (
            [None],
            False,
            {"told": words("已保存，记为批次 {batch}。").format(batch=batch.batch_id), "batch": batch.batch_id},
        )

    taking_out.register(app, context, asked)
