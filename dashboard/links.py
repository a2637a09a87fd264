"""Short links: a view kept under a few letters, in a small database of the atlas's home.

The same address always gets the same letters. Only addresses of this server are
kept, so a link never leads anywhere else. Everything goes through
:class:`Links`: another store needs these three methods and nothing more.
"""

from __future__ import annotations

import base64
import hashlib
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from geodata.errors import N_, AtlasError

FILE = "links.sqlite3"
LETTERS = 7
MOST = 200_000
LONGEST = 20_000
PATHS = ("/", "/analysis", "/stories", "/planning", "/data", "/briefing", "/sources", "/present", "/embed", "/sheet")
_KEY = re.compile(r"[a-z2-7]{7,32}\Z")


class Links:
    """The links of one home.

    Parameters
    ----------
    home : Path
        Folder of the atlas.
    """

    def __init__(self, home: Path) -> None:
        self._path = home / FILE

    def keep(self, address: str) -> str:
        """Return the letters of `address` (path and query on this server), keeping it when it is new.

        Raises
        ------
        AtlasError
            The address is not one of this server's pages, is too long, or there are too many links.
        """
        path = address.partition("?")[0]
        if path not in PATHS or len(address) > LONGEST:
            raise AtlasError(N_("地址“{got}”不能做成短链接：只能是本图册页面的地址，且不超过 {most} 个字符。"), got=address[:60], most=LONGEST)
        digest = base64.b32encode(hashlib.sha256(address.encode()).digest()).decode().lower().rstrip("=")
        with self._open() as store:
            for length in range(LETTERS, len(digest) + 1):
                key = digest[:length]
                found = store.execute("SELECT address FROM links WHERE key = ?", (key,)).fetchone()
                if found is None:
                    if store.execute("SELECT count(*) FROM links").fetchone()[0] >= MOST:
                        raise AtlasError(N_("短链接已有 {most} 个，不能再加：请联系管理员清理 {file}。"), most=MOST, file=FILE)
                    store.execute("INSERT OR IGNORE INTO links (key, address, made) VALUES (?, ?, ?)",
                                  (key, address, datetime.now(UTC).isoformat(timespec="seconds")))
                    found = store.execute("SELECT address FROM links WHERE key = ?", (key,)).fetchone()
                if found[0] == address:
                    return key
        raise AtlasError(N_("短链接没有存下，请重试。"))

    def address(self, key: str) -> str | None:
        """Return the address kept under `key`, None when there is none."""
        if not _KEY.match(key) or not self._path.exists():
            return None
        with self._open() as store:
            found = store.execute("SELECT address FROM links WHERE key = ?", (key,)).fetchone()
        return found[0] if found else None

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            store = sqlite3.connect(self._path, timeout=10)
        except sqlite3.Error as error:
            raise AtlasError(N_("短链接的数据库 {path} 打不开：{said}。"), path=self._path, said=error) from error
        try:
            with store:
                store.execute("CREATE TABLE IF NOT EXISTS links (key TEXT PRIMARY KEY, address TEXT NOT NULL, made TEXT NOT NULL)")
                yield store
        except sqlite3.Error as error:
            raise AtlasError(N_("短链接的数据库 {path} 打不开：{said}。"), path=self._path, said=error) from error
        finally:
            store.close()
