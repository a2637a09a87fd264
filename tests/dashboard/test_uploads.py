"""Files given to the data page: who may give one,
where it is kept, what is done with it, and how that is called off.
"""

from __future__ import annotations

import io
import os
import shutil
import signal
import time
from pathlib import Path

import openpyxl
import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from dashboard.app import create_app
from dashboard.server.guard import from_elsewhere, may_edit
from dashboard.settings import Settings
from dashboard.tasks.import_worker import report_of
from dashboard.tasks.job import DONE, FAILED, LOST, State
from dashboard.tasks.uploads import APPLY, CHECK, DAY_SECONDS, MAX_AT_WORK, Upload, Uploads, safe_name
from geodata.errors import AtlasError
from geodata.store import FILE_NAME, open_store

GOOD = "站点名称,经度,纬度,开放时间\n白鹭洲驿站,118.0945,24.4712,8:00-22:00\n"
BAD = GOOD + "坏驿站,118.09,,随便\n"
OURS = {"Sec-Fetch-Site": "same-origin", "Host": "127.0.0.1:8050", "Origin": "http://127.0.0.1:8050"}
WAIT_SECONDS = 60


@pytest.fixture
def home(own_home: Path) -> Path:
    return own_home


@pytest.fixture
def uploads(home: Path) -> Uploads:
    return Uploads(Settings(home=home))


@pytest.fixture(scope="module")
def served(atlas_home: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[FlaskClient, Path]:
    home = tmp_path_factory.mktemp("served")
    shutil.copyfile(atlas_home / FILE_NAME, home / FILE_NAME)
    return create_app(Settings(home=home, max_upload_bytes=20_000)).server.test_client(), home


def held(home: Path) -> list[str]:
    return sorted(one.name for one in (home / "uploads").iterdir()) if (home / "uploads").is_dir() else []


def taken(uploads: Uploads, text: str, name: str = "台账.csv") -> Upload:
    return uploads.take(io.BytesIO(text.encode()), name)


def finished(upload: Upload) -> State:
    deadline = time.monotonic() + WAIT_SECONDS
    while (state := upload.state()) is None or not state.over:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return state


# -- who may -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://127.0.0.1:9999"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Host": "atlas.example"}, 403),
        ({"Host": "atlas.example", "Origin": "http://atlas.example", "Sec-Fetch-Site": "same-origin"}, 403),
        ({"Host": "[::1]:8050", "Origin": "http://[::1]:8050"}, 200),
        ({"Host": "localhost", "Origin": "http://localhost"}, 200),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Host": "["}, 403),
        ({"Origin": ""}, 403),  # no browser: it may sit behind a proxy that rewrites Host
        # nginx and Apache as they come, before a reader's browser elsewhere
        ({"Origin": "https://atlas.example", "Sec-Fetch-Site": "same-origin"}, 403),
        ({"X-Forwarded-For": "203.0.113.5", "X-Forwarded-Host": "atlas.example"}, 401),
        ({"Forwarded": "for=203.0.113.5"}, 401),
        ({"Via": "1.1 atlas.example"}, 401),
        ({"X-Real-IP": "203.0.113.5"}, 401),
        ({"CF-Connecting-IP": "203.0.113.5"}, 401),
        ({"protocol": "HTTP/1.0"}, 401),
    ],
)
def test_only_pages_of_this_machine_may_give_a_file(served, headers, code):
    client, home = served
    before = held(home)
    told = {"Host": "127.0.0.1:8050", "Origin": "http://127.0.0.1:8050"} | headers
    protocol = told.pop("protocol", "HTTP/1.1")
    answer = client.post(
        "/data/upload?name=a.csv",
        data=GOOD.encode(),
        headers={name: value for name, value in told.items() if value},
        environ_overrides={"SERVER_PROTOCOL": protocol},
    )
    assert answer.status_code == code or (headers.get("Host") == "[" and answer.status_code in (400, 403))
    assert (len(held(home)) == len(before) + 1) == (code == 200)
    if code in (401, 403) and answer.status_code == code:
        assert "请" in (answer.get_json(silent=True) or {}).get("message", answer.get_data(as_text=True))


