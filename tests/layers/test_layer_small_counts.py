"""Small counts are withheld in the rows, and no total gives one back: by hand, and against every solution there is."""

from itertools import product

import numpy as np
import pytest
from hand_counted import META, rows_of
from hypothesis import given
from hypothesis import strategies as st

from geodata.schema import SHIPPED, TABLES
from geodata.withheld import told, withheld, written
from layers import flows, kpis, regions
from layers.atlas import Atlas
from layers.filters import Filters
from layers.small_counts import groups_of, protected

COUNTS = st.lists(st.sampled_from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 40]), min_size=1, max_size=5)


def possible(total: float, shown: list[tuple[float, str]], threshold: int) -> list[set[int]]:
    """Return which values each part may have, by trying all: parts as they are told, and the total they add up to."""
    least = [
        range(int(number), int(number) + 1)
        if said == "exact"
        else range(1, int(number))
        if said == "below"
        else range(threshold, int(total) + 1)
        for number, said in shown
    ]
    fits = [one for one in product(*least) if sum(one) == total]
    return [set(column) for column in zip(*fits, strict=True)]


@given(COUNTS, st.sampled_from([3, 4, 5]))
def test_no_withheld_part_follows_from_the_total(counts, threshold):
    values = np.array(counts, dtype=float)
    small = (values > 0) & (values < threshold)
    total = values.sum()
    totals = np.array([total if total == 0 or total >= threshold else np.nan])
    more, whole = protected(values, small, np.zeros(len(values), np.intp), totals, threshold)
    assert not (more & small).any() and (values[more] >= threshold).all()
    assert small.any() or not more.any()  # nothing is kept back for nothing
    if np.isnan(totals[0]) or whole[0]:
        return  # there is no equation to solve
    at = np.flatnonzero(small | more)  # what is told adds to both sides: it need not be tried
    left = total - values[~small & ~more].sum()
    shown = [(float(threshold), "below") if small[one] else (float(threshold), "at_least") for one in at]
    for one, found in zip(at, possible(left, shown, threshold), strict=True):
        assert not small[one] or found == set(range(1, threshold)), (counts, one, found)


@given(st.lists(st.integers(0, 2_000), max_size=60))
def test_a_sum_says_what_is_left_and_is_never_too_high(counts):
    stand_in = [float(one) if not 0 < one < 5 else withheld(0, 4) for one in counts]
    number, qualifier = told(float(np.sum(stand_in)))
    if qualifier == "below":
        assert 0 < sum(counts) < number
    else:
        assert sum(counts) >= number and (qualifier == "exact") == (sum(counts) == number)


def test_a_count_is_written_as_it_is_known():
    assert [written(one) for one in (0.0, 12.0, withheld(0, 4), withheld(5, 4), 2 * withheld(0, 4) + 130)] == [
        "0",
        "12",
        "<5",
        "≥5",
        "≥130",
    ]
    assert groups_of("rider=<5;driver=≥5;courier=60") == {
        "rider": withheld(0, 4),
        "driver": withheld(5, 1),
        "courier": 60,
    }


FLOWS = rows_of(
    "flows",
    ["flow_id", "from_adcode", "to_adcode", "kind", "persons", "period"],
    ("L1", "210900", "640200", "hire", 30, "2024"),
    ("L2", "640200", "210900", "hire", 7, "2024"),
)
STOPS = rows_of(
    "stops",
    ["stop_id", "activity_id", "sequence", "name", "adcode", "persons", "persons_by_group", "geometry"],
    ("H1", "none", 1, "甲", "640202", 100, "trucker=3;driver=20;rider=77", None),
    ("H2", "none", 2, "乙", "640202", 90, "trucker=30;driver=60", None),
    ("H3", "none", 3, "丙", "640202", 8, "trucker=4;driver=4", None),
    ("H4", "none", 4, "丁", "640202", 3, "trucker=3", None),
)


