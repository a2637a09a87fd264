"""What is shown: the atlas and its rivals, each with a server of its own and the scripts that ask its page."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.rivals.stations_files import CENTRE, ZOOM, StationsFiles
from tests.browser.atlas_page import DONE, DRAWN
from tests.browser.conftest import START_SECONDS, STOP_SECONDS, serve
from tests.ports import free_port

HERE = Path(__file__).parent
VIEW = ",".join(map(str, (*CENTRE, ZOOM)))
UMD = (
    "react/umd/react.production.min.js",
    "react-dom/umd/react-dom.production.min.js",
    "redux/dist/redux.min.js",
    "react-redux/dist/react-redux.min.js",
    "styled-components/dist/styled-components.min.js",
    "kepler.gl/umd/keplergl.min.js",
)
STYLE = "kepler.gl/umd/keplergl.min.css"
PAGE = """<!doctype html><meta charset="utf-8"><title>rival</title>{head}
<style>html, body, #map {{ margin: 0; height: 100% }}</style>
<body data-view="{view}"><div id="map"></div>{scripts}</body>"""
#: Stations on the map of the atlas: single ones, and those that a group says it has.
ATLAS_COUNT = """() => { const gd = document.querySelector("#map .js-plotly-plot"),
  of = (name) => window.atlasPlotly.trace(gd, name);
  return (of("stations").lon || []).length + Array.from(of("clusters").hovertext || [])
    .reduce((sum, one) => sum + Number(one.replace(/[^0-9]/g, "")), 0); }"""
ATLAS_BOX = """() => { const one = document.getElementById("map").getBoundingClientRect();
  return [one.left, one.top, one.width, one.height]; }"""
TURN = """(wanted) => { const query = new URLSearchParams(location.search);
  if (wanted) query.set("always", "1"); else query.delete("always");
  history.pushState(null, "", `/?${query}`); window.dispatchEvent(new PopStateEvent("popstate")); }"""
CLICK = "(wanted) => { const one = document.querySelector('#always input'); if (one.checked !== wanted) one.click(); }"
PLOTLY_MAP = "document.querySelector('#map .js-plotly-plot')?._fullLayout?.map?._subplot?.map"


@dataclass(frozen=True)
class Shown:
    """One way to show the stations: its name, why it cannot be had, and the scripts that ask its page: whether it has
    drawn what it was told, how many stations its map holds, where on the screen the map is, and its filter (a function
    of true or false).
    """

    key: str
    name: str
    settled: str
    count: str
    narrow: str
    query: str = ""
    box: str = "() => [0, 0, innerWidth, innerHeight]"
    lacks: str = ""


@dataclass(frozen=True)
class Places:
    """Where things are: the home of the atlas, what rivals are made of (None: not had), a folder for what is built."""

    home: Path
    python: Path | None
    deck: Path | None
    kepler: Path | None
    scratch: Path


def everything(places: Places) -> tuple[Shown, ...]:
    """Return all that is shown, the atlas first."""
    drawn = f"async () => ({DRAWN})() && await ({DONE})()"
    atlas = {"settled": drawn, "count": ATLAS_COUNT, "narrow": TURN, "box": ATLAS_BOX}
    own = {"settled": "() => window.rival?.settled()", "count": "() => window.rival.shown()"}
    own |= {"narrow": "(wanted) => window.rival.filter(wanted)"}
    return (
        Shown("atlas", "this atlas, stations alone", query="?layers=stations", **atlas),
        Shown("whole", "this atlas, every layer", **atlas),
        Shown(
            "plain",
            "(a) plain Dash, figure resent",
            f"async () => {{ const map = {PLOTLY_MAP};"
            f"return Boolean(map?.loaded() && !map.isMoving() && await ({DONE})()); }}",
            "() => document.querySelector('#map .js-plotly-plot')._fullData[0].lon.length",
            CLICK,
        ),
        Shown(
            "leaflet",
            "(b) dash-leaflet, clustered",
            f"async () => Boolean(document.querySelector('.marker-cluster') && await ({DONE})())",
            "() => window.rival.layers.filter((one) => one._map)"
            ".reduce((sum, one) => sum + (one.feature.properties.point_count || 1), 0)",
            CLICK,
            lacks=_lacks(places.python, "python", "bin/python", "dash-leaflet"),
        ),
        Shown("kepler", "(c) kepler.gl", **own, lacks=_lacks(places.kepler, "kepler", UMD[-1], "kepler.gl")),
        Shown(
            "deck", "(d) deck.gl, ScatterplotLayer", **own, lacks=_lacks(places.deck, "deck", ".bin/esbuild", "deck.gl")
        ),
    )


def _lacks(folder: Path | None, option: str, file: str, name: str) -> str:
    if folder is None:
        return f"not had: give --{option}, a folder with {name}"
    return "" if (folder / file).exists() else f"not had: {folder} has no {file}"


@contextmanager
def served(shown: Shown, places: Places, files: StationsFiles) -> Iterator[tuple[str, int]]:
    """Give the address and the process of a server of what is shown, warm; end it after."""
    port, log = free_port(), places.scratch / f"{shown.key}.log"
    if shown.key in ("atlas", "whole"):
        process = serve(places.home, port, log)
    else:
        command = _gunicorn(shown, places, port) or [
            sys.executable,
            str(HERE / "static_files.py"),
            str(built(shown, places, files)),
            str(port),
        ]
        told = {"RIVAL_STATIONS": str(files.folder / "stations.csv"), "RIVAL_VIEW": VIEW}
        process = subprocess.Popen(command, stdout=log.open("wb"), stderr=subprocess.STDOUT, env={**os.environ, **told})
    try:
        address = f"http://127.0.0.1:{port}/{shown.query}"
        _warm(address, process, log)
        yield address, process.pid
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


def _gunicorn(shown: Shown, places: Places, port: int) -> list[str] | None:
    python = {"plain": Path(sys.executable), "leaflet": places.python and places.python / "bin" / "python"}.get(
        shown.key
    )
    if python is None:
        return None
    options = ["--bind", f"127.0.0.1:{port}", "--workers", "2", "--preload", "--chdir", str(HERE)]
    return [str(python), "-m", "gunicorn", *options, f"{shown.key}_dash:server"]


def built(shown: Shown, places: Places, files: StationsFiles) -> Path:
    """Return the folder of a page without a framework behind it: its scripts, the data as it reads it."""
    folder = places.scratch / shown.key
    folder.mkdir()
    if shown.key == "deck":
        assert places.deck is not None
        scripts, head = '<script type="module" src="page.js"></script>', ""
        command = [places.deck / ".bin" / "esbuild", HERE / "deck.js", "--bundle", "--minify", "--format=esm"]
        subprocess.run(
            [*map(str, command), "--target=esnext", f"--outfile={folder / 'page.js'}", "--log-level=warning"],
            env={**os.environ, "NODE_PATH": str(places.deck)},
            check=True,
        )
        data = ("stations.bin", "names.txt")
    else:
        assert places.kepler is not None
        for one in (*UMD, STYLE):
            shutil.copy(places.kepler / one, folder / Path(one).name)
        shutil.copy(HERE / "kepler.js", folder)
        head = f'<link rel="stylesheet" href="{Path(STYLE).name}">'
        scripts = "".join(f'<script src="{Path(one).name}"></script>' for one in (*UMD, "kepler.js"))
        data = ("stations.csv",)
    for one in data:
        shutil.copy(files.folder / one, folder)
    (folder / "index.html").write_text(PAGE.format(head=head, view=VIEW, scripts=scripts), "utf-8")
    return folder


def _warm(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(log.read_text("utf-8")[-2000:])
        try:
            with urllib.request.urlopen(address, timeout=START_SECONDS) as answer:
                answer.read()
            return
        except OSError:
            time.sleep(0.3)
    raise TimeoutError(f"{address} does not answer within {START_SECONDS} s")
