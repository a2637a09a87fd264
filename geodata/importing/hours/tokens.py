"""Tokenizer of opening hours: what a clerk writes → words of a small vocabulary.

Nothing is skipped that is not in the vocabulary: a text with one strange word has no tokens, and its hours are unknown.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from geodata.hours import LAST_DAYS
from geodata.importing.hours.clock import PART, Clock, Raw

MAX_LENGTH = 300
DAY_OF = {one: at for at, one in enumerate("一二三四五六日")} | {"天": 6} | {str(at + 1): at for at in range(7)}
SUMMER, WINTER = "summer", "winter"
FIXED_HOLIDAYS = {
    "元旦": (101, 101),
    "五一": (501, 505),
    "劳动": (501, 505),
    "国庆": (1001, 1007),
    "十一": (1001, 1007),
}
_COLONS = str.maketrans(dict.fromkeys("∶︰﹕ː꞉︓", ":"))
_TRADITIONAL = str.maketrans(
    (
        "週點時間開關閉館營業節號國慶鐘為與後兩雙單無從餘個暫區務預約"
        "曆隨臺廳樓對勞動體內來變換註際應會員聯繫電話達當場處給舊歲禮"
    ),
    (
        "周点时间开关闭馆营业节号国庆钟为与后两双单无从余个暂区务预约"
        "历随台厅楼对劳动体内来变换注际应会员联系电话达当场处给旧岁礼"
    ),
)
_DIGITS = {one: at for at, one in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_NUMBER = r"(?:二十[一二三四五六七八九]?|十[一二三四五六七八九]?|[零〇一二两三四五六七八九])"
_ENGLISH_DAY = re.compile(
    r"\b(mo|tu|we|th|fr|sa|su|mon|tue|wed|thu|fri|sat|sun|tues|"
    r"thur|thurs|(?:mon|tues|wednes|thurs|fri|satur|sun)days?)\b\.?"
)
_ENGLISH_MONTH = re.compile(
    r"\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?:uary|ruary|"
    r"ch|il|e|y|ust|t|tember|ober|ember)?\b\.?(?: (\d{1,2})(?![\d:]))?"
)
_ENGLISH = (
    (r"24[ -]?(?:hours?|hrs?)|24h|around the clock|all day", "24小时"),
    (r"(?:opening|business|service) (?:hours|times?)|open from|open|hours|from|the|on|are|is", " 开放 "),
    ("daily|every ?day|each day|7 days a week", "每天"),
    (r"closed? (?:on|from)", "休息"),
    ("closed?", "休息"),
    ("weekends?", "周末"),
    ("weekdays?|working days?|workdays?", "工作日"),
    ("(?:public |national |statutory |legal )?holidays?", "节假日"),
    ("all year(?: round)?|year[ -]round", "全年"),
    (r"except(?: for)?|excluding", "不含"),
    ("noon", "12:00"),
    ("midnight", "24:00"),
    ("to|until|till|through", "-"),
    ("and", "和"),
)
_HALF = r"(?<![a-z])([ap])\.?m(?![a-z])\.?"
_OPEN_VERB = r"(?:开放|营业|服务|开馆|开门|使用|运营|上班)"
_SHUT_VERB = (
    r"(?:(?:闭馆|关闭|关门|停业|停止开放|暂停开放)(?:维护|检修|维修|保养|消毒|盘点|清洁|保洁|学习)"
    r"|公休(?![日])|休息|闭馆|休馆|停业|关闭|关门|闭站|歇业|打烊|放假|闭园|停用|休业|不开门|不上班"
    r"|不(?:对外)?(?:开放|营业|服务|开馆)|不开(?![放展设]))"
)
# a reason in front of a closing says nothing more than the closing: 每周二例行维护，不开放
_REASON = (
    r"(?:(?:因|例行|定期|日常|设备|设施|系统|内部|全面|集中|卫生|环境|场地|场馆|进行|业务|政治|的)*"
    r"(?:维护|检修|维修|保养|消毒|消杀|盘点|盘库|清洁|保洁|打扫|清扫|大扫除|学习|培训|例会)(?:日|时间)?,? ?)"
)
_PREFIX = r"(?:周|星期|礼拜)"
_ONE = r"(?:[一二三四五六日天]|[1-7](?:(?=:\d{1,2}:\d)|(?![:\d月点时小])))"
_ITEM = rf"{_PREFIX}?{_ONE}(?:-{_PREFIX}?{_ONE})?"
_ORDINAL = r"第?(?:[一二三四五1-5])个?"
_DAY_LIST = rf"{_PREFIX}{_ONE}(?:-{_PREFIX}?{_ONE})?(?: ?[、/和及与] ?{_ITEM}|{_ONE})*"
_NAMED = r"(?:元旦|(?:五一)?(?:国际)?劳动|五一|(?:十一)?国庆|(?<![周期拜\d一二三四五六日])十一(?!月|点|时|:))节?"
_LUNAR_DAY = r"(?:大年|农历|正月|腊月)*(?:除夕|年三十|三十|廿[一-九]|初[一二三四五六七八九十]+)"
_LUNAR = rf"(?:{_LUNAR_DAY}(?:-{_LUNAR_DAY})?|春节|清明节?|端午节?|中秋节?|元宵节?|过年)"
_DURING = r"(?:(?:放假)?期间|当天|当日)?"
_EXACT = r"\d{1,2}月\d{1,2}(?:[日号]|(?![:\d]))"
_ENTRY = r"(?:入场|入馆|进场|进馆|入园|进园|入内|进入|入站|进站|取票|售票|领票|换票|检票|取号|发号|领号)"
_EARLIER = r"(?:提前|(?:闭馆|关门|闭园|闭站|关闭|结束|打烊|下班)前)(?:\d{1,2}|半|一|1)个?(?:分钟|小时)"
_ENDS = r"(?:关门|闭馆|关闭|结束|下班|打烊|闭站|闭园)"
_LAST_ENTRY = (
    rf"(?P<at>{PART}\d{{1,2}}:\d{{2}}|{_EARLIER})(?:以?后|起)?"
    rf"(?:(?:停止|禁止|谢绝|不再|截止|不予|最后){_ENTRY}|(?:开始)?清场)"
    rf"|(?:最晚|最后|最迟|停止){_ENTRY}(?:时间)?[: ]?(?:为|是)?(?P<at2>{PART}\d{{1,2}}:\d{{2}})(?![-\d])"
)
# what is told later: the other days of the text stand as they are
_TOLD = r"(?:通知|公告|公示|告示|安排)"
_CHANGE = r"(?:(?:如|若|遇|如遇|如有|若有|遇有)(?:有|临时|时间|特殊)*(?:变动|调整|变更|变化|情况|特殊情况),? ?)"
_NOTICE = (
    rf"{_CHANGE}?(?:具体|开放|营业|服务|时间|安排|则|将|均|请|会)*"
    rf"(?:(?:另行|另外|另|临时){_TOLD}|(?:以|按|依)(?:实际|现场|门口|"
    rf"官方|网点|门店|馆方|本馆|最新|当天|当日|临时|的)*{_TOLD}为准)"
)
_DAY_RANGE = (
    r"(?:每年)?(?P<m1>\d{1,2})(?:月份?)?(?P<d1>(?<=月)\d{1,2}[日号]?)?-(?:次年|翌年|第二年|来年)?"
    r"(?:(?P<m2>\d{1,2})月(?:份|底|末)?(?P<d2>\d{1,2}(?:[日号]|(?![:\d])))?|(?P<d3>(?<=-)\d{1,2})[日号])"
)
_VOCABULARY = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("break", r"[;\n。]"),
        ("comma", r",|\|"),
        ("open(", r"[(\[【]"),
        ("close)", r"[)\]】]"),
        ("colon", r":"),
        ("join", r"[、/&+]|以及|和|及|与|或"),
        ("area", r"(?:24小时)?自助(?:服务|银行)?(?:区|厅|机|设备)?(?:24小时)?|atm机?"),
        ("entry", _LAST_ENTRY),
        ("dates", rf"{_DAY_RANGE}{_DURING}"),
        ("dates", rf"(?:每年)?{_EXACT}(?:[、和及]{_EXACT})*{_DURING}"),
        ("dates", r"(?:每年)?(?:\d{1,2}[、和])*\d{1,2}月份?(?:[、和及]\d{1,2}月份?)*(?!\d)"),
        (
            "season",
            (
                r"(?P<summer>夏)(?:季|天|令时?|时令|时制)?(?:作息)?(?:时间)?|"
                r"冬(?:季|天|令时?|时令|时制)?(?:作息)?(?:时间)?"
            ),
        ),
        ("nth", rf"每月的?(?P<nth>{_ORDINAL}(?:[、和及]{_ORDINAL})*|最后一个)(?<=个)(?P<day>{_PREFIX}{_ONE})"),
        ("off", rf"全[天日]{_SHUT_VERB}"),
        ("norest", r"(?:全年|年中|常年|全天)?无休(?:息日)?|全年|常年|(?:一年)?365天|一?周?7天无休"),
        (
            "always",
            rf"(?:7[x×*/]24(?:小时|h)?|24/7|(?:全天候?|全日|昼夜|全时段|不间断)?24(?:小时|h)(?:全天候?|不间断|不打烊)?|全天候?|昼夜|全时段|全日){_OPEN_VERB}?",
        ),
        (
            "word",
            r"(?:休息日|公休日|休息天)(?=除外|不含在内)|(?:法定)?工作日|平日|双休日"
            r"|双休(?= ?:? ?(?:\d|休|闭|不|均|都|开放|除外|照常|正常|上午|下午|[、和及与]))"
            r"|周末|周六日|每[天日]|天天|全周|一周[七7]天|周一-周日全周",
        ),
        ("days", rf"(?:每逢|逢|每个?)?{_DAY_LIST}"),
        (
            "holiday",
            (
                rf"(?:如?遇)?(?:(?:国家|国定)?(?:法定)?(?:公众|"
                rf"公共)?(?:节假日|节日|假日)|(?:法定|公众|公共)假期?){_DURING}"
            ),
        ),
        ("fixed", rf"{_NAMED}(?:假期|长假|黄金周)?{_DURING}"),
        ("lunar", rf"{_LUNAR}(?:假期|长假|黄金周)?{_DURING}"),
        (
            "nolunch",
            (
                rf"(?:中午|午间|午休|午餐)(?:时间|时段|期间)?(?:均|也)?(?:不休息?|"
                rf"不间断|不闭馆|不打烊|不关门|连续|(?:照常|正常){_OPEN_VERB}?|无休)"
            ),
        ),
        ("lunch", rf"(?:中午|午间|午餐|中间|期间)(?:时间)?{_SHUT_VERB}(?:时间)?|午休(?:时间|时段)?|午餐时间"),
        ("half", rf"(?P<half>上午|下午|早上|晚上|晚间|夜间)(?=(?:均|都|全部)?{_REASON}?{_SHUT_VERB})"),
        (
            "extend",
            (
                r"(?:开放|营业|服务)?(?:时间)?(?:可)?(?:延长|"
                r"延时|顺延|延迟)-?(?:至|到)?-?(?P<at>"
            )
            + PART
            + r"\d{1,2}:\d{2})(?:关门|闭馆)?",
        ),
        (
            "shorten",
            (
                rf"(?:开放|营业|服务)?(?:时间)?(?:可|则)?(?:缩短-?(?:至|"
                rf"到)?-?(?P<at>{PART}\d{{1,2}}:\d{{2}}){_ENDS}?|"
                rf"提前-?(?:至|到)?-?(?P<at2>{PART}\d{{1,2}}:\d{{2}}){_ENDS})(?![-\d])"
            ),
        ),
        ("span", Raw.PATTERN),
        (
            "usual",
            (
                rf"(?:均|也|都|仍)?(?:照常|正常)(?:{_OPEN_VERB}|(?!{_SHUT_VERB}))|"
                rf"(?:均|也|都)?(?:不休息?(?!日)|不打烊|不闭馆|不放假|不停业)"
            ),
        ),
        (
            "suspended",
            (
                rf"{_REASON}?(?:因[^,;。()\d]{{1,12}}?)?(?:暂停|停止)(?:对外)?(?:开放|营业|服务|使用|"
                rf"运营)|暂不(?:对外)?(?:开放|营业)|(?:暂未|未|尚未)(?:开放|营业|启用)|已?停用|已关停"
            ),
        ),
        ("offday", r"(?:休息|闭馆|休馆|公休|例休)(?:日|时间)(?:期|为|是)?:?"),
        ("off", rf"{_REASON}?(?:均|都|全部|正常|全天|固定|例行|公)*{_SHUT_VERB}|休(?![息馆业])"),
        ("notice", _NOTICE),
        ("without", r"(?:开放|营业|服务)?(?:除外|不含在内)"),
        ("except", r"除了?|剔除"),
        ("outside", r"(?:以外|之外|外)(?:的)?"),
        ("not", r"不(?:包括|包含|含)"),
        ("with", r"(?:包括|包含|含)"),
        ("others", r"(?:的)?(?:其余|其他|其它|剩余|另外)(?:的)?(?:时间段?|时段|日期|日子|天|日|月份)?|平时|平常|日常"),
        ("open", rf"(?:均|都|也|仅|只|可|对外|免费|正常)*{_OPEN_VERB}(?:时间|时段|日)?"),
        (
            "filler",
            (
                r"(?:办公|工作|接待|作息|对外)?(?:时间段?|时段)|每年|为|的|是|"
                r"均|都|仅|只|对外|提供|期间|当[天日]|从|自|由|实行|执行|每日?|!"
            ),
        ),
    )
)


class NotHours(ValueError):  # noqa: N818 - named for what it says of the text
    """Text that is no opening hours; ``part`` is where reading stopped."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the vocabulary: its kind, what it means, and how the text writes it."""

    kind: str
    value: Any
    text: str


