"""The atlas of the sample with two scenarios, asked through its own doors:
pages, charts, briefs, commands, addresses.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

from plotly.io.json import to_json_plotly

from dashboard.__main__ import main as command
from dashboard.app import create_app
from dashboard.export.order import Order
from dashboard.pages import PAGES
from dashboard.settings import Settings
from geodata.build import build_atlas
from layers import kpis
from layers.sentence import sentence
from tests.dashboard.export.pptx_reader import code, opened, role, texts
from tests.dashboard.export.two_plans import keep_two
from tests.golden.settling import settled

MADE = date(2024, 11, 1)
PLACES = ("100000", "350200", "350203", "640200", "210900", "110100", "440300")
STORIES = tuple(f"S{number}" for number in range(1, 9))
#: Addresses of each page beside those of the places.
MORE = {
    "/": (
        "lang=en",
        "place=640200&hour=22",
        "place=350203&hour=22&day=7&lang=en",
        "place=350203&radius=500&detour=1.5&always=1",
        "place=350203&provenance=illustrative",
        "place=210900&provenance=reported",
        "place=350203&kinds=wish.heat_relief&from=2024-03-01&to=2024-08-31",
        "place=350203&theme=dark&layers=none",
        "place=350203&mode=sum&measure=enterprises",
        "place=350203&area=118.05_24.42_118.15_24.42_118.15_24.5_118.05_24.5",
        "place=350203&hour=77&radius=abc",
        "asof=2024-06-01",
    ),
    "/stories": tuple(f"story={one}{more}" for one in STORIES for more in ("", "&lang=en")),
    "/analysis": (
        "on=2024-06-18&with=350203",
        "place=640200&lang=en",
        "place=350203&kinds=wish.heat_relief&from=2024-06-01&with=640200",
        "provenance=illustrative",
    ),
    "/planning": (
        "place=350203&scenario=SC-DAY",
        "place=350203&scenario=SC-NIGHT&lang=en",
        "place=350203&compare=SC-DAY~SC-NIGHT",
        "place=350203&model=lscp&step=800",
        "place=640200&model=pmedian&new=4&lang=en",
    ),
    "/briefing": (
        "scenario=SC-DAY",
        "place=350203&template=compare&against=place%3D640200&lang=en",
        "scenario=SC-DAY&template=compare&against=scenario%3DSC-NIGHT",
    ),
    "/sources": ("fact=F032", "figure=two_places&place=350203", "q=驿站", "story=S3&lang=en", "provenance=derived"),
    "/data": ("section=rows&table=stations", "section=quality", "section=history", "lang=en"),
}
BRIEFS = (
    *({"query": f"place={one}", "template": "report"} for one in PLACES),
    {"query": "place=350203", "template": "one"},
    {"query": "place=350203&hour=22&lang=en", "template": "one", "theme": "dark"},
    {"query": "place=640200", "template": "map"},
    {"query": "place=350203", "against": "place=640200", "template": "compare"},
    {"query": "place=350203", "template": "one", "title": "自拟", "sentence": "自拟的一句。", "footnote": "注。"},
    {"query": "scenario=SC-DAY", "template": "one"},
    {"query": "scenario=SC-DAY", "against": "scenario=SC-NIGHT", "template": "compare"},
    {"query": "scenario=SC-NIGHT&lang=en", "template": "report"},
)
COMMANDS = (
    ("info",),
    ("info", "--as-of", "2024-06-01"),
    *(("coverage", "--place", one, "--radius", "1000") for one in PLACES),
    ("coverage", "--place", "350203", "--at", "2024-10-15T22:00", "--radius", "500", "--detour", "1.5"),
    ("plan", "--place", "350203", "--model", "mclp", "--new", "4"),
    ("plan", "--place", "350203", "--model", "mclp", "--new", "3", "--backup"),
    ("plan", "--place", "350203", "--model", "pmedian", "--new", "3", "--candidates-grid", "1500"),
    ("plan", "--place", "640200", "--model", "pcenter", "--new", "3", "--candidates-grid", "4000"),
    ("plan", "--place", "350203", "--model", "lscp", "--radius", "2500"),
)


def takings() -> Iterator[tuple[str, Any]]:
    """Yield the name and the value of everything that is kept."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        build_atlas(home)
        yield from _commands(home)
        keep_two(home)
        settings = Settings(
            home=home, chromium="none", public_url="https://atlas.example.org/map", map_review_number="GS(2024)0000"
        )
        app = create_app(settings)
        version = app.server.extensions["atlas"].source.atlas().version
        for name, value in (*_pages(app), *_figures(app), *_briefs(app), *_pictures(app)):
            yield name, settled(value, version)
        shutil.rmtree(home)


def _name(text: str) -> str:
    return re.sub(r"[^\w.,=&~-]+", "_", text)[:120].strip("_") or "start"


def _addresses(path: str) -> Iterator[str]:
    yield ""
    yield from (f"place={one}" for one in PLACES) if path not in ("/stories", "/data", "/sources") else ()
    yield from MORE[path]


