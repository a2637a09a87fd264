"""The workbook inside a chart holds texts as texts: a name that looks like a formula is none."""

from __future__ import annotations

import io

import openpyxl
from pptx import Presentation
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from dashboard.charts.as_pptx import chart_data
from dashboard.charts.chart import Chart, Series

NAMES = ("=HYPERLINK(1)", "\n=1+1", "+1", "-2", "@x", "＝1", "http://evil.example", "驿站")


def test_names_in_the_workbook_of_a_chart_are_no_formulas() -> None:
    series = tuple(Series(name=name, values=tuple(range(len(NAMES))), color="#000000") for name in NAMES[:3])
    chart = Chart(
        id="months",
        title="",
        subtitle="",
        provenance=None,
        kind="bar",
        categories=NAMES,
        series=series,
        number_format="0",
    )
    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    frame = slide.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, 0, 0, Inches(5), Inches(3), chart_data(chart))
    blob = frame.chart.part.chart_workbook.xlsx_part.blob
    sheet = openpyxl.load_workbook(io.BytesIO(blob)).active
    told = [sheet.cell(row, 1) for row in range(2, 2 + len(NAMES))] + [sheet.cell(1, at) for at in (2, 3, 4)]
    assert [cell.value for cell in told] == [*NAMES, *NAMES[:3]]
    assert {cell.data_type for cell in told} == {"s"} and not any(cell.hyperlink for cell in told)
    assert all(cell.quotePrefix for cell in told if cell.value not in NAMES[-2:])
    assert [sheet.cell(row, 2).value for row in range(2, 2 + len(NAMES))] == list(range(len(NAMES)))
    assert list(frame.chart.plots[0].categories) == list(NAMES)  # as they are read on the slide
