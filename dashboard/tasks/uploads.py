"""Files that people give to the data page, and what is being done with each: all of it on disk.

One worker takes a file, another answers the question how far its check is: so
nothing is kept in a process. An upload is a folder of the atlas's home,

``uploads/ID/given/NAME``   the file itself
``uploads/ID/reader``       who gave it: a key, no name
``uploads/ID/RUN``          a job (:mod:`dashboard.tasks.job`), done by :mod:`dashboard.tasks.import_worker`; the newest
                            is what is wanted now
``uploads/ID/RUN/found.json``, ``rows.gpkg``   what a check found

The folder going away is how work on it is called off. Folders a day old are
swept when the next file comes.
"""

from __future__ import annotations

import re
import secrets
import shutil
import time
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from pydantic import SecretStr

from dashboard.access import owning
from dashboard.access.reader import OPERATOR, asking
from dashboard.settings import Settings
from dashboard.tasks.job import LOST, Job, State, age, read_json
from dashboard.tasks.jobs import Jobs
from geodata.errors import N_, AtlasError
from geodata.message import Message

FOLDER = "uploads"
DAY_SECONDS = 86_400
MAX_UPLOADS, MAX_OF_ONE = 200, 20
#: What nobody has touched for so long makes room for others, seconds.
LEFT_SECONDS = 3_600
MAX_AT_WORK = 4
CHUNK = 2**20
_ID = re.compile(r"[A-Za-z0-9_-]{22}\Z")
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff/\\:*?\"<>|]")
CHECK, APPLY = "check", "apply"


@dataclass(frozen=True, slots=True)
class Task:
    """What is wanted of an upload.

    Attributes
    ----------
    run : str
        The job that does it.
    action : {'check', 'apply'}
    table : str
    crs : str or None
    mapping : dict
        Header → column, set by hand.
    author : str or None
        For ``apply``.
    of : str
        For ``apply``: the run whose rows are to be applied.
    answers : list of (str or None, int, str or None)
        What was answered of rows in doubt: sheet and row of the file, key of the row of the atlas that it is, None
        for another.
    another : bool
        Whether rows in doubt without an answer are other ones; else they are left out.
    """

    run: str
    action: str
    table: str
    crs: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    author: str | None = None
    of: str = ""
    answers: list[tuple[str | None, int, str | None]] = field(default_factory=list)
    another: bool = False


