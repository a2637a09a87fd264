"""The page of sources: its lines, with the way from each fact and each figure to its trail."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dashboard.charts.chart import Chart
from dashboard.charts.register import TRAILS
from dashboard.components.trail import trail_address
from dashboard.context import Context
from dashboard.export.citations import Piece
from dashboard.export.document import Brief, Figure
from dashboard.filters_in_words import colon, comma
from dashboard.words import Words
from layers.filters import Filters
from layers.trails import FIGURES

Line = tuple[Piece, ...]


def trails(figures: Iterable[Figure], charts: Iterable[Chart], filters: Filters, context: Context) -> tuple[Piece, ...]:
    """Return the key figures and charts of a view that have a trail, each with the address of it."""

    def address(mark: str) -> str:
        return context.base_url + trail_address(mark, filters, context)

    found = [
        Piece(f"{one.label} {one.value} {one.unit}".strip(), address(one.id), one.id)
        for one in figures
        if one.id in FIGURES
    ]
    return (
        *found,
        *(
            Piece(one.title, address(mark), mark)
            for one in charts
            for mark in TRAILS.get(one.id, ())
            if mark in FIGURES
        ),
    )


def fact_address(context: Context, lang: str) -> Callable[[str], str]:
    """Return what makes the id of a fact the address of its trail."""
    filters = context.default.having(lang=lang)
    return lambda fact: context.base_url + trail_address(fact, filters, context)


def lines_of_sources(said: Brief, words: Words) -> list[Line]:
    """Return the lines of the page of sources."""
    found: list[Line] = []
    for one in said.citations:
        head, _, tail = words("（引用 {facts}）").partition("{facts}")
        facts = _joined([Piece(fact, said.fact_url(fact)) for fact in one.facts], comma(words))
        found.append((Piece(f"{one.name}  {one.text}"), *((Piece(head), *facts, Piece(tail)) if facts else ())))
    for side in said.sides:
        if side.trails:
            owner = f"{side.name} · " if len(said.sides) > 1 else ""
            found.append((Piece(f"{owner}{words('数字的来历')}{colon(words)}"), *_joined(side.trails, comma(words))))
    dated = words("数据截至 {date}").format(date=words.date(said.data_date)) + words(
        "；数据版本 {version}；制作于 {made}"
    ).format(version=said.data_version, made=words.date(said.made))
    head, _, tail = words("打开此视图：{url}").partition("{url}")
    found += [
        (Piece(""),),
        (Piece(said.credits),),
        (Piece(dated),),
        (Piece(head), Piece(said.url, said.url), Piece(tail)),
    ]
    found += [
        (Piece(text),) for text in (said.told, *(one for side in said.sides for one in side.charts.empty)) if text
    ]
    return found


def plain(lines: Iterable[Line]) -> str:
    """Return lines as text."""
    return "\n".join("".join(piece.text for piece in line) for line in lines)


def within(lines: Iterable[Line], text: str) -> list[Line]:
    """Return what of the lines is left in `text`, which is :func:`plain` of them, or its beginning and an ellipsis."""
    left: list[Line] = []
    for line, kept in zip(lines, text.split("\n"), strict=False):
        pieces: list[Piece] = []
        for piece in line:
            part, kept = kept[: len(piece.text)], kept[len(piece.text) :]
            if part:
                pieces.append(Piece(part, piece.url if part == piece.text else ""))
        if kept:
            pieces.append(Piece(kept))  # the ellipsis
        left.append(tuple(pieces))
    return left


# -- inside -----------------------------------------------------------------------


def _joined(pieces: Iterable[Piece], between: str) -> list[Piece]:
    found: list[Piece] = []
    for piece in pieces:
        found += [*([Piece(between)] if found else []), piece]
    return found
