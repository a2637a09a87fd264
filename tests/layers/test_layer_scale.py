"""Figures of an atlas of many rows in real counties, each counted again row by row in another way."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geodata.schema import TABLES
from layers import activities, coverage, demand, fairs, illustrative, kpis, places, quality, reaching, records, search
from layers.analysis import timeline, workers
from layers.atlas import Atlas
from layers.filters import PROVENANCES, Filters

ACTIVITIES, FAIRS, STATIONS, DEMAND = 2_400, 500, 900, 1_500
DICE = np.random.default_rng(17)
AREA = ((113.0, 36.0), (119.5, 36.0), (119.5, 41.0), (113.0, 41.0))
CHOICES = (
    Filters(),
    Filters(place="130000"),
    Filters(place="130100", provenance=frozenset({"reported", "illustrative"})),
    Filters(kinds=frozenset({"wish", "birthday"})),
    Filters(start=date(2023, 3, 5), end=date(2024, 2, 20)),
    Filters(place="140000", start=date(2023, 6, 1), provenance=frozenset({"derived"})),
    Filters(area=AREA),
)


def of(table: str, rows: dict[str, object], points: np.ndarray) -> gpd.GeoDataFrame:
    count = len(points)
    frame = pd.DataFrame(rows | {"batch_id": "b", "source_id": DICE.choice(["A", "B;C"], count)})
    frame["geometry"] = np.where(np.isnan(points[:, 0]), None, shapely.points(np.nan_to_num(points)))
    return TABLES[table].coerce(frame)


@pytest.fixture(scope="module")
def large(shipped: Atlas) -> Atlas:
    """The shipped places with made-up rows all over them, some without a day, a point or a number."""
    counties = shipped.places[shipped.places["level"] == "county"].reset_index(drop=True)
    cities = shipped.places[shipped.places["level"] == "city"].reset_index(drop=True)
    day = np.datetime64("2022-06-01")

    def somewhere(rows: pd.DataFrame, count: int, share: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
        at = np.minimum(DICE.pareto(1.0, count) * 40, len(rows) - 1).astype(int)
        points = rows[["lon", "lat"]].to_numpy(float)[at] + DICE.normal(0, 0.02, (count, 2))
        points[DICE.random(count) > share] = np.nan
        return at, points

    def maybe(values: np.ndarray, share: float) -> pd.Series:
        return pd.Series(values).where(DICE.random(len(values)) < share)

    at, points = somewhere(counties, ACTIVITIES, 0.8)
    begin = day + DICE.integers(0, 900, ACTIVITIES)
    dated = DICE.random(ACTIVITIES) < 0.95
    held = of(
        "activities",
        {
            "activity_id": [f"A{one:05d}" for one in range(ACTIVITIES)],
            "kind": DICE.choice(["wish", "birthday", "competition", "legal_aid"], ACTIVITIES),
            "name": [f"{counties['name'][one]}活动{number}" for number, one in enumerate(at)],
            "start": pd.Series(begin).where(dated),
            "end": pd.Series(begin + DICE.integers(0, 4, ACTIVITIES)).where(dated),
            "period": np.where(dated, begin.astype(str), DICE.choice(["2023", "2023-07"], ACTIVITIES)),
            "adcode": counties["adcode"].to_numpy()[at],
            "grid_id": maybe(DICE.choice(shipped.grids["grid_id"], ACTIVITIES), 0.1),
            "participants": maybe(DICE.integers(1, 200, ACTIVITIES).astype(float), 0.9),
            "participants_unit": DICE.choice(["person", "visit"], ACTIVITIES),
            "funding_yuan": maybe(DICE.integers(1, 9_000, ACTIVITIES).astype(float), 0.3),
            "qualifiers": maybe(np.full(ACTIVITIES, "participants=about", dtype=object), 0.01),
            "provenance": DICE.choice(PROVENANCES, ACTIVITIES, p=[0.6, 0.2, 0.2]),
        },
        points,
    )
    at, _ = somewhere(cities, FAIRS)
    begin = day + DICE.integers(0, 900, FAIRS)
    fair = of(
        "fairs",
        {
            "fair_id": [f"F{one:04d}" for one in range(FAIRS)],
            "name": [f"招聘会{one}" for one in range(FAIRS)],
            "start": begin,
            "end": begin + DICE.integers(0, 2, FAIRS),
            "period": begin.astype(str),
            "adcode": cities["adcode"].to_numpy()[at],
            "mode": "onsite",
            "enterprises": maybe(DICE.integers(5, 90, FAIRS).astype(float), 0.9),
            "positions": maybe(DICE.integers(50, 900, FAIRS).astype(float), 0.9),
            "hiring_intents": maybe(DICE.integers(5, 90, FAIRS).astype(float), 0.9),
            "livestream_attendance": maybe(DICE.integers(500, 9_000, FAIRS).astype(float), 0.1),
            "qualifiers": maybe(np.full(FAIRS, "positions=over", dtype=object), 0.05),
            "organisers": "总工会",
            "geometry_provenance": "derived",
            "provenance": DICE.choice(PROVENANCES, FAIRS),
        },
        cities[["lon", "lat"]].to_numpy(float)[at],
    )
    at, points = somewhere(counties, STATIONS, 0.97)
    posts = of(
        "stations",
        {
            "station_id": [f"S{one:04d}" for one in range(STATIONS)],
            "name": [f"{counties['name'][one]}第{number}驿站" for number, one in enumerate(at)],
            "adcode": counties["adcode"].to_numpy()[at],
            "status": DICE.choice(["open", "closed", "planned"], STATIONS, p=[0.9, 0.05, 0.05]),
            "opening_hours": maybe(DICE.choice(["24/7", "Mo-Fr 08:00-18:00", "06:00-22:00"], STATIONS), 0.9),
            "smart": False,
            "facilities": DICE.choice(["water", "water;toilet"], STATIONS),
            "provenance": DICE.choice(PROVENANCES, STATIONS),
        },
        points,
    )
    near = np.flatnonzero(~np.isnan(points[:, 0]))
    beside = DICE.choice(near, DEMAND)
    wanted = of(
        "demand",
        {
            "demand_id": [f"D{one}" for one in range(DEMAND)],
            "cell": [f"cell{one}" for one in range(DEMAND)],
            "adcode": counties["adcode"].to_numpy()[at[beside]],
            "weight": DICE.integers(1, 9, DEMAND).astype(float),
            "worker_group": DICE.choice(["courier", "rider"], DEMAND),
            "provenance": "derived",
        },
        points[beside] + DICE.normal(0, 0.004, (DEMAND, 2)),
    )
    frames = {name: shipped.table(name) for name in ("places", "lines", "regions", "grids", "zones", "kinds", "facts")}
    frames |= {"activities": held, "fairs": fair, "stations": posts, "demand": wanted}
    return Atlas.from_frames(frames, {"data_version": "large", "data_date": "2024-10-31"})


def lies_in(atlas: Atlas, adcode: object, place: str) -> bool:
    """Return whether `adcode` is `place` or lies in it, by walking up."""
    parents = atlas.once(
        "parents of places", lambda: dict(zip(atlas.places["adcode"], atlas.places["parent"], strict=True))
    )
    while isinstance(adcode, str):
        if adcode == place:
            return True
        adcode = parents.get(adcode)
    return False


def span(row: pd.Series) -> tuple[date, date, bool]:
    if not pd.isna(row["start"]):
        return row["start"].date(), (row["start"] if pd.isna(row["end"]) else row["end"]).date(), True
    if len(row["period"]) == 4:
        return date(int(row["period"]), 1, 1), date(int(row["period"]), 12, 31), False
    year, month = map(int, row["period"].split("-"))
    return date(year, month, 1), (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)), False


def recounted(atlas: Atlas, table: str, filters: Filters) -> Iterator[pd.Series]:
    """Yield the rows of `table` that fit `filters`, each looked at on its own."""
    rows = atlas.once(("rows to recount", table), lambda: [row for _, row in atlas.table(table).iterrows()])
    lon, lat = activities.where(atlas)[:2] if table == "activities" else atlas.lonlat(table)
    ring = shapely.Polygon(filters.area) if filters.area else None
    for at, row in enumerate(rows):
        if row["provenance"] not in filters.provenance or not lies_in(atlas, row["adcode"], filters.place):
            continue
        if ring is not None and not shapely.contains_xy(ring, lon[at], lat[at]):
            continue
        if table == "activities" and filters.kinds is not None and row["kind"] not in filters.kinds:
            continue
        if "period" in row:
            first, last, dated = span(row)
            begin, end = filters.start or date.min, filters.end or date.max
            if last < begin or first > end or (not dated and (first < begin or last > end)):
                continue
        yield row


@pytest.mark.parametrize("filters", CHOICES, ids=range(len(CHOICES)))
def test_activities_are_counted_as_one_by_one(large, filters):
    rows = list(recounted(large, "activities", filters))
    months = Counter()
    for row in rows:
        if not pd.isna(row["start"]) or len(row["period"]) == 7:
            month = row["period"] if pd.isna(row["start"]) else f"{row['start']:%Y-%m}"
            months[month, row["kind"], row["provenance"]] += 1
    table = activities.by_month(large, filters)
    key = ["month", "kind", "provenance"]
    assert dict(months) == {tuple(one[:3]): one[3] for one in table[[*key, "count"]].itertuples(index=False)}
    persons = sum(
        row["participants"]
        for row in rows
        if row["participants_unit"] == "person" and row["period"] != "2023" and not pd.isna(row["participants"])
    )
    assert table["participants"].sum() == persons
    kinds = activities.kinds_present(large, filters)
    assert {tuple(one[:2]): one[2] for one in kinds.itertuples(index=False)} == dict(
        Counter((row["kind"], row["provenance"]) for row in rows)
    )
    grids = Counter(row["grid_id"] for row in rows if isinstance(row["grid_id"], str))
    assert {grid: one[0] for grid, one in activities.by_key(large, filters, "grid_id").items()} == dict(grids)
    below = timeline.by_place(large, filters)
    assert below["count"].sum() == len(rows)
    for row in below.head(5).itertuples():
        if row.unit_id is not None:
            mine = [one for one in rows if lies_in(large, one["adcode"], row.unit_id)]
            assert row.count == len(mine) and row.kinds == dict(Counter(one["kind"] for one in mine))
    if places.scope(large, filters).level in ("country", "province", "city"):
        sums: dict[tuple[str, str], float] = defaultdict(float)
        for row in rows:
            if not pd.isna(row["participants"]):
                sums[row["provenance"], row["participants_unit"]] += row["participants"]
            if not pd.isna(row["funding_yuan"]):
                sums[row["provenance"], "yuan"] += row["funding_yuan"]
        told = {
            (one.own, {"persons": "person", "visits": "visit"}.get(one.measure, "yuan")): one.total
            for one in workers.rates(large, filters)
        }
        if workers.covered(large, filters).adcode is None:
            assert told == pytest.approx(dict(sums))


@pytest.mark.parametrize("filters", CHOICES, ids=range(len(CHOICES)))
def test_days_months_and_spots_are_counted_as_one_by_one(large, filters):
    rows = list(recounted(large, "activities", filters))
    rows += [] if filters.kinds is not None else list(recounted(large, "fairs", filters))
    days: dict[date, Counter] = defaultdict(Counter)
    for row in rows:
        first, last, dated = span(row)
        while dated and first <= last:
            if (filters.start or date.min) <= first <= (filters.end or date.max):
                days[first][row["provenance"]] += 1
            first += timedelta(days=1)
    table = timeline.by_day(large, filters)
    assert {row.day: (row[2], row.reported) for row in table.itertuples()} == {
        day: (sum(one.values()), one["reported"]) for day, one in days.items()
    }
    assert days
    busiest = max(days, key=lambda day: sum(days[day].values()))
    assert len(timeline.on_day(large, filters, busiest)) == sum(days[busiest].values())
    months = Counter(f"{row['start']:%Y-%m}" for row in rows if not pd.isna(row["start"]))
    months.update(row["period"] for row in rows if pd.isna(row["start"]) and len(row["period"]) == 7)
    told = timeline.by_month(large, filters).set_index("month")["count"]
    assert told[told > 0].to_dict() == {month: count for month, count in months.items() if month in told.index}
    month = told.idxmax()
    assert timeline.frame(large, filters, month)["count"].sum() <= months[month]
    whole = timeline.frame(large, filters, told.index[-1], up_to=True)
    assert len(whole) <= timeline.MOST_SPOTS
    located = activities.where(large)[2]
    drawn = [
        row
        for row in rows
        if ("fair_id" in row or located[row.name] is not None)
        and (not pd.isna(row["start"]) or len(row["period"]) == 7)
    ]
    assert whole["count"].sum() == sum(
        (row["period"] if pd.isna(row["start"]) else f"{row['start']:%Y-%m}") in told.index for row in drawn
    )


@pytest.mark.parametrize("filters", CHOICES, ids=range(len(CHOICES)))
def test_fairs_and_records_of_places_are_counted_as_one_by_one(large, filters):
    rows = list(recounted(large, "fairs", filters))
    steps = fairs.funnel(large, filters)
    for origin in PROVENANCES:
        own = [row for row in rows if row["provenance"] == origin]
        whole = [row for row in own if not any(pd.isna(row[one]) for one in fairs.STAGES.values())]
        told = steps[steps["provenance"] == origin].set_index("stage")
        assert len(told) == (3 if own else 0)
        for stage, column in fairs.STAGES.items() if whole else ():
            assert told.loc[stage, "value"] == sum(row[column] for row in whole)
            assert told.loc[stage, "left_out"] == len(own) - len(whole)
            over = any(row["qualifiers"] == "positions=over" for row in whole)
            assert told.loc[stage, "qualifier"] == ("over" if over and stage == "positions" else "exact")
    watched = [row for row in rows if row["provenance"] == "reported" and not pd.isna(row["livestream_attendance"])]
    figure = next((one for one in kpis.every(large, filters) if one.id == "livestream"), None)
    if any(row["provenance"] == "reported" for row in rows):
        assert (figure.value if figure else 0) == sum(row["livestream_attendance"] for row in watched)
    here = places.scope(large, filters)
    below = records.by_child(large, filters, here)
    if here.level == "country":
        for table in ("stations", "fairs", "activities"):
            mine = Counter(row["adcode"][:2] + "0000" for row in recounted(large, table, filters))
            assert {row["adcode"]: row[table] for row in below.to_dict("records") if row[table]} == dict(mine)


def test_what_is_made_up_is_counted_by_table(large):
    for one in illustrative.still_illustrative(large, Filters(place="130000")):
        rows = large.table(one.table)
        inside = [lies_in(large, code, "130000") for code in rows["adcode"]]
        assert one.of == sum(inside) and one.count == int((rows["provenance"][inside] == "illustrative").sum())


def test_the_quality_report_counts_every_county(large):
    report = quality.report(large, Filters())
    for rule, table in (("hours", "stations"), ("outside", "activities"), ("point", "stations")):
        asked, bad = quality.masks(large, rule, table)
        told = report[(report["rule"] == rule) & (report["table"] == table)]
        assert dict(zip(told["adcode"], told["of"], strict=True)) == dict(Counter(large.table(table)["adcode"][asked]))
        found = dict(zip(told["adcode"], told["bad"], strict=True))
        assert {code: count for code, count in found.items() if count} == dict(
            Counter(large.table(table)["adcode"][bad])
        )


@pytest.mark.parametrize(
    "choice",
    [
        {},
        {"radius": 1000},
        {"radius": 300, "hour": 21},
        {"detour": 1.0, "place": "130000"},
        {"provenance": frozenset({"derived", "reported"}), "hour": 3},
    ],
)
def test_pairs_narrowed_from_those_of_the_nation_are_those_that_are_searched(large, monkeypatch, choice):
    filters = Filters(**choice)
    searched = (
        coverage.measure(large, filters),
        coverage.by_hour(large, filters),
        coverage.by_unit(large, filters.having(measure="stations")),
    )
    wanted = demand.select(large, filters)
    there = demand.reached(large, wanted, filters)
    large._recent.clear()
    monkeypatch.setattr(reaching, "MANY", 0)
    near = reaching.pairs(large, wanted, filters)
    assert len(near.site) > 20 or filters.place != "100000"
    assert near.start.tolist() == there.start.tolist() and near.site.tolist() == there.site.tolist()
    assert near.distance.tolist() == there.distance.tolist()
    assert coverage.measure(large, filters) == searched[0]
    pd.testing.assert_frame_equal(coverage.by_hour(large, filters), searched[1])
    pd.testing.assert_frame_equal(coverage.by_unit(large, filters.having(measure="stations")), searched[2])
    large._recent.clear()


def test_coverage_by_hour_is_that_of_each_hour(large):
    hours = coverage.by_hour(large, Filters())
    for hour in (3, 12, 21):
        told = coverage.measure(large, Filters(hour=hour))
        assert hours["effective"][hour] == pytest.approx(told.effective_weighted.ratio)
        assert hours["stations_open"][hour] == told.stations_effective
    assert coverage.counties(large, Filters()) == large.demand["adcode"].nunique()


def test_names_of_very_many_rows_are_found_as_they_are_written(large, monkeypatch):
    monkeypatch.setattr(search, "MANY", 800)
    index = search.Index.of(large)
    name = str(large.stations["name"].iloc[77])
    assert index.find(name).hits[0].entry.key == "S0077" and index.find(name).hits[0].how == 0
    assert index.find("s0077").hits[0].entry.name == name
    assert "A00123" in {hit.entry.key for hit in index.find(str(large.activities["name"].iloc[123])).hits}
    both = index.find(f"{name[:2]} 第77驿站")
    assert both.hits and all(hit.how == 6 and "第77驿站" in hit.entry.name for hit in both.hits)
    assert index.find("思明").hits[0].entry.kind == "place"  # a place is a place as before
    assert not index.find("没有这个名字").hits
