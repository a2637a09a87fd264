"""A number that its format shows as another text is read as what people see."""

from __future__ import annotations

import io
import math

import pytest
from openpyxl import Workbook

from geodata.importing.number_formats import added


@pytest.mark.parametrize(
    ("code", "value", "shown"),
    [
        ('0"亩"', 3, "3亩"),
        ('#,##0.00"万元"', 1.5, "1.5万元"),
        ("000000", 5, "000005"),
        ('"SM-"000', 7, "SM-007"),
        ("[$US$-409]#,##0.00", 120, "US$120"),
        ("\\约0", 30, "约30"),
        ('[Red]0"间";-0', 2, "2间"),
        ('0_ "㎡"', -2.5, "-2.5㎡"),
        ("General", 5, None),
        ("0.00", 5, None),
        ("#,##0", 5, None),
        ('_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ;_ @_ ', 5, None),
        ("0%", 0.5, None),
        ("@", 5, None),
        ('"√";;', 1, None),
        (None, 5, None),
    ],
)
def test_what_a_format_adds(code, value, shown):
    found = added(code)
    assert (None if found is None else found.to(value)) == shown


@pytest.mark.parametrize(("code", "area"), [('0"亩"', 20 * 2000 / 3), ('0"㎡"', 20), ('0"间"', None), ("0.0", 20)])
def test_an_area_is_what_the_screen_says(checked, code, area):
    book, held = Workbook(), io.BytesIO()
    book.active.append(["驿站名称", "所属区", "地址", "面积"])
    book.active.append(["甲站", "思明区", "湖滨南路 1 号", 20])
    book.active["D2"].number_format = code
    book.save(held)
    found = checked(held.getvalue(), name="t.xlsx")
    got = found.frame["area_m2"][0]
    assert found.report.errors == [] and (math.isnan(got) if area is None else got == pytest.approx(area))