def _pages(app: Any) -> Iterator[tuple[str, Any]]:
    """Yield every page as it is laid out, filled; and the same as HTML before any script."""
    context = app.server.extensions["atlas"]
    for path, page in PAGES.items():
        for query in _addresses(path):
            atlas, said = context.look(query, getattr(page, "OWN_KEYS", ()))
            laid = json.loads(to_json_plotly(page.layout(context, atlas, said, query)))
            yield f"pages/{_name(path)}/{_name(query)}", laid
            written = context.write(said.filters, said.view)
            yield (
                f"addresses/{_name(path)}/{_name(query)}",
                {
                    "written": written,
                    "again": context.write(context.look(written)[1].filters),
                    "notices": [one.text(context.words(said.filters.lang).gettext) for one in said.notices],
                },
            )


def _figures(app: Any) -> Iterator[tuple[str, Any]]:
    """Yield key figures and sentence of the views of the overview, as the layers say them."""
    context = app.server.extensions["atlas"]
    for query in _addresses("/"):
        atlas, said = context.look(query)
        words = context.words(said.filters.lang)
        told = sentence(atlas, said.filters)
        yield (
            f"figures/{_name(query)}",
            {
                "figures": [
                    {
                        "id": one.id,
                        "value": one.text_zh,
                        "value_en": one.text_en,
                        "unit": one.unit,
                        "provenance": one.provenance,
                        "source_ids": list(one.source_ids),
                        "of": one.of.text(words.gettext) if one.of else None,
                    }
                    for one in kpis.strip(atlas, said.filters)
                ],
                "sentence": told.text(words.gettext, words.lang),
                "source_ids": list(told.source_ids),
            },
        )


def _briefs(app: Any) -> Iterator[tuple[str, Any]]:
    """Yield every brief: texts, charts and code of the slides;
    texts and figures of the sheet that paper is printed of.
    """
    studio = app.server.extensions["briefs"]._studio
    client = app.server.test_client()
    for number, given in enumerate(BRIEFS, 1):
        order = Order(**given)
        made = studio.make(order, made=MADE)
        yield (
            f"briefs/{number:02}-pptx",
            {
                "told": list(made.told),
                "url": made.brief.url,
                "slides": [
                    {
                        "texts": texts(slide),
                        "charts": [_chart(slide, shape) for shape in slide.shapes if shape.has_chart],
                        "boxes": [[role(slide, one), one.left, one.top, one.width, one.height] for one in slide.shapes],
                        "code": code(slide) if number_of == 0 else "",
                        "notes": slide.notes_slide.notes_text_frame.text if slide.has_notes_slide else "",
                    }
                    for number_of, slide in enumerate(opened(made.content).slides)
                ],
            },
        )
        yield f"briefs/{number:02}-sheet", _document(client.get(order.path()).get_data(as_text=True))


def _chart(slide: Any, shape: Any) -> dict[str, Any]:
    plot = shape.chart.plots[0]
    return {
        "name": role(slide, shape),
        "type": str(shape.chart.chart_type),
        "categories": [str(one) for one in plot.categories],
        "series": [[one.name, list(one.values)] for one in plot.series],
    }


def _pictures(app: Any) -> Iterator[tuple[str, Any]]:
    """Yield the texts of the pictures of maps."""
    client = app.server.test_client()
    for query in ("", "?place=350203", "?place=640200&lang=en", "?page=planning&scenario=SC-DAY&place=350203"):
        drawn = client.get("/map.svg" + query).get_data(as_text=True)
        yield f"pictures/{_name(query)}", _texts(drawn)


def _texts(markup: str) -> list[str]:
    return [unescape(one.strip()) for one in re.findall(r">([^<]+)<", markup) if one.strip()]


def _document(markup: str) -> dict[str, Any]:
    """Return the texts of a sheet, and the data that its script draws."""
    data = re.findall(r'<script[^>]*type="application/json"[^>]*>(.*?)</script>', markup, re.S)
    bare = re.sub(r"<(script|style)\b.*?</\1>", "", markup, flags=re.S)
    return {"texts": _texts(bare), "data": [json.loads(one) for one in data]}


def _commands(home: Path) -> Iterator[tuple[str, Any]]:
    """Yield what the commands print with ``--json``."""
    before = os.environ.get("ATLAS_HOME")
    os.environ["ATLAS_HOME"] = str(home)
    try:
        for words in COMMANDS:
            out = io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
                try:
                    code = command([*words, "--json"])
                except SystemExit as refused:
                    code = refused.code
            text = out.getvalue().replace(str(home), "HOME")
            value = json.loads(text) if text.strip() else None
            version = value.get("data_version", "") if value else ""
            yield f"commands/{_name(' '.join(words))}", settled({"code": code, "value": value}, version)
    finally:
        if before is None:
            del os.environ["ATLAS_HOME"]
        else:
            os.environ["ATLAS_HOME"] = before
