"""The atlas that this process serves: loaded once, loaded again when the store changes.

Held by the application object, never by a module: each gunicorn worker and each
test has its own, and nothing in it depends on who asks.
"""

from __future__ import annotations

import threading
from pathlib import Path

from geodata.errors import N_, AtlasError
from geodata.store import WritableStore, open_store
from layers.atlas import Atlas

ATTEMPTS = 5  # an import takes effect at one instant, and the next one is seconds away


class AtlasSource:
    """Gives the present :class:`Atlas` of a home.

    Parameters
    ----------
    home : Path
        Folder that holds the store.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._atlas: Atlas | None = None
        self._store = ""
        self._tables: dict[str, int] = {}
        self._stamp: tuple[int, int, int] | None = None

    @property
    def home(self) -> Path:
        """Folder that holds the store."""
        return self._home

    def store(self) -> WritableStore:
        """Return the store itself, opened now: for imports, batches and their history.

        Raises
        ------
        AtlasError
            The store is missing or cannot be read.
        """
        return open_store(self._home)

    def _present_stamp(self) -> tuple[int, int, int] | None:
        try:
            status = (self._home / "atlas.gpkg").stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size

    def atlas(self) -> Atlas:
        """Return the atlas as the store now holds it.

        Raises
        ------
        AtlasError
            The store is missing or cannot be read; says which file and how to mend it.
        """
        stamp = self._present_stamp()
        if self._atlas is None or stamp != self._stamp:
            with self._lock:
                for _ in range(ATTEMPTS):
                    if self._atlas is not None and stamp == self._stamp:
                        break
                    store = open_store(self._home)
                    atlas, tables = Atlas.load(store), dict(store.tables())
                    after = self._present_stamp()
                    if after == stamp:  # else an import took effect between two tables: read them all again
                        self._atlas, self._store, self._tables, self._stamp = atlas, store.name, tables, stamp
                    stamp = after
                else:
                    if self._atlas is None:
                        raise AtlasError(N_("图册一直在改动，读不完整：请稍候再试。"))
        return self._atlas

    def described(self) -> tuple[Atlas, str, dict[str, int]]:
        """Return the present atlas, the kind of its store, and the rows of each table."""
        atlas = self.atlas()
        return atlas, self._store, dict(self._tables)
