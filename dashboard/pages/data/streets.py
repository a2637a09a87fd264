"""Section 街道: an OpenStreetMap extract that lies on the server becomes the streets of the atlas.

Such a file is too large for a browser to send, so the keeper of the server names the folder that it is put into
(``ATLAS_EXTRACTS``); of it the page takes names alone, never a path.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.exceptions import PreventUpdate

from dashboard.context import Context
from dashboard.pages.data import names
from dashboard.pages.data.choices import labelled_select
from dashboard.pages.data.writing import signed
from dashboard.polling import POLL_MS, one_at_a_time
from dashboard.query_string import joined
from dashboard.server.guard import editing, require_editing
from dashboard.settings import Settings
from dashboard.tasks import job as jobs_
from dashboard.tasks.job import Job
from dashboard.tasks.jobs import Jobs, Work
from dashboard.words import Words
from geodata.errors import N_, AtlasError
from geodata.osm import ground
from layers.atlas import Atlas
from layers.filters import NATION, Filters

ENDING = ".osm.pbf"
FOLDER = "ground-jobs"
PLANNING = "/planning"
WRITING = 0.97  # share from which on the work is no longer called off: it is being written
TOLD = ("batch_id", "demand_rows", "candidate_rows", "places", "file")


def extracts(settings: Settings) -> dict[str, Path]:
    """Return name → path of the extracts that lie in the folder of the settings."""
    folder = settings.extracts
    return {one.name: one for one in sorted(folder.glob(f"*{ENDING}")) if one.is_file()} if folder else {}


def jobs_of(context: Context) -> Jobs:
    """Return the jobs of this kind: one at a time, whoever watches or not."""
    full = N_("另一个底图文件正在导入：请等它完成或取消后再试。")
    return Jobs(context.source.home / FOLDER, at_once=1, waiting=1, full=full)


def work_of(context: Context, path: Path, places: list[str], author: str) -> Work:
    """Return the work that brings an extract in."""

    def work(job: Job) -> None:
        def said(share: float, message: str) -> None:
            (job.say if share >= WRITING else job.step)(share, message)

        found = ground.bring(context.source.store(), context.settings.home, path, places, said, author)
        job.say(**{name: found[name] for name in TOLD})

    return work


def section(context: Context, atlas: Atlas, filters: Filters, said: dict, words: Words) -> list:  # noqa: ARG001 - as every section
    """Return the section."""
    may = editing(context.settings)
    there = extracts(context.settings)
    running = jobs_of(context).newest()
    at_work = running is not None and not ((state := running.state()) is None or state.over)
    return [
        html.Section(
            [
                html.H2(words("街道与步行路网"), className="data-title"),
                *_present(context, atlas, words),
                html.H3(words("导入提取文件"), className="data-subtitle"),
                *_ask(context, atlas, filters, there, may, words),
                html.Div(
                    id=names.STREETS_PROGRESS, className="data-progress", role="status", **{"aria-live": "polite"}
                ),
            ],
            className="data-report",
            **{"aria-label": words("街道与步行路网")},
        ),
        dcc.Store(id=names.STREETS_JOB, data=running.id if running and at_work else None),
        dcc.Interval(id=names.STREETS_POLL, interval=POLL_MS, disabled=not at_work),
    ]


def _present(context: Context, atlas: Atlas, words: Words) -> list:
    """Return what the atlas stands on now."""
    folder = ground.current(context.settings.home, atlas.meta)
    if folder is None:
        return [html.P(words("还没有导入：路程按直线 × 绕行系数计算，地图上没有街道。"), className="data-hint")]
    about = ground.about(folder)
    counts = about["counts"]
    told = words(
        "{file}，日期 {day}：{roads} 条路，步行路网 {km} 公里，分 {parts} 部分；"
        "设施 {pois} 处，可设站的场所 {premises} 处。"
    )
    return [
        html.P(
            told.format(
                file=about["source"],
                day=about["extract_date"] or words("未写明"),
                roads=words.number(counts.get("roads", 0)),
                km=words.number(round(counts["walk_m"] / 1000)),
                parts=words.number(counts["parts"]),
                pois=words.number(counts.get("pois", 0)),
                premises=words.number(counts.get("premises", 0)),
            )
        ),
        html.P(about["attribution"], className="data-hint"),
    ]


def _ask(context: Context, atlas: Atlas, filters: Filters, there: dict[str, Path], may: bool, words: Words) -> list:
    place = dict(zip(atlas.places["adcode"], atlas.places["name"], strict=True)).get(filters.place, "")
    hint = (
        words(
            "把省或市的 .osm.pbf 拷到服务器的 {folder}，在这里选它；或在服务器上运行 python -m dashboard ground 文件。"
        ).format(folder=context.settings.extracts)
        if context.settings.extracts
        else words(
            "请管理员设 ATLAS_EXTRACTS（放提取文件的文件夹），或在服务器上运行 python -m dashboard ground 文件。"
        )
    )
    usable = may and bool(there)
    return [
        html.P(hint, className="data-hint"),
        html.Div(
            [
                labelled_select(
                    names.STREETS_FILE,
                    words("提取文件"),
                    [
                        {"value": name, "label": f"{name} · {path.stat().st_size / 2**20:.1f} MB"}
                        for name, path in there.items()
                    ],
                    next(iter(there), None),
                    disabled=not usable,
                ),
                dmc.Switch(
                    id=names.STREETS_HERE,
                    checked=filters.place != NATION,
                    disabled=not usable or filters.place == NATION,
                    size="xs",
                    label=words("只取{place}的需求和备选点").format(place=place or words("全国")),
                ),
                html.Button(
                    words("导入"),
                    id=names.STREETS_START,
                    className="button button-chief",
                    type="button",
                    disabled=not usable,
                ),
                html.Button(words("取消"), id=names.STREETS_STOP, className="button", type="button", disabled=not may),
            ],
            className="data-controls",
        ),
    ]


def register(app: Dash, context: Context) -> None:
    """Add the section's callbacks to `app`."""
    jobs = jobs_of(context)

    @app.callback(
        Output(names.STREETS_JOB, "data"),
        Output(names.STREETS_POLL, "disabled"),
        Output(names.STREETS_PROGRESS, "children"),
        Input(names.STREETS_START, "n_clicks"),
        State(names.STREETS_FILE, "value"),
        State(names.STREETS_HERE, "checked"),
        State(names.AUTHOR, "value"),
        State(names.URL, "search"),
        prevent_initial_call=True,
    )
    def start(clicks: int | None, name: str | None, here: bool, author: str | None, search: str | None) -> tuple:
        """Begin to bring an extract in."""
        if not clicks:
            raise PreventUpdate
        filters, words = names.read(context, search)
        try:
            who = signed(context, author)
            path = extracts(context.settings).get(name or "")
            if path is None:
                raise AtlasError(N_("文件夹里没有 {file}：请刷新后再选。"), file=name or "—")
            places = [filters.place] if here and filters.place != NATION else []
            return jobs.start("streets", work_of(context, path, places, who), {"file": path.name}), False, None
        except AtlasError as error:
            return no_update, no_update, html.P(error.text(words.gettext), className="data-bad", role="alert")

    @app.callback(
        Output(names.STREETS_PROGRESS, "children", allow_duplicate=True),
        Output(names.STREETS_POLL, "disabled", allow_duplicate=True),
        Output(names.STREETS_JOB, "data", allow_duplicate=True),
        Output(names.CHANGED, "data", allow_duplicate=True),
        Input(names.STREETS_POLL, "n_intervals"),
        State(names.STREETS_JOB, "data"),
        State(names.URL, "search"),
        prevent_initial_call=True,
        running=one_at_a_time(names.STREETS_POLL),
    )
    def follow(_: int, job: str | None, search: str | None) -> tuple:
        """Say how far it is, and how it ended."""
        filters, words = names.read(context, search)
        state = jobs.state(job) if job else None
        if state is None:
            return None, True, None, no_update
        if state.phase == jobs_.DONE or (state.over and state.told.get("batch_id")):
            told = words("已导入 {file}：需求 {demand} 行，备选点 {candidates} 行，记为批次 {batch}。").format(
                file=state.told["file"],
                demand=words.number(state.told["demand_rows"]),
                candidates=words.number(state.told["candidate_rows"]),
                batch=state.told["batch_id"],
            )
            places = state.told["places"]
            filters = filters if filters.place != NATION else filters.at_place(places[0] if places else NATION)
            plan = PLANNING + joined(context.write(filters), "run=1") if state.told["demand_rows"] else None
            return None, True, None, {"told": told, "batch": state.told["batch_id"], "plan": plan}
        return progress(state, words), state.over, None if state.over else job, no_update

    @app.callback(
        Output(names.STREETS_STOP, "disabled"),
        Input(names.STREETS_STOP, "n_clicks"),
        State(names.STREETS_JOB, "data"),
        prevent_initial_call=True,
    )
    def stop(clicks: int | None, job: str | None) -> Any:
        """Call it off: the atlas stays as it is."""
        if clicks and job:
            require_editing(context.settings)
            jobs.stop(job)
        return no_update


def progress(state: jobs_.State, words: Words) -> html.Div | html.P:
    """Return how far reading is, or how it ended without a batch."""
    if state.failed:
        return html.P(state.message.text(words.gettext), className="data-bad", role="alert")
    if state.over:
        return html.P(words("没有导入，图册没有改动。"), className="data-hint")
    said = words("正在取消") if state.stopping else state.message.text(words.gettext) or words("正在排队")
    return html.Div(
        [
            dmc.Progress(value=round(state.share * 100), **{"aria-label": said}),
            html.P(f"{said} · {state.share:.0%}", className="data-hint"),
        ]
    )
