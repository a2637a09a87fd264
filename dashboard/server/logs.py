"""The log of the server: a record is one line whatever an address holds; a trace comes once, not as often as asked."""

from __future__ import annotations

import logging
import re
import time
import traceback

_ENDS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
#: A trace that was written is written again after so long, seconds.
AGAIN_SECONDS = 600.0
MOST_TRACES = 200


class OneLine(logging.Formatter):
    """Writes a record on one line, what would end a line escaped; a trace follows on lines of its own, indented.

    Of the same trace only the first in :data:`AGAIN_SECONDS` is written: a fault that anybody can call up from afar
    would fill the disk.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")
        self._written: dict[str, float] = {}

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of `record`."""
        record.message = record.getMessage()
        record.asctime = self.formatTime(record)
        line = _ENDS.sub(lambda found: found.group().encode("unicode_escape").decode(), self.formatMessage(record))
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return line
        frames = traceback.extract_tb(error.__traceback__)
        key = "|".join([type(error).__name__, *(f"{one.filename}:{one.lineno}" for one in frames[-3:])])
        now = time.monotonic()
        if now - self._written.get(key, -AGAIN_SECONDS) < AGAIN_SECONDS:
            return f"{line} ({type(error).__name__}, its trace is above)"
        if len(self._written) >= MOST_TRACES:
            self._written.clear()
        self._written[key] = now
        trace = "".join(traceback.format_exception(error)).rstrip()
        return line + "".join(f"\n    {_ENDS.sub(' ', one)}" for one in trace.splitlines())


def to_stderr() -> None:
    """Have every record of this process written so, to stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
