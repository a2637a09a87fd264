"""The system's Chromium as a set of processes: where it is, how much it holds, how it is ended for good."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
import time
from pathlib import Path

from geodata.errors import N_, AtlasError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "msedge", "chrome")
PLACES = (
    "/usr/bin/chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
NONE = "none"
ARGUMENTS = (
    # only the loopback address answers: any other name fails at once, whether the network refuses or hangs
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-domain-reliability",
    "--disable-breakpad",
    "--disable-crash-reporter",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--mute-audio",
    # the machine that makes pictures has no graphics card: WebGL by SwiftShader
    "--disable-gpu",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--renderer-process-limit=1",
    "--js-flags=--max-old-space-size=512",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
)
MARK = "--atlas-picture="
GRACE_SECONDS = 3.0


def find(setting: str) -> str | None:
    """Return the path of the browser, None when there is none or the setting says to do without.

    Raises
    ------
    AtlasError
        The setting names a file that is not there.
    """
    if setting == NONE:
        return None
    if setting:
        found = shutil.which(setting)
        if found is None:
            raise AtlasError(
                N_("ATLAS_CHROMIUM 指向的“{path}”不存在或不能运行：请改正，或去掉这项设置让程序自己找。"), path=setting
            )
        return found
    return next((path for name in (*NAMES, *PLACES) if (path := shutil.which(name))), None)


def missing() -> AtlasError:
    """Return the error of a machine without the browser."""
    return AtlasError(
        N_(
            "这台机器没有 Chromium（或 Chrome、Edge），做不了图片和 PDF："
            "请安装 chromium，或用 ATLAS_CHROMIUM 指出它在哪里。"
            "不含地图图片的 PPTX 仍可制作。"
        )
    )


def arguments(mark: str) -> list[str]:
    """Return the arguments of one browser, found again by `mark`."""
    # without its own sandbox only where the system does not let one be made: as root, in most containers
    alone = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return [*ARGUMENTS, *alone, MARK + mark]


def command_line(pid: int) -> list[str]:
    """Return the command line of a process, empty when it is gone (or the system has no /proc)."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace").split("\0")
    except OSError:
        return []


def processes() -> list[int]:
    """Return the process ids of this machine; none where there is no /proc."""
    try:
        return [int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit()]
    except OSError:
        return []


def browser_of(mark: str) -> int | None:
    """Return the process id of the browser started with `mark`."""
    return next((pid for pid in processes() if MARK + mark in command_line(pid)), None)


def children(parent: int) -> set[int]:
    """Return the direct children of a process."""
    found = set()
    for pid in processes():
        with contextlib.suppress(OSError, ValueError, IndexError):
            if int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]) == parent:
                found.add(pid)
    return found


def group(leader: int) -> list[int]:
    """Return the processes of the group of `leader`, which must not be our own."""
    if leader == os.getpgrp():
        return []
    found = []
    for pid in processes():
        with contextlib.suppress(OSError):
            if os.getpgid(pid) == leader:
                found.append(pid)
    return found


def megabytes(pids: list[int]) -> float:
    """Return the memory of processes together (proportional share of what they share), MiB."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError, ValueError):
            for text in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if text.startswith("Pss:"):
                    total += int(text.split()[1])
    return total / 1024


def profile_of(pid: int) -> Path | None:
    """Return the profile folder of a browser, when it is a temporary one."""
    for one in command_line(pid):
        if one.startswith("--user-data-dir="):
            path = Path(one.partition("=")[2])
            return path if path.is_relative_to(tempfile.gettempdir()) else None
    return None


def end(leader: int | None, folder: Path | None = None) -> None:
    """End a browser with every process of its group and remove its profile; nothing of it runs afterwards."""
    if leader is not None and leader != os.getpgrp():
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(OSError):
                os.killpg(leader, sign)
            deadline = time.monotonic() + GRACE_SECONDS
            while group(leader) and time.monotonic() < deadline:
                time.sleep(0.02)
            if not group(leader):
                break
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)


def kill(pid: int) -> None:
    """End one process at once; nothing when it is gone."""
    with contextlib.suppress(OSError):
        os.kill(pid, signal.SIGKILL)
