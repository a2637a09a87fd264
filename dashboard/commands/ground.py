"""``ground``: streets, demand and premises from an OpenStreetMap extract; ``walk``: the way along its streets."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from dashboard.commands.importing import user
from dashboard.commands.parsing import Add
from dashboard.locale import Gettext
from dashboard.settings import Settings
from dashboard.source import AtlasSource
from geodata.errors import N_, AtlasError
from geodata.osm import ground, network
from layers.distance import Points
from layers.walking import PACE, REACH_M, Connectors, Graph, Way, connect, ready, way

Progress = Callable[[float, str], None]
PACE_KMH = PACE * 60 / 1000
MARGIN_DEGREES = 0.1  # around two points, of the network that is loaded first
WHOLE_DEGREES = 20.0  # a margin from which on the whole network is loaded
FARTHER = 4.0  # times as far at the next attempt


def add_parsers(add: Add, words: Gettext) -> None:
    """Add the commands."""
    one = add(
        "ground",
        words("导入一个 OpenStreetMap 提取文件（.osm.pbf）：步行路网、底图、需求和备选点，记为一批"),
        with_json=True,
    )
    one.add_argument("file", type=Path, metavar="FILE.osm.pbf", help=words("提取文件"))
    one.add_argument(
        "--place",
        action="append",
        default=[],
        metavar="ADCODE",
        help=words("只取这些地方的需求和备选点（六位行政区划代码，可多次给出）；不给则取文件覆盖到的各县区"),
    )
    one.add_argument("--author", help=words("操作人，默认为系统用户名"))
    other = add("walk", words("沿步行路网量两点之间的路程"), with_json=True)
    for name, what in (
        ("from", words("起点，经度,纬度（WGS-84，度）")),
        ("to", words("终点，经度,纬度（WGS-84，度）")),
    ):
        other.add_argument(f"--{name}", dest=name, required=True, type=_lonlat, metavar="LON,LAT", help=what)
    other.add_argument(
        "--pace",
        type=float,
        default=PACE_KMH,
        metavar="KMH",
        help=words("步行速度，公里每小时，默认 {pace}").format(pace=PACE_KMH),
    )


def brought_in(
    options: argparse.Namespace, settings: Settings, source: AtlasSource, progress: Progress
) -> dict[str, Any]:
    """Bring the extract of the options in; return what :func:`geodata.osm.ground.bring` says of it."""
    return ground.bring(source.store(), settings.home, options.file, options.place, progress, options.author or user())


def remarks(result: dict[str, Any], words: Gettext) -> list[str]:
    """Return what is to be said of what :func:`brought_in` gave."""
    from geodata.osm.rows import COVERED

    said = []
    if result["older"]:
        said.append(words("这个提取文件比图册原来用的那个旧：要换回去，请用 undo {batch_id}。").format(**result))
    if not result["places"]:
        said.append(words("文件里没有落在全国县区里的设施：只做了路网和底图，没有需求和备选点。"))
    for place in result["places"]:
        share = result["covered"].get(place, 0.0)
        if share < COVERED:
            rest = words("{place} 只有约 {share} 在这个文件里：需求和备选点不全。")
            few = words("{place} 只有不到 1% 在这个文件里：需求和备选点不全。")
            said.append((few if share < 0.01 else rest).format(place=place, share=f"{share:.0%}"))
    return [*said, words("已导入：批次 {batch}。撤销请用 undo {batch}。").format(batch=result["batch_id"])]


def walked(options: argparse.Namespace, settings: Settings, source: AtlasSource) -> dict[str, Any]:
    """Measure the way that the options ask for.

    Returns
    -------
    dict
        ``metres`` (the whole way, connectors too), ``minutes`` (at ``pace_kmh``), ``connector_metres`` (both points
        straight to the network, together), ``connectors`` (from each), ``straight_metres``, ``pace_kmh``,
        ``extract_date``, ``attribution``.

    Raises
    ------
    AtlasError
        There is no network, a point lies too far from it, no way joins the two, or the pace is no speed of a walk.
    """
    if not 0.5 <= options.pace <= 15:
        raise AtlasError(N_("步行速度 {got} 不可用：请给 0.5 至 15 公里每小时。"), got=options.pace)
    folder = ground.current(settings.home, source.store().meta())
    if folder is None:
        raise AtlasError(N_("还没有步行路网：请先用 ground 导入一个 OpenStreetMap 提取文件（.osm.pbf）。"))
    ends = [getattr(options, "from"), options.to]
    found, straight = _shortest(folder / ground.NETWORK, ends)
    about = ground.about(folder)
    assert found.metres is not None
    return {
        "metres": round(found.metres, 2),
        "minutes": round(found.metres / (options.pace * 1000 / 60), 2),
        "connector_metres": round(sum(found.connector_metres), 2),
        "connectors": [round(one, 2) for one in found.connector_metres],
        "straight_metres": round(straight, 2),
        "pace_kmh": options.pace,
        "extract_date": about["extract_date"],
        "attribution": about["attribution"],
    }


def _shortest(folder: Path, ends: list[tuple[float, float]]) -> tuple[Way, float]:
    """Return the shortest way between two points, and the straight one, metres.

    Of the network so much is loaded that no way outside could be shorter: one that leaves the box of what is loaded
    walks at least from each point to its side.
    """
    one, other = (Points(np.array([end]), degrees=True) for end in ends)
    straight = float(network.WGS84.inv(*ends[0], *ends[1])[2])
    margin = MARGIN_DEGREES
    while True:
        west, east = min(end[0] for end in ends) - margin, max(end[0] for end in ends) + margin
        south, north = min(end[1] for end in ends) - margin, max(end[1] for end in ends) + margin
        box = (west, south, east, north)
        graph = ready(network.load(folder, box if margin < WHOLE_DEGREES else None))
        _want_way(graph, ends, (connect(graph, one), connect(graph, other)))
        found = way(graph, one, other)
        if margin >= WHOLE_DEGREES or (
            found.metres is not None and found.metres <= sum(_to_side(end, box) for end in ends)
        ):
            return found, straight
        margin *= FARTHER


def _want_way(graph: Graph, ends: list[tuple[float, float]], points: tuple[Connectors, Connectors]) -> None:
    """Refuse two points of which one is too far from the network, or which no way joins."""
    for end, come in zip(ends, points, strict=True):
        if len(come.far):
            away = float(come.metres[0])
            raise AtlasError(
                N_("点 {point} 离最近的路 {got} 米，超过 {most} 米：请核对坐标，或换一个覆盖这里的提取文件。"),
                point=f"{end[0]},{end[1]}",
                got=round(away) if away < np.inf else "∞",
                most=round(REACH_M),
            )
    first, second = (int(graph.part[come.nodes[0, 0]]) for come in points)
    if first != second:
        raise AtlasError(
            N_(
                "两点之间没有路相连：{one} 在路网的第 {first} 部分，{other} 在第 {second} 部分"
                "（第 0 部分最大）。请换一点，或在 OpenStreetMap 里补上缺的路。"
            ),
            one=f"{ends[0][0]},{ends[0][1]}",
            other=f"{ends[1][0]},{ends[1][1]}",
            first=first,
            second=second,
        )


def _to_side(end: tuple[float, float], box: network.Box) -> float:
    """Return how far a point is from the nearest side of a box around it, metres, rather too little."""
    lon, lat = end
    return 0.99 * min(
        network.WGS84.inv(lon, lat, *other)[2]
        for other in ((box[0], lat), (box[2], lat), (lon, max(box[1], -90.0)), (lon, min(box[3], 90.0)))
    )


def _lonlat(text: str) -> tuple[float, float]:
    try:
        lon, lat = (float(part) for part in text.replace("，", ",").split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: LON,LAT") from error
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise argparse.ArgumentTypeError(f"{text!r}: LON -180…180, LAT -90…90")
    return lon, lat
