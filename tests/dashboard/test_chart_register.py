"""Each chart of the register says the same numbers wherever it is drawn: picture, table, data sheet of a slide."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from pptx import Presentation
from pptx.util import Inches

from dashboard import theme
from dashboard.charts import as_plotly, as_pptx, as_table, as_text
from dashboard.charts.chart import Chart
from dashboard.charts.register import OVERVIEW, REGISTER, TRAILS, Entry
from dashboard.export import frames
from dashboard.locale import load_words
from dashboard.words import Words
from layers.atlas import Atlas
from layers.filters import Filters
from layers.trails import check
from tests.layers.towns import river_atlas

VIEWS = (Filters(), Filters(place="640200"), Filters(place="350203", hour=22), Filters(place="210900"))
OTHER = "640100"
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def made(atlas: Atlas, entry: Entry, lang: str) -> Iterator[tuple[Chart, Words]]:
    """Yield what the maker of `entry` makes of each view."""
    words = Words(lang, load_words()[lang])
    atlas = river_atlas() if entry.id == "walked" else atlas  # the atlas as it ships has no network
    make = partial(entry.make, other=OTHER) if "other" in inspect.signature(entry.make).parameters else entry.make
    for view in VIEWS:
        chart = make(atlas, view.having(lang=lang), words)
        if chart is not None and not chart.empty:
            yield chart, words


def drawn(figure: dict[str, Any], chart: Chart) -> list[dict[str, float]]:
    """Return what each series of a picture shows.

    Name of a category as it stands there → number, in the order of the series.
    """
    traces = [one for one in figure["data"] if one["type"] == "bar" or one.get("name")]
    if chart.kind == "calendar":
        heat = figure["data"][0]
        cells = [
            (day, text.split("<br>")[1])
            for row in zip(heat["customdata"], heat["hovertext"], strict=True)
            for day, text in zip(*row, strict=True)
            if day
        ]
        found = [(day, [int(one) for one in re.findall(r"\d+", text)] or [0, 0]) for day, text in cells]
        return [{day: counts[at] for day, counts in found} for at in (0, 1)]
    if chart.kind == "dots":
        return [{chart.categories[0]: len(traces[0]["x"])}]
    lying = traces[0].get("orientation") == "h"
    along, across = ("x", "y") if lying else ("y", "x")
    axis = figure["layout"][f"{across}axis"]
    names = dict(zip(axis.get("tickvals", ()), axis.get("ticktext", ()), strict=True)) if lying else {}
    return [
        {names.get(at, at): value for at, value in zip(one[across], one[along], strict=True) if value is not None}
        for one in traces
    ]


def at_axis(chart: Chart, at: int) -> Any:
    """Return how a category stands at the axis of a picture."""
    if chart.positions:
        return chart.positions[at]
    whole = chart.room == "text" or chart.kind in ("calendar", "dots")  # where there is room
    name = chart.categories[at] if whole else theme.brief(chart.categories[at])
    value = chart.series[0].values[at]
    return f"{name}  <b>{value:.1%}</b>" if chart.kind == "share_bar" and value is not None else name


def told(text: str, is_share: bool) -> float | None:
    """Return the number that a cell says; None where it says none."""
    found = [float(one.replace(",", "")) for one in NUMBER.findall(text)]
    if not found:
        return None
    if is_share:
        return found[0] / 100 if "%" in text else found[0] / found[1]
    return found[0] * (10_000 if "万" in text else 1)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("entry", REGISTER, ids=[one.id for one in REGISTER])
def test_picture_table_and_data_sheet_say_the_same_numbers(atlas: Atlas, entry: Entry, lang: str) -> None:
    charts = list(made(atlas, entry, lang))
    assert charts, "some view has it"
    for chart, words in charts:
        assert chart.id == entry.id and chart.title in as_text.label(chart)
        scale = 100 if chart.is_share and chart.kind not in ("bar", "grouped_bar") else 1
        first, after = chart.drawn or (0, len(chart.categories))
        shown = range(first, after)
        wanted = [
            {at_axis(chart, at): (one.values[at] or 0) for at in shown if at_axis(chart, at) is not None}
            for one in chart.series
        ]
        seen = drawn(as_plotly.figure(chart, words), chart)
        assert len(seen) == len(wanted)
        for picture, data in zip(seen, wanted, strict=True):
            assert {name: picture.get(name, 0) for name in data} == pytest.approx(
                {name: value * scale for name, value in data.items()}
            )
            assert set(picture) <= set(data)
        _data_sheet(chart)
        _table(chart, words)


def test_a_report_has_a_frame_for_every_chart_of_the_overview() -> None:
    """A chart more needs a frame more in dashboard/export/frames.py; without one it would be cited and not drawn."""
    held = {int(one) for one in re.findall(r'"chart(\d+)"', inspect.getsource(frames))}
    assert held and len(OVERVIEW) <= max(held)


def _data_sheet(chart: Chart) -> None:
    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    frame = slide.shapes.add_chart(as_pptx.TYPES[chart.kind], 0, 0, Inches(5), Inches(3), as_pptx.chart_data(chart))
    as_pptx.dress_chart(frame.chart, chart, 3.0, "light", None)
    plot = frame.chart.plots[0]
    assert [str(one) for one in plot.categories] == list(chart.categories)
    assert [(one.name, list(one.values)) for one in plot.series] == [
        (one.name, list(one.values)) for one in chart.series
    ]
    if chart.is_lying:
        assert frame.chart.category_axis.reverse_order == chart.top_down


def _table(chart: Chart, words: Words) -> None:
    table = as_table.table(chart, words)
    assert table is not None and chart.title in table.caption
    if chart.kind == "calendar":
        days = [int(one) for row in table.rows for one in re.findall(r" (\d+)", row[1])]
        assert days == [int(value or 0) for value in chart.series[0].values if value]
        return
    assert [name for name, *_ in table.rows] == [chart.category_format.format(one) for one in chart.categories]
    labels = {words.provenance(one) for one in ("reported", "derived", "illustrative", "mixed")}
    for at, row in enumerate(table.rows):
        assert row[-1] in labels or not any(one.values[at] for one in chart.series), row
        for text, series in zip(row[1:-1], chart.series, strict=True):
            number, value = told(text, chart.is_share), series.values[at]
            assert (number is None) == (value is None) or (number is None and series.texts), text
            if number is not None:
                assert number == pytest.approx(value, rel=1e-5, abs=0.0005 if chart.is_share else 0.05), text


@pytest.mark.parametrize("entry", REGISTER, ids=[one.id for one in REGISTER])
def test_what_explains_a_chart_is_known(atlas: Atlas, entry: Entry) -> None:
    assert entry.trail and all(check(atlas, mark) for mark in entry.trail)


def test_a_name_is_registered_once() -> None:
    assert len(TRAILS) == len(REGISTER) and all(one.page.startswith("/") for one in REGISTER)


def test_what_is_made_up_is_hatched_wherever_it_is_drawn(atlas: Atlas) -> None:
    seen = 0
    for entry in REGISTER:
        for chart, words in made(atlas, entry, "zh"):
            bars = [one for one in as_plotly.figure(chart, words)["data"] if one["type"] == "bar"]
            for trace, series in zip(bars, chart.series, strict=False):
                shape = trace["marker"]["pattern"]["shape"]
                count = len(series.values)
                origins = [series.origin(at) for at in range(count)]
                invented = any(one in ("illustrative", "mixed") for one in origins)
                hatched = any(one in ("/", "x") for one in ([shape] if isinstance(shape, str) else shape))
                assert hatched == invented, (chart.id, series.name)
                seen += invented
    assert seen


def test_whole_names_are_kept_beside_shortened_ones(atlas: Atlas) -> None:
    words = Words("en", load_words()["en"])
    entry = next(one for one in REGISTER if one.id == "ranking")
    chart = entry.make(atlas, Filters(place="640200", lang="en"), words)
    assert chart is not None
    short, whole = (as_plotly.row_names(chart, words, whole=one) for one in (False, True))
    assert any(one.endswith("…") for one in short) and whole == list(chart.categories)
    assert not any("…" in cell for row in as_table.table(chart, words).rows for cell in row)
