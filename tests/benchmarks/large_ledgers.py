"""Seeded ledgers of stations of any length, as .csv and .xlsx:
``python -m tests.benchmarks.large_ledgers 1000000 FILE.csv``.

Every row has an id, a name and an address of its own, a county of Fujian's and a point near it (WGS-84), as a ledger of
a whole province would; written row by row, so that the length costs no memory.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

HEADER = (
    "编号",
    "名称",
    "地址",
    "行政区划",
    "状态",
    "建成日期",
    "依托单位类型",
    "面积",
    "开放时间",
    "智能化",
    "设施",
    "服务",
    "经度",
    "纬度",
)
#: Code, name and middle of counties, degrees.
COUNTIES = (
    ("350203", "思明区", 118.08, 24.445),
    ("350206", "湖里区", 118.12, 24.505),
    ("350212", "同安区", 118.15, 24.75),
    ("350102", "鼓楼区", 119.29, 26.08),
    ("350502", "鲤城区", 118.58, 24.91),
)
BLOCK = 10_000


def rows(count: int, seed: int = 3) -> Iterator[tuple[object, ...]]:
    """Yield the rows of a ledger, points as floats."""
    rng = np.random.default_rng(seed)
    for start in range(0, count, BLOCK):
        size = min(BLOCK, count - start)
        at = rng.integers(0, len(COUNTIES), size).tolist()
        shifts = rng.normal(0, 0.01, (size, 2)).tolist()
        areas = rng.integers(10, 120, size).tolist()
        for one in range(size):
            code, name, lon, lat = COUNTIES[at[one]]
            number = start + one
            yield (
                f"S{number:07d}",
                f"{name}驿站{number}",
                f"某路{number}号",
                code,
                "开放",
                f"20{15 + number % 9}-0{1 + number % 9}-1{number % 10}",
                "",
                areas[one],
                "8:00-18:00" if number % 3 else "周一至周五 9:00-17:30",
                "是" if number % 2 else "否",
                "饮水；休息" if number % 3 else "",
                "",
                round(lon + shifts[one][0], 6),
                round(lat + shifts[one][1], 6),
            )


def write_csv(path: Path, count: int) -> Path:
    """Write a ledger as UTF-8 text."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(rows(count))
    return path


def write_xlsx(path: Path, count: int) -> Path:
    """Write a ledger as a workbook."""
    import xlsxwriter

    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = book.add_worksheet("驿站")
    sheet.write_row(0, 0, HEADER)
    for at, row in enumerate(rows(count), 1):
        sheet.write_row(at, 0, row)
    book.close()
    return path


if __name__ == "__main__":
    target = Path(sys.argv[2])
    (write_xlsx if target.suffix == ".xlsx" else write_csv)(target, int(sys.argv[1]))
