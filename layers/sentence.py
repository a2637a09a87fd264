"""A leader's sentence: what the figures say of the place looked at, by rules; no figure without its source.

A clause speaks of one provenance alone and says which; what is reported and
what is made up never stand in one clause. A share that follows from the
numbers of its clause has a mark of its own behind it: theirs stands before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from geodata.codes import labels
from geodata.days import written
from geodata.errors import N_
from geodata.facts import format_reported
from layers import activities, coverage, kpis, places, stations, unplaced
from layers.atlas import Atlas
from layers.filters import FLOOR, Filters
from layers.provenance import MIXED, mix, sources, weakest

MOST = 4
NIGHT = 22  # the hour that is spoken of when none is asked: what the day's opening hides
STOP = {"zh": "；", "en": "; "}  # no key
COMMA = {"zh": "，", "en": ", "}  # no key
COLON = {"zh": "：", "en": ": "}  # no key
END = {"zh": "。", "en": "."}  # no key
MARKS = {
    "reported": N_("（报道）"),
    "derived": N_("（推算）"),
    "illustrative": N_("（示意）"),
    MIXED: N_("（混合，含示意）"),
}
#: What stands behind a share computed from numbers of that provenance.
SHARES = {
    "reported": N_("（未加权，推算）"),
    "derived": N_("（未加权，推算）"),
    "illustrative": N_("（未加权，由示意推算）"),
    MIXED: N_("（未加权，推算，含示意）"),
}


@dataclass(frozen=True, slots=True)
class Cited:
    """One number of a sentence, as each reader writes it, and the rows or choices that it comes from."""

    value: float
    zh: str
    en: str
    provenance: str | None
    source_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clause:
    """One statement: its message, the numbers and names in it,
    and the provenance of all of it (None: nothing is counted).

    The mark of provenance ends the clause, or stands where its message has the field ``mark``; ``share_mark`` is that
    of the share computed from its numbers. `what` is a message of its own, for the field of that name; `where` the
    place that it speaks of, when that is another than the one looked at; `tail` are clauses that restrict this one and
    are said in one breath with it.
    """

    msgid: str
    figures: Mapping[str, Cited] = field(default_factory=dict)
    names: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    provenance: str | None = None
    what: str = ""
    where: tuple[str, str] | None = None
    tail: tuple[Clause, ...] = ()

    def text(self, gettext: Callable[[str], str], lang: str) -> str:
        """Return the clause with its mark of provenance."""
        values = {name: one.zh if lang == "zh" else one.en for name, one in self.figures.items()}
        values |= {name: pair[lang != "zh"] for name, pair in self.names.items()}
        if self.what:
            values["what"] = gettext(self.what)
        if self.provenance:
            values |= {"mark": gettext(MARKS[self.provenance]), "share_mark": gettext(SHARES[self.provenance])}
        said = gettext(self.msgid).format(**values)
        if self.where:
            said = self.where[lang != "zh"] + (" " if lang == "zh" else ": ") + said
        said = COMMA[lang].join([said, *(one.text(gettext, lang) for one in self.tail)])
        return said + (gettext(MARKS[self.provenance]) if self.provenance and "{mark}" not in self.msgid else "")


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is said of a place.

    Attributes
    ----------
    clauses : tuple of Clause
        In the order of speech.
    """

    clauses: tuple[Clause, ...]

    @property
    def figures(self) -> tuple[Cited, ...]:
        """Every number that is said."""
        every = [one for clause in self.clauses for one in (clause, *clause.tail)]
        return tuple(figure for one in every for figure in one.figures.values())

    @property
    def source_ids(self) -> tuple[str, ...]:
        """Facts and sources behind the numbers, sorted."""
        return tuple(sorted({source for one in self.figures for source in one.source_ids}))

    @property
    def provenance(self) -> str | None:
        """Provenance of the whole: ``mixed`` when its clauses differ."""
        return mix(clause.provenance for clause in self.clauses)

    def text(self, gettext: Callable[[str], str] = lambda msgid: msgid, lang: str = "zh") -> str:
        """Return the sentence in the language of `gettext`."""
        head, *rest = (clause.text(gettext, lang) for clause in self.clauses)
        return head + COLON[lang] + STOP[lang].join(rest) + END[lang]


