"""What may be asked of a case, and who answers it: from a case to ever better answers, and to what the last amounts to.

A question is an entry of :data:`SEARCHES`; its name and its own fields are in :data:`layers.siting.ask.FIELDS`, and the
planning page shows it with a card of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geodata.errors import N_, AtlasError
from layers.atlas import Atlas
from layers.siting.answer import Answer, Stage, Zone, answered, cell_cover
from layers.siting.ask import ATTENDANCE, CAPACITY, CHANGE, DEMANDS, FAIR, STAGES, SURE, UPGRADE, WHERE, Ask
from layers.siting.attendance import expecting, falling
from layers.siting.capacity import each_at_least, load_of, room, served_before, with_capacity
from layers.siting.case import Case
from layers.siting.demands import PRESENT, weighed, weights_of
from layers.siting.prepare import Prepared
from layers.siting.reorganising import (
    afterwards,
    as_progress,
    changed_ids,
    moves_within,
    numbered,
    places_of_sites,
    with_upgrades,
    zone_of_cells,
)
from layers.siting.solver import (
    COVER,
    REGRET,
    WORST,
    Change,
    Clock,
    Progress,
    Robust,
    Staged,
    best,
    expected,
    reorganise,
    robust,
    solve,
    staged,
)
from layers.siting.solver import FAIR as WORST_FIRST
from layers.siting.stability import Stability, each_draw

#: The plan that looks at no zone, which says what looking at them costs, is sought for so long at most, seconds.
PRICE_SECONDS = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """How far the answer to a question is.

    Attributes
    ----------
    progress : Progress
        Its sites are those of `prepared`.
    prepared : Prepared
        In which the answer is judged.
    closed, upgraded : tuple of str
        Stations that change in it, by id.
    staged : Staged or None
        In which order.
    robust : Robust or None
        How good for several demands, whose weights of each element are in `weights`, shape (s, m).
    stability : Stability or None
        How sure, as far as demand has been drawn.
    """

    progress: Progress
    prepared: Prepared
    closed: tuple[str, ...] = ()
    upgraded: tuple[str, ...] = ()
    staged: Staged | None = None
    robust: Robust | None = None
    weights: NDArray[np.float64] | None = None
    stability: Stability | None = None


def search(atlas: Atlas, found: Case, seconds: float, cancelled: Callable[[], bool] = lambda: False) -> Iterator[Told]:
    """Yield ever better answers to the question of a case, each with its bound.

    Raises
    ------
    AtlasError
        The question contradicts itself or the place; says what would do.
    """
    return SEARCHES[found.ask.question](atlas, found, seconds, cancelled)


def answer(atlas: Atlas, found: Case, last: Told) -> Answer:
    """Return what the last answer amounts to."""
    made = answered(atlas, found, last.prepared, last.progress, last.closed, last.upgraded)
    if last.staged is not None:
        return _in_order(made, last.staged, last.prepared)
    if last.robust is not None and last.weights is not None:
        return weighed(made, [PRESENT, *found.ask.demands], last.weights, last.prepared, last.robust)
    if last.stability is not None:
        return _how_sure(made, last.stability, last)
    if found.ask.question == CAPACITY:
        return _with_room(made, last)
    if found.ask.question == ATTENDANCE:
        return expecting(made, found, last.prepared.instance, last.progress.sites)
    return _zoned(atlas, found, last, made) if found.ask.question == FAIR else made


def finished(found: Case, last: Told) -> bool:
    """Return whether nothing more is to be found: proved (or impossible), with every draw of demand that was asked."""
    drawn = last.stability is None or last.stability.draws >= found.ask.draws
    return last.progress.status == "infeasible" or (last.progress.status == "proved" and drawn)


def whole_of(found: Case, prepared: Prepared) -> float:
    """Return of what an objective is a part: of :func:`parts_of` all demand weight."""
    return parts_of(found.ask, float(prepared.instance.weight.sum()))


def parts_of(ask: Ask, weight: float) -> float:
    """Return of what an objective is a part: all demand weight, that once a stage, or 1 where it is a share itself."""
    if ask.question == DEMANDS or (ask.question == FAIR and ask.zone_share is None):
        return 1.0
    return weight * max(len(ask.stages), 1)


def _where(atlas: Atlas, found: Case, seconds: float, cancelled: Callable[[], bool]) -> Iterator[Told]:  # noqa: ARG001 - as every question
    prepared = found.prepared()
    for one in solve(prepared.instance, seconds, cancelled=cancelled):
        yield Told(one, prepared)


def _reorganised(atlas: Atlas, found: Case, seconds: float, cancelled: Callable[[], bool]) -> Iterator[Told]:
    ask = found.ask
    if found.placing.lost:
        raise AtlasError(N_("现有驿站都没有位置：请先补位置，再问撤并、升级和公平。"))
    if ask.question == UPGRADE:
        if found.wish.hours is None:
            raise AtlasError(N_("升级为 24 小时要看时段：请选一个时段，例如夜间 22–6 时或全天 0–24 时。"))
        offered = with_upgrades(found.candidates, found.existing, ask.upgrade_cost or 0.0, ask.upgrade)
        found = replace(found, candidates=offered)
    free = found.wish.new is None and found.wish.budget is None
    new = 0 if free or ask.question == UPGRADE else found.wish.new
    prepared = replace(found, wish=replace(found.wish, new=new)).prepared()
    instance, ids = prepared.instance, prepared.instance.site_ids
    zone_of, names = numbered(zone_of_cells(atlas, found) if ask.question == FAIR else ())
    change = Change(
        aim=WORST_FIRST if ask.question == FAIR and ask.zone_share is None else COVER,
        close=ask.close,
        least=ask.close,
        move=ask.move,
        moves=None
        if ask.move_within is None or prepared.places is None
        else moves_within(prepared.places, instance, ask.move_within),
        upgrade=ask.upgrade,
        keep=np.isin(ids, ask.keep) & instance.existing,
        place=places_of_sites(instance),
        zone=zone_of[prepared.point] if names else None,
        zone_share=ask.zone_share,
    )
    for last in reorganise(instance, change, Clock(seconds, cancelled)):
        _, closed, upgraded = changed_ids(last, ids)
        yield Told(as_progress(last), afterwards(prepared, last), tuple(closed), tuple(upgraded))


def _staged(atlas: Atlas, found: Case, seconds: float, cancelled: Callable[[], bool]) -> Iterator[Told]:  # noqa: ARG001 - as every question
    if not found.ask.stages:
        raise AtlasError(N_("没有分期：请写各期新增几处，例如 3,3,2。"))
    clock = Clock(seconds, cancelled)
    wish = replace(found.wish, new=sum(found.ask.stages))
    prepared = replace(found, wish=wish).prepared()
    for one in staged(prepared.instance, found.ask.stages, None, clock):
        chosen = np.sort(np.concatenate(one.sites))
        now = Progress(one.status, chosen, sum(one.objective), one.bound, "stages", clock.passed)
        yield Told(now, prepared, staged=one)


def _in_order(made: Answer, order: Staged, prepared: Prepared) -> Answer:
    """Return the answer with its stages, its sites numbered as they are built."""
    ids = prepared.instance.site_ids
    stage = {ids[j]: number for number, sites in enumerate(order.sites, 1) for j in sites}
    sites = sorted(made.sites, key=lambda one: (stage[one.site_id], one.number))
    stages = [
        Stage(
            new=len(sites),
            weight=float(worth),
            free=float(max(worth, free.objective or 0.0)),
            proved=free.status == "proved",
        )
        for sites, worth, free in zip(order.sites, order.objective, order.free, strict=False)
    ]
    numbered_so = [replace(one, number=at, stage=stage[one.site_id]) for at, one in enumerate(sites, 1)]
    return made.having(sites=tuple(numbered_so), stages=tuple(stages))


def _sure(atlas: Atlas, found: Case, seconds: float, cancelled: Callable[[], bool]) -> Iterator[Told]:
    clock, last = Clock(seconds, cancelled), None
    for last in _where(atlas, found, seconds, cancelled):
        yield last
    if last is None or last.progress.objective is None or last.progress.status == "infeasible":
        return
    instance, sites = last.prepared.instance, last.progress.sites
    for one in each_draw(instance, sites, found.ask.draws, over=clock.over):
        yield replace(last, stability=one)


def _how_sure(made: Answer, stable: Stability, last: Told) -> Answer:
    """Return the answer with the part of the draws in which each site stays."""
    ids = last.prepared.instance.site_ids
    stays = {ids[j]: float(part) for j, part in zip(last.progress.sites, stable.stays, strict=True)}
    return made.having(
        sites=tuple(replace(one, stays=stays[one.site_id]) for one in made.sites),
        draws=stable.draws,
        regret=float(stable.loss.mean()) if stable.draws else None,
    )


def _capacity(atlas: Atlas, found: Case, seconds: float, cancelled: Callable[[], bool]) -> Iterator[Told]:
    for one in _where(atlas, with_capacity(found), seconds, cancelled):
        why = one.progress.reasons
        if why and (more := each_at_least(one.prepared.instance)) is not None:
            one = replace(one, progress=replace(one.progress, reasons=(*why, more)))
        yield one


def _with_room(made: Answer, last: Told) -> Answer:
    """Return the answer with what has room before and after, and what each site serves."""
    instance = last.prepared.instance
    served, held = room(instance, last.progress.sites)
    by_site = load_of([one.site_id for one in made.sites], instance, held)
    return made.having(
        sites=tuple(replace(one, load=by_site.get(one.site_id)) for one in made.sites),
        served_before=served_before(instance),
        served=served,
    )


def _attendance(atlas: Atlas, found: Case, seconds: float, cancelled: Callable[[], bool]) -> Iterator[Told]:  # noqa: ARG001 - as every question
    prepared = found.prepared()
    for one in expected(prepared.instance, falling(found), found.ask.open_share, Clock(seconds, cancelled)):
        yield Told(one, prepared)


def _several(atlas: Atlas, found: Case, seconds: float, cancelled: Callable[[], bool]) -> Iterator[Told]:
    if not found.ask.demands:
        raise AtlasError(N_("没有选别的需求：请至少选一种，例如骑手翻一倍。"))
    prepared, clock = found.prepared(), Clock(seconds, cancelled)
    names, weights = weights_of(list(found.ask.demands), prepared, found.demand, found, atlas)
    for one in robust(prepared.instance, weights, REGRET if found.ask.least_regret else WORST, clock, names):
        now = Progress(one.status, one.sites, one.objective, one.bound, "search", clock.passed, reasons=one.reasons)
        yield Told(now, prepared, robust=one, weights=weights)


def _zoned(atlas: Atlas, found: Case, last: Told, made: Answer) -> Answer:
    """Return the answer with every street zone before and after, and what looking at them costs."""
    cover = cell_cover(found, made.points)
    zone, names = numbered(zone_of_cells(atlas, found))
    known = zone >= 0
    called = dict(zip(atlas.zones["zone_id"], atlas.zones["name"], strict=True))
    weight, before, after = (
        np.bincount(zone[known], values[known], len(names))
        for values in (cover.weight, cover.weight * cover.before, cover.weight * cover.after)
    )
    zones = [
        Zone(name=str(called.get(one, one)), weight=float(of), before=float(was / of), after=float(now / of))
        for one, of, was, now in zip(names, weight, before, after, strict=True)
        if of > 0
    ]
    free = best(last.prepared.instance.having(new=found.wish.new), PRICE_SECONDS)
    price = None if free.status != "proved" or free.objective is None else max(free.objective - made.after.weight, 0.0)
    return made.having(zones=tuple(sorted(zones, key=lambda one: (one.after, one.name))), price=price)


SEARCHES: dict[str, Callable[[Atlas, Case, float, Callable[[], bool]], Iterator[Told]]] = {
    WHERE: _where,
    CHANGE: _reorganised,
    UPGRADE: _reorganised,
    FAIR: _reorganised,
    STAGES: _staged,
    CAPACITY: _capacity,
    ATTENDANCE: _attendance,
    DEMANDS: _several,
    SURE: _sure,
}
