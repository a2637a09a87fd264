"""The list of a report: groups by what to do with their first rows, and every problem one by one behind it."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboard.components.values import scrolling, title
from dashboard.pages.data import names
from dashboard.pages.data.todo import ANSWER, FILE, LOOK, MEND, ORDER, TITLES, Group, grouped
from dashboard.words import Words
from geodata.importing.report import Problem, Report
from geodata.schema import TABLES

PAGE, GROUPS, FIRST_ROWS, ROWS_NAMED = 50, 60, 5, 12
EVERY = "all"


def todo_list(report: Report, words: Words, questions: html.Section | None) -> list[html.Section]:
    """Return a section for each thing to do, the worst first; `questions` stands where rows are to be told apart."""
    found = list(enumerate(grouped(report)))
    sections = []
    for todo in ORDER:
        mine = [(at, one) for at, one in found if one.todo == todo]
        if todo == ANSWER:
            sections += [questions] if questions is not None else []
        elif mine:
            sections.append(
                html.Section(
                    [
                        html.H3(words(TITLES[todo]), className=f"panel-title todo-title todo-{todo}"),
                        *(
                            _group(at, one, report, words, todo in (FILE, MEND, LOOK) and place < 3)
                            for place, (at, one) in enumerate(mine)
                        ),
                    ],
                    className="data-panel todo",
                )
            )
    return sections


def _group(at: int, group: Group, report: Report, words: Words, opened: bool) -> html.Details:
    text = group.text(words.gettext)
    if group.rows and not group.counts_itself:
        text = words("{count} 行：{text}").format(count=words.number(group.rows), text=text)
    column = _column(group.first, report, words)
    expected = _expected(group.first, words)
    return html.Details(
        [
            html.Summary(
                [
                    html.Span(column, className="todo-column") if column else None,
                    html.Span(text, className="todo-text"),
                ]
            ),
            html.P(words("应为：{expected}").format(expected=expected), className="data-hint") if expected else None,
            _first_rows(group, words),
            html.Button(
                words("逐条列出"), id=names.numbered("data-group", at), className="button button-small", type="button"
            )
            if len(group.problems) > FIRST_ROWS
            else None,
        ],
        open=opened,
        className=f"todo-group todo-group-{group.kind}",
    )


def _first_rows(group: Group, words: Words) -> Any:
    """Return the first rows of a group: what stands in them, or only which they are."""
    if len(group.problems) == 1 and group.first.value is None:
        one = group.first
        rows = one.rows or ((one.row,) if one.row else ())
        if not rows:
            return None
        named = words.listed(map(str, rows[:ROWS_NAMED])) + ("…" if group.rows > ROWS_NAMED else "")
        said = words("第 {rows} 行").format(rows=named)
        return html.P(f"{one.sheet} · {said}" if one.sheet else said, className="todo-rows")
    differ = len({one.text(words.gettext) for one in group.problems[:FIRST_ROWS]}) > 1
    lines = []
    for one in group.problems[:FIRST_ROWS]:
        where = words("第 {rows} 行").format(rows=_rows(one) or "—")
        lines.append(
            html.Tr(
                [
                    html.Td(f"{one.sheet} · {where}" if one.sheet else where, className="todo-where"),
                    html.Td(words("（空）") if one.value is None else one.value, className="cell-value"),
                    html.Td(one.text(words.gettext)) if differ else None,
                ]
            )
        )
    more = len(group.problems) - len(lines)
    return html.Div(
        [
            html.Table(html.Tbody(lines), className="data-table todo-first"),
            html.P(words("还有 {count} 处。").format(count=words.number(more)), className="data-hint")
            if more
            else None,
        ]
    )


def every_problem(report: Report, words: Words) -> html.Details | None:
    """Return all problems one by one, a page at a time, closed until somebody asks; None where there are none."""
    listed = grouped(report)
    if not listed:
        return None
    count = len(report.errors) + len(report.warnings)
    options = [{"value": EVERY, "label": words("全部（{count}）").format(count=count)}]
    kinds = _kinds(words)
    for at, one in enumerate(listed[:GROUPS]):
        column = f"{one.first.column} · " if one.first.column else ""
        short = _short(one.text(words.gettext))
        options.append({"value": str(at), "label": f"{kinds[one.kind]} · {column}{short} × {len(one.problems)}"})
    table, pages = problem_rows(report, EVERY, 1, words)
    return html.Details(
        [
            html.Summary(
                [
                    html.Span(words("错误与提醒"), className="panel-title"),
                    html.Span(words("逐条列出，共 {count} 条").format(count=count), className="data-hint"),
                ]
            ),
            dmc.Select(
                id=names.PROBLEM_GROUP,
                data=options,
                value=EVERY,
                allowDeselect=False,
                size="xs",
                className="problem-group",
                **{"aria-label": words("归类")},
            ),
            scrolling(table, words("错误与提醒"), id=names.PROBLEMS),
            dmc.Pagination(
                id=names.PROBLEM_PAGE,
                total=pages,
                value=1,
                size="sm",
                siblings=1,
                style={} if pages > 1 else {"display": "none"},
            ),
        ],
        id=names.PROBLEM_LIST,
        open=False,
        className="data-panel",
    )


def problem_rows(report: Report, group: str, page: int, words: Words) -> tuple[html.Table, int]:
    """Return the table of one page of a group of problems, and the number of pages."""
    listed = grouped(report)
    wanted = [one for at, one in enumerate(listed) if str(at) == group] or listed
    every = [(one.kind, problem) for one in wanted for problem in one.problems]
    pages = max(1, -(-len(every) // PAGE))
    page = max(1, min(page, pages))
    kinds = _kinds(words)
    titles = (
        words("类别"),
        words("工作表"),
        words("行"),
        words("列"),
        words("内容"),
        words("应为"),
        words("说明"),
    )
    body = [
        html.Tr(
            [
                html.Td(html.Span(kinds[kind], className=f"mark mark-{kind}")),
                _said(words("工作表"), one.sheet),
                _said(words("行"), _rows(one)),
                _said(words("列"), _column(one, report, words)),
                _said(words("内容"), one.value, "cell-value"),
                _said(words("应为"), _expected(one, words)),
                html.Td(one.text(words.gettext)),
            ]
        )
        for kind, one in every[(page - 1) * PAGE : page * PAGE]
    ]
    head = html.Tr([html.Th(text, scope="col") for text in titles])
    return html.Table([html.Thead(head), html.Tbody(body)], className="data-table problems"), pages


def _kinds(words: Words) -> dict[str, str]:
    return {"error": words("错误"), "warning": words("提醒")}


def _expected(problem: Problem, words: Words) -> str | None:
    # the command line's own option is of no use here
    return words("第 2 步里选一个坐标系") if problem.code == "crs" else problem.expected(words.gettext)


def _short(text: str) -> str:
    return text if len(text) <= 26 else text[:26] + "…"


def _said(header: str, text: str | None, kind: str = "") -> html.Td:
    """Return a cell that knows its header: on a phone a problem is a card, not a row of seven columns."""
    return html.Td(
        "—" if text is None else text,
        className=f"{kind} nothing".strip() if text is None or text == "" else kind,
        **{"data-header": header},
    )


def _column(problem: Problem, report: Report, words: Words) -> str | None:
    """Return the header as the file has it, or the name of a column that it lacks in the reader's language."""
    if problem.column is None or problem.column in report.headers:
        return problem.column
    schema = TABLES[report.table]
    return next((title(schema, one.name, words) for one in schema.columns if one.zh == problem.column), problem.column)


def _rows(problem: Problem) -> str | None:
    if len(problem.rows) > 1:
        return ", ".join(map(str, problem.rows[:5])) + ("…" if len(problem.rows) > 5 else "")
    return None if problem.row is None else str(problem.row)