def sentence(atlas: Atlas, filters: Filters, most: int = MOST, dated: bool = True) -> Sentence:
    """Return what the figures say of the place looked at.

    Parameters
    ----------
    most : int
        How many clauses at most.
    dated : bool
        Whether the day of the data is said at the end.

    Raises
    ------
    AtlasError
        When the place, region or grid is not in the atlas.
    """
    here = places.scope(atlas, filters)
    known = {figure.id: figure for figure in kpis.strip(atlas, filters)}
    found = [*_work(atlas, known), *_stations(atlas, filters, known), *_fairs(known)]
    if len(found) < most:
        found += _reported(known)
    if len(found) < most:
        found += _activities(atlas, filters)
    name = {"place": (here.name, here.name_en)}
    found = found or [Clause(N_("所选条件下没有可说的数字"))]
    return Sentence((Clause(N_("{place}"), names=name), *found[:most], *((_as_of(atlas),) if dated else ())))


# -- inside -----------------------------------------------------------------------


def _cited(figure: kpis.KeyFigure) -> Cited:
    return Cited(float(figure.value or 0), figure.text_zh, figure.text_en, figure.provenance, figure.source_ids)


def _plain(value: float, provenance: str | None, source_ids: tuple[str, ...], text: str | None = None) -> Cited:
    said = text if text is not None else f"{value:,.0f}"
    return Cited(float(value), said, said, provenance, source_ids)


def _share(ratio: float, of: str | None, source_ids: tuple[str, ...]) -> Cited:
    """Return a share of two numbers of the provenance `of`: derived, when they are reported."""
    return _plain(ratio, "derived" if of == "reported" else of, source_ids, f"{ratio:.1%}")


def _as_of(atlas: Atlas) -> Clause:
    day = atlas.data_date
    return Clause(
        N_("数据截至 {day}"), {"day": Cited(float(day.toordinal()), written(day, "zh"), written(day, "en"), None, ())}
    )


def _where(atlas: Atlas, figure: kpis.KeyFigure) -> tuple[str, str] | None:
    """Return the place that a figure was reported for, when it is not the one looked at."""
    row = -1 if figure.adcode is None else atlas.tree.position(figure.adcode)
    return None if row < 0 else (str(atlas.places["name"].iloc[row]), str(atlas.places["name_en"].iloc[row]))


def _work(atlas: Atlas, known: Mapping[str, kpis.KeyFigure]) -> list[Clause]:
    grids, done = known.get("grids"), known.get("strengthened")
    clauses = []
    if grids and grids.value:
        clauses.append(
            Clause(
                N_("产改网格 {grids} 个"),
                {"grids": _cited(grids)},
                provenance=grids.provenance,
                where=_where(atlas, grids),
            )
        )
    if done and done.value is not None and done.of and "whole" in done.of.params:
        whole = float(str(done.of.params["whole"]).replace(",", ""))
        if whole:
            figures = {
                "whole": _plain(whole, done.provenance, done.source_ids),
                "done": _cited(done),
                "share": _share(done.value / whole, done.provenance, done.source_ids),
            }
            clauses.append(
                Clause(
                    N_("{whole} 家企业中 {done} 家已强化“产改”举措{mark}，占 {share}{share_mark}"),
                    figures,
                    provenance=done.provenance,
                    where=_where(atlas, done),
                )
            )
    return clauses


