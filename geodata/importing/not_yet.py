"""Clauses that say a station is still to come: planned, promised by a day, or dated after today."""

from __future__ import annotations

import re
from datetime import date

_DONE = (
    r"(?:建成|建好|建设完成|建设到位|完工|竣工|投用|投入使用|启用|交付|开业|揭牌|挂牌|投运|运营|开工|开建|动工|建设|建立|设立|"
    r"(?:正式|对外|全面)?开放|开门|开站)"
)
_SOON = (
    r"明年|后年|年内|[上下]半年|年[底末初中]|[下本]个?月|下周|月[底末]|近期|近日|不久|[一二三四1-4]季度|"
    r"春节|国庆|五一|元旦|中秋"
)
_INTENDED = re.compile(
    r"(?:预计|计划|规划|力争|确保|争取|有望|预期|打算|拟|即将|将(?:[于在要]|(?=正式|对外|投|启|建|开|全面|[明后]年|\d{4}年))|目标)"
    rf"[^,，已]{{0,16}}?{_DONE}"
)
#: 2025年底前, 国庆前: by then, and nobody says that it was; "2020年前" is when an old one was built
_BY = re.compile(rf"(?:{_SOON}|\d月|\d[日号])(?:之|以)?前[^,，已]{{0,8}}?{_DONE}")
_RELATIVE = re.compile(rf"(?<![\d年])(?:今年)?(?:{_SOON})[^,，已前]{{0,8}}?{_DONE}")
_DATED = re.compile(
    rf"(?P<year>20\d{{2}})(?:年|[-./])(?:(?P<month>1[0-2]|0?[1-9])(?:月|[-./](?=\d))?)?[^,，已]{{0,10}}?{_DONE}"
)
_HOURS = re.compile(r"延长|延时|提前|照常|时间|\d[点时:：]|[只仅]开|不开|休息|免费|(?:[上下]午|[早晚中]|夜间)")
_OTHERS = re.compile(r"[二三四五]期|扩建|新站|新址|另")


def is_not_yet(clause: str, today: date) -> bool:
    """Return whether a clause says that the station is to come, for all that can be told on a day.

    ``预计年底建成``, ``2025年底前投用``, ``2027年6月启用``; not ``2023年底建成``, ``年底已建成``, ``国庆照常开放``.
    """
    if _HOURS.search(clause) or _OTHERS.search(clause):
        return False
    if any(one.search(clause) for one in (_INTENDED, _BY, _RELATIVE)):
        return True
    return any(
        (int(one["year"]), int(one["month"] or 1)) > (today.year, today.month if one["month"] else 1)
        for one in _DATED.finditer(clause)
    )
