"""A line of feedback: kept at once in an append-only file of the home, bounded in size and number."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from geodata.durable import flushed
from geodata.errors import N_, AtlasError

PATH = "/feedback"
FILE = "feedback.jsonl"
MAX_TEXT = 500
MAX_ADDRESS = 4_000
MAX_FILE_BYTES = 8 * 2**20
MOST_IN_A_MINUTE = 60  # of all readers; of one: dashboard.limits
TAIL_BYTES = MOST_IN_A_MINUTE * (MAX_TEXT + MAX_ADDRESS) * 6


def keep(home: Path, text: str, address: str, now: datetime | None = None) -> dict[str, str]:
    """Write a line of feedback to the file of `home` and return it as written.

    Whole lines only, synced to disk before this returns, one writer at a time over all processes.

    Parameters
    ----------
    text : str
        What a reader said, at most :data:`MAX_TEXT` characters.
    address : str
        Path and query of the page that it was said on.

    Raises
    ------
    AtlasError
        Nothing is said, too much is said, or too many lines came in the last minute.
    """
    now = now or datetime.now(UTC)
    text = " ".join(text.split())
    if not text:
        raise AtlasError(N_("反馈是空的：请写一句话再发送。"))
    if len(text) > MAX_TEXT or len(address) > MAX_ADDRESS:
        raise AtlasError(N_("反馈太长：请写在 {limit} 个字以内。"), limit=MAX_TEXT)
    line = {"at": now.isoformat(timespec="seconds"), "text": text, "address": address}
    packed = (json.dumps(line, ensure_ascii=False) + "\n").encode("utf-8", "replace")
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (home / FILE).open("ab+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        size = file.seek(0, os.SEEK_END)
        if size + len(packed) > MAX_FILE_BYTES:
            raise AtlasError(N_("反馈记录已满：请管理员移走 {file} 后再试。"), file=FILE)
        file.seek(max(0, size - TAIL_BYTES))
        tail = file.read()
        since = (now - timedelta(minutes=1)).isoformat(timespec="seconds")
        if sum(1 for one in _lines(tail) if one["at"] > since) >= MOST_IN_A_MINUTE:
            raise AtlasError(N_("反馈来得太密：请过一分钟再发。"))
        # a line that a crash cut short stays by itself
        file.write((b"\n" if tail and not tail.endswith(b"\n") else b"") + packed)
        flushed(file)
    return line


def forget(home: Path, told: Callable[[dict[str, Any]], dict[str, Any] | None], *, write: bool) -> int:
    """Write each line anew as `told` gives it, or leave it out where that is None; return how many changed.

    Lines that nobody can read (a crash cut them short) are left out.
    """
    path = home / FILE
    if not path.exists():
        return 0
    with path.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        data = file.read()
        lines = list(_lines(data))
        made = [told(one) for one in lines]
        changed = sum(one != was for one, was in zip(made, lines, strict=True))
        if write and (changed or len(lines) < len(data.splitlines())):
            file.seek(0)
            file.writelines(
                (json.dumps(one, ensure_ascii=False) + "\n").encode("utf-8", "replace") for one in made if one
            )
            file.truncate()
            flushed(file)
    return changed


def kept(home: Path) -> list[dict[str, str]]:
    """Return every line of feedback of `home`, oldest first."""
    path = home / FILE
    return list(_lines(path.read_bytes())) if path.exists() else []


def _lines(data: bytes) -> Iterator[dict[str, Any]]:
    for line in data.splitlines():
        try:
            one = json.loads(line)
        except ValueError:
            continue
        if isinstance(one, dict) and isinstance(one.get("at"), str):
            yield one
