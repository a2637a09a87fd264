"""Reading an extract in a process of its own, within bounds of memory and time, that can be ended at any moment."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from geodata import processes
from geodata.errors import N_, AtlasError
from geodata.message import Message

Progress = Callable[[float, str], None]
MEMORY, MEMORY_AT_MOST = 2**30, 8 * 2**30  # that the process may take: of a small file, of any
MEMORY_PER_BYTE = 30  # more for every byte of the file: a province of 20 to 100 MB stays within 4 GiB
SECONDS, SECONDS_PER_MIB = 60, 20  # of processor time
BEAT_SECONDS = 0.5
_HEAD = b"OSMHeader"
_OTHERS = (
    (b"PK\x03\x04", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"<", ".osm（XML）"),
    (b"\xef\xbb\xbf<", ".osm（XML）"),
    (b"PMTiles", "PMTiles"),
    (b"SQLite format 3", "SQLite"),
)
SAID = {
    "relations": N_("正在读关系"),
    "nodes": N_("正在读节点"),
    "ways": N_("正在读道路和设施"),
    "network": N_("正在建步行路网"),
}


def silent(_share: float, _message: str) -> None:
    """Take progress and tell nobody."""


def digest(path: Path, progress: Progress = silent) -> str:
    """Return the SHA-256 of an extract, once it is seen that it is one by its first bytes.

    Raises
    ------
    AtlasError
        There is no such file, it is empty, or of another format; says which.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(64)
            _want_extract(path, head)
            found, done = hashlib.sha256(head), len(head)
            while block := file.read(2**22):
                found.update(block)
                done += len(block)
                progress(done / size, N_("正在核对文件"))
    except OSError as error:
        raise AtlasError(N_("打不开 {file}：{error}"), file=str(path), error=error.strerror or str(error)) from error
    return found.hexdigest()


def read(path: Path, folder: Path, progress: Progress) -> dict[str, Any]:
    """Have an extract read into `folder`: see :func:`geodata.osm.reading.read`.

    Raises
    ------
    AtlasError
        It cannot be read within the bounds; what was there before is untouched.
    """
    # each thread more takes addresses: on a machine of many cores they would be all that there is
    few_threads = {
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "OSMIUM_POOL_THREADS": "2",
        "MALLOC_ARENA_MAX": "2",
    }
    arguments = ["-m", "geodata.osm.extract", str(path.absolute()), str(folder.absolute())]
    with processes.running(arguments, few_threads) as child:
        assert child.stdout is not None
        while line := child.stdout.readline(2**20):
            if not line.endswith(b"\n"):
                break
            said = json.loads(line)
            if "done" in said:
                return said["done"]
            if "error" in said:
                raise _refused(path, said["error"])
            progress(said["share"], SAID[said["stage"]])
        raise _ended(path, child)


def _want_extract(path: Path, head: bytes) -> None:
    if not head:
        raise AtlasError(N_("{file} 是空的：请重新拷贝这个文件。"), file=path.name)
    if _HEAD in head[:32]:
        return
    other = next((name for start, name in _OTHERS if head.lstrip().startswith(start)), None)
    raise AtlasError(
        N_("{file} 不是 OpenStreetMap 的 .osm.pbf 文件（看起来是 {got}）：请下载 .osm.pbf 格式的提取文件。"),
        file=path.name,
        got=other or Message(N_("别的格式")),
    )


def _refused(path: Path, detail: str) -> AtlasError:
    if detail == "empty":
        return AtlasError(N_("{file} 里没有道路，也没有设施：请核对是否选错了文件，或提取的范围太小。"), file=path.name)
    if detail == "history":
        return AtlasError(
            N_("{file} 是含历史版本的文件：请改用不含历史的提取文件（.osm.pbf，而不是 .osh.pbf）。"), file=path.name
        )
    if "EOF" in detail or "truncated" in detail:
        return AtlasError(
            N_("{file} 不完整，像是没有拷完（{detail}）：请重新拷贝，并核对大小。"), file=path.name, detail=detail
        )
    return AtlasError(N_("{file} 已损坏，读不出来（{detail}）：请重新下载或拷贝。"), file=path.name, detail=detail)


def _ended(path: Path, child: subprocess.Popen[bytes]) -> AtlasError:
    child.wait()
    return AtlasError(
        N_(
            "{file} 读到一半停下了：文件已损坏，或要用的内存、时间超出了这个大小的文件所应有的。"
            "请重新下载；文件没有问题时，请换一个范围小些的提取文件。"
        ),
        file=path.name,
    )


def _beat(parent: int, say: Callable[[], None]) -> None:
    """Say again how far it is, so that whoever waits can call it off; end once he is gone."""
    while os.getppid() == parent:
        time.sleep(BEAT_SECONDS)
        say()
    os._exit(1)


def _bound(size: int) -> None:
    with suppress(ImportError, ValueError, OSError):
        import resource

        memory = min(MEMORY_AT_MOST, MEMORY + MEMORY_PER_BYTE * size)
        seconds = SECONDS + SECONDS_PER_MIB * size // 2**20
        # of a large file the places of nodes lie in another, whose pages the system takes back when it wants to
        kind = resource.RLIMIT_DATA if memory == MEMORY_AT_MOST else resource.RLIMIT_AS
        resource.setrlimit(kind, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(path: str, folder: str) -> int:
    """Do what :func:`read` asks for: write lines of JSON to stdout, the last with what is known of the extract."""

    last: dict[str, Any] = {"share": 0.0, "stage": next(iter(SAID))}
    lock = threading.Lock()

    def say(**said: Any) -> None:
        with lock, suppress(BrokenPipeError):
            sys.stdout.write(json.dumps(said, ensure_ascii=True) + "\n")
            sys.stdout.flush()

    def progress(share: float, stage: str) -> None:
        last.update(share=share, stage=stage)
        say(**last)

    threading.Thread(target=_beat, args=[os.getppid(), lambda: say(**last)], daemon=True).start()
    _bound(Path(path).stat().st_size)
    from geodata.osm import reading  # within the bounds, and in no process but this one

    try:
        say(done=reading.read(Path(path), Path(folder), progress))
    except MemoryError:
        return 1
    except Exception as error:
        say(error=str(error)[:300])
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
