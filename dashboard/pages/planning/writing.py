"""Who may keep, adopt and take back on the planning page, and who answers for it."""

from __future__ import annotations

from dashboard.context import Context
from geodata.errors import N_, AtlasError

MAX_AUTHOR = 40


def may_write(context: Context) -> bool:
    """Return whether the page may change the atlas: as ``ATLAS_EDITING`` says, and else on loopback alone."""
    settings = context.settings
    said = getattr(settings, "editing", None)
    return bool(settings.is_loopback and not settings.allow_remote) if said is None else bool(said)


def signed(context: Context, author: str | None) -> str:
    """Return the name of who makes a change.

    Raises
    ------
    AtlasError
        The page may not change anything, or no name is given.
    """
    if not may_write(context):
        raise AtlasError(N_("这个图册只供查看，不能在网页上保存或采用方案。"))
    name = " ".join((author or "").split())[:MAX_AUTHOR]
    if not name:
        raise AtlasError(N_("请先填写作者：谁保存、谁采用，历史里都要记下。"))
    return name
