"""The rules of the quality report, against rows made by hand and against all pairs."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod
from shapely import Point

from geodata import datum
from geodata.importing.duplicates import similar
from geodata.importing.ground import Ground
from geodata.quality import RULES, Asked, found, pairs
from geodata.schema import TABLES

DAY = date(2024, 10, 31)
SIMING = (118.1012345, 24.4712345)


def stations(*rows: dict) -> gpd.GeoDataFrame:
    usual = {
        "status": "open",
        "opening_hours": "08:00-22:00",
        "last_inspected": "2024-10-01",
        "adcode": "350203",
        "smart": False,
        "provenance": "reported",
        "source_id": "X",
        "batch_id": "b",
        "geometry": Point(SIMING),
    }
    listed = [usual | {"station_id": f"S{at}", "name": f"驿站 {at}"} | row for at, row in enumerate(rows)]
    return TABLES["stations"].coerce(gpd.GeoDataFrame(pd.DataFrame(listed), geometry="geometry", crs=4326))


@pytest.fixture(scope="module")
def ground(store) -> Ground:
    return Ground(store)


def of(
    rule: str, rows: pd.DataFrame, ground: Ground, table: str = "stations", days: int = 180
) -> tuple[list[bool], list[bool]]:
    asked, bad = found(rule, Asked(table, rows, ground, DAY, days))
    return asked.tolist(), bad.tolist()


def test_missing_hours_and_points_of_open_stations_only(ground):
    rows = stations(
        {},
        {"opening_hours": None},
        {"opening_hours": " "},
        {"opening_hours": None, "status": "planned"},
        {"geometry": None},
        {"geometry": None, "status": "planned"},
    )
    assert of("hours", rows, ground) == (
        [True, True, True, False, True, False],
        [False, True, True, False, False, False],
    )
    assert of("point", rows, ground) == (
        [True, True, True, False, True, False],
        [False, False, False, False, True, False],
    )


def test_inspections_are_counted_back_from_the_data_date(ground):
    rows = stations(
        {"last_inspected": "2024-05-04"},
        {"last_inspected": "2024-05-03"},
        {"last_inspected": None},
        {"last_inspected": "2020-01-01", "status": "closed"},
        {"last_inspected": "2025-01-01"},
    )
    assert of("stale", rows, ground) == (
        [True, True, False, False, True],
        [False, True, False, False, False],
    )  # 180 days, 181 days
    assert of("stale", rows, ground, days=181)[1] == [False] * 5
    assert of("uninspected", rows, ground) == ([True, True, True, False, True], [False, False, True, False, False])


def test_points_outside_their_place(ground):
    rows = stations(
        {},
        {"geometry": Point(118.18, 24.60)},
        {"geometry": Point(118.18, 24.60), "adcode": "350200"},
        {"geometry": None},
        {"geometry": Point(106.4, 39.0)},
    )
    assert of("outside", rows, ground) == ([True, True, True, False, True], [False, True, False, False, True])


@pytest.mark.parametrize("crs", ["wgs84", "gcj02", "bd09"])
def test_round_coordinates_are_seen_in_the_datum_they_were_copied_in(ground, crs):
    given_as = np.array([[118.101, 24.471], [118.1, 24.5], [118.1014, 24.471], [118.101, 24.4715]])
    lon, lat = datum.to_wgs84(given_as[:, 0], given_as[:, 1], crs)
    rows = stations(*({"geometry": Point(x, y)} for x, y in zip(lon, lat, strict=True)), {"geometry": None})
    assert of("round", rows, ground) == ([True, True, True, True, False], [True, True, False, False, False])


def test_a_place_s_label_point_is_not_called_round(ground):
    fairs = TABLES["fairs"].coerce(
        gpd.GeoDataFrame(
            pd.DataFrame(
                [
                    {
                        "fair_id": f"F{at}",
                        "name": "招聘会",
                        "period": "2024",
                        "adcode": "210900",
                        "mode": "onsite",
                        "geometry_provenance": origin,
                        "provenance": "reported",
                        "source_id": "X",
                        "batch_id": "b",
                        "geometry": Point(121.6, 42.0),
                    }
                    for at, origin in enumerate(["derived", "reported"])
                ]
            ),
            geometry="geometry",
            crs=4326,
        )
    )
    assert of("round", fairs, ground, "fairs") == ([False, True], [False, True])


def test_a_rule_speaks_only_of_its_tables(ground):
    with pytest.raises(KeyError):
        of("hours", stations({}), ground, "fairs")
    assert {table for rule in RULES.values() for table in rule.tables} <= set(TABLES)


@given(
    st.lists(
        st.tuples(
            st.floats(-60, 60),
            st.floats(-60, 60),
            st.sampled_from(["莲前驿站", "莲前工会驿站", "莲前驿站2号", "开元驿站", ""]),
        ),
        max_size=12,
    )
)
def test_possible_duplicates_against_all_pairs(spots):
    geod = Geod(ellps="sphere")
    rows = (
        stations(
            *(
                {"name": name, "geometry": Point(SIMING[0] + x * 9.87e-6, SIMING[1] + y * 8.99e-6)}
                for x, y, name in spots
            )
        )
        if spots
        else stations({})
    )
    expected = set()
    for one in range(len(spots)):
        for other in range(one + 1, len(spots)):
            a, b = rows.geometry.iloc[one], rows.geometry.iloc[other]
            metres = geod.inv(a.x, a.y, b.x, b.y)[2]
            if abs(metres - 20.0) < 0.01:
                return  # the rim itself: chord and great circle may differ
            if metres <= 20.0 and similar(spots[one][2], spots[other][2]):
                expected.add((one, other))
    assert {tuple(sorted(pair)) for pair in pairs(rows)} == expected
