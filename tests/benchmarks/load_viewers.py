"""Viewers as Locust plays them (``locust -f``), in an environment of its own: see :mod:`tests.benchmarks.bench_load`.

Each viewer has a session of its own (its cookies are in the variable ``LOAD_COOKIES``) and thinks for 8 to 16 seconds
between two deeds: another filter or another place of the overview, which asks the three callbacks that draw it at once
as the page does, a move of the map, another page. A deed is counted whole under its name (``deed …``), from the first
question to the last answer, and so is each request. A greedy one asks for plans and briefs without a pause.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import time

import gevent
from locust import FastHttpUser, between, constant, task

COOKIES = itertools.cycle(json.loads(os.environ["LOAD_COOKIES"]))
PLACES = ("", "place=640200", "place=350203", "place=210000", "place=640205", "place=540000", "place=210900")
CHANGES = (
    *("kinds=wish", "from=2024-03-01&to=2024-08-31", "hour=21", "hour=3", "hour=9&day=7", "always=1", "radius=1000"),
    *("provenance=reported", "group=courier", "layers=activities.fairs", "facilities=water", "radius=300"),
    "mode=onsite",
)
OVERVIEW = ("map-spec.data", "crumbs.children", "chart-coverage-title.children")
PAGES = ("/", "/analysis", "/stories", "/planning", "/sources")
KNOWN: list[dict] = []
PLAN_SECONDS, BRIEF_SECONDS = 120, 180


class Reader(FastHttpUser):
    """What every reader does: sign in, and ask callbacks as Dash's scripts do."""

    abstract = True

    def on_start(self) -> None:
        self.headers = {"Cookie": f"atlas-session={next(COOKIES)}", "Origin": self.host}
        if not KNOWN:
            KNOWN.extend(self.client.get("/_dash-dependencies", headers=self.headers).json())

    def ask(self, output: str, changed: str | None = None, **given: object) -> dict | None:
        """Ask the callback that writes `output`, with the values of its inputs and states by id."""
        known = next(one for one in KNOWN if output in one["output"])
        outputs = [
            dict(zip(("id", "property"), one.split("."), strict=True))
            for one in known["output"].strip(".").split("...")
        ]
        asked = {
            "output": known["output"],
            "outputs": outputs if known["output"].startswith("..") else outputs[0],
            "inputs": [one | {"value": given.get(one["id"])} for one in known["inputs"]],
            "state": [one | {"value": given.get(one["id"])} for one in known.get("state", ())],
            "changedPropIds": [changed or f"{one['id']}.{one['property']}" for one in known["inputs"]],
        }
        name = output.split(".")[0]
        with self.client.post(
            "/_dash-update-component", json=asked, headers=self.headers, name=name, catch_response=True
        ) as answer:
            if answer.status_code not in (200, 204):
                answer.failure(f"{answer.status_code}: {answer.text[:200]}")
                return None
            return answer.json() if answer.status_code == 200 else None


class Viewer(Reader):
    """One who looks."""

    wait_time = between(8, 16)

    def on_start(self) -> None:
        super().on_start()
        self.place, self.change = "", ""

    def deed(self, name: str, *questions: tuple[str, dict[str, object]]) -> None:
        began = time.perf_counter()
        asking = [gevent.spawn(self.ask, output, **given) for output, given in questions]
        gevent.joinall(asking)
        self.environment.events.request.fire(
            request_type="DEED",
            name=f"deed {name}",
            response_time=(time.perf_counter() - began) * 1_000,
            response_length=0,
            exception=None,
            context={},
        )

    def shown(self) -> None:
        query = "&".join(one for one in (self.place, self.change) if one)
        stored = {"query": f"?{query}" if query else "", "view": None, "notices": []}
        self.deed("filter", *[(output, {"filters": stored}) for output in OVERVIEW])

    @task(5)
    def filtered(self) -> None:
        self.change = random.choice(CHANGES)
        self.shown()

    @task(3)
    def drilled(self) -> None:
        self.place = random.choice(PLACES)
        self.shown()

    @task(3)
    def moved(self) -> None:
        west, south = random.uniform(105, 118), random.uniform(24, 38)
        view = {"lon": west + 3, "lat": south + 2, "zoom": 6.5, "key": "", "box": [west, south, west + 6, south + 4]}
        stored = {"query": "", "view": None, "notices": []}
        self.deed("pan", ("in-view-body.children", {"in-view-asked": view, "filters": stored}))

    @task(2)
    def opened(self) -> None:
        path = random.choice(PAGES)
        headers = self.headers | {"Accept": "text/html"}
        self.client.get(f"{path}?{random.choice(PLACES)}", headers=headers, name=f"page {path}")


class Greedy(Reader):
    """One who asks for plans and briefs without a pause; how it fares is not counted among the viewers."""

    fixed_count = int(os.environ.get("LOAD_GREEDY", "0"))
    abstract = not fixed_count
    wait_time = constant(0)

    @task
    def planned(self) -> None:
        new, radius = random.randint(3, 12), random.choice((300, 500, 800, 1000))
        query = f"?place=350203&model={random.choice(('mclp', 'pmedian', 'pcenter'))}&new={new}&radius={radius}&run=1"
        stored = {"query": query, "notices": [], "again": random.randrange(1_000_000)}
        made = self.ask("plan-result.data", **{"plan-state": stored})
        job = made and made["response"].get("plan-job", {}).get("data")
        until = time.monotonic() + PLAN_SECONDS
        while job and time.monotonic() < until:
            gevent.sleep(0.5)
            found = self.ask("plan-gap.figure", **{"plan-tick": 1, "plan-job": job, "plan-state": stored})
            if found and found["response"].get("plan-tick", {}).get("disabled"):
                break

    @task
    def briefed(self) -> None:
        brief = json.dumps({"format": "pptx", "type": "briefing-make"}, separators=(",", ":"))
        known = next(one for one in KNOWN if "briefing-job-ids.data" in one["output"])
        states = {
            "briefing-template": "one",
            "briefing-view": f"?{random.choice(PLACES)}",
            "briefing-spoken": {"title": "", "sentence": ""},
            "briefing-lang": "zh",
        }
        asked = {
            "output": known["output"],
            "outputs": [
                dict(zip(("id", "property"), one.rsplit(".", 1), strict=True))
                for one in known["output"].strip(".").split("...")
            ],
            "inputs": [[{"id": json.loads(brief), "property": "n_clicks", "value": 1}]],
            "state": [one | {"value": states.get(one["id"])} for one in known["state"]],
            "changedPropIds": [f"{brief}.n_clicks"],
        }
        self.client.post("/_dash-update-component", json=asked, headers=self.headers, name="brief")
        gevent.sleep(5)
