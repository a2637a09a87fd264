"""Own and foreign places, own and other people's work: every way into the store, and every way rows come out."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from dash import Dash
from flask.testing import FlaskClient

from dashboard.access import accounts, audit, doors, sessions
from dashboard.access.judging import holds_own, watched
from dashboard.access.reader import GIVEN, Reader, asking, stem
from dashboard.access.taking import theirs
from dashboard.app import create_app
from dashboard.pages import PAGES
from dashboard.pages.data import names
from dashboard.settings import Settings
from dashboard.source import AtlasSource
from dashboard.tasks.job import DONE
from dashboard.tasks.jobs import Jobs
from dashboard.tasks.uploads import Uploads
from geodata.errors import AtlasError
from geodata.schema import TABLES
from geodata.store import FILE_NAME, WritableStore
from layers import rows
from layers.atlas import Atlas
from tests.dashboard.export.two_plans import keep_two
from tests.dashboard.test_calls import MADE_ANEW, called, text_of

HUINONG, DAWUKOU, SHIZUISHAN, SIMING = "640205", "640202", "640200", "350203"
#: Reader's places, and of which counties' rows they are.
PLACES = [
    ((HUINONG,), {HUINONG}),
    ((SHIZUISHAN,), {HUINONG, DAWUKOU}),
    (("640000",), {HUINONG, DAWUKOU}),
    ((SIMING, DAWUKOU), {SIMING, DAWUKOU}),
    (("100000",), {HUINONG, DAWUKOU, SIMING}),
]


@pytest.fixture(scope="module")
def home(atlas_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("places")
    shutil.copyfile(atlas_home / FILE_NAME, folder / FILE_NAME)
    return folder


@pytest.fixture(scope="module")
def store(home: Path) -> WritableStore:
    return AtlasSource(home, None, watched(home)).store()


def rows_in(store: WritableStore, table: str, county: str) -> pd.DataFrame:
    found = store.read(table)
    return found[found["adcode"] == county].head(1)


def allowed(store: WritableStore, reader: Reader, act: Any) -> bool:
    """Return whether `reader` may do `act`; what is refused has changed nothing, and is no line of the trail."""
    version = store.meta()["data_version"]
    with asking(reader):
        try:
            act()
        except AtlasError as error:
            assert (store.meta()["data_version"] == version and "账号" in str(error)) or "负责" in str(error), error
            return False
    return True


@pytest.mark.parametrize("role", GIVEN)
@pytest.mark.parametrize(("places", "own"), PLACES)
def test_rows_are_changed_in_own_places_alone(
    store: WritableStore, role: str, places: tuple[str, ...], own: set[str]
) -> None:
    reader = Reader("somebody", role, places)
    may = role in ("keeper", "administrator")
    for table, county in (("grids", HUINONG), ("grids", DAWUKOU), ("stations", SIMING), ("enterprises", HUINONG)):
        row = rows_in(store, table, county)
        key = row[TABLES[table].key].iloc[0]
        wanted = may and county in own
        before = store.history()
        edit = row.assign(name=row["name"] + "改")
        assert allowed(store, reader, lambda: store.apply(table, edit, retire=False)) is wanted  # noqa: B023 - at once
        if wanted:
            made = store.history()[0].batch_id
            for other_role, other_places in (("planner", places), ("keeper", ("110101",))):
                other = Reader("other", other_role, other_places)
                assert not allowed(store, other, lambda: store.undo(made))  # noqa: B023
            assert allowed(store, reader, lambda: store.undo(made))  # noqa: B023
        if table == "stations":
            assert allowed(store, reader, lambda: store.remove(table, [key])) is wanted  # noqa: B023
            if wanted:
                store.undo(store.history()[0].batch_id)
        assert len(store.history()) >= len(before)


def test_a_row_is_not_taken_from_elsewhere_nor_sent_there(store: WritableStore) -> None:
    keeper = Reader("somebody", "keeper", (HUINONG,))
    foreign, own = rows_in(store, "stations", SIMING), rows_in(store, "enterprises", HUINONG)
    assert not allowed(store, keeper, lambda: store.apply("stations", foreign.assign(adcode=HUINONG), retire=False))
    assert not allowed(store, keeper, lambda: store.apply("enterprises", own.assign(adcode=DAWUKOU), retire=False))
    both = pd.concat([rows_in(store, "grids", HUINONG), rows_in(store, "grids", DAWUKOU)])
    assert not allowed(store, keeper, lambda: store.apply("grids", both.assign(name=both["name"] + "改"), retire=False))


def test_what_has_no_place_is_for_who_has_all(store: WritableStore) -> None:
    kind = store.read("kinds").head(1)
    for places, may in (((HUINONG,), False), (("100000",), True)):
        reader = Reader("somebody", "keeper", places)
        assert allowed(store, reader, lambda: store.apply("kinds", kind.assign(name="别的"), retire=False)) is may


@pytest.fixture(scope="module")
def atlas(home: Path) -> Atlas:
    return AtlasSource(home).atlas()


@pytest.mark.parametrize(("places", "_own"), PLACES)
@pytest.mark.parametrize("table", ["stations", "grids", "enterprises", "activities", "fairs", "demand"])
def test_rows_are_taken_out_of_own_places_alone(atlas: Atlas, table: str, places: tuple[str, ...], _own: set) -> None:
    codes = atlas.table(table)["adcode"]
    mine = codes.map(lambda code: isinstance(code, str) and any(code.startswith(stem(one)) for one in places))
    wanted = mine | ("100000" in places)
    assert theirs(atlas, table, Reader("x", "viewer", places)).tolist() == wanted.tolist()


def test_stems_of_adcodes_are_the_tree_of_places(atlas: Atlas) -> None:
    """Rows are judged by their code alone: what lies under a place has its stem, what does not has not."""
    places, tree = atlas.places, atlas.tree
    for code in [HUINONG, SHIZUISHAN, "640000", SIMING, "350200", "110000", "469000", "429000", "500000"]:
        at = tree.position(code)
        if at < 0:
            continue
        under = set(places["adcode"][tree.under(at, tree.positions(places["adcode"]))])
        assert under == {one for one in places["adcode"] if one.startswith(stem(code))}, code


@pytest.fixture(scope="module")
def client(home: Path) -> Iterator[Any]:
    server = create_app(Settings(home=home, sign_in="on", chromium="none")).server
    made: dict[str, Any] = {}

    def of(name: str, role: str, *places: str) -> Any:
        if name not in made:
            account, _ = accounts.add(home, name, role, places, password="correct horse battery staple")
            made[name] = server.test_client()
            made[name].set_cookie("atlas-session", sessions.begin(home, account, "127.0.0.1"))
        return made[name]

    yield of


def test_the_rows_behind_a_figure(client: Any) -> None:
    for figure in ("workers", "grids", "enterprises"):
        for name, place, may in (("v.all", DAWUKOU, True), ("v.huinong", DAWUKOU, False), ("v.huinong", HUINONG, True)):
            who = client(name, "viewer", *(() if name == "v.all" else (HUINONG,)))
            answer = who.get(f"/sources/rows.csv?figure={figure}&place={place}")
            if answer.status_code == 400:
                continue  # no such figure of this place
            assert answer.status_code == (200 if may else 403), (figure, name, place, answer.text[:200])
    assert who.get(f"/?place={DAWUKOU}").status_code == 200  # looking is for everybody


#: Doors of rows whose own and foreign places are tried through the server itself (below).
TRIED = {
    ("route", "/sources/rows.csv"),
    ("route", "/planning/export/<lang>/<scenario_id>.<fmt>"),
    ("callback", "pages.data.rows.show"),
    ("callback", "pages.data.rows.fetch"),
    ("callback", "pages.data.rows.open_form"),
    ("callback", "pages.data.do"),
    # and in tests/dashboard/test_exports.py
    ("route", "/data/rows/<id>"),
    ("callback", "pages.data.taking_out.order"),
    ("callback", "pages.data.taking_out.follow"),
    ("callback", "pages.data.taking_out.stop"),
    ("job", "export"),
}
#: Doors that end in a change of the store, which judges every one (above); the first only asks whether one is sure.
JUDGED = {
    ("callback", "pages.data.ask"),
    ("callback", "pages.data.importing.confirm"),
    ("callback", "pages.data.rows.save"),
    ("callback", "pages.data.placing.save"),
    ("callback", "pages.data.streets.start"),
    ("job", "apply"),
    ("job", "streets"),
}


def test_every_door_of_rows_is_tried_at_own_and_foreign_places() -> None:
    assert {door for door, deed in doors.doors().items() if deed.bound == "places"} == TRIED | JUDGED
    sources = [
        line.strip()
        for path in (Path(__file__).resolve().parents[2] / "dashboard").rglob("*.py")
        for line in path.read_text("utf-8").splitlines()
        if "AtlasSource(" in line and "class " not in line
    ]
    assert len(sources) > 2  # whoever opens the atlas to change it opens it watched
    assert [line for line in sources if "watched(settings.home)" not in line] == []


@pytest.fixture(scope="module")
def app(home: Path) -> Dash:
    return create_app(Settings(home=home, sign_in="on", chromium="none"))


def signed_in(app: Dash, home: Path, role: str, place: str) -> FlaskClient:
    name = f"{role}.of.{place}"
    account = accounts.found(home, name) or accounts.add(home, name, role, [place], password="horse battery staple")[0]
    client = app.server.test_client()
    client.set_cookie("atlas-session", sessions.begin(home, account, "127.0.0.1"))
    return client


@pytest.mark.parametrize(("place", "theirs_"), [(HUINONG, True), (DAWUKOU, False)])
def test_the_table_of_rows_holds_own_rows_alone(app: Dash, home: Path, place: str, theirs_: bool) -> None:
    """Of a keeper of Huinong: what is listed, fetched and opened at Huinong and at its neighbour."""
    client, search = signed_in(app, home, "keeper", HUINONG), f"?section=rows&table=grids&place={place}&lang=zh"
    key = rows_in(AtlasSource(home).store(), "grids", place)["grid_id"].iloc[0]
    shown = text_of(called(app, client, "pages.data.rows.show", **{names.URL: search}))
    assert ' 行"' in shown and ('"0 行"' in shown) is not theirs_
    wanted = {"startRow": 0, "endRow": 10, "sortModel": []}
    fetched = called(app, client, "pages.data.rows.fetch", **{names.GRID: wanted, names.URL: search})
    found = fetched.json["response"][names.GRID]["getRowsResponse"]
    assert (found["rowCount"] > 0) is theirs_ and bool(found["rowData"]) is theirs_
    opened = called(
        app,
        client,
        "pages.data.rows.open_form",
        changed=f"{names.EDIT}.n_clicks",
        **{names.EDIT: 1, names.CHOSEN: key, names.URL: search},
    )
    assert (names.DRAWER in opened.text and key in opened.text) is theirs_
    assert ("不在您负责的地方" in text_of(opened)) is not theirs_


@pytest.mark.parametrize(("place", "theirs_"), [(HUINONG, True), (DAWUKOU, False)])
def test_a_row_is_taken_out_of_the_atlas_at_own_places_alone(app: Dash, home: Path, place: str, theirs_: bool) -> None:
    client, store = signed_in(app, home, "keeper", HUINONG), AtlasSource(home).store()
    atlas, found = AtlasSource(home).atlas(), store.read("enterprises")
    keys = found.loc[found["adcode"] == place, "enterprise_id"]
    key = next(one for one in keys if not rows.referring(atlas, "enterprises", one))
    values = {names.MODAL_DO: 1, names.DOING: {"remove": ["enterprises", key]}, names.URL: "?section=rows&lang=zh"}
    said = text_of(called(app, client, "pages.data.do", changed=f"{names.MODAL_DO}.n_clicks", **values))
    assert ("已删除" in said) is theirs_ and ("负责" in said) is not theirs_
    assert (key in set(store.read("enterprises")["enterprise_id"])) is not theirs_


def test_a_plan_is_looked_at_by_all_and_taken_as_a_file_by_whose_it_is_or_whose_place(app: Dash, home: Path) -> None:
    keep_two(home)  # of Siming, kept by somebody else
    for place, status in ((SIMING, 200), (HUINONG, 403)):
        client = signed_in(app, home, "viewer", place)
        assert client.get("/planning/export/zh/SC-DAY.geojson").status_code == status
        state = {"query": f"?place={SIMING}&lang=zh", "again": 0}
        assert "白天三站" in text_of(called(app, client, "pages.planning.keeping.show", **{"plan-state": state}))


@pytest.mark.parametrize("path", PAGES)
def test_looking_is_not_limited_by_place(app: Dash, home: Path, path: str) -> None:
    """What docs/reference/roles say: a viewer of one county sees of another what a viewer of that county sees."""
    here, there = (signed_in(app, home, "viewer", place) for place in (HUINONG, SIMING))
    pages = [one.get(f"{path}?place={SIMING}&lang=zh") for one in (here, there)]
    assert pages[0].status_code == pages[1].status_code == 200
    texts = [MADE_ANEW.sub("", one.text.replace(f"viewer.of.{HUINONG}", f"viewer.of.{SIMING}")) for one in pages]
    assert texts[0] == texts[1]
    stills = [one.get(f"/map.svg?page={path.strip('/')}&place={SIMING}&w=400&h=300") for one in (here, there)]
    assert stills[0].get_data() == stills[1].get_data()


def test_work_of_one_is_as_if_not_there_for_another(tmp_path: Path) -> None:
    mine, theirs_ = Reader("a", "keeper", ("100000",)), Reader("b", "administrator", ("100000",))
    jobs, uploads = Jobs(tmp_path / "jobs"), Uploads(Settings(home=tmp_path))
    with asking(mine):
        job = jobs.start("plan", lambda one: one.enter(DONE))
        upload = uploads.take(io.BytesIO(b"a,b\n1,2\n"), "a.csv")
        assert jobs.find(job) and uploads.get(upload.id) and jobs.newest()
    for other in (theirs_, Reader("", "administrator", ("100000",)), Reader()):
        with asking(other):
            assert jobs.find(job) is None and jobs.state(job) is None and jobs.newest() is None
            assert uploads.get(upload.id) is None
            jobs.stop(job)
    with asking(mine):
        found = jobs.find(job)
        assert found and not found.stopped()


def test_what_is_brought_in_is_noted_with_who_and_what_and_no_file_name(home: Path, store: WritableStore) -> None:
    row = rows_in(store, "grids", HUINONG)
    with asking(Reader("keeper.of.huinong", "keeper", (HUINONG,))):
        batch = store.apply(
            "grids", row.assign(name="甲"), retire=False, file="张三的手机 13800000000.xlsx", file_hash="x"
        )
        undone = store.undo(batch.batch_id)
    last, before = audit.entries(home, most=2)
    assert (before.account, before.role, before.deed) == ("keeper.of.huinong", "keeper", "imported")
    assert before.about["batch"] == batch.batch_id == undone.batch_id and before.about["table"] == "grids"
    assert last.deed == "undone" and "张三" not in str(last) + str(before)
    assert audit.verified(home).broken is None


@pytest.mark.parametrize("harm", ["line", "hash", "cut", "middle", "again"])
def test_a_trail_that_was_touched_is_found_out(tmp_path: Path, harm: str) -> None:
    import sqlite3

    for at in range(8):
        audit.note(tmp_path, "exported", what=str(at))
    head = audit.verified(tmp_path).head
    for at in range(8, 12):
        audit.note(tmp_path, "exported", what=str(at))
    assert audit.verified(tmp_path, head).broken is None
    database = sqlite3.connect(tmp_path / audit.FILE)
    for statement in ("UPDATE trail SET line = 'x' WHERE number = 5", "DELETE FROM trail WHERE number = 5"):
        with pytest.raises(sqlite3.IntegrityError, match="append only"):
            database.execute(statement)
    database.execute("DROP TRIGGER no_change")
    database.execute("DROP TRIGGER no_loss")
    database.execute(
        {
            "line": "UPDATE trail SET line = replace(line, 'exported', 'imported') WHERE number = 5",
            "hash": "UPDATE trail SET hash = 'x' || substr(hash, 2) WHERE number = 5",
            "cut": "DELETE FROM trail WHERE number > 9",
            "middle": "DELETE FROM trail WHERE number = 5",
            "again": "DELETE FROM trail",
        }[harm]
    )
    database.commit()
    database.close()
    if harm == "again":  # a whole new chain is found out by a head that was noted elsewhere
        (tmp_path / audit.FILE).unlink()
        for at in range(12):
            audit.note(tmp_path, "exported", what=str(at))
        assert audit.verified(tmp_path).broken is None
    found = audit.verified(tmp_path, head if harm == "again" else None)
    assert found.broken == {"line": 5, "hash": 5, "cut": 10, "middle": 5, "again": 13}[harm]


def test_the_trail_as_a_table_holds_no_formula(tmp_path: Path) -> None:
    audit.note(tmp_path, "=cmd|' /C calc'!A0", account="@SUM(A1)", what='+1"\r\n,x\u202e')
    rows = list(csv.reader(io.StringIO("".join(audit.exported(tmp_path)).lstrip("\ufeff"))))
    assert len(rows) == 2 and all(cell[:1] not in "=+-@" for cell in rows[1] if cell)
    assert "\u202e" not in str(rows)


def test_own_rows_are_those_that_somebody_brought_in(atlas_home: Path, tmp_path: Path) -> None:
    shutil.copyfile(atlas_home / FILE_NAME, tmp_path / FILE_NAME)
    fresh = AtlasSource(tmp_path, None, watched(tmp_path)).store()
    assert not holds_own(fresh)
    batch = fresh.apply("grids", rows_in(fresh, "grids", HUINONG), retire=False)
    assert holds_own(fresh)
    fresh.undo(batch.batch_id)
    assert not holds_own(fresh)


def test_who_brings_rows_in_is_not_shut_out_and_is_told(atlas_home: Path, tmp_path: Path) -> None:
    shutil.copyfile(atlas_home / FILE_NAME, tmp_path / FILE_NAME)
    store = AtlasSource(tmp_path, None, watched(tmp_path)).store()
    store.apply("grids", rows_in(store, "grids", HUINONG), retire=False)
    client = create_app(Settings(home=tmp_path, chromium="none", sign_in="auto")).server.test_client()
    page = client.get("/", headers={"Accept": "text/html"})
    assert page.status_code == 200 and "有数据，未设登录" in page.text
    accounts.add(tmp_path, "zhang", "administrator")
    assert client.get("/search?q=a").status_code == 401
    assert client.get("/", headers={"Accept": "text/html"}).status_code == 303
