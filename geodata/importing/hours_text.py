"""Opening hours as people write them → the grammar of :mod:`geodata.hours`.

``8:00-22:00`` · ``全天`` · ``24小时`` · ``周一至周五 9点到18点`` · ``9:00—18:00，周末休息`` ·
``上午8:30-12:00，下午2点半到5点半`` · ``早八点至晚十点`` · ``周一、三、五 9:00-17:00`` ·
``除周一外 9-17`` · ``Mon-Fri 8am-5pm`` ·
``夏季8:00-20:00，冬季9:00-18:00`` · ``5月-10月 7:00-21:00`` · ``9:00-18:00，节假日除外`` · ``暂停开放``.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from geodata import hours
from geodata.errors import AtlasError
from geodata.hours import DAYS, HOLIDAY, MONTHS, runs

MAX_LENGTH = 200
_DIGITS = (
    {one: at for at, one in enumerate("零一二三四五六七八九十")}
    | {"两": 2, "〇": 0}
    | {str(at): at for at in range(10)}
)
_DAY_OF = {
    "一": 0,
    "二": 1,
    "三": 2,
    "四": 3,
    "五": 4,
    "六": 5,
    "日": 6,
    "天": 6,
    **{str(at + 1): at for at in range(7)},
}
_PREFIX = r"每?(?:周|星期|礼拜)"
_ONE = r"(?:[一二三四五六日天]|[1-7](?![:\d]))"
_PART = r"(?P<{0}>(?:次日|第二天|翌日)?(?:凌晨|清晨|早上|早晨|早|上午|中午|下午|傍晚|晚上|晚间|夜间|晚|夜)|次日|第二天|翌日)?"
_TIME = _PART + r"(?P<{0}h>\d{{1,2}})(?::(?P<{0}m>\d{{1,2}}))?"
_SPAN = re.compile(_TIME.format("a") + r"-" + _TIME.format("b"))
_SUMMER, _WINTER = (5, 6, 7, 8, 9, 10), (1, 2, 3, 4, 11, 12)  # where a text names the season and no months
_LAST_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_TOKENS = (
    ("season", re.compile(r"(?:(?P<summer>夏)|冬)(?:季|天|令时?|时令)?(?:作息|期间|时间)?")),
    (
        "months",
        re.compile(
            r"(?:每年)?(?P<from>\d{1,2})(?:月(?:份|(?P<since>\d{1,2})[日号])?)?-(?:次年|翌年|第二年)?(?P<to>\d{1,2})月(?:份|(?P<until>\d{1,2})[日号]|底)?"
        ),
    ),
    ("month", re.compile(r"(?:每年)?(?P<list>\d{1,2}月份?(?:[、,及和]\d{1,2}月份?)*)")),
    (
        "always",
        re.compile(
            r"(?:7[x×*]24(?:小时|h)?|24(?:小时|h)(?:全天候?)?|24/7|全天候? ?(?:24小时)?|昼夜|全时段)(?:开放|营业|服务|值守)?"
        ),
    ),
    ("span", _SPAN),
    ("range", re.compile(rf"{_PREFIX}(?P<first>{_ONE})-{_PREFIX}?(?P<last>{_ONE})")),
    ("list", re.compile(rf"{_PREFIX}(?P<days>{_ONE}(?:[、,/和及]?{_PREFIX}?{_ONE})*)")),
    ("word", re.compile(r"(?:法定)?工作日|平日|双休日|周末|每[天日]|天天|全周|全年|一周七天")),
    ("usual", re.compile(r"(?:均|也)?(?:照常|正常)(?:开放|营业|服务)(?!时)|照常|不休息?|不打烊")),
    (
        "except",
        re.compile(
            rf"除(?:了)?(?P<but>(?:{_PREFIX}{_ONE}(?:[-、,/和及]{_PREFIX}?{_ONE})*)|周末|双休日|(?:法定|国家)?节假日)(?:以外|之外|外)[,、 ]?(?:的?其[余他]时间)?"
        ),
    ),
    ("holiday", re.compile(r"(?:法定|国家|国家法定)?(?:公众)?(?:节假日|节日|假日|公休日|公众假期)")),
    ("rest", re.compile(r"其余时间|其他时间|其余|其他")),
    (
        "off",
        re.compile(
            r"(?:均|不|全天)?(?:暂停(?:对外)?(?:开放|营业|服务|使用)?|暂不(?:开放|营业)|暂未开放|未开放|尚未开放|停用|休息|闭馆|停业|关闭|不开放|不营业|休馆|开放除外|除外|休)"
        ),
    ),
    (
        "noise",
        re.compile(
            r"(?:开放|营业|服务|对外|时间|时段|为|的|是|均|正常|提供|和|及|以及|除|期间|(?:中午|午间)不休息?|年中无休|全年无休|无休|365天|h|[\s:;,、.()/])+"
        ),
    ),
)
_WORDS = {"工作日": range(5), "法定工作日": range(5), "平日": range(5), "双休日": (5, 6), "周末": (5, 6)}
TWELVE_ENDS = range(4, 9)  # "9点到5点": five in the afternoon or in the morning? Our own grammar writes 05:00
_TWELVE = re.compile(r"(?<![\d:])([5-9]|1[01]):[0-5]\d\s*[-–—~至到]\s*([4-8]):[0-5]\d(?!\d)")
_ENGLISH = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NIGHT = {"晚上", "晚间", "夜间", "晚", "夜"}
_AFTERNOON = {"下午", "傍晚", *_NIGHT}
_PLAIN = (
    ("open(?:ing)?(?: hours)?", ""),
    ("daily|every ?day", "每天"),
    ("closed?", "休息"),
    ("weekends?", "周末"),
    ("weekdays?", "工作日"),
    ("(?:public )?holidays?", "节假日"),
    (r"24[ -]?(?:hours?|hrs?)", "24小时"),
    ("all day", "全天"),
    ("to|until|till", "-"),
)
_BREAK = re.compile(
    r"(\d{1,2}:\d{2})-(\d{1,2}:\d{2})[ ,(]*(?:(?:中午|午间)休息|午休)(?:时间)?[ :]*(\d{1,2}:\d{2})-(\d{1,2}:\d{2})\)?"
)

Span = tuple[str, str]


@dataclass(slots=True)
class _Rule:
    """What has been read of one rule: months and days (None: all), whether it is for public holidays, its hours."""

    months: tuple[int, ...] | None
    days: tuple[int, ...] | None
    holidays: bool
    spans: list[Span]


class NotHours(ValueError):  # noqa: N818 - named for what it says of the text
    """Text that is no opening hours; ``part`` is where reading stopped."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part


