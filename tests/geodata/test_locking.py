"""Locks and slots between threads and processes, and processes that can be killed."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from geodata import processes
from geodata.locking import Slots, hold, is_held

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no flock")
SLEEP = ["-c", "import time; print('up', flush=True); time.sleep(600)"]


def test_a_lock_is_held_until_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not is_held(path)
    with hold(path):
        assert is_held(path)
        with pytest.raises(BlockingIOError):
            hold(path)
    assert not is_held(path)


def test_a_lock_that_a_process_was_given_lives_and_dies_with_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with hold(path) as lock:
        process = processes.start(SLEEP, lock=lock)
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    assert is_held(path)
    processes.end(process)
    assert not is_held(path)


def test_a_process_is_gone_with_its_block() -> None:
    with pytest.raises(ZeroDivisionError), processes.running(SLEEP, {"MORE": "1"}) as process:
        assert process.poll() is None
        raise ZeroDivisionError
    assert process.returncode is not None
    assert process.stdout is not None
    assert process.stdout.closed


def test_who_waits_for_a_slot_is_seen_and_let_in(tmp_path: Path) -> None:
    first, second = Slots(tmp_path, 1), Slots(tmp_path, 1)
    began = time.time() - 1
    assert first.take()
    assert not first.wanted_since(began)
    assert not second.take(0.2)
    assert first.wanted_since(began)
    let_in = threading.Event()
    waiting = threading.Thread(target=lambda: second.take(None) and let_in.set())
    waiting.start()
    assert not let_in.wait(0.2)
    first.free()
    assert let_in.wait(10)
    waiting.join()
    second.free()


def test_the_slot_of_a_process_that_died_is_free(tmp_path: Path) -> None:
    code = (
        "import os, pathlib, sys; from geodata.locking import Slots\n"
        "assert Slots(pathlib.Path(sys.argv[1]), 1).take(); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, cwd=processes.ROOT)
    with Slots(tmp_path, 1) as mine:
        assert mine.take()
