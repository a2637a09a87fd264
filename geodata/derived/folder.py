"""Files beside a store that hold its tables as they are asked for: made once, mapped by every process.

A *set* is a folder of one file a table and a manifest, named after what it is of: the stamp of the store, what is
known of the atlas, the version of the schema, the form of the files. It is written under another name and takes its
own in one step, once it is on disk. Whoever opens it reads the manifest and sums every file before he believes it; a
set that is cut, altered or of another program counts as none, and is made anew. An open set stays what it was when
it is swept away.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import time
import zlib
from collections.abc import Callable, Generator, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from geodata.derived.columns import Coded, codes_of, decoded, encoded
from geodata.derived.measures import NAME as MEASURES
from geodata.durable import flushed, synced
from geodata.locking import held
from geodata.schema import SCHEMA_VERSION, TABLES

log = logging.getLogger(__name__)

NAME = "derived"
#: Folder of what a server keeps of its answers, beside the sets.
ANSWERS = "answers"
#: Number of the form of the files: another whenever a program would read those of this one wrongly.
FORM = 3
MANIFEST = "manifest.json"
SUMMED = ("bytes", "crc32")
LOCK, UNFINISHED = ".lock", ".making-"
#: Seconds after which nobody is thought to be about to open a set that is no longer the present one.
GRACE_SECONDS = 60.0
#: Sets of one atlas: the present one, and days of its past.
MOST = 8


class Tables(Mapping[str, pd.DataFrame]):
    """The tables of one set, by name; each asking lays a frame over the same bytes.

    Attributes
    ----------
    facts : mapping of str to Any
        What was found out of all tables when they were written.
    versions : mapping of str to str
        Sum of the bytes of each table: equal tables, equal sums. Empty where they are in no file.
    """

    def __init__(
        self,
        batches: Mapping[str, pa.RecordBatch],
        facts: Mapping[str, Any],
        versions: Mapping[str, str] | None = None,
    ) -> None:
        self._batches, self.facts, self.versions = dict(batches), facts, versions or {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Return a table in the types of its schema; it is read only."""
        return decoded(TABLES[name], self._batches[name])

    def __iter__(self) -> Iterator[str]:
        """Give the names."""
        return iter(self._batches)

    def __len__(self) -> int:
        """Return the number of tables."""
        return len(self._batches)

    def codes(self, name: str, column: str) -> Coded | None:
        """Return the codes of a column of texts, and what they stand for; None where they are not kept."""
        return codes_of(self._batches[name], column)


class InMemory:
    """Takes tables in as a set does, where no file can be written."""

    def __init__(self) -> None:
        self.batches: dict[str, pa.RecordBatch] = {}

    def take(self, name: str, of: str) -> bool:  # noqa: ARG002 - as a set does
        """Return False: nothing was there before."""
        return False

    def put(self, name: str, frame: pd.DataFrame, of: str = "") -> None:  # noqa: ARG002 - as a set does
        """Keep a table; one of that name is replaced."""
        self.batches[name] = encoded(TABLES[name], frame)

    def tables(self) -> Tables:
        """Return what has been put so far."""
        return Tables(self.batches, {})


class Making:
    """A set that is being written.

    Parameters
    ----------
    folder : Path
        Where; it is there.
    former : sequence of Path
        Sets that are there, the youngest first: of a table that is as it was their file is taken.
    """

    def __init__(self, folder: Path, former: Sequence[Path] = ()) -> None:
        self._folder, self._files = folder, {}
        self._former = former

    def take(self, name: str, of: str) -> bool:
        """Have the file of a former set that was made of the same rows (`of`) in this one too, without writing it.

        Returns
        -------
        bool
            Whether there is one that can be believed.
        """
        for one in self._former:
            try:
                told = _manifest(one)["files"][name]
                if told.get("of") != of:
                    continue
                path = self._folder / f"{name}.arrow"
                os.link(one / path.name, path)
                if _sum(path) == {key: told[key] for key in SUMMED}:
                    self._files[name] = told
                    return True
                path.unlink()
            except (OSError, ValueError, KeyError, TypeError):  # cut, altered or swept; or no file system for links
                continue
        return False

    def put(self, name: str, frame: pd.DataFrame, of: str = "") -> None:
        """Write a table; one of that name is replaced.

        Parameters
        ----------
        of : str
            Name of the rows that it is made of, for :meth:`take` of a later set; empty where it has none.
        """
        path = self._folder / f"{name}.arrow"
        path.unlink(missing_ok=True)  # a frame may lie over it
        batch = encoded(TABLES[name], frame)
        with path.open("xb") as file:
            with pa.ipc.new_file(file, batch.schema) as writer:
                writer.write_batch(batch)
            flushed(file)
        digest = hashlib.sha256(_mapped(path)).hexdigest()
        self._files[name] = {"rows": batch.num_rows, "of": of, "sha256": digest, **_sum(path)}

    def tables(self) -> Tables:
        """Return what has been put so far."""
        return Tables({name: _batch(_mapped(self._folder / f"{name}.arrow")) for name in self._files}, {})

    def finish(self, key: str, facts: Mapping[str, Any]) -> None:
        """Write the manifest, the last file."""
        said = json.dumps({"form": FORM, "key": key, "files": self._files, "facts": dict(facts)}, ensure_ascii=False)
        with (self._folder / MANIFEST).open("x", encoding="utf-8") as file:
            file.write(f"{hashlib.sha256(said.encode()).hexdigest()}\n{said}\n")
            flushed(file)
        synced(self._folder)


