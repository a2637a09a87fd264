"""Figures that were computed for each county, kept beside the derived tables under a key of all that they follow from.

One file a question holds a table: a row for each unit, its key, and columns of numbers. What is asked for anew is read
by key, so that a change of one county leaves the figures of the others usable, whatever version of the data they were
computed at. A file is believed when it sums up to what stands at its head; any other counts as none.
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
import zipfile
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodata.durable import flushed, synced
from geodata.locking import held

log = logging.getLogger(__name__)

NAME = "measures"
SUFFIX, LOCK = ".npz", ".lock"
#: Questions whose answers are kept; those that were asked last.
MOST = 16
KEYS = "key"
_SUM = 64  # characters at the head of a file

Columns = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Measures:
    """The kept figures of one home.

    Attributes
    ----------
    path : Path
        Made when it is needed.
    """

    path: Path

    def find(self, question: str) -> dict[str, NDArray[Any]]:
        """Return the columns kept for `question`, ``key`` among them; none where no file can be believed."""
        path = self.path / f"{question}{SUFFIX}"
        try:
            whole = path.read_bytes()
            if hashlib.sha256(question.encode() + whole[_SUM:]).hexdigest().encode() != whole[:_SUM]:
                raise ValueError("it is cut or altered")
            with np.load(io.BytesIO(whole[_SUM:]), allow_pickle=False) as file:
                found = {name: file[name] for name in file.files}
            if KEYS not in found or len({len(one) for one in found.values()}) != 1:
                raise ValueError("its columns differ")
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            log.warning("kept figures %s cannot be used, they are computed anew: %s", path, error)
            return {}
        with suppress(OSError):
            os.utime(path)  # asked for
        return found

    def put(self, question: str, columns: Columns) -> None:
        """Keep the columns of `question` in the place of former ones; of other questions, :data:`MOST` at all.

        Where nothing can be written the log says so.
        """
        written = io.BytesIO()
        np.savez(written, allow_pickle=False, **columns)
        body = written.getvalue()
        new = self.path / f"{question}.{os.getpid()}.new"
        try:
            with new.open("wb") as file:
                file.write(hashlib.sha256(question.encode() + body).hexdigest().encode() + body)
                flushed(file)
            new.replace(self.path / f"{question}{SUFFIX}")
            synced(self.path)
            for old in sorted(self.path.glob(f"*{SUFFIX}"), key=lambda one: one.stat().st_mtime)[:-MOST]:
                old.unlink(missing_ok=True)
        except OSError as error:
            log.warning("figures cannot be kept in %s: %s", self.path, error)
            with suppress(OSError):
                new.unlink(missing_ok=True)

    @contextmanager
    def alone(self) -> Generator[None]:
        """Let nobody else compute for this home while the block lasts, so that nothing is computed twice."""
        with ExitStack() as stack:
            try:
                for folder in (self.path.parent, self.path):  # only the last of a way would get the mode
                    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                stack.enter_context(held(self.path / LOCK))
            except OSError as error:
                log.warning("figures cannot be kept in %s: %s", self.path, error)
            yield
