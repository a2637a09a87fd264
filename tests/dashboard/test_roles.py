"""Who may what: every door by every role, as the pages of docs/reference/roles say; what has no door is shut."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from dash import Dash
from flask.testing import FlaskClient

from dashboard.__main__ import main
from dashboard.access import accounts, doors, sessions
from dashboard.access.reader import GIVEN, ROLES, Reader, asking
from dashboard.app import create_app
from dashboard.server.calls import PATH as CALL
from dashboard.settings import Settings
from dashboard.tasks.job import DONE
from dashboard.tasks.jobs import Jobs
from geodata.errors import AtlasError
from geodata.store import FILE_NAME
from tests.dashboard.test_calls import served, well_formed
from tests.reference import commands

DOCS = Path(__file__).resolve().parents[2] / "docs" / "reference"
PASSWORD = "correct horse battery staple"
#: Words of the pages of the docs, as a reader of them takes them.
SAID = {
    "zh": {"可以": True, "自己的": True, "负责的地方": True, "不可以": False},
    "en": {"yes": True, "their own": True, "their places": True, "no": False},
}
REFUSED = (401, 403)


@pytest.fixture(scope="module")
def home(atlas_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("roles")
    (folder / FILE_NAME).write_bytes((atlas_home / FILE_NAME).read_bytes())
    for role in GIVEN:
        accounts.add(folder, f"{role}.of.all", role, password=PASSWORD)
        accounts.add(folder, f"{role}.of.huinong", role, ["640205"], password=PASSWORD)
    return folder


@pytest.fixture(scope="module")
def app(home: Path) -> Dash:
    # embedding is set, so that a refusal is one of the door
    return create_app(Settings(home=home, sign_in="on", chromium="none", embed_hosts="https://oa.example.org"))


@pytest.fixture(scope="module")
def clients(app: Dash, home: Path) -> Mapping[str, FlaskClient]:
    """A browser of each role, signed in by a session; nobody's has none."""
    found = {"nobody": app.server.test_client()}
    for role in GIVEN:
        found[role] = app.server.test_client()
        account = accounts.found(home, f"{role}.of.all")
        assert account is not None
        found[role].set_cookie("atlas-session", sessions.begin(home, account, "127.0.0.1"))
    return found


def documented(lang: str) -> dict[tuple[str, str], dict[str, bool]]:
    """Return (kind, door) → role → may, read from the page of the docs as text."""
    text = (DOCS / f"roles.{lang}.md").read_text("utf-8")
    kinds = {"地址": "route", "页面上的动作": "callback", "后台任务": "job", "命令": "command"} | {
        "addresses": "route",
        "what pages do": "callback",
        "work in the background": "job",
        "commands": "command",
    }
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    may = {row[0]: [SAID[lang][cell] for cell in row[1:]] for row in rows[2:]}
    found = {}
    for part in text.split("\n## ")[1:]:
        deed = part.splitlines()[0]
        for line in part.splitlines():
            for kind, doors_of in re.findall(r"^- ([^:]+): (.*)", line):
                for door in re.findall(r"`([^`]+)`", doors_of):
                    found[kinds[kind], door] = dict(zip(ROLES, may[deed], strict=True))
    return found


DOCUMENTED = documented("zh")
ROUTES = sorted(door for kind, door in DOCUMENTED if kind == "route")
CALLBACKS = sorted(door for kind, door in DOCUMENTED if kind == "callback")


def test_both_languages_say_the_same() -> None:
    assert documented("en") == DOCUMENTED and len(DOCUMENTED) > 100


def test_every_door_there_is_stands_in_the_docs_and_none_beside(app: Dash) -> None:
    routes = {rule.rule for rule in app.server.url_map.iter_rules()} | {"/design", "/metrics"}  # by a setting
    callbacks = {doors.name_of(app.callback_map[output]["callback"]) for output in served(app)}
    there = {("route", one) for one in routes} | {("callback", one) for one in callbacks}
    there |= {("command", name) for name, _ in commands("en")}
    there |= {("job", one) for one in begun_jobs()}
    assert there == set(DOCUMENTED)


def begun_jobs() -> Iterator[str]:
    """Yield the names under which the code begins work in the background."""
    for path in (Path(__file__).resolve().parents[2] / "dashboard").rglob("*.py"):
        yield from re.findall(r'jobs\.start\(\s*"(\w+)"', path.read_text("utf-8"))
    yield from ("check", "apply", "export")  # by classes of their own: dashboard.tasks.uploads, export_worker


