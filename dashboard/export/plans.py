"""A siting scenario as one side of a brief: its figures, its sites as a chart, its map.

Named by ``scenario=ID`` in the query.
"""

from __future__ import annotations

import math
from typing import Any
from urllib.parse import urlencode

from dashboard import query_string, theme
from dashboard.charts.chart import Chart, Charts, Series
from dashboard.components.plan_legend import plan_legend
from dashboard.maps import planning
from dashboard.planning_questions import sentence
from dashboard.scenario_in_words import (
    figure_names,
    figure_text,
    input_names,
    input_text,
    kind_names,
    proof,
    street_names,
)
from dashboard.state import View
from dashboard.words import Words
from geodata.errors import N_, AtlasError
from geodata.message import Message
from layers import places
from layers.atlas import Atlas
from layers.filters import NETWORK
from layers.siting import scenario_comparison
from layers.siting.answer import Answer, CellCover, cell_cover
from layers.siting.ask import FIELDS, WHERE
from layers.siting.case import Case, basis, case
from layers.siting.scenario import Scenario, of_row

KEY = "scenario"
#: Of the figures of a comparison, those that one scenario alone shows: as many as stand beside each other.
ALONE = ("sites", "share_after", "night_after", "weight_gained", "mean_m", "gap")
UNITS = {"sites": N_("站")}


def named(query: str) -> str:
    """Return the scenario that a query names, empty when it names none."""
    return query_string.values(query).get(KEY, "")


def without(query: str) -> str:
    """Return the query without its scenario."""
    return query_string.text(pair for pair in query_string.pairs(query) if pair[0] != KEY).removeprefix("?")


def scenario_of(atlas: Atlas, scenario_id: str) -> Scenario:
    """Return a scenario with an answer.

    Raises
    ------
    AtlasError
        There is none of that id, or it was never solved or cannot be read.
    """
    row = atlas.rows_by("scenarios", "scenario_id").get(scenario_id)
    if row is None:
        raise AtlasError(N_("没有方案 {id}：可能已被删除。"), id=scenario_id)
    one = of_row(atlas.scenarios.iloc[row].to_dict())
    if one.trouble is not None:
        raise one.trouble
    if one.answer is None or one.inputs is None:
        raise AtlasError(N_("方案“{name}”没有点位，不能做成简报：请先求解。"), name=one.name)
    return one


def address(scenarios: list[str], lang: str, usual: str) -> str:
    """Return the path and query of the planning page that shows these scenarios, or the one."""
    pairs = {KEY: scenarios[0]} if len(scenarios) == 1 else {"compare": "~".join(scenarios)}
    return "/planning?" + urlencode(pairs | ({"lang": lang} if lang != usual else {}), safe="~")


def figures(one: Scenario, words: Words, alone: bool) -> list[tuple[str, str, str, str]]:
    """Return the figures of a scenario as on the planning page: name, value, unit, label."""
    column = scenario_comparison.figures([one, one.having(scenario_id="-")])[one.scenario_id]
    labels = figure_names(words)
    kept = ALONE if alone else tuple(name for name in labels if not (name == "cost" and not column[name]))
    return [
        (name, figure_text(name, column[name], words), words(UNITS[name]) if name in UNITS else "", labels[name])
        for name in kept
        if not math.isnan(column[name])
    ]


def said_of(one: Scenario, words: Words) -> tuple[str, ...]:
    """Return what was asked, in words, and how good the answer is."""
    assert one.inputs is not None and one.answer is not None
    ask, filters, labels = one.inputs.ask, one.inputs.filters, input_names(words)
    walks = ("way", filters.way) if filters.way == NETWORK else ("detour", filters.detour)
    own = [(name, value) for name in FIELDS[ask.question] if (value := getattr(ask, name)) not in (None, ())]
    asked = [("radius", filters.radius), walks, ("hours", ask.hours), ("new", ask.new), *own]
    told = [
        words.titled(labels[name], input_text(name, value, words))
        for name, value in asked
        if value is not None or name == "hours"
    ]
    by = " ".join(part for part in (one.author, words.date(one.created)) if part)
    unplaced = one.answer.unplaced.note()
    noted = () if unplaced is None else (unplaced.text(words.gettext),)
    answered = proof(one.answer, words) if ask.question == WHERE else sentence(one.answer, ask, words)
    return (*told, *noted, answered, words("方案存于 {by}").format(by=by))


