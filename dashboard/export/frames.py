"""Where everything stands on a page, in inches: one table for the slide and for the sheet in HTML.

The names are those of the placeholders in the .pptx, so a union's own template
needs the same names and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dashboard.export.fitting import LINE, lines

#: Names that a template may have, in the order in which they are told when missing.
NAMES = (
    "title",
    "sentence",
    "view",
    "figures",
    "map",
    "map2",
    "map_title",
    "map2_title",
    "chart1",
    "chart1_title",
    "chart2",
    "chart2_title",
    "chart3",
    "chart3_title",
    "chart4",
    "chart4_title",
    "chart5",
    "chart5_title",
    "chart6",
    "chart6_title",
    "footnote",
    "source",
    "link",
    "qr",
    "sources",
)
REASON = 9  # points of a line under the charts that says why one is missing
#: What an export must carry: told in words when a template has no place for it.
REQUIRED = ("title", "view", "map", "footnote", "source", "qr", "sources")


@dataclass(frozen=True, slots=True)
class Frame:
    """One placeholder.

    Attributes
    ----------
    name : str
        Of :data:`NAMES`.
    kind : str
        ``title``, ``text``, ``picture``, ``chart`` or ``table``.
    x, y, width, height : float
        Inches from the upper left corner.
    size, least : float
        Points of its text, and how small it may get before it does not fit.
    """

    name: str
    kind: str
    x: float
    y: float
    width: float
    height: float
    size: float = 11
    least: float = 7
    bold: bool = False
    muted: bool = False
    anchor: str = "t"
    align: str = "l"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a template: its layout's name and its frames."""

    name: str
    frames: tuple[Frame, ...]

    def frame(self, name: str) -> Frame | None:
        """Return the frame `name`, None when the page has none."""
        return next((one for one in self.frames if one.name == name), None)


@dataclass(frozen=True, slots=True)
class Template:
    """A set of pages of one size (inches)."""

    name: str
    width: float
    height: float
    pages: tuple[Page, ...]


def _head(width: float, margin: float) -> tuple[Frame, ...]:
    inner = width - 2 * margin
    return (
        Frame("title", "title", margin, 0.34, inner, 0.58, 26, 16, bold=True, anchor="b"),
        Frame("sentence", "text", margin, 0.94, inner, 0.52, 15, 8, anchor="ctr"),
        Frame("view", "text", margin, 1.46, inner, 0.25, 10, 6.5, muted=True, anchor="ctr"),
    )


def _foot(width: float, height: float, margin: float) -> tuple[Frame, ...]:
    text = width - 2 * margin - 1.0
    return (
        Frame("footnote", "text", margin, height - 0.98, text, 0.4, 8.5, 5.5, anchor="t"),
        Frame("source", "text", margin, height - 0.56, text, 0.34, 7.5, 5, muted=True, anchor="t"),
        Frame("qr", "picture", width - margin - 0.78, height - 1.02, 0.78, 0.78),
        Frame(
            "link", "text", width - margin - 1.0, height - 0.245, 1.0, 0.17, 6.5, 5, muted=True, align="r", anchor="ctr"
        ),
    )


def _chart(
    number: int, x: float, y: float, width: float, height: float, size: float = 11, title: float = 0.46
) -> tuple[Frame, Frame]:
    return (
        Frame(f"chart{number}_title", "text", x, y, width, title, size, 7, bold=True),
        Frame(f"chart{number}", "chart", x, y + title, width, height - title, 9),
    )


def _sources(width: float, height: float, margin: float) -> Page:
    return Page(
        "atlas sources",
        (
            Frame("title", "title", margin, 0.34, width - 2 * margin, 0.58, 22, 14, bold=True, anchor="b"),
            Frame("sources", "text", margin, 1.05, width - 2 * margin, height - 1.6, 10.5, 6.5),
        ),
    )


_W, _H, _M = 13.333, 7.5, 0.5
_PW, _PH, _PM = 8.268, 11.693, 0.55

