"""Extracts made up for a test, and extracts read by another hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import networkx
import osmium
from pyproj import Geod

DATA = Path(__file__).resolve().parents[2] / "data" / "osm"
HELSINKI, KOTKA, WELLINGTON = (DATA / f"{name}.osm.pbf" for name in ("Helsinki", "test", "Wellington"))
EXTRACTS = (HELSINKI, KOTKA, WELLINGTON)
STEP = 0.001  # degrees between the nodes of a line


@dataclass
class Town:
    """Nodes, ways and relations, in the order in which they are to be written."""

    at: tuple[float, float] = (106.4, 39.02)  # in 大武口
    nodes: dict[int, tuple[float, float, Mapping[str, str]]] = field(default_factory=dict)
    ways: list[tuple[int, list[int], Mapping[str, str]]] = field(default_factory=list)
    relations: list[tuple[int, list[tuple[str, int, str]], Mapping[str, str]]] = field(default_factory=list)

    def node(self, x: float, y: float, **tags: str) -> int:
        """Add a node so many steps east and north of the corner; return its id."""
        number = len(self.nodes) + 1
        self.nodes[number] = (self.at[0] + x * STEP, self.at[1] + y * STEP, _keys(tags))
        return number

    def way(self, nodes: Iterable[int], **tags: str) -> int:
        """Add a way; return its id. A tag's colon is written as two underscores."""
        self.ways.append((len(self.ways) + 1, list(nodes), _keys(tags)))
        return len(self.ways)

    def road(self, *corners: tuple[float, float], **tags: str) -> int:
        """Add a way through new nodes."""
        return self.way([self.node(*corner) for corner in corners], **tags)

    def write(self, path: Path, date: str = "2026-11-20T00:00:00Z", cut_to: Sequence[float] | None = None) -> Path:
        """Write the extract, whose header says what it was cut to where that is given, and return its path."""
        path.unlink(missing_ok=True)
        header = osmium.io.Header()
        if date:
            header.set("osmosis_replication_timestamp", date)
        if cut_to:
            header.add_box(osmium.osm.Box(*cut_to))
        with osmium.SimpleWriter(str(path), header=header) as writer:
            for number, (lon, lat, tags) in self.nodes.items():
                writer.add_node(osmium.osm.mutable.Node(id=number, version=1, location=(lon, lat), tags=tags))
            for number, nodes, tags in self.ways:
                writer.add_way(osmium.osm.mutable.Way(id=number, version=1, nodes=nodes, tags=tags))
            for number, members, tags in self.relations:
                writer.add_relation(osmium.osm.mutable.Relation(id=number, version=1, members=members, tags=tags))
        return path


def _keys(tags: Mapping[str, str]) -> dict[str, str]:
    return {key.rstrip("_").replace("__", ":"): value for key, value in tags.items()}


WALKED = {
    "footway",
    "pedestrian",
    "path",
    "steps",
    "corridor",
    "elevator",
    "platform",
    "primary",
    "primary_link",
    "secondary",
    "secondary_link",
    "tertiary",
    "tertiary_link",
    "unclassified",
    "residential",
    "living_street",
    "service",
    "road",
    "track",
    "cycleway",
    "bridleway",
}
BARRED = {"no", "private", "restricted", "military", "agricultural", "forestry", "delivery"}
ALLOWED = {
    "yes",
    "designated",
    "permissive",
    "official",
    "customers",
    "destination",
    "permitted",
    "public",
    "residents",
}
GONE = {"construction", "proposed", "planned", "abandoned", "razed", "demolished", "disused"}


def walked(tags: Mapping[str, str]) -> bool:
    """The rules of docs/ground.md, written again as one condition."""
    highway, foot = tags.get("highway"), tags.get("foot")
    other = tags.get("railway") == "platform" or tags.get("public_transport") == "platform"
    other = other or tags.get("man_made") == "pier"
    if not (highway or other or tags.get("route") == "ferry") or highway in GONE:
        return False
    if foot in BARRED | {"none", "use_sidepath"}:
        return False
    if foot in ALLOWED:
        return True
    if tags.get("access") in BARRED | {"emergency", "permit", "residents"} or tags.get("motorroad") == "yes":
        return False
    if highway in {"motorway", "motorway_link"}:
        return False
    pavement = tags.get("sidewalk") in {"both", "left", "right", "yes"}
    pavement = pavement or any(tags.get(f"sidewalk:{side}") == "yes" for side in ("both", "left", "right"))
    if pavement or highway in WALKED:
        return True
    return other and (highway is None or highway not in VEHICLES)


VEHICLES = {
    "trunk",
    "trunk_link",
    "raceway",
    "busway",
    "bus_guideway",
    "escape",
    "emergency_bay",
    "rest_area",
    "services",
    "via_ferrata",
}


class ByAnotherHand(osmium.SimpleHandler):
    """An extract read object by object, without anything of the product."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.roads = 0
        self.places: dict[int, tuple[float, float]] = {}
        self.ways: list[tuple[list[int], dict[str, str]]] = []
        self.tagged: list[dict[str, str]] = []
        self.rims: set[int] = set()
        self.bare: dict[int, list[int]] = {}
        self.apply_file(str(path))

    def node(self, node) -> None:
        self.places[node.id] = (node.location.lon, node.location.lat)
        self.tagged.append({tag.k: tag.v for tag in node.tags})

    def way(self, way) -> None:
        tags = {tag.k: tag.v for tag in way.tags}
        self.roads += "highway" in tags
        self.tagged.append(tags)
        self.ways.append(([node.ref for node in way.nodes], tags))
        self.bare[way.id] = [node.ref for node in way.nodes]

    def relation(self, relation) -> None:
        tags = {tag.k: tag.v for tag in relation.tags}
        if tags.get("type") in ("multipolygon", "boundary"):
            self.tagged.append(tags)
            if walked(tags) and "route" not in tags and tags.get("man_made") != "pier":
                self.rims |= {one.ref for one in relation.members if one.type == "w"}

    def graph(self) -> networkx.Graph:
        """Return what is walked, node by node of OpenStreetMap, with lengths on the ellipsoid."""
        geod, found = Geod(ellps="WGS84"), networkx.Graph()
        ways = [nodes for nodes, tags in self.ways if walked(tags)]
        kinds = ("highway", "railway", "public_transport", "man_made", "route")
        of = dict(zip(self.bare, (tags for _, tags in self.ways), strict=True))
        ways += [self.bare[one] for one in self.rims & self.bare.keys() if not any(kind in of[one] for kind in kinds)]
        for nodes in ways:
            for one, other in pairwise(nodes):
                if one != other and one in self.places and other in self.places:
                    line = geod.line_length(*zip(self.places[one], self.places[other], strict=True))
                    found.add_edge(one, other, length=line)
        return found
