"""What a choice of filters means, as a person would say it: one function for every page, export and file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dashboard.words import Words
from layers import way
from layers.atlas import Atlas
from layers.filters import FLOOR, LAYERS, PROVENANCES, Filters


def words_of_filters(atlas: Atlas, filters: Filters, words: Words) -> tuple[str, ...]:
    """Return the filters in words, place and language left out; always at least one sentence (the radius).

    Parameters
    ----------
    atlas : Atlas
        Names the station or fair that is chosen.
    filters : Filters
        What is looked at.
    words : Words
        The reader's language.
    """
    said: list[str] = []
    if filters.as_of:
        said.append(words("{day} 当天结束时的图册").format(day=words.date(filters.as_of)))
    if filters.start or filters.end:
        first = words.date(filters.start) if filters.start else words("最早")
        last = words.date(filters.end) if filters.end else words("最近")
        said.append(words("时间 {first} 至 {last}").format(first=first, last=last))
    if filters.hour is not None:
        said.append(words("{day} {hour}:00 开放").format(day=words.weekdays[filters.day - 1], hour=filters.hour))
    if filters.always:
        said.append(words("只看 24 小时驿站"))
    if filters.facilities:
        said.append(words("驿站具备：{what}").format(what=_list(filters.facilities, words.codes("facility"), words)))
    if filters.inspected_days is not None:
        said.append(words("{days} 天内巡检过").format(days=filters.inspected_days))
    if filters.worker_group:
        said.append(
            words("服务对象：{what}").format(
                what=words.codes("worker_group").get(filters.worker_group, filters.worker_group)
            )
        )
    if filters.proxy == FLOOR:
        said.append(words("需求按建筑面积推算（千平方米）"))
    if filters.mode:
        said.append(words("招聘会形式：{what}").format(what=words.codes("mode").get(filters.mode, filters.mode)))
    if filters.sectors is not None:
        said.append(words("招聘会行业：{what}").format(what=_list(filters.sectors, words.codes("sector"), words)))
    if filters.kinds is not None:
        said.append(words("活动类型：{what}").format(what=_list(filters.kinds, words.kinds(), words)))
    if filters.provenance != frozenset(PROVENANCES):
        said.append(words("只计来源：{what}").format(what=_list(filters.provenance, words.codes("provenance"), words)))
    if filters.layers != frozenset(LAYERS):
        shown = [words(name) for one, name in LAYERS.items() if one in filters.layers]
        said.append(words("地图图层：{what}").format(what=comma(words).join(shown) or words("无")))
    for field, table, key in (("station", "stations", "station_id"), ("fair", "fairs", "fair_id")):
        chosen = getattr(filters, field)
        row = atlas.rows_by(table, key).get(chosen) if chosen else None
        if row is not None:
            said.append(words("选中：{what}").format(what=atlas.table(table)["name"].iloc[row]))
    if filters.area:
        said.append(words("只统计地图上圈选的范围"))
    radius = words.number(filters.radius)
    said.append(
        words("服务半径 {radius} 米（{way}）").format(radius=radius, way=way.said(walked, filters).text(words.gettext))
        if (walked := way.along(atlas, filters))
        else words("服务半径 {radius} 米（步行，绕行系数 {detour}）").format(radius=radius, detour=filters.detour)
    )
    return tuple(said)


def colon(words: Words) -> str:
    """Return the colon of this language."""
    return "：" if words.lang == "zh" else ": "


def comma(words: Words) -> str:
    """Return what stands between the parts of a list."""
    return "、" if words.lang == "zh" else ", "


def point(words: Words) -> str:
    """Return what ends a sentence."""
    return "。" if words.lang == "zh" else "."


def bracketed(text: str, words: Words) -> str:
    """Return `text` in the brackets of this language, to be set behind another."""
    return f"（{text}）" if words.lang == "zh" else f" ({text})"


def _list(codes: Iterable[str], names: Mapping[str, str], words: Words) -> str:
    ordered = codes if isinstance(codes, list) else sorted(codes)
    return comma(words).join(names.get(one, one) for one in ordered) or words("无")
