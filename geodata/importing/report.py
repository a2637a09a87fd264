"""What a check found: problems that name sheet, row, column, value and what was expected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from geodata.errors import N_, AtlasError
from geodata.importing.limits import MAX_BAD_CELLS
from geodata.message import Message
from geodata.schema import Column, TableSchema

MAX_PROBLEMS = 5_000  # a file that is wrong throughout is as wrong after the first few thousand cells
MAX_SHOWN = 60
MAX_ROWS_NAMED = 200


def named(thing: Column | TableSchema) -> dict[str, str]:
    """Return the names of a table or column, as a value of a message."""
    return {"zh": thing.zh, "en": thing.en}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend, or to look at.

    Attributes
    ----------
    msgid, params
        Message template (Chinese, in the catalogue) and its values: what is wrong and how to mend it. A value may
        be a dict of its names by language (``zh``, ``en``).
    sheet, row, column : optional
        Where: name of the sheet or layer, row as the file's own program counts
        it (the header of a sheet is row 1; the first feature is row 1), header of the column.
    value : str
        What stands there, cut to :data:`MAX_SHOWN` characters.
    expected_msgid, expected_params
        What was expected.
    rows : tuple of int
        All rows meant, where it is more than one (at most :data:`MAX_ROWS_NAMED`).
    positions : tuple of (int, float, float, float, float)
        For a likely wrong datum (``datum``) and changed coordinates (``swapped``): row, longitude and latitude as
        the file was read, longitude and latitude as they would be once mended; degrees, WGS-84 (of swapped ones the
        first pair is the file's own, and its latitude may lie beyond 90). At most :data:`MAX_ROWS_NAMED`.
    code : str
        Kind of problem, for programs.
    """

    msgid: str
    params: dict[str, Any] = field(default_factory=dict)
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    value: str | None = None
    expected_msgid: str = ""
    expected_params: dict[str, Any] = field(default_factory=dict)
    rows: tuple[int, ...] = ()
    positions: tuple[tuple[int, float, float, float, float], ...] = ()
    code: str = "value"

    def text(self, gettext: Callable[[str], str] = lambda msgid: msgid) -> str:
        """Return the message in the language of `gettext`."""
        return Message(self.msgid, self.params).text(gettext)

    def expected(self, gettext: Callable[[str], str] = lambda msgid: msgid) -> str | None:
        """Return what was expected in the language of `gettext`, or None."""
        return Message(self.expected_msgid, self.expected_params).text(gettext) if self.expected_msgid else None

    def as_dict(self, gettext: Callable[[str], str] = lambda msgid: msgid) -> dict[str, Any]:
        """Return the problem as the command line and the page give it."""
        found = {
            "sheet": self.sheet,
            "row": self.row,
            "column": self.column,
            "value": self.value,
            "expected": self.expected(gettext),
            "message": self.text(gettext),
            "code": self.code,
        }
        return (
            found
            | ({"rows": list(self.rows)} if self.rows else {})
            | ({"positions": [list(one) for one in self.positions]} if self.positions else {})
        )


@dataclass(frozen=True, slots=True)
class OwnColumn:
    """A column that no field of the table takes:
    its header in the file, the label it is kept under, whether it is personal.
    """

    header: str
    label: str
    personal: bool

    def as_dict(self) -> dict[str, Any]:
        """Return the column as the command line gives it."""
        return {"header": self.header, "label": self.label, "personal": self.personal}


@dataclass(frozen=True, slots=True)
class Doubt:
    """A row of the file that may be one that the atlas has: a person says whether it is the same, or another.

    Attributes
    ----------
    msgid, params
        Why it may be, and why that is not sure, as in a :class:`Problem`.
    sheet, row
        Where the row stands in the file.
    given : dict
        What tells the row apart, column → value (``name``, ``address``, ``adcode``, ``lon``, ``lat``); degrees, WGS-84.
    there : list of dict
        The atlas's rows that it may be, the likeliest first: the same columns, and ``key``.
    """

    msgid: str
    params: dict[str, Any]
    sheet: str | None
    row: int
    given: dict[str, Any]
    there: list[dict[str, Any]]

    def as_dict(self, gettext: Callable[[str], str] = lambda msgid: msgid) -> dict[str, Any]:
        """Return the question as the command line gives it and takes it back, with an answer under ``same``."""
        return {
            "sheet": self.sheet,
            "row": self.row,
            "why": Message(self.msgid, self.params).text(gettext),
            "given": self.given,
            "there": self.there,
        }


