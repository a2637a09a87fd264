"""The components of section 补位置."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
import numpy as np
import shapely
from dash import dcc, html

from dashboard import geocoding
from dashboard.components.panels import graph_config
from dashboard.components.values import table_name
from dashboard.context import Context
from dashboard.geocoding_queue import GeocodingQueue, positions
from dashboard.maps import basemap
from dashboard.maps.placing import Box, placing_map
from dashboard.pages.data import names
from dashboard.pages.data.choices import place_select, table_select, text_search
from dashboard.pages.data.placing_list import doubt_text, levels
from dashboard.polling import POLL_MS
from dashboard.server.guard import editing
from dashboard.tasks.job import LOST, QUEUED, STOPPED, State
from dashboard.theme.recolour import themed
from dashboard.words import Words
from geodata import placing
from geodata.errors import AtlasError
from geodata.geocoding.base import CROSSING
from geodata.geocoding.rate import Rate
from layers import places
from layers.atlas import Atlas
from layers.filters import NATION, Filters

__all__ = ["ask_again", "doubt_text", "nothing", "progress", "section", "sent"]

DRAWN = 3_000  # rows with a place that are drawn for orientation


def section(context: Context, atlas: Atlas, filters: Filters, said: dict, words: Words) -> list:
    """Return the section."""
    table = said["table"] if said["table"] in placing.PLACED else placing.PLACED[0]
    may = editing(context.settings)
    figure = themed(
        basemap.over(_figure(atlas, table, filters, words), context, filters, words, kept=False), filters.theme
    )
    hint = (
        words("先选一行，再点地图；可以拖动。键盘：方向键移动，回车放下并到下一行。")
        if may
        else words("这个图册没有开放网页改动：这里只供查看。")
    )
    return [
        html.Div(
            [
                html.Section(
                    [
                        _controls(atlas, table, filters, words),
                        html.P(id=names.PLACING_COUNT, className="placing-count", role="status"),
                        _ways(context, words) if may else html.Div(_ways(context, words), hidden=True),
                        html.Ul(
                            id=names.PLACING_LIST, className="placing-list", **{"aria-label": words("尚无位置的行")}
                        ),
                    ],
                    className="placing-side",
                    **{"aria-label": words("尚无位置的行")},
                ),
                html.Section(
                    [
                        html.Div(
                            [
                                html.Div(
                                    [
                                        html.Span(hint, id="placing-hint", className="data-hint"),
                                        html.Span(
                                            id="placing-said",
                                            className="placing-said",
                                            role="status",
                                            **{"aria-live": "polite"},
                                        ),
                                    ],
                                    className="placing-words",
                                ),
                                html.Div(
                                    [
                                        html.Button(
                                            words("用我现在的位置"),
                                            id="placing-here",
                                            className="button",
                                            type="button",
                                            hidden=True,
                                        ),
                                        html.Button(
                                            words("下一行"), id="placing-next", className="button", type="button"
                                        ),
                                        html.Button(
                                            html.Span(words("保存"), id=names.PLACING_SAVE_TEXT),
                                            id=names.PLACING_SAVE,
                                            className="button button-chief",
                                            type="button",
                                            disabled=True,
                                        ),
                                    ],
                                    className="data-buttons",
                                    hidden=not may,
                                ),
                            ],
                            className="placing-bar",
                        ),
                        html.Div(id=names.PLACING_TOLD, className="placing-told"),
                        html.Div(
                            [
                                dcc.Graph(
                                    id=names.PLACING_MAP,
                                    figure=figure,
                                    config=graph_config(words.lang) | {"scrollZoom": True},
                                    responsive=True,
                                    style={"height": "100%"},
                                ),
                                html.P(
                                    words("这个浏览器画不了地图（没有 WebGL2）：可在“数据行”里填写经纬度。"),
                                    className="placing-no-map notice-bad",
                                    hidden=True,
                                ),
                            ],
                            id=names.PLACING_BOX,
                            className="placing-box",
                            tabIndex=0,
                            role="application",
                            **{"aria-label": words("选点的地图"), "aria-describedby": "placing-hint"},
                        ),
                    ],
                    className="placing-side-map",
                    **{"aria-label": words("选点的地图")},
                ),
            ],
            id="placing",
            className="placing",
            **{
                "data-editing": "1" if may else "",
                "data-table": table,
                "data-chosen": words("正在为“{name}”选点"),
                "data-choose": words("请先在列表里选一行。"),
                "data-set": words("已放下：{name}"),
                "data-all": words("列出的行都选好了，请保存。"),
                "data-far": words("设备定位误差约 {metres} 米，请在地图上核对。"),
                "data-lost": words("没有得到位置：请允许浏览器定位，或在地图上选。"),
                "data-asking": words("正在定位…"),
            },
        ),
        dcc.Store(id=names.PLACING_SPOTS, storage_type="session"),
        dcc.Store(id=names.PLACING_BY, storage_type="session"),
        dcc.Store(id=names.PLACING_JOB),
        dcc.Store(id=names.PLACING_FOUND),
        dcc.Store(id=names.PLACING_DRAWN),
        dcc.Interval(id=names.PLACING_POLL, interval=POLL_MS, disabled=True),
    ]


def _controls(atlas: Atlas, table: str, filters: Filters, words: Words) -> html.Div:
    return html.Div(
        [
            table_select(names.PLACING_TABLE, placing.PLACED, table, words),
            place_select(names.PLACING_PLACE, atlas, filters, words),
            text_search(names.PLACING_TEXT, words),
        ],
        className="data-controls placing-controls",
    )


def _ways(context: Context, words: Words) -> html.Details:
    """Return the ways to find points by addresses; each only offers, nothing takes effect before it is saved."""
    return html.Details(
        [
            html.Summary(words("按地址找位置")),
            html.P(words("找到的只是建议：在地图上看过、采用并保存后才生效。"), className="data-hint"),
            html.Div(
                [
                    html.Button(
                        words("用图册已知的地名找"), id=names.PLACING_OFFLINE, className="button", type="button"
                    ),
                    html.Div(id=names.PLACING_SENT, className="placing-sent"),
                ],
                className="placing-find",
            ),
            html.Div(id=names.PLACING_PROGRESS, className="placing-progress", role="status"),
            html.Div(
                [
                    dmc.Select(
                        id=names.PLACING_LEVEL,
                        label=words("采用不低于这一级、位置无疑问的"),
                        data=levels(words),
                        value=CROSSING,
                        size="xs",
                        allowDeselect=False,
                    ),
                    html.Button(id=names.PLACING_ACCEPT, className="button", type="button", disabled=True),
                ],
                id=names.PLACING_ACCEPTING,
                className="placing-accepting",
                hidden=True,
            ),
        ],
        className="placing-ways",
        open=bool(context.settings.geocoder),
    )


def sent(context: Context, atlas: Atlas, wait: GeocodingQueue, words: Words) -> list:
    """Return what a service would get, and the button that sends it; nothing where the settings name none."""
    try:
        access = context.settings.geocoding
    except AtlasError as error:
        return [html.P(error.text(words.gettext), className="data-bad", role="alert")]
    if access is None:
        return []
    queries = [one for one in placing.queries(wait.frame, atlas.places) if one.text]
    where = geocoding.folder(context.settings)
    known = geocoding.answers(context.settings, atlas, access.provider, queries)
    fresh = len({one.text for one, answer in zip(queries, known, strict=True) if answer is None})
    way = geocoding.way_names(words)[access.provider]
    used = Rate(where / f"rate-{access.provider}.json", access.per_second, access.per_day).used()
    return [
        html.Button(
            words("同意发送，用{way}找").format(way=way) if fresh else words("显示{way}已找到的").format(way=way),
            id=names.PLACING_SERVICE,
            className="button",
            type="button",
            disabled=not queries,
        ),
        html.P(
            words(
                "将向{way}（{host}）发送 {count} 个地址和所属市、区县，"
                "别的都不发送。今天已请求 {used} 次，上限 {limit} 次。"
            ).format(
                way=way,
                host=access.host,
                count=words.number(fresh),
                used=words.number(used),
                limit=words.number(access.per_day),
            ),
            className="data-hint",
        ),
    ]


def progress(state: State, words: Words) -> html.Div | html.P:
    """Return how far a search is, with the way to call it off; what went wrong when it ended so."""
    done, of, found = (state.told.get(name, 0) for name in ("done", "of", "found"))
    counts = words("已问 {done} / {of}，找到 {found}").format(done=done, of=of, found=found)
    if state.failed:
        said = state.message.text(words.gettext)
        return html.Div([html.P(said, className="data-bad", role="alert"), html.P(counts, className="data-hint")])
    if state.over:
        ended = words("已取消，可接着找：已找到的都留着。") if state.phase in (STOPPED, LOST) else words("找完了。")
        return html.P(f"{counts} · {ended}", className="data-hint")
    return html.Div(
        [
            html.Span(words("正在排队") if state.phase == QUEUED else counts),
            html.Button(words("取消"), id=names.numbered(names.PLACING_STOP, "job"), className="button", type="button"),
        ],
        className="data-progress-foot",
    )


def nothing(table: str, words: Words) -> html.Li:
    """Return what the list says when no row waits."""
    return html.Li(
        words("{table}里，这个范围内的行都有位置了。").format(table=table_name(table, words)), className="placing-empty"
    )


def ask_again(doubtful: list[str], words: Words) -> html.Div:
    """Return what to look at before saving all the same."""
    return html.Div(
        [
            html.P(words("请再看一眼，这些位置可疑：")),
            html.Ul([html.Li(one) for one in doubtful[:10]]),
            html.Button(words("仍然保存"), id=names.numbered("placing-sure", "yes"), className="button", type="button"),
        ],
        className="form-warnings",
        role="alert",
    )


def _figure(atlas: Atlas, table: str, filters: Filters, words: Words) -> dict[str, Any]:
    lon, lat = atlas.lonlat(table)
    here = places.scope(atlas, filters)
    there = np.flatnonzero(~np.isnan(lon) & places.table_mask(atlas, here, table))
    shown = there[np.linspace(0, len(there) - 1, min(len(there), DRAWN)).astype(int)] if len(there) else there
    called = atlas.table(table)["name"].iloc[shown].fillna("").astype(str).tolist()
    return placing_map(
        atlas,
        words,
        lon[shown].round(placing.DECIMALS).tolist(),
        lat[shown].round(placing.DECIMALS).tolist(),
        called,
        _first_view(atlas, table, filters),
    )


def _first_view(atlas: Atlas, table: str, filters: Filters) -> Box | None:
    """Return what the map shows at first: the place that is chosen, else the counties of the rows that wait."""
    known = atlas.rows_by("places", "adcode")
    codes = {filters.place} if filters.place != NATION else set()
    if not codes:
        waiting = atlas.table(table)["adcode"].iloc[positions(atlas, table, filters, "")]
        codes = {one for one in waiting.unique() if isinstance(one, str)}
    at = [known[code] for code in codes if code in known]
    if not at:
        return None
    west, south, east, north = shapely.total_bounds(atlas.places.geometry.to_numpy()[at]).tolist()
    return west, south, east, north
