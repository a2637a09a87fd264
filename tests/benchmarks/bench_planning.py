"""What planning costs anywhere in a country: the page as it opens, the map of its first answer, and the plan itself.

``python -m tests.benchmarks.bench_planning --home DIR [PLACE …]`` asks one process of the atlas of
:mod:`tests.benchmarks.national`: of each place its page (``/planning?place=…``) and what the page asks for at once
(its map and its results), then the plan of the usual question (eight new sites that cover the most, radius 500 m) until
the first sites are there and until it is over. Seconds of processor, of this process and of those that it starts.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from pathlib import Path

import numpy as np

from dashboard.app import create_app
from dashboard.settings import Settings
from dashboard.tasks.jobs import watched
from layers.filters import Filters
from layers.places import scope, table_mask
from tests.dashboard.test_calls import called, text_of

#: Large and small counties, a municipality's district, prefectures of 20 and more counties, a province.
PLACES = ("310115", "350203", "640205", "131182", "130100", "130600", "411300", "440100", "130000")


def spent() -> float:
    """Return the seconds of processor of this process and of the children that it has waited for."""
    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("places", nargs="*", default=PLACES)
    options = parser.parse_args()
    app = create_app(Settings(home=options.home, sign_in="off", chromium="none"))
    context, client, jobs = app.server.extensions["atlas"], app.server.test_client(), watched(options.home)
    atlas = context.source.atlas()
    jobs.clear()  # what was answered before is asked again
    client.get(f"/planning?place={options.places[0]}")  # what is made once
    print("| place | counties | demand | page s | again s | parts s | first sites s | plan s | clock s | how |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|---|")
    for place in options.places:
        here = scope(atlas, Filters(place=place))
        row = [f"{place} {here.crumbs[-1].name}"]
        tree = atlas.tree
        under = tree.under(tree.position(place), np.arange(len(atlas.places), dtype=np.int32))
        row += [str(int((under & (tree.level == 3)).sum())), f"{int(table_mask(atlas, here, 'demand').sum()):,}"]
        for _ in range(2):
            began = spent()
            assert client.get(f"/planning?place={place}").status_code == 200
            row.append(f"{spent() - began:.2f}")
        state = {"query": f"?place={place}", "again": 0}
        began = spent()
        for door in ("drawing.draw_map", "drawing.draw_results", "drawing.draw_frame"):
            called(app, client, f"pages.planning.{door}", **{"plan-state": state})
        row.append(f"{spent() - began:.2f}")
        began, clock, first = spent(), time.monotonic(), 0.0
        run = {"query": f"?place={place}&run=1", "again": time.time_ns() % 10**9}
        answer = called(app, client, "pages.planning.answering.answer", "plan-state.data", **{"plan-state": run})
        job = ((answer.json or {}).get("response", {}).get("plan-job", {}).get("data") or {}).get("id")
        told = None
        while job and (told := jobs.state(job)) is not None and not told.over:
            if not first and told.told.get("sites"):
                first = spent() - began
            time.sleep(0.02)
        ended = time.monotonic() - clock
        how = f"{told.phase} {told.message.text(str)}" if told else text_of(answer)[:120]
        row += [f"{first or spent() - began:.2f}", f"{spent() - began:.2f}", f"{ended:.1f}", str(how)]
        print("| " + " | ".join(row) + " |", flush=True)
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
