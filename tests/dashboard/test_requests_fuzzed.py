"""A few of the requests of ``make fuzz-requests``."""

from __future__ import annotations

import os

from tests.fuzzing import fuzz

CALLBACKS, ROUTES = int(os.environ.get("ATLAS_FUZZ_CALLBACKS", "150")), int(os.environ.get("ATLAS_FUZZ_ROUTES", "60"))


def test_requests_that_no_page_sends_break_nothing() -> None:
    found = fuzz(CALLBACKS, ROUTES, seed=7)
    broken = [one for one in found.bad if " s: " not in one]  # how long one takes says how busy the machine is
    assert broken == [] and found.traces == 0, found.told()
    assert found.statuses[400] > 50 and sum(found.statuses.values()) == CALLBACKS + ROUTES
