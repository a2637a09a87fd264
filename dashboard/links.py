"""Short links: a view kept under a few letters,
in a small database of the atlas's home, or in the database of a shared atlas.

Making a view shorter is asked for by a POST; reading a page keeps nothing. When :data:`MOST` are kept, the oldest make
room: a reader who shortens without end takes nobody's turn for good.

The same address always gets the same letters, on every machine that shares the
database. Only addresses of this server are kept, so a link never leads anywhere
else.
"""

from __future__ import annotations

import base64
import hashlib
import re
import sqlite3
from collections.abc import Callable, Collection, Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

from geodata.errors import N_, AtlasError, UnavailableError

FILE = "links.sqlite3"
LETTERS = 7
MOST = 200_000
EVICTED = 1_000  # so many of the oldest make room at one time
LONGEST = 20_000
SHEETS = ("/present", "/embed", "/sheet")  # what beside the pages a link may lead to
TABLE = "CREATE TABLE IF NOT EXISTS links (key TEXT PRIMARY KEY, address TEXT NOT NULL, made TEXT NOT NULL)"
LOCK = 0x4C494E4B  # the advisory lock of whoever keeps a link in a shared database
_KEY = re.compile(r"[a-z2-7]{7,32}\Z")

#: A statement with named values → its rows.
Ask = Callable[..., list[tuple[Any, ...]]]


def _keys(address: str) -> Iterator[str]:
    """Yield the letters that may stand for `address`, the fewest first."""
    digest = base64.b32encode(hashlib.sha256(address.encode()).digest()).decode().lower().rstrip("=")
    return (digest[:length] for length in range(LETTERS, len(digest) + 1))


class Links:
    """The links of one atlas.

    Parameters
    ----------
    home : Path
        Folder of the atlas.
    url : str, optional
        Address of the database that holds the atlas instead, and then its links.
    pages : collection of str
        Paths of the pages that a link may lead to.
    """

    def __init__(self, home: Path, url: str | None = None, pages: Collection[str] = ("/",)) -> None:
        self._path = home / FILE
        self._url = url
        self._leads_to = {*pages, *SHEETS}

    def keep(self, address: str) -> str:
        """Return the letters of `address` (path and query on this server), keeping it when it is new.

        Raises
        ------
        AtlasError
            The address is not one of this server's pages, or is too long.
        """
        path = address.partition("?")[0]
        if path not in self._leads_to or len(address) > LONGEST:
            raise AtlasError(
                N_("地址“{got}”不能做成短链接：只能是本图册页面的地址，且不超过 {most} 个字符。"),
                got=address[:60],
                most=LONGEST,
            )
        with self._open(True) as ask:
            for key in _keys(address):
                found = ask("SELECT address FROM links WHERE key = :key", key=key)
                if not found:
                    if ask("SELECT count(*) FROM links")[0][0] >= MOST:
                        ask(
                            "DELETE FROM links WHERE key IN (SELECT key FROM links ORDER BY made, key LIMIT :evicted)",
                            evicted=EVICTED,
                        )
                    ask(
                        "INSERT INTO links (key, address, made) VALUES (:key, :address, :made) ON CONFLICT DO NOTHING",
                        key=key,
                        address=address,
                        made=datetime.now(UTC).isoformat(timespec="seconds"),
                    )
                    found = ask("SELECT address FROM links WHERE key = :key", key=key)
                if found[0][0] == address:
                    return key
        raise AtlasError(N_("短链接没有存下，请重试。"))

    def known(self, address: str) -> str | None:
        """Return the letters of `address` where they were kept before, None where not; keeps nothing."""
        return next((key for key in _keys(address) if self.address(key) == address), None) if self._there else None

    def address(self, key: str) -> str | None:
        """Return the address kept under `key`, None when there is none."""
        if not _KEY.match(key) or not self._there:
            return None
        with self._open(False) as ask:
            found = ask("SELECT address FROM links WHERE key = :key", key=key)
        return found[0][0] if found else None

    def copy_to(self, other: Links) -> None:
        """Put every link into `other`, all at once; letters that it knows already keep what they lead to there."""
        if not self._there:
            return
        with self._open(False) as ask:
            found = ask("SELECT key, address, made FROM links")
        with other._open(True) as ask:
            for key, address, made in found:
                ask(
                    "INSERT INTO links (key, address, made) VALUES (:key, :address, :made) ON CONFLICT DO NOTHING",
                    key=key,
                    address=address,
                    made=made,
                )

    def forget(self, is_meant: Callable[[str], bool], *, write: bool) -> int:
        """Take away the links to addresses that are meant, and return how many."""
        if not self._there:
            return 0
        with self._open(write) as ask:
            gone = [key for key, address in ask("SELECT key, address FROM links") if is_meant(unquote_plus(address))]
            if write and gone and not self._url:
                ask("PRAGMA secure_delete = ON")
            for key in gone if write else ():
                ask("DELETE FROM links WHERE key = :key", key=key)
        return len(gone)

    # -- inside -------------------------------------------------------------------

    @property
    def _there(self) -> bool:
        return bool(self._url) or self._path.exists()

    @contextmanager
    def _open(self, keeping: bool) -> Generator[Ask]:
        with self._shared(keeping) if self._url else self._own() as ask:
            yield ask

    @contextmanager
    def _own(self) -> Generator[Ask]:
        told = N_("短链接的数据库 {path} 打不开：{said}。")
        try:
            store = sqlite3.connect(self._path, timeout=10)
        except sqlite3.Error as error:
            raise UnavailableError(told, path=FILE, said=error) from error
        try:
            with store:
                store.execute(TABLE)
                yield lambda sql, **values: store.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise UnavailableError(told, path=FILE, said=error) from error
        finally:
            store.close()

    @cached_property
    def _database(self) -> tuple[Any, Any]:
        from geodata.store.connecting import Address  # psycopg: only a shared atlas needs it

        address = Address(str(self._url))
        return address, address.engine()

    @contextmanager
    def _shared(self, keeping: bool) -> Generator[Ask]:
        from sqlalchemy import text

        address, engine = self._database
        with (
            address.said(N_("数据库 {where} 里的短链接用不了（{detail}）：请检查数据库。")),
            engine.begin() as connection,
        ):

            def ask(sql: str, **values: Any) -> list[tuple[Any, ...]]:
                result = connection.execute(text(sql), values)
                return [tuple(row) for row in result] if result.returns_rows else []

            if keeping:
                ask(f"SELECT pg_advisory_xact_lock({LOCK})")
                ask(TABLE)
            elif ask("SELECT to_regclass('links')")[0][0] is None:
                yield lambda *_asked, **_values: []
                return
            yield ask