def _stations(atlas: Atlas, filters: Filters, known: Mapping[str, kpis.KeyFigure]) -> list[Clause]:
    inside = stations.chosen(atlas, filters) & stations.service(atlas, filters).nominal
    total = int(inside.sum())
    asked = filters if filters.hour is not None else filters.having(hour=NIGHT)
    standing = coverage.standing(atlas, asked)
    lost = _lost(atlas, filters, standing)
    shown = known.get("stations")
    if not total and not lost:
        return [] if shown and shown.value else _none(atlas, filters)
    clauses = []
    if shown and (lost or not stations.asks(filters)):
        clauses.append(
            Clause(
                N_("工会驿站 {count} 个") if not stations.asks(filters) else N_("符合条件的驿站 {count} 个"),
                {"count": _cited(shown)},
                provenance=shown.provenance,
                where=_where(atlas, shown),
                tail=lost,
            )
        )
    if places.scope(atlas, filters).level in ("country", "province"):
        return clauses  # of demand in few counties a share of the nation would be said
    cover = coverage.measure(atlas, asked)
    ratio = cover.effective_weighted.ratio
    if ratio is None:
        return clauses
    serving = int((inside & stations.service(atlas, asked).effective).sum())
    of = sources(atlas.distinct("stations", "source_id", inside))
    counted = mix(atlas.distinct("stations", "provenance", inside))
    both = weakest(cover.provenance, counted)
    behind = tuple(sorted({*cover.source_ids, *of}))
    figures = {
        "hour": _plain(asked.hour or 0, None, ()),
        "total": _plain(total, counted, of),
        "serving": _plain(serving, counted, of),
        "share": _plain(ratio, cover.provenance, behind, f"{ratio:.1%}"),
        "radius": _plain(filters.radius, None, (), f"{filters.radius:,}"),
        "whole": _plain(
            cover.effective_weighted.whole, cover.provenance, cover.source_ids, cover.effective_weighted.whole_text
        ),
    }
    msgid = N_(
        "{total} 个已定位的驿站中 {hour} 时可用 {serving} 个，"
        "步行 {radius} 米覆盖需求权重的 {share}（加权，全部 {whole}）"
    )
    names = _of_whom(filters)
    if names:
        msgid = N_(
            "{total} 个已定位的驿站中 {hour} 时可用 {serving} 个，"
            "步行 {radius} 米覆盖{group}需求权重的 {share}（加权，全部 {whole}）"
        )
    return [*clauses, Clause(msgid, figures, names, both, tail=_not_counted(atlas, asked, cover))]


def _of_whom(filters: Filters) -> dict[str, tuple[str, str]]:
    """Return the name of whom demand is asked of, as the field ``group``; nothing where it is asked of all."""
    of_whom = {"worker_group": filters.worker_group, "demand_proxy": FLOOR if filters.proxy == FLOOR else None}
    said = {vocabulary: code for vocabulary, code in of_whom.items() if code}
    zh, en = ("·".join(labels(one, lang).get(code, code) for one, code in said.items()) for lang in ("zh", "en"))
    return {"group": (zh, en)} if said else {}


def _none(atlas: Atlas, filters: Filters) -> list[Clause]:
    """Return what is said where demand was counted and no station stands: how much reaches none, next door neither."""
    if places.scope(atlas, filters).level in ("country", "province"):
        return []
    cover = coverage.measure(atlas, filters)
    reached = cover.effective_weighted
    if reached.ratio is None:
        return []
    origin, behind = cover.provenance, cover.source_ids
    figures = {
        "radius": _plain(filters.radius, None, (), f"{filters.radius:,}"),
        "share": _plain(1 - reached.ratio, origin, behind, f"{1 - reached.ratio:.1%}"),
        "whole": _plain(reached.whole, origin, behind, reached.whole_text),
    }
    msgid = N_("步行 {radius} 米够不到任何驿站的占需求权重的 {share}（加权，全部 {whole}）")
    names = _of_whom(filters)
    if names:
        msgid = N_("步行 {radius} 米够不到任何驿站的占{group}需求权重的 {share}（加权，全部 {whole}）")
    said = N_("没有符合条件的驿站") if stations.asks(filters) else N_("没有工会驿站")
    return [Clause(said), Clause(msgid, figures, names, origin, tail=_not_counted(atlas, filters, cover))]


