"""Nothing for people is said outside the catalogues, and English is complete."""

from __future__ import annotations

import re

from tests.messages import FLOORS, catalogue, sources, stray_chinese, wanted

FIELDS = re.compile(r"\{(\w+)")


def test_every_text_has_an_english_one() -> None:
    english = catalogue("en")
    assert sorted(key for key in wanted() if not english.get(key)) == []


def test_english_texts_have_the_fields_of_the_chinese_ones() -> None:
    english = catalogue("en")
    assert [key for key, text in english.items() if set(FIELDS.findall(key)) != set(FIELDS.findall(text))] == []


def test_no_english_text_is_left_in_chinese() -> None:
    assert [text for text in catalogue("en").values() if re.search(r"[\u3400-\u9fff]", text)] == []


def test_no_key_is_kept_that_nobody_asks_for() -> None:
    assert sorted(set(catalogue("en")) - wanted()) == []


def test_no_chinese_string_stands_outside_the_catalogue() -> None:
    # geodata holds names of places and sample rows, which are data
    assert [stray for path in sources(*FLOORS[:2]) for stray in stray_chinese(path)] == []
