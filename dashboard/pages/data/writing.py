"""What every change made on the page has in common: it may be made at all, and somebody answers for it."""

from __future__ import annotations

from dashboard.access.reader import author_of
from dashboard.context import Context
from dashboard.server.guard import require_editing
from geodata.errors import N_


def signed(context: Context, author: str | None) -> str:
    """Return the name of who makes a change: the account, where they signed in.

    Raises
    ------
    AtlasError
        When the page may not change anything, or no name is given.
    """
    require_editing(context.settings)
    return author_of(author, N_("请先在右上角填写操作人姓名。"))
