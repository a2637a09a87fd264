"""Polls that wait for their answers: a page asks again once it has been told, however slow the way is."""

from __future__ import annotations

from typing import Any

from dash import Output

#: From an answer to the next question.
POLL_MS = 600
#: How long an answer is waited for before the page asks again: one that was lost on the way never comes.
PATIENCE_MS = 20_000


def one_at_a_time(interval: str, every_ms: int = POLL_MS) -> list[tuple[Output, Any, Any]]:
    """Return what a callback that polls gives as ``running``: while it is asked, its interval is :data:`PATIENCE_MS`.

    Dash drops an answer once its callback has been asked again. Where answers take longer than the interval, all of
    them would be dropped, and neither how far a job is nor its end ever shown. Dash takes ``running`` back after any
    answer, an error too, but not after a connection that broke: the page must then ask again by itself.

    Parameters
    ----------
    interval : str
        Id of the ``dcc.Interval``; whether it is disabled stays as the callback says.
    every_ms : int
        Milliseconds from an answer to the next question.
    """
    return [(Output(interval, "interval"), PATIENCE_MS, every_ms)]