class Upload:
    """One file and its folder.

    Parameters
    ----------
    folder : Path
        It need not be there (any more): then :attr:`present` is false.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def id(self) -> str:
        """Random name by which the page asks for it."""
        return self.folder.name

    @property
    def present(self) -> bool:
        """Whether the file is there."""
        return (self.folder / "given").is_dir()

    @property
    def file(self) -> Path:
        """The file as it was given, under its own name.

        Raises
        ------
        AtlasError
            When it has been swept or called off.
        """
        found = next(iter(sorted((self.folder / "given").glob("*"))), None) if self.present else None
        if found is None:
            raise AtlasError(N_("这个文件已不在服务器上（保留一天）：请重新上传。"))
        return found

    @property
    def reader(self) -> str:
        """Key of who gave it; empty where nobody said."""
        try:
            return (self.folder / "reader").read_text("utf-8")
        except OSError:
            return ""

    @property
    def bytes(self) -> int:
        """What it takes of the disk, with what was found in it."""
        size = 0
        for path in self.folder.rglob("*"):
            with suppress(OSError):
                size += path.stat().st_size
        return size

    @property
    def jobs(self) -> Jobs:
        """What was and is done with it."""
        return Jobs(self.folder)

    def task(self) -> Task | None:
        """Return what is wanted now."""
        job = self.jobs.newest()
        return task_of(job) if job else None

    def state(self) -> State | None:
        """Return how far that is."""
        job = self.jobs.newest()
        task, state = (task_of(job), job.state()) if job else (None, None)
        if task is None or state is None or state.phase != LOST:
            return state
        return replace(
            state,
            message=Message(
                N_("处理中断了，图册没有停在半途：请看“历史”里有没有这一批，再重试。")
                if task.action == APPLY
                else N_("核对中断了（可能是内存不够）：请重试，或把文件分成几份。")
            ),
        )

    @property
    def at_work(self) -> bool:
        """Whether something is being done with it."""
        state = self.state()
        return state is not None and not state.over

    @property
    def applying(self) -> bool:
        """Whether it is being brought into the atlas."""
        task = self.task()
        return task is not None and task.action == APPLY and self.at_work

    def found(self, run: str) -> dict[str, Any] | None:
        """Return what the check `run` found, as :mod:`dashboard.tasks.import_worker` wrote it."""
        job = self.jobs.find(run)
        return read_json(job.folder / "found.json") if job else None


def task_of(job: Job) -> Task | None:
    """Return what is wanted of the upload that `job` is about; None when it was called off."""
    told = job.task()
    return Task(job.id, **told) if told else None


class Uploads:
    """The uploads of one atlas.

    Parameters
    ----------
    settings : Settings
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = settings.home / FOLDER

    def get(self, name: str | None) -> Upload | None:
        """Return the upload `name`, None when there is none (any more), or it is somebody else's."""
        if not name or not _ID.match(name):
            return None
        upload = Upload(self._folder / name)
        return upload if upload.present and owning.is_ours(upload.folder) else None

    def take(self, stream: IO[bytes], name: str, reader: str = "") -> Upload:
        """Keep a file of a reader (a key) under a random id.

        Where there is no room, files that were left make it: of this reader, or of all.

        Raises
        ------
        AtlasError
            When it is empty or too large, or there is no room.
        """
        self.sweep()
        upload = Upload(self._folder / secrets.token_urlsafe(16))
        limit, size = self._settings.max_upload_bytes, 0
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with asking(OPERATOR):  # who asks sees no work but their own; what is at work of anybody stays
            self._make_room(reader)
        coming = upload.folder / "coming"
        coming.mkdir(mode=0o700, parents=True)
        owning.own(upload.folder)
        if reader:
            (upload.folder / "reader").write_text(reader, "utf-8")
        try:
            with (coming / safe_name(name)).open("wb") as file:
                while chunk := stream.read(CHUNK):
                    size += len(chunk)
                    if size > limit:
                        raise too_large(limit)
                    file.write(chunk)
            if not size:
                raise AtlasError(N_("文件是空的：请给有表头和数据行的文件。"))
            coming.rename(upload.folder / "given")
        except BaseException:
            shutil.rmtree(upload.folder, ignore_errors=True)
            raise
        return upload

    def _make_room(self, reader: str) -> None:
        """Take away, the oldest first, what was left, until there is room for one more file."""
        all_bytes = self._settings.uploads_bytes
        for mine, number, most in ((True, MAX_OF_ONE, all_bytes // 4), (False, MAX_UPLOADS, all_bytes)):
            if mine and not reader:
                continue
            there = [one for one in self._all() if not mine or one.reader == reader]
            taken = {one.id: one.bytes for one in there}
            left = [one for one in there if not one.at_work and age(one.folder) > LEFT_SECONDS]
            while len(taken) >= number or sum(taken.values()) >= most:
                if not left:
                    raise AtlasError(
                        N_("您还有 {count} 个文件（{size} MB）没有处理完：请先导入或取消几个。")
                        if mine
                        else N_("服务器上待处理的文件已有 {count} 个（{size} MB）：请稍后再试，或请管理员清理。"),
                        count=len(taken),
                        size=round(sum(taken.values()) / 2**20),
                    )
                gone = left.pop(0)
                self._drop(gone.folder)
                taken.pop(gone.id)

    def clear(self) -> tuple[int, int]:
        """Take away every upload that is not being brought into the atlas; return how many, and their bytes."""
        gone = [one for one in self._all() if not one.applying]
        size = sum(one.bytes for one in gone)
        for one in gone:
            self._drop(one.folder)
        return len(gone), size

    def _all(self) -> list[Upload]:
        """Return the uploads, the oldest first."""
        found = [one for one in self._folder.iterdir() if _ID.match(one.name)] if self._folder.is_dir() else []
        return [Upload(one) for one in sorted(found, key=age, reverse=True)]

    def start(self, upload: Upload, action: str, table: str, **about: Any) -> Task:
        """Have a process check the file, or apply what a check accepted; what it did before is called off.

        Raises
        ------
        AtlasError
            When the upload is gone, is being applied, or too many are at work.
        """
        upload.file  # noqa: B018 - says so when it is gone
        _refuse_applying(upload)
        if not upload.at_work and self._at_work() >= MAX_AT_WORK:
            raise AtlasError(N_("服务器正在处理 {count} 个文件：请稍后再试。"), count=MAX_AT_WORK)
        former = upload.jobs.newest()
        wanted: dict[str, Any] = {"action": action, "table": table, **about}
        run = upload.jobs.start_process(action, "dashboard.tasks.import_worker", wanted, environment_of(self._settings))
        if former:
            former.stop()
        return Task(run, **wanted)

    def cancel(self, upload: Upload) -> None:
        """Take an upload away; whatever works on it stops within a moment.

        Raises
        ------
        AtlasError
            When it is being applied: that is over at once, whole or not at all.
        """
        _refuse_applying(upload)
        self._drop(upload.folder)

    def sweep(self) -> None:
        """Take away what is a day old."""
        if self._folder.is_dir():
            for folder in self._folder.iterdir():
                if time.time() - folder.stat().st_mtime > DAY_SECONDS:
                    self._drop(folder)

    def _drop(self, folder: Path) -> None:
        # first out of sight in one step, so that nobody meets half of it
        gone = folder.with_name(f"{folder.name}.gone")
        try:
            folder.rename(gone)
        except OSError:
            gone = folder
        shutil.rmtree(gone, ignore_errors=True)

    def _at_work(self) -> int:
        with asking(OPERATOR):  # everybody's
            return sum(Upload(folder).at_work for folder in self._folder.iterdir() if _ID.match(folder.name))


def _refuse_applying(upload: Upload) -> None:
    if upload.applying:
        raise AtlasError(N_("这个文件正在导入：请等它完成。"))


def too_large(limit: int) -> AtlasError:
    """Return the error of a file over `limit` bytes."""
    return AtlasError(
        N_("文件超过 {limit} MB：请分成几个文件，或请管理员调大 ATLAS_MAX_UPLOAD_BYTES。"), limit=f"{limit / 2**20:.3g}"
    )


def cut_short() -> AtlasError:
    """Return the error of a request that ended before all of it had come."""
    return AtlasError(N_("只收到一部分就断开了，没有保存：请检查网络后再试。"))


def safe_name(name: str) -> str:
    """Return a file name that is only a name: no folders, no control characters, not hidden, not too long."""
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    name = _UNFIT.sub("_", name).strip(" .") or "file"
    while len(name.encode("utf-8", "replace")) > 180:
        name = name[1:]  # the end says what kind of file it is
    return name.lstrip(". ") or "file"


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the environment in which another process has the same settings."""
    said = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if value is not None:
            said[f"ATLAS_{name.upper()}"] = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    return said