@pytest.mark.parametrize("path", ["/_dash-update-component", "/data/upload", "/nowhere"])
def test_no_other_site_may_post_anything(served, path):
    answer = served[0].post(path, json={}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403 and "别的网站" in answer.get_data(as_text=True)
    assert served[0].get("/healthz", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


def test_who_asks_from_elsewhere():
    assert from_elsewhere(None, "http://10.0.0.5:8050", "10.0.0.5") and not from_elsewhere(
        None, "http://10.0.0.5:8050", "10.0.0.5:8050"
    )
    assert not from_elsewhere(None, None, "x") and from_elsewhere("weird", None, "x")


@pytest.mark.parametrize(
    ("settings", "host", "may"),
    [
        ({"public_url": "https://atlas.example"}, "atlas.example", False),
        ({}, "127.0.0.1:8050", True),
        ({}, "localhost:1", True),
        ({}, "example.org", False),
        ({"allow_remote": True, "sign_in": "auto"}, "127.0.0.1", False),
        ({"host": "0.0.0.0", "allow_remote": True, "sign_in": "auto"}, "127.0.0.1", False),
        ({"host": "0.0.0.0", "allow_remote": True, "sign_in": "auto", "editing": True}, "example.org", True),
        ({"editing": False}, "127.0.0.1", False),
    ],
)
def test_writing_is_for_this_machine_unless_the_keeper_says_otherwise(settings, host, may):
    assert may_edit(Settings(**settings), host) is may


def test_a_loopback_server_answers_to_its_own_names_alone(home):
    plain = create_app(Settings(home=home)).server.test_client()
    named = create_app(Settings(home=home, public_url="https://atlas.example.org/map")).server.test_client()
    remote = create_app(Settings(home=home, allow_remote=True, sign_in="auto")).server.test_client()
    for path in ("/", "/healthz", "/search?q=a", "/assets/atlas-base.css", "/_dash-layout", "/data", "/nowhere"):
        for host in ("evil.example", "evil.example:8050", "127.0.0.1.evil.example", "0.0.0.0:8050", "192.168.1.7"):
            answer = plain.get(path, headers={"Host": host})
            assert answer.status_code == 403 and "ATLAS_ALLOW_REMOTE" in answer.get_data(as_text=True), (path, host)
            assert named.get(path, headers={"Host": host}).status_code == 403
            assert remote.get(path, headers={"Host": host}).status_code != 403
        for host in ("127.0.0.1:8050", "localhost", "LOCALHOST:1", "127.8.8.8", "[::1]:8050"):
            assert plain.get(path, headers={"Host": host}).status_code != 403
        assert named.get(path, headers={"Host": "atlas.example.org"}).status_code != 403
    upload = {"Host": "atlas.example.org", "Origin": "https://atlas.example.org", "Sec-Fetch-Site": "same-origin"}
    open_ = create_app(Settings(home=home, allow_remote=True, editing=True, sign_in="auto")).server.test_client()
    for client in (named, remote, open_):  # from elsewhere nobody changes anything before signing in
        assert client.post("/data/upload?name=a.csv", data=GOOD.encode(), headers=upload).status_code == 401


def test_an_atlas_to_look_at_takes_no_file_and_says_so(home):
    client = create_app(Settings(home=home, editing=False)).server.test_client()
    answer = client.post("/data/upload?name=a.csv", data=GOOD.encode(), headers=OURS)
    assert answer.status_code == 403 and "ATLAS_EDITING" in answer.get_json()["message"] and held(home) == []
    assert (
        client.post("/data/upload?name=a.csv&lang=en", data=b"x", headers=OURS)
        .get_json()["message"]
        .startswith("This atlas")
    )


# -- what is taken -----------------------------------------------------------


def test_large_and_empty_files_are_refused_in_words_and_leave_nothing(served):
    client, home = served
    before = held(home)
    large = client.post("/data/upload?name=a.csv", data=b"x" * 20_001, headers=OURS)
    assert large.status_code == 413 and "ATLAS_MAX_UPLOAD_BYTES" in large.get_json()["message"]
    empty = client.post("/data/upload?name=a.csv", data=b"", headers=OURS)
    assert empty.status_code == 400 and "空" in empty.get_json()["message"]
    assert held(home) == before
    assert client.post("/data/upload?name=a.csv", data=b"x" * 20_000, headers=OURS).status_code == 200


def test_a_file_without_a_stated_length_is_bounded_too(home):
    uploads = Uploads(Settings(home=home, max_upload_bytes=10_000))
    with pytest.raises(AtlasError, match="超过"):
        uploads.take(io.BytesIO(b"x" * 10_001), "a.csv")
    assert held(home) == []


@given(
    st.text(max_size=300)
    | st.sampled_from(
        [
            "../../etc/passwd",
            "..",
            ".",
            "C:\\x\\y.xlsx",
            "a/../b.csv",
            ".hidden",
            "x" * 999,
            "名" * 200 + ".xlsx",
            "\ud800.csv",
        ]
    )
)
def test_a_name_is_only_a_name(name):
    found = safe_name(name)
    assert found and found == Path(found).name and not found.startswith(".") and len(found.encode()) <= 180
    assert "/" not in found and "\\" not in found and all(ord(one) >= 32 for one in found)


def test_the_kind_of_file_survives_a_long_name():
    assert (
        safe_name("名" * 200 + ".xlsx").endswith(".xlsx") and safe_name("C:\\台账\\驿站 2024.xlsx") == "驿站 2024.xlsx"
    )


@pytest.mark.parametrize("name", ["", "..", "../uploads", "x" * 22 + "/", "a" * 21, None, "%2e%2e"])
def test_only_ids_of_ours_are_looked_up(uploads, name):
    taken(uploads, GOOD)
    assert uploads.get(name) is None


def test_files_are_swept_after_a_day(uploads, home):
    old, young = taken(uploads, GOOD), taken(uploads, GOOD)
    past = time.time() - DAY_SECONDS - 60
    os.utime(old.folder, (past, past))
    assert uploads.get(old.id)
    newest = taken(uploads, GOOD)
    assert held(home) == sorted([young.id, newest.id])
    with pytest.raises(AtlasError, match="保留一天"):
        uploads.start(old, CHECK, "stations")


# -- what is done with it ----------------------------------------------------


def test_one_worker_takes_another_checks_a_third_applies(home):
    upload = taken(Uploads(Settings(home=home)), GOOD)
    second = Uploads(Settings(home=home))
    task = second.start(second.get(upload.id), CHECK, "stations", crs="gcj02")
    assert finished(upload).phase == DONE
    found = Uploads(Settings(home=home)).get(upload.id).found(task.run)
    assert report_of(found).ok and found["effect"]["added"] == 1 and found["effect"]["retired"] == {"stations": 28}
    third = Uploads(Settings(home=home))
    third.start(third.get(upload.id), APPLY, "stations", author="甲", of=task.run)
    state = finished(upload)
    batch = open_store(home).history()[0]
    assert (state.phase, state.told["batch_id"]) == (DONE, batch.batch_id)
    assert (batch.author, batch.file, batch.crs, batch.added, batch.retired) == ("甲", "台账.csv", "gcj02", 1, 28)


def test_the_store_is_that_of_the_settings(own_database, tmp_path):
    settings = Settings(home=tmp_path / "home", database_url=own_database)
    uploads = Uploads(settings)
    upload = taken(uploads, GOOD)
    task = uploads.start(upload, CHECK, "stations", crs="gcj02")
    assert finished(upload).phase == DONE
    uploads.start(upload, APPLY, "stations", author="甲", of=task.run)
    state = finished(upload)
    batch = open_store(settings.home, own_database).history()[0]
    assert (state.phase, state.told["batch_id"], batch.author) == (DONE, batch.batch_id, "甲")
    assert sorted(one.name for one in settings.home.iterdir()) == ["audit.sqlite", "uploads"]
    logs = list(upload.folder.glob("*/log"))
    assert len(logs) == 2 and not any(own_database in one.read_text("utf-8") for one in logs)


def test_what_was_not_checked_or_has_no_row_to_use_is_not_applied(uploads, home):
    before = (home / FILE_NAME).read_bytes()
    upload = taken(uploads, "站点名称,经度,纬度\n坏驿站,999,24.47\n")
    for of in ("", "x" * 22, uploads.start(upload, CHECK, "stations", crs="gcj02").run):
        finished(upload)
        uploads.start(upload, APPLY, "stations", author="甲", of=of)
        state = finished(upload)
        assert state.phase == FAILED and "核对" in state.message.text()
    assert (home / FILE_NAME).read_bytes() == before


def test_bad_rows_stay_behind_the_rest_comes_in_and_they_come_later(served):
    client, home = served
    uploads = Uploads(Settings(home=home))
    upload = taken(uploads, GOOD + "坏驿站,999,24.47,8:00-22:00\n")
    assert client.get(f"/data/left/{upload.id}.xlsx").status_code == 404  # nothing was checked yet
    task = uploads.start(upload, CHECK, "stations", crs="gcj02")
    finished(upload)
    found = upload.found(task.run)
    assert (found["accepted"], found["effect"]["added"], len(found["errors"])) == (1, 1, 1)
    uploads.start(upload, APPLY, "stations", author="甲", of=task.run, crs="gcj02")
    assert finished(upload).phase == DONE
    names = set(open_store(home).read("stations")["name"])
    assert "白鹭洲驿站" in names and "坏驿站" not in names
    answer = client.get(f"/data/left/{upload.id}.xlsx")  # also when all is done
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert [cell.value for cell in book.worksheets[0]["A"]] == ["站点名称", "坏驿站"]
    book.worksheets[0]["B2"] = 118.1
    mended = io.BytesIO()
    book.save(mended)
    later = uploads.take(io.BytesIO(mended.getvalue()), "改好.xlsx")
    task = uploads.start(later, CHECK, "stations", crs="gcj02")
    finished(later)
    assert (later.found(task.run)["accepted"], later.found(task.run)["effect"]["added"]) == (1, 1)
    assert client.get(f"/data/left/{later.id}.xlsx").status_code == 404  # none stay behind now
    store = open_store(home)
    store.undo(store.history()[0].batch_id)


def test_rows_in_doubt_wait_for_answers_which_the_task_keeps(uploads, home):
    there = open_store(home).read("stations").iloc[0]
    text = f"站点名称,区,地址\n{there['name']},思明区,某某新村 999 号\n"
    store = open_store(home)
    frame = store.read("stations").iloc[:1].assign(provenance="reported", address="湖滨南路 1 号", batch_id="pending")
    store.apply("stations", frame, author="甲", file="先.csv")
    upload = taken(uploads, text)
    task = uploads.start(upload, CHECK, "stations")
    finished(upload)
    found = upload.found(task.run)
    assert len(found["doubts"]) == 1 and found["effect"] is None
    row = found["doubts"][0]
    key = row["there"][0]["key"]
    for about, change in (
        ({"answers": [(row["sheet"], row["row"], key)]}, (0, 1)),
        ({"answers": [(row["sheet"], row["row"], None)]}, (1, 0)),
        ({"another": True}, (1, 0)),
    ):
        task = uploads.start(upload, CHECK, "stations", **about)
        finished(upload)
        found = upload.found(task.run)
        assert found["doubts"] == [] and (found["effect"]["added"], found["effect"]["changed"]) == change
        assert upload.task().another == about.get("another", False)
    assert key == there["station_id"]


def test_a_change_in_between_is_told(uploads, home):
    upload = taken(uploads, GOOD)
    task = uploads.start(upload, CHECK, "stations", crs="gcj02")
    finished(upload)
    store = open_store(home)
    batch = store.remove("stations", [store.read("stations")["station_id"].iloc[0]], author="乙")
    uploads.start(upload, APPLY, "stations", author="甲", of=task.run)
    state = finished(upload)
    assert state.phase == FAILED and "重新核对" in state.message.text()
    assert [one.batch_id for one in open_store(home).history()] == [batch.batch_id]


def test_calling_off_leaves_no_trace(uploads, home):
    before = (home / FILE_NAME).read_bytes()
    upload = taken(uploads, GOOD + "".join(f"驿站{at},118.09,24.47,8:00-22:00\n" for at in range(20_000)))
    task = uploads.start(upload, CHECK, "stations", crs="gcj02")
    deadline = time.monotonic() + WAIT_SECONDS
    while not at_work(task.run):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    uploads.cancel(upload)
    assert held(home) == [] and upload.state() is None and uploads.get(upload.id) is None
    while at_work(task.run):  # it sees by itself that nobody wants it
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert held(home) == [] and (home / FILE_NAME).read_bytes() == before
    assert sorted(one.name for one in home.iterdir()) == [FILE_NAME, "uploads"]


def at_work(run: str) -> int:
    """Return the id of the process that works for `run`,
    0 when there is none (one that has ended but not been waited for is none).
    """
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if run.encode() in (process / "cmdline").read_bytes():
                return int(process.name)
        except OSError:
            continue
    return 0


def test_a_newer_choice_takes_the_place_of_the_older(uploads):
    upload = taken(uploads, GOOD)
    first = uploads.start(upload, CHECK, "stations", crs="wgs84")
    second = uploads.start(upload, CHECK, "stations", crs="bd09")
    assert (
        finished(upload).phase == DONE and upload.task().run == second.run and upload.found(second.run)["crs"] == "bd09"
    )
    assert upload.task().run != first.run


def test_a_process_that_died_is_told_of_at_once(uploads):
    upload = taken(uploads, GOOD + "".join(f"驿站{at},118.09,24.47,8:00-22:00\n" for at in range(20_000)))
    task = uploads.start(upload, CHECK, "stations", crs="gcj02")
    assert upload.at_work
    deadline = time.monotonic() + WAIT_SECONDS
    while not (killed := at_work(task.run)):  # a process has no words of its own until a moment after it was started
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(killed, signal.SIGKILL)
    state = finished(upload)
    assert state.phase == LOST and "中断" in state.message.text()
    assert finished(Upload(upload.folder)).phase == LOST


@pytest.fixture
def never_ending(monkeypatch):
    """Processes that hold their lock and do nothing."""
    kept: list[int] = []
    monkeypatch.setattr("geodata.processes.start", lambda *arguments, lock, **more: kept.append(os.dup(lock.fileno())))
    yield
    for one in kept:
        os.close(one)


def test_so_many_at_once_and_no_more(uploads, never_ending):
    several = [taken(uploads, GOOD) for _ in range(MAX_AT_WORK + 1)]
    for one in several[:-1]:
        uploads.start(one, CHECK, "stations")
    with pytest.raises(AtlasError, match="稍后"):
        uploads.start(several[-1], CHECK, "stations")
    uploads.start(several[0], CHECK, "stations", crs="gcj02")  # the same file, looked at anew
    uploads.cancel(several[0])
    uploads.start(several[-1], CHECK, "stations")


def test_what_is_being_applied_is_not_called_off(uploads, never_ending):
    upload = taken(uploads, GOOD)
    uploads.start(upload, APPLY, "stations", author="甲", of="x" * 22)
    with pytest.raises(AtlasError, match="正在导入"):
        uploads.cancel(upload)
    with pytest.raises(AtlasError, match="正在导入"):
        uploads.start(upload, CHECK, "stations")
    assert upload.present


@pytest.mark.parametrize(
    "content",
    [
        b"\x00" * 3_000,
        b"PK\x03\x04broken",
        b'{"type": "FeatureCollection"',
        "甲,乙\n1,2\n".encode(),
        b"=cmd|' /C calc'!A0,\xff\xfe",
    ],
)
def test_a_hostile_file_gets_words(uploads, home, content):
    before = (home / FILE_NAME).read_bytes()
    upload = uploads.take(io.BytesIO(content), "坏.xlsx")
    task = uploads.start(upload, CHECK, "stations", crs="gcj02")
    assert finished(upload).phase == DONE
    report = report_of(upload.found(task.run))
    assert report.errors and all(one.text() for one in report.errors) and not report.accepted
    assert (
        "Traceback" not in (upload.folder / task.run / "log").read_text("utf-8")
        and (home / FILE_NAME).read_bytes() == before
    )


# -- files out ---------------------------------------------------------------


def test_templates_are_workbooks_and_unknown_ones_are_not_there(served):
    client, _ = served
    answer = client.get("/data/template/stations.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert (
        book.sheetnames == ["工会驿站", "示例", "取值", "说明"]
        and "attachment" in answer.headers["Content-Disposition"]
    )
    assert client.get("/data/template/nothing.xlsx").status_code == 404


def test_the_marked_workbook_marks_the_bad_cells_also_under_headers_mapped_by_hand(served):
    client, home = served
    uploads = Uploads(Settings(home=home))
    upload = taken(uploads, BAD.replace("站点名称", "啥").replace("开放时间", "嘛"))
    assert client.get(f"/data/marked/{upload.id}.xlsx").status_code == 404  # nothing was checked yet
    uploads.start(upload, CHECK, "stations", crs="gcj02", mapping={"啥": "name", "嘛": "opening_hours"})
    finished(upload)
    sheet = openpyxl.load_workbook(io.BytesIO(client.get(f"/data/marked/{upload.id}.xlsx").data)).worksheets[0]
    marked = {cell.coordinate for row in sheet.iter_rows() for cell in row if cell.comment}
    assert {"C3", "D3"} <= marked and "D2" not in marked and "随便" in sheet["D3"].comment.text
    assert client.get("/data/marked/nothing.xlsx").status_code == 404
