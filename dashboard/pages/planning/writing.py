"""Who may keep, adopt and take back on the planning page, and who answers for it."""

from __future__ import annotations

from dashboard.access.reader import author_of
from dashboard.context import Context
from dashboard.server.guard import editing, require_editing
from geodata.errors import N_, AtlasError
from layers.filters import Filters


def may_write(context: Context, filters: Filters) -> bool:
    """Return whether the present request may change the atlas: as ``ATLAS_EDITING`` says, and never a past day."""
    return filters.as_of is None and editing(context.settings, "planner")


def signed(context: Context, filters: Filters, author: str | None) -> str:
    """Return the name of who makes a change: the account, where they signed in.

    Raises
    ------
    AtlasError
        The page may not change anything, shows a past day, or no name is given.
    """
    require_editing(context.settings, "planner")
    if filters.as_of is not None:
        raise AtlasError(N_("正在看过去的图册，不能保存或采用：请先回到现在。"))
    return author_of(author, N_("请先填写作者：谁保存、谁采用，历史里都要记下。"))
