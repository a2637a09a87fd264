"""What people write in cells."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata import hours
from geodata.importing.bad import BadValue, checked_text
from geodata.importing.degrees import with_axis
from geodata.importing.hours import NotHours, to_hours
from geodata.importing.numbers import figure
from geodata.importing.values import as_date, is_blank, reader
from geodata.schema import TABLES

STATIONS = {column.name: column for column in TABLES["stations"].columns}


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("8:00-22:00", "08:00-22:00"),
        ("全天", "24/7"),
        ("24小时", "24/7"),
        ("7×24小时", "24/7"),
        ("周一至周日24小时", "24/7"),
        ("周一至周五 9点到18点", "Mo-Fr 09:00-18:00"),
        ("9:00—18:00,周末休息", "09:00-18:00; Sa,Su off"),
        ("９：００－１８：００，周末休息", "09:00-18:00; Sa,Su off"),
        ("上午8:30-12:00,下午2点半到5点半", "08:30-12:00,14:30-17:30"),
        ("早八点至晚十点", "08:00-22:00"),
        ("朝九晚五", "09:00-17:00"),
        ("周一、三、五 9:00-17:00", "Mo,We,Fr 09:00-17:00"),
        ("20:00-次日2:00", "20:00-02:00"),
        ("周一到周五8:00-18:00;周六日9:00-17:00", "Mo-Fr 08:00-18:00; Sa,Su 09:00-17:00"),
        ("9:00-18:00（周一至周五）", "Mo-Fr 09:00-18:00"),
        ("周二至周日9:00-17:00，周一闭馆", "Tu-Su 09:00-17:00; Mo off"),
        ("工作日 8时30分至17时30分，双休日休息", "Mo-Fr 08:30-17:30; Sa,Su off"),
        ("8.30-17.30", "08:30-17:30"),
        ("Mo-Fr 08:00-22:00; Sa,Su off", "Mo-Fr 08:00-22:00; Sa,Su off"),
        ("周一休息，其余时间 9:00-17:00", "09:00-17:00; Mo off"),
        ("9:00-18:00，节假日除外", "09:00-18:00; PH off"),
        ("9:00-18:00（法定节假日休息）", "09:00-18:00; PH off"),
        ("周末及节假日休息，其余时间9:00-18:00", "09:00-18:00; Sa,Su,PH off"),
        ("8:00-20:00，节假日照常开放", "08:00-20:00"),
        ("节假日照常开放，8:00-20:00", "08:00-20:00"),
        ("工作日8:00-20:00 节假日10:00-16:00", "Mo-Fr 08:00-20:00; PH 10:00-16:00"),
        ("夏季8:00-20:00，冬季9:00-18:00", "May-Oct 08:00-20:00; Nov-Apr 09:00-18:00"),
        (
            "夏季（5月1日至9月30日）8:00-20:00，冬季（10月1日至次年4月30日）9:00-18:00",
            "May-Sep 08:00-20:00; Oct-Apr 09:00-18:00",
        ),
        ("5月-10月 7:00-21:00", "May-Oct 07:00-21:00"),
        ("5-10月7:00-21:00；11月至次年4月8:00-19:00", "May-Oct 07:00-21:00; Nov-Apr 08:00-19:00"),
        ("五月至十月 七点到二十一点", "May-Oct 07:00-21:00"),
        ("7月、8月 24小时，其余时间8:00-20:00", "08:00-20:00; Jul,Aug 00:00-24:00"),
        ("周一闭馆，夏季8:00-20:00，冬季9:00-18:00", "May-Oct 08:00-20:00; Nov-Apr 09:00-18:00; Mo off"),
        ("周一至周五 夏季8:00-20:00，冬季9:00-18:00", "May-Oct Mo-Fr 08:00-20:00; Nov-Apr Mo-Fr 09:00-18:00"),
        ("夏季8:00-20:00，冬季9:00-18:00，周一闭馆", "May-Oct 08:00-20:00; Nov-Apr 09:00-18:00; Mo off"),
        ("夏季8:00-20:00，冬季9:00-18:00，节假日休息", "May-Oct 08:00-20:00; Nov-Apr 09:00-18:00; PH off"),
        ("全天 24 小时", "24/7"),
        ("暂停开放", "off"),
        ("冬季关闭，夏季8:00-20:00", "May-Oct 08:00-20:00; Nov-Apr off"),
        ("上午9点至12点，下午2点至6点", "09:00-12:00,14:00-18:00"),
        ("5:00-8:00", "05:00-08:00"),
        ("09:00-29:00", "09:00-29:00"),
        ("上午9点到下午5点", "09:00-17:00"),
        ("9点到次日5点", "09:00-29:00"),
        ("22:00-6:00", "22:00-06:00"),
        ("除周一外 9-17", "09:00-17:00; Mo off"),
        ("除周末外 8:30-17:30", "08:30-17:30; Sa,Su off"),
        ("除节假日外 9:00-17:00", "09:00-17:00; PH off"),
        ("早8点至晚10点", "08:00-22:00"),
        ("5月15日-10月1日 9:00-10:00", "May 15-Oct 1 09:00-10:00"),
        ("周一到周五8:30-17:30 周末9:00-16:00", "Mo-Fr 08:30-17:30; Sa,Su 09:00-16:00"),
        ("全年无休 24h", "24/7"),
        ("8:00-12:00,14:00-18:00", "08:00-12:00,14:00-18:00"),
        ("晚上6点至次日早上6点", "18:00-06:00"),
        ("8:00-20:00 每周一闭馆", "08:00-20:00; Mo off"),
        ("每周二至周日 9:00-17:00", "Tu-Su 09:00-17:00"),
        ("法定工作日 8:30-17:30", "Mo-Fr 08:30-17:30"),
        ("尚未开放", "off"),
        ("365天 8:00-22:00", "08:00-22:00"),
        ("8am-10pm", "08:00-22:00"),
        ("8:30 AM - 12:00 PM", "08:30-12:00"),
        ("Mon-Fri 9:00-18:00", "Mo-Fr 09:00-18:00"),
        ("Mon, Wed 9am-5pm; Sat 10:00-12:00", "Mo,We 09:00-17:00; Sa 10:00-12:00"),
        ("夜间22:00-6:00", "22:00-06:00"),
        ("夜间18:00-8:00", "18:00-08:00"),
        ("晚上8点到2点", "20:00-02:00"),
        ("晚上6点到12点", "18:00-24:00"),
        ("早8晚12", "08:00-24:00"),
        ("早8点到晚12点", "08:00-24:00"),
        ("晚上12点到早上6点", "00:00-06:00"),
        ("中午12点到晚上8点", "12:00-20:00"),
        ("8:30-17:30（午休12:00-14:00）", "08:30-12:00,14:00-17:30"),
        ("上午：8:30-12:00，下午：14:00-17:30", "08:30-12:00,14:00-17:30"),
        ("8:30-17:30，中午不休息", "08:30-17:30"),
        ("二十四小时营业", "24/7"),
        ("24小时全天候服务", "24/7"),
        ("Open 24 hours", "24/7"),
        ("Monday to Friday, 9am to 6pm; Saturday 10am-4pm; Sunday closed", "Mo-Fr 09:00-18:00; Sa 10:00-16:00; Su off"),
        ("daily 8am-10pm, closed on Monday", "08:00-22:00; Mo off"),
        ("早8晚10", "08:00-22:00"),
        ("8：00~次日2：00", "08:00-26:00"),
        ("May-Oct 08:00-20:00; PH off", "May-Oct 08:00-20:00; PH off"),
    ],
)
def test_opening_hours(said, kept):
    assert to_hours(said) == kept


@pytest.mark.parametrize(
    "said",
    [
        "随时",
        "周末休息",
        "8:00-25:00",
        "9点",
        "8:00-8:00",
        "电话预约",
        "周八 9:00-10:00",
        "节假日休息",
        "春节休息",
        "09:00-05:00",
        "13月-15月 8:00-9:00",
        "夏季",
        "夏季休息",
        "九点到五点",
        "9:00-5:00",
        "周一至周五 9:00-5:30",
        "早上8点到6点",
        "上午9点-5点",
    ],
)
def test_hours_that_nobody_can_read(said):
    with pytest.raises(NotHours):
        to_hours(said)


@given(
    st.text(
        alphabet="周一二三四五六日至到0123456789:：点半-—~,，;；休息全天小时上下午晚早夏冬季月节假其余照常 ",
        max_size=30,
    )
)
def test_hours_are_read_by_our_grammar_or_refused(said):
    try:
        kept = to_hours(said)
    except NotHours:
        return
    assert kept == "off" or any(rule.spans for rule in hours.rules(kept))
    assert to_hours(kept) == kept


@pytest.mark.parametrize(
    ("said", "value", "qualifier"),
    [
        ("1.2万", 12_000, "exact"),
        ("约150家", 150, "about"),
        ("6万余", 60_000, "over"),
        ("140余场", 140, "over"),
        ("近万名", 10_000, "nearly"),
        ("１２０", 120, "exact"),
        ("1,234", 1234, "exact"),
        ("至少10类", 10, "at_least"),
        ("超过150家", 150, "over"),
        ("150多家", 150, "over"),
        ("三十", 30, "exact"),
        ("一百二十", 120, "exact"),
        ("约１．５万人次", 15_000, "about"),
        ("1.1万", 11_000, "exact"),
        ("5 000", 5000, "exact"),
        ("三千", 3000, "exact"),
        ("12万8千", 128_000, "exact"),
        ("3万5", 35_000, "exact"),
        ("2万3千人", 23_000, "exact"),
        ("一万二千", 12_000, "exact"),
        ("一万五", 15_000, "exact"),
        ("百余家", 100, "over"),
        ("一百五十余人", 150, "over"),
        ("十万", 100_000, "exact"),
        ("150家企业", 150, "exact"),
        ("3854（个）", 3854, "exact"),
        ("二十一亿三千万", 2_130_000_000, "exact"),
        ("一百零五", 105, "exact"),
        (12, 12, "exact"),
        ("-5", -5, "exact"),
        ("上万人", 10_000, "over"),
        ("1e3", 1000, "exact"),
    ],
)
def test_numbers(said, value, qualifier):
    assert figure(said) == (value, qualifier)


@pytest.mark.parametrize(
    ("said", "unit", "value"),
    [
        ("120㎡", "m2", 120),
        ("50平方米", "m2", 50),
        ("1.5公顷", "m2", 15_000),
        ("0.3亩", "m2", 200),
        ("10.5万元", "yuan", 105_000),
        ("¥1,200.5", "yuan", 1200.5),
        ("人民币1200元整", "yuan", 1200),
    ],
)
def test_units_are_converted(said, unit, value):
    assert figure(said, unit).value == pytest.approx(value)


@pytest.mark.parametrize(
    ("said", "unit"),
    [
        ("12美元", "yuan"),
        ("nan", ""),
        ("inf", ""),
        ("1e999", ""),
        ("十几", ""),
        ("1_000", ""),
        ("120米", "m2"),
        (True, ""),
    ],
)
def test_what_is_no_number(said, unit):
    with pytest.raises(BadValue):
        figure(said, unit)


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15))
def test_a_number_as_python_writes_it_comes_back(value):
    assert figure(repr(value)).value == value


@pytest.mark.parametrize(
    "said",
    [
        "2024-05-25",
        "2024/5/25",
        "2024.5.25",
        "2024年5月25日",
        "20240525",
        20240525,
        45437,
        "45437",
        datetime(2024, 5, 25, 9),
        date(2024, 5, 25),
        "2024-05-25 09:30",
        "２０２４－０５－２５",
        "2024年5月25号",
        "二〇二四年五月二十五日",
        "2024/05/25 星期六",
        "2024年5月25日上午",
        "2024、5、25",
        "2024 5 25",
        "2024年5月25日起",
        "'2024-05-25",
        "2024-05-25 10:30-17:00",
    ],
)
def test_dates(said):
    assert as_date(said) == date(2024, 5, 25)


@pytest.mark.parametrize(
    ("said", "lacks"),
    [
        ("2023年6月", "只有年月"),
        ("2024.05", "只有年月"),
        (2023.6, "只有年月"),
        ("2024", "只有年月"),
        ("5月25日", "没有年份"),
        ("24.5.25", "两位"),
        ("25/5/2024", "先后"),
        ("2024-02-30", "没有这一天"),
        ("2024-05-25 至 2024-05-27", "一段"),
        ("2024年5月25日至27日", "一段"),
        ("2024.5.25-27", "一段"),
        ("2024年5月25日（周六）—26日", "一段"),
    ],
)
def test_what_a_date_lacks_is_said(said, lacks):
    with pytest.raises(BadValue, match=lacks):
        as_date(said)


@pytest.mark.parametrize(
    "said", ["2024-13-01", "2024-02-30", "5/25/2024", "24-05-25", "2024年5月", "明天", 3, 1e12, "9999999"]
)
def test_what_is_no_date(said):
    with pytest.raises(BadValue):
        as_date(said)


@pytest.mark.parametrize(
    ("column", "said", "value"),
    [
        ("facilities", "热水、微波炉,手机充电", "water;microwave;charging"),
        ("smart", "是", True),
        ("smart", "×", False),
        ("smart", "☑", True),
        ("status", "运营中", "open"),
        ("status", "Planned", "planned"),
        ("host_type", "银行网点", "bank"),
        ("provenance", "示意", "illustrative"),
        ("valid_from", "2024/1/2", "2024-01-02"),
        ("station_id", 1001.0, "1001"),
        ("adcode", 350203, "350203"),
        ("name", "'=不是公式", "=不是公式"),
        ("name", "  全角　", "全角"),
    ],
)
def test_codes_and_texts(column, said, value):
    assert reader("stations", STATIONS[column])(said) == value


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("facilities", "热水、电视"),
        ("status", "好"),
        ("smart", "也许"),
        ("name", "=1+1"),
        ("name", "a\x00b"),
        ("name", "#REF!"),
        ("name", "\ud800"),
        ("area_m2", "-3"),
    ],
)
def test_codes_and_texts_that_cannot_be_used(column, said):
    with pytest.raises(BadValue):
        reader("stations", STATIONS[column])(said)


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("118.0945", 118.0945),
        ("118°05'40.2\"E", 118.0945),
        ("东经118度5分40.2秒", 118.0945),
        ("24.47°N", 24.47),
        ("W 3.5°", -3.5),
        (118.0945, 118.0945),
        ("118°05’40.2”", 118.0945),
        ("118º5.67′", 118.0945),
        ("118 05 40.2", 118.0945),
        ("118-05-40.2", 118.0945),
    ],
)
def test_degrees(said, value):
    assert with_axis(said)[0] == pytest.approx(value, abs=1e-9)


def test_a_dash_is_nothing_but_in_a_name_it_is_a_dash():
    assert is_blank("—", STATIONS["area_m2"]) and is_blank("暂无", STATIONS["area_m2"])
    assert is_blank("—", STATIONS["opening_hours"]) and is_blank(" ", STATIONS["name"])
    assert not is_blank("暂无", STATIONS["opening_hours"])  # news of the hours: kept as written
    assert not is_blank("无", STATIONS["name"]) and not is_blank(0, STATIONS["area_m2"])


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("思明\u202e工会\u202c驿站", "思明工会驿站"),
        ("湖滨\u200b南路\u200d\u2060", "湖滨南路"),
        ("\u2067滨北\u2069", "滨北"),
        ("一层\u2028二层", "一层\n二层"),
    ],
)
def test_what_nobody_sees_is_not_read(written: str, read: str) -> None:
    assert checked_text(written) == read
    assert checked_text(read) == read
