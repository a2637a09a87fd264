"""How often a test breaks something at a random moment: seldom in ``make test``, so many times in ``make faults``."""

from __future__ import annotations

import os


def repeats(usual: int) -> int:
    """Return what ATLAS_FAULTS says; `usual` where it says nothing."""
    return int(os.environ.get("ATLAS_FAULTS") or usual)
