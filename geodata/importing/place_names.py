"""Names of places in what people write: the county that an address begins with, or that a title names."""

from __future__ import annotations

import re
import unicodedata
from functools import cached_property

from geodata.importing.ground import Ground

LONGEST = 15  # characters of a name of a place
SEARCHED = 120  # characters of a text in which a name is looked for
_BLANK = re.compile(r"[\s\-—–·/>›,，、|:：]+")
_LEAD = re.compile(r"(?:详细)?地址|中国|市辖区|[(（]")
# a longer word begins like the place: 中山市场, 城区域, 寿县道
_GOES_ON = {"市": "场", "区": "域间块", "县": "道"}
# what every city calls one of its parts: a county of that name only within a place that is named before
_COMMON = frozenset({"城区", "郊区", "矿区"})


class PlaceNames:
    """Looks for the places of an atlas by their names; a county counts by its whole name alone (思明南路 is a street).

    Parameters
    ----------
    ground : Ground
        The places that there are. 市辖区, 开发区 and 新区 are none unless a place bears the name.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._leading: dict[str, tuple[str, ...]] = {}

    @cached_property
    def _names(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for code, name in self._ground.adcodes.items():
            if self._ground.levels[code] != "country":
                found.setdefault(name, []).append(code)
        return found

    @cached_property
    def _short(self) -> dict[str, list[str]]:
        """Short names of provinces and cities (福建, 厦门): they count before a whole name within them."""
        named, levels = self._ground.named, self._ground.levels
        return {
            name: wide
            for name, codes in named.items()
            if name not in self._names and (wide := [one for one in codes if levels[one] in ("province", "city")])
        }

    def within(self, code: str, place: str) -> bool:
        """Return whether a place is, or lies in, another."""
        up: str | None = code
        while up is not None:
            if up == place:
                return True
            up = self._ground.parents.get(up)
        return False

    def chosen(self, codes: tuple[str, ...] | list[str], wide: tuple[str, ...] | list[str]) -> tuple[str, ...]:
        """Return those of `codes` that are, or lie in, one of `wide`."""
        return tuple(code for code in codes if any(self.within(code, one) for one in wide))

    def leading(self, text: str) -> tuple[str, ...]:
        """Return the adcodes that a text may begin with, the narrowest place that it names; none where it names none.

        ``福建省厦门市思明区湖滨南路`` is 思明区, ``鼓楼区中山路`` may be several, ``厦门市湖滨南路`` is the city.
        """
        if text not in self._leading:
            plain = _BLANK.sub("", unicodedata.normalize("NFKC", text[:SEARCHED]))
            self._leading[text] = self._at(plain, 0)[0]
        return self._leading[text]

    def named_in(self, text: str) -> tuple[str, ...]:
        """Return every narrowest place that a text names by its whole name, wherever it stands in it."""
        plain = _BLANK.sub("", unicodedata.normalize("NFKC", text[:SEARCHED]))
        found: list[str] = []
        at = 0
        while at < len(plain) - 1:
            codes, after = self._at(plain, at)
            found += codes
            at = max(at + 1, after)
        return tuple(dict.fromkeys(found))

    def _at(self, text: str, at: int) -> tuple[tuple[str, ...], int]:
        while lead := _LEAD.match(text, at):
            at = lead.end()
        scope: tuple[str, ...] = ()
        while True:
            codes, after = self._one(text, at, scope)
            if not codes:
                return scope, at
            scope, at = codes, after
            if text.startswith("市辖区", at):
                at += 3

    def _one(self, text: str, at: int, scope: tuple[str, ...]) -> tuple[tuple[str, ...], int]:
        """Return the place that begins at `at` within `scope`, and where it ends."""
        for size in range(min(LONGEST, len(text) - at), 1, -1):
            name, after = text[at : at + size], at + size
            if codes := self._names.get(name):
                if text[after : after + 1] and text[after] in _GOES_ON.get(name[-1], ""):
                    continue
                inside = self._below(codes, scope)
                if inside and (scope or name not in _COMMON):
                    return inside, after
            if codes := self._short.get(name):
                # 北京路 is a street: the short name of a city counts before a place in it
                inside = self._below(codes, scope)
                narrower, end = self._one(text, after, inside) if inside else ((), after)
                if narrower:
                    return narrower, end
        return (), at

    def _below(self, codes: list[str], scope: tuple[str, ...]) -> tuple[str, ...]:
        if not scope:
            return tuple(codes)
        return tuple(one for one in self.chosen(codes, scope) if one not in scope)
