"""A chart as a table: the same figures as words, to be copied and read aloud."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from dashboard.charts.chart import Chart, Series
from dashboard.words import Words


@dataclass(frozen=True, slots=True)
class Table:
    """A table as texts: the first cell of each row is its head."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def table(chart: Chart, words: Words) -> Table | None:
    """Return the figures of `chart`.

    A row a category, a column a series, last the provenance of what the row holds; None where it has none.
    """
    if not any(value is not None for one in chart.series for value in one.values):
        return None
    caption = " — ".join(filter(None, (chart.title, chart.subtitle if chart.room != "box" else "")))
    if chart.kind == "calendar":
        return _weeks(chart, caption, words)
    return Table(
        caption,
        (chart.head or words("项目"), *(one.name for one in chart.series), words("数据来源")),
        tuple(
            (
                chart.category_format.format(category),
                *(value_text(one, at, chart, words) for one in chart.series),
                words.provenance(chart.origin(at)),
            )
            for at, category in list(enumerate(chart.categories))[:: chart.listed_every]
        ),
    )


def value_text(series: Series, at: int, chart: Chart, words: Words) -> str:
    """Return the value of `series` at a position as words."""
    if series.texts:
        return series.texts[at]
    value = series.values[at]
    if value is None:
        return words("未报道")
    if chart.is_share:
        return words.share(value)
    return words.number(value, chart.digits)


def _weeks(chart: Chart, caption: str, words: Words) -> Table | None:
    """Return a calendar as a table: a row a week, how many on each of its days."""
    weekdays = words.weekdays
    weeks: dict[date, list[str]] = {}
    for category, count in zip(chart.categories, chart.series[0].values, strict=True):
        day = date.fromisoformat(category)
        if count:
            weeks.setdefault(day - timedelta(days=day.weekday()), []).append(
                f"{weekdays[day.weekday()]} {words.number(count)}"
            )
    rows = tuple((words.date(monday), words.listed(held)) for monday, held in weeks.items())
    return Table(caption, (chart.head, words("有记录的各天（项）")), rows) if rows else None
