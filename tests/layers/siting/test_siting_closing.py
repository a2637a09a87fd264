"""What closing a station would cost, against the coverage of an atlas in which it does not stand."""

from __future__ import annotations

import numpy as np
import pytest

from layers import coverage
from layers.atlas import Atlas
from layers.siting.ask import Ask
from layers.siting.case import case
from layers.siting.closing import closings


@pytest.mark.parametrize(("hour", "measure"), [(None, "nominal_weighted"), (23, "effective_weighted")])
def test_it_is_what_coverage_loses_without_the_station(shipped, siming, hour, measure):
    found = closings(shipped, case(shipped, siming.having(hour=hour), Ask()))
    assert found and [one.alone for one in found] == sorted(one.alone for one in found)
    asked = siming.having(hour=hour)
    before = getattr(coverage.measure(shipped, asked), measure)
    assert sum(one.alone for one in found) <= before.part + 1e-9
    for one in {id(listed): listed for listed in (*found[:2], *found[-3:])}.values():
        left = shipped.stations.drop(index=shipped.stations.index[one.row])
        without = Atlas.from_frames(
            {name: shipped.table(name) for name in ("places", "demand", "zones", "kinds", "facts")}
            | {"stations": left},
            shipped.meta,
        )
        after = getattr(coverage.measure(without, asked), measure)
        assert one.alone == pytest.approx(before.part - after.part, abs=1e-6)
        assert one.of == pytest.approx(before.whole) and one.share == pytest.approx(one.alone / before.whole)


def test_nothing_is_said_where_it_would_be_wrong(shipped, siming):
    assert closings(shipped, case(shipped, siming, Ask(cover=2))) == []  # alone is not what a second one is missed for
    assert closings(shipped, case(shipped, siming, Ask(model="pmedian"))) == []
    frames = {name: shipped.table(name) for name in ("places", "demand", "zones", "kinds", "facts")}
    stations = shipped.stations.copy()
    stations.loc[stations.index[np.flatnonzero(stations["adcode"] == "350203")[:1]], "geometry"] = None
    unplaced = Atlas.from_frames(frames | {"stations": stations}, shipped.meta)
    assert closings(unplaced, case(unplaced, siming, Ask())) == []  # nobody knows what that one reaches
