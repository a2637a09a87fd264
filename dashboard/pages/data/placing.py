"""Section 补位置: rows without a point beside a map; set by hand, found by an address, saved as one batch.

What a reader has set and not saved lies in the browser (``placing-spots``: table → ``spots`` and ``skipped``, see
:mod:`dashboard.geocoding_queue`); ``placing-by`` holds the way that was asked, ``placing-job`` the search that runs.
The map is moved and clicked in ``assets/placing.js``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, html, no_update
from dash.exceptions import PreventUpdate

from dashboard import geocoding
from dashboard.context import Context
from dashboard.geocoding_queue import LISTED, GeocodingQueue, queue_of, session_of, spots_of
from dashboard.pages.data import names, placing_parts
from dashboard.pages.data.placing_list import listed
from dashboard.pages.data.writing import signed
from dashboard.polling import one_at_a_time
from dashboard.server.guard import editing, require_editing
from dashboard.server.reader import reader_key
from dashboard.tasks.jobs import watched
from dashboard.words import Words
from geodata import placing
from geodata.errors import N_, AtlasError
from geodata.geocoding.base import CROSSING, LEVELS
from geodata.schema import TABLES
from layers import quality
from layers.atlas import Atlas
from layers.filters import Filters

section = placing_parts.section


def table_of(said: dict) -> str:
    """Return the table that the address names, where its rows can be placed."""
    return said["table"] if said["table"] in placing.PLACED else placing.PLACED[0]


def register(app: Dash, context: Context) -> None:
    """Add the section's callbacks to `app`."""
    jobs = watched(context.source.home)

    def asked(search: str | None) -> tuple[Atlas, Filters, str, Words]:
        atlas = context.source.atlas()
        filters = context.read(atlas, search, names.OWN_KEYS).filters
        return atlas, filters, table_of(names.own(search)), context.words(filters.lang)

    def here(search: str | None, text: str | None, by: str | None) -> GeocodingQueue:
        atlas, filters, table, _ = asked(search)
        return queue_of(context.settings, atlas, table, filters, text or "", by or "")

    @app.callback(
        Output(names.URL, "search", allow_duplicate=True),
        Input(names.PLACING_TABLE, "value"),
        Input(names.PLACING_PLACE, "value"),
        State(names.URL, "search"),
        prevent_initial_call=True,
    )
    def choose(table: str | None, place: str | None, search: str | None) -> Any:
        """Bring the choice of table and place into the address."""
        _, filters, now, _ = asked(search)
        wanted = filters.at_place(place) if place and place != filters.place else filters
        if names.own(search)["section"] != "placing" or (wanted == filters and table == now):
            return no_update
        return names.query(wanted, context, {"section": "placing"}, table=table)

    @app.callback(
        Output(names.PLACING_LIST, "children"),
        Output(names.PLACING_COUNT, "children"),
        Output(names.PLACING_SAVE, "disabled"),
        Output(names.PLACING_SAVE_TEXT, "children"),
        Output(names.PLACING_ACCEPTING, "hidden"),
        Output(names.PLACING_ACCEPT, "children"),
        Output(names.PLACING_ACCEPT, "disabled"),
        Output(names.PLACING_SENT, "children"),
        Input(names.PLACING_SPOTS, "data"),
        Input(names.PLACING_TEXT, "value"),
        Input(names.PLACING_BY, "data"),
        Input(names.PLACING_FOUND, "data"),
        Input(names.PLACING_LEVEL, "value"),
        State(names.URL, "search"),
    )
    def show(
        stored: dict | None, text: str | None, by: str | None, _: Any, level: str | None, search: str | None
    ) -> tuple:
        """List what waits, with what is set and what was found."""
        atlas, _filters, table, words = asked(search)
        session, wait = session_of(stored, table), here(search, text, by)
        may = editing(context.settings)
        ready = len(wait.choosable(level if level in LEVELS else CROSSING, session, TABLES[table].key))
        count = len(session["spots"])
        return (
            listed(atlas, table, wait, session, may, words) or placing_parts.nothing(table, words),
            counted(table, wait, words),
            not (count and may),
            words("保存 {count} 个位置").format(count=count) if count else words("保存"),
            not (by and may and wait.total),
            words("采用这些（{count}）").format(count=words.number(ready)),
            not ready,
            placing_parts.sent(context, atlas, wait, words),
        )

    @app.callback(
        Output(names.CHANGED, "data", allow_duplicate=True),
        Output(names.PLACING_SPOTS, "data", allow_duplicate=True),
        Output(names.PLACING_TOLD, "children", allow_duplicate=True),
        Input(names.PLACING_SAVE, "n_clicks"),
        Input(names.numbered("placing-sure", ALL), "n_clicks"),
        State(names.PLACING_SPOTS, "data"),
        State(names.AUTHOR, "value"),
        State(names.URL, "search"),
        running=[(Output(names.PLACING_SAVE, "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def save(clicks: int | None, sure: list, stored: dict | None, author: str | None, search: str | None) -> tuple:
        """Keep what was set, as one batch; what is doubtful is asked about first."""
        if not clicks and not any(sure):
            raise PreventUpdate
        atlas, _, table, words = asked(search)
        session = session_of(stored, table)
        try:
            spots = spots_of(session)
            name = signed(context, author)
            if ctx.triggered_id == names.PLACING_SAVE and (doubtful := _doubtful(atlas, table, spots, words)):
                return no_update, no_update, placing_parts.ask_again(doubtful, words)
            file = words("网页补位置：{ways}").format(ways=_ways(session, words))
            batch = geocoding.kept(context.source.store(), atlas, table, spots, name, file)
        except AtlasError as error:
            return no_update, no_update, html.P(error.text(words.gettext), className="data-bad", role="alert")
        told = words("已保存 {count} 个位置，记为批次 {batch}。").format(count=len(spots), batch=batch.batch_id)
        left = {**(stored or {}), table: {"spots": {}, "skipped": session["skipped"]}}
        return {"told": told, "batch": batch.batch_id}, left, None

    @app.callback(
        Output(names.PLACING_SPOTS, "data", allow_duplicate=True),
        Output(names.PLACING_TOLD, "children", allow_duplicate=True),
        Input(names.PLACING_ACCEPT, "n_clicks"),
        State(names.PLACING_SPOTS, "data"),
        State(names.PLACING_TEXT, "value"),
        State(names.PLACING_BY, "data"),
        State(names.PLACING_LEVEL, "value"),
        State(names.URL, "search"),
        prevent_initial_call=True,
    )
    def accept(
        clicks: int | None, stored: dict | None, text: str | None, by: str | None, level: str | None, search: str | None
    ) -> tuple:
        """Take every answer of at least a level onto the map; it takes effect when it is saved."""
        if not clicks or level not in LEVELS:
            raise PreventUpdate
        _, _, table, words = asked(search)
        session = session_of(stored, table)
        chosen = here(search, text, by).choosable(level, session, TABLES[table].key)
        room = max(0, placing.MOST - len(session["spots"]))
        more = {
            key: {"lon": one.lon, "lat": one.lat, "by": one.provider, "sketch": one.illustrative}
            for key, one in chosen[:room]
        }
        told = words("已放到地图上，请看过再保存。")
        if len(chosen) > room:
            told = words("一次最多保存 {limit} 个，先采用了 {count} 个：保存后再采用其余的。").format(
                limit=placing.MOST, count=len(more)
            )
        return (
            {**(stored or {}), table: {**session, "spots": {**session["spots"], **more}}},
            html.P(told, className="data-hint"),
        )

    @app.callback(
        Output(names.PLACING_BY, "data"),
        Output(names.PLACING_TOLD, "children", allow_duplicate=True),
        Input(names.PLACING_OFFLINE, "n_clicks"),
        State(names.PLACING_TEXT, "value"),
        State(names.URL, "search"),
        prevent_initial_call=True,
    )
    def look_up(clicks: int | None, text: str | None, search: str | None) -> tuple:
        """Look into the atlas itself."""
        if not clicks:
            raise PreventUpdate
        _, _, _, words = asked(search)
        found = sum(bool(one and one.found) for one in here(search, text, geocoding.OFFLINE).answers)
        told = (
            words("图册已知的地名和地址里找到 {count} 个：逐个看过再采用。")
            if found
            else words("图册里没有找到相同的地址、名称或街道。")
        )
        return geocoding.OFFLINE, html.P(told.format(count=found), className="data-hint")

    @app.callback(
        Output(names.PLACING_BY, "data", allow_duplicate=True),
        Output(names.PLACING_JOB, "data"),
        Output(names.PLACING_POLL, "disabled"),
        Output(names.PLACING_TOLD, "children", allow_duplicate=True),
        Input(names.PLACING_SERVICE, "n_clicks"),
        State(names.PLACING_TEXT, "value"),
        State(names.URL, "search"),
        prevent_initial_call=True,
    )
    def ask_service(clicks: int | None, text: str | None, search: str | None) -> tuple:
        """Start asking the service for what is listed."""
        access = context.settings.geocoding if clicks else None
        if access is None:
            raise PreventUpdate
        atlas, _, _, words = asked(search)
        try:
            require_editing(context.settings)
            wait = here(search, text, access.provider)
            queries = [one for one in placing.queries(wait.frame, atlas.places) if one.text]
            if not queries:
                raise AtlasError(N_("这些行都没有地址，没有可发送的：请先补上地址，或在地图上手工选点。"))
            work = geocoding.search(access, geocoding.folder(context.settings), queries)
            job = jobs.start("addresses", work, reader=reader_key(context.settings))
        except AtlasError as error:
            told = html.P(error.text(words.gettext), className="data-bad", role="alert")
            return no_update, no_update, no_update, told
        return access.provider, job, False, None

    @app.callback(
        Output(names.PLACING_PROGRESS, "children"),
        Output(names.PLACING_POLL, "disabled", allow_duplicate=True),
        Output(names.PLACING_FOUND, "data"),
        Input(names.PLACING_POLL, "n_intervals"),
        State(names.PLACING_JOB, "data"),
        State(names.PLACING_FOUND, "data"),
        State(names.URL, "search"),
        prevent_initial_call=True,
        running=one_at_a_time(names.PLACING_POLL),
    )
    def follow(_: int, job: str | None, found: Any, search: str | None) -> tuple:
        """Say how far the search is, and show what has come."""
        words = asked(search)[3]
        state = jobs.state(job) if job else None
        if state is None:
            return None, True, no_update
        news = [job, state.told.get("done", 0), *([state.phase] if state.over else [])]
        return placing_parts.progress(state, words), state.over, news if news != found else no_update

    @app.callback(
        Output(names.PLACING_PROGRESS, "children", allow_duplicate=True),
        Input(names.numbered(names.PLACING_STOP, ALL), "n_clicks"),
        State(names.PLACING_JOB, "data"),
        prevent_initial_call=True,
    )
    def stop(clicks: list, job: str | None) -> Any:
        """Call the search off; what was found stays."""
        if any(clicks) and job:
            require_editing(context.settings)
            jobs.stop(job)
        return no_update

    app.clientside_callback(
        "(spots, rows) => window.dash_clientside.placing.draw(spots, rows)",
        Output(names.PLACING_DRAWN, "data"),
        Input(names.PLACING_SPOTS, "data"),
        Input(names.PLACING_LIST, "children"),
    )


def counted(table: str, wait: GeocodingQueue, words: Words) -> str:
    """Return how many rows wait, and how many of them are listed."""
    name = TABLES[table].zh if words.lang == "zh" else TABLES[table].en
    told = words("{table}：{count} 行尚无位置").format(table=name, count=words.number(wait.total))
    if wait.total > LISTED:
        told += words("，列出前 {listed} 行，可用地点或查找缩小范围").format(listed=LISTED)
    return told


def _doubtful(atlas: Atlas, table: str, spots: dict[str, placing.Spot], words: Words) -> list[str]:
    """Return the names of rows whose points should be looked at again, with why."""
    known = atlas.rows_by(table, TABLES[table].key)
    keys = [key for key in spots if key in known]
    rows = atlas.table(table).iloc[[known[key] for key in keys]]
    codes = rows["adcode"].tolist()
    doubts = placing.doubts(
        quality.ground(atlas), codes, [spots[key].lon for key in keys], [spots[key].lat for key in keys]
    )
    counties = dict(zip(atlas.places["adcode"], atlas.places["name"], strict=True))
    return [
        f"{name}：{placing_parts.doubt_text(doubt, counties.get(code, ''), words)}"
        for name, doubt, code in zip(rows["name"].tolist(), doubts, codes, strict=True)
        if doubt
    ]


def _ways(session: Mapping[str, Any], words: Words) -> str:
    """Return by which ways points were set, and how many by each."""
    named = geocoding.way_names(words)
    counts = Counter(one.get("by", geocoding.HAND) for one in session["spots"].values())
    return words.listed(f"{named.get(by, by)} {count}" for by, count in counts.items())
