"""Rows that may be rows of the atlas: both side by side, and the question whether they are the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboard.components.values import title
from dashboard.pages.data import names
from dashboard.pages.data.todo import ANSWER, TITLES
from dashboard.tasks.uploads import Task
from dashboard.words import Words
from geodata.importing.report import Doubt, Report
from geodata.message import Message
from geodata.schema import TABLES

ASKED = 30
ANOTHER = "*"  # no key of a row of the atlas: keys hold no asterisk
ANSWERS, ALL_SAME, ALL_ANOTHER, FORGET = "answers", "all-same", "all-another", "forget"
Answer = tuple[str | None, int, str | None]


def questions(report: Report, task: Task, words: Words) -> html.Section | None:
    """Return the questions that wait for an answer, and how many were answered; None where nothing was asked."""
    given = len(task.answers)
    if not report.doubts and not given and not task.another:
        return None
    count = words.number(len(report.doubts))
    asked = report.doubts[:ASKED]
    parts: list[Any] = [html.H3(words(TITLES[ANSWER]), className="panel-title todo-title todo-answer")]
    if report.doubts:
        parts += [
            html.P(
                words("{count} 行可能是图册里已有的行，也可能是另一个：没有回答的不导入。").format(count=count),
                className="data-hint",
            ),
            html.Div(
                [
                    _button(words("都是同一个"), ALL_SAME),
                    _button(words("都是另一个"), ALL_ANOTHER),
                ],
                className="data-buttons",
            ),
            html.Ol([_question(at, one, report.table, words) for at, one in enumerate(asked)], className="doubts"),
            html.P(words("先列出 {shown} 行，回答后再列出其余的。").format(shown=ASKED), className="data-hint")
            if len(report.doubts) > ASKED
            else None,
            html.Div(_button(words("按这些回答重新核对"), ANSWERS), className="data-buttons"),
        ]
    if given or task.another:
        said = (
            words("其余的都算另一个。")
            if task.another and not given
            else words("已回答 {count} 行。").format(count=words.number(given))
        )
        parts.append(
            html.P([html.Span(said), " ", _button(words("重新回答"), FORGET)], className="data-hint doubts-answered")
        )
    return html.Section(parts, className="data-panel todo", id=names.DOUBTS)


def _button(text: str, at: str) -> html.Button:
    return html.Button(text, id=names.numbered("data-recheck", at), className="button", type="button")


def _question(at: int, doubt: Doubt, table: str, words: Words) -> html.Li:
    where = words("第 {rows} 行").format(rows=doubt.row)
    several = len(doubt.there) > 1
    choices = [
        dmc.Radio(
            label=words("是同一个：{name}").format(name=one["name"] or one["key"]) if several else words("是同一个"),
            value=one["key"],
            size="sm",
        )
        for one in doubt.there
    ]
    sides = [
        _side(words("文件：{where}").format(where=f"{doubt.sheet} · {where}" if doubt.sheet else where), doubt.given)
    ]
    sides += [_side(words("图册：{key}").format(key=one["key"]), one) for one in doubt.there]
    rows = [_line(name, sides, table, words) for name in ("name", "address", "adcode", "place")]
    why = Message(doubt.msgid, doubt.params).text(words.gettext)
    return html.Li(
        [
            html.P(why, className="doubt-why"),
            html.Div(
                html.Table(
                    [
                        html.Thead(html.Tr([html.Td(), *(html.Th(side["head"], scope="col") for side in sides)])),
                        html.Tbody([one for one in rows if one is not None]),
                    ],
                    className="data-table doubt",
                ),
                className="data-scroll",
                tabIndex=0,
                role="region",
                **{"aria-label": why},
            ),
            dmc.RadioGroup(
                dmc.Group([*choices, dmc.Radio(label=words("是另一个"), value=ANOTHER, size="sm")], gap="md"),
                id=names.numbered("data-doubt", at),
                size="sm",
                **{"aria-label": why},
            ),
        ],
        className="doubt-item",
    )


def _side(head: str, row: Mapping[str, Any]) -> dict[str, Any]:
    place = None if row.get("lon") is None else f"{row['lon']:.6f}, {row['lat']:.6f}"
    return {"head": head, **{name: row.get(name) for name in ("name", "address", "adcode")}, "place": place}


def _line(name: str, sides: Sequence[Mapping[str, Any]], table: str, words: Words) -> html.Tr | None:
    values = [side[name] for side in sides]
    if not any(values):
        return None
    said = words("位置") if name == "place" else title(TABLES[table], name, words)
    mine = values[0]
    cells = [
        html.Td(value or "—", className="doubt-other" if at and value != mine else "")
        for at, value in enumerate(values)
    ]
    return html.Tr([html.Th(said, scope="row"), *cells])


def answered(report: Report, task: Task, cause: str, given: Mapping[int, str | None]) -> tuple[list[Answer], bool]:
    """Return all answers after a click, and whether what has none is another row.

    Parameters
    ----------
    report : Report
        What the check of `task` found.
    cause : str
        Which button: one of :data:`ANSWERS`, :data:`ALL_SAME`, :data:`ALL_ANOTHER`, :data:`FORGET`.
    given : mapping of int to str or None
        Number of a question → key of the row that it is, :data:`ANOTHER`, or None where nothing was chosen.
    """
    if cause == FORGET:
        return [], False
    before = {(sheet, row): key for sheet, row, key in task.answers}
    for at, doubt in enumerate(report.doubts):
        said = given.get(at)
        if cause == ALL_SAME and said is None and doubt.there:
            said = doubt.there[0]["key"]
        # a key that was not asked about is no answer
        if said == ANOTHER or said in {one["key"] for one in doubt.there}:
            before[doubt.sheet, doubt.row] = None if said == ANOTHER else said
    return [(sheet, row, key) for (sheet, row), key in before.items()], task.another or cause == ALL_ANOTHER
