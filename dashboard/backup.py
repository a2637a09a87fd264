"""A whole atlas in one file, taken while it is used, and put back whole or not at all.

A backup is a zip file. ``manifest.json`` in it says who made it and names every other part with size and SHA-256. Parts
are what the home keeps: databases by SQLite's own way of copying one that is in use, the rest as it is; what is made
anew or waits for nobody (jobs, uploads, finished briefs, locks) is left out. An atlas in PostGIS is taken out row by
row (:mod:`geodata.store.transfer`) and stands in the file as a GeoPackage, so that it can be put back in either store.

A restore unpacks and checks everything beside the home's own files first; one renaming (:data:`DECIDED`) then settles
that it is done, and whoever comes next finishes it (:func:`finish`) when its process is killed. What it takes the
place of stays in ``.before-restore`` until the next restore.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import lzma
import os
import shutil
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from dashboard import __version__
from dashboard.links import FILE as LINKS
from dashboard.links import Links
from geodata.derived import NAME as DERIVED
from geodata.durable import flushed, synced
from geodata.errors import N_, AtlasError
from geodata.locking import held, hold
from geodata.schema import SCHEMA_VERSION
from geodata.store import FILE_NAME, open_store, site
from geodata.store.gpkg import LOCK
from geodata.store.transfer import move

FORMAT = 1
MANIFEST = "manifest.json"
#: Folders of a home that hold nothing that anybody would miss.
TRANSIENT = frozenset({"jobs", "uploads", "briefs", "pictures", "ground-jobs", "metrics", DERIVED})
STAGED, DECIDED, BEFORE, EMPTIED = ".restoring", ".restore", ".before-restore", "emptied"
SERVING = ".serving.lock"
CHUNK = 2**20
#: What zipfile raises of a file that is damaged, by where it is: RuntimeError says that a part is encrypted.
UNREADABLE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, OverflowError, RuntimeError)
_SQLITE = b"SQLite format 3\x00"
_BESIDE = ("-wal", "-shm", "-journal")
Progress = Callable[[float, str], None]


def serving(home: Path) -> BinaryIO:
    """Return a lock that says that a server uses `home`, as long as it is open; several may hold it."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = (home / SERVING).open("a+b")
    fcntl.flock(file, fcntl.LOCK_SH)
    return file


def served(home: Path) -> bool:
    """Return whether a server uses `home`."""
    if not (home / SERVING).exists():
        return False
    try:
        hold(home / SERVING).close()
    except BlockingIOError:
        return True
    return False


