"""What is painted first: a page stands in its own HTML, before a script is read;
what never changes is asked for once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from dash import Dash, html
from flask import Flask, Request, Response, request

from dashboard.components.masthead import HTML_LANGUAGE
from dashboard.export.markup import STAND_IN_OF_CHARTS
from dashboard.server.kept import Kept
from dashboard.settings import CODE
from dashboard.words import Words
from layers.filters import LANGUAGES, THEMES

FOR_EVER = "public, max-age=31536000, immutable"
MOST_KEPT = 32 * 2**20  # bytes


class KeptByAddress(Kept):
    """Compressed answers that never change, by their address; others are compressed anew."""

    def __init__(self) -> None:
        super().__init__(MOST_KEPT)

    def set(self, key: str, content: bytes) -> None:
        """Keep `content`, when its address has a version."""
        if not key.endswith("/"):
            super().set(key, content)


def address_of_kept(asked: Request) -> str:
    """Return what an answer is kept under: its address when that names a version, else one that is never kept."""
    if asked.path.startswith("/_dash-component-suites/") or _versioned(asked):
        return f"{asked.path}?{asked.args.get('m', '')}"
    return f"{asked.path}/"


def _versioned(asked: Request) -> bool:
    return asked.path.startswith("/assets/") and bool(asked.args.get("m"))


def add_keeping(server: Flask) -> None:
    """Let browsers keep assets that are asked for with their version."""

    @server.after_request
    def _kept(answer: Response) -> Response:
        if _versioned(request) and answer.status_code == 200:
            answer.headers["Cache-Control"] = FOR_EVER
        return answer


def opening(speak: Callable[[str], Words]) -> html.Div:
    """Return what stands until a page is laid out: its head in both languages,
    of which the browser shows that of the page.
    """
    return html.Div([_opening(speak(lang)) for lang in LANGUAGES])


def _opening(words: Words) -> html.Div:
    return html.Div(
        [
            html.Header(
                [html.H1([html.Span(className="brand-dot"), words("工会服务一张图")], className="brand")],
                className="header",
            ),
            html.P(words("正在打开工会服务一张图…"), className="opening"),
        ],
        className=f"only-{words.lang}",
        lang=HTML_LANGUAGE[words.lang],
    )


def _entry(words: Words, menu: Mapping[str, str], here: str) -> str:
    ways = "".join(
        f'<a class="way{" way-here" if path == here else ""}" href="{path}">{escape(words(name))}</a>'
        for path, name in menu.items()
    )
    return (
        f'<header class="header"><h1 class="brand"><span '
        f'class="brand-dot"></span>{escape(words("工会服务一张图"))}</h1><span class="crumbs"></span>'
        f'<nav class="ways" aria-label="{escape(words("页面"))}">{ways}</nav></header><p '
        f'class="opening">{escape(words("正在打开工会服务一张图…"))}</p>'
    )


def add_first_paint(
    app: Dash,
    speak: Callable[[str], Words],
    usual: str,
    menu: Mapping[str, str],
    painted: Callable[[str, str], str],
) -> None:
    """Put every page into its own HTML: what it says is read, and its links followed, while scripts still load.

    It lies over the page that the scripts lay out, until that one says the same (assets/first.js): language and theme
    stand from the first byte, a wall does not flash white, and nobody reads "Loading".

    Parameters
    ----------
    menu : mapping of str to str
        Path → message id of the pages, which stand where a page cannot be laid out.
    painted : callable
        Path and query → the page as HTML; empty where there is none: then the head alone stands, and the page itself
        says why.
    """
    plain_index = app.interpolate_index
    drawing = app.get_relative_path(
        "/_dash-component-suites/plotly/package_data/plotly.min.js"
    )  # without version: as dash's renderer asks for it
    private, first = (
        f'<script src="{app.get_asset_url(name)}?m={(CODE / "assets" / name).stat().st_mtime}"></script>'
        for name in ("plotly-private.js", "first.js")
    )

    def in_its_language(**parts: Any) -> str:
        lang = request.args["lang"] if request.args.get("lang") in LANGUAGES else usual
        theme = request.args.get("theme") if request.args.get("theme") in THEMES else THEMES[0]
        said = painted(request.path, request.query_string.decode("utf-8", "replace"))
        waiting = "" if said else _entry(speak(lang), menu, request.path)
        covered = (
            ' inert aria-hidden="true"' if said else ""
        )  # until it is handed over: nobody reads or reaches a page twice
        parts["app_entry"] = f'<div id="react-entry-point"{covered}><div class="_dash-loading">{waiting}</div></div>'
        parts["app_entry"] += f'<div class="first">{said}</div>{private}{first}' if said else private
        if STAND_IN_OF_CHARTS in said:  # its browser is told at once to fetch what draws them
            parts["metas"] = (
                f'{parts.get("metas", "")}<link rel="preload" as="script" fetchpriority="low" href="{drawing}">'
            )
        return plain_index(**parts).replace(
            "<html>",
            (
                f'<html lang="{HTML_LANGUAGE[lang]}" data-theme="{theme}" '
                f'data-mantine-color-scheme="{theme}" data-ag-theme-mode="{theme}">'
            ),
            1,
        )

    app.interpolate_index = in_its_language  # ty: ignore[invalid-assignment] - takes the same
