"""Requests that no page sends, against a server as it runs: nothing breaks, nothing changes, nothing hangs or grows.

``python -m tests.fuzzing --callbacks 20000 --routes 5000`` (``make fuzz-requests``); the ordinary tests ask for a few.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import re
import sqlite3
import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from dash import Dash

from dashboard.app import create_app
from dashboard.settings import Settings
from geodata.build import build_atlas
from geodata.store import FILE_NAME, site
from geodata.store.whole import of_database
from tests.browser.conftest import serving
from tests.dashboard.test_calls import NONSENSE, PATH, mutated, served, well_formed

#: The last place and the words of a trace in the log.
TRACE = re.compile(
    r"Traceback[^\n]*\n(?: {6,}[^\n]*\n)* {6}"  # the log indents what belongs to a line
    r'File "([^"]+", line \d+), in [^\n]*\n(?: {8,}[^\n]*\n)* {4}([A-Za-z][^\n]{0,200})'
)
#: Seconds that an answer may take.
MOST_SECONDS = 10.0
#: Text of any kind that a field, an address or a header may be given.
HOSTILE: tuple[str, ...] = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    '=HYPERLINK("http://x")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "'; DROP TABLE stations; --",
    "1 OR 1=1",
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "%00%0d%0aX: y",
    "\u202egnp.exe",
    "\u200b\u200d\ufeff",
    "\x00\x01\x1b[2J",
    "\ud83d\ude00" * 20,
    "\ud800",
    "{{7*7}}${7*7}<%= 7*7 %>",
    "9" * 400,
    "-1",
    "1e309",
    "NaN",
    "null",
    "[]",
    "{}",
    "[" * 3_000,
    "石" * 5_000,
    "x" * 30_000,
)
KEYS = (
    *("place", "region", "grid", "lang", "theme", "asof", "layers", "kinds", "from", "to", "area", "radius", "detour"),
    *("hour", "station", "fair", "figure", "part", "q", "query", "view", "page", "w", "h", "left", "month", "story"),
    *(
        "scenario",
        "run",
        "sites",
        "step",
        "model",
        "new",
        "of",
        "template",
        "against",
        "format",
        "title",
        "name",
        "way",
    ),
)
VALUES = ("640200", "350203", "100000", "S3", "one", "map", "zh", "en", "dark", "2026-11", "2024-10-15", "network", "1")


#: Pages as they are opened, for what their components hold.
OPENED = (
    *("/", "/?place=350203&hour=22&radius=500", "/analysis?place=640200&with=350200", "/planning?place=350203&run=1"),
    *("/sources", "/stories", "/briefing?place=350203", "/data", "/data?section=history&place=350203"),
    *("/data?section=rows&table=fairs", "/data?section=placing", "/data?section=streets", "/data?section=quality"),
)
NO_JOB = "0" * 24
#: What stores hold that a page fills as it is used.
USED: dict[str, Any] = {
    "viewport": {"lon": 118.1, "lat": 24.45, "zoom": 12, "key": "350203", "box": [118.0, 24.4, 118.2, 24.5]},
    "plan-viewport": {"lon": 118.1, "lat": 24.45, "zoom": 12.5, "place": "350203"},
    "in-view-asked": {"box": [118.0, 24.4, 118.2, 24.5], "zoom": 12, "query": "?place=350203"},
    "plan-state": {"query": "?place=350203&run=1", "view": None, "notices": [], "again": 1, "version": "x"},
    "plan-job": {"id": NO_JOB, "for": "x", "again": 0},
    "plan-result": {"by": "job", "for": "x", "id": NO_JOB, "again": 0},
    "plan-curve-job": {"for": "x", "present": 3, "id": NO_JOB, "clicks": 1},
    "plan-live": {"sites": [[118.1, 24.45]], "closed": ["S3"], "upgraded": []},
    "plan-event": {"kind": "ground", "lon": 118.1, "lat": 24.45, "n": 1},
    "plan-act": {"act": "adopt", "id": "x", "n": 1},
    "plan-changed": {"open": "x", "at": "b"},
    "data-changed": {"told": "x", "batch": "b"},
    "data-upload": {"id": NO_JOB},
    "data-run": {"id": NO_JOB, "run": NO_JOB},
    "data-doing": {"undo": "b"},
    "data-chosen": "S3",
    "placing-spots": {"stations": {"spots": {"S3": {"lon": 118.1, "lat": 24.45, "by": "hand"}}, "skipped": ["S4"]}},
    "placing-by": "offline",
    "placing-job": NO_JOB,
    "streets-job": NO_JOB,
    "briefing-kept": [{"query": "place=350203", "name": "x"}],
    "briefing-job-ids": [NO_JOB],
}
#: What is done to a component, by the property that tells it.
DONE: dict[str, Any] = {
    "clickData": {"points": [{"customdata": ["place", "350203"]}]},
    "selectedData": {"lassoPoints": {"map": [[118.1, 24.4], [118.2, 24.4], [118.2, 24.5]]}},
    "getRowsRequest": {"startRow": 0, "endRow": 50, "sortModel": [{"colId": "name", "sort": "asc"}]},
    "selectedRows": [{"key": "S3"}],
    "n_clicks": 1,
    "n_intervals": 1,
}


def written(id: Any) -> str:
    """Return an id as Dash's renderer writes it."""
    return id if isinstance(id, str) else json.dumps(id, sort_keys=True, separators=(",", ":"))


