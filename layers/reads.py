"""Which parts of an atlas a computation reads: its dependencies, recorded while it runs.

What follows from the data follows from the parts that were read. An answer that is kept with the versions of those
parts holds as long as they are the same, whatever else was imported (a *verifying trace*: Mokhov, Mitchell and Peyton
Jones, "Build Systems à la Carte", 2018).

Reads are recorded within one thread: who computes for an answer in other threads would read unseen.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from contextvars import ContextVar

#: One part read: what tells the atlas apart, and the name of the part (:meth:`layers.atlas.Atlas.told`).
Read = tuple[object, str]

_READING: ContextVar[set[Read] | None] = ContextVar("reading", default=None)


@contextmanager
def recorded(passed_on: bool = True) -> Generator[set[Read]]:
    """Give the set to which every read within the block is added.

    Parameters
    ----------
    passed_on : bool
        Whether a block around this one reads the same.
    """
    around, reads = _READING.get(), set()
    token = _READING.set(reads)
    try:
        yield reads
    finally:
        _READING.reset(token)
        if around is not None and passed_on:
            around |= reads


def read(parts: Iterable[Read]) -> None:
    """Record that `parts` are read."""
    reading = _READING.get()
    if reading is not None:
        reading.update(parts)