@dataclass(slots=True)
class Report:
    """The outcome of a check.

    Attributes
    ----------
    table : str
        Table the rows are for.
    rows : int
        Rows found in the file.
    accepted : int
        Rows that can be brought in; none where the file as a whole cannot be understood.
    errors, warnings : list of Problem
        What must be mended, and what to look at.
    columns : dict
        Header in the file → column of the table, as it was understood.
    headers : dict
        Every header in the file, in its order → column, None where it was not understood.
    crs : str or None
        Coordinate system in which the file was read; several are joined by ``、``.
    unplaced : int
        Accepted rows of a table of points that have no position.
    left_out : list of Problem
        Rows, and sheets as a whole (no row), that do not come in, and why; at most :data:`MAX_PROBLEMS`.
    own_fields : list of OwnColumn
        Columns that no field takes, kept as own fields of the rows.
    doubts : list of Doubt
        Rows that may be rows of the atlas; they wait for an answer.
    unknown_hours : int
        Rows whose opening hours are not understood: they come in with the text as written, and without hours.
    unknown_hours_rows : list of (str or None, int, str)
        Sheet, row and text of these, at most :data:`MAX_ROWS_NAMED`.
    taken_for : dict
        Names (``zh``, ``en``) of the format that the file was taken for; empty before it was read.
    """

    table: str
    rows: int = 0
    accepted: int = 0
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str | None] = field(default_factory=dict)
    crs: str | None = None
    unplaced: int = 0
    left_out: list[Problem] = field(default_factory=list)
    own_fields: list[OwnColumn] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    unlisted: int = 0
    unknown_hours: int = 0
    unknown_hours_rows: list[tuple[str | None, int, str]] = field(default_factory=list)
    taken_for: dict[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether the rows may be applied."""
        return not self.errors

    def error(self, problem: Problem) -> None:
        """Take an error; beyond :data:`MAX_PROBLEMS` only its number is kept.

        Raises
        ------
        Unreadable
            When there are so many that the rest of the file is not worth the time.
        """
        if len(self.errors) < MAX_PROBLEMS:
            self.errors.append(problem)
        else:
            self.unlisted += 1
            if self.unlisted > MAX_BAD_CELLS:
                raise Unreadable(N_("错误太多，核对到此为止：请先改正已列出的，再核对一次。"), code="more")

    def warn(self, problem: Problem) -> None:
        """Take a warning; beyond :data:`MAX_PROBLEMS` it is dropped."""
        if len(self.warnings) < MAX_PROBLEMS:
            self.warnings.append(problem)

    def leave(self, problem: Problem) -> None:
        """Take what does not come in: a row, or a sheet as a whole; beyond :data:`MAX_PROBLEMS` it is not listed."""
        if len(self.left_out) < MAX_PROBLEMS:
            self.left_out.append(problem)

    def in_order(self, sheets: list[str | None]) -> None:
        """Put errors in the order in which a person goes through the file; those of no row first."""
        place = {name: at for at, name in reversed(list(enumerate(sheets)))}
        self.errors.sort(key=lambda one: (-1, 0) if one.row is None else (place.get(one.sheet, len(place)), one.row))

    def close(self) -> None:
        """Say how many errors are not listed one by one."""
        if self.unlisted:
            self.errors.append(
                Problem(N_("另有 {count} 处错误未逐一列出：请先改正已列出的。"), {"count": self.unlisted}, code="more")
            )
            self.unlisted = 0

    def taken(self, gettext: Callable[[str], str] = lambda msgid: msgid) -> str:
        """Return what the file was taken for as a sentence; empty before it was read."""
        return Message(N_("文件读作：{format}。"), {"format": self.taken_for}).text(gettext) if self.taken_for else ""

    def as_dict(self, gettext: Callable[[str], str] = lambda msgid: msgid) -> dict[str, Any]:
        """Return the report as the command line gives it: its attributes but ``headers``, the doubts as ``unsure``."""
        return {
            "table": self.table,
            "rows": self.rows,
            "accepted": self.accepted,
            "errors": [one.as_dict(gettext) for one in self.errors],
            "warnings": [one.as_dict(gettext) for one in self.warnings],
            "crs": self.crs,
            "columns": self.columns,
            "unplaced": self.unplaced,
            "unknown_hours": self.unknown_hours,
            "left_out": [
                {"sheet": one.sheet, "row": one.row, "why": one.text(gettext), "code": one.code}
                for one in self.left_out
            ],
            "own_fields": [one.header for one in self.own_fields],
            "personal_fields": [one.header for one in self.own_fields if one.personal],
            "unsure": [one.as_dict(gettext) for one in self.doubts],
            "taken_for": self.taken_for or None,
        }


class Unreadable(AtlasError):  # noqa: N818 - named for what it says of the file
    """A file (or part of it) that cannot be read at all.

    Parameters
    ----------
    msgid, **params
        As in :class:`AtlasError`.
    sheet, row, code
        Where, and what kind of problem it is.
    """

    def __init__(
        self, msgid: str, *, sheet: str | None = None, row: int | None = None, code: str = "file", **params: Any
    ) -> None:
        super().__init__(msgid, **params)
        self.sheet, self.row, self.code = sheet, row, code

    @property
    def problem(self) -> Problem:
        """The error as a line of a report."""
        return Problem(self.msgid, self.params, sheet=self.sheet, row=self.row, code=self.code)


def shown(value: Any) -> str | None:
    """Return a value as it is shown: one line, printable, cut short."""
    if value is None:
        return None
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)[: MAX_SHOWN * 4]
    text = "".join(one if one.isprintable() else "·" for one in text)
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"
