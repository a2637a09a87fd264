"""Routes of mobile services: what their text says, and the way from stop to stop."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from layers import routes
from layers.small_counts import groups_of


@given(st.one_of(st.none(), st.floats(), st.text(alphabet="a=;1 -²x9<≥", max_size=30)))
def test_any_text_of_groups_is_read_or_left_out(text):
    assert all(name and count >= 0 for name, count in groups_of(text).items())


def test_groups_are_summed_over_the_stops():
    rows = pd.DataFrame({"persons_by_group": ["rider=3;courier=4", None, "rider = 5;driver=many"]})
    assert routes.by_group(rows) == {"rider": 8, "courier": 4}


def test_a_leg_is_whole_between_told_stops_and_dashed_at_made_up_ones():
    rows = pd.DataFrame(
        {
            "activity_id": list("aaab"),
            "lon": [0.0, 1.0, 2.0, 9.0],
            "lat": 0.0,
            "provenance": ["reported", "reported", "illustrative", "reported"],
        }
    )
    way = routes.lines(rows)
    whole, dashes = way[:3], way[3:]
    assert whole[:2, 0].tolist() == [0, 1] and np.isnan(whole[2]).all()
    assert (
        np.isnan(dashes[:, 0]).sum() == routes.PIECES
        and np.nanmax(dashes[:, 0]) == 2
        and len(routes.lines(rows[3:])) == 0
    )
