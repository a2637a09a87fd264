"""Limits of one reader and of all: told in words, over all processes, and one reader does not take everybody's turn."""

from __future__ import annotations

import io
import multiprocessing
import os
import resource
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from dashboard.access.reader import Reader, asking
from dashboard.app import create_app
from dashboard.limits import FEEDBACK, FILE, MOST, SEARCHES, LimitedError, Limits
from dashboard.server.limited import COSTS
from dashboard.server.reader import reader_key
from dashboard.settings import Settings
from dashboard.tasks import uploads as uploading
from dashboard.tasks.job import Job
from dashboard.tasks.jobs import Jobs
from dashboard.tasks.uploads import Uploads
from geodata.errors import AtlasError
from layers.atlas import Atlas
from layers.filters import Filters
from layers.siting.ask import Ask
from layers.siting.case import case

ROOT = Path(__file__).resolve().parents[2]


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_one_reader_waits_and_others_do_not(tmp_path: Path) -> None:
    clock = Clock()
    limits, (own, _) = Limits(tmp_path, clock=clock), MOST[FEEDBACK]
    for _ in range(own):
        limits.take(FEEDBACK, "a")
    clock.now += 20
    with pytest.raises(LimitedError, match="您") as error:
        limits.take(FEEDBACK, "a")
    assert error.value.seconds == 40
    limits.take(FEEDBACK, "b")
    limits.take(SEARCHES, "a")  # another kind
    clock.now += 41
    limits.take(FEEDBACK, "a")


def test_all_together_wait(tmp_path: Path) -> None:
    limits, (own, every) = Limits(tmp_path, clock=Clock()), MOST[FEEDBACK]
    for at in range(every):
        limits.take(FEEDBACK, f"reader {at // own}")
    with pytest.raises(LimitedError, match="服务器正忙"):
        limits.take(FEEDBACK, "somebody new")


def test_a_clock_put_back_keeps_nobody_out(tmp_path: Path) -> None:
    clock = Clock()
    limits = Limits(tmp_path, clock=clock)
    for _ in range(MOST[FEEDBACK][0]):
        limits.take(FEEDBACK, "a")
    clock.now -= 86_400
    limits.take(FEEDBACK, "a")


def test_where_nothing_can_be_counted_nobody_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database" * 500)
    Limits(tmp_path).take(FEEDBACK, "a")
    Limits(tmp_path / "nowhere").take(FEEDBACK, "a")
    for _ in range(100):
        Limits(tmp_path, times=0).take(FEEDBACK, "a")


def taken(home: Path, times: int) -> int:
    limits, done = Limits(home), 0
    for _ in range(times):
        try:
            limits.take(FEEDBACK, "a")
            done += 1
        except LimitedError:
            pass
    return done


