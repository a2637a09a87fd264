"""Help where one is: one dialog on every page with the tour, the words, the keys and a line of feedback."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from dashboard.components.tour import steps
from dashboard.feedback import MAX_TEXT, PATH
from dashboard.glossary import glossary
from dashboard.words import Words


def help_button(words: Words) -> html.Span:
    """Return what stands in the header: the offer of the tour,
    shown by the browser to who comes first, and the way to help.
    """
    return html.Span(
        [
            html.Span(
                [
                    html.Button(
                        words("一分钟导览"), id="tour-offer-start", className="button tour-offer-start", type="button"
                    ),
                    html.Button(
                        "×", id="tour-offer-no", className="button", type="button", **{"aria-label": words("不看导览")}
                    ),
                ],
                id="tour-offer",
                className="tour-offer",
                hidden=True,
            ),
            html.Button(
                words("帮助"), id="help-open", className="button", type="button", **{"aria-haspopup": "dialog"}
            ),
        ],
        className="help-ways",
    )


def help_dialog(path: str, words: Words) -> html.Dialog:
    """Return the dialog of the page at `path`, with the tour's steps for the browser."""
    keys = (
        (words("方向键"), words("移动地图")),
        ("+ −", words("放大、缩小")),
        ("Home", words("回到所在地方")),
        (words("回车"), words("进入地图正中的地方")),
        ("Esc", words("关闭打开的面板")),
        ("Tab", words("到下一处；第一次按可跳到主要内容")),
    )
    return html.Dialog(
        [
            html.Div(
                [
                    html.H2(words("帮助"), id="help-title"),
                    html.Button(words("关闭"), id="help-close", className="button", type="button"),
                ],
                className="help-head",
            ),
            html.Div(
                [html.Button(words("看一分钟导览"), id="tour-start", className="button", type="button")],
                className="help-part",
            ),
            html.Form(
                [
                    html.Label(words("一句反馈"), htmlFor="feedback-text", className="help-subtitle"),
                    html.Div(
                        [
                            dcc.Input(
                                id="feedback-text",
                                type="text",
                                maxLength=MAX_TEXT,
                                autoComplete="off",
                                className="feedback-text",
                            ),
                            html.Button(words("发送"), className="button", type="submit"),
                        ],
                        className="feedback-line",
                    ),
                    html.P(words("会连同现在的地址记到本机的反馈记录里，只有管理员能看到。"), className="help-note"),
                    html.P(
                        "",
                        id="feedback-said",
                        className="help-note",
                        role="status",
                        **{
                            "data-path": PATH,
                            "data-done": words("已记下，谢谢。"),
                            "data-failed": words("没有记下，请稍后再试。"),
                        },
                    ),
                ],
                id="feedback-form",
                className="help-part",
            ),
            html.Section([html.H3(words("键盘"), className="help-subtitle"), _listed(keys)], className="help-part"),
            html.Section(
                [
                    html.H3(words("词语"), className="help-subtitle"),
                    html.Dl(
                        [
                            part
                            for one in glossary(words)
                            for part in (
                                html.Dt(one.name[:1].upper() + one.name[1:]),
                                html.Dd(one.text, id=f"term-{one.key}"),
                            )
                        ],
                        className="help-list",
                        id="glossary",
                    ),
                ],
                className="help-part",
            ),
            html.Ol(
                [
                    html.Li([html.Strong(title), html.Span(text)], **{"data-at": at})
                    for at, title, text in steps(path, words)
                ],
                id="tour-steps",
                hidden=True,
                **{
                    "data-next": words("下一步"),
                    "data-back": words("上一步"),
                    "data-end": words("完成"),
                    "data-close": words("结束导览"),
                    "data-of": words("第 {n} 步，共 {all} 步"),
                },
            ),
        ],
        id="help",
        className="help",
        **{"aria-labelledby": "help-title"},
    )


def _listed(pairs: Any) -> html.Dl:
    return html.Dl([part for name, text in pairs for part in (html.Dt(name), html.Dd(text))], className="help-list")
