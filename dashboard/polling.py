"""Polls that wait for their answers: a page asks again once it has been told, however slow the way is."""

from __future__ import annotations

from typing import Any

from dash import Output


def one_at_a_time(interval: str) -> list[tuple[Output, Any, Any]]:
    """Return what a callback that polls gives as ``running``: its interval stands still until the answer is there.

    Dash drops an answer once its callback has been asked again. Where answers take longer than the interval, all of
    them would be dropped, and neither how far a job is nor its end ever shown.

    Parameters
    ----------
    interval : str
        Id of the ``dcc.Interval``; whether it is disabled stays as the callback says.
    """
    return [(Output(interval, "max_intervals"), 0, -1)]
