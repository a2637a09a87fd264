"""The banner that says what is still illustrative where one looks, and nothing else."""

from __future__ import annotations

from dashboard.components.values import table_name
from dashboard.words import Words
from layers.atlas import Atlas
from layers.filters import Filters
from layers.illustrative import DRAWN, still_illustrative

NAMED = 4


def illustrative_text(atlas: Atlas, filters: Filters, words: Words) -> str:
    """Return the sentence: tables and places that are still illustrative in the scope of `filters`,
    and the day of the data.
    """
    day = words.date(atlas.data_date)
    found = still_illustrative(atlas, filters)
    if not found:
        return words("这里没有示意数据。数据截至 {date}。").format(date=day)
    names = atlas.once(
        ("names by adcode", words.lang),
        lambda: dict(
            zip(atlas.places["adcode"], atlas.places["name" if words.lang == "zh" else "name_en"], strict=True)
        ),
    )
    parts: dict[tuple[str, ...], list[str]] = {}
    for one in found:
        table = (
            words("{table}的范围").format(table=table_name(one.table, words))
            if one.table in DRAWN
            else table_name(one.table, words)
        )
        parts.setdefault(one.adcodes, []).append(f"{table} {words.number(one.count)}")
    said = words.listed(
        (words.titled(_places(adcodes, names, words), words.listed(tables)) for adcodes, tables in parts.items()),
        heavy=True,
    )
    return words("仍为示意（为演示而编，导入真实数据后消失）——{said}。数据截至 {date}。").format(said=said, date=day)


def _places(adcodes: tuple[str, ...], names: dict[str, str], words: Words) -> str:
    said = words.listed(names.get(code, code) for code in adcodes[:NAMED])
    return said if len(adcodes) <= NAMED else words("{places}等 {count} 地").format(places=said, count=len(adcodes))
