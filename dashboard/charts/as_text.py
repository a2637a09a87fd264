"""A chart in words: for who hears it, and for why it is not there."""

from __future__ import annotations

from dashboard.charts.chart import Chart
from dashboard.filters_in_words import colon
from dashboard.words import Words


def label(chart: Chart) -> str:
    """Return the answer and what it is of, as a description of the picture."""
    return f"{chart.title} {chart.subtitle}"


def reason(chart: Chart, words: Words) -> str:
    """Return why an empty chart is empty, for paper: on a page links follow, so what it is of says why."""
    return f"{chart.title}{colon(words)}{chart.subtitle or chart.empty}"
