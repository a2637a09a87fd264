"""The base map of an extract: vector tiles of its streets, rails, water, green, buildings and names, as one PMTiles.

The layers and kinds are those of the Shortbread schema, of which this is the part that a quiet map needs. Reading
streams (osmium), and so does cutting and simplifying (tippecanoe): what is held is where the nodes are and the
relations of areas. docs/decisions/0021 says why these two, with figures.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import shapely

from geodata.errors import N_, AtlasError
from geodata.osm.cutting import Cutter, cutting

METADATA_NAME = "union-service-atlas"
ATTRIBUTION = "© OpenStreetMap contributors, ODbL"
ZOOMS = (6, 15)
DETAIL = 11  # a tile is 2**11 units wide: a quarter of a pixel, and half a metre at the last zoom
SIMPLER = 4  # units: what a line may leave out where it is drawn small
BUFFER = 8  # of 256 parts of a tile, that lines run on beyond it: as wide as the widest of them
MOST_BYTES = 30_000  # of a tile, gzip: a screen holds about twelve; what is smallest goes first
LONGEST_NAME = 60  # characters
BATCH = 20_000
DIGITS = 6  # of a degree: 0.1 m
PIXELS = 24.0  # square pixels that an area has at least where it is drawn
METRES_PER_DEGREE = 111_320.0
METRES_PER_PIXEL = 78_271.5  # at the equator, zoom 0, tiles of 512 pixels

OPTIONS = (
    f"--name={METADATA_NAME}",
    f"--attribution={ATTRIBUTION}",
    "--force",
    f"--minimum-zoom={ZOOMS[0]}",
    f"--maximum-zoom={ZOOMS[1]}",
    f"--full-detail={DETAIL}",
    f"--low-detail={DETAIL}",
    f"--simplification={SIMPLER}",
    "--simplification-at-maximum-zoom=1",
    f"--buffer={BUFFER}",
    "--drop-rate=1",
    "--drop-smallest-as-needed",
    f"--maximum-tile-bytes={MOST_BYTES}",
    "--no-feature-limit",
    "--no-tiny-polygon-reduction",
    "--reorder",
    "--coalesce",
    "--no-tile-stats",
)

#: Kind of a street → zoom from which it is drawn, from which its name is.
STREETS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "motorway": (6, 11),
        "trunk": (6, 11),
        "primary": (9, 12),
        "secondary": (10, 12),
        "tertiary": (11, 13),
        "unclassified": (13, 14),
        "residential": (13, 14),
        "living_street": (13, 14),
        "busway": (13, 15),
        "pedestrian": (13, 14),
        "service": (14, 15),
        "track": (14, 15),
        "footway": (14, 15),
        "cycleway": (14, 15),
        "path": (14, 15),
        "bridleway": (15, 15),
        "steps": (15, 15),
    }
)
RAILS: Mapping[str, int] = MappingProxyType(
    {"rail": 7, "subway": 10, "light_rail": 10, "monorail": 10, "narrow_gauge": 11, "tram": 12, "funicular": 13}
)
SIDINGS = frozenset({"siding", "yard", "spur", "crossover"})
SIDING_ZOOM = 14
WATERWAYS: Mapping[str, int] = MappingProxyType({"river": 8, "canal": 10, "stream": 13, "ditch": 15, "drain": 15})
#: Place that is a name on the map → zoom from which it is written; the atlas itself names counties and what is above.
QUARTERS: Mapping[str, int] = MappingProxyType(
    {"town": 10, "suburb": 11, "borough": 11, "village": 12, "quarter": 12, "neighbourhood": 13, "hamlet": 14}
)
GREEN: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "leisure": frozenset({"park", "garden", "golf_course", "nature_reserve", "recreation_ground"}),
        "landuse": frozenset({"forest", "grass", "cemetery", "meadow", "recreation_ground", "village_green"}),
        "natural": frozenset({"wood", "scrub", "grassland", "heath"}),
    }
)
WATER: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "natural": frozenset({"water"}),
        "waterway": frozenset({"riverbank", "dock"}),
        "landuse": frozenset({"reservoir", "basin"}),
    }
)
#: Degrees within which two stations of one name are one: a metro's is often mapped once for each track.
ONE_STATION = 0.004
STATIONS: Mapping[str, int] = MappingProxyType({"station": 11, "halt": 13, "tram_stop": 15, "subway_entrance": 15})
BUILDING_ZOOM = 14
DAMAGED = "unshaped"  # things whose nodes the extract does not hold
#: What a file that ends with an error is read as.
_UNREADABLE = (RuntimeError, ValueError, OSError, SystemError)


def build(pbf: Path, out: Path, progress: Callable[[float], None] = lambda _: None) -> dict[str, int]:
    """Write the base map of an extract.

    Parameters
    ----------
    pbf : Path
        OpenStreetMap extract (``.osm.pbf``).
    out : Path
        The PMTiles file to make; replaced whole or, when this fails, not touched.
    progress : callable, optional
        Told how far it is, 0 to 1. What it raises ends the work.

    Returns
    -------
    dict of str to int
        Features read by layer, :data:`DAMAGED` ones, and ``bytes`` of the file.

    Raises
    ------
    AtlasError
        The file is no extract, is broken, or has nothing to draw; or the tiles could not be written.
    """
    if not pbf.is_file():
        raise AtlasError(N_("没有找到文件 {path}：请核对路径。"), path=pbf)
    made = out.with_name(f"{out.name}.part.pmtiles")
    made.unlink(missing_ok=True)
    apart = out.with_name(f"{out.name}.places.tmp")
    counts: Counter[str] = Counter()
    try:
        with cutting(made, [*OPTIONS, f"--description={extract_date(pbf)}"]) as cutter:
            _feed(pbf, apart, cutter, counts, progress)
            if not counts.keys() - {DAMAGED}:
                raise AtlasError(N_("{path} 里没有可画的道路、水面或地名：请核对是否选错了文件。"), path=pbf)
            cutter.finish(progress)
        made.replace(out)
    finally:
        made.unlink(missing_ok=True)
        apart.unlink(missing_ok=True)
        made.with_name(f"{made.name}-journal").unlink(missing_ok=True)
    progress(1.0)
    return {**dict(counts), "bytes": out.stat().st_size}


def extract_date(pbf: Path) -> str:
    """Return the day (ISO) of the state that an extract shows; empty when its head does not say.

    Raises
    ------
    AtlasError
        The file is no extract.
    """
    import osmium.io
    import osmium.osm

    try:
        with osmium.io.Reader(osmium.io.File(str(pbf), "pbf"), osmium.osm.NOTHING) as reader:
            said = reader.header().get("osmosis_replication_timestamp")
    except _UNREADABLE as error:
        raise _broken(pbf, error) from error
    try:
        return date.fromisoformat(said[:10]).isoformat()
    except ValueError:
        return ""


def _broken(pbf: Path, error: Exception) -> AtlasError:
    return AtlasError(
        N_("读不出 {path}：它不是 OpenStreetMap 的 .osm.pbf，或者不完整（{reason}）。请重新下载，核对大小后再试。"),
        path=pbf,
        reason=str(error).strip()[:120] or type(error).__name__,
    )


# -- what is read -----------------------------------------------------------------


def _feed(pbf: Path, apart: Path, cutter: Cutter, counts: Counter[str], progress: Callable[[float], None]) -> None:
    batches = _batches(pbf, apart)
    while True:
        try:
            found = next(batches, None)
        except _UNREADABLE as error:
            raise _broken(pbf, error) from error
        if found is None:
            return
        counts.update(found[1])
        cutter.write(found[0])
        progress(0.0)


def _batches(pbf: Path, apart: Path) -> Iterator[tuple[list[str], Counter[str]]]:
    """Give the features of an extract as lines of GeoJSON, with how many there are in each layer."""
    import osmium.filter
    import osmium.geom
    import osmium.io

    from geodata.osm.reading import kept_places

    keys = ("highway", "railway", "waterway", "natural", "landuse", "leisure", "building", "place", "station")
    areas = ("waterway", "natural", "landuse", "leisure", "building")
    read: Any = (
        osmium.FileProcessor(osmium.io.File(str(pbf), "pbf"))
        .with_locations(kept_places(pbf, apart))
        .with_areas(osmium.filter.KeyFilter(*areas))
        .with_filter(osmium.filter.KeyFilter(*keys))
    )
    as_json, as_wkb = osmium.geom.GeoJSONFactory(), osmium.geom.WKBFactory()
    lines: list[str] = []
    layers: Counter[str] = Counter()
    shapes: list[tuple[str, dict[str, Any], str]] = []
    stations: dict[tuple[str, str], list[tuple[float, float]]] = {}

    def again(about: Mapping[str, Any], lon: float, lat: float) -> bool:
        """Return whether a thing of this kind and name was drawn beside it; keep it where not."""
        known = stations.setdefault((about["kind"], about["name"]), [])
        if any(abs(lon - x) < ONE_STATION and abs(lat - y) < ONE_STATION for x, y in known):
            return True
        known.append((lon, lat))
        return False

    def line(layer: str, least: int, about: Mapping[str, Any], geometry: str, most: int = ZOOMS[1]) -> None:
        lines.append(_feature(layer, least, about, geometry, most))

    for one in read:
        tags = one.tags
        try:
            if one.is_node():
                for layer, least, about in _points(tags):
                    if layer == "public_transport" and "name" in about and again(about, one.lon, one.lat):
                        continue
                    line(layer, least, about, as_json.create_point(one))
                    layers[layer] += 1
            elif one.is_way():
                drawn = list(_ways(tags, one.is_closed()))
                shape = _line(one, as_json) if drawn else ""
                for layer, least, about in drawn:
                    layers[layer] += 1
                    line(layer, least, about, shape)
            elif one.is_area() and (found := _area(tags)):
                shapes.append((*found, as_wkb.create_multipolygon(one)))
                layers[found[0]] += 1
        except (RuntimeError, ValueError, osmium.InvalidLocationError):  # of one thing: the rest is drawn
            layers[DAMAGED] += 1
        if len(lines) + len(shapes) >= BATCH:
            yield lines + _polygons(shapes), layers
            lines, layers, shapes = [], Counter(), []
    yield lines + _polygons(shapes), layers


def _line(way: Any, factory: Any) -> str:
    """Return the geometry of a way; of one that the edge of the extract cuts, the pieces whose nodes are there."""
    import osmium

    with suppress(osmium.InvalidLocationError):
        return factory.create_linestring(way)
    pieces: list[list[tuple[float, float]]] = [[]]
    for node in way.nodes:
        if node.location.valid():
            pieces[-1].append((node.lon, node.lat))
        elif pieces[-1]:
            pieces.append([])
    lines = [one for one in pieces if len(one) > 1]
    if not lines:
        raise ValueError("no two nodes of the way are in the extract")
    return json.dumps({"type": "MultiLineString", "coordinates": lines})


def _feature(layer: str, least: int, about: Mapping[str, Any], geometry: str, most: int = ZOOMS[1]) -> str:
    cut = json.dumps({"layer": layer, "minzoom": least, "maxzoom": most})
    said = json.dumps(about, ensure_ascii=False)
    return f'{{"type":"Feature","tippecanoe":{cut},"properties":{said},"geometry":{geometry}}}\n'


def _names(tags: Any) -> dict[str, str]:
    found = {key: tags.get(key, "").strip()[:LONGEST_NAME] for key in ("name", "name:en")}
    return {key.replace(":", "_"): one for key, one in found.items() if one}


def _points(tags: Any) -> Iterator[tuple[str, int, dict[str, Any]]]:
    name = _names(tags)
    if name and (place := tags.get("place")) in QUARTERS:
        yield "place_labels", QUARTERS[place], {"kind": place, **name}
    kind = tags.get("railway")
    if kind in STATIONS:
        metro = "subway" if tags.get("station") == "subway" or tags.get("subway") == "yes" else kind
        yield "public_transport", STATIONS[kind], {"kind": kind, "station": metro, **name}


def _ways(tags: Any, closed: bool) -> Iterator[tuple[str, int, dict[str, Any]]]:
    kind = tags.get("highway", "")
    street = kind.removesuffix("_link")
    if street in STREETS and not (closed and tags.get("area") == "yes"):
        least, named = STREETS[street]
        about: dict[str, Any] = {"kind": street}
        if kind != street:
            about["link"], least = True, max(least, 11)
        yield "streets", least, about | _over_and_under(tags)
        if (name := _names(tags)) and kind == street:
            yield "street_labels", named, {"kind": street, **name}
    rail = tags.get("railway")
    if rail in RAILS:
        least = SIDING_ZOOM if tags.get("service") in SIDINGS else RAILS[rail]
        yield "streets", least, {"kind": rail, "rail": True, **_over_and_under(tags)}
    water = tags.get("waterway")
    if water in WATERWAYS and tags.get("tunnel") != "culvert":
        yield "water_lines", WATERWAYS[water], {"kind": water}


def _over_and_under(tags: Any) -> dict[str, bool]:
    return {key: True for key in ("bridge", "tunnel") if tags.get(key, "no") != "no"}


def _area(tags: Any) -> tuple[str, dict[str, Any]] | None:
    if tags.get("building", "no") != "no":
        return "buildings", {}
    if any(tags.get(key) in kinds for key, kinds in WATER.items()):
        return "water_polygons", {"kind": "water"}
    if any(tags.get(key) in kinds for key, kinds in GREEN.items()):
        return "land", {"kind": "green"}
    return None


def _polygons(shapes: list[tuple[str, dict[str, Any], str]]) -> list[str]:
    """Return areas as lines of GeoJSON, each from the zoom at which it is large enough to be seen."""
    if not shapes:
        return []
    found = shapely.from_wkb([one[2] for one in shapes])
    _, south, _, north = shapely.bounds(found).T
    squeeze = np.cos(np.radians((south + north) / 2))
    metres = shapely.area(found) * METRES_PER_DEGREE**2 * squeeze
    with np.errstate(divide="ignore"):
        least = np.ceil(np.log2(METRES_PER_PIXEL * squeeze * np.sqrt(PIXELS / metres)))
    texts = shapely.to_geojson(shapely.transform(found, lambda degrees: np.round(degrees, DIGITS)))
    return [
        _feature(layer, max(min(int(zoom), ZOOMS[1]), BUILDING_ZOOM if layer == "buildings" else ZOOMS[0]), about, text)
        for (layer, about, _), zoom, text in zip(shapes, np.minimum(least, 99), texts, strict=True)
        if zoom <= ZOOMS[1] + 1
    ]
