"""The application: ``create_app(settings)`` makes one, and nothing of it is global."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection
from contextlib import nullcontext
from typing import Any

from dash import Dash, Input, Output, State, dcc, html, set_props
from flask import Response, abort, redirect, request
from flask_compress import Compress
from werkzeug.wrappers import Response as WerkzeugResponse

from dashboard import backup, ids
from dashboard.access.judging import watched
from dashboard.access.reader import ENVIRON, OPERATOR, current_reader
from dashboard.basemap import BaseMaps
from dashboard.context import Context
from dashboard.export.markup import markup
from dashboard.locale import load_words
from dashboard.pages import FOR_DEVELOPERS, MENU, PAGES
from dashboard.server.account_keeping import add_account_keeping
from dashboard.server.answers import Answers, add_answers, for_all
from dashboard.server.basemap import add_base_map
from dashboard.server.briefs import add_briefs
from dashboard.server.calls import add_calls
from dashboard.server.door import add_door
from dashboard.server.feedback import add_feedback
from dashboard.server.first import KeptByAddress, add_first_paint, add_keeping, address_of_kept, opening
from dashboard.server.frames import add_frames
from dashboard.server.geometry import add_geometry
from dashboard.server.guard import add_guard, add_names
from dashboard.server.headers import add_headers
from dashboard.server.health import add_health
from dashboard.server.limited import add_limits
from dashboard.server.logs import add_log
from dashboard.server.metrics import add_metrics
from dashboard.server.oidc import add_oidc
from dashboard.server.search import add_search
from dashboard.server.sheets import NOT_WITH_PAGES, add_sheets
from dashboard.server.signing import add_signing
from dashboard.server.stills import add_stills
from dashboard.server.taking_out import add_taking_out
from dashboard.server.trail_of_deeds import add_trail_of_deeds
from dashboard.server.trails import add_trails
from dashboard.server.trouble import add_trouble
from dashboard.server.uploading import add_uploading
from dashboard.server.warming import WARMED
from dashboard.settings import CODE, Settings
from dashboard.source import AtlasSource
from dashboard.theme import templates
from dashboard.words import Words
from geodata.build import build_atlas
from geodata.errors import AtlasError, UnavailableError
from layers.filters import Filters

log = logging.getLogger(__name__)


def _writes() -> bool:
    """Return whether whoever asks may have written a moment ago, and is to see it."""
    return current_reader().may("planner")


def create_app(settings: Settings) -> Dash:
    """Return the Dash application of `settings`, with its atlas built if there is none.

    Raises
    ------
    AtlasError
        The store is there but cannot be read, or the base map that the settings name cannot be used.
    """
    templates.register()
    backup.finish(settings.home, settings.database_url)
    build_atlas(settings.home, url=settings.database_url)
    source = AtlasSource(settings.home, settings.database_url, watched(settings.home), settings.small_counts, _writes)
    source.atlas()
    base_maps = BaseMaps.of(settings, source)
    base_maps.current()
    context = Context(source, load_words(), Filters(lang=settings.language), settings, MENU, base_maps)
    words = context.words(settings.language)

    def failed(error: Exception) -> None:
        """Tell the reader in words; the trace of what nobody foresaw goes to the log alone."""
        if isinstance(error, AtlasError):
            log.warning("callback: %s", error)
        else:
            log.error("callback failed", exc_info=error)
        said = (
            error.text(words.gettext)
            if isinstance(error, AtlasError)
            else words("这一步没有完成，页面仍是上一步的样子。请重试；若再出现，请把当时的地址告诉管理员。")
        )
        set_props(ids.NOTICES, {"children": [html.P(said, className="notice notice-bad")]})

    app = Dash(
        __name__,
        title=words("工会服务一张图"),
        update_title=None,  # ty: ignore[invalid-argument-type] - documented so
        assets_folder=str(CODE / "assets"),
        assets_ignore=NOT_WITH_PAGES,
        serve_locally=True,
        suppress_callback_exceptions=True,
        on_error=failed,
        enable_mcp=False,  # whatever DASH_MCP_ENABLED says
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
    )

    pages = {**PAGES, **(FOR_DEVELOPERS if settings.design else {})}

    answers = Answers(context)
    kept = {path for path, page in PAGES.items() if hasattr(page, "CACHED")}

    def lay_out(path: str, query: str) -> Any:
        page = pages[path]
        atlas, said = context.look(query, getattr(page, "OWN_KEYS", ()))
        with for_all() if path in kept else nullcontext():
            laid = page.layout(context, atlas, said, query)
        laid.forceColorScheme = said.filters.theme
        return laid

    def painted(path: str, query: str) -> str:
        try:
            return markup(lay_out(path, f"?{query}" if query else ""))
        except UnavailableError:  # without the store there is no page at all
            raise
        except Exception:  # the page is asked for again by its own scripts, and what is wrong told there
            log.warning("first paint failed", exc_info=True)
            return ""

    def painted_first(path: str, query: str) -> str:
        if path not in PAGES:
            return ""
        return answers.text((path, query), lambda: painted(path, query)) if path in kept else painted(path, query)

    add_first_paint(app, context.words, settings.language, context.menu, painted_first)
    app.layout = html.Div(
        [
            dcc.Location(id=ids.SITE, refresh=False),
            html.Div(opening(context.words), id=ids.PAGE),
        ]
    )

    @app.callback(Output(ids.PAGE, "children"), Input(ids.SITE, "pathname"), State(ids.SITE, "search"))
    def show_page(pathname: str | None, search: str | None) -> Any:
        """Lay out the page in the reader's language."""
        if (pathname or "/") not in pages:
            return html.Div(
                [html.P(words("没有这个页面。")), dcc.Link(words("回到总览"), href="/")], className="opening"
            )
        return lay_out(pathname or "/", search or "")

    for page in pages.values():
        page.register(app, context)
    if not settings.design:
        for path in FOR_DEVELOPERS:
            app.server.add_url_rule(path, path, lambda: (words("没有这个页面。"), 404))
    app.server.extensions["atlas"] = context
    add_sheets(app, context, settings)
    app.server.extensions["briefs"] = add_briefs(app, context, settings)
    _tell_unknown(app, pages)
    if not settings.development:
        _close(app)
    _dress(app, context, words, answers, kept)
    return app