def tokenize(text: str) -> list[Token]:
    """Return the words of a text.

    Raises
    ------
    NotHours
        When a part of the text is none, or the text is longer than :data:`MAX_LENGTH`.
    """
    if len(text) > MAX_LENGTH:
        raise NotHours(text[:20])
    rest, found = simplified(text), []
    dotted = re.search(r"(?<![\d:])\d{1,2}\.\d{2}(?!\d)", rest) is not None
    if dotted:  # 5.01-9.30 8:00-18:00: are the first two days or hours?
        if ":" in re.sub(r"[^\d]:|:[^\d]", "", rest) and re.search(r"\d:\d", rest):
            raise NotHours(rest[:20])
        rest = re.sub(r"(?<![\d:])(\d{1,2})\.(\d{2})(?!\d)", r"\1:\2", rest)
    while rest := rest.lstrip(" ."):
        for kind, pattern in _VOCABULARY:
            if (match := pattern.match(rest)) and match.end():
                found.append(Token(kind, _meaning(kind, match), match[0]))
                rest = rest[match.end() :]
                break
        else:
            raise NotHours(rest[:12])
    return found


def simplified(text: str) -> str:
    """Return the text with one way to write each thing: half-width, ``-`` for spans, ``:`` for clock times."""
    text = (
        re.sub("[\u200b-\u200f\ufeff]", "", unicodedata.normalize("NFKC", text.translate(_COLONS)))
        .lower()
        .translate(_TRADITIONAL)
    )
    text = _from_english(text)
    text = text.replace("二十四小时", "24小时")
    text = re.sub(r"(?<=\d:\d\d) ?[一ー] ?(?=\d{1,2}:\d\d)", "-", text)  # 8:30一17:30: the numeral for a dash
    text = re.sub(rf"({_PREFIX}[一二三四五六日天])一(?={_PREFIX})", r"\1-", text)
    text = re.sub(rf"{_NUMBER}(?=月(?!的?第))", lambda match: str(_number(match[0])), text)
    text = re.sub(rf"(?<=\d月){_NUMBER}{{1,2}}(?=[日号])", lambda match: str(_number(match[0])), text)
    text = re.sub(rf"{_NUMBER}(?=[点时](?!段))", lambda match: str(_number(match[0])), text)
    text = re.sub(
        rf"[朝早]({_NUMBER}|\d{{1,2}})(?:点|时)?[至到-]?晚({_NUMBER}|\d{{1,2}})(?:点|时)?(?![:\d半])", _early_late, text
    )
    text = re.sub(r"(\d)\s*[点时]半", r"\1:30", text)
    text = re.sub(r"(\d)\s*[点时]([一1]|[三3])刻", lambda match: f"{match[1]}:{15 if match[2] in '一1' else 45}", text)
    text = re.sub(r"(\d)\s*[点时](?:整|钟)?\s*(\d{2})\s*分?(?![\d:点时])", r"\1:\2", text)
    text = re.sub(r"(\d)\s*(?:点钟?|时(?!段))整?(?!许|左右)", r"\1:00", text)
    text = re.sub(r"(\d{1,2}:\d{2})(?::00(?!\d)|分)", r"\1", text)
    text = re.sub(
        r"(?<![\d:])([01]\d|2[0-4])([0-5]\d)\s*[-–—~至到]+\s*([01]\d|2[0-4])([0-5]\d)(?![\d:年])", _in_four, text
    )
    text = re.sub(r"(?<!延长)\s*(?:至(?!今)|到|~|〜|—|–|―|−|-|‐|‑|→)+\s*", "-", text)
    text = re.sub(r"(?<=\d:\d\d)起-", "-", text)
    text = re.sub(r"(\d{1,2}:\d{2})止", r"\1", text)
    text = re.sub(rf"({PART[:-1]})\s*\((\d[^()]*)\)", r"\1\2,", text)
    text = re.sub(rf"({PART[:-1]})[ :]+(?=\d)", r"\1", text)
    text = re.sub(r"(?<=\d) (?=:)|(?<=:) (?=\d\d)", "", text)
    text = re.sub(r"24(?::00)? ?小时", "24小时", text)
    return re.sub(r"[ \t\r\f\v]+", " ", re.sub(r"\s*\n\s*", "\n", text)).strip()


