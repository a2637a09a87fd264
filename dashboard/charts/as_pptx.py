"""Charts and tables as PowerPoint's own: with a data sheet that can be edited, in the theme's colours."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from pptx.chart.chart import Chart as NativeChart
from pptx.chart.data import CategoryChartData
from pptx.chart.xlsx import CategoryWorkbookWriter
from pptx.dml.color import RGBColor
from pptx.dml.fill import FillFormat
from pptx.enum.chart import (
    XL_CHART_TYPE,
    XL_LABEL_POSITION,
    XL_LEGEND_POSITION,
    XL_MARKER_STYLE,
    XL_TICK_LABEL_POSITION,
    XL_TICK_MARK,
)
from pptx.enum.dml import MSO_LINE, MSO_PATTERN, MSO_THEME_COLOR
from pptx.enum.text import MSO_ANCHOR
from pptx.oxml.ns import qn
from pptx.table import Table, _Cell
from pptx.text.text import Font
from pptx.util import Emu, Pt
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from dashboard.charts.chart import Chart, Series
from dashboard.theme import recolour
from geodata.importing.bad import is_formula

TYPES = {
    "share_bar": XL_CHART_TYPE.BAR_CLUSTERED,
    "bar": XL_CHART_TYPE.BAR_CLUSTERED,
    "grouped_bar": XL_CHART_TYPE.BAR_CLUSTERED,
    "dots": XL_CHART_TYPE.BAR_CLUSTERED,
    "stacked_bar": XL_CHART_TYPE.BAR_STACKED,
    "stacked_column": XL_CHART_TYPE.COLUMN_STACKED,
    "calendar": XL_CHART_TYPE.COLUMN_CLUSTERED,
    "step": XL_CHART_TYPE.LINE,
    "line": XL_CHART_TYPE.LINE,
}
LINES = ("step", "line")
INVENTED = ("illustrative", "mixed")
LINE = 1.22  # line height over type size in a cell of several lines


class _Sheet(CategoryWorkbookWriter):
    """Writes the workbook of a chart with every text as text.

    A name that looks like a formula or an address is neither.
    """

    @contextmanager
    def _open_worksheet(self, xlsx_file: Any) -> Generator[tuple[Workbook, Worksheet]]:
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        with Workbook(xlsx_file, options) as book:
            # as the apostrophe that one types in Excel: it stays text when the cell is edited, and is not seen in the
            # chart
            quoted = book.add_format({"quote_prefix": True})
            sheet = book.add_worksheet()
            sheet.add_write_handler(
                str,
                lambda page, row, at, text, *_: page.write_string(row, at, text, quoted) if is_formula(text) else None,
            )
            yield book, sheet


class _Data(CategoryChartData):
    """The data of a chart whose workbook holds no formula."""

    @property
    def _workbook_writer(self) -> _Sheet:  # ty: ignore[incompatible-property-override] - nobody writes it
        return _Sheet(self)


def chart_data(chart: Chart) -> CategoryChartData:
    """Return the data sheet of a chart: its categories down, its series across."""
    data = _Data(number_format=chart.number_format)
    # a cell holds a number or nothing: what is withheld is said beside its name
    data.categories = tuple(
        " ".join([name, *(one.texts[at] for one in chart.series if one.is_below(at))])
        for at, name in enumerate(chart.categories)
    )
    for one in chart.series:
        data.add_series(one.name, one.values)
    return data


def east_asian(properties: Any, face: str) -> None:
    """Set the font of Chinese characters: python-pptx sets only that of Latin ones."""
    for old in properties.findall(qn("a:ea")):
        properties.remove(old)
    element = properties.makeelement(qn("a:ea"), {"typeface": face})
    latin = properties.find(qn("a:latin"))
    if latin is None:
        properties.append(element)
    else:
        latin.addnext(element)


def type_of(font: Font, size: float, face: str | None, muted: bool = False, bold: bool | None = None) -> None:
    """Set size (points), colour of the theme and both fonts."""
    font.size = Pt(size)
    if bold is not None:
        font.bold = bold
    font.color.theme_color = MSO_THEME_COLOR.TEXT_2 if muted else MSO_THEME_COLOR.TEXT_1
    if face:
        font.name = face
        east_asian(font._element if hasattr(font, "_element") else font._rPr, face)


def dress_chart(native: NativeChart, chart: Chart, height: float, mode: str, face: str | None) -> None:
    """Make a native chart look as the page's panel does.

    Parameters
    ----------
    height : float
        Inches that it has: many bars get small type.
    """
    rows = max(len(chart.categories), 1)
    size = 8.0 if height < 1.6 else 9.0
    if chart.is_lying:
        size = max(5.0, min(9.0, (height - 0.1) * 72 / rows * 0.66))
    native.has_title = False
    native.has_legend = len(chart.series) > 1
    type_of(native.font, size, face)
    if native.has_legend:
        native.legend.position = XL_LEGEND_POSITION.TOP
        native.legend.include_in_layout = False
        native.legend.font.size = Pt(min(size, 8.5))
    plot = native.plots[0]
    plot.vary_by_categories = False
    if chart.kind not in LINES:
        plot.gap_width = 35
    value, category = native.value_axis, native.category_axis
    value.has_major_gridlines = value.visible = not chart.is_lying
    if value.has_major_gridlines:
        value.major_gridlines.format.line.color.theme_color = MSO_THEME_COLOR.TEXT_2
        value.major_gridlines.format.line.color.brightness = 0.6 if mode == "light" else -0.5
        value.major_gridlines.format.line.width = Pt(0.5)
    value.minimum_scale = 0
    value.format.line.fill.background()
    value.major_tick_mark = category.major_tick_mark = XL_TICK_MARK.NONE
    value.tick_labels.number_format, value.tick_labels.number_format_is_linked = chart.number_format, False
    category.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    category.format.line.color.theme_color = MSO_THEME_COLOR.TEXT_2
    category.has_major_gridlines = False
    if chart.is_lying and chart.is_share:
        value.maximum_scale = 1.25  # room for the label of a full bar
    category.reverse_order = chart.top_down
    if chart.labels:
        plot.has_data_labels = True
        labels = plot.data_labels
        labels.number_format, labels.number_format_is_linked = chart.number_format, False
        labels.show_value = True
        labels.position = XL_LABEL_POSITION.OUTSIDE_END
        labels.font.size = Pt(size)
        labels._element.txPr.bodyPr.set("wrap", "none")  # LibreOffice breaks a label at a fifth of the chart's width
    for native_series, series in zip(plot.series, chart.series, strict=True):
        _dress_series(native_series, series, chart, mode)
        if chart.labels and not chart.is_share:
            _qualify(native_series, series, size)


def _dress_series(native: Any, series: Series, chart: Chart, mode: str) -> None:
    if chart.kind in LINES:
        native.smooth = False
        native.format.line.color.rgb = _rgb(series.color, mode)
        native.format.line.width = Pt(1.25 if series is chart.series[0] else 2.25)
        native.marker.style = XL_MARKER_STYLE.NONE
        if series is chart.series[0]:
            native.format.line.dash_style = MSO_LINE.DASH
        return
    native.invert_if_negative = False
    _fill(native.format.fill, series.color, series.provenance, mode)
    for position in range(len(series.values)):
        own = series.color_of(position), series.origin(position)
        if own != (series.color, series.provenance):
            _fill(native.points[position].format.fill, *own, mode)


def _qualify(native: Any, series: Series, size: float) -> None:
    """Write the label of each value as it is told, by a number format: it goes on with the data sheet."""
    for position, (text, value) in enumerate(zip(series.texts, series.values, strict=False)):
        before, number, after = text.partition(f"{value:,.0f}") if value is not None else ("", "", "")
        if not number:
            continue
        label = native.points[position].data_label
        label.position = XL_LABEL_POSITION.OUTSIDE_END
        label.font.size = Pt(size)
        element = label._get_or_add_dLbl()
        element.find(qn("c:txPr")).find(qn("a:bodyPr")).set("wrap", "none")
        code = "".join((f'"{before}"' if before else "", "#,##0", f'"{after}"' if after else ""))
        element.find(qn("c:idx")).addnext(
            element.makeelement(qn("c:numFmt"), {"formatCode": code, "sourceLinked": "0"})
        )


def _fill(fill: FillFormat, color: str, provenance: str | None, mode: str) -> None:
    if provenance in INVENTED:
        fill.patterned()
        fill.pattern = MSO_PATTERN.WIDE_UPWARD_DIAGONAL
        fill.fore_color.rgb = (
            RGBColor(0xFF, 0xFF, 0xFF) if mode == "light" else RGBColor.from_string(recolour.GROUND.lstrip("#"))
        )
        fill.back_color.rgb = _rgb(color, mode)
    else:
        fill.solid()
        fill.fore_color.rgb = _rgb(color, mode)


def _rgb(color: str, mode: str) -> RGBColor:
    return RGBColor.from_string(recolour.color(color, mode).lstrip("#").upper())


def write_cell(cell: _Cell, parts: list[tuple[str, float, bool, bool]], face: str | None) -> None:
    """Write a cell: its text, size, whether bold, whether muted.

    Each part a line, ``\\t`` before a part joins it to the last.
    """
    frame = cell.text_frame
    frame.word_wrap = True
    for side in ("margin_left", "margin_right"):
        setattr(cell, side, Emu(60_000))
    cell.margin_top, cell.margin_bottom = Emu(40_000 if len(parts) > 1 else 15_000), Emu(15_000)
    cell.vertical_anchor = MSO_ANCHOR.TOP if len(parts) > 1 else MSO_ANCHOR.MIDDLE
    paragraph = frame.paragraphs[0]
    for number, (text, size, bold, muted) in enumerate(parts):
        joined = text.startswith("\t")
        if number and not joined:
            paragraph = frame.add_paragraph()
        if len(parts) > 1 and not joined:
            paragraph.line_spacing = Pt(size * LINE)  # as high in whichever font: figures in a row stand level
        run = paragraph.add_run()
        run.text = text.removeprefix("\t")
        type_of(run.font, size, face, muted, bold)


def plain_table(table: Table, heads: int = 0) -> None:
    """Take the default style's bands and fills off: hairlines between rows, as on the page."""
    properties: Any = table._tbl.tblPr
    for name in ("firstRow", "bandRow"):
        properties.set(name, "0")
    style = properties.find(qn("a:tableStyleId"))
    if style is not None:
        style.text = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"  # no style, no grid
    for number, row in enumerate(table.rows):
        for cell in row.cells:
            holder = cell._tc.get_or_add_tcPr()
            for edge, width in (
                ("a:lnL", 0),
                ("a:lnR", 0),
                ("a:lnT", 6350 if number == 0 and not heads else 0),
                ("a:lnB", 15875 if number < heads else 6350),
            ):
                holder.append(_line(holder, edge, width))
            holder.append(holder.makeelement(qn("a:noFill"), {}))


def _line(holder: Any, edge: str, width: int) -> Any:
    line = holder.makeelement(qn(edge), {"w": str(width)})
    if not width:
        line.append(line.makeelement(qn("a:noFill"), {}))
        return line
    fill = line.makeelement(qn("a:solidFill"), {})
    fill.append(fill.makeelement(qn("a:schemeClr"), {"val": "tx2"}))
    line.append(fill)
    return line
