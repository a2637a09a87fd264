"""Small counts of persons: withheld in the rows, before anything is computed from them.

The threshold rule: a count of persons from 1 to one below the threshold is not told (*primary suppression*). It is
taken out of the rows of an atlas, and what is computed from them - sums, charts, maps, differences of any two
questions - cannot say what it does not know. Where a total that is told would give a withheld part away, more parts
are withheld, or the total (*complementary suppression*). See Hundepool et al., *Statistical Disclosure Control*
(2012), chapter 4, and docs/decisions/0028.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.frames import factorized
from geodata.kinds import of_frame
from geodata.own_fields import as_text, values_of
from geodata.schema import OWN, SHIPPED, TABLES
from geodata.store.batches import Versions
from geodata.withheld import withheld, written

#: Columns that count persons, or the times that persons came, by table.
COUNTED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "grids": ("workers", "team_members"),
        "enterprises": ("workers",),
        "fairs": ("hiring_intents", "visitors", "livestream_attendance"),
        "activities": ("participants",),
        "flows": ("persons",),
        "stops": ("persons",),
    }
)
#: Table and column of weights that are persons where somebody counted heads: then they are whole numbers.
WEIGHED = ("demand", "weight")
#: Units of what is withheld.
HEADS = ("person", "visit")
#: Tables whose count is told by another as well: parts, their column that names the whole, the whole, its column.
WHOLES = (("enterprises", "grid_id", "grids", "workers"), ("stops", "activity_id", "activities", "participants"))
GROUPS = "persons_by_group"
#: Columns of texts in which counts are withheld too.
TEXTS = (GROUPS, OWN)
#: Own fields that count persons by their label.
_COUNT = r"人数|人次|职工数|会员数|persons|workers|participants|visitors|attendance"  # no key
_UNITS = frozenset({"人", "名", "位", "人次", "person", "persons", "visit", "visits", "people"})  # no key

#: No count ever changed.
NONE: Mapping[str, Versions] = MappingProxyType({})

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]
Codes = NDArray[np.intp]


def guarded(
    table: Callable[[str], pd.DataFrame], name: str, threshold: int, versions: Mapping[str, Versions] = NONE
) -> pd.DataFrame:
    """Return the rows of a table with small counts withheld, as :mod:`geodata.withheld` writes them.

    Rows that come with the program are told whole: what they count is made up, or stood in the newspaper.

    Parameters
    ----------
    table : callable
        Gives every table as it is, by its name.
    name : str
    threshold : int
        Counts from 1 to one below it are withheld; 0: none.
    versions : mapping of str to dict
        What counts said one after the other, by table: a change by fewer persons is not told either.
    """
    frame = table(name)
    if not threshold or not len(frame) or (name not in COUNTED and OWN not in frame):
        return frame
    if name == WEIGHED[0]:
        frame = _weighed(frame, threshold)
    own = _brought_in(frame)
    if not own.any() and name not in versions and name not in {whole for _, _, whole, _ in WHOLES}:
        return frame
    most = threshold - 1
    changed: dict[str, Any] = {}
    for column in COUNTED.get(name, ()):
        values = _numbers(frame, column)
        small, more = _withheld_of(table, name, column, threshold)
        least = _since(table, name, column, threshold, versions)
        moved = ~small & ~more & ~np.isnan(least)
        if small.any() or more.any() or moved.any():
            few = small | (more & (values < threshold))
            told = np.where(moved, withheld(0, most) + np.nan_to_num(least), values)
            changed[column] = np.where(few, withheld(0, most), np.where(more, withheld(threshold, most), told))
            if column == "persons" and name == "stops":
                hidden = few | more | moved
                changed[GROUPS] = pd.Series(frame[GROUPS].astype(object).where(~hidden, None), dtype="str")
    if name == "stops":
        changed |= _groups_told(frame.assign(**changed), threshold)
    changed |= _own_told(table, frame, name, own, threshold)
    return frame.assign(**changed) if changed else frame


def steady(said: Sequence[float], threshold: int) -> float:
    """Return what a count that changed over time is told as at least; NaN where it is told as it is.

    It is told anew once it differs by `threshold` or more from everything that was told of it before. In between all
    that is known is that it is near one of these; whoever looks at two days cannot tell by how much it changed.

    Parameters
    ----------
    said : sequence of float
        Its values, the earliest first, the present one last.
    threshold : int
    """
    known: list[float] = []
    least = math.nan
    for value in said:
        near = [one for one in known if abs(value - one) < threshold]
        least = min(near) - (threshold - 1) if near and value not in near else math.nan
        if 0 < value < threshold:  # told as that, whatever it was
            least = math.nan
        elif not near:
            known.append(value)
    return least


def protected(values: Numbers, small: Mask, of: Codes, totals: Numbers, threshold: int) -> tuple[Mask, Mask]:
    """Return which counts are withheld so that none of `small` follows from the total of its whole, and which totals.

    A total that its parts add up to is an equation: with `k` withheld parts of 1 to `threshold` - 1 in it, what is
    left of the total may leave one of them no choice. Then the smallest part that hides them is withheld too, or
    several, or, where no part does, the total itself. Of each of `small` every value from 1 to `threshold` - 1 stays
    possible.

    Parameters
    ----------
    values : ndarray of float, shape (n,)
        Counts of the parts; NaN where nobody counted.
    small : ndarray of bool, shape (n,)
        Parts that are withheld for what they are.
    of : ndarray of int, shape (n,)
        Which whole each part is of; -1: of none.
    totals : ndarray of float, shape (m,)
        Counts of the wholes; NaN where they are not told.
    threshold : int
        At least 3.

    Returns
    -------
    tuple of ndarray of bool, shapes (n,) and (m,)
        Parts that are to be withheld besides `small`, and totals.
    """
    size, most, found = len(totals), threshold - 1, np.zeros(len(values), bool)
    inside = (of >= 0) & ~np.isnan(values)
    count = np.bincount(of[inside & small], minlength=size)
    left = totals - np.bincount(of[inside & ~small], values[inside & ~small], size)
    adds_up = (count > 0) & (left >= count) & (left <= most * count)  # not where the total is not told
    bad = adds_up & ((left < most + count - 1) | (left > most * (count - 1) + 1))
    may = np.flatnonzero(inside & ~small & (values >= threshold))
    hiding, enough = _hiding(values, may[bad[of[may]]], of, size, threshold)
    found[hiding] = True
    return found, bad & ~enough


def beside(frame: pd.DataFrame, values: Numbers, small: Mask, own: Mask, threshold: int) -> Mask:
    """Return which counts are withheld beside small ones so that none follows from a total known from elsewhere.

    A newspaper may have told the total of any place and year, and all rows but one are told here. So in each county and
    year that has a small count another one is withheld too, whatever the small ones are; where no other hides it there,
    one of the city, the province or the whole table.

    Parameters
    ----------
    frame : DataFrame
        Rows of one table.
    values, small : ndarray, shape (n,)
        Counts, and which are withheld for what they are.
    own : ndarray of bool, shape (n,)
        Rows that somebody brought in: those that come with the program are known and hide nothing.
    threshold : int
    """
    found = np.zeros(len(values), bool)
    waiting = np.flatnonzero(small)
    if not len(waiting):
        return found
    places = _said(frame, "adcode", "to_adcode")
    apart = _said(frame, "period", "date", "start").str[:4] + ";" + _said(frame, "participants_unit")
    for letters in (6, 4, 2, 0):
        codes, names = factorized(places.str[:letters] + ";" + apart)
        asked = np.zeros(len(names) + 1, bool)
        asked[codes[waiting]] = True
        may = np.flatnonzero(own & ~small & ~found & (values >= threshold) & asked[codes])
        hiding, enough = _hiding(values, may, codes, len(names), threshold)
        found[hiding] = True
        waiting = waiting[~enough[codes[waiting]]]
        if not len(waiting):
            break
    return found


def _said(frame: pd.DataFrame, *columns: str) -> pd.Series:
    """Return the first of the columns that a table has, as texts, empty where nothing is said."""
    column = next((one for one in columns if one in frame), None)
    return pd.Series("", index=frame.index) if column is None else frame[column].astype("str").fillna("")


def _hiding(
    values: Numbers, may: NDArray[np.intp], of: Codes, size: int, threshold: int
) -> tuple[NDArray[np.intp], Mask]:
    """Return which of the parts `may`, told as so many or more, leave a small one of their whole every choice, and of
    which wholes there are enough.

    First the smallest that does so alone, else the largest of the others; how many never depends on what the small
    ones are.
    """
    if not len(may):
        return may, np.zeros(size, bool)
    wanted, slack = threshold - 2, values[may] - threshold
    alone = slack >= wanted
    order = np.lexsort((np.where(alone, slack, -slack), ~alone, of[may]))
    may, slack = may[order], slack[order]
    whose, before = of[may], np.cumsum(slack) - slack
    first = np.flatnonzero(np.r_[True, whose[1:] != whose[:-1]])
    before -= np.repeat(before[first], np.diff(np.r_[first, len(whose)]))
    enough = np.bincount(whose, slack, size) >= wanted
    return may[(before < wanted) & enough[whose]], enough


def groups_of(text: object) -> dict[str, float]:
    """Return worker group → persons of ``group=persons;…`` text; what is withheld as :mod:`geodata.withheld` has it,
    what is no whole number is left out.
    """
    pairs = [pair.partition("=") for pair in text.split(";")] if isinstance(text, str) else []
    found = {}
    for name, _, said in pairs:
        number = said.strip().lstrip("<≥")
        if name.strip() and number.isdecimal():
            least, more = {"<": (0, int(number) - 1), "≥": (int(number), 1)}.get(said.strip()[0], (int(number), 0))
            found[name.strip()] = withheld(least, max(more, 0)) if more else least
    return found


# -- inside -----------------------------------------------------------------------


def _brought_in(frame: pd.DataFrame) -> Mask:
    """Return which rows somebody brought in."""
    codes, batches = factorized(frame["batch_id"])
    return np.append(batches != SHIPPED, True)[codes]


def _numbers(frame: pd.DataFrame, column: str) -> Numbers:
    return frame[column].to_numpy(dtype=np.float64, na_value=np.nan)


def _small(frame: pd.DataFrame, column: str, threshold: int) -> Mask:
    values = _numbers(frame, column)
    found = np.flatnonzero((values > 0) & (values < threshold))
    small = np.zeros(len(frame), bool)
    if len(found):
        small[found] = _brought_in(frame)[found]
    return small


def _weighed(frame: pd.DataFrame, threshold: int) -> pd.DataFrame:
    """Return demand in which small whole weights that somebody brought in all weigh the same: the middle of what they
    may be. Coverage and plans, which weigh, stay near; what they are computed from tells none of them.
    """
    weights = _numbers(frame, WEIGHED[1])
    few = (weights > 0) & (weights < threshold) & (weights == np.floor(weights))
    if not few.any() or not (few := few & _brought_in(frame)).any():
        return frame
    return frame.assign(**{WEIGHED[1]: np.where(few, threshold / 2, weights)})


def _since(
    table: Callable[[str], pd.DataFrame], name: str, column: str, threshold: int, versions: Mapping[str, Versions]
) -> Numbers:
    """Return per row what its count is told as at least since it, or a part of it, changed by few; NaN: as it is."""
    frame = table(name)
    found = np.full(len(frame), np.nan)
    key = TABLES[name].key
    if said := versions.get(name, {}).get(column):
        rows = np.flatnonzero(frame[key].isin(said.keys()).to_numpy(bool))
        found[rows] = [steady(said[one], threshold) for one in frame[key].iloc[rows]]
    for parts, of, whole, counted in WHOLES:
        if (name, column) == (whole, counted) and versions.get(parts):
            below = table(parts)
            least = _since(table, parts, COUNTED[parts][0], threshold, versions)
            codes, names = factorized(below[of])
            at = np.append(pd.Index(frame[key]).get_indexer(pd.Index(names, dtype=object)), -1)[codes]
            inside = at >= 0
            moved = np.bincount(at[inside], ~np.isnan(least[inside]), len(frame))
            told = np.where(np.isnan(least), np.nan_to_num(_numbers(below, COUNTED[parts][0])), least)
            sums, total = np.bincount(at[inside], told[inside], len(frame)), _numbers(frame, column)
            # a total that its parts add up to would tell the part that changed
            adds_up = (moved > 0) & (total >= sums) & (total <= sums + 2 * (threshold - 1) * moved)
            found = np.where(adds_up, np.fmin(found, sums), found)
    return found


def _withheld_of(table: Callable[[str], pd.DataFrame], name: str, column: str, threshold: int) -> tuple[Mask, Mask]:
    """Return which counts of a column are small, and which others are withheld for the sake of small ones."""
    frame = table(name)
    small, more = _small(frame, column, threshold), np.zeros(len(frame), bool)
    for parts, key, whole, of in WHOLES:
        if (name, column) == (whole, of) or name == parts:
            more |= _between(table, parts, key, whole, of, threshold)[name == whole]
    if small.any():
        more |= beside(frame, _numbers(frame, column), small, _brought_in(frame), threshold)
    return small, more & ~small


def _between(
    table: Callable[[str], pd.DataFrame], parts: str, key: str, whole: str, of: str, threshold: int
) -> tuple[Mask, Mask]:
    """Return which parts, and which wholes, are withheld so that no small part follows from the whole."""
    frame, above = table(parts), table(whole)
    column = COUNTED[parts][0]
    small = _small(frame, column, threshold)
    if not small.any() or not len(above):
        return np.zeros(len(frame), bool), np.zeros(len(above), bool)
    totals = np.where(_small(above, of, threshold), np.nan, _numbers(above, of))
    codes, names = factorized(frame[key])
    at = pd.Index(above[key]).get_indexer(pd.Index(names, dtype=object))
    return protected(_numbers(frame, column), small, np.append(at, -1)[codes], totals, threshold)


def _groups_told(stops: pd.DataFrame, threshold: int) -> dict[str, Any]:
    """Return what stops say of their worker groups; nothing where no choice of groups would hide a small one."""
    said = [groups_of(text) for text in stops[GROUPS]]
    values = np.array([number for one in said for number in one.values()], dtype=np.float64)
    of = np.repeat(np.arange(len(said)), [len(one) for one in said])
    small = (values > 0) & (values < threshold)
    if not small.any() or not (small := small & _brought_in(stops)[of]).any():
        return {}
    persons = _numbers(stops, "persons")
    totals = np.where(persons == np.floor(persons), persons, np.nan)  # what is withheld gives nothing away
    more, hopeless = protected(values, small, of, totals, threshold)
    shown = np.where(small, withheld(0, threshold - 1), np.where(more, withheld(threshold, threshold - 1), values))
    texts = stops[GROUPS].astype(object).to_numpy(copy=True)
    starts = np.searchsorted(of, np.arange(len(said) + 1))
    for at in np.unique(of[small]):
        numbers = shown[starts[at] : starts[at + 1]]
        texts[at] = (
            None if hopeless[at] else ";".join(f"{one}={written(n)}" for one, n in zip(said[at], numbers, strict=True))
        )
    return {GROUPS: pd.Series(texts, index=stops.index, dtype="str")}


def _own_told(
    table: Callable[[str], pd.DataFrame], frame: pd.DataFrame, name: str, own: Mask, threshold: int
) -> dict[str, Any]:
    """Return the own fields of a table, those withheld that count few persons by their label or unit."""
    if OWN not in frame:
        return {}
    # a kind says in which unit its own fields are
    fields = [field for kind in of_frame(table("kinds")) for field in kind.fields] if name == "activities" else []
    units = {field.label for field in fields if field.unit.lower() in _UNITS}
    named = "|".join([_COUNT, *(re.escape(label) for label in units)])
    texts = frame[OWN]
    rows = np.flatnonzero(own & texts.str.contains(named, case=False, na=False).to_numpy(bool))
    changed: dict[int, str | None] = {}
    for at, text in zip(rows.tolist(), texts.iloc[rows], strict=True):
        values = values_of(text)
        small = {
            label: f"<{threshold}"
            for label, value in values.items()
            if (label in units or re.search(_COUNT, label, re.IGNORECASE)) and _is_small(value, threshold)
        }
        if small:
            changed[at] = as_text(values | small)
    if not changed:
        return {}
    shown = texts.astype(object).to_numpy(copy=True)
    shown[list(changed)] = list(changed.values())
    return {OWN: pd.Series(shown, index=frame.index, dtype="str")}


def _is_small(value: Any, threshold: int) -> bool:
    """Return whether a value of an own field is a small count: a number, or a text that is one."""
    if isinstance(value, str):
        value = int(value) if value.strip().isdecimal() else 0
    return not isinstance(value, bool) and 0 < value < threshold