def test_a_group_of_a_stop_does_not_follow_from_its_persons(made):
    rows = made().stops
    assert rows["persons_by_group"].tolist()[:2] == ["trucker=<5;driver=≥5;rider=77", "trucker=30;driver=60"]
    assert rows["persons_by_group"].isna().tolist() == [False, False, True, True]
    assert list(map(written, rows["persons"])) == ["100", "90", "≥5", "<5"]  # the last two of a county hide each other


@pytest.fixture
def made(frames):
    """Return a function that makes an atlas, some cells set first, and tells no count below five."""

    def make(*cells: tuple[str, int, str, object], threshold: int = 5) -> Atlas:
        changed = {name: frame.copy() for name, frame in {**frames, "flows": FLOWS, "stops": STOPS}.items()}
        for table, row, column, value in cells:
            changed[table].loc[row, column] = value
        return Atlas.from_frames(changed, META, threshold=threshold)

    return make


def test_zero_stays_zero_unknown_unknown_and_what_comes_with_the_program_whole(made):
    atlas = made(
        ("activities", 0, "participants", 0),
        ("activities", 1, "participants", np.nan),
        ("activities", 2, "participants", 3),
        ("activities", 3, "participants", 3),
        ("activities", 3, "batch_id", SHIPPED),
        ("activities", 4, "participants", 5),
    )
    shown = atlas.activities["participants"].to_numpy()
    assert shown[0] == 0 and np.isnan(shown[1]) and written(shown[2]) == "<5" and shown[3] == 3 and shown[4] == 5
    assert atlas.exact.activities["participants"].to_numpy()[2] == 3
    assert made(("activities", 2, "participants", 3), threshold=0).activities["participants"].iloc[2] == 3


def test_the_last_part_of_a_grid_is_hidden_by_another(made, frames):
    rows = frames["enterprises"].index[:3]
    grid = frames["grids"]["grid_id"].iloc[0]
    cells = [("enterprises", one, "grid_id", grid) for one in rows]
    cells += [("enterprises", one, "grid_id", None) for one in frames["enterprises"].index[3:]]
    cells += [("enterprises", one, "workers", count) for one, count in zip(rows, (3, 20, 50), strict=True)]
    atlas = made(*cells, ("grids", 0, "workers", 73))
    assert list(map(written, atlas.enterprises["workers"][:3])) == ["<5", "≥5", "50"]
    assert atlas.grids["workers"].iloc[0] == 73
    # where the parts do not add up to it, the total says nothing of them; that of the county may be known
    apart = made(*cells, ("grids", 0, "workers", 900))
    assert list(map(written, apart.enterprises["workers"][:3])) == ["<5", "≥5", "50"]
    # and where nothing hides it, the total goes
    alone = made(
        *cells[:-2], ("enterprises", 1, "workers", 0), ("enterprises", 2, "workers", 5), ("grids", 0, "workers", 8)
    )
    assert list(map(written, alone.enterprises["workers"][:3])) == ["<5", "0", "5"]
    assert written(alone.grids["workers"].iloc[0]) == "≥5"


def test_own_fields_that_count_persons_are_withheld_too(made):
    atlas = made(("stations", 0, "own", '{"充电口": 3, "会员人数": 3}'), ("stations", 1, "own", '{"会员人数": 12}'))
    assert atlas.stations["own"].iloc[0] == '{"会员人数": "<5", "充电口": 3}'
    assert atlas.stations["own"].iloc[1] == '{"会员人数": 12}'


@pytest.mark.parametrize("place", ["640200", "640202", "100000", "210900"])
def test_nothing_that_is_computed_depends_on_a_withheld_count(made, place):
    """Whatever the count is, every figure is the same: so is the difference of any two."""

    def told_of(count: int) -> list:
        atlas = made(*[(table, 0, column, count) for table, column in CELLS])
        view = Filters(place=place)
        return [
            kpis.every(atlas, view),
            regions.table(atlas, view).drop(columns="geometry", errors="ignore").to_csv(),
            flows.summed(flows.select(atlas, view)).to_csv(),
            *(atlas.table(table).drop(columns="geometry", errors="ignore").to_csv() for table, _ in CELLS),
        ]

    assert told_of(1) == told_of(4)


