"""The same page of the nation and of the sample: ``python -m tests.benchmarks.bench_scale [--home DIR]``.

Asks a server, through Flask's test client, for the pages and for every part that a change of filter draws anew, first
of the shipped sample, then of 186,100 stations, 30,000 fairs, 398,000 activities and the cells of 646,735 points of
demand: made in memory, or those of DIR (as ``tests.benchmarks.national`` makes it). Prints a table in Markdown: CPU
time of the server (which a busy machine does not stretch as it does the clock), bytes as they are and as gzip sends
them, and the ratios. Every change of filter, and every page, is asked once, of a server that has drawn the page of
another choice before: what is kept of it is not counted as if it were drawn.
"""

from __future__ import annotations

import argparse
import gzip
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from dash import Dash

from dashboard.app import create_app
from dashboard.settings import Settings
from layers.atlas import Atlas
from tests.benchmarks.national_frames import national

#: Changes of one filter at the level of the country.
CHANGES = (
    *("kinds=wish", "kinds=birthday.insurance", "from=2024-03-01&to=2024-08-31", "from=2023-02-01&to=2024-01-31"),
    *("hour=21", "hour=3", "hour=9&day=7", "always=1", "facilities=water", "radius=1000", "radius=300"),
    *("provenance=reported", "provenance=reported.derived", "group=courier", "mode=onsite", "layers=activities.fairs"),
)
#: Of those, what the page 活动 has controls for.
ANALYSED = tuple(one for one in CHANGES if one.split("=")[0] in ("kinds", "from", "provenance"))
PARTS = {"地图 map": "map-spec.data", "figures 数字": "crumbs.children", "charts 图表": "chart-coverage-title.children"}
ANALYSIS = {"活动 by filter": "an-sentence.children", "活动 by day": "an-calendar-head.children"}


class Cost(NamedTuple):
    """CPU time of the server in milliseconds, and bytes: as they are, and compressed."""

    cpu: float
    raw: int
    packed: int


class Asked:
    """A server that is asked without a network."""

    def __init__(self, app: Dash) -> None:
        self._app, self._client = app, app.server.test_client()

    def _timed(self, ask: Callable[[], bytes]) -> Cost:
        begin = time.process_time()
        body = ask()
        taken = (time.process_time() - begin) * 1_000
        return Cost(taken, len(body), len(gzip.compress(body, 6)))

    def page(self, path: str) -> Cost:
        """Ask for a page as its first HTML."""
        return self._timed(lambda: self._client.get(path).data)

    def part(self, output: str, **given: object) -> Cost:
        """Ask the callback that writes `output`, with the values of its inputs and states by id."""
        known = next(one for one in self._client.get("/_dash-dependencies").json if output in one["output"])
        outputs = [
            dict(zip(("id", "property"), one.split("."), strict=True))
            for one in known["output"].strip(".").split("...")
        ]

        def filled(one: dict) -> dict:
            return one | {"value": given.get(one["id"])}

        asked = {
            "output": known["output"],
            "outputs": outputs if known["output"].startswith("..") else outputs[0],
            "inputs": [filled(one) for one in known["inputs"]],
            "state": [filled(one) for one in known.get("state", ())],
            "changedPropIds": [f"{one['id']}.{one['property']}" for one in known["inputs"]],
        }
        return self._timed(lambda: self._answer(asked))

    def _answer(self, asked: dict) -> bytes:
        answer = self._client.post("/_dash-update-component", json=asked)
        if answer.status_code != 200:
            raise SystemExit(f"{asked['output']}: {answer.status_code} {answer.text[:300]}")
        return answer.data


def worst(costs: list[Cost]) -> Cost:
    """Return the 95th percentile of the times, and the most bytes."""
    times = sorted(one.cpu for one in costs)
    most = times[min(len(times) - 1, round(0.95 * (len(times) - 1)))]
    return Cost(most, max(one.raw for one in costs), max(one.packed for one in costs))


def costs(app: Dash) -> Iterator[tuple[str, Cost]]:
    """Yield what is asked, and its cost on a server that has drawn it before (a change of filter: that has not)."""
    server = Asked(app)

    def drawn(outputs: dict[str, str], store: str, query: str) -> list[Cost]:
        stored = {"query": query, "view": None, "notices": []}
        return [server.part(output, **{store: stored}) for output in outputs.values()]

    for path in ("/", "/analysis"):
        server.page(path)
        yield f"page `{path}`, HTML", worst([server.page(f"{path}?hour={hour}") for hour in (9, 12, 15)])
    for outputs, store, changes in ((PARTS, "filters", CHANGES), (ANALYSIS, "an-state", ANALYSED)):
        drawn(outputs, store, "")
        found = [drawn(outputs, store, f"?{change}") for change in changes]
        for at, name in enumerate(outputs):
            yield f"a change of filter: {name}", worst([one[at] for one in found])
    server.part("in-view-body.children", **{"in-view-asked": {"zoom": 4.0}, "filters": {"query": "", "notices": []}})
    box = [113.0, 29.0, 119.0, 33.0]
    view = {"lon": 116, "lat": 31, "zoom": 7.0, "key": "100000", "box": box}
    if len(app.server.extensions["atlas"].source.atlas().stations) > 10_000:  # of the sample everything is there
        yield (
            "a move of the map (six degrees)",
            server.part("map-marks.data", viewport=view, filters={"query": "", "notices": []}),
        )


def with_atlas(app: Dash, make: Callable[[Atlas], Atlas]) -> None:
    """Let `app` serve what `make` makes of its atlas."""
    source = app.server.extensions["atlas"].source
    held = source._present()
    source._held = replace(held, atlas=make(held.atlas))


def row(name: str, small: Cost | None, large: Cost) -> str:
    """Return a line of the table."""
    if small is None:
        return f"| {name} | — | {large.cpu:.0f} | — | — | {large.raw / 1e3:.0f} ({large.packed / 1e3:.1f}) | — |"
    return (
        f"| {name} | {small.cpu:.0f} | {large.cpu:.0f} | {large.cpu / small.cpu:.1f} | {small.raw / 1e3:.0f} "
        f"({small.packed / 1e3:.1f}) | {large.raw / 1e3:.0f} ({large.packed / 1e3:.1f}) | {large.raw / small.raw:.1f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, help="an atlas as tests.benchmarks.national makes it")
    home = parser.parse_args().home
    os.environ.setdefault("ATLAS_SIGN_IN", "off")
    with tempfile.TemporaryDirectory() as folder:
        sample = create_app(Settings(home=Path(folder), chromium="none"))
        small = dict(costs(sample))
        large_app = create_app(Settings(home=home, chromium="none")) if home else sample
        if not home:
            with_atlas(large_app, national)
        large = dict(costs(large_app))
    print("| asked | sample, ms | nation, ms | × | sample, kB (gzip) | nation, kB (gzip) | × |")
    print("|---|---|---|---|---|---|---|")
    for name, cost in large.items():
        print(row(name, small.get(name), cost))


if __name__ == "__main__":
    main()
