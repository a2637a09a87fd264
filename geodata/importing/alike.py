"""Names and addresses as they are compared: what two people write differently and mean the same is one text.

Everything works on a whole column at once: one text of all cells, a line each, so that 186,100 names take well under a
second.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodata.importing.ground import Ground

Texts = NDArray[np.object_]

_MARKS = re.compile(
    r"[^\S\n]+|[()\[\]{}【】〔〕〈〉《》<>\"'“”‘’`·•・,，。、;；:：|#*!！?？~&+]|(?<!\d)[-—–−_/\\.]|[-—–−_/\\.](?!\d)"
)
_DASH = re.compile(r"[—–−_/\\]")
_STATION = re.compile(
    r"(?:总?工会)?(?:户外|新就业形态)劳动者(?:总?工会)?(?:综合|"
    r"爱心|暖心)?(?:服务)?(?:总?工会)?(?:驿站|站点|站|点|港湾)?"
    r"|总?工会(?:爱心|暖心|职工)?(?:服务)?驿站|(?:爱心|暖心|职工|劳动者)驿站"
)
_ENDING = re.compile(r"(?:服务)?(?:驿站|站点|点位|站|点)$", re.MULTILINE)
_FLOOR = re.compile(r"(\d)(?:层|f(?![a-z]))")
_NUMERAL = re.compile(r"[一二三四五六七八九](?=[楼层号室栋幢座单])")
_NUMERALS = str.maketrans("一二三四五六七八九", "123456789")
#: Tables whose rows are named for what they are as much as for where:
#: 工会驿站 at the end of a name tells nothing apart.
GENERIC = ("stations", "candidates")


def _lines(texts: Sequence[Any]) -> str:
    """Return one text with a line for each cell; empty where there is none."""
    return "\n".join(one.replace("\n", " ").replace("\r", " ") if isinstance(one, str) else "" for one in texts)


def _array(text: str, count: int) -> Texts:
    return np.array(text.split("\n") if count else [], dtype=object)


def light(texts: Sequence[Any]) -> Texts:
    """Return texts without what is only a way of writing: width, case, blanks, brackets, marks.

    Returns
    -------
    ndarray of object, shape (n,)
        Empty text where there is none.
    """
    return _array(_light(texts), len(texts))


def _light(texts: Sequence[Any]) -> str:
    # U+0085 and U+2028 would begin a line of their own only to str.splitlines, which is not used here
    return _DASH.sub("-", _MARKS.sub("", unicodedata.normalize("NFKC", _lines(texts)).lower()))


def bare(texts: Sequence[Any], codes: Sequence[Any], ground: Ground, table: str) -> Texts:
    """Return names without the place that they begin with and, of stations, without what each is called (``工会驿站``).

    A name that is nothing else stays as :func:`light` gives it.
    """
    plain = _light(texts)
    whole = _array(plain, len(texts))
    if table in GENERIC:
        plain = _ENDING.sub("", _STATION.sub("", plain))
    cut = _without_places(_array(plain, len(texts)), codes, ground)
    return np.where(cut == "", whole, cut)


def addresses(texts: Sequence[Any], codes: Sequence[Any], ground: Ground) -> Texts:
    """Return addresses without the places that they begin with,
    ``一楼`` and ``1层`` as ``1楼``; empty where there is none.
    """
    plain = _NUMERAL.sub(lambda match: match[0].translate(_NUMERALS), _light(texts))
    return _without_places(_array(_FLOOR.sub(r"\1楼", plain), len(texts)), codes, ground)


def _without_places(texts: Texts, codes: Sequence[Any], ground: Ground) -> Texts:
    """Return texts without the names of the province, city and county of each row at their beginning."""
    known = {code: _leading(code, ground) for code in dict.fromkeys(codes) if code in ground.adcodes}
    if not known:
        return texts
    none = re.compile("")
    return np.array(
        [known.get(code, none).sub("", one, 1) for one, code in zip(texts, codes, strict=True)], dtype=object
    )


def _leading(code: str, ground: Ground) -> re.Pattern[str]:
    """Return what matches the names of a place, and of what it lies in, at the beginning of a text.

    A short name (厦门) counts before the place's own alone: 厦门大学 is no 大学 of 厦门.
    """
    whole: list[str] = []
    either: list[str] = []
    up = ground.parents.get(code)
    while up is not None and ground.levels.get(up) != "country":
        name = ground.adcodes[up].lower()
        whole.insert(0, f"(?:{re.escape(name)})?")
        either.insert(0, f"(?:{re.escape(name[:-1])}(?:{re.escape(name[-1])})?)?")
        up = ground.parents.get(up)
    own = re.escape(ground.adcodes[code].lower())
    return re.compile(f"^(?:{''.join(either)}{own}(?![域间块场])|{''.join(whole)})")
