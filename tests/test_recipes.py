"""The recipes of docs/recipes.md work: two of them are followed, block by block, in a copy of the tree."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

from geodata.store import FILE_NAME

ROOT = Path(__file__).resolve().parent.parent
RECIPES = (ROOT / "docs" / "recipes.md").read_text("utf-8")
BLOCK = re.compile(r'^```(\w+) title="([^"]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
COPIED = ("dashboard", "layers", "geodata", "assets", "tests")
WIDE = 120
IMPORT = re.compile(r"-(from \S+ import )(.+)\n\+\1(.+)\n")
#: What a reader of the copy is shown: the menu, map with its legend, picture, the sheet that a brief is made of.
ASK = """
import json, sys
from dashboard.app import create_app
from dashboard.settings import Settings
client = create_app(Settings(home=sys.argv[1], chromium="none")).server.test_client()
print(json.dumps({path: client.get(path).get_data(as_text=True) for path in sys.argv[2:]}))
"""


def blocks(title: str) -> list[tuple[str, str, str]]:
    """Return the blocks of the recipe `title`: language, file, text."""
    (section,) = re.findall(rf"^## {title}$(.*?)(?=^## |\Z)", RECIPES, re.MULTILINE | re.DOTALL)
    return BLOCK.findall(section)


def imported(source: str, start: str, before: str, after: str) -> str:
    """Return `source` with what `after` has more than `before` in the import of `start`."""
    (there,) = re.finditer(rf"^{re.escape(start)}(?:\(\n([^)]*)\)|([^(\n]+))$", source, re.MULTILINE)
    held = {one.strip() for one in (there[1] or there[2]).split(",")} - {""}
    names = sorted(held | ({*after.split(", ")} - {*before.split(", ")}))
    line = f"{start}{', '.join(names)}"
    if len(line) > WIDE:
        line = f"{start}(\n" + "".join(f"    {one},\n" for one in names) + ")"
    return source[: there.start()] + line + source[there.end() :]


def follow(tree: Path, title: str) -> None:
    """Do in `tree` what the recipe `title` says."""
    for language, name, text in blocks(title):
        path = tree / name
        if language == "diff" and (line := IMPORT.fullmatch(text)):
            path.write_text(imported(path.read_text("utf-8"), *line.groups()), "utf-8")
        elif language == "diff":
            lines = [(line[:1], line[1:]) for line in text.splitlines(keepends=True)]
            before = "".join(line for sign, line in lines if sign in " -")
            after = "".join(line for sign, line in lines if sign in " +")
            source = path.read_text("utf-8")
            assert source.count(before) == 1, f"{name}: {before}"
            path.write_text(source.replace(before, after), "utf-8")
        elif language == "po":
            path.write_text(f"{path.read_text('utf-8')}\n{text}", "utf-8")
        else:
            assert not path.exists(), name
            path.write_text(text, "utf-8")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the tree in which both recipes were followed."""
    tree = tmp_path / "tree"
    for name in COPIED:
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tree)
    for title in ("图层 · A layer", "页面 · A page"):
        assert len(blocks(title)) >= 4
        follow(tree, title)
    return tree


def test_a_layer_and_a_page_by_the_recipe(tree: Path, atlas_home: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    shutil.copyfile(atlas_home / FILE_NAME, home / FILE_NAME)
    county, alone = "place=350203", "place=350203&layers=zone_centres"

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=tree, env=os.environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-2_000:]
        return done.stdout

    paths = {
        "map": f"/?{county}",
        "alone": f"/?{alone}&lang=en",
        "off": f"/?{county}&layers=stations",
        "picture": f"/map.svg?{alone}",
        "sheet": f"/sheet/map?query={quote(alone)}",
        "page": f"/station-list?{county}",
        "english": f"/station-list?{county}&lang=en",
    }
    told = json.loads(run("-c", ASK, str(home), *paths.values()))
    said = {name: told[path] for name, path in paths.items()}
    # the layer: in the rail and the legend, on the picture, on the sheet; not where it is off
    assert said["map"].count("片区中心点") == 1 and "片区中心" in said["off"] and "片区中心点" not in said["off"]
    assert "Centres of street zones" in said["alone"] and "Zone centres" in said["alone"]
    zones = int(re.search(r"片区中心点 (\d+)", said["picture"])[1])  # ty: ignore[not-subscriptable]
    assert zones > 1 and said["picture"].count("<circle") == zones
    assert "片区中心点" in said["sheet"]
    # the page: in the menu of the others, and laid out in both languages
    assert 'href="/station-list' in said["map"] and "驿站一览" in said["map"]
    assert re.search(r"驿站 \d+ 个", said["page"]) and re.search(r"Stations: \d+", said["english"])
    # the test that the recipe gives passes, and the house stands
    run("-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "tests/dashboard/test_zone_centres.py")
    run("-m", "ruff", "check", "dashboard", "layers", "tests/dashboard/test_zone_centres.py")
    run("-m", "ruff", "format", "--check", *(name for _, name, _ in BLOCK.findall(RECIPES) if name.endswith(".py")))


def test_a_name_more_finds_its_place_in_a_longer_import() -> None:
    start, longer = "from a import ", f"from a import b, d, {'e' * 110}\n"
    assert imported("x\nfrom a import b, d\ny\n", start, "b", "b, c") == "x\nfrom a import b, c, d\ny\n"
    broken = f"from a import (\n    b,\n    c,\n    d,\n    {'e' * 110},\n)\n"
    assert imported(longer, start, "b", "b, c") == broken
    assert imported(broken, start, "b", "b, f") == broken.replace("\n)", "\n    f,\n)")