def to_hours(text: str) -> str:
    """Return opening hours in the grammar of :mod:`geodata.hours`.

    Days that are not named are closed when others are, open when none are.

    Raises
    ------
    NotHours
        Names the part that could not be read.
    """
    text = text.strip()
    if (odd := next((one for one in _TWELVE.finditer(text) if int(one[2]) < int(one[1])), None)) is not None:
        raise NotHours(odd[0])
    try:
        hours.parse(text)
    except AtlasError:
        text = _rules(text)
        try:
            hours.parse(text)
        except AtlasError as error:
            raise NotHours(text) from error
    return re.sub(r"(?<![\d:])(\d):", r"0\1:", text)


def names_season(text: str) -> bool:
    """Return whether the text names a season without saying which months it means: summer is then May to October."""
    return bool(re.search("[夏冬]", text)) and "月" not in text


def _rules(text: str) -> str:
    if len(text) > MAX_LENGTH:
        raise NotHours(text[:20])
    rest, rules = _simplified(text), []
    months: tuple[int, ...] | None = None
    days: tuple[int, ...] | None = None
    outer: tuple[int, ...] | None = None  # days that stand before the seasons and hold for all of them
    holidays = False
    fresh = True  # whether days collected so far still wait for their hours
    while rest:
        kind, match = _next(rest)
        rest = rest[match.end() :]
        if kind == "noise":
            continue
        if kind == "usual":  # "周末照常开放": as on other days, no rule of its own
            if fresh:
                days, holidays, fresh = None, False, not rules
            continue
        if kind in ("season", "months", "month"):
            outer = days if fresh and months is None and days else outer
            months = _named_months(kind, match)
            days, holidays, fresh = outer, False, True
            continue
        if kind == "rest":
            months = months if rules and rules[-1].days is not None else None
            days, holidays, fresh = None, False, True
            continue
        if kind == "except":  # "除周一外 9:00-17:00": closed on those, whatever is said of the others
            away = _without(match["but"])
            rules.append(_Rule(None, away, away is None, []))
            days, holidays, fresh = None, False, True
            continue
        if kind == "holiday":
            if not (fresh and days):
                days = ()
            holidays = fresh = True
            continue
        if kind in ("range", "list", "word"):
            named = _named_days(kind, match)
            joined = fresh and days is not None and named is not None
            holidays = holidays and fresh
            days = tuple(sorted({*days, *named})) if joined and days is not None and named is not None else named
            fresh = True
            continue
        if kind == "off" and not fresh and not rules[-1].spans:
            continue
        if fresh or not rules:
            # "夏季8:00-20:00，冬季9:00-18:00，周一闭馆": what is said last of days off, and holidays anyhow, is for all seasons
            whole_year = (holidays and not days) or (
                kind == "off"
                and days is not None
                and not rest.strip(" ,、)")
                and any(rule.months != months for rule in rules)
            )
            rules.append(_Rule(None if whole_year else months, days, holidays, []))
        elif not rules[-1].spans:  # hours after "周末休息" are for the other days
            rules.append(_Rule(months, None, False, []))
        if kind != "off":
            rules[-1].spans.append(("00:00", "24:00") if kind == "always" else _span(match))
        fresh = False
    if fresh and days is not None and rules and rules[-1].spans and rules[-1].days is None and not holidays:
        rules[-1].days = days  # "9:00-18:00 周一至周五": the days stand behind
    elif fresh and months is not None and rules and rules[-1].months is None and days is None:
        rules[-1].months = months  # "7:00-21:00（5月-10月）": and so may the months
    elif not rules or (fresh and (days is not None or months is not None)):
        raise NotHours(text)
    return _written(rules, text)


