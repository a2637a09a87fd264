"""Passwords: kept as argon2id hashes, and refused where anybody would guess them."""

from __future__ import annotations

import secrets
import threading
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from geodata.errors import N_, AtlasError

LEAST, MOST = 12, 200
_FEWEST_KINDS = 5  # different characters
# OWASP's second choice for argon2id: 19 MiB and about 40 ms a password on one core
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# whoever tries many at once waits in line: 16 threads would take 300 MiB and every core
_TURN = threading.BoundedSemaphore(2)


def hashed(password: str, account: str) -> str:
    """Return the hash of a new password.

    Raises
    ------
    AtlasError
        It is too short, too long, or too easy to guess.
    """
    said = _plain(password)
    if not LEAST <= len(said) <= MOST:
        raise AtlasError(
            N_("密码要有 {least} 到 {most} 个字符：可以用几个不相干的词连成一句。"), least=LEAST, most=MOST
        )
    if account.casefold() in said.casefold() or len(set(said)) < _FEWEST_KINDS:
        raise AtlasError(N_("密码太容易猜：不要含账号名，也不要只用几个字符重复。"))
    return _HASHER.hash(said)


def fits(password: str, known: str | None) -> bool:
    """Return whether `password` is the one behind the hash `known`; as slow where there is none."""
    nobodys = _nobodys()  # whichever is tried first in a process waits for it
    try:
        with _TURN:
            return _HASHER.verify(known or nobodys, _plain(password)[: 4 * MOST]) and known is not None
    except (VerificationError, InvalidHashError):
        return False


def given() -> str:
    """Return a password to hand out once."""
    return "-".join(secrets.token_hex(3) for _ in range(4))


def _plain(password: str) -> str:
    """Return what was typed in one spelling: keyboards write the same letter in several."""
    return unicodedata.normalize("NFKC", password)


@cache
def _nobodys() -> str:
    return _HASHER.hash(secrets.token_urlsafe(24))
