"""Cells as clerks write them: each is read as written, or unknown and told; none is read as something else.

``clerks_cells.csv`` has a header, a cell, a column of the table and its value, written by hand: ``?`` where it is
unknown.
"""

from __future__ import annotations

import csv
from datetime import date, time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.geodata.importing.test_structure import book

CASES = Path(__file__).parents[2] / "data" / "clerks_cells.csv"


def said(value: Any) -> str:
    if value is None or (not hasattr(value, "x") and pd.isna(value)):
        return "?"
    if hasattr(value, "x"):
        return f"{value.x:.4f} {value.y:.4f}"
    if isinstance(value, date):
        return f"{value:%F}"
    return str(round(value, 2) if isinstance(value, float) else value)


def test_every_cell_of_the_list(checked):
    groups: dict[tuple[str, str], list[dict[str, str]]] = {}
    with CASES.open(encoding="utf-8", newline="") as file:
        for one in csv.DictReader(file):
            groups.setdefault((one["header"], one["column"]), []).append(one)
    assert sum(map(len, groups.values())) > 100
    wrong, silent = {}, []
    for (header, column), cases in groups.items():
        rows = [["驿站名称", "所属区", "地址", header]]
        rows += [[f"站{at}", "思明区", f"{at} 号", one["cell"]] for at, one in enumerate(cases)]
        found = checked(book(("台账", rows, ())), name="f.xlsx")
        assert len(found.frame) == len(cases), [one.text() for one in found.report.errors]
        told = {row for one in found.report.warnings for row in (*one.rows, one.row)}
        for number, (one, got) in enumerate(zip(cases, found.frame[column], strict=True), 2):
            if said(got) != one["value"]:
                wrong[header, one["cell"]] = (said(got), one["value"])
            if one["value"] == "?" and one["cell"] not in ("无", "/", "待定", "0") and number not in told:
                silent.append(one["cell"])
    assert (wrong, silent) == ({}, [])


HEAD = ["区", "名称", "地址"]


@pytest.mark.parametrize(
    ("titles", "rows", "column", "want"),
    [
        (["已建成", "在建", "拟建"], [["√", None, None], [None, "√", None], [None, None, "√"], ["√", "√", None]],
         "status", ["open", "planned", "planned", "unknown"]),
        (["开门时间", "关门时间"], [[time(8), time(20)], [0.354166667, 0.75], ["8点", "20点"]], "opening_hours",
         ["08:00-20:00", "?", "08:00-20:00"]),
        (["开放时间"], [[time(8)], [24], [0.5], ["2023.5"], ["8:00-18:00？"]], "opening_hours", ["?"] * 5),
        (["开放时间", "是否24小时"], [["8:00-18:00", "是"], ["全天", "否"], ["全天", "是"], ["8:00-18:00", "否"]],
         "opening_hours", ["?", "?", "24/7", "08:00-18:00"]),
        (["开放时间"], [["8:00-18:00（已停用）"], ["暂停开放"], ["8:00-18:00"]], "status",
         ["unknown", "unknown", "open"]),
        (["工作日开放时间", "周末开放时间", "节假日是否开放"], [["8:00-18:00", "不开放", "否"]], "opening_hours",
         ["Mo-Fr 08:00-18:00; Sa,Su off; PH off"]),
    ],
)  # fmt: skip
def test_columns_that_are_one_thing(checked, titles, rows, column, want):
    table = [[*HEAD, *titles], *(["思明区", f"站{at}", f"{at} 号", *row] for at, row in enumerate(rows))]
    found = checked(book(("台账", table, ())), name="f.xlsx")
    assert [said(one) for one in found.frame[column]] == want


def test_a_name_that_says_it_is_gone(checked):
    names = ["甲站（撤）", "乙站-已关", "【停用】丙站", "丁站（建设中）", "戊站（关东店）", "己停站"]
    table = [HEAD, *(["思明区", one, f"{at} 号"] for at, one in enumerate(names))]
    found = checked(book(("台账", table, ())), name="f.xlsx")
    assert found.frame["status"].tolist() == ["unknown"] * 4 + ["open"] * 2