class Pages:
    """Calls of callbacks as the pages of an application make them, with what their components hold.

    Parameters
    ----------
    app : Dash
        Its pages are opened once.
    """

    def __init__(self, app: Dash) -> None:
        self._app, self._held, self._numbered = app, {}, {}  # id → properties
        self.outputs = served(app)
        client = app.server.test_client()
        for address in OPENED:
            call = well_formed(app, "page.children")
            path, _, query = address.partition("?")
            call["inputs"][0]["value"], call["state"][0]["value"] = path, f"?{query}" if query else ""
            self._read(client.post(PATH, json=call).json)

    def _read(self, laid: Any) -> None:
        if isinstance(laid, dict):
            id = laid.get("id")
            if isinstance(id, str):
                self._held.setdefault(id, {}).update(laid)
            elif isinstance(id, dict):
                self._numbered[written(id)] = laid
        for inner in laid.values() if isinstance(laid, dict) else laid if isinstance(laid, list) else ():
            self._read(inner)

    def call(self, output: str, chance: random.Random) -> dict[str, Any]:
        """Return a call of the callback that writes `output`: something was done that makes a page call it."""
        call, known = well_formed(self._app, output), self._app.callback_map[output]
        wanted = [*known["inputs"], *known["state"]]
        parts = [
            self._part(one, part, chance) for one, part in zip(wanted, [*call["inputs"], *call["state"]], strict=True)
        ]
        count = len(call["inputs"])
        given = [one for part in parts[:count] for one in (part if isinstance(part, list) else [part])]
        causes = [f"{written(one['id'])}.{one['property']}" for one in given]
        done = [chance.choice(causes)] if causes and chance.random() < 0.9 else []
        return call | {"inputs": parts[:count], "state": parts[count:], "changedPropIds": done}

    def _part(self, wanted: dict[str, Any], least: Any, chance: random.Random) -> Any:
        prop = wanted["property"]
        if isinstance(least, list):
            type = json.loads(wanted["id"])["type"]
            there = {id: held for id, held in self._numbered.items() if json.loads(id)["type"] == type}
            return [
                {"id": json.loads(id), "property": prop, "value": held.get(prop, DONE.get(prop))}
                for id, held in list(there.items())[:4]
            ]
        held = self._held.get(wanted["id"], {}).get(prop)
        other = USED.get(wanted["id"]) if prop == "data" else DONE.get(prop)
        value = other if other is not None and (held is None or chance.random() < 0.3) else held
        return least | {"value": least["value"] if value is None else value}