@dataclass(frozen=True, slots=True)
class Folder:
    """The sets of one home.

    Sets of the same atlas begin alike: ``of the atlas-of the day``. Those of past days stay as long as it is the
    present one, the :data:`MOST` that were asked for last.

    Attributes
    ----------
    path : Path
        Made when it is needed.
    of : str
        What tells its store apart from another that says the same of itself: the address of a database.
    """

    path: Path
    of: str = ""

    def find(self, key: str) -> Tables | None:
        """Return the set of `key`, mapped and checked; None where there is none that can be believed."""
        folder = self.path / key
        if not folder.is_dir():
            return None
        try:
            found = _opened(folder, key)
            with suppress(OSError):
                os.utime(folder)  # asked for
            return found
        except FileNotFoundError:
            log.info("derived files %s: not whole", folder)
        except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
            log.warning("derived files %s cannot be used, they are made anew: %s", folder, error)
        return None

    def made(self, key: str, make: Callable[[Making], Mapping[str, Any]]) -> Tables:
        """Return the set of `key`, made by `make` unless another process has made it by now; sweep away older ones.

        Parameters
        ----------
        key : str
        make : callable
            Puts every table, and returns the facts.

        Raises
        ------
        OSError
            Nothing can be written there.
        """
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with held(self.path / LOCK):
            found = self.find(key)
            if found is None:
                with self._making() as folder:
                    making = Making(folder, self._others())
                    making.finish(key, make(making))
                    shutil.rmtree(self.path / key, ignore_errors=True)  # one that cannot be believed
                    folder.rename(self.path / key)
                synced(self.path)
                found = _opened(self.path / key, key)
            self._sweep(key)
        return found

    def clear(self) -> None:
        """Take every set away; whoever has one open keeps it until it is closed."""
        if self.path.is_dir():
            with held(self.path / LOCK):
                for one in self.path.iterdir():
                    if one.is_dir():
                        shutil.rmtree(one, ignore_errors=True)

    def _others(self) -> list[Path]:
        """Return the sets that are there, the youngest first."""
        return sorted((one for one in self.path.iterdir() if (one / MANIFEST).is_file()), key=_age, reverse=True)

    @contextmanager
    def _making(self) -> Generator[Path]:
        """Give a folder to write in, gone at the end unless it has taken another name."""
        for left in self.path.glob(f"{UNFINISHED}*"):  # by whoever died: the lock is ours
            shutil.rmtree(left, ignore_errors=True)
        folder = self.path / f"{UNFINISHED}{os.getpid()}"
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _sweep(self, key: str) -> None:
        """Take away what nobody will ask for again; whoever has it open keeps it."""
        old = time.time() - GRACE_SECONDS
        others = (one for one in self.path.iterdir() if one.name not in (LOCK, MEASURES, ANSWERS, key))
        known = sorted(((_age(one), one) for one in others), reverse=True)
        of_this = [one for _, one in known if one.name.partition("-")[0] == key.partition("-")[0]]
        for used, one in known:
            if one not in of_this[: MOST - 1] and used < old:
                with suppress(OSError):
                    shutil.rmtree(one) if one.is_dir() else one.unlink()


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def key_of(*said: Hashable) -> str:
    """Return a name for what is of all that is `said`, in this form and of this schema."""
    return hashlib.sha256(repr((FORM, SCHEMA_VERSION, *said)).encode()).hexdigest()[:24]


def _opened(folder: Path, key: str) -> Tables:
    """Return a set once every byte of it has been summed.

    Raises
    ------
    ValueError
        It is not what its manifest says.
    """
    manifest = _manifest(folder)
    if manifest["key"] != key or set(manifest["files"]) - set(TABLES):
        raise ValueError("it is of another version")
    batches = {}
    for name, told in manifest["files"].items():
        held_bytes = _mapped(folder / f"{name}.arrow")
        if held_bytes.size != told["bytes"] or zlib.crc32(held_bytes) != told["crc32"]:
            raise ValueError(f"{name} is cut or altered")
        batches[name] = _batch(held_bytes)
        if batches[name].num_rows != told["rows"]:
            raise ValueError(f"{name} has other rows")
    return Tables(batches, manifest["facts"], {name: told["sha256"] for name, told in manifest["files"].items()})


def _manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a set.

    Raises
    ------
    ValueError
        It is not what was written, or of another form.
    """
    summed, _, said = (folder / MANIFEST).read_text("utf-8").partition("\n")
    if hashlib.sha256(said.removesuffix("\n").encode()).hexdigest() != summed:
        raise ValueError("the manifest is altered")
    manifest = json.loads(said)
    if manifest["form"] != FORM:
        raise ValueError("it is of another version")
    return manifest


def _mapped(path: Path) -> pa.Buffer:
    """Return a file as memory that is shared with whoever maps it too; it outlives the name of the file, and holds no
    file open (a map of Python's does: a process may have 1,024).
    """
    with pa.memory_map(str(path)) as file:
        return file.read_buffer()


def _batch(held_bytes: pa.Buffer) -> pa.RecordBatch:
    return pa.ipc.open_file(held_bytes).get_batch(0)


def _sum(path: Path) -> dict[str, int]:
    mapped = _mapped(path)
    return {"bytes": mapped.size, "crc32": zlib.crc32(mapped)}
