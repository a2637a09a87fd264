"""Killed or cancelled at any moment, or two at once: the atlas is as before or as after, in both stores."""

from __future__ import annotations

import multiprocessing
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dashboard.__main__ import main
from dashboard.commands import importing as importing_commands
from geodata.errors import AtlasError
from tests.geodata.store.atlases import content, rows
from tests.geodata.store.conftest import Place
from tests.postgres import Server
from tests.repeats import repeats

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
ROOT = Path(__file__).resolve().parents[3]
KILLS, CANCELS = repeats(12), repeats(3)


@contextmanager
def importing(place: Place, kind: str = "apply") -> Iterator[Callable[[str, float | None], tuple[float, int]]]:
    """Give a function that imports in a child, ends it by a signal after so many seconds, and tells how it went."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.geodata.store.importer", kind, str(place.home), place.url or ""],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "ready\n"

        def once(signal: str, after: float | None) -> tuple[float, int]:
            process.stdin.write(f"{signal} {'-' if after is None else after}\n")
            process.stdin.flush()
            lasted, code = process.stdout.readline().split()
            return float(lasted), int(code)

        yield once
        process.stdin.close()


def lasting(place: Place, once: Callable[[str, float | None], tuple[float, int]]) -> float:
    """Return the seconds that an import takes that nobody ends; it is undone again."""
    times = []
    for _ in range(3):
        lasted, code = once("-", None)
        assert code == 0, "an import that nobody ends"
        store = place.open()
        store.undo(store.history()[0].batch_id)
        times.append(lasted)
    return sorted(times)[1]


def durable(postgres: Server) -> None:
    postgres.run("ALTER SYSTEM SET fsync = on", "SELECT pg_reload_conf()")


def test_killed_at_any_moment_the_atlas_is_as_before_or_as_after(small, request):
    if small.kind == "postgis":
        durable(request.getfixturevalue("postgres"))
    before = content(small.open())
    rng, applied, cut = random.Random(5), 0, 0
    with importing(small) as once:
        usual = lasting(small, once)
        store = small.open()
        batches = len(store.history())
        for part in range(KILLS):
            lasted, code = once(
                "SIGKILL", rng.uniform(part, part + 1) / KILLS * usual * 1.1
            )  # some in every stretch of the way
            assert code in (0, -9)
            usual = lasted if code == 0 else usual  # by now the machine is faster, or slower, than it was
            if small.kind == "postgis":
                with store.writing():  # our turn: the server has ended what the dead one began
                    pass
            history = store.history()
            if len(history) > batches:
                applied += 1
                batches += 1
                assert store.tables()["stations"] == 308 and history[0].added == 300
                store.undo(history[0].batch_id)
            else:
                cut += 1
                assert code == -9 and len(history) == batches
            assert content(store) == before
    assert cut > KILLS / 6, (usual, applied, cut)
    # the next writer clears away what the dead left behind
    store.undo(store.apply("stations", rows(store, 1)).batch_id)
    assert small.leftovers() == [] if small.kind == "gpkg" else True
    assert content(store) == before


def test_cancelled_while_importing_a_file_nothing_is_left(small, tmp_path):
    path = tmp_path / "s.csv"
    path.write_text(
        "站点名称,经度,纬度,开放时间\n" + "".join(f"驿站{at},118.09{at:03d},24.47,全天\n" for at in range(200)), "utf-8"
    )
    before = content(small.open())
    rng, cut = random.Random(7), 0
    with importing(small, str(path)) as once:
        usual = lasting(small, once)
        store = small.open()
        batches = len(store.history())
        for part in range(3 * CANCELS):
            if part >= CANCELS and cut:
                break  # else the machine has become so much faster that none was met
            lasted, code = once("SIGINT", rng.uniform(part % CANCELS, part % CANCELS + 1) / CANCELS * usual)
            assert code in (0, 130)
            usual = lasted if code == 0 else usual
            if code == 130:
                cut += 1
            else:
                store.undo(store.history()[0].batch_id)
                batches += 1
            assert len(store.history()) == batches and content(store) == before
            assert small.leftovers() == [] if small.kind == "gpkg" else True
    assert cut > 0


@pytest.mark.parametrize(("late", "code"), [(False, 130), (True, 0)])
def test_cancelled_once_it_is_in_it_is_said_to_be_in(place, tmp_path, monkeypatch, capsys, late, code):
    path = tmp_path / "s.csv"
    path.write_text("站点名称,经度,纬度,开放时间\n驿站,118.09,24.47,全天\n", "utf-8")
    monkeypatch.setenv("ATLAS_HOME", str(place.home))
    if place.url:
        monkeypatch.setenv("ATLAS_DATABASE_URL", place.url)
    bar = importing_commands._bar  # the moment between the store's last word and the command's first

    @contextmanager
    def interrupted():
        with bar() as shown:
            if not late:
                signal.raise_signal(signal.SIGINT)
            yield shown
            signal.raise_signal(signal.SIGINT)

    bars = iter((bar, interrupted))  # the first is that of the check
    monkeypatch.setattr(importing_commands, "_bar", lambda: next(bars)())
    handler = signal.getsignal(signal.SIGINT)
    assert main(["import", str(path), "--table", "stations", "--crs", "wgs84"]) == code
    said = capsys.readouterr().err
    assert ("已导入" in said, "已取消" in said) == (late, not late)
    assert len(place.open().history()) == late
    assert signal.getsignal(signal.SIGINT) is handler


def test_cancelled_within_a_library_it_is_said_to_be_cancelled(tmp_path, monkeypatch, capsys):
    def met(*_, **__):
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt as error:
            raise AtlasError("数据库断线") from error

    monkeypatch.setenv("ATLAS_HOME", str(tmp_path))
    monkeypatch.setattr("dashboard.__main__.build_atlas", met)
    assert main(["history"]) == 130
    assert "已取消" in capsys.readouterr().err
    monkeypatch.setattr(
        "dashboard.__main__.build_atlas", lambda *_, **__: (_ for _ in ()).throw(AtlasError("数据库断线"))
    )
    assert main(["history"]) == 1


def _import(place: Place, prefix: str, seen: str | None) -> str:
    store = place.open()
    try:
        return store.apply("stations", rows(store, 40, prefix), seen=seen).batch_id
    except AtlasError as error:
        return str(error)


@pytest.mark.parametrize("decided_before", [False, True])
def test_two_importers_at_once_lose_nothing(small, decided_before):
    seen = small.open().meta()["data_version"] if decided_before else None
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        said = pool.starmap(_import, [(small, prefix, seen) for prefix in "AB"], chunksize=1)
    store = small.open()
    ids = store.read("stations")["station_id"].str[0].value_counts()
    done = [one.batch_id for one in store.history()]
    if decided_before:  # both looked at the same atlas: the second is told to look again
        assert len(done) == 1 and sorted(said, key=len)[0] == done[0] and "重新核对" in sorted(said, key=len)[1]
        assert ids.get("A", 0) + ids.get("B", 0) == 40
    else:
        assert set(said) == set(done) and len(done) == 2
        assert ids["A"] == 40 and ids["B"] == 40
