"""``make gallery``: one of each brief, with pictures for docs/gallery.

The golden tests make the same ones in every run.
"""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from dashboard.app import create_app
from dashboard.export.engine import Engine
from dashboard.export.order import Order
from dashboard.export.studio import Made, Studio
from dashboard.settings import Settings
from geodata.build import build_atlas
from tests.browser.conftest import ROOT
from tests.browser.paper import Sheet, printed, sheets
from tests.dashboard.export.two_plans import keep_two

FOLDER = ROOT / "docs" / "gallery"
WIDTH = 1280
BRIEFS: dict[str, Order] = {
    "one.pptx": Order("place=640200"),
    "one-dark.pptx": Order("place=350203&hour=22", theme="dark"),
    "one-english.pptx": Order("place=350203&lang=en"),
    "one-english-dark.pptx": Order("place=640202&lang=en", theme="dark"),
    "map.pptx": Order(template="map"),
    "compare.pptx": Order("place=640202", "place=640205", template="compare"),
    "compare-english-dark.pptx": Order(
        "place=640200&lang=en", "place=350203&lang=en", template="compare", theme="dark"
    ),
    "plans.pptx": Order("scenario=SC-DAY", "scenario=SC-NIGHT", template="compare"),
    "report.pptx": Order("place=640200", template="report"),
    "nothing-here.pptx": Order("place=110000"),
    "one.pdf": Order("place=640200", format="pdf"),
    "report.pdf": Order("place=350203&lang=en", template="report", theme="dark", format="pdf"),
    "one.png": Order("place=350203&hour=22", format="png", scale=2),
    "charts.svg": Order("place=640200", format="svg"),
}
SLIDES = tuple(name for name, order in BRIEFS.items() if order.format == "pptx")
#: The same again in another theme or language, with nothing on it that one of the others has not
VARIANTS = ("one-dark.pptx", "one-english.pptx", "one-english-dark.pptx", "compare.pptx", "report.pdf")
EACH = tuple(name for name in BRIEFS if name not in VARIANTS)


def made(studio: Studio, names: Iterable[str] = tuple(BRIEFS), say: bool = False) -> dict[str, Made]:
    """Make one of each of `names`."""
    found = {}
    for name in names:
        began = time.monotonic()
        found[name] = studio.make(BRIEFS[name])
        if say:
            print(f"{name}: {time.monotonic() - began:.1f} s, {len(found[name].content) / 1024:.0f} KiB")
    return found


def papers(briefs: dict[str, Made], dots: int = 96) -> dict[str, list[Sheet]]:
    """Return the pages of the presentations, as LibreOffice prints them, and of the PDFs; one start for all."""
    content = printed({name: one.content for name, one in briefs.items() if name in SLIDES})
    content |= {name: one.content for name, one in briefs.items() if name.endswith(".pdf")}
    return {name: sheets(one, dots) for name, one in content.items()}


def pictures(briefs: dict[str, Made], pages: dict[str, list[Sheet]]) -> dict[str, Image.Image]:
    """Return file name → small picture of each page: files of every run would swell the repository."""
    found = {}
    for name, listed in pages.items():
        for number, one in enumerate(listed, 1):
            if number < len(listed) or name == "one.pptx":  # the page of sources is much the same each time
                found[f"{name}-{number}.png"] = one.picture
    found["one.png"] = Image.open(io.BytesIO(briefs["one.png"].content)).convert("RGB")
    for picture in found.values():
        picture.thumbnail((WIDTH, WIDTH), Image.Resampling.LANCZOS)
    return found


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch) / "home"
        build_atlas(home)
        keep_two(home)
        settings = Settings(home=home, public_url="https://atlas.example.org")
        app = create_app(settings)
        engine = Engine(app.server.wsgi_app, settings)
        try:
            briefs = made(Studio(app.server.extensions["atlas"], engine, settings), say=True)
        finally:
            engine.close()
    kept = pictures(briefs, papers(briefs, 144))
    # only now: a run that ends half-way leaves the gallery as it was
    for old in FOLDER.glob("*.*"):
        if old.suffix != ".md":
            old.unlink()
    for name, picture in kept.items():
        picture.quantize(256, dither=Image.Dither.NONE).save(FOLDER / name, optimize=True)
    for name in ("one.pptx", "charts.svg"):
        (FOLDER / name).write_bytes(briefs[name].content)


if __name__ == "__main__":
    main()
