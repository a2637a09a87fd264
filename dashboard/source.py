"""The atlas that this process serves: loaded once, loaded again when the store changes.

Held by the application object, never by a module: each gunicorn worker and each
test has its own, and nothing in it depends on who asks.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable
from datetime import date
from pathlib import Path

from dashboard.as_of import end_of
from geodata.errors import BusyError
from geodata.osm.ground import walking
from geodata.store import WritableStore, site
from geodata.store.batched import BatchedStore
from layers.atlas import Atlas

log = logging.getLogger(__name__)

BUSY_SECONDS = 5.0  # after the store was busy, what is in memory is given for so long before it is asked again
PAST_KEPT = 3  # atlases of past days; one of a nation takes a hundred megabytes


class AtlasSource:
    """Gives the present :class:`Atlas` of a home, or of a database.

    Parameters
    ----------
    home : Path
        Folder that holds the store.
    url : str, optional
        Address of the database that holds it instead.
    watched : callable, optional
        What the store is handed out through: it judges changes before they take effect.

    Raises
    ------
    AtlasError
        The address is of no known kind.
    """

    def __init__(
        self, home: Path, url: str | None = None, watched: Callable[[BatchedStore], BatchedStore] | None = None
    ) -> None:
        self._site, self._home, self._url, self._watched = site(home, url), home, url, watched
        self._lock = threading.Lock()
        self._busy_until = 0.0  # monotonic seconds
        self._past_lock = threading.Lock()
        self._past: dict[tuple[Hashable, date], Atlas] = {}
        self._store: WritableStore | None = None
        self._held: tuple[Hashable, Atlas, dict[str, int]] | None = (
            None  # one name, so that no thread sees a half of each
        )

    @property
    def home(self) -> Path:
        """Folder that holds the store, or what else the atlas keeps, where the store is a database."""
        return self._home

    @property
    def where(self) -> str:
        """Where the atlas is, for people: a folder, or a database without its password."""
        return str(self._site if self._url else self._home)

    def store(self) -> WritableStore:
        """Return the store, opened once.

        Raises
        ------
        AtlasError
            The store is missing or cannot be read.
        """
        if self._store is None:
            store = self._site.open()
            self._store = self._watched(store) if self._watched else store  # ty: ignore[invalid-assignment] - it reads and writes as one
        return self._store  # ty: ignore[invalid-explicit-return] - opened above

    def atlas(self) -> Atlas:
        """Return the atlas as the store now holds it.

        Raises
        ------
        AtlasError
            The store is missing or cannot be read; says where and how to mend it.
        """
        return self._present()[1]

    def at(self, day: date | None) -> Atlas:
        """Return the atlas as it stood at the end of `day` in China; the present one for None.

        A few are kept, until the store changes: an undo changes the past as well.
        """
        if day is None:
            return self.atlas()
        stamp = self._present()[0]  # while the store is busy: of what is held, whose past days are held too
        with self._past_lock:
            found = self._past.pop((stamp, day), None)
            if found is None:
                past = self.store().as_of(end_of(day))
                found = Atlas.load(past, day, walking(self._home, past))
            self._past = {key: kept for key, kept in [*self._past.items()][1 - PAST_KEPT :] if key[0] == stamp}
            self._past[stamp, day] = found
        return found

    def described(self) -> tuple[Atlas, str, dict[str, int]]:
        """Return the present atlas, the kind of its store, and the rows of each table."""
        _, atlas, tables = self._present()
        return atlas, self.store().name, dict(tables)

    def _present(self) -> tuple[Hashable, Atlas, dict[str, int]]:
        store, held = self.store(), self._held
        if held is None or self._changed(store, held[0]):
            with self._lock:
                held = self._held
                if held is None or self._changed(store, held[0]):
                    try:
                        # every table as of one moment, whoever imports meanwhile
                        stamp, (atlas, tables) = store.at_once(
                            lambda now: (Atlas.load(now, walking=walking(self._home, now)), now.tables())
                        )
                    except BusyError:
                        if held is None:
                            raise
                        # busy is not broken: what is in memory was true a moment ago
                        log.warning("the store is busy: the atlas in memory goes on", exc_info=True)
                        self._busy_until = time.monotonic() + BUSY_SECONDS
                        return held
                    held = self._held = stamp, atlas, tables
        return held

    def _changed(self, store: WritableStore, stamp: Hashable) -> bool:
        """Return whether the store is another than at `stamp`; while it is busy nobody waits to find out."""
        return time.monotonic() >= self._busy_until and store.stamp() != stamp
