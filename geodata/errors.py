"""Errors that speak to a person.

Every error that a reader may see is an :class:`AtlasError`: a message template
in Chinese (which is also its key in the translation catalogues) and the values
that go into it. The floors below ``dashboard`` never format for a language;
``str(error)`` gives the Chinese text, ``error.text(gettext)`` any other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from geodata.message import N_ as N_
from geodata.message import Message


class AtlasError(Exception):
    """Something a person can mend: what was wrong, where, and how.

    Parameters
    ----------
    msgid : str
        Message template in Chinese, marked with :func:`N_`, with
        ``{name}`` fields.
    **params
        Values of the fields.
    """

    def __init__(self, msgid: str, **params: Any) -> None:
        super().__init__(msgid)
        self.message = Message(msgid, params)

    @property
    def msgid(self) -> str:
        """Template of the message."""
        return self.message.msgid

    @property
    def params(self) -> dict[str, Any]:
        """Values of its fields."""
        return dict(self.message.params)

    def text(self, gettext: Callable[[str], str] = lambda msgid: msgid) -> str:
        """Return the message in the language of `gettext` (Chinese by default)."""
        return self.message.text(gettext)

    def __str__(self) -> str:
        return self.text()


class UnavailableError(AtlasError):
    """The store cannot be read just now: it is away, broken, or out of reach.

    Asked rightly, the same may be answered later.
    """


class BusyError(UnavailableError):
    """Another program is using the store; nothing is wrong with it."""
