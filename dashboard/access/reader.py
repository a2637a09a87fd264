"""Who asks: one frozen value that pages, jobs and the store look at, whatever way they were reached."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from geodata.errors import AtlasError

#: From who may least to who may most; each may what those before it may.
ROLES = ("nobody", "viewer", "planner", "keeper", "administrator", "operator")
#: Roles that an account can have.
GIVEN = ROLES[1:-1]
#: The place that holds all others.
EVERYWHERE = "100000"
#: Key of a WSGI environment under which this very process says who asks; no request from outside can set it.
ENVIRON = "atlas.reader"
#: Longest name that a person gives, characters.
MAX_AUTHOR = 40


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who asks for something.

    Attributes
    ----------
    account : str
        Name of the account; empty where nobody signs in (see :data:`LOCAL`).
    role : str
        One of :data:`ROLES`.
    places : tuple of str
        Adcodes of the places whose rows it may change and take out, each with all that lies in it.
    """

    account: str = ""
    role: str = "nobody"
    places: tuple[str, ...] = ()

    @property
    def roles(self) -> tuple[str, ...]:
        """Every role whose deeds are this one's too."""
        return ROLES[: ROLES.index(self.role) + 1]

    def may(self, least: str) -> bool:
        """Return whether the role is `least` or more."""
        return least in self.roles

    @property
    def everywhere(self) -> bool:
        """Whether the places are all there are."""
        return EVERYWHERE in self.places

    def covers(self, adcode: str | None) -> bool:
        """Return whether a place lies in those of the reader; what has no place lies in the whole country alone."""
        return self.everywhere or (bool(adcode) and any(str(adcode).startswith(stem(one)) for one in self.places))

    def told(self) -> dict[str, str | list[str]]:
        """Return it as JSON, for :meth:`of`."""
        return {"account": self.account, "role": self.role, "places": list(self.places)}

    @classmethod
    def of(cls, told: object) -> Reader:
        """Return the reader that :meth:`told` gave; nobody, where it is none."""
        match told:
            case {"account": str(account), "role": str(role), "places": list(places)} if role in ROLES:
                return cls(account, role, tuple(map(str, places)))
        return NOBODY


#: Who has not signed in where signing in is wanted.
NOBODY = Reader()
#: Who sits at the machine itself, where signing in is off.
LOCAL = Reader("", "administrator", (EVERYWHERE,))
#: Who has the shell of the server: commands, and this program itself.
OPERATOR = Reader("", "operator", (EVERYWHERE,))

_ASKING: ContextVar[Reader | None] = ContextVar("asking", default=None)


def current_reader() -> Reader:
    """Return who asks now.

    Within a request whom the door let in (nobody, before it has looked); within a job who began it; else the operator.
    """
    found = _ASKING.get()
    return found or (NOBODY if _within_request() else OPERATOR)


def author_of(given: str | None, unsaid: str) -> str:
    """Return who makes a change: the account, where they signed in, else the name that they give.

    Raises
    ------
    AtlasError
        Neither is there: the message `unsaid`.
    """
    name = current_reader().account or " ".join((given or "").split())[:MAX_AUTHOR]
    if not name:
        raise AtlasError(unsaid)
    return name


def _within_request() -> bool:
    if "flask" not in sys.modules:  # a command, which need not load it to know: there is no request without it
        return False
    from flask import has_request_context

    return has_request_context()


def let_in(reader: Reader | None) -> None:
    """Say who asks from here on in this thread; None: nobody was looked at."""
    _ASKING.set(reader)


@contextmanager
def asking(reader: Reader) -> Generator[None]:
    """Have `reader` ask as long as the block lasts."""
    token = _ASKING.set(reader)
    try:
        yield
    finally:
        _ASKING.reset(token)


def stem(adcode: str) -> str:
    """Return what the adcodes of all places within a place begin with (GB/T 2260)."""
    return adcode[:2] if adcode.endswith("0000") else adcode[:4] if adcode.endswith("00") else adcode
