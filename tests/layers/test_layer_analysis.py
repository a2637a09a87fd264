"""What happened, held against pandas by hand: days, months, spots, rates, plans."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from test_layer_properties import ANY, choices

from layers import activities, fairs
from layers.analysis import plans, timeline, workers
from layers.filters import Filters

DAWUKOU, FUXIN = Filters(place="640202"), Filters(place="210900")


def test_days_count_what_was_under_way(small):
    table = timeline.by_day(small, FUXIN)
    # the first fair and its livestream on one day, a fair of two days on each of them, one in September
    assert [(str(row.day), row[2], row.reported) for row in table.itertuples()] == [
        ("2024-05-25", 2, 2),
        ("2024-06-08", 1, 0),
        ("2024-06-09", 1, 0),
        ("2024-09-01", 1, 0),
    ]
    assert set(timeline.on_day(small, FUXIN, date(2024, 6, 9))["id"]) == {"J3"}
    assert set(timeline.on_day(small, FUXIN, date(2024, 5, 25))["id"]) == {"J1", "L1"}
    assert timeline.on_day(small, FUXIN, date(2024, 5, 26)).empty


def test_months_are_those_asked_and_empty_ones_stand(small):
    year = DAWUKOU.having(start=date(2024, 1, 1), end=date(2024, 12, 31))
    table = timeline.by_month(small, year)
    assert table["month"].tolist() == [f"2024-{month:02}" for month in range(1, 13)]
    assert table["count"].tolist() == [2, 2, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    assert timeline.without_month(small, Filters(place="350203")) == 1  # the wish is known by its year


def test_kinds_leave_fairs_out(small):
    assert set(timeline.events(small, FUXIN)["table"]) == {"activities", "fairs"}
    assert set(timeline.events(small, FUXIN.having(kinds=frozenset({"livestream_hiring"})))["id"]) == {"L1"}


@ANY
@given(filters=choices())
def test_everything_is_in_a_month_or_said_to_be_in_none(small, filters):
    rows = timeline.events(small, filters)
    told = timeline.by_month(small, filters)
    outside = rows["month"].notna() & ~rows["month"].isin(told["month"])
    assert told["count"].sum() + timeline.without_month(small, filters) + outside.sum() == len(rows)
    assert len(rows) == len(activities.select(small, filters)) + (
        0 if filters.kinds is not None else len(fairs.select(small, filters))
    )
    month = told["month"].iloc[-1]
    assert timeline.frame(small, filters, month, up_to=True)["count"].sum() == told["count"].sum()
    months = [*told["month"][told["count"] > 0], told["month"].iloc[0]]  # of centuries that are asked for few have any
    assert sum(timeline.frame(small, filters, one)["count"].sum() for one in set(months)) == told["count"].sum()
    assert timeline.by_place(small, filters)["count"].sum() == len(activities.select(small, filters))


def test_many_spots_gather_and_none_is_lost(small, frames, monkeypatch):
    monkeypatch.setattr(timeline, "MOST_SPOTS", 2)
    whole = timeline.frame(small, Filters(), "2024-09", up_to=True)
    assert len(whole) <= 2
    assert whole["count"].sum() == timeline.by_month(small, Filters())["count"].sum()


def test_rates_name_what_they_are_divided_by(small):
    assert workers.covered(small, DAWUKOU).value == 4000  # 100 × (10 + 10 + 20) enterprises of its three grids
    (only,) = workers.rates(small, DAWUKOU)
    assert (only.measure, only.total, only.of, only.own) == ("persons", 6 * 10 + 3 * 40, 9, "illustrative")
    assert only.rate == pytest.approx(180 / 4000)
    city = workers.covered(small, Filters(place="640200"))
    assert (city.value, city.qualifier, city.provenance, city.source_ids) == (60000, "over", "reported", ("F007",))
    assert (
        workers.covered(small, Filters()).adcode == "640200"
    )  # told of a smaller place: only what was done there is summed
    assert {one.total for one in workers.rates(small, Filters())} == {180.0, 5.0}
    nowhere = workers.covered(small, Filters(place="350203"))
    assert nowhere.value is None
    assert all(one.rate is None for one in workers.rates(small, Filters(place="350203")))


@ANY
@given(filters=choices())
def test_a_rate_never_adds_reported_to_made_up(small, filters):
    rows = activities.select(small, filters)
    for one in workers.rates(small, filters):
        assert one.own in filters.provenance
        if workers.covered(small, filters).adcode is None:
            column = "funding_yuan" if one.measure == workers.FUNDING else "participants"
            own = rows[(rows["provenance"] == one.own) & rows[column].notna()]
            if one.measure != workers.FUNDING:
                own = own[(own["participants_unit"] == "visit") == (one.measure == workers.VISITS)]
            assert one.total == own[column].sum()


def test_plans_are_counted_over_their_own_period(shipped):
    rows = shipped.activities
    for one in plans.progress(shipped, Filters(place="640200", start=date(2024, 5, 1))):
        own = rows[(rows["adcode"].str.startswith("6402")) & (rows["kind"] == one.kind)]
        month = pd.to_datetime(own["start"]).dt.strftime("%Y-%m")
        value = own["participants"] if one.measure == "participants" else pd.Series(1, index=own.index)
        assert list(one.done) == [value[month <= until].sum() for until in one.months]
        assert one.linear[-1] == pytest.approx(one.target)
        assert one.provenance == "illustrative"
    assert plans.progress(shipped, Filters(place="640202")) == []
    (trainees,) = plans.progress(shipped, Filters(place="410000"))
    assert (trainees.nature, trainees.target, trainees.qualifier, trainees.undated) == ("plan", 50, "about", 1)
    (stations,) = (one for one in plans.progress(shipped, Filters(place="350203")) if one.measure == "opened")
    assert (stations.target, stations.done[-1]) == (8, 0)
