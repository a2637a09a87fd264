"""How often a service may be asked: so many a second and so many a day, over all processes that share a home."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from geodata.errors import N_
from geodata.geocoding.base import QuotaError
from geodata.locking import held
from geodata.store.batch import CHINA_TIME

STEP_SECONDS = 0.05


class Rate:
    """A bucket that holds one token and is filled `per_second` times a second, with a count of the day; kept in a file.

    Parameters
    ----------
    path : Path
        File of this service; its lock lies beside it.
    per_second : float
        At most so many requests a second.
    per_day : int
        At most so many requests a day of China's calendar.
    clock, sleep : callable
        Time in seconds, and waiting.
    """

    def __init__(
        self,
        path: Path,
        per_second: float,
        per_day: int,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._path, self._gap, self._per_day = path, 1.0 / per_second, per_day
        self._clock, self._sleep = clock, sleep

    def take(self, cancelled: Callable[[], bool] = lambda: False) -> bool:
        """Wait until one request may be made and count it; False when called off meanwhile.

        Raises
        ------
        QuotaError
            When the day's number is used up.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with held(self._path.with_suffix(".lock")):
            now, state = self._clock(), self._state()
            if state["used"] >= self._per_day:
                raise QuotaError(
                    N_(
                        "今天已请求 {count} 次，到了设定的上限（ATLAS_GEOCODER_PER_DAY）："
                        "已找到的都留着，明天可接着找。"
                    ),
                    count=state["used"],
                )
            # a clock that was set back must not hold everybody up
            turn = min(max(now, state["next"]), now + 60 * self._gap)
            self._write({"day": state["day"], "used": state["used"] + 1, "next": turn + self._gap})
        while (left := turn - self._clock()) > 0:
            if cancelled():
                return False
            self._sleep(min(left, STEP_SECONDS))
        return not cancelled()

    def used(self) -> int:
        """Return how many requests were made today."""
        return int(self._state()["used"])

    def _state(self) -> dict:
        day = datetime.fromtimestamp(self._clock(), CHINA_TIME).date().isoformat()
        try:
            said = json.loads(self._path.read_text("utf-8"))
            state = {"day": str(said["day"]), "used": int(said["used"]), "next": float(said["next"])}
        except (OSError, ValueError, KeyError, TypeError):
            state = {"day": day, "used": 0, "next": 0.0}
        return state if state["day"] == day else {"day": day, "used": 0, "next": state["next"]}

    def _write(self, state: dict) -> None:
        unfinished = self._path.with_suffix(".new")
        unfinished.write_text(json.dumps(state), "utf-8")
        unfinished.replace(self._path)
