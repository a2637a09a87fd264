"""The house: imports go down only, and only what the user fixed stands at the top."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

from tests.statements import statements

ROOT = Path(__file__).resolve().parent.parent
# floor → what it may not import
FORBIDDEN = {
    "geodata": {"layers", "dashboard", "dash", "flask", "plotly"},
    "layers": {"dashboard", "dash", "flask", "plotly"},
    "dashboard/theme": {"dash", "flask", "dash_mantine_components"},
    "dashboard/charts": {"dash", "flask", "dash_mantine_components"},
    "dashboard/maps": {"dash", "flask", "dash_mantine_components"},
}
TOP = {
    "dashboard",
    "layers",
    "assets",
    "geodata",
    "tests",
    "docs",
    ".ci",
    "requirements.txt",
    "requirements-dev.txt",
    "requirements.lock",
    "requirements-dask.lock",
    "requirements-dask.txt",
    "requirements-dev.lock",
    "README.md",
    "pyproject.toml",
    "Makefile",
    "LICENSE",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    ".git-blame-ignore-revs",
    ".oxfmtrc.json",
    ".oxlintrc.json",
    ".gitignore",
    "Dockerfile",
    ".dockerignore",
    "compose.yaml",
    "mkdocs.yml",
}


def imported(source: str) -> set[str]:
    """Return the top-level packages that `source` imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.split(".")[0])
    return found


#: Packages whose modules import each other in one direction only.
STRAIGHT = ("geodata", "layers", "dashboard")
#: The order within dashboard, top first: each imports from what stands below it, never from above or beside it.
ORDER = (
    ("__main__", "wsgi"),
    ("commands",),
    ("app",),
    ("pages",),
    ("server",),
    ("export",),
    ("components",),
    ("maps", "charts"),
    ("geocoding_queue",),
    ("geocoding",),
    ("tasks",),
    ("access",),
    ("view",),
    ("theme",),
    ("__init__",),
)
#: A module that stands in dashboard itself and is not named above is part of the view: address, choice, atlas, words.
VIEW = "view"
#: Packages of which the rest of the house imports the door alone.
CLOSED = ("layers/siting/solver",)