_ANY_ENGLISH = re.compile(rf"(?<![a-z])(?:{'|'.join(english for english, _ in _ENGLISH)})(?![a-z])")


def _from_english(text: str) -> str:
    if not re.search("[a-z]", text):
        return text
    text = _ENGLISH_DAY.sub(
        lambda match: "周" + "一二三四五六日"[("mo", "tu", "we", "th", "fr", "sa", "su").index(match[1][:2])], text
    )
    text = _ENGLISH_MONTH.sub(_month_of, text)
    half, clock = re.search(_HALF, text), re.search(r"\d", text)
    if half and clock and half.start() < clock.start() and re.match(r"[ :]*\d", text[half.end() :]):
        text = re.sub(_HALF, lambda match: "上午" if match[1] == "a" else "下午", text)
    else:
        text = re.sub(r"(\d{1,2}(?::\d{2})?)\s*-\s*(\d{1,2}(?::\d{2})?)\s*(p)\.?m\b\.?", _one_half, text)
        text = re.sub(r"(\d{1,2})(?::(\d{2}))?\s*([ap])\.?m\b\.?", _by_halves, text)
    if _ANY_ENGLISH.search(text):  # of many texts that are no hours at all hardly any has one of these words
        for english, said in _ENGLISH:
            text = re.sub(rf"(?<![a-z])(?:{english})(?![a-z])", said, text)
    return re.sub(r"(周[一二三四五六日])\s*-\s*(周[一二三四五六日])", r"\1-\2", text)


