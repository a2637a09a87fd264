"""What somebody began is theirs: a folder of work says whose, and nobody else is told that it is there."""

from __future__ import annotations

import json
from pathlib import Path

from dashboard.access.reader import OPERATOR, Reader, current_reader

FILE = "owner"


def own(folder: Path) -> None:
    """Write into a folder that it is the work of who asks now."""
    (folder / FILE).write_text(json.dumps(current_reader().told()), "utf-8")


def owner_of(folder: Path) -> Reader:
    """Return whose work a folder is; the operator's, where it does not say."""
    try:
        return Reader.of(json.loads((folder / FILE).read_text("utf-8")))
    except (OSError, ValueError):
        return OPERATOR


def is_ours(folder: Path) -> bool:
    """Return whether a folder is the work of who asks now; the operator may see to every one."""
    reader = current_reader()
    return reader.role == OPERATOR.role or owner_of(folder).account == reader.account
