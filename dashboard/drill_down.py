"""Where a click on the map or on a bar leads: the one answer for map, list in view and still picture."""

from __future__ import annotations

from geodata.errors import AtlasError
from layers import places
from layers.atlas import Atlas
from layers.filters import Filters

DRILLED = ("place", "region", "zone", "grid", "enterprise")


def clicked(atlas: Atlas, filters: Filters, event: dict | None, all_the_way: bool = False) -> Filters:
    """Return where a click leads: on the map one step closer, on a bar (`all_the_way`) to what the bar stands for."""
    points = (event or {}).get("points") or []
    target = next((point["customdata"] for point in points if isinstance(point.get("customdata"), list)), None)
    if not target or len(target) != 2:
        return filters
    kind, key = target
    try:
        if kind in DRILLED:
            step = places.drill(atlas, filters, kind, key)
            while all_the_way and step != filters:
                filters, step = step, places.drill(atlas, step, kind, key)
            return step
        if kind == "station":
            return filters.having(station=None if filters.station == key else key)
        if kind == "fair":
            return filters.having(fair=None if filters.fair == key else key)
        if kind == "hour":
            return filters.having(hour=None if filters.hour == int(key) else int(key))
        if kind == "kind":
            return filters.having(kinds=None if filters.kinds == {key} else frozenset({key}))
    except AtlasError:
        # the data changed under an open page: the click points at what is gone
        return filters
    return filters
