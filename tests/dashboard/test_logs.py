"""One record, one line; the same trace once."""

from __future__ import annotations

import logging
import stat
import sys
from pathlib import Path

import pytest

from dashboard.server.logs import OneLine
from geodata.build import build_atlas


def record(message: str, *values: object, error: BaseException | None = None) -> logging.LogRecord:
    told = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("atlas", logging.ERROR, __file__, 1, message, values, told)


@pytest.mark.parametrize("end", ["\r\n", "\n", "\x0b", "\x0c", "\x85", "\u2028", "\x1b[2J"])
def test_what_stands_in_an_address_begins_no_line(end: str) -> None:
    said = OneLine().format(record("%s", f"/a{end}2026-01-01 ERROR made up"))
    assert len(said.splitlines()) == 1 and end not in said


def test_a_trace_is_written_once() -> None:
    writer = OneLine()

    def failed() -> ValueError:
        try:
            raise ValueError("first\nERROR made up")
        except ValueError as error:
            return error

    first, second = (writer.format(record("callback failed", error=failed())) for _ in range(2))
    assert "Traceback" in first and all(line.startswith("    ") for line in first.splitlines()[1:])
    assert "Traceback" not in second and "ValueError" in second and len(second.splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="modes are those of POSIX")
def test_a_home_is_read_by_its_owner_alone(tmp_path: Path) -> None:
    home = tmp_path / "deeper" / "home"
    build_atlas(home)
    assert stat.S_IMODE(home.stat().st_mode) & 0o077 == 0
