"""As of when the atlas speaks: by the days that its real rows name, and never by a day that had not come."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from layers.data_date import spoken_until

SINCE, LOADED = date(2024, 10, 31), {"B": date(2026, 11, 25)}


def stations(**columns) -> dict[str, pd.DataFrame]:
    row = {
        "opened_on": None,
        "last_inspected": None,
        "valid_from": None,
        "provenance": "reported",
        "batch_id": "B",
    } | columns
    frame = pd.DataFrame({name: [value] for name, value in row.items()})
    return {
        "stations": frame.assign(
            opened_on=pd.to_datetime(frame["opened_on"]), last_inspected=pd.to_datetime(frame["last_inspected"])
        )
    }


def flows(period: str, **columns) -> dict[str, pd.DataFrame]:
    frame = pd.DataFrame(
        {
            "period": [period],
            "date": pd.to_datetime([None]),
            "valid_from": [None],
            "provenance": "reported",
            "batch_id": "B",
        }
    )
    return {"flows": frame.assign(**columns)}


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        ({}, SINCE),
        (stations(), SINCE),  # rows that name no day move nothing
        (stations(last_inspected="2026-11-20"), date(2026, 11, 20)),
        (stations(last_inspected="2026-11-25"), date(2026, 11, 25)),
        (stations(last_inspected="2026-11-26"), SINCE),  # later than the day it was brought in
        (stations(last_inspected="2062-11-20", opened_on="2025-03-01"), date(2025, 3, 1)),
        (stations(last_inspected="2023-01-01"), SINCE),  # older rows take nothing back
        (stations(last_inspected="2026-11-20", provenance="illustrative"), SINCE),
        (stations(last_inspected="2026-11-20", provenance="derived"), SINCE),
        (stations(last_inspected="2026-11-20", batch_id="shipped"), SINCE),
        (stations(valid_from="2026-06-01"), date(2026, 6, 1)),
        (flows("2025"), date(2025, 12, 31)),
        (flows("2026"), date(2026, 1, 1)),  # the year is not over
        (flows("2026-02"), date(2026, 2, 28)),
        (flows("2026-05/2026-08"), date(2026, 8, 31)),
        (flows("2025-05/2027-08"), date(2025, 5, 1)),
        (flows("2026-13"), SINCE),
    ],
)
def test_the_latest_day_that_a_reported_row_speaks_of(frames, expected):
    assert spoken_until(frames, SINCE, LOADED) == expected
