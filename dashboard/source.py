"""The atlas that this process serves: loaded once, loaded again when the store changes.

Held by the application object, never by a module: each gunicorn worker and each
test has its own, and nothing in it depends on who asks.

Its tables lie in derived files that all processes map (:mod:`geodata.derived`). Whoever asks first after a change makes
them, as a rule, and waits; a server *keeps up* (:meth:`AtlasSource.keep_up`): a thread of its own looks for changes,
loads and warms the new atlas, and what is in memory is served meanwhile.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Generator, Hashable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dashboard.as_of import end_of
from dashboard.backup import served
from geodata.derived import NAME, Folder
from geodata.errors import AtlasError, BusyError
from geodata.osm.ground import walking
from geodata.processes import given_back
from geodata.store import WritableStore, site
from geodata.store.base import AtlasStore
from geodata.store.batched import BatchedStore, PassedOnStore
from geodata.store.database import Database
from geodata.withheld import THRESHOLD
from layers.atlas import Atlas

log = logging.getLogger(__name__)

BUSY_SECONDS = 5.0  # after the store was busy, what is in memory is given for so long before it is asked again
PAST_KEPT = 3  # atlases of past days; one of a nation takes tens of megabytes
#: Seconds between two glances of a server at its store.
LOOK_SECONDS = 0.5
#: Seconds from when a change is first seen, for which a reader of a server waits for the new atlas.
PATIENCE_SECONDS = 2.0
#: Seconds after which a server gives the system back what its answers have freed.
GIVES_BACK_SECONDS = 300.0
#: Seconds for which a new atlas is warmed before readers get it.
WARMING_SECONDS = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """An atlas, and the stamp of the store at its moment: one name, so that no thread sees a half of each."""

    stamp: Hashable
    atlas: Atlas


class _Told(PassedOnStore):
    """A store that says when something was written through it.

    Parameters
    ----------
    store : BatchedStore
    written : callable
        Called after each writing transaction that took effect, in the thread that wrote.
    """

    def __init__(self, store: BatchedStore, written: Callable[[], None]) -> None:
        super().__init__(store)
        self._written = written

    @contextmanager
    def writing(self) -> Generator[Database]:
        """Give the one transaction that may write now."""
        with self._store.writing() as database:
            yield database
        self._written()


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
    threshold : int
        Counts of fewer persons are withheld (:mod:`layers.small_counts`); 0: none.
    waits : callable, optional
        Whether whoever asks now waits for a new atlas of a server that keeps up: everybody, when not given.

    Raises
    ------
    AtlasError
        The address is of no known kind.
    """

    def __init__(
        self,
        home: Path,
        url: str | None = None,
        watched: Callable[[BatchedStore], BatchedStore] | None = None,
        threshold: int = THRESHOLD,
        waits: Callable[[], bool] = lambda: True,
    ) -> None:
        self._threshold, self._waits = threshold, waits
        self._site, self._home, self._url, self._watched = site(home, url), home, url, watched
        self._derived = Folder(home / NAME, str(self._site) if url else "")
        self._lock = threading.Lock()
        self._busy_until = 0.0  # monotonic seconds
        self._past_lock = threading.Lock()
        self._past: dict[tuple[Hashable, date], Atlas] = {}
        self._store: WritableStore | None = None
        self._held: _Held | None = None
        self._mine = threading.local()
        self._warm: Callable[[], object] | None = None  # of a server that keeps up
        self._failed: AtlasError | None = None
        self._wanted = threading.Event()
        self._switched = threading.Condition()
        self._seen: float | None = None  # monotonic seconds: when the change was seen that readers wait for

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
            judged = self._watched(store) if self._watched else store
            self._store = _Told(judged, self._written)
        return self._store

    def atlas(self) -> Atlas:
        """Return the atlas as the store now holds it.

        Raises
        ------
        AtlasError
            The store is missing or cannot be read; says where and how to mend it.
        """
        return self._present().atlas

    @property
    def in_memory(self) -> Atlas | None:
        """The atlas that is told as long as the store does not change; none before the first asking."""
        held: _Held | None = getattr(self._mine, "held", None) or self._held
        return held.atlas if held is not None else None

    def at(self, day: date | None) -> Atlas:
        """Return the atlas as it stood at the end of `day` in China; the present one for None.

        A few are kept, until the store changes: an undo changes the past as well.
        """
        if day is None:
            return self.atlas()
        stamp = self._present().stamp  # while the store is busy: of what is held, whose past days are held too
        with self._past_lock:
            found = self._past.pop((stamp, day), None)
            if found is None:
                past = self.store().as_of(end_of(day))
                found = Atlas.load(past, day, walking(self._home, past), self._derived, self._threshold)
            self._past = {key: kept for key, kept in [*self._past.items()][1 - PAST_KEPT :] if key[0] == stamp}
            self._past[stamp, day] = found
        return found

    def described(self) -> tuple[Atlas, str, dict[str, int]]:
        """Return the present atlas, the kind of its store, and the rows of each table."""
        atlas = self.atlas()
        return atlas, self.store().name, atlas.stored_rows

    def keep_up(self, warm: Callable[[], object]) -> threading.Thread:
        """Look for changes from now on, and let readers wait no longer than :data:`PATIENCE_SECONDS` for what is new.

        Parameters
        ----------
        warm : callable
            Does what the first reader of a new atlas would wait for. :meth:`atlas` gives it the new one, everybody
            else what was there, for at most :data:`WARMING_SECONDS`.
        """
        self._warm = warm
        thread = threading.Thread(target=self._keep_up, name="keeping up", daemon=True)
        thread.start()
        return thread

    def leave_off(self) -> None:
        """Keep up no longer: whoever asks waits for what is new again."""
        self._warm = None
        self._wanted.set()

    def _keep_up(self) -> None:
        given = time.monotonic()
        while self._warm is not None:
            self._wanted.wait(LOOK_SECONDS)
            self._wanted.clear()
            try:
                held = self._held
                if held is not None and self._changed(self.store(), held.stamp):
                    self._renewed()
                    del held
                    given_back()  # of the former atlas
                elif held is not None:
                    self._seen = None
                    if time.monotonic() - given > GIVES_BACK_SECONDS:
                        given_back()
                        given = time.monotonic()
                self._failed = None
            except AtlasError as error:
                if str(error) != str(self._failed):  # once, and not twice a second
                    log.warning("the atlas cannot be brought up to date: %s", error)
                self._failed = error
            except Exception:
                log.exception("the atlas cannot be brought up to date")
            with self._switched:
                self._switched.notify_all()

    def _written(self) -> None:
        """Make the derived files before whoever wrote is told that it is done, so that nobody who serves has to."""
        try:
            if self._warm is not None or served(self._home):
                self._renewed()
        except Exception:  # it is written: what is wrong with reading is told to whoever reads
            log.warning("the atlas is not up to date yet", exc_info=True)

    def _present(self) -> _Held:
        trial: _Held | None = getattr(self._mine, "held", None)
        if trial is not None:
            return trial
        store, held = self.store(), self._held
        if held is not None and not self._changed(store, held.stamp):
            return held
        return self._renewed() if held is None or self._warm is None else self._waited(store, held)

    def _waited(self, store: WritableStore, held: _Held) -> _Held:
        """Return the new atlas of a server if it is there in time, else what is in memory; who does not wait has that.

        Where it could not be loaded a moment ago, whoever asks finds out whether that is still so.
        """
        if self._failed is not None:
            return self._renewed()
        now = time.monotonic()
        if self._seen is None:
            self._seen = now
        until = self._seen + (PATIENCE_SECONDS if self._waits() else 0.0)
        with self._switched:
            while (found := self._held) is held and (left := until - time.monotonic()) > 0:
                self._wanted.set()
                self._switched.wait(left)
                if self._failed is not None or not self._changed(store, held.stamp):  # or busy, or as it was before
                    break
        if found is held and self._failed is not None:
            return self._renewed()
        return self._held or held

    def _renewed(self) -> _Held:
        """Return the atlas as the store now holds it, loaded unless another thread has."""
        store = self.store()
        with self._lock:
            held = self._held
            if held is not None and not self._changed(store, held.stamp):
                return held
            try:
                # every table as of one moment, whoever imports meanwhile
                new = _Held(*store.at_once(self._loaded))
            except BusyError:
                if held is None:
                    raise
                # busy is not broken: what is in memory was true a moment ago
                log.warning("the store is busy: the atlas in memory goes on", exc_info=True)
                self._busy_until = time.monotonic() + BUSY_SECONDS
                return held
            if held is not None and self._warm is not None:
                self._warmed(new)
            self._held, self._seen, self._failed = new, None, None
        with self._switched:
            self._switched.notify_all()
        return new

    def _loaded(self, now: AtlasStore) -> Atlas:
        return Atlas.load(now, None, walking(self._home, now), self._derived, self._threshold)

    def _warmed(self, new: _Held) -> None:
        """Warm a new atlas for a while; what is left of that goes on beside its readers."""

        def work() -> None:
            self._mine.held = new
            try:
                if self._warm is not None:
                    self._warm()
            except Exception:  # a reader will meet it on the way that has words for it
                log.warning("warming failed", exc_info=True)

        thread = threading.Thread(target=work, name="warming", daemon=True)
        thread.start()
        thread.join(WARMING_SECONDS)

    def _changed(self, store: WritableStore, stamp: Hashable) -> bool:
        """Return whether the store is another than at `stamp`; while it is busy nobody waits to find out."""
        return time.monotonic() >= self._busy_until and store.stamp() != stamp
