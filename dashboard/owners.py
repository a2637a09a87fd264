"""Which process a thing belongs to, told so that another process of the same number is not taken for it."""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path


def owner() -> str:
    """Return the mark of this process: its number and when it began."""
    return f"{os.getpid()}:{_began(os.getpid())}"


def alive(mark: str) -> bool:
    """Return whether the process that :func:`owner` marked so is still there.

    A number alone proves nothing: after a restart, and in a container nearly always, another process has it.
    """
    number, _, began = str(mark).partition(":")
    return number.isdecimal() and bool(began) and _began(int(number)) == began


def _began(pid: int) -> str:
    """Return what tells the process `pid` from every other that ever had its number; empty when there is none."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return "" if Path("/proc/self/stat").exists() else _began_elsewhere(pid)
    # proc(5): fields are counted behind the name, which stands in brackets and may hold any; state is 3, starttime 22
    fields = told.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else f"{fields[19]}@{_boot()}"  # ticks since the machine began


@cache
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


def _began_elsewhere(pid: int) -> str:
    """Return the same where there is no /proc (macOS): as ``ps`` says it."""
    try:
        told = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S603, S607 - a number of ours
    except OSError:
        return "?"  # Windows: then the number has to do
    return " ".join(told.stdout.split())
