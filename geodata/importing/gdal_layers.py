"""Layers of FlatGeobuf and MapInfo files by GDAL (pyogrio): runs apart (:mod:`geodata.importing.apart_child`)."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from geodata.importing.apart_child import TooLarge, sent
from geodata.importing.limits import MAX_COLUMNS, MAX_ROWS

DRIVERS = {".fgb": "FlatGeobuf", ".tab": "MapInfo File", ".mif": "MapInfo File"}


def sheets_of(path: Path) -> Iterator[Any]:
    """Yield the layer of each file of a folder (or of one file), its rows with their geometry as hexadecimal WKB."""
    os.environ |= {"GDAL_DISABLE_READDIR_ON_OPEN": "NO", "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "none"}
    import pyogrio
    import pyogrio.raw

    from geodata.importing.vector import of_wkt, python_values

    files = sorted(one for one in path.iterdir() if one.suffix in DRIVERS) if path.is_dir() else [path]
    for at, file in enumerate(files):
        info = _in_its_encoding(partial(pyogrio.read_info, file, force_feature_count=False))
        if info.get("driver") not in DRIVERS.values():
            raise ValueError(info.get("driver"))
        if len(info["fields"]) > MAX_COLUMNS:
            raise TooLarge(file.stem, len(info["fields"]), MAX_COLUMNS, True)
        meta, _, shapes, fields = _in_its_encoding(partial(pyogrio.raw.read, file, max_features=MAX_ROWS + 1))
        columns = [python_values(values) for values in fields]
        count = max(len(shapes) if shapes is not None else 0, *(len(one) for one in columns), 0)
        if count > MAX_ROWS:
            raise TooLarge(file.stem, count, MAX_ROWS, False)
        said = meta.get("crs")
        name = (path / f"{file.stem}.name").read_text("utf-8") if path.is_dir() else info.get("layer_name") or str(at)
        header = [str(one) for one in meta["fields"]]
        meant = _as_meant([*header, *(one for cells in columns for one in cells if isinstance(one, str))])
        yield {"sheet": name, "header": [*map(meant, header)], "crs": of_wkt(said) if said else None}
        for row in range(count):
            shape = shapes[row] if shapes is not None else None
            cells = [meant(one[row]) if isinstance(one[row], str) else sent(one[row]) for one in columns]
            yield [row + 1, cells, shape.hex() if shape else None]


def _as_meant(texts: list[str]) -> Callable[[str], str]:
    """Return how the texts of a layer are to be read: GBK stands in files that say WindowsLatin1.

    Every text of the layer has to fit, or it is taken at its word.
    """
    strange = [text for text in texts if not text.isascii()]

    def meant(text: str) -> str:
        return text.encode("cp1252").decode("gb18030")

    try:
        fits = strange and all(map(_in_pairs, strange)) and all(map(meant, strange))
    except UnicodeError:
        fits = False
    return meant if fits else str


def _in_pairs(text: str) -> bool:
    """Return whether signs beyond ASCII stand in pairs, as the bytes of a Chinese character do."""
    return all(len(run) % 2 == 0 for run in re.findall(r"[^\x00-\x7f]+", text))


def _in_its_encoding(ask: Callable[..., Any]) -> Any:
    """Ask by the encoding that a layer declares, else by those that Chinese programs write without a word.

    Raises
    ------
    ValueError
        Names the encodings that its names and texts are not in.
    """
    for encoding in (None, "UTF-8", "GB18030"):
        try:
            return ask(encoding=encoding)
        except UnicodeDecodeError:
            continue
    raise ValueError("UTF-8, GB18030")
