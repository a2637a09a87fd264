"""The eight stories of the newspaper page: their facts, what follows from them, and what the page names."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from geodata.codes import shipped_rows
from geodata.errors import N_
from geodata.frames import rows_of
from layers import flows as hires
from layers.atlas import Atlas
from layers.provenance import mix

STORIES = tuple(row["story"] for row in shipped_rows("stories.csv"))
CITY = "640200"  # 石嘴山
SIMING = "350203"
PROMISED = (
    "aircon",
    "water",
    "toilet",
    "rest",
    "first_aid",
)  # warm and cool, hot water, toilet, a seat, first aid (F080)


# layers that the map of a story draws; S2, S5, S6 and S7 have their place and what is recorded there
LAYERS_OF = {
    "S1": frozenset({"grids", "enterprises"}),
    "S2": frozenset({"activities"}),
    "S3": frozenset({"flows", "fairs"}),
    "S4": frozenset({"activities"}),
    "S5": frozenset({"activities"}),
    "S6": frozenset({"activities"}),
    "S7": frozenset({"activities"}),
    "S8": frozenset({"stations", "demand"}),
}
CITIES_OF = {"S3": ("210900", "210700", "211400", "211100", "211300")}
WHERE = {"S3": "210000"}  # a map of five cities is that of their province
UNPLACED = ("S5", "S6")  # a mine and a bank, of which the report names no county
ROUTES = {"S4": ("R-02", "F040")}  # the service whose route a story draws, and the reported total of its persons
# what the figures of a story belong to; a story that is not here has one block
SECTIONS = {
    "S8": (
        (N_("工会驿站与计划新建"), ("F080", "F081")),
        (N_("微心愿"), ("F082", "F083")),
        (N_("意外伤害险与理赔"), ("F084", "F085", "F086")),
        (N_("高温慰问"), ("F087",)),
        (N_("法律援助"), ("F088", "F089", "F090")),
    )
}


@dataclass(frozen=True, slots=True)
class Derived:
    """A figure computed from facts of one story.

    Attributes
    ----------
    label, formula : str
        Messages in Chinese.
    value : float
        Shares are 0 to 1.
    unit : str
        Code of the vocabulary ``unit``; empty for a share.
    qualifier : str
        What the least exact of its facts says.
    facts : tuple of str
        Ids, in the order of the formula.
    """

    label: str
    formula: str
    value: float
    unit: str
    qualifier: str
    facts: tuple[str, ...]


# story → label, formula, first fact, sign, second fact, unit, qualifier
_DERIVED = {
    "S1": ((N_("强化产改举措的企业占比"), N_("强化的企业 ÷ 覆盖的企业（按企业数，不加权）"), "F010", "/", "F006", ""),),
    "S2": ((N_("每年培育经费合计"), N_("每年遴选人数 × 每名经费"), "F020", "*", "F021", "yuan"),),
    "S3": ((N_("岗位到意向的转化率"), N_("达成就业意向人数 ÷ 提供岗位数"), "F033", "/", "F032", ""),),
    "S7": ((N_("平均每家企业的选手"), N_("选手 ÷ 企业"), "F070", "/", "F071", "person"),),
    "S8": ((N_("每个微心愿的经费"), N_("微心愿经费 ÷ 实现的微心愿"), "F083", "/", "F082", "yuan"),),
}


def facts(atlas: Atlas, story: str) -> pd.DataFrame:
    """Return the reported facts of `story`, in the order of the page; empty when the atlas holds none."""
    return atlas.facts[atlas.facts["system"] == story]


def derived(atlas: Atlas, story: str) -> tuple[Derived, ...]:
    """Return what follows from the facts of `story`; what lacks a fact is left out."""
    known = atlas.facts.set_index("id")[["value", "qualifier"]]
    found = []
    for label, formula, first, sign, second, unit in _DERIVED.get(story, ()):
        if first not in known.index or second not in known.index:
            continue
        one, two = float(known.loc[first, "value"]), float(known.loc[second, "value"])
        if sign == "/" and not two:
            continue
        loose = [known.loc[fact, "qualifier"] for fact in (first, second) if known.loc[fact, "qualifier"] != "exact"]
        found.append(
            Derived(
                label,
                formula,
                one / two if sign == "/" else one * two,
                unit,
                loose[0] if loose else "exact",
                (first, second),
            )
        )
    return tuple(found)


def matrix(atlas: Atlas) -> pd.DataFrame:
    """Return the grids of 石嘴山 with their reform task and share of strengthened enterprises, the one that lags first.

    The rule: the smallest share of enterprises with stronger measures; of equal shares the grid with more
    enterprises, then the smaller id. A grid without enterprises has no share and comes last.

    Returns
    -------
    DataFrame
        ``grid_id``, ``name``, ``name_en``, ``task``, ``enterprises``, ``enterprises_strengthened``, ``share`` (0 to 1)
        and ``provenance``.
    """
    rows = atlas.grids
    place = atlas.tree.position(CITY)
    if place < 0 or not len(rows):
        return pd.DataFrame(
            columns=[
                "grid_id",
                "name",
                "name_en",
                "task",
                "enterprises",
                "enterprises_strengthened",
                "share",
                "provenance",
            ]
        )
    rows = pd.DataFrame(
        rows[atlas.tree.under(place, atlas.place_rows("grids"))].drop(columns="geometry", errors="ignore")
    )
    count = rows["enterprises"].where(rows["enterprises"] > 0)
    rows["share"] = rows["enterprises_strengthened"] / count
    rows = rows.sort_values(["share", "enterprises", "grid_id"], ascending=[True, False, True], na_position="last")
    return rows[
        ["grid_id", "name", "name_en", "task", "enterprises", "enterprises_strengthened", "share", "provenance"]
    ].reset_index(drop=True)


def flows(atlas: Atlas) -> pd.DataFrame:
    """Return hires between places as an origin-destination list, provenances apart.

    Returns
    -------
    DataFrame
        ``from_adcode``, ``to_adcode``, ``provenance``, ``persons`` (sum) and ``source_id``; reported first.
    """
    return hires.summed(atlas.flows)


def parts(atlas: Atlas, fact: str, split: str) -> pd.DataFrame:
    """Return the parts of the reported total `fact`, split as `split` says; empty when nobody has given any."""
    rows = atlas.parts
    return rows[(rows["fact_id"] == fact) & (rows["split_by"] == split)]


def fairs(atlas: Atlas, story: str) -> pd.DataFrame:
    """Return the fairs of the cities of `story`, reported ones first, each kind by its day."""
    rows = atlas.fairs[atlas.fairs["adcode"].isin(CITIES_OF[story])]
    return rows.assign(made_up=rows["provenance"] != "reported").sort_values(
        ["made_up", "start", "fair_id"], na_position="last", kind="stable"
    )


def facilities(atlas: Atlas) -> tuple[dict[str, int], pd.DataFrame]:
    """Return facility → open stations of 思明 that have it,
    of those that the report lists as services, most first, and those stations.
    """
    rows = atlas.stations
    open_here = ((rows["adcode"] == SIMING) & (rows["status"] == "open")).to_numpy(bool)
    counted = {code: int((atlas.holds("stations", "facilities", code) & open_here).sum()) for code in PROMISED}
    return dict(sorted(counted.items(), key=lambda one: -one[1])) if open_here.any() else {}, rows[open_here]


def heat_relief(atlas: Atlas) -> tuple[dict[str, int], pd.DataFrame]:
    """Return month (``YYYY-MM``) → times of heat relief in 思明, and those activities."""
    rows = atlas.activities
    rows = rows[(rows["adcode"] == SIMING) & (rows["kind"] == "heat_relief") & rows["start"].notna()]
    counted = pd.to_datetime(rows["start"]).dt.strftime("%Y-%m").value_counts().sort_index()
    return {str(month): int(count) for month, count in counted.items()}, rows


def sections(rows: pd.DataFrame, story: str) -> list[tuple[str, pd.DataFrame]]:
    """Return the facts of `story` in blocks with their title; what no block names comes first, without title."""
    blocks = SECTIONS.get(story, ())
    named = {fact for _, ids in blocks for fact in ids}
    found = [("", rows[~rows["id"].isin(named)]), *((title, rows[rows["id"].isin(ids)]) for title, ids in blocks)]
    return [(title, part) for title, part in found if len(part)]


def crossing(hired: pd.DataFrame) -> dict[tuple[str, str], list[tuple[str, float]]]:
    """Return (home, city that hires) → provenance and persons of each row of :func:`flows`, never added."""
    found: dict[tuple[str, str], list[tuple[str, float]]] = {}
    for row in rows_of(hired):
        found.setdefault((row.from_adcode, row.to_adcode), []).append((row.provenance, float(row.persons)))
    return found


def origin(rows: pd.DataFrame) -> str | None:
    """Return the provenance of a table of the story."""
    return mix(rows) if len(rows) else None


def at_place(adcode: str) -> tuple[str, ...]:
    """Return the stories told of the place `adcode`."""
    return tuple(row["story"] for row in shipped_rows("stories.csv") if row["adcode"] == adcode)
