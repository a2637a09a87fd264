"""What a check found, grouped by what a clerk is to do about it, the worst first."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass

from geodata.errors import N_
from geodata.importing.report import Problem, Report
from geodata.message import Message

FILE, MEND, ANSWER, LOOK, LACKS, ASIDE, DONE = "file", "mend", "answer", "look", "lacks", "aside", "done"
ORDER = (FILE, MEND, ANSWER, LOOK, LACKS, ASIDE, DONE)
TITLES = {
    FILE: N_("整个文件还不能导入：先改这些"),
    MEND: N_("不导入的行：改好后再导入"),
    ANSWER: N_("是同一个，还是另一个"),
    LOOK: N_("会导入，但请核实：地图或数字可能不对"),
    LACKS: N_("会导入，但缺内容"),
    ASIDE: N_("没有导入的内容"),
    DONE: N_("已替您处理"),
}
_LACKS = {
    "unplaced",
    "hours",
    "unknown",
    "unknown_kept",
    "unsaid",
    "digits",
    "cells",
    "value",
    "missing",
    "qualifier",
    "date",
}
_ASIDE = {"sheet", "remark", "column", "empty"}
_DONE = {"filled", "own", "kind", "unit", "merged"}
#: Of what is to be looked at, what may mean a wrong map goes first
_FIRST = ("datum", "swapped", "sea", "outside", "similar")
_ROWS = N_("{count} 行")


@dataclass(frozen=True, slots=True)
class Group:
    """Problems that are alike.

    Attributes
    ----------
    todo : str
        One of :data:`ORDER`.
    kind : {'error', 'warning'}
    problems : list of Problem
        At least one; all with the same column, code and message template.
    rows : int
        Rows of the file that they are about; 0 where they are about the file, a sheet or a column.
    """

    todo: str
    kind: str
    problems: list[Problem]
    rows: int

    @property
    def first(self) -> Problem:
        """The first of them."""
        return self.problems[0]

    @property
    def counts_itself(self) -> bool:
        """Whether the message begins with the number of rows."""
        return self.first.msgid.startswith(_ROWS)

    def text(self, gettext: Callable[[str], str]) -> str:
        """Return what is said of all of them: the message of the first, with the rows of all where it counts them."""
        if not self.counts_itself:
            return self.first.text(gettext)
        return Message(self.first.msgid, self.first.params | {"count": self.rows}).text(gettext)


def grouped(report: Report) -> list[Group]:
    """Return what was found in the order in which a person goes through it:
    by what to do, then by weight, then most rows first.
    """
    found: dict[tuple, list[Problem]] = {}
    wrong = {(one.sheet, one.row) for one in report.left_out if one.row is not None and one.code != "remark"}
    for kind, problems in (("error", report.errors), ("warning", report.warnings)):
        for one in problems:
            todo = _todo(kind, one, report, wrong)
            found.setdefault((todo, kind, one.column or "", one.code, one.msgid), []).append(one)
    groups = [Group(key[0], key[1], problems, _rows(problems)) for key, problems in found.items()]
    return sorted(groups, key=lambda one: (ORDER.index(one.todo), _weight(one.first), -one.rows))


def _todo(kind: str, problem: Problem, report: Report, wrong: Set[tuple[str | None, int | None]]) -> str:
    if kind == "error":
        return MEND if report.accepted or (problem.sheet, problem.row) in wrong else FILE
    if problem.code == "unsure":
        return ANSWER
    for todo, codes in ((LACKS, _LACKS), (ASIDE, _ASIDE), (DONE, _DONE)):
        if problem.code in codes:
            return todo
    return LOOK


def _weight(problem: Problem) -> int:
    return _FIRST.index(problem.code) if problem.code in _FIRST else len(_FIRST)


def _rows(problems: list[Problem]) -> int:
    if problems[0].msgid.startswith(_ROWS):
        return sum(int(one.params.get("count", 0)) for one in problems)
    named = {(one.sheet, row) for one in problems for row in (one.rows or ((one.row,) if one.row else ()))}
    return len(named)
