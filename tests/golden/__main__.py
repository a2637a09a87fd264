"""``python -m tests.golden write|compare DIR``: keep what the atlas says of its sample, or say what has changed since.

``write`` fills the folder with one JSON file per page, brief and command. ``compare`` makes the same again and prints
every value that differs, with the way to it; it ends with 1 when there is one.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from itertools import islice
from pathlib import Path
from typing import Any

from tests.golden.differing import differences
from tests.golden.taking import takings

MOST_TOLD = 40  # differences of one file


def main() -> int:
    """Run the command of the arguments and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.golden", description=__doc__)
    parser.add_argument("command", choices=("write", "compare"))
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--only", default="", metavar="TEXT", help="only the files whose name holds this text")
    options = parser.parse_args()
    began = time.monotonic()
    names: set[str] = set()
    changed = 0
    for name, value in takings():
        if options.only not in name:
            continue
        made = json.loads(json.dumps(value))  # as it will be read again
        names.add(name)
        path = options.folder / f"{name}.json"
        if options.command == "write":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(made, ensure_ascii=False, indent=1), "utf-8")
        else:
            changed += bool(_tell(name, path, made))
    if options.command == "compare" and not options.only:
        gone = sorted({str(one.relative_to(options.folder))[:-5] for one in options.folder.rglob("*.json")} - names)
        changed += len(gone)
        for name in gone:
            print(f"{name}: no longer made")
    print(
        f"{options.command}: {len(names)} files, {changed} changed, {time.monotonic() - began:.0f} s", file=sys.stderr
    )
    return 1 if changed else 0


def _tell(name: str, path: Path, value: Any) -> int:
    if not path.exists():
        print(f"{name}: not kept before")
        return 1
    found = list(islice(differences(json.loads(path.read_text("utf-8")), value), MOST_TOLD))
    for where, before, after in found:
        print(f"{name} {where}: {before} → {after}")
    return len(found)


if __name__ == "__main__":
    sys.exit(main())
