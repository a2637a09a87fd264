"""The open stations of an atlas as the files that each rival likes best."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from layers.atlas import Atlas

CENTRE, ZOOM = (104.0, 36.0), 4.0  # zoom of tiles of 512 pixels: a degree of longitude is 22.8 pixels wide
DIGITS = 6  # of a degree: 0.1 m
ALWAYS = "24/7"


@dataclass(frozen=True)
class StationsFiles:
    """What was written, and how many points a map must show without and with the filter."""

    folder: Path
    points: int
    always: int


def write(atlas: Atlas, folder: Path) -> StationsFiles:
    """Write `stations.csv` (name, longitude, latitude in degrees of WGS-84, always: 0 or 1), and the same as
    `stations.bin` (pairs of float32, then one byte each) and `names.txt` (a line each).
    """
    lon, lat = atlas.lonlat("stations")
    table = atlas.table("stations")
    rows = (table["status"] == "open").to_numpy(dtype=bool) & ~np.isnan(lon)
    frame = pd.DataFrame(
        {
            "name": table["name"].to_numpy(dtype=object)[rows],
            "longitude": np.round(lon[rows], DIGITS),
            "latitude": np.round(lat[rows], DIGITS),
            "always": (table["opening_hours"] == ALWAYS).to_numpy(dtype=bool)[rows].astype(np.uint8),
        }
    )
    frame.to_csv(folder / "stations.csv", index=False)
    pairs = frame[["longitude", "latitude"]].to_numpy(dtype="<f4").tobytes()
    (folder / "stations.bin").write_bytes(pairs + frame["always"].to_numpy(dtype=np.uint8).tobytes())
    (folder / "names.txt").write_text("\n".join(frame["name"]), "utf-8")
    return StationsFiles(folder, len(frame), int(frame["always"].sum()))
