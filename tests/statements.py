"""``python -m tests.statements``: how many statements the code has, by folder."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def statements(source: str) -> int:
    """Return how many statements `source` holds, nested ones too; texts that stand alone (docstrings) are none."""
    return sum(
        isinstance(node, ast.stmt) and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in ast.walk(ast.parse(source))
    )


if __name__ == "__main__":
    counted: Counter[str] = Counter()
    for floor in ("geodata", "layers", "dashboard", "tests"):
        for path in (ROOT / floor).rglob("*.py"):
            folder = path.relative_to(ROOT).parts[:-1][:2]
            counted.update(dict.fromkeys({floor, "/".join(folder)}, statements(path.read_text("utf-8"))))
    print("\n".join(f"{count:>7,}  {name}" for name, count in sorted(counted.items())))