def _written(rules: list[_Rule], text: str) -> str:
    if len(rules) == 1 and not rules[0].spans and rules[0].days is None and rules[0].months is None:
        return "off"  # closed until further notice
    if not any(rule.spans for rule in rules):
        raise NotHours(text)
    if len(rules) == 1 and rules[0].months is None and _all_week(rules[0].days) and _whole_day(rules[0].spans):
        return "24/7"
    # a later rule replaces an earlier one on the days it names: all days first, holidays last
    ordered = sorted(
        rules, key=lambda rule: (rule.holidays and not rule.days, rule.days is not None, rule.months is not None)
    )
    return "; ".join(map(_rule, ordered))


def _rule(rule: _Rule) -> str:
    days = [] if _all_week(rule.days) and not rule.holidays else runs(rule.days or (), DAYS, 0)
    said = ",".join(f"{start}-{end}" for start, end in rule.spans) or "off"
    parts = (",".join(runs(rule.months or (), MONTHS, 1)), ",".join([*days, HOLIDAY] if rule.holidays else days), said)
    return " ".join(part for part in parts if part)


def _without(said: str) -> tuple[int, ...] | None:
    """Return the days that a text takes out; None for public holidays."""
    kind, match = _next(said)
    return None if kind == "holiday" else _named_days(kind, match)


def _all_week(days: tuple[int, ...] | None) -> bool:
    return days is None or len(days) == 7


def _named_months(kind: str, match: re.Match[str]) -> tuple[int, ...]:
    if kind == "season":
        return _SUMMER if match["summer"] else _WINTER
    if kind == "month":
        found = sorted({int(one) for one in re.findall(r"\d+", match["list"])})
    else:
        low, high = int(match["from"]), int(match["to"])
        since, until = int(match["since"] or 1), int(match["until"] or 0)
        if since != 1 or not 1 <= high <= 12 or until not in (0, _LAST_DAYS[high - 1], 28 if high == 2 else 0):
            raise NotHours(match[0])  # the atlas keeps whole months
        found = sorted({(one - 1) % 12 + 1 for one in range(low, high + 1 if high >= low else high + 13)})
    if not all(1 <= one <= 12 for one in found) or (kind == "months" and not 1 <= int(match["from"]) <= 12):
        raise NotHours(match[0])
    return tuple(found)


def _whole_day(spans: list[Span]) -> bool:
    return spans in ([("00:00", "24:00")], [("00:00", "23:59")])


def _next(rest: str) -> tuple[str, re.Match[str]]:
    for kind, pattern in _TOKENS:
        if (match := pattern.match(rest)) and match.end():
            return kind, match
    raise NotHours(rest[:12])


def _named_days(kind: str, match: re.Match[str]) -> tuple[int, ...] | None:
    if kind == "word":
        found = _WORDS.get(match[0])
        return tuple(found) if found is not None else None
    if kind == "range":
        first, last = _DAY_OF[match["first"]], _DAY_OF[match["last"]]
        return tuple(sorted(day % 7 for day in range(first, last + 1 if last >= first else last + 8)))
    return tuple(sorted({_DAY_OF[one] for one in match["days"] if one in _DAY_OF}))


