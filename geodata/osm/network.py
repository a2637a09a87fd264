"""The walking network of an extract, as arrays: every way's vertices are nodes, its segments edges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class WalkingNetwork:
    """Ways that a person may walk, in both directions.

    Attributes
    ----------
    lon, lat : ndarray of float64, shape (nodes,)
        Degrees (WGS-84).
    start, end : ndarray of int32, shape (edges,)
        Positions of the nodes that an edge joins; an edge stands once.
    length : ndarray of float64, shape (edges,)
        Metres along the WGS-84 ellipsoid.
    part : ndarray of int32, shape (nodes,)
        Number of the connected part of the whole extract's network in which a node lies; 0 is the largest.
    name : ndarray of int32, shape (edges,)
        Position of the road's name in `names`; -1 where it has none.
    names : tuple of str
        Names of roads.
    extract_date : str
        Date of the extract (ISO), empty when the file does not say.
    source : str
        Name of the file that it was made of.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    length: NDArray[np.float64]
    part: NDArray[np.int32]
    name: NDArray[np.int32]
    names: tuple[str, ...] = ()
    extract_date: str = ""
    source: str = ""