@dataclass
class Found:
    """What came of it."""

    statuses: Counter[int] = field(default_factory=Counter)
    slowest: float = 0.0
    bad: list[str] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    traces: int = 0
    causes: Counter[str] = field(default_factory=Counter)

    def told(self) -> dict[str, Any]:
        return {
            "statuses": {str(key): count for key, count in sorted(self.statuses.items())},
            "slowest_seconds": round(self.slowest, 2),
            "megabytes": self.memory,
            "traces": self.traces,
            "causes": dict(self.causes.most_common(20)),
            "bad": self.bad[:20],
        }


def text(chance: random.Random) -> str:
    return chance.choice(HOSTILE) if chance.random() < 0.6 else chance.choice(VALUES)


def route(app: Dash, chance: random.Random) -> tuple[str, str, dict[str, str], bytes | None]:
    """Return method, address, headers and body of a request to one of the rules, or to none."""
    rules = sorted({one.rule for one in app.server.url_map.iter_rules()})
    path = chance.choice(rules)
    while "<" in path:
        head, _, rest = path.partition("<")
        path = head + quote(text(chance)[:2_000].encode("utf-8", "surrogatepass"), safe="") + rest.partition(">")[2]
    if chance.random() < 0.1:
        path = "/" + quote(text(chance)[:2_000].encode("utf-8", "surrogatepass"), safe="/.")
    pairs = [(chance.choice(KEYS), text(chance).encode("utf-8", "surrogatepass")) for _ in range(chance.randrange(6))]
    method = chance.choices(("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "BREW"), (80, 4, 8, 2, 2, 2, 2))[0]
    headers = {"Origin": "ours"} if method not in ("GET", "HEAD", "OPTIONS") else {}
    if chance.random() < 0.2:
        names = ("Accept", "Accept-Encoding", "Range", "If-None-Match", "If-Modified-Since", "Referer", "Content-Type")
        value = text(chance).encode("ascii", "ignore").decode()
        headers[chance.choice(names)] = "".join(one for one in value if one.isprintable())[:4_000]
    body = json.dumps(mutated({"text": "x", "address": "/", "lang": "zh"}, chance)).encode() if headers else None
    return method, f"{path}?{urlencode(pairs)}" if pairs else path, headers, body


class Asking:
    """Requests to one server, each answered in time or told."""

    def __init__(self, base: str, found: Found) -> None:
        self._host, self._found = base.removeprefix("http://"), found

    def ask(self, method: str, address: str, headers: dict[str, str], body: bytes | None) -> int:
        headers = {name: f"http://{self._host}" if value == "ours" else value for name, value in headers.items()}
        connection = http.client.HTTPConnection(self._host, timeout=60)
        began = time.monotonic()
        try:
            connection.request(method, address, body, headers)
            answer = connection.getresponse()
            content, status = answer.read(), answer.status
        except (OSError, http.client.HTTPException) as error:
            content, status = b"", 0
            self._found.bad.append(f"no answer ({error!r}): {method} {address[:300]}")
        finally:
            connection.close()
        lasted = time.monotonic() - began
        self._found.statuses[status] += 1
        self._found.slowest = max(self._found.slowest, lasted)
        about = f"{method} {address[:300]} {(body or b'')[:300]!r}"
        true = address.startswith("/readyz") and status == 503 and (method == "HEAD" or warming(content))
        if status >= 500 and status != 501 and not true:
            self._found.bad.append(f"{status}: {about}")
        if b"Traceback (most recent" in content:
            self._found.bad.append(f"trace: {about}")
        if lasted > MOST_SECONDS:
            self._found.bad.append(f"{lasted:.1f} s: {about}")
        return status


def content(home: Path) -> tuple[Any, ...]:
    """Return everything that a request could have changed: every row and the log."""
    with site(home).open().reading() as snapshot:
        rows = of_database(snapshot.database)
    return rows.rows, rows.meta, rows.batches, rows.changes


def megabytes(log: Path, home: Path) -> int:
    """Return what the processes that hold the lock of `home` have in memory."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if str(home).encode() in (folder / "environ").read_bytes():
                told = (folder / "status").read_text()
                total += int(told.split("VmRSS:")[1].split()[0])
        except (OSError, IndexError):
            continue
    return total // 1024


def warming(content: bytes) -> bool:
    """Return whether ``/readyz`` says that a worker warms up, and that nothing else is lacking: then 503 is true."""
    told = json.loads(content)
    return told.pop("warm") is False and all(one for one in told.values())


def fuzz(callbacks: int, routes: int, seed: int = 16) -> Found:
    """Ask and tell what came of it."""
    found, chance = Found(), random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        home, log = Path(folder) / "home", Path(folder) / "log"
        build_atlas(home)
        app = create_app(Settings(home=home, chromium="none"))
        pages, before = Pages(app), content(home)
        quiet = {"ATLAS_CHROMIUM": "none", "ATLAS_LIMITS": "0", "ATLAS_EDITING": "0"}
        with serving(home, log, may_fail=True, **quiet) as base:
            asking, total = Asking(base, found), callbacks + routes
            for at in range(total):
                if chance.random() * total < callbacks:
                    body = json.dumps(hostile_call(pages, chance)).encode()
                    asking.ask("POST", PATH, {"Content-Type": "application/json", "Origin": "ours"}, body)
                else:
                    asking.ask(*route(app, chance))
                if at % max(1, total // 8) == total // 8 - 1:
                    found.memory.append(megabytes(log, home))
        if content(home) != before:
            found.bad.append("the atlas has changed")
        with closing(sqlite3.connect(home / FILE_NAME)) as connection:
            if connection.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                found.bad.append("the store is damaged")
        written = log.read_text("utf-8", "replace")
        found.traces = written.count("Traceback")
        found.causes.update(f"{where}: {what}" for where, what in TRACE.findall(written))
    return found


def with_hostile(value: Any, chance: random.Random, often: float = 0.3) -> Any:
    """Return `value` with some of its texts and numbers, at any depth, hostile ones: of the same kind, mostly."""
    if isinstance(value, dict):
        return {key: with_hostile(inner, chance, often) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_hostile(one, chance, often) for one in value]
    if chance.random() >= often:
        return value
    if chance.random() < 0.2:
        return chance.choice(NONSENSE)
    if isinstance(value, str) or value is None:
        return address(chance) if chance.random() < 0.3 else text(chance)
    return (
        chance.choice((0, 1, -1, 2**31, 2**53 - 1, 1e308, -1e-308, 0.5)) if type(value) in (int, float) else not value
    )


def address(chance: random.Random) -> str:
    """Return a query that a page could have, and some of it hostile."""
    pairs = [(chance.choice(KEYS), text(chance).encode("utf-8", "surrogatepass")) for _ in range(chance.randrange(5))]
    return f"?{urlencode(pairs)}"


def hostile_call(pages: Pages, chance: random.Random) -> dict[str, Any]:
    """Return a call that no page sends: in its shape, in its values, or in both."""
    call = pages.call(chance.choice(pages.outputs), chance)
    if chance.random() < 0.7:
        often = chance.choice((0.05, 0.2, 0.5))
        for part in (
            one
            for side in ("inputs", "state")
            for given in call[side]
            for one in (given if isinstance(given, list) else [given])
        ):
            part["value"] = with_hostile(part["value"], chance, often)
            if isinstance(part["id"], dict) and chance.random() < often:
                part["id"] = part["id"] | {"at": text(chance)}
    return mutated(call, chance) if chance.random() < 0.4 else call


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--callbacks", type=int, default=20_000)
    parser.add_argument("--routes", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=16)
    options = parser.parse_args()
    found = fuzz(options.callbacks, options.routes, options.seed)
    print(json.dumps(found.told(), ensure_ascii=False, indent=1))
    return 1 if found.bad or found.traces else 0


if __name__ == "__main__":
    raise SystemExit(main())
