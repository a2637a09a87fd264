"""Nothing that a user can set, call or fill in is undocumented,
in either language, and no link of the docs leads nowhere.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.settings import CODE, Settings
from geodata.schema import TABLES
from tests import reference

#: What a browser fetches by itself; a link that a reader may follow is none.
FETCHED = re.compile(
    r"""(?:<(?:script|img|iframe)[^>]*\ssrc|<link(?![^>]*rel="?canonical)[^>]*\shref)=["']?((?:https?:)?//[^"'\s>]+)"""
)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("lang", reference.LANGUAGES)
def test_every_setting_command_table_and_column_says_what_it_is(lang: str) -> None:
    silent = [f"setting {name}" for name in Settings.model_fields if not reference.setting_meaning(name, lang)]
    silent += [f"table {name}" for name in TABLES if not reference.table_meaning(name, lang)]
    silent += [
        f"column {table.name}.{column.name}"
        for table in TABLES.values()
        for column in table.columns
        if not reference.meaning(table.name, column.name, lang)
    ]
    for name, parser in reference.commands(lang):
        silent += [] if parser.description else [f"command {name}"]
        silent += [f"option {name} {option}" for option, help in reference.options(parser) if not help]
    assert silent == []


def test_nothing_is_explained_that_is_no_longer_there() -> None:
    columns = {(table.name, column.name) for table in TABLES.values() for column in table.columns}
    names = {name for _, name in columns}
    gone = [key for key in reference.column_meanings() if not (key in columns or (key[0] == "*" and key[1] in names))]
    gone += [row["setting"] for row in reference.texts("settings.csv") if row["setting"] not in Settings.model_fields]
    gone += [row["table"] for row in reference.texts("tables.csv") if row["table"] not in TABLES]
    assert gone == []


def test_the_generated_pages_are_those_of_this_code() -> None:
    stale = [
        path.name for path, text in reference.pages().items() if not path.exists() or path.read_text("utf-8") != text
    ]
    assert stale == [], "python -m tests.reference"


def test_every_relative_link_of_the_docs_leads_somewhere() -> None:
    pages = [CODE / "README.md", *(CODE / "docs").rglob("*.md")]
    broken = [
        f"{page.relative_to(CODE)}: {target}"
        for page in pages
        for target in LINK.findall(page.read_text("utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert broken == []


def test_the_site_builds_and_asks_no_other_host(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)],
        cwd=CODE,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )
    assert done.returncode == 0, done.stderr
    built = list(tmp_path.rglob("*.html"))
    assert len(built) > 30
    asked = {found for page in built for found in FETCHED.findall(page.read_text("utf-8"))}
    assert asked == set()


def test_every_decision_is_in_the_site() -> None:
    listed = (CODE / "mkdocs.yml").read_text("utf-8")
    assert [path.name for path in (CODE / "docs" / "decisions").glob("*.md") if path.name not in listed] == []


def test_every_asset_has_its_line_in_the_map_from_asset_to_page() -> None:
    told = (CODE / "assets" / "README.md").read_text("utf-8")
    named = set(re.findall(r"`([\w-]+\.(?:js|css|ico|md))`", "\n".join(re.findall(r"(?m)^\| (`[^|]*)\|", told))))
    assert named == {path.name for path in (CODE / "assets").iterdir()} - {"README.md"}