def _span(match: re.Match[str]) -> Span:
    start = _clock(match["a"], match["ah"], match["am"])
    end = _clock(match["b"], match["bh"], match["bm"])
    if match["b"] is None and match["a"] in _AFTERNOON and int(match["bh"]) <= 12:
        # "下午2点到5点": the end is in the afternoon too; "晚上8点到2点", "夜间18:00-8:00": it is not
        later = "24:00" if int(match["bh"]) == 12 else _clock(match["a"], match["bh"], match["bm"])
        if later > start and (int(match["ah"]) <= 12 or match["a"] not in _NIGHT):
            end = later
    if match["b"] is None and int(match["bh"]) in TWELVE_ENDS and "05:00" <= start < "12:00" and end < start:
        raise NotHours(match[0])
    return "00:00" if start == "24:00" else start, "24:00" if end == "00:00" else end


def _clock(part: str | None, hour: str, minute: str | None) -> str:
    at, minutes = int(hour), int(minute or 0)
    part = re.sub("次日|第二天|翌日", "", part or "") or None
    if (part in _AFTERNOON and at < 12) or (part == "中午" and at < 3):
        at += 12
    elif part in _NIGHT and at == 12:
        at = 24
    elif part == "凌晨" and at == 12:
        at = 0
    if at > 24 or minutes > 59 or (at == 24 and minutes):
        raise NotHours(f"{hour}:{minute or '00'}")
    return f"{at:02d}:{minutes:02d}"


def _simplified(text: str) -> str:
    """Return the text with one way to write each thing: half-width, ``-`` for spans, ``:`` for clock times."""
    text = unicodedata.normalize("NFKC", text).lower()
    text = re.sub(
        r"\b(mon|tue|wed|thu|fri|sat|sun)(?:[a-z]*day|s|[.])?\b",
        lambda match: "周" + str(_ENGLISH.index(match[1]) + 1),
        text,
    )
    text = re.sub(r"(\d{1,2})(?::(\d{2}))?\s*([ap])\.?m\b\.?", _by_halves, text)
    text = re.sub(r"closed on\s*(周\d(?:\s*(?:,|and|-|to)\s*周\d)*)", r"\1休息", text)
    for english, said in _PLAIN:
        text = re.sub(rf"(?<![a-z])(?:{english})(?![a-z])", said, text)
    text = text.replace("二十四小时", "24小时")
    text = re.sub(r"([上中下]午|早上|晚上)[ :]+(?=\d)", r"\1", text)
    text = re.sub(r"[一二三四五六七八九十]{1,2}(?=月)", lambda match: str(_number(match[0])), text)
    text = re.sub(r"[零〇一二两三四五六七八九十]{1,3}(?=[点時时])", lambda match: str(_number(match[0])), text)
    text = re.sub(
        r"[朝早]([一二三四五六七八九十\d]{1,2})[点时]?[至到-]?晚([一二三四五六七八九十\d]{1,3})[点时]?(?![:\d])",
        _early_late,
        text,
    )
    text = re.sub(r"(\d)\s*[点时]半", r"\1:30", text)
    text = re.sub(r"(\d)\s*[点时](?:整|钟)?\s*(\d{1,2})\s*分?", r"\1:\2", text)
    text = re.sub(r"(\d)\s*(?:点钟?|时|點)整?", r"\1:00", text)
    text = re.sub(r"(\d{1,2})[.](\d{2})(?!\d)", r"\1:\2", text)
    text = re.sub(r"\s*(?:至|到|~|〜|—|–|―|−|-|‐|‑)+\s*", "-", text)
    text = re.sub(r"[。；;，、,|\n\r\t]+", lambda match: "、" if match[0] == "、" else ",", text)
    text = _BREAK.sub(r"\1-\3,\4-\2", text)  # 8:30-17:30(午休12:00-14:00)
    return re.sub(r"\s+", " ", text).strip().replace("24:00小时", "24小时").replace("24 小时", "24小时")


def _by_halves(match: re.Match[str]) -> str:
    hour, minutes, half = int(match[1]), match[2] or "00", match[3]
    if not 1 <= hour <= 12:
        raise NotHours(match[0])
    return f"{hour % 12 + (12 if half == 'p' else 0)}:{minutes}"


def _early_late(match: re.Match[str]) -> str:
    first, last = (_number(one) if not one.isdigit() else int(one) for one in match.groups())
    return f"{first}:00-{last + 12 if last <= 12 else last}:00"


def _number(text: str) -> int:
    if "十" not in text:
        return int("".join(str(_DIGITS[one]) for one in text))
    tens, _, ones = text.partition("十")
    return 10 * (_DIGITS[tens] if tens else 1) + (_DIGITS[ones] if ones else 0)
