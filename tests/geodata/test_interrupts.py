"""A command that was started with Ctrl-C ignored, as `nohup … &` does, is ended politely all the same."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = """
import sys
from geodata.interrupts import ended_politely, held_back
try:
    with ended_politely():
        with held_back() as check:
            print("ready", flush=True)
            sys.stdin.readline()
            check()
            print("went on", flush=True)
except KeyboardInterrupt:
    print("cancelled", flush=True)
"""


@pytest.mark.parametrize("ignored", [False, True])
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_command_is_ended_politely_however_it_was_started(sent: signal.Signals, ignored: bool) -> None:
    shell = "trap '' INT; exec \"$@\"" if ignored else 'exec "$@"'
    child = subprocess.Popen(
        ["sh", "-c", shell, "sh", sys.executable, "-c", COMMAND],
        cwd=Path(__file__).resolve().parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout and child.stdout.readline() == "ready\n"
    child.send_signal(sent)
    said, _ = child.communicate("\n", timeout=60)
    assert said == "cancelled\n"
