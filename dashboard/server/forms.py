"""Forms of pages without scripts: each carries a word that only this server can have given, to this very reader."""

from __future__ import annotations

import hmac
from functools import cached_property
from html import escape
from pathlib import Path

from flask import g, request
from itsdangerous import BadData, URLSafeTimedSerializer

from dashboard.access.database import secret
from dashboard.access.reader import current_reader

FORM_SECONDS = 3_600


class Forms:
    """The forms of an atlas.

    Parameters
    ----------
    home : Path
        Where the secret is that their words are signed with.
    """

    def __init__(self, home: Path) -> None:
        self._home = home

    @cached_property
    def _signer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(secret(self._home, "forms"), salt="form")

    def token(self, bound: str) -> str:
        """Return the word of a form that is bound to `bound`: a session, a cookie."""
        return self._signer.dumps(bound)

    def hidden(self, bound: str) -> str:
        """Return the field of a form that holds :meth:`token`."""
        return f'<input type="hidden" name="token" value="{escape(self.token(bound))}">'

    def mark(self, account: str) -> str:
        """Return what stands for an account and tells nobody which."""
        return hmac.digest(secret(self._home, "forms"), account.encode(), "sha256").hex()

    def is_ours(self, bound: str) -> bool:
        """Return whether the form that was sent is one that was given to `bound`, not long ago."""
        try:
            return bool(bound) and hmac.compare_digest(
                self._signer.loads(request.form.get("token", ""), max_age=FORM_SECONDS), bound
            )
        except (BadData, TypeError):
            return False


def bound_to() -> str:
    """Return what a form of who asks is bound to: the session, where there is one, else the account."""
    return g.session.digest if g.session is not None else f"account {current_reader().account}"
