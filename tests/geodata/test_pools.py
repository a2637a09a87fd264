"""Work comes back whole, whoever does it and whoever dies of it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from geodata import pools
from geodata.errors import AtlasError
from geodata.pools import Pool
from tests.dask_cluster import running
from tests.ports import free_port


def squared(number: int) -> int:
    return number * number


def squared_slowly(number: int) -> int:
    time.sleep(0.2)
    return number * number


def squared_once_dead(given: tuple[int, str]) -> int:
    """Kill this process at the first asking for 5."""
    number, folder = given
    mark = Path(folder) / "died"
    if number == 5 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def deadly(number: int) -> int:
    if number == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def refused(number: int) -> int:
    raise AtlasError(f"{number} cannot be had")


@pytest.mark.parametrize("count", [0, 2])
def test_every_result_comes_once(count: int) -> None:
    assert sorted(Pool(count=count).results(squared, range(30))) == [one * one for one in range(30)]
    assert list(Pool(count=count).results(squared, [])) == []


def test_what_is_not_yet_in_work_is_not_asked_for() -> None:
    asked: list[int] = []

    def items():
        for one in range(100):
            asked.append(one)
            yield one

    results = Pool(count=1).results(squared, items())
    next(results)
    assert len(asked) <= 1 + 2 * pools.AHEAD
    results.close()


def test_what_a_dead_process_had_in_work_is_done_by_another(tmp_path: Path) -> None:
    found = sorted(Pool(count=2).results(squared_once_dead, [(one, str(tmp_path)) for one in range(12)]))
    assert found == [one * one for one in range(12)] and (tmp_path / "died").exists()


def test_what_ends_every_process_is_an_error_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "RETRIES", 1)
    with pytest.raises(AtlasError, match="2 次"):
        list(Pool(count=1).results(deadly, [5]))


def test_an_error_of_the_work_is_told_as_it_is() -> None:
    with pytest.raises(AtlasError, match="3 cannot be had"):
        list(Pool(count=1).results(refused, [3]))


def test_a_cluster_gives_the_same_though_a_worker_is_killed_midway() -> None:
    with running(2) as cluster:
        found = []
        for one in Pool(cluster.address).results(squared_slowly, range(24)):
            found.append(one)
            if len(found) == 3:
                cluster.workers[0].kill()
                cluster.workers[0].wait()
        assert sorted(found) == [one * one for one in range(24)]


def test_a_cluster_with_nobody_in_it_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "PATIENCE_SECONDS", 2.0)
    with running(1) as cluster:
        results = Pool(cluster.address).results(squared_slowly, range(24))
        next(results)
        cluster.workers[0].kill()
        with pytest.raises(AtlasError, match=cluster.address):  # the last one died
            list(results)
        with pytest.raises(AtlasError, match=cluster.address):
            list(Pool(cluster.address).results(squared, range(3)))
    with pytest.raises(AtlasError, match="调度器"):
        list(Pool(f"tcp://127.0.0.1:{free_port()}").results(squared, range(3)))


def test_a_scheduler_that_dies_midway_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "PATIENCE_SECONDS", 2.0)
    with running(1) as cluster:
        results = Pool(cluster.address).results(squared_slowly, range(24))
        next(results)
        cluster.scheduler.kill()
        with pytest.raises(AtlasError, match=cluster.address):
            list(results)


def test_workers_of_another_program_do_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(1) as cluster:
        monkeypatch.setattr(pools, "program", lambda: "another")
        with pytest.raises(AtlasError, match="不是这一版程序"):
            list(Pool(cluster.address).results(squared, range(3)))


def test_a_cluster_without_the_program_is_told_in_words(tmp_path: Path) -> None:
    with running(1, tmp_path) as cluster, pytest.raises(AtlasError, match="不是这一版程序"):
        list(Pool(cluster.address).results(squared, range(3)))


def test_without_distributed_it_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(AtlasError, match=r"requirements-dask\.txt"):
        list(Pool("tcp://127.0.0.1:1").results(squared, range(3)))
