"""What is made once and asked for often, kept within a bound; what was asked for least lately goes first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Made = TypeVar("Made")


class Kept:
    """Bytes by key, of one process.

    Parameters
    ----------
    most : int
        Bytes that are kept at most.
    """

    def __init__(self, most: int) -> None:
        self._most, self._total = most, 0
        self._lock = threading.Lock()
        self._held: OrderedDict[str, bytes] = OrderedDict()

    def get(self, key: str) -> bytes | None:
        """Return what is kept under `key`."""
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
            return found

    def set(self, key: str, content: bytes) -> None:
        """Keep `content` under `key`, unless it alone is more than everything may be."""
        if len(content) > self._most:
            return
        with self._lock:
            self._total += len(content) - len(self._held.pop(key, b""))
            self._held[key] = content
            while self._total > self._most:
                self._total -= len(self._held.popitem(last=False)[1])


class Latest(Generic[Key, Made]):
    """What was asked for last, by key, of one process.

    Parameters
    ----------
    most : int
        How many are kept at most.
    """

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, threading.Lock()
        self._held: OrderedDict[Key, Made] = OrderedDict()

    def get(self, key: Key, make: Callable[[], Made]) -> Made:
        """Return what is kept under `key`, made if nothing is."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        made = make()
        with self._lock:
            self._held[key] = made
            while len(self._held) > self._most:
                self._held.popitem(last=False)
        return made
