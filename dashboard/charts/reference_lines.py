"""Lines to hold a chart against: a mean, a target, each with its words beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboard import theme

FEW = 3


def comparison(value: float, text: str, upright: bool = False, axis: float | None = None) -> dict[str, Any]:
    """Return shape and annotation of a dotted line at `value`, as changes of a layout.

    Parameters
    ----------
    value : float
        In the unit of the axis.
    text : str
        What it is, with its figure.
    upright : bool
        Whether the values run along x, as in lying bars.
    axis : float, optional
        Where the axis of upright values ends: the words stand over the bars, on that side of the line that has more
        room.
    """
    along, across = ("x", "y") if upright else ("y", "x")
    # under the bars: a line over them would cut their ends and be read as part of them
    line = {
        "type": "line",
        "layer": "below",
        f"{along}0": value,
        f"{along}1": value,
        f"{across}ref": "paper",
        f"{across}0": 0,
        f"{across}1": 1,
        "line": {"color": theme.RED, "width": 1.4, "dash": "dot"},
    }
    words = {
        along: value,
        across: 1,
        f"{along}ref": along,
        f"{across}ref": "paper",
        "showarrow": False,
        "text": text,
        "font": {"size": theme.NOTE, "color": theme.RED},
        # under lying bars, whose ends bear figures; on ground of its own over standing ones
        **(
            {"xanchor": "right", "yanchor": "bottom", "bgcolor": theme.PAPER, "borderpad": 1}
            if not upright
            else {"xanchor": "center", "yanchor": "top", "y": 0}
            if axis is None
            else {"xanchor": "right" if value > axis / 2 else "left", "yanchor": "bottom"}
        ),
    }
    return {"shapes": [line], "annotations": [words]}


def ends(
    labels: Sequence[tuple[str, float, str]], span: float, apart: float = 0.085, marks: Sequence[str] | None = None
) -> list[dict[str, Any]]:
    """Return the names of two or three lines at their right ends, moved apart where ends lie closer than `apart` of
    the axis' `span`.

    More of them would lie over each other in a low chart: they stand in one
    block, in the order of their ends, each with a spot (or its one of `marks`) in its line's colour.

    Parameters
    ----------
    labels : sequence of (text, value, color)
    """
    if len(labels) > FEW:
        marked = zip(labels, marks or ["●"] * len(labels), strict=True)
        listed = [
            f'<span style="color:{color}">{mark}</span> {text}'
            for (text, _, color), mark in sorted(marked, key=lambda one: -one[0][1])
        ]
        return [
            {
                "x": 1,
                "xref": "paper",
                "xanchor": "left",
                "xshift": 4,
                "y": 1,
                "yref": "paper",
                "yanchor": "top",
                "showarrow": False,
                "align": "left",
                "text": "<br>".join(listed),
                "font": {"size": theme.NOTE, "color": theme.MUTED},
            }
        ]
    placed: list[dict[str, Any]] = []
    last = -float("inf")
    for text, value, color in sorted(labels, key=lambda one: one[1]):
        last = max(value, last + apart * span)
        placed.append(
            {
                "x": 1,
                "xref": "paper",
                "xanchor": "left",
                "xshift": 4,
                "y": last,
                "yref": "y",
                "yanchor": "middle",
                "showarrow": False,
                "text": text,
                "align": "left",
                "font": {"size": theme.NOTE, "color": color},
            }
        )
    # what was pushed over the top comes down as a whole
    over = max(0.0, last - max((value for _, value, _ in labels), default=0.0) - apart * span / 2)
    return [{**one, "y": one["y"] - over} for one in placed]