def _month_of(match: re.Match[str]) -> str:
    month = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec").index(match[1]) + 1
    return f"{month}月" + (f"{match[2]}日" if match[2] else "")


def _one_half(match: re.Match[str]) -> str:
    """2-5pm is the afternoon whole; 9-5pm begins in the morning."""
    first, last = (int(one.partition(":")[0]) % 12 for one in (match[1], match[2]))
    return f"{match[1]}{'pm' if first < last else 'am'}-{match[2]}pm"


def _by_halves(match: re.Match[str]) -> str:
    hour, minutes, half = int(match[1]), match[2] or "00", match[3]
    if not 1 <= hour <= 12:
        raise NotHours(match[0])
    return f"{hour % 12 + (12 if half == 'p' else 0):02d}:{minutes}"


def _early_late(match: re.Match[str]) -> str:
    first, last = (int(one) if one.isdigit() else _number(one) for one in match.groups())
    return f"{first:02d}:00-{last + 12 if last <= 12 else last}:00"


def _in_four(match: re.Match[str]) -> str:
    if all(1900 <= int(one) <= 2100 for one in (match[1] + match[2], match[3] + match[4])):
        raise NotHours(match[0])  # years
    return f"{match[1]}:{match[2]}-{match[3]}:{match[4]}"


