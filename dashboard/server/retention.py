"""What has been kept for long enough is taken away, by the clock of a server: no reader has to come for it.

Uploads after a day, briefs and jobs after their hours. After ``ATLAS_RETENTION_DAYS``: feedback, and of batches that
were undone the names of who did it and what their copies say of persons. Rows, batches and counts stay.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask

from dashboard import feedback
from dashboard.access import audit
from dashboard.export.orders import FOLDER as BRIEFS
from dashboard.export.orders import KEPT_SECONDS
from dashboard.geocoding import folder as geocoding
from dashboard.settings import Settings
from dashboard.source import AtlasSource
from dashboard.tasks.jobs import Jobs
from dashboard.tasks.uploads import Uploads
from geodata.errors import AtlasError
from geodata.geocoding.service import cache_of

log = logging.getLogger(__name__)

#: Seconds after a start, and from then on between two sweeps.
FIRST_SECONDS, EVERY_SECONDS = 60.0, 3_600.0


def sweep(settings: Settings, source: AtlasSource, now: datetime | None = None) -> dict[str, int]:
    """Take away what is past its time; return how much of it, by kind, where it stands in the trail of deeds.

    Raises
    ------
    AtlasError, OSError
        Something cannot be written; the next sweep goes on.
    """
    now = now or datetime.now(UTC)
    Uploads(settings).sweep()
    for name, kept in (("jobs", 3_600), (BRIEFS, KEPT_SECONDS), ("ground-jobs", 3_600)):
        Jobs(settings.home / name, kept=kept).sweep()
    cache_of(geocoding(settings)).forget(lambda _: False, write=True)
    if not settings.retention_days:
        return {}
    before = (now - timedelta(days=settings.retention_days)).isoformat(timespec="seconds")
    told = feedback.forget(settings.home, lambda one: None if one["at"] < before else one, write=True)
    found = {"feedback": told} if told else {}

    def noted(more: dict[str, int]) -> None:
        told: dict[str, Any] = {"days": settings.retention_days, **more}
        audit.note(settings.home, "expired", **told)

    findings = source.store().expire(before, lambda some: noted(some.counts() | found))
    if findings.found:
        return findings.counts() | found
    if found:
        noted(found)
    return found


def sweep_beside(server: Flask) -> threading.Thread:
    """Sweep in a thread of its own for as long as the process lives."""
    context = server.extensions["atlas"]

    def work() -> None:
        time.sleep(FIRST_SECONDS)
        while True:
            try:
                sweep(context.settings, context.source)
            except (AtlasError, OSError) as error:
                log.warning("what is past its time is not taken away yet: %s", error)
            except Exception:
                log.exception("what is past its time is not taken away yet")
            time.sleep(EVERY_SECONDS)

    thread = threading.Thread(target=work, name="retention", daemon=True)
    thread.start()
    return thread
