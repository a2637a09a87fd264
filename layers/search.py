"""Search 查找: one box for everything that has a name, by Chinese, pinyin, initials, a mix of them, English or code.

Names stand in lines of a few long texts, best first, so that looking for a
word is a scan of text that stops once enough is found. A mix such as ``sming``
or ``石zs`` is cut into syllables, letters and characters; their initials find
candidates, which are then compared character by character. What nothing answers to is
taken apart: several words must all be found in one name, or one of them names the
place that it lies in; last it is read aloud, for other characters of the same sound.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

import numpy as np
import pandas as pd

from geodata.codes import shipped_rows
from geodata.frames import rows_of
from geodata.names import syllables
from layers import kinds
from layers.atlas import LEVELS, Atlas

MAX_TEXT = 40
#: Bounds on the work of one search: hits taken from one text in one way,
#: ways to cut a mix, candidates compared, scans for them.
MOST_HITS, MOST_CUTS, MOST_COMPARED = 60, 24, 600
MOST_SCANS = 4
MOST_FOUND = 12
MOST_OF_A_KIND = 5
#: Rows of a table from which on its names are found as they are written, not by pinyin too.
MANY = 100_000
MOST_WORDS, MOST_INSIDE = 3, 2_000  # words of one search, names compared in the places that a word names
LONGEST_SYLLABLE = 6
NOT, GAP = 99, "\x01"


#: Tables whose rows have names: table, kind of entry, key, rank.
NAMED = (
    ("regions", "region", "region_id", 10),
    ("zones", "zone", "zone_id", 11),
    ("grids", "grid", "grid_id", 12),
    ("stations", "station", "station_id", 13),
    ("fairs", "fair", "fair_id", 14),
    ("activities", "activity", "activity_id", 16),
    ("enterprises", "enterprise", "enterprise_id", 17),
)


class Entry(NamedTuple):
    """One thing that can be found.

    Attributes
    ----------
    kind : str
        One of :data:`KINDS`.
    key : str
        Its id in its table.
    name, name_en : str
        What it is called; the English name may be empty.
    adcode : str
        The place it is in, or is; may be empty.
    code : str
        What else it answers to: an adcode, the id of a fact.
    rank : int
        The lower, the earlier among equals.
    figure : str
        The number that it tells, as digits; may be empty.
    """

    kind: str
    key: str
    name: str
    name_en: str
    adcode: str
    code: str
    rank: int
    figure: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """One entry that was found, and how well: 0 exact, 1 begins so, 2 holds it,
    3–4 pinyin or initials, 5 a mix, 6 several words or their sound.
    """

    entry: Entry
    how: int


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to one search.

    Attributes
    ----------
    hits : tuple of Hit
        Best first, at most :data:`MOST_FOUND`, at most :data:`MOST_OF_A_KIND` of a kind when there are several.
    examined : int
        Hits in texts and candidates compared: what the search did beside scanning.
    """

    hits: tuple[Hit, ...]
    examined: int


class _Lines:
    """Texts in lines: their beginnings are found in a sorted list, what they hold by scanning.

    Empty ones are left out.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        kept = [(line, text) for line, text in enumerate(texts) if text]
        self._lines = np.array([line for line, _ in kept], np.int32)
        self._starts = np.fromiter(accumulate((len(text) + 1 for _, text in kept), initial=0), np.int64)
        self._text = "\n".join([*(text for _, text in kept), ""])
        self._order = np.array(sorted(range(len(kept)), key=lambda at: kept[at][1]), np.int32)

    def _sorted(self, at: int) -> str:
        """Return the text that comes at this place in their order; of a country's names no objects are kept."""
        line = self._order[at]
        return self._text[self._starts[line] : self._starts[line + 1] - 1]

    def beginning(self, text: str, exact: bool = False) -> list[int]:
        """Return the first lines, at most :data:`MOST_HITS`, that begin with `text`, or are it."""
        places = range(len(self._order))
        low = bisect_left(places, text, key=self._sorted)
        high = bisect_right(places, text if exact else text + chr(0x10FFFF), lo=low, key=self._sorted)
        found = self._lines[self._order[low:high]]
        if len(found) > MOST_HITS:
            found = np.partition(found, MOST_HITS)[:MOST_HITS]
        return np.sort(found).tolist()

    def holding(self, text: str, most: int = MOST_HITS) -> Iterator[tuple[int, int]]:
        """Give line and place in the line of what holds `text`, each line once, at most `most`."""
        at, given = self._text.find(text), 0
        while at >= 0 and given < most:
            position = int(np.searchsorted(self._starts, at, "right")) - 1
            yield int(self._lines[position]), at - int(self._starts[position])
            given += 1
            at = self._text.find(text, int(self._starts[position + 1]))


