"""In which place the rows of a sheet lie, where no column says so: a heading over them, the sheet's name, the title, the file's name."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from geodata.errors import N_
from geodata.importing.ground import Ground
from geodata.importing.report import MAX_ROWS_NAMED, Problem, Report, shown

if TYPE_CHECKING:
    from geodata.importing.cells import Rows

_NUMBERING = re.compile(r"^[\s(（]*(?:[一二三四五六七八九十]{1,3}|\d{1,3})\s*[)）、.．\-_ ]\s*")
_BEHIND = re.compile(
    r"[(（\[【].*$|(?:各)?(?:总工会|工会|户外|驿站|站点|台账|名单|统计|汇总|一览|明细|服务|表|\d{4}年).*$"
)
TOLD = {
    "heading": N_("{count} 行没有写行政区划，已按它们上面的小标题“{said}”填写为{name}。"),
    "sheet": N_("{count} 行没有写行政区划，已按工作表的名称“{said}”填写为{name}。"),
    "title": N_("{count} 行没有写行政区划，已按表格的标题“{said}”填写为{name}。"),
    "file": N_("{count} 行没有写行政区划，已按文件名“{said}”填写为{name}。"),
}


class Hint(NamedTuple):
    """A text that may name the place of rows, and where it stands: a key of :data:`TOLD`."""

    where: str
    said: str


def hints_of(heading: str | None, sheet: str | None, titles: list[str], file_name: str) -> tuple[Hint, ...]:
    """Return what may name the place of rows, the nearest first."""
    found = [Hint("heading", heading or ""), Hint("sheet", sheet or "")]
    found += [Hint("title", title) for title in titles[:6]]
    return tuple(one for one in (*found, Hint("file", Path(file_name).stem)) if one.said.strip())


def place_of(hint: Hint, ground: Ground, levels: tuple[str, ...]) -> str | None:
    """Return the adcode of the one place of `levels` that a hint names, None where it names none, or several."""
    text = _NUMBERING.sub("", unicodedata.normalize("NFKC", hint.said)).strip()
    for said in (text, _BEHIND.sub("", text).strip()):
        if len(said) < 2:
            continue
        codes = [code for code in ground.codes_of(said) if ground.levels.get(code) in levels]
        if len(codes) == 1:
            return codes[0]
    return None


def fill(rows: Rows, positions: list[int], ground: Ground, levels: tuple[str, ...], report: Report) -> None:
    """Give rows without an adcode that of the nearest hint that names a place, and say from where it is.

    Parameters
    ----------
    rows : Rows
    positions : list of int
        Rows that may be filled; those that have an adcode or an error are passed over.
    levels : tuple of str
        Levels of places that the table's adcodes are of.
    """
    held = rows.values.setdefault("adcode", [None] * len(rows))
    held += [None] * (len(rows) - len(held))
    known: dict[Hint, str | None] = {}
    told: dict[tuple[str | None, Hint], list[int]] = {}
    for at in positions:
        if held[at] is not None or at in rows.wrong:
            continue
        for hint in rows.hints.get(at, ()):
            if hint not in known:
                known[hint] = place_of(hint, ground, levels)
            if known[hint] is not None:
                held[at] = known[hint]
                told.setdefault((rows.sheets[at], hint), []).append(at)
                break
    for (_, hint), found in told.items():
        report.warn(
            Problem(
                TOLD[hint.where],
                {"count": len(found), "said": shown(hint.said), "name": _name(known[hint] or "", ground)},
                **rows.where(found[0], "adcode"),
                rows=tuple(rows.numbers[at] for at in found[:MAX_ROWS_NAMED]),
                code="filled",
            )
        )


def _name(code: str, ground: Ground) -> dict[str, str]:
    return {"zh": ground.adcodes.get(code, code), "en": ground.english.get(code, code)}
