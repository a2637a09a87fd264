"""``access.sqlite`` in the home: accounts, sessions, failed attempts, kept views; shared by all processes."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

FILE = "access.sqlite"
WAIT_SECONDS = 10.0
_TABLES = """
CREATE TABLE IF NOT EXISTS accounts (
 name TEXT PRIMARY KEY, role TEXT NOT NULL, places TEXT NOT NULL, origin TEXT NOT NULL, subject TEXT,
 hash TEXT, must_change INTEGER NOT NULL DEFAULT 0, changed REAL, made REAL NOT NULL, expires TEXT,
 UNIQUE (origin, subject));
CREATE TABLE IF NOT EXISTS sessions (
 digest TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts (name) ON DELETE CASCADE ON UPDATE CASCADE,
 began REAL NOT NULL, seen REAL NOT NULL, id_token TEXT);
CREATE INDEX IF NOT EXISTS sessions_of ON sessions (account);
CREATE TABLE IF NOT EXISTS attempts (key TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS attempts_of ON attempts (key, at);
CREATE TABLE IF NOT EXISTS locked (
 name TEXT PRIMARY KEY REFERENCES accounts (name) ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE IF NOT EXISTS secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS views (
 number INTEGER PRIMARY KEY AUTOINCREMENT,
 account TEXT NOT NULL REFERENCES accounts (name) ON DELETE CASCADE ON UPDATE CASCADE,
 query TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (account, query));
"""


def path_of(home: Path) -> Path:
    """Return where the file of `home` is, or will be."""
    return Path(home) / FILE


@contextmanager
def reading(home: Path) -> Generator[sqlite3.Connection | None]:
    """Give the database to read from; None as long as there is none."""
    path = path_of(home)
    if not path.exists():
        yield None
        return
    with closing(_connected(path)) as database:
        _complete(database)
        yield database


@contextmanager
def writing(home: Path) -> Generator[sqlite3.Connection]:
    """Give the one transaction that may write now; made on first use, for its owner alone to read."""
    path = path_of(home)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    with closing(_connected(path)) as database:
        _complete(database)
        database.execute("BEGIN IMMEDIATE")
        try:
            yield database
        except BaseException:
            database.rollback()
            raise
        database.commit()


def secret(home: Path, name: str) -> bytes:
    """Return 32 random bytes that all processes of `home` share under `name`."""
    with writing(home) as database:
        database.execute("INSERT OR IGNORE INTO secrets VALUES (?, ?)", (name, secrets.token_bytes(32)))
        return database.execute("SELECT value FROM secrets WHERE name = ?", (name,)).fetchone()[0]


def _complete(database: sqlite3.Connection) -> None:
    """Make what is lacking: all in a new file, the newer tables in one of an earlier version."""
    (newer,) = database.execute("SELECT count(*) FROM sqlite_master WHERE name IN ('locked', 'views')").fetchone()
    if newer < 2:
        database.execute("PRAGMA journal_mode = WAL")
        database.executescript(_TABLES)


def _connected(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None)
    database.execute("PRAGMA foreign_keys = ON")
    return database