def _lost(atlas: Atlas, filters: Filters, standing: unplaced.Standing) -> tuple[Clause, ...]:
    """Return what is said where no station of the place has a position, so that there is no share."""
    if not standing.lost:
        return ()
    return (_apart(atlas, filters, N_("{count} 个驿站尚无位置，未计入"), standing),)


def _not_counted(atlas: Atlas, filters: Filters, cover: coverage.Coverage) -> tuple[Clause, ...]:
    """Return what restricts a share at an hour: stations without a position, stations of unknown hours."""
    found = []
    note = cover.standing.note()
    if note:
        found.append(_apart(atlas, filters, note.msgid, cover.standing))
    unsaid = unplaced.unsaid_hours(cover.stations_unknown_hours, filters.hour)
    if unsaid:
        inside = stations.chosen(atlas, filters) & ~stations.hours_known(atlas)
        found.append(Clause(unsaid.msgid, {"count": _counted(atlas, cover.stations_unknown_hours, inside)}))
    for said in cover.walked():
        found.append(Clause(said.msgid, names={name: (str(one), str(one)) for name, one in said.params.items()}))
    return tuple(found)


def _apart(atlas: Atlas, filters: Filters, msgid: str, standing: unplaced.Standing) -> Clause:
    placed = unplaced.masks(atlas, filters)[0]
    inside = placed & stations.chosen(atlas, filters.having(area=()))
    figures = {"count": _counted(atlas, standing.unplaced, unplaced.here(atlas, filters))}
    if "{placed}" in msgid:
        figures["placed"] = _counted(atlas, standing.placed, inside)
    return Clause(msgid, figures)


def _counted(atlas: Atlas, count: int, rows: NDArray[np.bool_]) -> Cited:
    return _plain(
        count,
        mix(atlas.distinct("stations", "provenance", rows)),
        sources(atlas.distinct("stations", "source_id", rows)),
    )


def _fairs(known: Mapping[str, kpis.KeyFigure]) -> list[Clause]:
    offered, met = known.get("positions"), known.get("intents")
    if not offered or not offered.value:
        return []
    if not met or met.provenance != offered.provenance or met.value is None:
        return [
            Clause(N_("招聘会提供岗位 {positions} 个"), {"positions": _cited(offered)}, provenance=offered.provenance)
        ]
    share = _share(met.value / offered.value, offered.provenance, tuple(sorted({*offered.source_ids, *met.source_ids})))
    return [
        Clause(
            N_("招聘会提供岗位 {positions} 个，达成意向 {intents} 人{mark}，为岗位的 {share}{share_mark}"),
            {"positions": _cited(offered), "intents": _cited(met), "share": share},
            provenance=offered.provenance,
        )
    ]


def _reported(known: Mapping[str, kpis.KeyFigure]) -> list[Clause]:
    """Return what was reported of the place itself beside regions, stations and fairs, the first of it."""
    zh, en = labels("unit", "zh"), labels("unit", "en")
    for metric, label, _ in kpis.EXTRAS:
        if metric in known:
            one = known[metric]
            space = " " if one.text_zh[-1].isdigit() else ""
            unit = en.get(one.unit, one.unit)
            value = Cited(
                float(one.value or 0),
                f"{one.text_zh}{space}{zh.get(one.unit, one.unit)}",
                f"{one.text_en} {unit.removesuffix('s') if one.value == 1 else unit}",
                one.provenance,
                one.source_ids,
            )
            return [Clause(N_("{what} {value}"), {"value": value}, provenance=one.provenance, what=label)]
    return []


def _activities(atlas: Atlas, filters: Filters) -> list[Clause]:
    rows = activities.chosen(atlas, filters)
    if not len(rows):
        return []
    origin, behind = (
        mix(atlas.distinct("activities", "provenance", rows)),
        sources(atlas.distinct("activities", "source_id", rows)),
    )
    count = format_reported(len(rows), "exact", "", "zh")
    return [
        Clause(
            N_("记录的活动 {count} 项"),
            {"count": Cited(float(len(rows)), count, count, origin, behind)},
            provenance=origin,
        )
    ]