class _Written:
    """The names of a table of very many rows: found by what is written in them and by their ids.

    To spell a nation's names in pinyin would take minutes and more memory than all its tables.
    """

    def __init__(self, frame: pd.DataFrame, kind: str, key: str, rank: int) -> None:
        self._kind, self.rank = kind, rank
        self._ids, self._names, self._adcodes = (frame[one].array for one in (key, "name", "adcode"))
        self._lines = _Lines(_plain_quickly(str(name)) for name in self._names)

    def find(self, wanted: str) -> Iterator[tuple[int, int]]:
        """Give the rows whose name or id answers to `wanted`, and how well."""
        if any(sign.isdigit() for sign in wanted):
            for row in np.flatnonzero(np.asarray(self._ids == wanted.upper(), bool))[:MOST_HITS].tolist():
                yield row, 0
        for exact in (True, False):
            for row in self._lines.beginning(wanted, exact):
                yield row, int(not exact)
        for row, _ in self._lines.holding(wanted):
            yield row, 2

    def all_of(self, words: list[str]) -> Iterator[tuple[int, int]]:
        """Give the rows whose name holds every word."""
        longest = max(words, key=len)
        for row, _ in self._lines.holding(longest, MOST_INSIDE):
            if all(word in _plain_quickly(str(self._names[row])) for word in words):
                yield row, 6

    def entry(self, row: int) -> Entry:
        """Return what stands in a row."""
        id, adcode = str(self._ids[row]), self._adcodes[row]
        return Entry(
            self._kind, id, str(self._names[row]), "", adcode if isinstance(adcode, str) else "", id, self.rank
        )


