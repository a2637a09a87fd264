"""Split an area among points so that the parts share their edges exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

GRID = 1e-6  # degrees, about 0.1 m: the precision of every coordinate in the atlas


def partition(
    area: shapely.Geometry, points: NDArray[np.float64], owners: Sequence[str]
) -> dict[str, shapely.Geometry]:
    """Return each owner's share of `area`: all that is nearest to one of its points.

    The Voronoi cells of the points, joined by owner and cut by the area. Lines are
    noded together before faces are made, so neighbours have the same vertices on
    their common edge and nothing is left between them.

    Parameters
    ----------
    area : Polygon or MultiPolygon
        WGS-84 degrees.
    points : ndarray, shape (n, 2)
        Longitude and latitude in degrees.
    owners : sequence of str, length n
        Who owns each point.

    Returns
    -------
    dict
        Polygon or MultiPolygon by owner, in the order of first appearance.
    """
    # stretched so that a degree of longitude and one of latitude are equally long
    west, south, east, north = area.bounds
    stretch = np.array([np.cos(np.radians((south + north) / 2)), 1.0])
    flat = np.asarray(points, "float64") * stretch
    frame = shapely.box(west * stretch[0], south, east * stretch[0], north)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(flat), extend_to=frame.buffer(0.5)))
    at = shapely.STRtree(cells).query(shapely.points(flat), predicate="intersects")
    cell_of = np.empty(len(flat), int)
    cell_of[at[0]] = at[1]
    names = list(dict.fromkeys(owners))
    owned = [shapely.coverage_union_all(cells[cell_of[np.array(owners) == name]]) for name in names]
    owned = shapely.transform(np.array(owned), lambda xy: xy / stretch)

    edges = shapely.union_all([area.boundary, *shapely.boundary(owned)], grid_size=GRID)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(edges)))
    inside = shapely.point_on_surface(faces)
    keep = shapely.intersects(area, inside)
    faces, inside = faces[keep], inside[keep]
    shares = {}
    for name, region in zip(names, owned, strict=True):
        shares[name] = shapely.coverage_union_all(faces[shapely.intersects(region, inside)])
    return shares
