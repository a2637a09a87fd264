"""What own fields say of persons: names, telephones, identity numbers.

One place decides, by the field's name and by what it holds.

Such values are shown to who keeps the data and to nobody else; exports, searches, hovers and briefs leave them out
unless they are asked for by name. What is personal follows from label and value alone, so that the same row is always
judged alike.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from geodata.own_fields import as_text, values_of

_PERSONS = (
    r"联系人|联络人|联系方式|联系电话|负责人|责任人|管理员|管理人|站长|"
    r"经办人|填[表报]人|审核人|审批人|签字|法人|法定代表|店长|社工|"
    r"网格员|志愿者姓名|值班|对接人|专干|主席|书记|姓\s*名|人员名|户主|房东|业主|身份证|证件号|居民身份|社保号|护照|"
    r"电话|手机|座机|固话|传真|微信|qq|邮箱|电子邮件|e-?mail|phone|mobile|tel\b|telephone|contact|wechat|"
    r"(?<![时周边全增成延特擅加年变])长$|领导$|(?<![人会党职社团成议])员$|[责联络系办头托建报收保养管接护理当赠资]人$|"
    r"出生|生日|性别|年龄|民族|住址|家庭|银行卡|开户|账号|卡号|车牌|工号|person|manager|id\s*card|passport|birth"
)
_LABEL = re.compile(_PERSONS, re.IGNORECASE)
#: Counts of persons and the like say nothing of any one of them.
_NOT = re.compile(
    r"(?:人数|员数|人次|数量|个数|占比|比例|率|总数|时间|时段|地点|单位|"
    r"是否.{0,6})(?:[（(].*[)）])?$|^是否|^有无|电话亭|手机充电|手机加油站|充电"
)
_MOBILE = r"(?<!\d)(?:\+?86[\s-]?)?1[3-9]\d(?:[\s-]?\d{4}){2}(?!\d)"
_LANDLINE = r"(?<![\d-])[(（]?0\d{2,3}[)）]?[\s-]?[2-9]\d{6,7}(?:[-转]\d{1,6})?(?!\d)"
_IDENTITY = r"(?<!\d)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![\dA-Za-z])"
_MAIL = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_VALUE = re.compile("|".join((_MOBILE, _LANDLINE, _IDENTITY, _MAIL)))
_LONGEST = 2_000  # characters of a value that are looked at; what is longer is taken for personal where its head is


@lru_cache(maxsize=4_096)
def is_personal_label(label: str) -> bool:
    """Return whether a field of this name holds what is said of persons: ``负责人``, ``联系电话``, ``身份证号``."""
    text = unicodedata.normalize("NFKC", label)
    return _LABEL.search(text) is not None and _NOT.search(text) is None


def is_personal_value(value: Any) -> bool:
    """Return whether a value holds a telephone number, an identity number or an address of mail."""
    if isinstance(value, bool) or value is None:
        return False
    if isinstance(value, int):
        return 13_000_000_000 <= value <= 19_999_999_999
    return isinstance(value, str) and _VALUE.search(unicodedata.normalize("NFKC", value[:_LONGEST])) is not None


def struck(text: str, mark: str) -> str:
    """Return a text with a mark in the place of each telephone number, identity number and address of mail."""
    return _VALUE.sub(mark, unicodedata.normalize("NFKC", text)) if is_personal_value(text) else text


def is_personal(label: str, value: Any) -> bool:
    """Return whether a value of an own field is personal, by its label or by itself."""
    return is_personal_label(label) or is_personal_value(value)


def open_values(text: Any) -> dict[str, Any]:
    """Return the values of own fields, as a row keeps them (JSON text), that anybody may see."""
    return {label: value for label, value in values_of(text).items() if not is_personal(label, value)}


def open_text(text: Any) -> str | None:
    """Return the own fields of a row without what is personal, as a row keeps them; None where nothing is left."""
    return as_text(open_values(text))


def personal_labels(rows: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the labels under which some row holds what is personal."""
    return {label for row in rows for label, value in row.items() if is_personal(label, value)}