class Index:
    """Everything that can be found in one atlas.

    Parameters
    ----------
    entries : iterable of Entry
    written : sequence, optional
        Tables of which the names are found as they are written.
    """

    def __init__(self, entries: Iterable[Entry], written: Sequence[_Written] = ()) -> None:
        self._written = written
        self.entries = sorted(entries, key=lambda one: one.rank)
        self._names = [plain(one.name) for one in self.entries]
        distinct = list(dict.fromkeys(self._names))
        read = dict(zip(distinct, (tuple(part.lower() for part in one) for one in syllables(distinct)), strict=True))
        self._read = [read[name] for name in self._names]
        self._syllables = {part for one in read.values() for part in one if len(part) > 1 and part.isascii()}
        self._zh = _Lines(self._names)
        self._signs = _Lines(name if any(sign.isascii() for sign in name) else "" for name in self._names)
        self._en = _Lines(plain(one.name_en) for one in self.entries)
        self._codes = _Lines(plain(one.code) for one in self.entries)
        self._figures = _Lines(one.figure for one in self.entries)
        placed = sorted((one.adcode, line) for line, one in enumerate(self.entries) if one.adcode)
        self._adcodes, self._placed = (
            [adcode for adcode, _ in placed],
            np.array([line for _, line in placed], dtype=np.int64),
        )
        # one byte a sign, which is scanned fastest: what is no letter is of no use in pinyin
        self._pinyin = _Lines("".join(part if part.isascii() else GAP for part in one) for one in self._read)
        self._initials = _Lines("".join(part[:1] if part.isascii() else GAP for part in one) for one in self._read)

    @classmethod
    def of(cls, atlas: Atlas) -> Index:
        """Return the index of everything that `atlas` names."""
        return cls(
            _entries(atlas),
            [
                _Written(atlas.table(table), kind, key, rank)
                for table, kind, key, rank in NAMED
                if len(atlas.table(table)) > MANY
            ],
        )

    def find(self, text: str) -> Found:
        """Return what answers to `text`; nothing for an empty one. Only the first :data:`MAX_TEXT` characters count."""
        wanted = plain(text[: MAX_TEXT * 4])[:MAX_TEXT]
        if not wanted:
            return Found((), 0)
        best: dict[int, int] = {}
        examined = 0
        more: list[tuple[int, int, int, Entry]] = []
        for ways in (self._ways, self._apart, self._aloud):
            if ways != self._aloud:
                more = self._as_written(wanted, ways == self._apart)
                examined += len(more)
            for line, how in ways(wanted):
                examined += 1
                if how < best.get(line, NOT):
                    best[line] = how
            if best or more:
                break
        more += [(how, self.entries[line].rank, line, self.entries[line]) for line, how in best.items() if how < NOT]
        return Found(_of_every_kind([Hit(entry, how) for how, _, _, entry in sorted(more)]), examined)

    def _as_written(self, wanted: str, apart: bool) -> list[tuple[int, int, int, Entry]]:
        """Return how well, rank, row and entry of what very many names answer; `apart`: to each of several words."""
        words = wanted.split(" ")[:MOST_WORDS]
        if apart and (len(words) < 2 or any(len(word) < 2 and word.isascii() for word in words)):
            return []
        found = []
        for table in self._written:
            best: dict[int, int] = {}
            for row, how in table.all_of(words) if apart else table.find(wanted):
                if how < best.get(row, NOT):
                    best[row] = how
            first = sorted((how, row) for row, how in best.items())[:MOST_FOUND]
            found += [(how, table.rank, row, table.entry(row)) for how, row in first]
        return found

    def _ways(self, wanted: str) -> Iterator[tuple[int, int]]:
        given = 0
        letters = wanted.replace(" ", "").replace("'", "") if wanted.isascii() else ""
        begins = [
            (self._codes, wanted, True, 0),
            *((self._codes, wanted, False, 3) for _ in range(any(sign.isdigit() for sign in wanted))),
        ]
        begins += [
            (self._figures, wanted.replace(",", ""), True, 1) for _ in range(wanted.replace(",", "").isdecimal())
        ]
        begins += [(lines, wanted, exact, int(not exact)) for exact in (True, False) for lines in (self._zh, self._en)]
        begins += [(lines, letters, False, 3) for lines in (self._pinyin, self._initials) if letters]
        for lines, text, exact, how in begins:
            for line in lines.beginning(text, exact):
                given += 1
                yield line, how
        for lines, text in ((self._signs, wanted), (self._en, wanted)) if letters else ((self._zh, wanted),):
            for line, _ in lines.holding(text):
                given += 1
                yield line, 2
        if letters and given < MOST_HITS:
            for line, at in self._pinyin.holding(letters):
                starts = at in accumulate(map(len, self._read[line]))
                given += starts
                yield line, 4 if starts else NOT
            for line, _ in self._initials.holding(letters):
                given += 1
                yield line, 4
        if given < MOST_FOUND:
            yield from self._mixed(letters or wanted.replace(" ", ""))

    def _apart(self, wanted: str) -> Iterator[tuple[int, int]]:
        """Give what several words answer to: 思明 驿站, 南京 快递,
        and without a blank where the name of a place begins, 厦门思明.
        """
        words = wanted.split(" ")[:MOST_WORDS]
        if len(words) == 1:
            cut = next(
                (
                    at
                    for at in range(len(wanted) - 1, 1, -1)
                    if not wanted.isascii() and self._zh.beginning(wanted[:at])
                ),
                0,
            )
            words = [wanted[:cut], wanted[cut:]] if cut else []
        if len(words) < 2 or any(len(word) < 2 and word.isascii() for word in words):
            return  # one letter is in nearly everything
        for at, word in enumerate(words):
            rest = words[:at] + words[at + 1 :]
            left = MOST_INSIDE // len(words)
            for place in self._places(word):
                low, high = self._inside(place.adcode)
                for line in np.sort(self._placed[low : min(high, low + left)]).tolist():
                    yield line, 6 if all(self._holds(line, one) for one in rest) else NOT
                left -= min(left, high - low)
            for line, _ in self._zh.holding(word):
                yield line, 6 if all(self._holds(line, one) for one in rest) else NOT

    def _places(self, word: str) -> list[Entry]:
        """Return the places that a word names by the beginning of their name, their pinyin or initials."""
        lines = [
            line
            for held in (self._zh, self._en, *((self._pinyin, self._initials) if word.isascii() else ()))
            for line in held.beginning(word)
        ]
        return [self.entries[line] for line in dict.fromkeys(lines) if self.entries[line].kind == "place"][:MOST_SCANS]

    def _inside(self, adcode: str) -> tuple[int, int]:
        """Return which of the lines by adcode lie in a place."""
        digits = 2 if adcode.endswith("0000") else 4 if adcode.endswith("00") else 6
        return bisect_left(self._adcodes, adcode[:digits]), bisect_right(self._adcodes, adcode[:digits] + "9" * 6)

    def _holds(self, line: int, word: str) -> bool:
        """Whether a name has the word in it, as it is written, in English, in pinyin or by its initials."""
        if word in self._names[line] or word in plain(self.entries[line].name_en):
            return True
        return word.isascii() and (
            word in "".join(self._read[line]) or word in "".join(part[:1] for part in self._read[line])
        )

    def _aloud(self, wanted: str) -> Iterator[tuple[int, int]]:
        """Give what sounds like Chinese that nothing is written as:
        traditional characters (思明區), another character (思名区).
        """
        sound = wanted.replace(" ", "")
        letters = "".join(part.lower() for part in syllables([sound])[0]) if not wanted.isascii() else ""
        if len(sound) > 1 and letters.isascii() and letters.isalpha():
            for line, at in self._pinyin.holding(letters):
                yield line, 6 if at == 0 or at in accumulate(map(len, self._read[line])) else NOT

    def _mixed(self, letters: str) -> Iterator[tuple[int, int]]:
        compared, tried = 0, set()
        for parts in self._cuts(letters):
            first = "".join((syllables([part])[0][0][:1] if not part.isascii() else part[0]) for part in parts)
            tried.add(first)
            if len(tried) > MOST_SCANS:
                return
            for line, at in self._initials.holding(first, MOST_COMPARED // MOST_SCANS):
                compared += 1
                name, read = self._names[line], self._read[line]
                fits = len(name) == len(read) and all(
                    part in (name[at + i], read[at + i])
                    or (part.isascii() and len(part) == 1 and read[at + i].startswith(part))
                    for i, part in enumerate(parts)
                    if at + i < len(read)
                )
                yield line, 5 if fits else NOT
                if compared >= MOST_COMPARED:
                    return

    def _cuts(self, letters: str) -> Iterator[tuple[str, ...]]:
        """Give the ways to cut a mix into characters, syllables and single letters, fewest parts first."""
        waiting: list[tuple[tuple[str, ...], str]] = [((), letters)]
        given = steps = 0
        while waiting and given < MOST_CUTS and steps < 40 * MOST_CUTS:
            steps += 1
            parts, rest = waiting.pop()
            if not rest:
                if len(parts) > 1 and not all(len(part) == 1 and part.isascii() for part in parts):
                    given += 1
                    yield parts
                continue
            waiting.append(((*parts, rest[0]), rest[1:]))
            for size in range(2, min(LONGEST_SYLLABLE, len(rest)) + 1):
                if rest[:size] in self._syllables:
                    waiting.append(((*parts, rest[:size]), rest[size:]))


def plain(text: str) -> str:
    """Return `text` as it is compared: one width, small letters, single blanks, one line."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join("".join(sign if sign.isprintable() else " " for sign in folded).split())


def _plain_quickly(text: str) -> str:
    """Return :func:`plain` of `text`, which nearly every name is already."""
    small = text.casefold()
    usual = small.isprintable() and "  " not in small and unicodedata.is_normalized("NFKC", small)
    return small.strip() if usual else plain(text)


def _of_every_kind(hits: list[Hit]) -> tuple[Hit, ...]:
    if len({hit.entry.kind for hit in hits}) > 1:
        held: dict[str, int] = {}
        kept = []
        for hit in hits:
            held[hit.entry.kind] = held.get(hit.entry.kind, 0) + 1
            if held[hit.entry.kind] <= MOST_OF_A_KIND:
                kept.append(hit)
        hits = kept
    return tuple(hits[:MOST_FOUND])


def _entries(atlas: Atlas) -> Iterator[Entry]:
    for row in rows_of(atlas.places):
        yield Entry("place", row.adcode, row.name, row.name_en, row.adcode, row.adcode, LEVELS.index(row.level))
    for table, kind, key, rank in NAMED:
        frame = atlas.table(table)
        if len(frame) > MANY:
            continue
        english = frame["name_en"].fillna("") if "name_en" in frame else [""] * len(frame)
        adcodes = frame["adcode"] if "adcode" in frame else [""] * len(frame)
        for id, name, name_en, adcode in zip(frame[key], frame["name"], english, adcodes, strict=True):
            yield Entry(kind, id, str(name), str(name_en), "" if pd.isna(adcode) else str(adcode), id, rank)
    for one in kinds.of(atlas):
        yield Entry("kind", one.kind, one.zh, one.en, "", one.kind, 15)
    for row in shipped_rows("stories.csv"):
        yield Entry("story", row["story"], row["zh"], row["en"], row["adcode"], row["story"], 15)
    for row in rows_of(atlas.facts):
        yield Entry(
            "fact",
            row.id,
            f"{row.subject} {row.place}",
            str(row.metric).replace("_", " "),
            row.adcode if isinstance(row.adcode, str) else "",
            row.id,
            18,
            f"{row.value:.0f}",
        )
    for row in rows_of(atlas.scenarios):
        yield Entry("scenario", row.scenario_id, row.name, "", "", row.scenario_id, 19)