def _number(text: str) -> int:
    if "十" not in text:
        return int("".join(str(_DIGITS[one]) for one in text))
    tens, _, ones = text.partition("十")
    return 10 * (_DIGITS[tens] if tens else 1) + (_DIGITS[ones] if ones else 0)


def _meaning(kind: str, match: re.Match[str]) -> Any:
    """Return days as a frozenset of 0 to 6, dates as pairs ``100 * month + day``, spans as :class:`Raw` …"""
    if kind == "dates":
        return _dates(match)
    if kind == "season":
        return SUMMER if match["summer"] else WINTER
    if kind == "nth":
        said = re.findall(r"[一二三四五1-5](?=个|[、和及]|$)", match["nth"])
        nth = (-1,) if "最后" in match["nth"] else tuple(sorted({DAY_OF[one] + 1 for one in said}))
        return nth, frozenset({DAY_OF[match["day"][-1]]})
    if kind == "days":
        return _days(match[0])
    if kind == "word":
        said = match[0].removeprefix("法定")
        return frozenset(
            range(5)
            if said in ("工作日", "平日")
            else (5, 6)
            if said[0] in "双周休公" and "-" not in said
            else range(7)
        )
    if kind == "span":
        return Raw.of(match)
    if kind == "extend":
        return Clock.read(match["at"])
    if kind == "shorten":
        return Clock.read(match["at"] or match["at2"])
    if kind == "entry":
        at = match["at"] or match["at2"]
        return Clock.read(at) if ":" in at else None
    if kind == "fixed":
        return FIXED_HOLIDAYS[match[0].removeprefix("国际")[:2]]
    if kind == "half":
        return match["half"]
    return None


