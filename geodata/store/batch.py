"""One import, as the log keeps it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

CHINA_TIME = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Batch:
    """One import.

    Attributes
    ----------
    batch_id : str
    time : str
        ISO time, UTC.
    author, file, file_hash, crs : str or None
        Who, from which file (its name and SHA-256), read in which coordinate system.
    table : str
    rows, added, changed, unchanged, retired : int
        Rows of the file, what became of them, and rows that gave way or were taken out.
    undone_at, undone_by : str or None
    """

    batch_id: str
    time: str
    author: str | None
    table: str
    file: str | None
    file_hash: str | None
    crs: str | None
    rows: int
    added: int
    changed: int
    unchanged: int
    retired: int
    undone_at: str | None = None
    undone_by: str | None = None

    @property
    def day(self) -> date:
        """The day in China on which it was imported."""
        return datetime.fromisoformat(self.time).astimezone(CHINA_TIME).date()

    def as_dict(self) -> dict[str, Any]:
        """Return the batch as the command line and the page give it."""
        return asdict(self)