def _tell_unknown(app: Dash, pages: Collection[str]) -> None:
    """Answer 404 where there is no page, as Dash shows its own under any address; a slash too many is taken away."""

    @app.server.before_request
    def _bare() -> WerkzeugResponse | None:
        bare = request.path.rstrip("/")
        if bare == request.path or bare not in pages:
            return None
        query = request.query_string.decode("ascii", "replace")
        return redirect(request.script_root + bare + (f"?{query}" if query else ""), 301)

    @app.server.after_request
    def _unknown(answer: Response) -> Response:
        if request.endpoint == "/<path:path>" and answer.status_code == 200 and request.path not in pages:
            answer.status_code = 404
        return answer


def _close(app: Dash) -> None:
    """Answer 404 where Dash offers what is for developers alone."""

    @app.server.before_request
    def _closed() -> None:
        if request.path == "/_reload-hash":
            abort(404)


def _dress(app: Dash, context: Context, words: Words, answers: Answers, kept: Collection[str]) -> None:
    """Add to the server what is not a page: compression, geometry, health, uploads, guard, headers."""
    server, settings, source = app.server, context.settings, context.source
    server.config["COMPRESS_REGISTER"] = False
    server.config["COMPRESS_ALGORITHM"] = ["br", "gzip"]
    server.config["COMPRESS_BR_LEVEL"] = 4
    server.config["COMPRESS_CACHE_BACKEND"] = KeptByAddress
    server.config["COMPRESS_CACHE_KEY"] = address_of_kept
    server.add_url_rule("/favicon.ico", "favicon", lambda: redirect(app.get_asset_url("favicon.ico"), 301))
    add_log(server, settings.access_log)
    add_keeping(server)
    add_geometry(server, source)
    add_base_map(server, context)
    add_stills(
        server,
        context,
        answers,
        {path.strip("/"): (page.picture, page.OWN_KEYS) for path, page in PAGES.items() if hasattr(page, "picture")},
    )
    add_frames(server, context)
    server.extensions[WARMED] = threading.Event()
    add_health(server, source, server.extensions[WARMED])
    add_metrics(server, context)
    add_trouble(server, context)
    add_uploading(server, context)
    add_taking_out(server, context)
    add_feedback(server, context)
    add_trails(server, context)
    add_search(server, context)
    add_names(
        server,
        settings,
        words(
            "这台服务器只在本机使用：请用 http://127.0.0.1 或 localhost 打开；"
            "要用别的名字，请管理员设 ATLAS_ALLOW_REMOTE=1。"
        ),
    )
    add_guard(server, words("请求来自别的网站，没有处理：请从图册自己的页面操作。"))
    wanted = add_door(app, context)
    add_signing(server, context, wanted)
    add_oidc(server, context)
    add_account_keeping(server, context)
    add_trail_of_deeds(server, context)
    add_calls(app, context)
    add_limits(server, context)
    add_headers(
        server,
        app.csp_hashes(),
        settings.max_request_bytes,
        words("地址太长，服务器没有处理。请从首页重新打开。"),
        settings.tiles.origin if settings.tiles else "",
        settings.reached_by_tls,
        settings.framed_by,
    )
    # registered late, so that it runs early and headers see the final answer
    server.config["COMPRESS_REGISTER"] = True
    Compress(server)
    server.extensions["answers"] = answers
    add_answers(app, answers, [places for page in PAGES.values() for places in getattr(page, "CACHED", ())], kept)
    # Dash registers its scripts when a process first serves a page, be there one or not: a worker that has not
    # would answer 500 for them
    server.test_client().get("/none", environ_overrides={ENVIRON: OPERATOR})
    tools = ("ui", "props_check", "serve_dev_bundles", "prune_errors", "validate_callbacks")
    # each said: what is not, Dash takes from variables of its own
    app.enable_dev_tools(
        debug=settings.development,
        dev_tools_hot_reload=False,
        **{f"dev_tools_{name}": settings.development for name in tools},
    )
