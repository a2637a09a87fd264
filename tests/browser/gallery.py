"""``make gallery``: one of each brief, made by the command line as anybody would, with pictures for docs/gallery."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from geodata.build import build_atlas
from tests.browser.conftest import ROOT
from tests.browser.paper import printed, sheets

FOLDER = ROOT / "docs" / "gallery"
WIDTH = 1280
BRIEFS: dict[str, tuple[str, ...]] = {
    "one.pptx": ("--query", "place=640200"),
    "one-dark.pptx": ("--query", "place=350203&hour=22", "--theme", "dark"),
    "one-english.pptx": ("--query", "place=350203&lang=en"),
    "map.pptx": ("--query", "", "--template", "map"),
    "compare.pptx": ("--query", "place=640202", "--against", "place=640205", "--template", "compare"),
    "report.pptx": ("--query", "place=350203", "--template", "report"),
    "one.pdf": ("--query", "place=640200"),
    "report.pdf": ("--query", "place=640200", "--template", "report"),
    "one.png": ("--query", "place=210900", "--scale", "1"),
    "charts.svg": ("--query", "place=640200"),
    "nothing-here.pptx": ("--query", "place=110000"),
}


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.*"):
        if old.suffix != ".md":
            old.unlink()
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch) / "home"
        build_atlas(home)
        made: dict[str, bytes] = {}
        for name, options in BRIEFS.items():
            path = Path(scratch) / name
            done = subprocess.run(
                [sys.executable, "-m", "dashboard", "brief", *options, "--format", path.suffix[1:], "--out", str(path), "--json"],
                cwd=ROOT, check=True, capture_output=True, text=True, env={**os.environ, "ATLAS_HOME": str(home)})
            said = json.loads(done.stdout)
            made[name] = path.read_bytes()
            print(f"{name}: {said['seconds']} s, {len(made[name]) / 1024:.0f} KiB, browser {said['browser_megabytes']} MiB")
    slides = printed({name.removesuffix(".pptx"): content for name, content in made.items() if name.endswith(".pptx")})
    for name, content in slides.items():
        _pictures(f"{name}.pptx", content)
    for name, content in made.items():
        if name.endswith((".png", ".svg")):
            (FOLDER / name).write_bytes(content)
        elif name.endswith(".pdf"):
            _pictures(name, content)
    (FOLDER / "one.pptx").write_bytes(made["one.pptx"])


def _pictures(name: str, content: bytes) -> None:
    """Keep each page of a paper as a small picture: files of every run would swell the repository."""
    pages = sheets(content, 144)
    for number, sheet in enumerate(pages, 1):
        if number == len(pages) > 1 and name != "one.pptx":
            continue  # the page of sources, which is much the same each time
        picture = sheet.picture
        picture.thumbnail((WIDTH, WIDTH), Image.Resampling.LANCZOS)
        picture.quantize(256, dither=Image.Dither.NONE).save(FOLDER / f"{name}-{number}.png", optimize=True)


if __name__ == "__main__":
    main()
