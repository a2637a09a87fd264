"""Opening hours as a page says them: read again, they are the same hours."""

from __future__ import annotations

import pytest

from dashboard.locale import load_words
from dashboard.words import Words
from geodata.importing.hours import to_hours

CATALOGUES = load_words()


@pytest.mark.parametrize(
    "stored",
    [
        "24/7",
        "08:00-22:00",
        "Mo-Fr 08:00-22:00; Sa,Su 09:00-12:00,14:00-18:00",
        "08:00-20:00; Sa,Su off",
        "08:00-20:00; PH off",
        "20:00-02:00",
        "May-Oct 08:00-20:00; Nov-Apr 09:00-18:00",
        "May-Oct 08:00-20:00; Nov-Apr 09:00-18:00; Mo off",
        "Mo-Fr 08:00-18:00; Sa,Su,PH 09:00-17:00",
        "off",
        "May-Oct Mo-Fr 08:00-20:00",
        "Jul,Aug 08:00-20:00",
        "Tu,Th 08:30-12:00",
    ],
)
def test_chinese_words_read_as_the_hours_they_stand_for(stored):
    assert to_hours(Words("zh", CATALOGUES["zh"]).hours(stored)) == stored


@pytest.mark.parametrize(
    ("lang", "stored", "said"),
    [
        (
            "zh",
            "May-Oct 08:00-20:00; Nov-Apr 09:00-18:00; PH off",
            "5月至10月 每天 08:00-20:00；11月至4月 每天 09:00-18:00；节假日 休息",
        ),
        (
            "en",
            "May-Oct 08:00-20:00; Nov-Apr 09:00-18:00; PH off",
            "May–Oct Daily 08:00-20:00; Nov–Apr Daily 09:00-18:00; public holidays closed",
        ),
        ("zh", "Mo-Fr 08:00-22:00; Sa,Su off", "周一至周五 08:00-22:00；周六、周日 休息"),
        ("en", "Sa,Su,PH 09:00-17:00", "Sat, Sun, public holidays 09:00-17:00"),
        ("zh", "", "未知"),
        ("en", "something else", "something else"),
    ],
)
def test_each_language_says_them_whole(lang, stored, said):
    assert Words(lang, CATALOGUES[lang]).hours(stored) == said
