"""A message: said in a language, kept as JSON, joined."""

from __future__ import annotations

import json
from datetime import date

import numpy as np

from geodata.message import Message, joined

ENGLISH = {"表 {table} 有 {count} 行": "{count} rows in {table}", "{first}；{then}": "{first}; {then}", "无": "none"}


def english(msgid: str) -> str:
    return ENGLISH[msgid]


def test_values_are_said_in_the_language_of_the_message() -> None:
    told = Message("表 {table} 有 {count} 行", {"table": {"zh": "驿站", "en": "Stations"}, "count": Message("无")})
    assert told.text() == "表 驿站 有 无 行"
    assert told.text(english) == "none rows in Stations"
    assert Message("").text(english) == ""


def test_json_gives_back_what_is_said() -> None:
    told = Message("表 {table} 有 {count} 行", {"table": date(2026, 11, 20), "count": np.int64(3)})
    again = Message.from_json(json.loads(json.dumps(told.as_json())))
    assert again.params == {"table": "2026-11-20", "count": 3}
    assert again.text(english) == told.text(english) == "3 rows in 2026-11-20"
    assert Message("x", {"names": ["a", "b"]}).as_json() == {"msgid": "x", "params": {"names": ["a", "b"]}}


def test_the_messages_that_there_are_are_joined() -> None:
    one = Message("无")
    assert joined(None, None) is None
    assert joined(None, one) is one
    assert joined(one, None, one).text(english) == "none; none"


def test_messages_are_the_same_when_they_say_the_same() -> None:
    same, other = (Message("x{n}", {"n": number}) for number in (1, 2))
    assert list(dict.fromkeys([same, other, Message("x{n}", {"n": 1})])) == [same, other]
