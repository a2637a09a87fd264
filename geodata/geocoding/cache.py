"""Answers on disk, by provider and question:
what was asked once is not asked again, whoever asks and however it ended.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, fields
from pathlib import Path

from geodata.geocoding.base import Answer, Query

KEPT_SECONDS = 90 * 86_400.0
_CHUNK = 400
_NAMES = {one.name for one in fields(Answer)}


class Cache:
    """The answers of one home.

    Parameters
    ----------
    path : Path
        Its SQLite file, made on first use. One that cannot be read is as good as empty.
    clock : callable
        Time in seconds.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path, self._clock = path, clock

    def get(self, provider: str, queries: Sequence[Query]) -> list[Answer | None]:
        """Return the answer to each query that is known and not too old, else None."""
        if not self._path.exists():
            return [None] * len(queries)
        keys = [_key(one) for one in queries]
        known: dict[str, Answer] = {}
        distinct = list(dict.fromkeys(keys))
        since = self._clock() - KEPT_SECONDS
        try:
            with self._open() as file:
                for start in range(0, len(distinct), _CHUNK):
                    part = distinct[start : start + _CHUNK]
                    marks = ",".join("?" * len(part))
                    rows = file.execute(
                        f"SELECT query, answer FROM answers WHERE provider = ? AND at > ? AND query IN ({marks})",  # noqa: S608 - question marks alone
                        (provider, since, *part),
                    )
                    known |= {query: _answer(text) for query, text in rows}
        except (sqlite3.DatabaseError, ValueError, TypeError):
            return [None] * len(queries)
        return [known.get(key) for key in keys]

    def put(self, provider: str, query: Query, answer: Answer) -> None:
        """Keep an answer; where the disk refuses, it is only not kept."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._open() as file, file:
                file.execute(
                    "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)",
                    (provider, _key(query), json.dumps(asdict(answer), ensure_ascii=False), self._clock()),
                )
        except (sqlite3.DatabaseError, OSError):
            return

    def forget(self, is_meant: Callable[[str], bool], *, write: bool) -> int:
        """Take away the answers of which question or answer is meant, and those that are too old; return how many.

        Raises
        ------
        OSError
            The file cannot be read or written.
        """
        if not self._path.exists():
            return 0
        try:
            with self._open() as file:
                file.execute("PRAGMA secure_delete = ON")
                since = self._clock() - KEPT_SECONDS
                rows = file.execute("SELECT provider, query, answer, at FROM answers").fetchall()
                gone = [row[:2] for row in rows if row[3] <= since or is_meant(f"{row[1]}\n{row[2]}")]
                if write and gone:
                    with file:
                        file.executemany("DELETE FROM answers WHERE provider = ? AND query = ?", gone)
                    file.execute("VACUUM")
        except sqlite3.DatabaseError as error:
            raise OSError(str(error)) from error
        return len(gone)

    @contextmanager
    def _open(self) -> Generator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=10)) as file:
            file.execute(
                "CREATE TABLE IF NOT EXISTS answers"
                " (provider TEXT, query TEXT, answer TEXT, at REAL, PRIMARY KEY (provider, query)) WITHOUT ROWID"
            )
            yield file


def _key(query: Query) -> str:
    return f"{query.adcode}\n{query.text}"


def _answer(text: str) -> Answer:
    said = json.loads(text)
    if not isinstance(said, dict):
        raise ValueError(text)
    return Answer(**{name: value for name, value in said.items() if name in _NAMES})
