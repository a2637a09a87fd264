"""Ctrl-C at the right moment: before a step or after it, never in the middle."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def held_back() -> Iterator[Callable[[], None]]:
    """Hold Ctrl-C back while the block lasts; give a function that lets it through if it has come.

    What comes after the last call of that function comes too late and is
    dropped: what the block does has happened. Other threads than the main one
    never get Ctrl-C, and nothing is held back there.
    """
    came: list[bool] = []

    def check() -> None:
        if came:
            raise KeyboardInterrupt

    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or handler in (None, signal.SIG_IGN):
        yield check
        return
    signal.signal(signal.SIGINT, lambda *_: came.append(True))
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, handler)
