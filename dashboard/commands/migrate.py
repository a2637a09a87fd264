"""``migrate``: the whole atlas from a GeoPackage into a database, or back."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dashboard.commands.parsing import Add
from dashboard.locale import Gettext
from geodata.store import Site, site
from geodata.store.transfer import move


def add_parsers(add: Add, words: Gettext) -> None:
    """Add the command."""
    one = add("migrate", words("把整个图册连同导入记录从一处搬到另一处"), with_json=True)
    place = words("文件夹、atlas.gpkg 文件，或 postgresql://…（密码可放在 PGPASSWORD 或 ~/.pgpass）")
    one.add_argument(
        "--from", dest="source", required=True, metavar="A", help=words("来源：{place}").format(place=place)
    )
    one.add_argument("--to", dest="target", required=True, metavar="B", help=words("目标：{place}").format(place=place))
    one.add_argument("--replace", action="store_true", help=words("目标已有图册时替换它"))


def migrated(options: argparse.Namespace, progress: Callable[[float, str], None]) -> dict[str, Any]:
    """Move the atlas of the options; return what was moved."""
    source, target = place(options.source), place(options.target)
    return {"from": str(source), "to": str(target), **move(source, target, options.replace, progress), "equal": True}


def place(text: str) -> Site:
    """Return where an atlas is: an address, the folder that holds it, or its file.

    Raises
    ------
    AtlasError
        When it is an address of no known kind.
    """
    if "://" in text:
        return site(Path(), text)
    path = Path(text)
    return site(path) if path.is_dir() or path.suffix.lower() != ".gpkg" else site(path.parent, name=path.name)
