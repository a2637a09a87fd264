"""Ctrl-C at the right moment: before a step or after it, never in the middle."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

_final: list[None] = []  # one entry while a command is at the step that it is there for


@contextmanager
def ended_politely() -> Generator[Callable[[], bool]]:
    """Take a request to end (SIGTERM) as Ctrl-C while the block lasts:
    whatever clears up after one does so after the other.

    Gives a function that says whether either has come: a library in the middle of something may turn
    KeyboardInterrupt into an error of its own.
    """
    came: list[bool] = []
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return

    def interrupted(*_: object) -> None:
        came.append(True)
        raise KeyboardInterrupt

    interrupt = signal.getsignal(signal.SIGINT)
    if interrupt in (signal.default_int_handler, signal.SIG_IGN):
        # what was started in the background (nohup … &) has SIGINT ignored, and SIGTERM comes the same way here
        signal.signal(signal.SIGINT, interrupted)
    handler = signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        yield lambda: bool(came)
    finally:
        signal.signal(signal.SIGTERM, handler or signal.SIG_DFL)
        if interrupt is not None:
            signal.signal(signal.SIGINT, interrupt)


@contextmanager
def last_step() -> Generator[None]:
    """Mark the step that a command is there for:
    once it has happened, Ctrl-C is dropped until :func:`ended_politely` ends.

    What is in is in: nobody must be told that it was cancelled.
    """
    _final.append(None)
    try:
        yield
    finally:
        _final.pop()


@contextmanager
def held_back() -> Generator[Callable[[], None]]:
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
    except BaseException:
        signal.signal(signal.SIGINT, handler)
        raise
    if not _final:
        signal.signal(signal.SIGINT, handler)