def _days(said: str) -> frozenset[int]:
    said = re.sub("每逢|逢|每个?|周|星期|礼拜| ", "", said)
    found: set[int] = set()
    for first, last in re.findall(r"([一二三四五六日天1-7])(?:-([一二三四五六日天1-7]))?", said):
        low, high = DAY_OF[first], DAY_OF[last or first]
        found |= {day % 7 for day in range(low, high + 1 if high >= low else high + 8)}
    return frozenset(found)


def _dates(match: re.Match[str]) -> tuple[tuple[int, int], ...]:
    if "m1" not in match.re.groupindex:
        whole = [
            re.match(r"(\d{1,2})(?:月(\d{1,2})?)?", one)
            for one in re.findall(r"\d{1,2}(?:月(?:\d{1,2}(?=[日号]))?)?", match[0])
        ]
        return tuple((_date(one[1], one[2] or 1), _date(one[1], one[2] or None)) for one in whole if one is not None)
    low, high = match["m1"], match["m2"] or match["m1"]
    since, until = (re.sub(r"\D", "", match[one] or "") for one in ("d1", "d2"))
    if match["d3"]:
        if not since:
            raise NotHours(match[0])
        until = match["d3"]
    if not since and until:
        raise NotHours(match[0])
    return ((_date(low, since or 1), _date(high, until or None)),)


def _date(month: str, day: str | int | None) -> int:
    if not 1 <= int(month) <= 12 or not 1 <= int(day or 1) <= LAST_DAYS[int(month) - 1]:
        raise NotHours(f"{month}月{day or ''}")
    return 100 * int(month) + int(day or LAST_DAYS[int(month) - 1])