def modules_imported(path: Path) -> set[str]:
    """Return the modules of this house that the file at `path` imports, anywhere in it, for the type checker too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {one for one in whole if file_of(one)}
            # a name of the package itself, not of a module in it
            if any(not file_of(one) for one in whole):
                found.add(node.module)
    return {one for one in found if file_of(one)}


def file_of(module: str) -> Path | None:
    """Return the file of a module of this house; None when there is none."""
    base = ROOT / module.replace(".", "/")
    return next((one for one in (base.with_suffix(".py"), base / "__init__.py") if one.exists()), None)


@pytest.mark.parametrize("package", STRAIGHT)
def test_modules_do_not_import_each_other_in_a_circle(package: str) -> None:
    arrows = {
        path: {file for one in modules_imported(path) if (file := file_of(one)) and file != path}
        for path in sorted((ROOT / package).rglob("*.py"))
    }
    assert len(arrows) > 1
    while free := [path for path, to in arrows.items() if not to & arrows.keys()]:
        for path in free:
            del arrows[path]
    # what is left is in a circle, or leads to one
    assert {
        str(path.relative_to(ROOT)): sorted(str(one.relative_to(ROOT)) for one in to & arrows.keys())
        for path, to in arrows.items()
    } == {}


def part_of(path: Path) -> str:
    """Return the part of :data:`ORDER` that a file of dashboard belongs to."""
    first = path.relative_to(ROOT / "dashboard").parts[0].removesuffix(".py")
    return first if any(first in beside for beside in ORDER) else VIEW


def test_every_folder_of_dashboard_has_its_place_in_the_order() -> None:
    folders = {path.parent.name for path in (ROOT / "dashboard").glob("*/__init__.py")}
    assert folders - {name for beside in ORDER for name in beside} == {"locale"}  # words, as the view is


def test_no_arrow_goes_up_within_dashboard() -> None:
    height = {name: at for at, beside in enumerate(ORDER) for name in beside}
    files = sorted((ROOT / "dashboard").rglob("*.py"))
    arrows = {
        (path, file)
        for path in files
        for module in modules_imported(path)
        if (file := file_of(module)) and file.is_relative_to(ROOT / "dashboard")
    }
    assert len(arrows) > len(files)
    up = {
        f"{path.relative_to(ROOT)} → {file.relative_to(ROOT)}"
        for path, file in arrows
        if part_of(path) != part_of(file) and height[part_of(path)] >= height[part_of(file)]
    }
    assert up == set()


@pytest.mark.parametrize("package", CLOSED)
def test_a_closed_package_is_entered_by_its_door(package: str) -> None:
    door = package.replace("/", ".")
    through_the_window = {
        str(path.relative_to(ROOT)): sorted(windows)
        for floor in ("dashboard", "layers", "geodata")
        for path in (ROOT / floor).rglob("*.py")
        if not path.is_relative_to(ROOT / package)
        and (windows := {one for one in modules_imported(path) if one.startswith(f"{door}.")})
    }
    assert through_the_window == {}


@pytest.mark.parametrize("floor", FORBIDDEN)
def test_imports_go_down_only(floor: str) -> None:
    files = sorted((ROOT / floor).rglob("*.py"))
    assert files
    up = {str(path.relative_to(ROOT)): sorted(imported(path.read_text("utf-8")) & FORBIDDEN[floor]) for path in files}
    assert {path: names for path, names in up.items() if names} == {}


def test_the_walk_sees_every_way_to_import() -> None:
    source = "import dash.html\ndef f():\n    from dashboard.app import create_app\n    import numpy, layers as l\n"
    assert imported(source) == {"dash", "dashboard", "numpy", "layers"}


def test_only_what_belongs_stands_at_the_top() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    assert {path.split("/")[0] for path in tracked if path} - TOP == set()


#: Statements of a module, docstrings not among them:
#: lines would count how the formatter breaks a call, not what is done.
MOST_STATEMENTS = 300
#: Modules that are one state machine each, which halves would only pass to each other: the grammar of opening hours.
WHOLE = {"geodata/importing/hours/tree.py": 430, "geodata/importing/hours/to_osm.py": 380}


def test_no_file_does_two_things() -> None:
    """Mend a long module by taking out what can be named by itself, not by writing it denser."""
    counted = {
        path.relative_to(ROOT).as_posix(): statements(path.read_text("utf-8"))
        for floor in ("dashboard", "layers", "geodata")
        for path in (ROOT / floor).rglob("*.py")
    }
    assert {path: count for path, count in counted.items() if count > WHOLE.get(path, MOST_STATEMENTS)} == {}


def test_statements_are_counted_whatever_lines_they_take() -> None:
    source = '"""A module."""\n\nf(\n    1,\n    2,\n)\nif f:\n    def g():\n        """Do."""\n        return 1\n'
    assert statements(source) == 4


# a colour; in a style sheet a size of type, a corner, a space (under 4 px is optical alignment), a layer over the page
COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})\b|rgba?\(\s*[1-9][^)]*\)")
STYLE = re.compile(
    r"font-size: *[\d.]+px|border-radius:[^;}]*?\d+px|(?:padding|margin|"
    r"gap)[a-z-]*:[^;}]*?(?<![-\w.(])(?:[4-9]|[1-4]\d)px|z-index: *\d{2,}"
)
ROOT_OF_SHEETS = "font-size: 16px"  # what their rem is


def test_the_face_has_its_values_from_the_tokens() -> None:
    """Mend a stray value by a token of dashboard/theme/tokens.py (``var(--space-8)``, ``theme.RED``).

    A new one is a new token.
    """
    strays = []
    for path in [
        *(ROOT / "assets").glob("*.css"),
        *(ROOT / "assets").glob("*.js"),
        *(ROOT / "dashboard").rglob("*.py"),
    ]:
        if path.name in ("tokens.css", "tokens.py", "plotly-locale-zh-cn.js"):
            continue
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            found = COLOUR.findall(line) + (STYLE.findall(line) if path.suffix == ".css" else [])
            strays += [f"{path.name}:{number}: {one}" for one in found if one != ROOT_OF_SHEETS]
    assert strays == []


def test_every_component_has_its_samples() -> None:
    """A new module of dashboard/components is shown on /design: add it to SAMPLES of dashboard/pages/design.py."""
    shown = (ROOT / "dashboard" / "pages" / "design.py").read_text("utf-8")
    assert [
        path.stem for path in (ROOT / "dashboard" / "components").glob("[a-z]*.py") if f'"{path.stem}": ' not in shown
    ] == []
