"""Sheets by address: what is previewed, printed and photographed; short links; views that others may embed."""

from __future__ import annotations

import math
import re
from datetime import date
from pathlib import Path

import plotly
from dash import Dash
from dash.fingerprint import build_fingerprint
from flask import Response, redirect, request

from dashboard.access import kept_views
from dashboard.access.reader import current_reader
from dashboard.context import Context
from dashboard.export import plans
from dashboard.export.addresses import address_of
from dashboard.export.brief import brief
from dashboard.export.order import THEMES, Order
from dashboard.export.sheet import document, map_sheet, sheet
from dashboard.links import Links
from dashboard.server.trouble import told
from dashboard.settings import CODE, Settings
from geodata.errors import AtlasError

SIZES = (0.5, 60.0)  # inches that a map may be asked for
SECONDS = (5.0, 3_600.0)  # that a view of a presentation stands
WALL = ("one", "map")  # templates that fill a screen and need one view alone
#: What documents of their own share with the pages, in the order of the cascade.
SHARED_STYLES = ("tokens.css", "atlas-base.css", "atlas-map.css", "atlas-panels.css", "atlas-widths.css")
#: Assets of sheets, and what a page loads before all others: served like all, but not loaded with the pages.
NOT_WITH_PAGES = r"^((sheet|present|sign-in)\.(js|css)|(first|plotly-private)\.js)$"


class SheetFiles:
    """Addresses of the styles and scripts of sheets, each with its version."""

    def __init__(self, app: Dash) -> None:
        self._app = app
        bundle = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
        self._plotly = app.get_relative_path(
            "/_dash-component-suites/plotly/"
            + build_fingerprint("package_data/plotly.min.js", plotly.__version__, int(bundle.stat().st_mtime))
        )

    def _asset(self, name: str) -> str:
        return f"{self._app.get_asset_url(name)}?m={(CODE / 'assets' / name).stat().st_mtime}"

    def for_sheet(self) -> tuple[list[str], list[str]]:
        """Return styles and scripts of a sheet."""
        return self._styles("sheet.css"), [self._plotly, *map(self._asset, ("plotly-locale-zh-cn.js", "sheet.js"))]

    def for_map(self) -> tuple[list[str], list[str]]:
        """Return styles and scripts of a map alone."""
        return self._styles("sheet.css"), [
            self._plotly,
            *map(self._asset, ("plotly-locale-zh-cn.js", "plotly-private.js", "map.js", "basemap.js", "sheet.js")),
        ]

    def for_present(self) -> tuple[list[str], list[str]]:
        """Return styles and scripts of the presentation."""
        return self._styles("present.css"), [self._asset("present.js")]

    def _styles(self, own: str) -> list[str]:
        return [*map(self._asset, (*SHARED_STYLES, own))]


def embed_hosts(settings: Settings) -> tuple[str, ...]:
    """Return the origins that may embed a view."""
    return tuple(one for one in re.split(r"[\s,]+", settings.embed_hosts) if one)


def add_sheets(app: Dash, context: Context, settings: Settings) -> None:
    """Serve ``/sheet``, ``/sheet/map``, ``/present``, ``/embed`` and ``/s/KEY``."""
    server, files, links = app.server, SheetFiles(app), Links(settings.home, settings.database_url, context.menu)
    server.extensions["links"] = links

    def page(text: str, status: int = 200) -> Response:
        return Response(text, status, mimetype="text/html", headers={"Cache-Control": "no-store"})

    def refused(error: AtlasError) -> Response:
        return told(context, error)

    @server.get("/sheet")
    def _sheet() -> Response:
        try:
            order = Order.from_fields(request.args)
            said = brief(
                order,
                context,
                date.today(),
                address_of(order, context, settings, links.known),
                bool(settings.public_url),
            )
            return page(sheet(said, order, context.words(said.lang), files))
        except AtlasError as error:
            return refused(error)

    @server.get("/sheet/map")
    def _map() -> Response:
        try:
            return page(map_sheet(request.args.get("query", ""), _theme(), _size(), context, files))
        except AtlasError as error:
            return refused(error)

    @server.get("/present")
    def _present() -> Response:
        words = context.words(context.look(request.args.get("view", ""))[1].filters.lang)
        account = current_reader().account
        own = [one["query"] for one in kept_views.of(settings.home, account)] if account else []
        data = {
            "views": [view[:4_000] for view in [*request.args.getlist("view"), *own]][:60],
            "kept": not account,  # whether to look for more in the browser
            "seconds": _number("seconds", 20, SECONDS),
            "template": request.args.get("template") if request.args.get("template") in WALL else "one",
            "theme": _theme("dark"),
            "words": {
                "none": words("还没有收藏的视图：请先在简报页收藏。"),
                "of": words("第 {n} 页，共 {all} 页"),
                "help": words("← → 翻页 · 空格 暂停或继续轮播 · F 全屏 · Esc 退出"),
            },
        }
        return page(
            document(
                words("演示"),
                words.lang,
                data["theme"],
                files.for_present(),
                '<main id="stage" tabindex="-1"></main><p id="present-word" role="status"></p>',
                {"present": data},
            )
        )

    @server.get("/embed")
    def _embed() -> Response:
        hosts = embed_hosts(settings)
        words = context.words(context.default.lang)
        if not hosts:
            return Response(words("没有开放嵌入：请管理员设置 ATLAS_EMBED_HOSTS。"), 403, mimetype="text/plain")
        query = request.query_string.decode("utf-8", "replace")
        try:
            return page(
                map_sheet(
                    query,
                    context.look(plans.without(query))[1].filters.theme,
                    (13.333, 7.5),
                    context,
                    files,
                    controls=True,
                )
            )
        except AtlasError as error:
            return refused(error)

    @server.get("/s/<key>")
    def _short(key: str) -> Response:
        address = links.address(key)
        if address is None:
            words = context.words(context.default.lang)
            return Response(words("没有这个短链接：它可能写错了，或属于另一份图册。"), 404, mimetype="text/plain")
        return redirect(address, 302)  # ty: ignore[invalid-explicit-return] - one too

    @server.after_request
    def _framed(answer: Response) -> Response:
        # registered before the headers, so it runs after them: only this one page may stand in another's frame
        if request.path == "/embed" and answer.status_code == 200:
            rules = answer.headers["Content-Security-Policy"]
            answer.headers["Content-Security-Policy"] = re.sub(
                r"frame-ancestors [^;]*", "frame-ancestors 'self' " + " ".join(embed_hosts(settings)), rules
            )
            answer.headers.pop("X-Frame-Options", None)
        return answer


def _theme(usual: str = "light") -> str:
    given = request.args.get("theme", usual)
    return given if given in THEMES else usual


def _size() -> tuple[float, float]:
    return _number("w", 13.333, SIZES), _number("h", 7.5, SIZES)


def _number(name: str, usual: float, within: tuple[float, float]) -> float:
    given = request.args.get(name, usual, float)
    return min(max(given, within[0]), within[1]) if math.isfinite(given) else usual
