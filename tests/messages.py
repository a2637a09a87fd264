"""Which texts for people the code holds: read from the syntax tree, for the tests of the catalogues.

``python -m tests.messages`` prints the keys that the English catalogue lacks;
``python -m tests.messages FILE…`` first writes it anew, with the texts of FILE (``key<TAB>text`` a line, or a .po).
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from dashboard.locale import FOLDERS, catalogue_path

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ("dashboard", "layers", "geodata")
TRANSLATING = {"N_", "_", "words", "self", "gettext"}
CHINESE = re.compile(r"[\u3400-\u9fff]")
FULL_WIDTH = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")  # a mark between two texts is a text too
EXCUSED = "# no key"


def sources(*floors: str) -> Iterator[Path]:
    for floor in floors:
        yield from sorted((ROOT / floor).rglob("*.py"))


def _called(node: ast.Call) -> str:
    return (
        node.func.id
        if isinstance(node.func, ast.Name)
        else node.func.attr
        if isinstance(node.func, ast.Attribute)
        else ""
    )


def messages(path: Path) -> set[str]:
    """Return the keys that `path` asks a catalogue for."""
    return {
        node.args[0].value
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and _called(node) in TRANSLATING
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }


def stray_chinese(path: Path) -> list[str]:
    """Return ``file:line: text`` of Chinese strings that are neither keys nor docstrings nor excused."""
    text = path.read_text("utf-8")
    tree = ast.parse(text)
    lines = text.splitlines()
    fine: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) in TRANSLATING:
            fine.update(id(one) for argument in node.args[:1] for one in ast.walk(argument))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                fine.add(id(first.value))
    return [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.value}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and CHINESE.search(node.value)
        and id(node) not in fine
        and EXCUSED not in lines[node.lineno - 1]
    ]


def catalogue(lang: str) -> dict[str, str]:
    """Return key → text of the catalogue of `lang`."""
    with catalogue_path(lang).open("rb") as po:
        return {str(one.id): str(one.string) for one in read_po(po, locale=FOLDERS[lang]) if one.id}


def wanted() -> set[str]:
    """Return every key of every floor."""
    return {key for path in sources(*FLOORS) for key in messages(path) if FULL_WIDTH.search(key)}


def fill(*files: Path) -> None:
    """Write the English catalogue anew: keys that the code asks for, with the texts that it or one of `files` has.

    A file is another version of the catalogue (``.po``), or lines of key, tab, text. What is there already wins,
    unless a file ends in ``.tsv``.
    """
    have = catalogue("en")
    for file in files:
        if file.suffix == ".po":
            with file.open("rb") as po:
                have = {str(one.id): str(one.string) for one in read_po(po, locale="en") if one.id} | have
        else:
            have |= dict(line.split("\t", 1) for line in file.read_text("utf-8").splitlines() if "\t" in line)
    with catalogue_path("en").open("rb") as po:
        head = read_po(po, locale="en")
    new = Catalog(
        locale="en",
        header_comment=head.header_comment,
        project=head.project,
        version=head.version,
        creation_date=head.creation_date,
        revision_date=head.revision_date,
        charset="utf-8",
    )
    for key in sorted(wanted() & set(have)):
        new.add(key, have[key])
    with catalogue_path("en").open("wb") as po:
        write_po(po, new, width=0)


if __name__ == "__main__":
    if sys.argv[1:]:
        fill(*map(Path, sys.argv[1:]))
    for key in sorted(wanted() - set(catalogue("en"))):
        print(key)