def test_no_two_callbacks_share_a_name_unless_they_share_a_deed(app: Dash) -> None:
    """A callback that is called like another would go in by its door."""
    named = [doors.name_of(app.callback_map[output]["callback"]) for output in served(app)]
    assert sorted(named) == sorted(set(named))


@pytest.mark.parametrize("route", ROUTES)
def test_routes(route: str, clients: Mapping[str, FlaskClient], app: Dash) -> None:
    rule = next((one for one in app.server.url_map.iter_rules() if one.rule == route), None)
    if rule is None or route == "/sign-out":  # needs a form of its own: tests of signing in
        return
    values = {"filename": "atlas-base.css", "package_name": "dash", "fingerprinted_path": "x.js", "path": "sources"}
    values |= {
        "version": "x",
        "name": "grids",
        "z": "1",
        "x": "1",
        "y": "1",
        "zoom": "9",
        "lang": "zh",
        "mode": "light",
    }
    values |= {"table": "stations", "month": "2024-05", "key": "x", "ending": "json", "fmt": "csv", "scenario_id": "x"}
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values.get(found[1], "x"), route)
    methods = {one for one in rule.methods or () if one in ("GET", "POST")}
    for role, client in clients.items():
        for method in methods:
            answer = client.open(path, method=method, headers={"Accept": "application/json"})
            refused = answer.status_code in REFUSED
            if route == "/sign-in" and method == "POST":
                refused = False  # 400: without its form
            assert refused != DOCUMENTED["route", route][role], (role, method, answer.status_code, answer.text[:200])


@pytest.mark.parametrize("role", ["nobody", *GIVEN])
def test_callbacks(role: str, clients: Mapping[str, FlaskClient], app: Dash) -> None:
    for output in served(app):
        door = doors.name_of(app.callback_map[output]["callback"])
        answer = clients[role].post(CALL, json=well_formed(app, output))
        assert (answer.status_code in REFUSED) != DOCUMENTED["callback", door][role], (door, answer.status_code)
        assert answer.status_code in ((200, 204) if DOCUMENTED["callback", door][role] else REFUSED), (
            door,
            answer.text,
        )


@pytest.mark.parametrize("role", ROLES)
def test_jobs(role: str, tmp_path: Path) -> None:
    for kind, door in DOCUMENTED:
        if kind != "job":
            continue
        jobs = Jobs(tmp_path / door)
        with asking(Reader("somebody", role, ("100000",))):
            if DOCUMENTED[kind, door][role]:
                assert jobs.start(door, lambda job: job.enter(DONE))
            else:
                with pytest.raises(AtlasError):
                    jobs.start(door, lambda job: job.enter(DONE))
                assert not (tmp_path / door).exists()


@pytest.mark.parametrize("role", ["nobody", *GIVEN])
def test_commands_are_for_who_has_the_shell(role: str) -> None:
    """No request reaches a command: of every role the docs say no, and no route or callback is called like one."""
    for kind, door in DOCUMENTED:
        if kind == "command":
            assert not DOCUMENTED[kind, door][role]


@pytest.mark.parametrize("kind", doors.KINDS)
def test_what_is_not_in_the_register_is_shut(kind: str) -> None:
    for role in ROLES:
        assert not doors.may(kind, "something new", Reader("somebody", role, ("100000",)))


def test_a_new_route_and_a_new_callback_are_shut_to_everybody(home: Path) -> None:
    from dash import Input, Output

    app = create_app(Settings(home=home, sign_in="off", chromium="none"))
    app.server.view_functions["_new"] = lambda: "open"
    app.server.url_map.add(app.server.url_rule_class("/new", endpoint="_new"))

    @app.callback(Output("new", "children"), Input("new", "n_clicks"))
    def fresh(_clicks: int | None) -> str:
        return "open"

    client = app.server.test_client()
    assert client.get("/new").status_code == 403 and "open" not in client.get("/new").text
    client.get("/_dash-dependencies")  # callbacks are taken over when the page is first served
    app.callback_map["new.children"] = {
        **app.callback_map["page.children"],
        "callback": fresh,
        "inputs": [],
        "state": [],
    }
    call = {"output": "new.children", "outputs": {"id": "new", "property": "children"}, "inputs": [], "state": []}
    assert client.post(CALL, json=call).status_code == 403


def test_the_matrix_on_the_command_line(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("ATLAS_HOME", str(home))
    assert main(["account", "list", "--json"]) == 0
    assert capsys.readouterr().out.count('"role": "keeper"') == 2