CELLS = (
    ("grids", "workers"),
    ("grids", "team_members"),
    ("enterprises", "workers"),
    ("fairs", "hiring_intents"),
    ("fairs", "visitors"),
    ("fairs", "livestream_attendance"),
    ("activities", "participants"),
    ("flows", "persons"),
    ("stops", "persons"),
)


def test_every_column_of_persons_is_known():
    """A column in persons that the schema gets is one that is withheld."""
    counted = {
        (name, column.name)
        for name, schema in TABLES.items()
        for column in schema.columns
        if column.unit in ("person", "visit") and column.dtype == "int"
    }
    assert counted <= set(CELLS) and {("activities", "participants")} <= set(CELLS)


@given(
    st.lists(st.tuples(st.sampled_from([1, 2, 3, 4, 5, 6, 7, 9, 30]), st.booleans()), min_size=2, max_size=5),
    st.sampled_from(["350203", "350206"]),
)
def test_no_total_that_a_newspaper_told_gives_a_small_count_away(counts, elsewhere):
    """Whoever knows the total of a county, its city or both subtracts what is told, and tries all that may be left."""
    places = ["350203" if here else elsewhere for _, here in counts]
    rows = [(f"f{at}", 1, code, n, "2024-05") for at, (code, (n, _)) in enumerate(zip(places, counts, strict=True))]
    fairs = rows_of(
        "fairs", ["fair_id", "name", "adcode", "hiring_intents", "period"], *rows, geometry_provenance="derived"
    )
    told_of = Atlas.from_frames({"fairs": fairs}, META, threshold=5).fairs["hiring_intents"]
    for prefix in ("350203", "350206", "3502"):
        inside = [at for at, code in enumerate(places) if code.startswith(prefix)]
        total = sum(counts[at][0] for at in inside)
        shown = [(float(written(told_of[at]).strip("<≥")), told(told_of[at])[1]) for at in inside]
        found = possible(total, shown, 5)
        small = [one for at, one in zip(inside, found, strict=True) if 0 < counts[at][0] < 5]
        # a single row is its county's total, and where no other is large enough nothing can stand beside it
        able = sum(max(counts[at][0] - 5, 0) for at in inside if counts[at][0] >= 5) >= 3
        assert not able or all(one == {1, 2, 3, 4} for one in small), (counts, places, prefix, shown, found)


def test_what_is_withheld_beside_does_not_tell_how_small_the_small_ones_are(made):
    def told_of(*small: int) -> list[str]:
        cells = [("flows", at, "persons", value) for at, value in enumerate(small)]
        cells += [("flows", at, "to_adcode", "640200") for at in (0, 1)]
        return [written(one) for one in made(*cells).flows["persons"]]

    assert told_of(1, 4) == told_of(3, 2) == told_of(4, 4)


def test_heads_that_demand_weighs_are_not_told_by_two_answers(made, frames):
    """The demand of a lasso less that of another, one cell smaller: whatever the heads in it are."""
    cell = frames["demand"].index[0]

    def less(heads: float) -> float:
        demand = made(("demand", cell, "weight", heads)).demand["weight"]
        return float(demand.sum() - demand.drop(cell).sum())

    assert less(1.0) == less(4.0) == 2.5 and less(5.0) == 5.0 and less(0.0) == 0.0 and less(1.3) == pytest.approx(1.3)
    assert made(("demand", cell, "weight", 3.0)).exact.demand["weight"][cell] == 3.0
    assert made(("demand", cell, "weight", 3.0), ("demand", cell, "batch_id", SHIPPED)).demand["weight"][cell] == 3.0