def backup(home: Path, url: str | None, target: Path, progress: Progress) -> dict[str, Any]:
    """Write a backup of the atlas of `home` (and of the database at `url`) while it is used.

    Parameters
    ----------
    target : Path
        The file, or a folder that is there: then the file is named after the moment.

    Returns
    -------
    dict
        ``file``, ``bytes``, ``parts`` (their number), ``data_version``, ``schema_version``, ``sha256`` of the file.

    Raises
    ------
    AtlasError
        There is no atlas, the file is there already, it cannot be written, or does not read back the same.
    """
    if target.is_dir():
        target /= f"atlas-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.zip"
    if target.exists():
        raise AtlasError(N_("文件 {path} 已经在了，没有覆盖：请换一个名字，或给一个文件夹。"), path=target)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as folder, unfinished.open("xb") as file:
            unfinished.chmod(0o600)
            manifest = _packed(home, url, Path(folder), file, progress)
            flushed(file)
        progress(0.8, N_("正在逐个核对备份"))
        with _opened(unfinished) as archive:
            _check(archive, manifest)
        unfinished.rename(target)
        synced(target.parent)
    except (OSError, sqlite3.Error, zipfile.LargeZipFile) as error:
        raise AtlasError(
            N_("备份 {path} 没有写成（{detail}）：请检查权限和剩余空间；图册没有改动。"),
            path=target,
            detail=getattr(error, "strerror", None) or error,
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return {
        "file": str(target),
        "bytes": target.stat().st_size,
        "parts": len(manifest["parts"]),
        "data_version": manifest["data_version"],
        "schema_version": manifest["schema_version"],
        "sha256": _digest(target),
    }


def examined(file: Path) -> dict[str, Any]:
    """Return the manifest of a backup, every part of it held against its hash.

    Raises
    ------
    AtlasError
        It is no backup, is cut short or damaged, or comes from a newer program.
    """
    with _opened(file) as archive:
        manifest = _manifest(archive, file)
        _check(archive, manifest)
    return manifest


def restore(home: Path, url: str | None, file: Path, progress: Progress) -> dict[str, Any]:
    """Put the backup `file` in the place of the atlas of `home` (and of the database at `url`).

    Returns
    -------
    dict
        ``file``, ``parts``, ``data_version``, ``made_at`` of the backup, ``before``: where what was there before is
        (None for a home that was empty; a database keeps nothing).

    Raises
    ------
    AtlasError
        A server uses the home, or the backup cannot be used; nothing is changed.
    """
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _not_served(home), held(home / LOCK):
            _finished(home, url)
            with _opened(file) as archive:
                manifest = _manifest(archive, file)
                _unpacked(archive, manifest, home, progress)
            staged = home / STAGED
            try:
                progress(0.7, N_("正在打开备份里的图册"))
                open_store(staged).tables()  # one of an earlier version is brought up here, where nobody sees it
                shutil.rmtree(home / BEFORE, ignore_errors=True)
                staged.rename(home / DECIDED)
            finally:
                shutil.rmtree(staged, ignore_errors=True)
            synced(home)
            progress(0.8, N_("正在放回图册"))
            before = _finished(home, url, first=True)
    except OSError as error:
        raise AtlasError(
            N_("没有恢复（{detail}）：请检查文件 {path}、权限和剩余空间。"),
            path=file,
            detail=getattr(error, "strerror", None) or error,
        ) from error
    progress(1.0, N_("图册已恢复"))
    told = {name: manifest[name] for name in ("data_version", "made_at")}
    return {"file": str(file), "parts": len(manifest["parts"]), **told, "before": before}


def finish(home: Path, url: str | None) -> None:
    """Finish a restore of `home` that was cut short after it was decided; nothing where there is none.

    Raises
    ------
    AtlasError
        The database that it leads to cannot be used.
    """
    if (home / DECIDED).is_dir():
        with held(home / LOCK):
            _finished(home, url)


# -- taking ---------------------------------------------------------------------


def _packed(home: Path, url: str | None, folder: Path, file: BinaryIO, progress: Progress) -> dict[str, Any]:
    """Write the parts, then the manifest, into `file`; `folder` is for what is copied first."""
    progress(0.05, N_("正在复制图册"))
    held_rows = folder / FILE_NAME
    if url:
        move(site(home, url), site(folder), progress=lambda share, said: progress(0.05 + 0.35 * share, said))
        Links(home, url).copy_to(Links(folder))
    else:
        open_store(home)  # brings up one of an earlier version, and says in words what cannot be used
        _copied(home / FILE_NAME, held_rows)
    meta = open_store(folder).meta()
    parts: list[dict[str, Any]] = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        found = list(_kept(home, skip={FILE_NAME, LINKS} if url else {FILE_NAME}))
        copies = [(one.name, one) for one in (held_rows, *([folder / LINKS] if (folder / LINKS).exists() else []))]
        for at, (name, path) in enumerate([*copies, *found]):
            progress(0.4 + 0.4 * at / (len(found) + 2), N_("正在写备份"))
            if path.parent != folder and _is_database(path):
                _copied(path, folder / "copy")
                path = folder / "copy"
            with suppress(FileNotFoundError):  # swept meanwhile: nobody misses it
                parts.append({"path": name, **_added(archive, name, path)})
        manifest = {
            "format": FORMAT,
            "program": __version__,
            "schema_version": meta["schema_version"],
            "data_version": meta["data_version"],
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "from": "postgis" if url else "gpkg",
            "parts": parts,
        }
        archive.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
    return manifest


def _kept(home: Path, skip: set[str]) -> Iterator[tuple[str, Path]]:
    """Yield name (as in the backup) and path of every file of the home that is kept."""
    for path in sorted(home.rglob("*")):
        parts = path.relative_to(home).parts
        hidden = any(one.startswith(".") for one in parts)
        if (
            hidden
            or parts[0] in TRANSIENT
            or parts[0] in skip
            or path.name.endswith((*_BESIDE, ".lock"))
            or path.is_symlink()
            or not path.is_file()
        ):
            continue
        yield "/".join(parts), path


def _is_database(path: Path) -> bool:
    with suppress(OSError), path.open("rb") as file:
        return file.read(16) == _SQLITE
    return False


def _copied(source: Path, target: Path) -> None:
    """Copy a database that is in use, as it is at one moment."""
    target.unlink(missing_ok=True)
    with (
        closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True, timeout=30)) as one,
        closing(sqlite3.connect(target)) as other,
    ):
        one.backup(other)


def _added(archive: zipfile.ZipFile, name: str, path: Path) -> dict[str, Any]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as source, archive.open(name, "w", force_zip64=True) as target:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            target.write(chunk)
    return {"size": size, "sha256": digest.hexdigest()}


# -- reading --------------------------------------------------------------------


@contextmanager
def _opened(file: Path) -> Generator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except UNREADABLE as error:
        raise AtlasError(
            N_("文件 {path} 不是完整的备份（{detail}）：可能被截断或损坏，请换另一份；图册没有改动。"),
            path=file,
            detail=error,
        ) from error


