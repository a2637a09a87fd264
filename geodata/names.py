"""English names of places: pinyin, with lists of exceptions.

``place_names_en.csv`` holds whole names by adcode, ``place_readings.csv`` how a
character or word is read in the names of places where a dictionary reads it otherwise,
``unit_terms_en.csv`` the words that names of regions and grids are made of.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from itertools import pairwise

from geodata.codes import shipped_rows

_ENDINGS = (
    ("自治县", " County"),
    ("自治旗", " Banner"),
    ("自治州", ""),
    ("地区", ""),
    ("盟", ""),
    ("林区", " Forest District"),
    ("新区", " New District"),
    ("特区", " District"),
    ("区", " District"),
    ("县", " County"),
    ("旗", " Banner"),
    ("市", ""),
    ("省", ""),
)
_PEOPLES = re.compile(
    "(?:各族|蒙古族?|回族|藏族|维吾尔|苗族|彝族|壮族|布依族|朝鲜族|满族|侗族|瑶族|白族|土家族|哈尼族|哈萨克族?"
    "|傣族|黎族|傈僳族|佤族|畲族|拉祜族|水族|东乡族|纳西族|景颇族|柯尔克孜|土族|达斡尔族?|仫佬族|羌族|布朗族"
    "|撒拉族|毛南族|仡佬族|锡伯|塔吉克|怒族|鄂温克族|保安族|裕固族|独龙族|普米族|门巴族|珞巴族)+$"
)

_UNIT = re.compile("(?<=.)(?:产改)?(?:区域|网格)$")
_HAN = re.compile("[\u3400-\u9fff]")


_CHINESE = re.compile(r"[\u3400-\u9fff]+")
_THINGS = (("街道", " Street"), ("社区", " Community"), ("工会驿站", " rest station"), ("驿站", " station"))
_WORDS = (("示意", "sketch"), ("工会驿站", "rest station"), ("驿站", "station"), ("计划", "planned"), ("小时", "hours"))


def english_names(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Return an English name for each (adcode, Chinese name)."""
    known = {row["adcode"]: row["name_en"] for row in shipped_rows("place_names_en.csv")}
    read = _reader()
    return [known.get(adcode) or _spell(name, read) for adcode, name in pairs]


def english_units(names: Iterable[str]) -> list[str]:
    """Return an English name for each name of a region or grid:
    its parts by ``unit_terms_en.csv``, others by their pinyin.

    What kind of unit it is (区域, 网格) is left to the heading that the name stands under.
    """
    known = {row["term"]: row["name_en"] for row in shipped_rows("unit_terms_en.csv")}
    read = _reader()
    return [
        " · ".join(
            known.get(part) or (_spell(part, read) if _HAN.search(part) else part)
            for part in _UNIT.sub("", name).split("·")
        )
        for name in names
    ]


def syllables(names: Iterable[str]) -> list[list[str]]:
    """Return how each name is read: a syllable for each Chinese character, other signs one by one.

    Only a name that holds a phrase in which a character is read otherwise than alone is read as a whole: that is
    what takes time.
    """
    read, special = _reader(), _special_pairs()
    alone = _Alone(read)
    return [
        read(name) if not special.isdisjoint(map("".join, pairwise(name))) else [alone[sign] for sign in name]
        for name in names
    ]


class _Alone(dict[str, str]):
    """How a character is read that stands alone, kept."""

    def __init__(self, read: Callable[[str], list[str]]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, sign: str) -> str:
        found = self[sign] = self._read(sign)[0]
        return found


@lru_cache(maxsize=20_000)
def romanised(name: str) -> str:
    """Return the name of a station in Latin letters: pinyin, and English for what kind of thing it is.

    ``示意驿站 01（厦港）`` is ``Sketch station 01 (Xiagang)``. A name without Chinese characters stays as it is.
    """
    if not _CHINESE.search(name):
        return name
    read, said = _reader(), unicodedata.normalize("NFKC", name)
    kind = ""
    for suffix, english in _THINGS:
        if said.endswith(suffix) and len(said) > len(suffix):
            said, kind = said.removesuffix(suffix), english
            break
    for word, english in _WORDS:
        said = said.replace(word, f" {english} ")

    def spelt(match: re.Match[str]) -> str:
        parts = read(match[0])
        text = "".join(("'" if at and part[:1] in "aoe" else "") + part for at, part in enumerate(parts))
        return text[:1].upper() + text[1:]

    said = re.sub(r"\s*·\s*", " · ", _CHINESE.sub(spelt, said))
    said = " ".join(f"{said}{kind}".replace("(", " (").replace("( ", "(").replace(" )", ")").split())
    return said[:1].upper() + said[1:]


@cache
def _special_pairs() -> frozenset[str]:
    """Return the first two characters of every phrase
    that is not read character by character, also of place_readings.csv.
    """
    from pypinyin.constants import PHRASES_DICT
    from pypinyin.contrib.tone_convert import to_normal

    alone, normal = _Alone(_reader()), cache(to_normal)
    odd = {
        phrase[:2]
        for phrase, read in PHRASES_DICT.items()
        if any(normal(one[0]) != alone[sign] for sign, one in zip(phrase, read, strict=False))
    }
    return frozenset(odd | {row["word"][:2] for row in shipped_rows("place_readings.csv") if len(row["word"]) > 1})


@cache
def _reader() -> Callable[[str], list[str]]:
    from pypinyin import lazy_pinyin  # slow to import; only a build and the search need it

    readings = {row["word"]: row["reading"].split() for row in shipped_rows("place_readings.csv")}
    listed = {word[0] for word in readings}

    def read(name: str) -> list[str]:
        found = lazy_pinyin(name, errors=list)  # the whole name: context tells how a character is read  # ty: ignore[invalid-argument-type] - a list of what has no reading
        if listed.isdisjoint(name):
            return found
        # later words of the list must not undo earlier, more special ones
        done: set[int] = set()
        for word, reading in readings.items():
            for match in re.finditer(word, name):
                where = range(*match.span())
                if done.isdisjoint(where):
                    found[match.start() : match.end()] = reading
                    done.update(where)
        return found

    return read


def _spell(name: str, read: Callable[[str], list[str]]) -> str:
    stem, ending = name, ""
    for suffix, english in _ENDINGS:
        if name.endswith(suffix) and len(name) > len(suffix) + 1:
            stem, ending = name.removesuffix(suffix), english
            if suffix.startswith("自治"):
                stem = _PEOPLES.sub("", stem) or stem.removesuffix("族")
            break
        if name.endswith(suffix) and len(name) == len(suffix) + 1 and len(suffix) == 1:
            ending = english  # 矿区, 赵县: a name of one character keeps its ending
            break
    parts = read(name)[: len(stem)]
    # GB/T 28039: an apostrophe before a syllable that starts with a, o or e
    spelt = "".join(("'" if i and part[:1] in "aoe" else "") + part for i, part in enumerate(parts))
    return spelt[:1].upper() + spelt[1:] + (ending if stem != name else "")


def brief_name(province: str) -> str:
    """Return the Chinese name of a province as maps write it: 广西 of 广西壮族自治区, 香港 of 香港特别行政区."""
    return re.sub("(壮族|回族|维吾尔)?自治区$|特别行政区$", "", province)
