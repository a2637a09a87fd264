"""The trail of deeds: who did what and when, only ever added to, each line bound to the one before it.

``audit.sqlite`` in the home. The hash of a line is that of the hash before it and of its own canonical JSON, so that
none can be changed, taken out or put in without breaking all that follow; triggers refuse what is not an addition.
Whoever can write the file can also make a whole new chain: note the head that ``audit verify`` tells elsewhere, and
give it to the next ``audit verify --head``. A line names accounts, places and batches, no person beside them.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dashboard.access.reader import current_reader
from geodata.errors import N_, AtlasError

FILE = "audit.sqlite"
WAIT_SECONDS = 10.0
BEGINNING = "0" * 64
_TABLES = """
CREATE TABLE IF NOT EXISTS trail (
 number INTEGER PRIMARY KEY AUTOINCREMENT, line TEXT NOT NULL, hash TEXT NOT NULL);
CREATE TRIGGER IF NOT EXISTS no_change BEFORE UPDATE ON trail BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER IF NOT EXISTS no_loss BEFORE DELETE ON trail BEGIN SELECT RAISE(ABORT, 'append only'); END;
"""
_CONTROL = dict.fromkeys((*range(32), *range(127, 160), *range(8234, 8239), *range(8294, 8298)))
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the trail: its number, when (ISO, UTC), who (account, role), what kind of deed, and what of it."""

    number: int
    at: str
    account: str
    role: str
    deed: str
    about: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the check of a trail found.

    Attributes
    ----------
    count : int
        Lines that were looked at.
    head : str
        Hash of the last one.
    broken : int or None
        Number of the first line that does not fit; None when all do.
    """

    count: int
    head: str
    broken: int | None


def note(home: Path, deed: str, *, account: str | None = None, **about: Any) -> None:
    """Add a line of what who asks now did.

    Parameters
    ----------
    deed : str
        Such as ``signed-in``.
    account : str, optional
        Who did it, where it is not who asks now.
    **about
        What of it: short values, JSON.

    Raises
    ------
    AtlasError
        It cannot be written: what is to be noted is then not to be done.
    """
    reader = current_reader()
    if account is None:
        account = reader.account or (f"shell:{_user()}" if reader.role == "operator" else "")
    line = {
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "account": _short(account),
        "role": reader.role,
        "deed": deed,
        "about": {key: _short(value) for key, value in about.items() if value not in (None, "")},
    }
    try:
        with closing(_opened(home)) as database:
            database.execute("BEGIN IMMEDIATE")
            last = database.execute("SELECT hash FROM trail ORDER BY number DESC LIMIT 1").fetchone()
            text = _canonical(line)
            database.execute(
                "INSERT INTO trail (line, hash) VALUES (?, ?)", (text, _chained(last[0] if last else BEGINNING, text))
            )
            database.execute("COMMIT")
    except (OSError, sqlite3.Error) as error:
        raise AtlasError(
            N_("审计记录写不进去（{said}）：请检查 {path} 的权限和磁盘空间，再试一次。"), said=str(error), path=FILE
        ) from error


def verified(home: Path, head: str | None = None) -> Verdict:
    """Return what the check of the whole trail finds.

    Parameters
    ----------
    head : str, optional
        Hash that an earlier check told: it must be one of the chain, or the trail is another.

    Raises
    ------
    AtlasError
        There is no trail yet, or it cannot be read.
    """
    if not (Path(home) / FILE).exists():
        raise AtlasError(N_("还没有审计记录（{path}）。"), path=str(Path(home) / FILE))
    before, count, met = BEGINNING, 0, head in (None, BEGINNING)
    try:
        with closing(_opened(home, write=False)) as database:
            for number, line, kept in database.execute("SELECT number, line, hash FROM trail ORDER BY number"):
                count += 1
                if number != count or kept != _chained(before, line):
                    return Verdict(count, before, count)
                before = kept
                met = met or kept == head
            ever = database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'trail'").fetchone()
    except sqlite3.DatabaseError as error:
        raise AtlasError(N_("审计记录读不出来（{said}）：请用备份核对 {path}。"), said=str(error), path=FILE) from error
    lost = (ever is not None and ever[0] != count) or not met
    return Verdict(count, before, count + 1 if lost else None)


def entries(
    home: Path, *, before: int | None = None, most: int = 100, account: str = "", deed: str = ""
) -> list[Entry]:
    """Return lines of the trail, the latest first, those of an account or kind of deed alone where one is given."""
    if not (Path(home) / FILE).exists():
        return []
    with closing(_opened(home, write=False)) as database:
        rows = database.execute(
            "SELECT number, line FROM trail WHERE number < ? AND (? = '' OR json_extract(line, '$.account') = ?) "
            "AND (? = '' OR json_extract(line, '$.deed') = ?) ORDER BY number DESC LIMIT ?",
            (before or 2**62, account, account, deed, deed, most),
        ).fetchall()
    return [Entry(number, **json.loads(line)) for number, line in rows]


def exported(home: Path) -> Iterator[str]:
    """Yield the whole trail as CSV, the oldest line first, with the hashes."""
    yield "﻿number,at,account,role,deed,about,hash\r\n"
    if not (Path(home) / FILE).exists():
        return
    with closing(_opened(home, write=False)) as database:
        for number, line, kept in database.execute("SELECT number, line, hash FROM trail ORDER BY number"):
            told = json.loads(line)
            cells = [
                told["at"],
                told["account"],
                told["role"],
                told["deed"],
                json.dumps(told["about"], ensure_ascii=False),
            ]
            out = io.StringIO()
            # a cell that a spreadsheet would take for a formula is text
            csv.writer(out).writerow(
                [number, *(f"'{one}" if one[:1] in "=+-@\t\r" and one else one for one in cells), kept]
            )
            yield out.getvalue()


def _opened(home: Path, write: bool = True) -> sqlite3.Connection:
    path = Path(home) / FILE
    made = write and not path.exists()
    if made:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    database = sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None)
    if write:
        database.executescript(_TABLES)
    return database


def _canonical(line: dict[str, Any]) -> str:
    return json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _chained(before: str, line: str) -> str:
    return hashlib.sha256(f"{before}\n{line}".encode("utf-8", "surrogatepass")).hexdigest()


def _short(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().translate(_CONTROL)[:_LONGEST]
    return [_short(one) for one in value][:50] if isinstance(value, list | tuple) else value


def _user() -> str:
    import getpass  # reads who it is from the system

    try:
        return getpass.getuser()
    except OSError:
        return "?"