def _manifest(archive: zipfile.ZipFile, file: Path) -> dict[str, Any]:
    if MANIFEST not in archive.namelist():
        raise zipfile.BadZipFile(MANIFEST)
    manifest = json.loads(archive.read(MANIFEST))
    try:
        newer = manifest["format"] > FORMAT or int(manifest["schema_version"]) > int(SCHEMA_VERSION)
        parts = [(PurePosixPath(one["path"]), one["size"], one["sha256"]) for one in manifest["parts"]]
        whole = {str(path) for path, _, _ in parts} == {*archive.namelist()} - {MANIFEST}
        safe = all(
            not path.is_absolute() and path.parts and not any(one.startswith(".") for one in path.parts)
            for path, _, _ in parts
        )
        told = isinstance(manifest["data_version"], str) and isinstance(manifest["made_at"], str)
    except (KeyError, TypeError, ValueError) as error:
        raise zipfile.BadZipFile(MANIFEST) from error
    if newer:
        raise AtlasError(
            N_(
                "备份 {path} 由更新的程序（{program}，表结构第 {got} 版）做成，本程序到第 {expected} 版："
                "请先升级程序再恢复；图册没有改动。"
            ),
            path=file,
            program=str(manifest.get("program"))[:20],
            got=manifest["schema_version"],
            expected=SCHEMA_VERSION,
        )
    if not (whole and safe and told):
        raise zipfile.BadZipFile(MANIFEST)
    return manifest


def _check(archive: zipfile.ZipFile, manifest: Mapping[str, Any]) -> None:
    for one in manifest["parts"]:
        with archive.open(one["path"]) as source:
            _poured(source, None, one)


def _unpacked(archive: zipfile.ZipFile, manifest: Mapping[str, Any], home: Path, progress: Progress) -> None:
    """Unpack and check everything into a folder of its own within `home`."""
    staged = home / STAGED
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(mode=0o700)
    wanted, free = sum(one["size"] for one in manifest["parts"]), shutil.disk_usage(home).free
    try:
        if wanted > free:
            raise AtlasError(
                N_("恢复要 {wanted} MB，{home} 只剩 {free} MB：请先清出空间；图册没有改动。"),
                wanted=wanted // 2**20 + 1,
                home=home,
                free=free // 2**20,
            )
        for at, one in enumerate(manifest["parts"]):
            progress(0.7 * at / len(manifest["parts"]), N_("正在核对备份"))
            path = staged / one["path"]
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with archive.open(one["path"]) as source, path.open("xb") as target:
                _poured(source, target, one)
                flushed(target)
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        raise


def _poured(source: Any, target: BinaryIO | None, told: Mapping[str, Any]) -> None:
    """Read a part, writing it to `target`, and hold it against what the manifest tells of it."""
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(CHUNK):
        size += len(chunk)
        if size > told["size"]:
            break
        digest.update(chunk)
        if target is not None:
            target.write(chunk)
    if size != told["size"] or digest.hexdigest() != told["sha256"]:
        raise zipfile.BadZipFile(told["path"])


# -- putting back ---------------------------------------------------------------


@contextmanager
def _not_served(home: Path) -> Generator[None]:
    try:
        lock = hold(home / SERVING)
    except BlockingIOError as error:
        raise AtlasError(
            N_("{home} 的图册正在运行：请先停下服务（systemctl stop union-service-atlas 或 Ctrl+C）再恢复；没有改动。"),
            home=home,
        ) from error
    with lock:
        yield


def _finished(home: Path, url: str | None, first: bool = False) -> str | None:
    """Put what was decided into its place; whoever calls holds the writer's lock. Doing it twice does it once.

    Parameters
    ----------
    first : bool
        Whether nothing of it can have been done yet: then a database that refuses it takes the decision back.
    """
    decided, before = home / DECIDED, home / BEFORE
    if not decided.is_dir():
        return None
    if url and (decided / FILE_NAME).exists():
        try:
            move(site(decided), site(home, url), replace=True)
            Links(decided).copy_to(Links(home, url))
        except BaseException:
            if first:
                shutil.rmtree(decided)
            raise
        (decided / FILE_NAME).unlink()
    if not (decided / EMPTIED).exists():
        before.mkdir(mode=0o700, exist_ok=True)
        for path in sorted(home.iterdir()):
            if not path.name.startswith(".") and path.name not in TRANSIENT:
                path.replace(before / path.name)
        (decided / EMPTIED).touch()
        synced(decided)
    for path in sorted(decided.iterdir()):
        if path.name != EMPTIED and not path.name.startswith("."):
            path.replace(home / path.name)
    synced(home)
    for name in TRANSIENT:  # of the former atlas, and for nobody
        shutil.rmtree(home / name, ignore_errors=True)
    done = home / STAGED
    shutil.rmtree(done, ignore_errors=True)
    decided.rename(done)  # first out of sight in one step: half of it taken away would read as one that is not begun
    shutil.rmtree(done, ignore_errors=True)
    if not any(before.iterdir()):
        before.rmdir()
    return str(before) if before.exists() else None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
