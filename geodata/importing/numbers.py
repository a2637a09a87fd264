"""Numbers as people write them: ``1.2万``, ``约150家``, ``6万余``, ``１２０㎡``, ``10.5万元``."""

from __future__ import annotations

import math
import re
import unicodedata
from typing import Any, NamedTuple

from geodata.errors import N_
from geodata.importing.bad import BadValue, checked_text

LONGEST = 80  # characters; patterns that look ahead take long over text without measure
_BEFORE = (
    ("at_least", r"至少|不少于|不低于|>=|≥"),
    ("over", r"超过?|逾|多于|大于|>"),
    ("nearly", r"将?近|接近|不足|<"),
    ("about", r"大?约|约莫|大概|左右|~|≈|about"),
)
_AFTER = (("over", r"[多余]|以上|\+"), ("about", r"左右|上下"))
_SCALES = {
    "": 1.0,
    "十": 10.0,
    "百": 100.0,
    "千": 1e3,
    "万": 1e4,
    "十万": 1e5,
    "百万": 1e6,
    "千万": 1e7,
    "亿": 1e8,
    "w": 1e4,
    "k": 1e3,
}
_COUNTED = r"家|名|位|人次|人|场次|场|次|个岗位|个|处|项|类|户|岗位|岗|件|辆|台|大|市|年|座"
_UNITS = {  # unit of the column → (what may stand behind the figure, factor)
    "m2": (
        (r"平方米|平米|平方|平|sqm|sq\.m\.?|squaremet(?:re|er)s?|方", 1.0),
        (r"亩|mu", 2000.0 / 3.0),
        (r"公顷|ha|hectares?", 1e4),
        (r"平方公里|平方千米", 1e6),
        (r"(?:平方英尺|sqft|sq\.ft\.?|squarefeet|sf)", 0.09290304),  # of 0.3048 m a foot, by definition
        (r"acres?", 4046.8564224),
        (r"坪|ping", 400.0 / 121.0),
    ),
    "yuan": ((r"元人民币|人民币|元整?|块|rmb|cny|yuan", 1.0),),
    "degree": ((r"度|°", 1.0),),
    "metre": ((r"公里|千米|km", 1e3), (r"米|m", 1.0)),
}
#: In brackets behind a header, a unit that a column does not take: a number under it is none of ours.
_OTHER_UNITS = re.compile(
    r"(?:平方|立方)?(?:英尺|英寸|英里|市尺|码|尺|寸|里|厘米|毫米|分米)|[间层席角分]|(?:美|港|欧|日|澳门|新台|加|澳)(?:元|币)|英镑|"
    r"(?:sq\.?|square|cu\.?|cubic)?(?:f(?:ee|oo)?t|in(?:ch(?:es)?)?|y(?:ar)?ds?|mi(?:les?)?|[cdm]m)[23]?|"
    r"(?:us|hk|nt)[d$]|[$€£]|eur|jpy|gbp|dollars?|euros?",
)
_CHINESE = {one: at for at, one in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_PLACES = {"十": 10, "百": 100, "千": 1000}
_CHINESE_RUN = re.compile(r"[零〇一二两三四五六七八九十][零〇一二两三四五六七八九十百千万亿]*")
_SQUARED = {"m": "平方米", "km": "平方公里", "ft": "平方英尺"}
_SQUARES = re.compile(r"(k?m|ft)\^?2(?!\d)")
_PIECES = re.compile(r"(\d{1,4})万(\d)(?:千(?:(\d)百)?|(?!\d|[.,千百十万亿]))")  # 12万8千, 3万5
_NOUNS = r"企业|单位|职工|员工|工人|会员|站点|驿站|网格|活动"
_FIGURE = re.compile(
    rf"(?P<before>{'|'.join(pattern for _, pattern in _BEFORE)})?\s*(?:[¥￥$]|人民币)?"
    r"(?P<number>[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:e[-+]?\d{1,3})?)\s*"
    rf"(?P<mid>[多余])?(?P<scale>十万|百万|千万|万|亿|千|百|w|k)?(?P<after>[多余]|以上|左右|上下|\+)?\s*"
    rf"(?P<unit>[^\d\s]{{0,8}}?)(?P<last>以上|左右|上下)?"
)


_UNIT = re.compile(r"\s*[/:,]\s*((?:单位:)?(?:平方米|平米|平方|m2|亩|[千万亿]?元|人次|人|个|家))$")


class Figure(NamedTuple):
    """A number and the qualifier that stood beside it (``exact`` when none did)."""

    value: float
    qualifier: str


def unit_in_brackets(header: Any) -> str:
    """Return a header, half-width, with its unit in brackets however it is set apart: ``面积/㎡``, ``经费：万元``."""
    return _UNIT.sub(r"(\1)", unicodedata.normalize("NFKC", str(header)).strip())


def factor_of(header: str, unit: str) -> tuple[float, str]:
    """Return by how much plain numbers under a header count,
    and the unit that says so: ``经费（万元）`` is 10,000 yuan.

    A bracket that is no unit (``经度（高德）``, ``名称（必填）``) counts once; one that is a unit which the column does
    not take (``经费（美元）``) gives NaN, with which :func:`figure` reads no plain number.
    """
    for said in re.findall(r"\(([^()\d][^()]{0,14})\)", unit_in_brackets(header)):
        bare = said.strip().removeprefix("单位").lstrip(":").strip()
        try:
            return figure("1" + bare, unit).value, said
        except BadValue:
            if unit in _UNITS and _OTHER_UNITS.fullmatch(bare.lower().replace(" ", "")):
                return math.nan, said
    return 1.0, ""


def figure(value: Any, unit: str = "", factor: float = 1.0) -> Figure:
    """Read a number.

    Parameters
    ----------
    value : object
        Cell as the file gives it.
    unit : str
        Code of the column's unit; a figure in another unit of the same kind is
        converted (亩, 公顷, 万元), one of another kind refused.
    factor : float
        What a plain number is worth, see :func:`factor_of`; one that says its own unit or scale (``2000元``, ``1.5万``)
        is not multiplied.

    Raises
    ------
    BadValue
        When it is no finite number.
    """
    if isinstance(value, bool):
        raise _no_number()
    if isinstance(value, int | float):
        return Figure(_finite(_times(float(value), factor)), "exact")
    text = checked_text(value)
    if len(text) > LONGEST:
        raise _no_number()
    text = unicodedata.normalize("NFKC", text).strip().lower().replace(" ", "")
    text = _SQUARES.sub(lambda match: _SQUARED[match[1]], text)
    try:
        return (
            Figure(_finite(_times(float(text), factor)), "exact") if "_" not in text else _written(text, unit, factor)
        )
    except ValueError:
        return _written(text, unit, factor)


def _times(value: float, factor: float) -> float:
    if math.isnan(factor):
        raise BadValue(N_("表头上的单位不合适：请换算后只写数字，或在表头上写明单位。"), {}, N_("数字"))
    # decimal fractions times ten thousand leave dust: 1.1 * 10000 = 11000.000000000002
    return value if factor == 1.0 else round(value * factor, 9)


def _written(text: str, unit: str, factor: float) -> Figure:
    match = _FIGURE.fullmatch(_without_chinese_digits(text))
    if match is None or not match["number"]:
        # 近万名, 上万: the scale alone is the number
        alone = re.fullmatch(
            (
                rf"(?P<before>{'|'.join(pattern for _, pattern in _BEFORE)}|"
                rf"上)?(?P<scale>百万|千万|万|亿|千|百)(?P<more>[余多])?(?P<unit>\D{{0,8}})"
            ),
            text,
        )
        if alone is None or not (alone["before"] or alone["more"]):
            raise _no_number()
        qualifier = "over" if alone["before"] == "上" or not alone["before"] else _qualifier(alone["before"], _BEFORE)
        return Figure(_SCALES[alone["scale"]] * _factor(alone["unit"], unit), qualifier or "exact")
    try:
        number = float(match["number"].replace(",", ""))
    except ValueError as error:
        raise _no_number() from error
    qualifier = _qualifier(match["before"], _BEFORE)
    for said in (match["mid"], match["after"], match["last"]):
        qualifier = qualifier or _qualifier(said, _AFTER)
    unit_text = match["unit"] or ""
    if unit_text.endswith(("余", "多")):
        unit_text, qualifier = unit_text[:-1], qualifier or "over"
    plain = not match["scale"] and not unit_text
    value = _finite(
        _times(number, factor) if plain else round(number * _SCALES[match["scale"] or ""] * _factor(unit_text, unit), 9)
    )
    return Figure(value, qualifier or "exact")


def _factor(said: str, unit: str) -> float:
    if not said:
        return 1.0
    for pattern, factor in _UNITS.get(unit, ()):
        if re.fullmatch(pattern, said):
            return factor
    if unit not in _UNITS and re.fullmatch(rf"\(?(?:{_COUNTED})?(?:{_NOUNS})?\)?", said):
        return 1.0
    raise BadValue(N_("单位“{unit}”不合适：请换算后只写数字。"), {"unit": said}, N_("数字"))


def _qualifier(said: str | None, table: tuple[tuple[str, str], ...]) -> str | None:
    return next((code for code, pattern in table if said and re.fullmatch(pattern, said)), None)


def _without_chinese_digits(text: str) -> str:
    if re.search(r"\d", text):
        return _PIECES.sub(
            lambda match: str(
                sum(int(digit or 0) * place for digit, place in zip(match.groups(), (10_000, 1000, 100), strict=True))
            ),
            text,
        )
    return _CHINESE_RUN.sub(lambda match: str(chinese(match[0])), text)


def chinese(text: str) -> int:
    """Return the whole number that Chinese digits write: ``一百二十``, ``三千``, ``一万五`` (15,000), ``二〇二四``."""
    if len(text) > 1 and all(one in _CHINESE for one in text):
        return int("".join(str(_CHINESE[one]) for one in text))
    if text[-1] in _CHINESE and text[-2:-1] in ("百", "千", "万"):
        text += {"百": "十", "千": "百", "万": "千"}[text[-2]]  # 一百五 is 150
    total, group, digit = 0, 0, 0
    for one in text:
        if one in _PLACES:
            group, digit = group + (digit or 1) * _PLACES[one], 0
        elif one == "亿":  # of all that stands before it; 万 only of what stands since an 亿
            total, group, digit = (total + group + digit) * 100_000_000, 0, 0
        elif one == "万":
            total, group, digit = total + (group + digit) * 10_000, 0, 0
        else:
            digit = _CHINESE[one]
    return total + group + digit


def _finite(value: float) -> float:
    if not math.isfinite(value) or abs(value) > 1e15:
        raise BadValue(N_("数字太大或不是有限的数：请改正。"), {}, N_("数字"))
    return value


def _no_number() -> BadValue:
    return BadValue(N_("读不出数字：请写成 1200、1.2万 或 约150家。"), {}, N_("数字"))
