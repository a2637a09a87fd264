"""Reported figures, each with its source, and how to write them as the page does."""

from __future__ import annotations

import pandas as pd

from geodata.codes import LANGUAGES, labels, shipped_rows
from geodata.errors import N_, AtlasError

DATA_DATE = "2024-10-31"  # as of when the shipped atlas speaks: the end of the month of the latest dated report
WAN = 10_000
# Chinese puts 余 behind the round number and 近, 约, 至少 before it
_ZH = {"exact": "{}", "over": "{} 余", "nearly": "近 {}", "about": "约 {}", "at_least": "至少 {}"}
_EN = {"exact": "{}", "over": "over {}", "nearly": "nearly {}", "about": "about {}", "at_least": "at least {}"}
_ZH["below"] = _EN["below"] = "<{}"  # of a count that is withheld


def reported_facts() -> pd.DataFrame:
    """Return the reported figures: columns of the table ``facts`` without the common ones.

    ``adcode`` is missing for figures of several cities together (``辽西五市``); for a
    flow it is the city that hired. ``value`` is float64 in the fact's own ``unit``.
    """
    facts = pd.DataFrame(shipped_rows("reported_facts.csv")).replace("", None)
    facts["value"] = facts["value"].astype("float64")
    facts["adcode"] = facts["place"].map({row["place"]: row["adcode"] for row in shipped_rows("fact_places.csv")})
    facts["source"] = facts["system"].map({row["system"]: row["source"] for row in shipped_rows("fact_sources.csv")})
    return facts


def format_reported(value: float, qualifier: str = "exact", unit: str = "", lang: str = "zh") -> str:
    """Write a reported figure with its qualifier.

    Parameters
    ----------
    value : float
        The figure as it stands in the facts (10000 with ``nearly`` is 近 1 万).
    qualifier : str
        ``exact``, ``over``, ``nearly``, ``about`` or ``at_least``; ``below`` of a count that is withheld.
    unit : str
        Code of the vocabulary ``unit``, or empty for the bare figure.
    lang : str
        ``zh`` or ``en``.

    Returns
    -------
    str
        ``6 万余``, ``近万``, ``140 余``, ``约 50``; in English ``over 60,000``,
        ``nearly 10,000``; with the unit behind it when one is asked for.
    """
    if lang not in LANGUAGES:
        raise AtlasError(N_("没有语言 {got}：请用 {expected}。"), got=lang, expected=", ".join(LANGUAGES))
    if qualifier not in _ZH:
        raise AtlasError(N_("没有口径 {got}：请用 {expected} 之一。"), got=qualifier, expected=", ".join(_ZH))
    name = labels("unit", lang).get(unit, unit)
    if lang == "en":
        if value == 1:
            name = {"cities": "city"}.get(name, name.removesuffix("s"))
        return " ".join(filter(None, [_EN[qualifier].format(_plain(value)), name]))
    if qualifier != "exact" and value >= WAN and value % (WAN / 10) == 0:
        wan = _plain(value / WAN)
        text = {"over": f"{wan} 万余", "nearly": "近万" if value == WAN else f"近 {wan} 万"}.get(
            qualifier, _ZH[qualifier].format(f"{wan} 万")
        )
    else:
        text = _ZH[qualifier].format(_plain(value))
    return f"{text} {name}" if name and text[-1].isdigit() else text + name


def _plain(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,}"
