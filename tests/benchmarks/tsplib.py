"""TSPLIB's plane points as p-centers and p-medians: every point is a demand point of weight 1 and a candidate.

Usage: ``make bench-published FOLDER=…`` with the ``.tsp`` files in `FOLDER`. Best known values: p-centers of Elloumi,
Labbé & Pochet (2004), *INFORMS Journal on Computing* 16(1), and Pullan (2008), *Evolutionary Computation* 16(3).
"""

from __future__ import annotations

from pathlib import Path

Problems = dict[str, tuple[tuple[str, int, float | None], ...]]
#: Of each file: model, p, best known value (None: none at hand).
PROBLEMS: Problems = {
    "u1060": (("pcenter", 50, 904.92), ("pcenter", 150, 447.01)),
    "rl1323": (("pcenter", 40, 1352.36), ("pcenter", 100, None)),
    "u1817": (("pcenter", 60, 162.64), ("pcenter", 150, 91.60)),
    "pcb3038": (("pcenter", 50, 297.83), ("pcenter", 150, 164.40)),
    "usa13509": (("pmedian", 100, None), ("pmedian", 300, None)),
    "sw24978": (("pmedian", 1000, None),),
    "pla85900": (("pmedian", 100, None),),
}
#: What an answer may be above the best known value, and below itself the bound, by model.
ABOVE, GAPS = 0.01, {"pcenter": 0.03, "pmedian": 0.01}


def written(path: Path, folder: Path) -> Path:
    """Write the points of a ``.tsp`` file (node coordinates, ``EUC_2D`` or the like) as a table and return its path."""
    lines = path.read_text().splitlines()
    begin = next(k for k, line in enumerate(lines) if line.startswith("NODE_COORD_SECTION")) + 1
    table = folder / f"{path.stem}.csv"
    rows = [line.split() for line in lines[begin:] if len(line.split()) == 3]
    table.write_text("id,x,y\n" + "".join(f"{name},{float(x)!r},{float(y)!r}\n" for name, x, y in rows))
    return table


def within(found: dict, model: str, known: float | None) -> bool:
    """Return whether an answer is as near to the best known value and to its own bound as it should be."""
    return found["gap"] <= GAPS[model] and (known is None or found["objective"] <= known * (1 + ABOVE))
