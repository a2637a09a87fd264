"""Colours that must be told apart keep their distance for everybody, in both themes."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from dashboard import theme
from dashboard.theme.recolour import color
from geodata import colours
from geodata.kinds import shipped
from tests.colours import SEEN, delta_e, lab, least

# CIEDE2000; about 2.3 is just noticeable side by side. Steps of one scale are read in order and beside their legend;
# kinds are read alone, far from it. Points differ by size and by a ring as well.
STEP, KIND = 4.0, 6.5
GROUPS = {
    "steps of the scale": (list(pairwise(theme.SEQUENCE)), STEP),
    "no data and the scale": ([(theme.NO_DATA, one) for one in theme.SEQUENCE[1:]], STEP),
    "steps of the demand": (
        [pair for one in (theme.REACHED, theme.UNREACHED, theme.NIGHT_ONLY) for pair in pairwise(one)],
        STEP,
    ),
    "reached, by name only, not": (
        [
            pair
            for third in zip(theme.REACHED, theme.UNREACHED, theme.NIGHT_ONLY, strict=True)
            for pair in combinations(third, 2)
        ],
        KIND,
    ),
    "categories": (list(combinations(theme.CATEGORIES, 2)), KIND),
    "stations, fairs, activities": (list(combinations((theme.STATION, theme.FAIR, theme.ACTIVITY), 2)), KIND),
    "kinds of activity": (list(combinations([one.colour for one in shipped()], 2)), KIND),
    "what is chosen": ([(theme.RED, theme.STATION), (theme.RED, theme.FAIR)], KIND),
    "above and below the whole": ([(theme.TEAL, theme.FAINT)], KIND),
}


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("group", GROUPS)
def test_everybody_tells_them_apart(group: str, mode: str) -> None:
    pairs, threshold = GROUPS[group]
    found = least([(color(one, mode), color(other, mode)) for one, other in pairs])
    assert {seer: said for seer, said in found.items() if said[0] < threshold} == {}


def test_the_shipped_kinds_pass_what_an_import_is_warned_by() -> None:
    kinds = [one.colour for one in shipped()]
    for at, one in enumerate(kinds):
        assert colours.faint_on(one) is None, one
        assert colours.nearest(one, kinds[:at] + kinds[at + 1 :])[2] >= colours.LEAST_APART, one


def test_the_distance_is_that_of_the_published_pairs() -> None:
    # Sharma, Wu and Dalal (2005), table 1
    for one, other, expected in (
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ):
        assert delta_e(np.array(one), np.array(other)) == pytest.approx(expected, abs=5e-5)


def test_the_simulation_leaves_grey_as_it_is_and_merges_red_and_green() -> None:
    for seer in SEEN:
        assert delta_e(lab("#808080", seer), lab("#808080")) < 0.5
    red, green = "#C05050", "#808030"
    assert delta_e(lab(red, "protan"), lab(green, "protan")) < delta_e(lab(red), lab(green)) / 2