def test_processes_count_together(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(6) as pool:
        assert sum(pool.starmap(taken, [(tmp_path, 8)] * 6)) == MOST[FEEDBACK][0]


def test_an_address_says_that_it_is_too_often(own_home: Path) -> None:
    client = create_app(Settings(home=own_home, chromium="none")).server.test_client()
    answers = [client.post("/feedback", json={"text": f"{at}", "address": "/"}) for at in range(MOST[FEEDBACK][0] + 1)]
    assert [one.status_code for one in answers] == [204] * MOST[FEEDBACK][0] + [429]
    assert "秒" in answers[-1].text and 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    other = client.post("/feedback", json={"text": "x"}, environ_base={"REMOTE_ADDR": "10.1.1.1"})
    assert other.status_code == 204
    said = client.post("/feedback", json={"text": "x"}, headers={"X-Forwarded-For": "10.9.9.9"})
    # who comes through a proxy that is not named is not at this machine, and makes nobody else of himself by a header
    assert said.status_code == 401


def test_behind_a_proxy_that_is_named_readers_are_told_apart(own_home: Path) -> None:
    settings = Settings(home=own_home, chromium="none", proxies="127.0.0.1, 10.0.0.0/24")
    app = create_app(settings)

    def key(remote: str, told: str) -> str:
        about = {"REMOTE_ADDR": remote}
        with app.server.test_request_context("/", environ_base=about, headers={"X-Forwarded-For": told}):
            return reader_key(settings)

    first = key("127.0.0.1", "192.168.1.5")
    assert first == key("127.0.0.1", "6.6.6.6, 192.168.1.5") == key("10.0.0.3", "192.168.1.5, 10.0.0.9")
    assert first != key("127.0.0.1", "192.168.1.6")
    assert key("192.168.1.5", "1.1.1.1") == first  # who is no proxy speaks for himself
    assert "192" not in first


def test_what_costs_is_there(own_home: Path) -> None:
    rules = {one.rule for one in create_app(Settings(home=own_home, chromium="none")).server.url_map.iter_rules()}
    assert {*COSTS} <= rules


def test_one_reader_does_not_take_every_turn(tmp_path: Path) -> None:
    jobs, order, gate = Jobs(tmp_path, at_once=1, waiting=12, own=4), [], threading.Event()

    def work(name: str):
        def done(_job: Job) -> None:
            gate.wait(30)
            order.append(name)

        return done

    begun = [jobs.start("plan", work("a0"), reader="a")]
    until = time.monotonic() + 30
    while jobs.state(begun[0]).phase != "running" and time.monotonic() < until:
        time.sleep(0.02)
    begun += [jobs.start("plan", work(f"a{at}"), reader="a") for at in range(1, 5)]
    with pytest.raises(AtlasError, match="您已有 4 个"):
        jobs.start("plan", work("a5"), reader="a")
    late = jobs.start("plan", work("b0"), reader="b")
    assert jobs.state(late).ahead == 0  # though four came before
    begun.append(late)
    gate.set()
    while not all(jobs.state(one).over for one in begun) and time.monotonic() < until:
        time.sleep(0.05)
    assert order[:2] == ["a0", "b0"] and sorted(order) == ["a0", "a1", "a2", "a3", "a4", "b0"]


@pytest.fixture
def uploads(tmp_path: Path) -> Uploads:
    return Uploads(Settings(home=tmp_path, uploads_bytes=4_000_000))


def given(uploads: Uploads, reader: str, size: int = 10) -> uploading.Upload:
    return uploads.take(io.BytesIO(b"x" * size), "a.csv", reader)


def left(upload: uploading.Upload) -> None:
    then = time.time() - 2 * uploading.LEFT_SECONDS
    os.utime(upload.folder, (then, then))


def test_one_reader_cannot_block_the_imports_of_others(uploads: Uploads) -> None:
    mine = [given(uploads, "a") for _ in range(uploading.MAX_OF_ONE)]
    with pytest.raises(AtlasError, match="您还有 20 个"):
        given(uploads, "a")
    given(uploads, "b")
    left(mine[3])
    given(uploads, "a")  # what was left makes room
    assert not mine[3].present and mine[4].present


def test_bytes_are_bounded_of_one_and_of_all(uploads: Uploads) -> None:
    given(uploads, "a", 1_000_000)
    with pytest.raises(AtlasError, match="您还有 1 个"):
        given(uploads, "a")
    for name in "bcd":
        given(uploads, name, 1_000_000)
    with pytest.raises(AtlasError, match="管理员清理"):
        given(uploads, "e")


def test_what_is_being_brought_in_makes_room_for_nobody(uploads: Uploads) -> None:
    """Whoever comes sees no work of others: that must not make it look idle."""
    gate = threading.Event()
    with asking(Reader("a", "keeper", ("100000",))):
        upload = given(uploads, "a", 4_000_000)
        upload.jobs.start("apply", lambda job: gate.wait(60) and None)
    left(upload)
    try:
        with asking(Reader("b", "keeper", ("100000",))), pytest.raises(AtlasError, match="管理员清理"):
            given(uploads, "b")
        assert upload.present
    finally:
        gate.set()


def test_the_keeper_clears(uploads: Uploads, tmp_path: Path) -> None:
    given(uploads, "a", 500)
    told = subprocess.run(
        [sys.executable, "-m", "dashboard", "clear", "--json"],
        cwd=ROOT,
        env={**os.environ, "ATLAS_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"uploads": 1' in told.stdout and not any((tmp_path / uploading.FOLDER).iterdir())


def test_a_question_too_large_is_refused_before_it_is_built(atlas: Atlas) -> None:
    """A fine grid, every cell within reach of every candidate: 22 million pairs took 1.3 GB."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(AtlasError, match="对需求与备选点"):
        case(atlas, Filters(place="350203", radius=5000), Ask(source="grid", step=50)).bounded()
    with pytest.raises(AtlasError, match="备选点有 17037971297 个"):
        case(atlas, Filters(place="100000"), Ask(model="pmedian", source="grid", step=50))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 150_000  # kB


def test_the_bound_counts_what_is_then_built(atlas: Atlas) -> None:
    for radius in (500, 1000):
        found = case(atlas, Filters(place="350203", radius=radius), Ask(source="grid", step=250))
        built = len(found.prepared().instance.pairs.site)
        found.bounded(built + len(found.demand.ids) * (len(found.existing.ids) if found.existing else 0) + built // 10)
        with pytest.raises(AtlasError):
            found.bounded(built // 4)
