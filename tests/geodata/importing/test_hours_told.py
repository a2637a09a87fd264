"""Opening hours in a file: what is not understood is told and kept, and what was written comes back as it was."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest

from geodata.exporting import FORMATS, export
from geodata.importing import hours_column
from geodata.importing.check import check_file

DATA = Path(__file__).parents[2] / "data"
HEAD = "站点名称,县区代码,经度,纬度,开放时间\n"
HOURS = ("opening_hours", "opening_hours_text")
WRITTEN = (
    ("08:00-22:00", "08:00-22:00"),
    ("周一至周五 8:30-17:30，周六9:00-12:00", "Mo-Fr 08:30-17:30; Sa 09:00-12:00"),
    ("９：００－１８：００", "09:00-18:00"),
    ("9:00-17:00，节假日另行通知", "09:00-17:00; PH unknown"),
    ("夏季8:00-20:00，冬季9:00-18:00", "May-Oct 08:00-20:00; Nov-Apr 09:00-18:00"),
    ("暂停服务", "off"),
    ("同所在银行营业时间", None),
    ("待定", None),
    ("=9:00-17:00", None),
    ("每天12小时", None),
    ("周一至周五，节假日休息，9:00-17:00", None),
    ("", None),
)


@pytest.fixture
def ledger(checked):
    rows = [f"测点{at},350203,{118.09 + at / 1000:.3f},24.47,{said}\n" for at, (said, _) in enumerate(WRITTEN)]
    return checked(HEAD + "".join(rows))


def test_each_cell_is_hours_or_unknown_and_its_text_is_kept(ledger):
    assert ledger.report.errors == [] and ledger.report.accepted == len(WRITTEN)
    found = [None if pd.isna(one) else one for one in ledger.frame["opening_hours"]]
    assert found == [kept for _, kept in WRITTEN]
    texts = [None if pd.isna(one) else one for one in ledger.frame["opening_hours_text"]]
    assert texts == [None if said in ("", kept) else said for said, kept in WRITTEN]


def test_one_warning_names_the_rows_and_the_texts_that_are_not_understood(ledger):
    (told,) = [one.as_dict() for one in ledger.report.warnings if one.code == "hours"]
    strange = [(at + 2, said) for at, (said, kept) in enumerate(WRITTEN) if said and kept is None]
    assert told["rows"] == [row for row, _ in strange] and told["row"] == strange[0][0] and told["column"] == "开放时间"
    assert str(len(strange)) in told["message"] and all(said in told["message"] for _, said in strange)
    assert "8:00-22:00" in told["expected"]
    assert ledger.report.as_dict()["unknown_hours"] == ledger.report.unknown_hours == len(strange)
    assert [(row, said) for _, row, said in ledger.report.unknown_hours_rows] == strange  # an empty cell is no text


def test_a_file_of_hours_that_are_all_understood_is_told_nothing(checked):
    found = checked(HEAD + "甲,350203,118.09,24.47,早九晚五\n")
    assert found.report.unknown_hours == 0 and not [one for one in found.report.warnings if one.code == "hours"]


@pytest.mark.parametrize("fmt", FORMATS)
def test_hours_and_their_texts_come_back_as_they_were(ledger, own, tmp_path, fmt):
    own.apply("stations", ledger.frame)
    stored = own.read("stations")
    stored = stored[stored["name"].isin(ledger.frame["name"])]
    again = check_file(export(stored, "stations", tmp_path / f"f.{fmt}", fmt), "stations", own)
    assert again.report.errors == [] and again.report.unknown_hours == ledger.report.unknown_hours
    rows = again.frame.set_index("name")
    for (said, kept), name in zip(WRITTEN, ledger.frame["name"], strict=True):
        hours, text = (None if pd.isna(rows.loc[name, one]) else rows.loc[name, one] for one in HOURS)
        assert (hours, text) == (kept, None if said in ("", kept) else said)


def test_every_text_by_another_hand_is_a_row(checked):
    with (DATA / "hours_by_another_hand.csv").open(encoding="utf-8-sig", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    rows = pd.DataFrame({"站点名称": [f"测点{at}" for at in range(len(texts))], "县区代码": "350203"})
    rows = rows.assign(经度=[118.09 + at / 1000 for at in range(len(texts))], 纬度=24.47, 开放时间=texts)
    found = checked(rows.to_csv(index=False))
    assert found.report.errors == [] and found.report.accepted == len(texts) == 100
    unknown = found.frame["opening_hours"].isna()
    said = found.frame["opening_hours_text"].fillna(found.frame["opening_hours"])
    blank = [text == "无" for text in texts]  # nothing is said
    assert said[~pd.Series(blank)].tolist() == [text for text in texts if text != "无"]
    assert found.report.unknown_hours == int(unknown.sum()) - sum(blank)


def test_a_column_of_something_else_is_not_read_to_its_end(checked, monkeypatch):
    monkeypatch.setattr(hours_column, "MOST_UNREAD", 20)
    rows = [f"站{at},思明区,说明第{at}号" for at in range(60)]
    found = checked("站点名称,所属区,开放时间\n" + "\n".join([*rows, "末站,思明区,8:00-20:00"]) + "\n")
    assert found.report.errors == [] and len(found.frame) == 61
    assert found.report.unknown_hours == 61 and found.frame["opening_hours"].isna().all()
    assert found.frame["opening_hours_text"].notna().all()  # all as written
    assert "20 多种写法都读不懂" in " ".join(one.text() for one in found.report.warnings)
    few = checked("站点名称,所属区,开放时间\n" + "\n".join([*rows[:19], "末站,思明区,8:00-20:00"]) + "\n")
    assert few.frame["opening_hours"].notna().sum() == 1
