"""Icons of kinds of activity: lines on a square of 24 by 24, as the path of an SVG or by the name of a shipped one.

What comes in a cell of a stranger's file ends on a page, so only numbers and
drawing letters are taken out of it: no script, no style, no address gets in.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from urllib.parse import quote
from xml.etree import ElementTree

from geodata.codes import shipped_rows
from geodata.errors import N_
from geodata.importing.bad import BadValue, checked_text

USUAL = "dot"
SIDE = 24
MAX_PATH, MAX_NUMBER = 4_000, 100.0
EXPECTED = N_("图标名（如 book、书）、SVG 路径（如 M4 12h16）或只含路径的 SVG")
_SVG = "{http://www.w3.org/2000/svg}"
_ELEMENTS = {"svg", "g", "path", "title", "desc"}
_ATTRIBUTES = {
    "d",
    "viewBox",
    "width",
    "height",
    "version",
    "class",
    "role",
    "aria-hidden",
    "fill",
    "fill-rule",
    "clip-rule",
    "stroke",
    "stroke-width",
    "stroke-linecap",
    "stroke-linejoin",
}
#: Drawing letter → how many numbers it takes at a time.
_TAKES = {"m": 2, "l": 2, "h": 1, "v": 1, "c": 6, "s": 4, "q": 4, "t": 2, "a": 7, "z": 0}
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?")


@cache
def shipped() -> Mapping[str, str]:
    """Return name → path of every shipped icon."""
    return MappingProxyType({row["name"]: row["path"] for row in shipped_rows("icons.csv")})


@cache
def _names() -> Mapping[str, str]:
    return MappingProxyType(
        {said.lower(): row["name"] for row in shipped_rows("icons.csv") for said in (row["name"], row["zh"], row["en"])}
    )


def read_icon(value: object) -> str:
    """Return an icon as the atlas keeps it: the name of a shipped one, or a path.

    Raises
    ------
    BadValue
        When it is neither, or an SVG that holds anything but paths.
    """
    text = checked_text(value)
    known = _names().get(unicodedata.normalize("NFKC", text).strip().lower())
    if known:
        return known
    if text.lstrip().startswith("<"):
        return _checked_path(_of_svg(text))
    if text[:1] not in ("M", "m"):
        raise BadValue(
            N_("没有名为“{got}”的图标：请用其中之一（{names}），或写 SVG 路径。"),
            {"got": text[:20], "names": "、".join(shipped())},
            EXPECTED,
        )
    return _checked_path(text)


def path_of(icon: str) -> str:
    """Return the path of an icon that the atlas keeps; that of the usual one when it is missing or not a drawing."""
    if icon in shipped():
        return shipped()[icon]
    try:
        return _checked_path(icon)
    except (BadValue, TypeError):  # another program may have written the table
        return shipped()[USUAL]


def picture(icon: str, colour: str) -> str:
    """Return the icon drawn in `colour` (``#RRGGBB``) as an address of a picture, ``data:image/svg+xml,…``."""
    ink = colour if re.fullmatch(r"#[0-9A-Fa-f]{6}", colour) else "#616E7C"
    drawn = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {SIDE} "
        f"{SIDE}' fill='none' stroke='{ink}' stroke-width='1.8' "
        f"stroke-linecap='round' stroke-linejoin='round'><path d='{path_of(icon)}'/></svg>"
    )
    return "data:image/svg+xml," + quote(drawn, safe=" =:/'")


def _checked_path(text: str) -> str:
    """Return a path with its blanks in order; every letter has as many numbers as it takes."""
    if len(text) > MAX_PATH:
        raise _no_path(
            N_("图标的路径太长（{got} 个字符，最多 {limit} 个）：请用简单些的图标。"), got=len(text), limit=MAX_PATH
        )
    at, letter, wanted, parts = 0, "", 0, []
    while at < len(text):
        sign = text[at]
        if sign in " ,\t\r\n":
            at += 1
        elif sign.lower() in _TAKES:
            if wanted:
                raise _unreadable(text, at)
            if not parts and sign.lower() != "m":
                raise _unreadable(text, at)
            letter, wanted = sign, _TAKES[sign.lower()]
            parts.append(sign)
            at += 1
        else:
            if not letter or letter in "zZ":
                raise _unreadable(text, at)
            wanted = wanted or _TAKES[letter.lower()]
            flag = letter in "aA" and _TAKES["a"] - wanted in (3, 4)
            match = re.compile(r"[01]").match(text, at) if flag else _NUMBER.match(text, at)
            if match is None:
                raise _unreadable(text, at)
            if abs(float(match[0])) > MAX_NUMBER:
                raise _no_path(N_("图标的路径出了画板（{got}）：画板是 24×24，请缩放到 0 至 24。"), got=match[0][:12])
            parts.append(match[0])
            wanted -= 1
            at = match.end()
    if wanted or len(parts) < 4:
        raise _unreadable(text, len(text))
    return " ".join(parts)


def _of_svg(text: str) -> str:
    """Return the paths of an SVG one after the other."""
    if "<!" in text or "<?" in text.replace("<?xml ", "", 1):
        raise _no_path(
            N_("SVG 图标里有 {got}：只能有路径（path），请删去其余内容。"), got="<!…" if "<!" in text else "<?…"
        )
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - without a document type there are no entities to expand
    except (ElementTree.ParseError, ValueError) as error:
        raise _no_path(N_("SVG 图标读不出来：请从图标库重新复制整段 <svg>…</svg>。")) from error
    found = []
    for one in root.iter():
        tag = str(one.tag).removeprefix(_SVG)
        strange = [name for name in one.attrib if name not in _ATTRIBUTES]
        if tag not in _ELEMENTS or strange:
            raise _no_path(
                N_("SVG 图标里有 {got}：只能有路径（path），请删去其余内容。"),
                got=(strange[0] if tag in _ELEMENTS else f"<{tag}>")[:30],
            )
        if tag == "path" and not (
            one.get("stroke") == "none" and one.get("fill") == "none"
        ):  # such a one is the board itself
            found.append(one.get("d", ""))
    box = (
        root.get("viewBox", f"0 0 {root.get('width', SIDE)} {root.get('height', SIDE)}")
        .replace(",", " ")
        .replace("px", "")
        .split()
    )
    if root.tag not in ("svg", f"{_SVG}svg") or box != ["0", "0", str(SIDE), str(SIDE)]:
        raise _no_path(N_('SVG 图标的画板应为 24×24（viewBox="0 0 24 24"）：请换一个。'))
    return " ".join(found)


def _no_path(msgid: str, **params: object) -> BadValue:
    return BadValue(msgid, params, EXPECTED)


def _unreadable(text: str, at: int) -> BadValue:
    return _no_path(
        N_("图标的路径在第 {at} 个字符处读不懂（{got}）：请从图标库重新复制。"),
        at=at + 1,
        got=text[max(0, at - 6) : at + 6] or "…",
    )
