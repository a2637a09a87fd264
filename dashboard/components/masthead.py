"""What every page begins with: the name of the atlas,
the way to the other pages, the other theme, the other language.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard import ids
from dashboard.components.help import help_button, help_dialog
from dashboard.components.who import who
from dashboard.context import Context
from dashboard.words import Words
from layers.filters import Filters

HTML_LANGUAGE = {"zh": "zh-CN", "en": "en"}


def masthead(
    path: str,
    filters: Filters,
    context: Context,
    words: Words,
    *,
    before: Any = None,
    middle: Any = None,
    query: str = "",
    skips: Mapping[str, str] | None = None,
) -> html.Header:
    """Return the header of the page at `path`.

    Parameters
    ----------
    before, middle : component, optional
        What the page itself wants left of the name, and between the name and the ways out.
    query : str
        Keys of the page's own (``&key=value…``) that the other language keeps.
    skips : mapping of str to str, optional
        Ways past what repeats, beside that to the main part: CSS selector → words.
    """
    other = "en" if filters.lang == "zh" else "zh"
    past = {"main": words("跳到主要内容"), **(skips or {})}
    return html.Header(
        [
            html.Nav(
                [html.A(text, href="#", className="skip", **{"data-skip": to}) for to, text in past.items()],
                className="skips",
                **{"aria-label": words("跳转")},
            ),
            before,
            html.H1(
                [html.Span(className="brand-dot", **{"aria-hidden": "true"}), words("工会服务一张图")],
                className="brand",
            ),
            middle if middle is not None else html.Span(className="crumbs"),
            html.Button(
                "☰",
                id=ids.MENU,
                className="button menu-toggle",
                type="button",
                **{"aria-label": words("菜单"), "aria-expanded": "false"},
            ),
            html.Nav(
                ways(path, filters, context, words), id=ids.WAYS, className="ways", **{"aria-label": words("页面")}
            ),
            _search(words),
            # assets/theme.js: the same address in the other theme, with whatever keys the page has of its own
            html.Button(
                "◐",
                id=ids.THEME,
                className="button theme-switch",
                type="button",
                title=words("切换浅色与深色"),
                **{"aria-label": words("切换浅色与深色")},
            ),
            html.A(
                "English" if other == "en" else "中文",  # no key: each language is called by its own name
                id=ids.LANGUAGE,
                className="button language",
                lang=other,
                href=path + (context.write(filters.having(lang=other)) or "?") + query,
            ),
            who(words),
            help_button(words),
            help_dialog(path, words),
            html.Div(past_banner(path, filters, context, words), id=ids.PAST, className="past", role="status"),
        ],
        className="header",
        **{"data-map": words("地图"), "data-attribution": words("地图的出处")},
    )  # assets/access.js: what MapLibre says in English


def _search(words: Words) -> html.Div:
    """Return the empty box that assets/search.js makes the search of, with what it says."""
    kinds = {
        "place": words("行政区划"),
        "region": words("产改区域"),
        "zone": words("街道片区"),
        "grid": words("产改网格"),
        "station": words("工会驿站"),
        "fair": words("招聘会"),
        "activity": words("活动"),
        "enterprise": words("企业"),
        "story": words("专题"),
        "fact": words("报道数字"),
        "scenario": words("选址方案"),
        "kind": words("活动类别"),
    }
    said = {
        "hint": words("查找（/）"),
        "label": words("查找地点、驿站、活动、数字"),
        "kinds": kinds,
        "building": words("正在准备查找…"),
        "none": words("没有找到：可输入中文、拼音、首字母（如 dwk）或行政区划代码。"),
        "failed": words("查找没有完成，请再试一次。"),
    }
    return html.Div(
        className="search-box",
        role="search",
        **{"data-words": json.dumps(said, ensure_ascii=False), "data-lang": words.lang},
    )


def past_banner(path: str, filters: Filters, context: Context, words: Words) -> list:
    """Return what says loudly that a past day is shown,
    and the way back to the present; nothing when it is the present.
    """
    if filters.as_of is None:
        return []
    return [
        html.Strong(
            words("正在看 {day} 当天结束时的图册，不是现在的；不能在这里修改。").format(day=words.date(filters.as_of))
        ),
        dcc.Link(
            words("回到现在"), href=path + (context.write(filters.having(as_of=None)) or "?"), className="past-back"
        ),
    ]


def ways(path: str, filters: Filters, context: Context, words: Words) -> list[dcc.Link | html.Span]:
    """Return the links to every page, each with the present choice; the page itself is no link."""
    query = context.write(filters)
    return [
        html.Span(words(name), className="way way-here", **{"aria-current": "page"})
        if to == path
        else dcc.Link(words(name), href=to + query, className="way")
        for to, name in context.menu.items()
    ]


def framed(children: Sequence[Any], lang: str, name: str = "atlas") -> dmc.MantineProvider:
    """Return a whole page: its root in its language, in the atlas's theme."""
    page = html.Div(list(children), id=ids.ROOT, className=name, lang=HTML_LANGUAGE[lang])
    return dmc.MantineProvider(
        page,
        forceColorScheme="light",
        theme={
            "primaryColor": "dark",
            "fontFamily": "var(--font)",
            "defaultRadius": "sm",
        },
    )
