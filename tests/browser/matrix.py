"""``make matrix``: every template in both themes,
both languages and every format, made, checked and laid out to be looked at.

It takes minutes, so ``make test`` makes one of each template instead (gallery.py). What cannot be told from a file
alone, a person sees in the pictures.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from itertools import product
from pathlib import Path

from PIL import Image

from dashboard.app import create_app
from dashboard.export.engine import Engine, blank
from dashboard.export.order import FORMATS, TEMPLATES, THEMES, Order
from dashboard.export.studio import Studio
from dashboard.settings import Settings
from geodata.build import build_atlas
from layers.filters import LANGUAGES
from tests.browser.paper import Sheet, printed, sheets, squeezed
from tests.dashboard.export.pptx_reader import opened, pictures, texts

VIEWS = {
    "zh": ("place=640200", "place=640202", "place=640205"),
    "en": ("place=350203&hour=22&lang=en", "place=640200&lang=en", "place=350203&lang=en"),
}
WIDTH = 900


def orders(formats: tuple[str, ...]) -> dict[str, Order]:
    """Return file name → order; a PNG in both of its sizes."""
    found = {}
    for template, theme, lang, format in product(TEMPLATES, THEMES, LANGUAGES, formats):
        alone, first, second = VIEWS[lang]
        for scale in (2, 4) if format == "png" else (2,):
            name = "-".join((template, theme, lang, *(("4x",) if scale == 4 else ()))) + f".{format}"
            found[name] = (
                Order(first, second, template, format, theme, scale)
                if template == "compare"
                else Order(alone, template=template, format=format, theme=theme, scale=scale)
            )
    return found


def faults(name: str, content: bytes, pages: list[Sheet]) -> list[str]:
    """Return what is wrong with a file as far as the file tells."""
    told = [f"page {number} says nothing" for number, one in enumerate(pages, 1) if len(one.text) < 20]
    if name.endswith(".pptx"):
        for number, (slide, paper) in enumerate(zip(opened(content).slides, pages, strict=True), 1):
            told += [
                f"page {number}: {shape.name} is empty"
                for shape in slide.placeholders
                if shape.has_text_frame and not shape.text_frame.text.strip()
            ]
            told += [
                f"page {number}: not printed: {line}"
                for text in texts(slide).values()
                for line in text.splitlines()
                if squeezed(line) not in paper.text
            ]
            for role, picture in pictures(slide).items():
                out = io.BytesIO()
                picture.save(out, "PNG")
                if role != "qr" and blank(out.getvalue(), [[0, 0, picture.width, picture.height]], 1):
                    told.append(f"page {number}: {role} is blank")
    if name.endswith(".png"):
        with Image.open(io.BytesIO(content)) as picture:
            scale = 4 if "4x" in name else 2
            width, height = (794, 1123) if name.startswith("report") else (1280, 720)
            if picture.size != (width * scale, height * scale):
                told.append(f"has {picture.size} pixels")
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the files and their pictures")
    parser.add_argument("--format", choices=FORMATS, action="append", help="of these formats alone")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    found, wrong = {}, 0
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch) / "home"
        build_atlas(home)
        settings = Settings(home=home, public_url="https://atlas.example.org")
        app = create_app(settings)
        engine = Engine(app.server.wsgi_app, settings)
        studio = Studio(app.server.extensions["atlas"], engine, settings)
        try:
            for name, order in orders(tuple(options.format or FORMATS)).items():
                began = time.monotonic()
                found[name] = studio.make(order).content
                (options.out / name).write_bytes(found[name])
                print(f"{name}: {time.monotonic() - began:.1f} s", flush=True)
        finally:
            engine.close()
    slides = {name: content for name, content in found.items() if name.endswith(".pptx")}
    papers = (printed(slides) if slides else {}) | {
        name: content for name, content in found.items() if name.endswith(".pdf")
    }
    for name, content in found.items():
        pages = sheets(papers[name], 96) if name in papers else []
        for fault in faults(name, content, pages):
            wrong += 1
            print(f"{name}: {fault}")
        for number, one in enumerate(pages, 1):
            one.picture.thumbnail((WIDTH, 4 * WIDTH), Image.Resampling.LANCZOS)
            one.picture.save(options.out / f"{name}-{number}.png")
    print(f"{len(found)} files, {wrong} faults")
    raise SystemExit(bool(wrong))


if __name__ == "__main__":
    main()
