"""What the browser keeps of a page and sends back: what each store holds, by its id.

Whatever comes back is held against this before a callback sees it (:mod:`dashboard.server.calls`).
"""

# annotations as they are, not as texts: whether a key may be lacking is known only of those
from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

#: Longitude, latitude and zoom.
Looked = tuple[float, float, float]


#: What a control holds.
Control = str | float | list[str] | list[float] | None


class Pressed(TypedDict, total=False):
    """A mark of a figure."""

    customdata: Any


class Clicked(TypedDict, total=False):
    """A click on a figure, as plotly.js tells it."""

    points: list[Pressed]


Corner = tuple[float, float]


class Drawn(TypedDict, total=False):
    """Corners of what was drawn."""

    map: list[Corner]


class Lassoed(TypedDict, total=False):
    """What was drawn on a map, as plotly.js tells it."""

    lassoPoints: Drawn | None
    range: Drawn | None


class Sorted(TypedDict, total=False):
    """By which column rows are asked for."""

    colId: str
    sort: str | None


class RowsRequest(TypedDict):
    """The rows that a grid is about to show, as AG Grid asks for them."""

    startRow: int
    endRow: int
    sortModel: NotRequired[list[Sorted] | None]


class Choice(TypedDict):
    """What to look at, as its address, and what was wrong with the address that came."""

    query: str
    notices: NotRequired[list[str]]
    view: NotRequired[Looked | None]


class Question(TypedDict):
    """What is asked of the planner; `again` counts how often."""

    query: str
    view: NotRequired[Looked | None]
    notices: NotRequired[list[str]]
    again: NotRequired[int]
    version: NotRequired[str]


class Viewport(TypedDict):
    """Where a map stands; `box` is west, south, east, north."""

    lon: float
    lat: float
    zoom: float
    key: NotRequired[str | None]
    place: NotRequired[str | None]
    box: NotRequired[tuple[float, float, float, float]]


class InView(TypedDict, total=False):
    """What is to be listed."""

    box: tuple[float, float, float, float] | None
    zoom: float | None


Asked = TypedDict("Asked", {"id": str, "for": str, "again": int})
#: Where the answer to a question is kept.
Answered = TypedDict(
    "Answered",
    {"by": str, "for": str, "again": int, "id": str | None, "sites": str | None, "error": dict[str, Any]},
    total=False,
)
#: The curve that is computed, or was.
Curve = TypedDict(
    "Curve",
    {"for": str, "present": int, "id": NotRequired[str], "kept": NotRequired[bool], "clicks": NotRequired[int | None]},
)


class Live(TypedDict, total=False):
    """The best answer so far."""

    sites: list[tuple[float, float]]
    closed: list[str]
    upgraded: list[str]


class Acted(TypedDict):
    """What is to be done with a scenario."""

    act: str
    id: str


class Changed(TypedDict, total=False):
    """What a page has written."""

    open: str | None
    at: str | int | None
    told: str
    batch: str | None
    plan: str | None


class Uploaded(TypedDict, total=False):
    """A file that was sent, or why it was not."""

    id: str
    message: str


class Run(TypedDict):
    """A check of an upload."""

    id: str
    run: str


class Doing(TypedDict, total=False):
    """What is asked about before it is done."""

    undo: str
    remove: tuple[str, str]


class Spot(TypedDict):
    """A point that was set."""

    lon: float
    lat: float
    by: NotRequired[str | None]
    sketch: NotRequired[bool]


class Placed(TypedDict, total=False):
    """What was set of a table and not saved."""

    spots: dict[str, Spot]
    skipped: list[str]


class Spoken(TypedDict):
    """What the view says itself."""

    title: str
    sentence: str


#: Id of a store → what it holds, when it holds anything.
STORES: Mapping[str, Any] = {
    "filters": Choice,
    "an-state": Choice,
    "plan-state": Question,
    "viewport": Viewport,
    "plan-viewport": Viewport,
    "in-view-asked": InView,
    "plan-job": Asked,
    "plan-result": Answered,
    "plan-curve-job": Curve,
    "plan-live": Live,
    "plan-event": dict,
    "plan-act": Acted,
    "plan-changed": Changed,
    "data-changed": Changed,
    "data-upload": Uploaded,
    "data-run": Run,
    "data-doing": Doing,
    "data-chosen": str,
    "data-drawn": str,
    "placing-spots": dict[str, Placed],
    "placing-by": str,
    "data-export-job": str,
    "placing-job": str,
    "placing-found": list,
    "streets-job": str,
    "sources-drawn": str,
    "briefing-view": str,
    "briefing-lang": str,
    "briefing-page-theme": str,
    "briefing-spoken": Spoken,
    "briefing-kept": list,
    "briefing-found": list,
    "briefing-owned": bool,
    "briefing-job-ids": list[str],
}
