"""Plans along the walking network of the atlas: the town on the river, where the best can be told by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hand_counted import META, at

from layers import coverage
from layers.atlas import Atlas
from layers.filters import NETWORK, STRAIGHT, Filters
from layers.siting.answer import answered, cell_cover
from layers.siting.ask import POINTS, Ask, point_id
from layers.siting.case import Case, basis, case
from layers.siting.fairness import fairness
from layers.siting.scenario import inputs_filters
from layers.siting.solver import Progress, best
from tests.layers.towns import on_the_river, river_atlas, river_frames

HERE = Filters(place="350203", radius=500)
#: Across the river from a; across it from T3; on the lane that leads nowhere.
SITES = {"south": (300, -80), "west": (-900, -70), "lane": (250, 330)}
ROADS = {"south": "南岸路", "west": "南岸路", "lane": "孤巷"}
SPOTS = {name: (round(at(*xy).x, 5), round(at(*xy).y, 5)) for name, xy in SITES.items()}
IDS = {point_id(*spot): name for name, spot in SPOTS.items()}


@pytest.fixture
def river() -> Atlas:
    return river_atlas()


def solved(atlas: Atlas, filters: Filters, **asked) -> tuple[set[str], Case, Progress]:
    found = case(atlas, filters, Ask(source=POINTS, points=tuple(SPOTS.values()), **asked))
    prepared = found.prepared()
    last = best(prepared.instance)
    assert last.status != "infeasible", last.reasons
    return {IDS[prepared.instance.site_ids[j]] for j in last.sites}, found, last


def test_the_most_demand_is_where_no_bridge_leads(river) -> None:
    # b 2, c 4 and d 8 have no station within 500 m; e is too far from any street
    for new, sites, gained in ((1, {"lane"}, 8), (2, {"lane", "west"}, 12), (3, set(SITES), 14)):
        chosen, found, last = solved(river, HERE, model="mclp", new=new)
        assert chosen == sites
        assert last.objective == pytest.approx(33 + gained)
        told = answered(river, found, found.prepared(), last)
        assert (told.before.weight, told.after.weight, told.after.weight_of) == (33, 33 + gained, 63)
        assert {IDS[one.site_id]: one.road for one in told.sites} == {name: ROADS[name] for name in sites}
        assert told.before.weight == coverage.measure(river, HERE).nominal_weighted.part
    # straight, everybody has a station already
    _, found, last = solved(river, HERE.having(way=STRAIGHT), model="mclp", new=2)
    assert last.objective == 63 and found.walked is None


def test_the_median_walks_along_the_streets(river) -> None:
    # d can be served from the lane alone, so one site must stand there
    chosen, found, last = solved(river, HERE, model="pmedian", new=1)
    assert chosen == {"lane"} and found.apart.tolist() == [4]
    # a 80, b 700, c 1280, f 380; d 20 up, then 20 back and 10 m less to the lane
    assert last.objective == pytest.approx(80 + 2 * 700 + 4 * 1280 + 32 * 380 + 8 * 50, rel=2e-3)
    # without it the west (c from 1280 to 10 m) is worth more than the south (b from 700 to 40, f from 380 to 320)
    chosen, found, last = solved(river, HERE, model="pmedian", new=1, forbid=(point_id(*SPOTS["lane"]),))
    assert chosen == {"west"} and found.apart.tolist() == [3, 4]
    assert last.objective == pytest.approx(80 + 2 * 700 + 4 * 10 + 32 * 380, rel=3e-3)


def test_all_are_covered_but_those_whom_nobody_can_reach(river) -> None:
    chosen, found, _ = solved(river, HERE, model="lscp", new=None)
    assert chosen == set(SITES)
    said = found.note().text()
    assert "沿路网步行（2026-11-01）" in said and "1 个需求格（共 6 个）离路网超过 500 米" in said


def test_the_farthest_walks_over_the_bridge(river) -> None:
    chosen, _, last = solved(river, HERE, model="pcenter", new=2)
    assert chosen == {"lane", "west"} and last.objective == pytest.approx(700, rel=2e-3)


def test_what_is_shown_of_a_plan_walks_too(river) -> None:
    _, found, _ = solved(river, HERE, model="mclp", new=2)
    points = np.array([SPOTS["lane"], SPOTS["west"]])
    cover = cell_cover(found, points)
    assert dict(zip(cover.cells, cover.before, strict=True)) == dict(zip("abcdef", (1, 0, 0, 0, 0, 1), strict=True))
    assert dict(zip(cover.cells, cover.after, strict=True)) == dict(zip("abcdef", (1, 0, 1, 1, 0, 1), strict=True))
    fair = fairness(found, points)
    # each of T1 and the two new sites is shared by those within 500 m of it: T1 by a 1 and f 32
    assert dict(zip(fair.cells, fair.before.access, strict=True)) == pytest.approx(
        dict(zip("abcdef", (1000 / 33, 0, 0, 0, 0, 1000 / 33), strict=True))
    )
    assert fair.after.access[2] == pytest.approx(1000 / 4) and fair.after.access[3] == pytest.approx(1000 / 8)
    assert fair.before.without == pytest.approx(30 / 63)


def test_a_kept_question_names_the_way(river) -> None:
    found = case(river, HERE, Ask(source=POINTS, points=tuple(SPOTS.values())))
    assert inputs_filters(found.filters).way == NETWORK
    without = Atlas.from_frames(river_frames(), META)
    assert case(without, HERE, Ask(source=POINTS, points=tuple(SPOTS.values()))).filters.way is None
    other = Atlas.from_frames(river_frames(), {**META, "ground": "a1b2c3d4e5"}, lambda box: on_the_river())
    assert len({basis(without), basis(other)}) == 2
    assert (other.version, other.stored_version) == ("test-a1b2c3d4", "test")