ONE = Template(
    "one",
    _W,
    _H,
    (
        Page(
            "atlas one",
            (
                *_head(_W, _M),
                Frame("figures", "table", _M, 1.77, _W - 2 * _M, 0.86, 17, 9),
                Frame("map", "picture", _M, 2.7, 7.15, 3.74),
                *_chart(1, 7.95, 2.7, 4.88, 1.87),
                *_chart(2, 7.95, 4.62, 4.88, 1.82),
                *_foot(_W, _H, _M),
            ),
        ),
        _sources(_W, _H, _M),
    ),
)
MAP = Template(
    "map",
    _W,
    _H,
    (
        Page("atlas map", (*_head(_W, _M), Frame("map", "picture", _M, 1.78, _W - 2 * _M, 4.66), *_foot(_W, _H, _M))),
        _sources(_W, _H, _M),
    ),
)
_HALF = (_W - 2 * _M - 0.3) / 2
_RIGHT = _M + _HALF + 0.3
COMPARE = Template(
    "compare",
    _W,
    _H,
    (
        Page(
            "atlas compare",
            (
                *_head(_W, _M),
                Frame("map_title", "text", _M, 1.73, _HALF, 0.29, 13, 8, bold=True, anchor="ctr"),
                Frame("map2_title", "text", _RIGHT, 1.73, _HALF, 0.29, 13, 8, bold=True, anchor="ctr"),
                Frame("map", "picture", _M, 2.04, _HALF, 2.51),
                Frame("map2", "picture", _RIGHT, 2.04, _HALF, 2.51),
                Frame("figures", "table", _M, 4.68, 4.3, 1.78, 9.5, 6.5),
                *_chart(1, 5.0, 4.64, 3.83, 1.82, 9.5, 0.52),
                *_chart(2, 9.0, 4.64, 3.83, 1.82, 9.5, 0.52),
                *_foot(_W, _H, _M),
            ),
        ),
        _sources(_W, _H, _M),
    ),
)
_PI = _PW - 2 * _PM
REPORT = Template(
    "report",
    _PW,
    _PH,
    (
        Page(
            "atlas report",
            (
                Frame("title", "title", _PM, 0.45, _PI, 0.62, 24, 14, bold=True, anchor="b"),
                Frame("sentence", "text", _PM, 1.1, _PI, 0.74, 13, 8, anchor="ctr"),
                Frame("view", "text", _PM, 1.86, _PI, 0.36, 9, 6.5, muted=True, anchor="ctr"),
                Frame("figures", "table", _PM, 2.28, _PI, 1.4, 15, 7),
                Frame("map", "picture", _PM, 3.8, _PI, 4.2),
                *_chart(1, _PM, 8.1, _PI, 2.45),
                *_foot(_PW, _PH, _PM),
            ),
        ),
        Page(
            "atlas report charts",
            (
                Frame("title", "title", _PM, 0.45, _PI, 0.62, 20, 14, bold=True, anchor="b"),
                *_chart(2, _PM, 1.2, _PI, 1.8),
                *_chart(3, _PM, 3.1, _PI, 1.8),
                *_chart(4, _PM, 5.0, _PI, 1.8),
                *_chart(5, _PM, 6.9, _PI, 1.8),
                *_chart(6, _PM, 8.8, _PI, 1.8),
                *_foot(_PW, _PH, _PM),
            ),
        ),
        _sources(_PW, _PH, _PM),
    ),
)
BUILT_IN = {one.name: one for one in (ONE, MAP, COMPARE, REPORT)}


def arranged(page: Page, weights: Sequence[float], reasons: str = "") -> Page:
    """Return `page` with room for so many charts as there are: those of one column share its height by weight.

    Parameters
    ----------
    weights : sequence of float
        How much room each chart wants, counted from ``chart1``.
    reasons : str
        Lines that say why charts are missing: in place of a column without any, else under the last of the only column.
        Without any a page that has no chart gives the column's width to the map.
    """
    held = [one for one in page.frames if one.kind == "chart"]
    weight = {f"chart{number}": one for number, one in enumerate(weights, 1)}
    kept = [one for one in held if one.name in weight]
    frames = [one for one in page.frames if not one.name.startswith("chart")]
    place = page.frame("map")
    if not kept and held and place is not None and not reasons and all(one.x >= place.x + place.width for one in held):
        wide = max(one.x + one.width for one in held) - place.x
        frames = [replace(one, width=wide) if one is place else one for one in frames]
    columns = list(dict.fromkeys(one.x for one in held))
    vacant = [x for x in columns if all(one.x != x for one in kept)]
    under = (
        lines(reasons, kept[-1].width, REASON) * REASON * LINE / 72 + 0.08
        if reasons and kept and len(columns) == 1
        else 0.0
    )
    if reasons and vacant:
        own = next(one for one in held if one.x == vacant[0])
        first = page.frame(f"{own.name}_title") or own
        frames.append(Frame("reason", "text", first.x, first.y, own.width, 1.6, 13, 8, muted=True))
    for x in dict.fromkeys(one.x for one in kept):
        column = [one for one in held if one.x == x]
        titles = {one.name: page.frame(f"{one.name}_title") for one in column}
        top = min(title.y if title else one.y for one in column if (title := titles[one.name]) or True)
        bottom = max(one.y + one.height for one in column) - under
        own = [one for one in column if one in kept]
        gap = 0.1
        heads = sum(title.height for one in own if (title := titles[one.name]))
        free = bottom - top - gap * (len(own) - 1) - heads
        whole = sum(weight[one.name] for one in own)
        y = top
        for one in own:
            title, height = titles[one.name], free * weight[one.name] / whole
            if title:
                frames.append(replace(title, y=y))
                y += title.height
            frames.append(replace(one, y=y, height=height))
            y += height + gap
        if under:
            frames.append(Frame("reason", "text", x, bottom + 0.06, own[-1].width, under - 0.06, REASON, 6, muted=True))
    return Page(page.name, tuple(frames))