def charts(atlas: Atlas, one: Scenario, words: Words) -> Charts:
    """Return the chart of a scenario: what each new site newly reaches, the one that would be missed most on top."""

    answer = one.answer
    assert answer is not None
    before, after = words.share(answer.before.share), words.share(answer.after.share)
    rows = [site for site in answer.sites if site.newly is not None][::-1]
    if not rows and answer.changes:
        return Charts((_changed(one, answer, words),), ())
    if not rows:
        return Charts((), (words("{name}：没有可画的点位").format(name=one.name),))
    street = street_names(atlas, words)
    names = [f"{site.number}  {street.get(site.name, site.name)}" for site in rows]
    values = tuple(round(float(site.newly or 0.0), 1) for site in rows)
    return Charts(
        (
            Chart(
                "sites",
                words("覆盖 {before} → {after}").format(before=before, after=after),
                words("每处新站新覆盖的需求权重，全部 {all} 中").format(all=words.number(answer.after.weight_of, 1)),
                one.provenance,
                "bar",
                tuple(names),
                (Series(words("新覆盖的需求权重"), values, theme.RED, one.provenance),),
                number_format="#,##0.0",
                room="paper",
            ),
        ),
        (),
    )


def _changed(one: Scenario, answer: Answer, words: Words) -> Chart:
    """Return the chart of a plan without new sites: what each station that changes reaches alone."""
    rows = answer.changes[::-1]
    kinds = kind_names(words)
    return Chart(
        "sites",
        words("覆盖 {before} → {after}").format(
            before=words.share(answer.before.share), after=words.share(answer.after.share)
        ),
        words("要变的现有驿站，各自只有它覆盖的需求权重，全部 {all} 中").format(
            all=words.number(answer.after.weight_of, 1)
        ),
        one.provenance,
        "bar",
        tuple(f"{words.called(each.name)} · {kinds[each.kind]}" for each in rows),
        (Series(words("只有它覆盖"), tuple(round(each.weight, 1) for each in rows), theme.STATION, one.provenance),),
        number_format="#,##0.0",
        room="paper",
    )


def changed(atlas: Atlas, one: Scenario) -> tuple[Message, ...]:
    """Return the word about an atlas that was changed since the scenario was kept."""
    if one.inputs is None or one.inputs.basis == basis(atlas):
        return ()
    return (
        Message(
            N_("方案“{name}”保存之后图册有改动：数字是保存时的，地图按现在的数据画。按“求解”可重算。"),
            {"name": one.name},
        ),
    )


def drawn(
    atlas: Atlas, one: Scenario, words: Words, view: View | None, review: str, mode: str = "light"
) -> tuple[dict[str, Any], list]:
    """Return the map of a scenario, as the planning page draws it, and its legend."""

    assert one.inputs is not None and one.answer is not None
    found = _case(atlas, one)
    answer: Answer = one.answer
    cover: CellCover | None = None
    if found is not None:
        cover = atlas.recent(
            ("scenario cover", one.scenario_id, one.batch_id),
            lambda: cell_cover(found, answer.points, answer.closed, answer.upgraded),
        )
    shown = planning.Shown(found, cover, answer.sites, names=street_names(atlas, words), changes=answer.changes)
    figure = planning.map_figure(atlas, shown, places.scope(atlas, one.inputs.filters), words, view)
    for trace in figure["data"]:
        if trace["name"] == "candidates":  # what may be clicked is nothing on paper
            trace["marker"] = {**trace["marker"], "opacity": 0}
    figure["layout"]["meta"] |= {"off": [], "hatched": []}
    legend = plan_legend(
        atlas, found, cover, len(answer.sites), words, review, candidates=False, mode=mode, changes=answer.changes
    )
    return figure, legend


def _case(atlas: Atlas, one: Scenario) -> Case | None:
    assert one.inputs is not None
    inputs = one.inputs
    try:
        return atlas.recent(
            ("scenario case", one.scenario_id, one.batch_id),
            lambda: case(atlas, inputs.filters, inputs.ask.having(force=(), forbid=())),
        )
    except AtlasError:
        return None  # the place has lost its demand since: sites alone
