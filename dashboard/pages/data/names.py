"""Component ids of the data page, its own keys of the address, and its sections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.context import Context
from dashboard.query_string import bad_value, joined, text, values
from dashboard.words import Words
from geodata.message import Message
from geodata.quality import RULES, STALE_DAYS
from geodata.schema import TABLES
from layers.filters import Filters

PATH = "/data"
OWN_KEYS = ("section", "table", "batch", "rule", "days")
SECTIONS = ("import", "history", "rows", "placing", "streets", "quality")
#: Tables in the order in which a union has them; the rest follows
FIRST = ("stations", "enterprises", "grids", "regions", "fairs", "activities", "candidates", "demand")
ORDERED = (*FIRST, *(name for name in TABLES if name not in FIRST))

#: The page has a Location of its own: callbacks of the overview wait for theirs together with its controls
URL = "data-url"
SECTION, TABS, AUTHOR, CHANGED, DRAWN = "data-section", "data-tabs", "data-author", "data-changed", "data-drawn"
TABLE, CRS, EPSG, UPLOAD, RUN, POLL = "data-table", "data-crs", "data-epsg", "data-upload", "data-run", "data-poll"
PROGRESS, REPORT, TEMPLATE, DROP = "data-progress", "data-report", "data-template", "data-drop"
PROBLEM_GROUP, PROBLEM_PAGE, PROBLEMS = "data-problem-group", "data-problem-page", "data-problems"
PROBLEM_LIST, DOUBTS = "data-problem-list", "data-doubts"
MODAL, MODAL_TEXT, MODAL_DO, MODAL_CLOSE, DOING = (
    "data-modal",
    "data-modal-text",
    "data-modal-do",
    "data-modal-close",
    "data-doing",
)
ROW_TABLE, ROW_PLACE, ROW_TEXT, GRID_BOX, GRID, ROW_COUNT = (
    "data-row-table",
    "data-row-place",
    "data-row-text",
    "data-grid-box",
    "data-grid",
    "data-row-count",
)
EXPORT, EXPORT_FORMAT, EXPORT_STOP = "data-export", "data-export-format", "data-export-stop"
EXPORT_TOLD, EXPORT_JOB, EXPORT_POLL = "data-export-told", "data-export-job", "data-export-poll"
ADD, EDIT, REMOVE, CHOSEN = "data-add", "data-edit", "data-remove", "data-chosen"
#: Section 补位置: what its stores hold is said in :mod:`dashboard.pages.data.placing`
PLACING_TABLE, PLACING_PLACE, PLACING_TEXT = "placing-table", "placing-place", "placing-text"
PLACING_LIST, PLACING_COUNT, PLACING_MAP, PLACING_BOX = "placing-list", "placing-count", "placing-map", "placing-box"
PLACING_SPOTS, PLACING_BY, PLACING_JOB = "placing-spots", "placing-by", "placing-job"
PLACING_POLL, PLACING_FOUND, PLACING_PROGRESS = "placing-poll", "placing-found", "placing-progress"
PLACING_SAVE, PLACING_SAVE_TEXT, PLACING_TOLD = "placing-save", "placing-save-text", "placing-told"
PLACING_OFFLINE, PLACING_SERVICE, PLACING_STOP = "placing-offline", "placing-service", "placing-stop"
PLACING_LEVEL, PLACING_ACCEPT, PLACING_ACCEPTING = "placing-level", "placing-accept", "placing-accepting"
PLACING_SENT, PLACING_DRAWN = "placing-sent", "placing-drawn"
STREETS_FILE, STREETS_HERE, STREETS_START, STREETS_STOP = (
    "streets-file",
    "streets-here",
    "streets-start",
    "streets-stop",
)
STREETS_JOB, STREETS_POLL, STREETS_PROGRESS = "streets-job", "streets-poll", "streets-progress"
DRAWER, FORM = "data-drawer", "data-form"
DAYS, QUALITY_PLACE = "data-days", "data-quality-place"


def numbered(kind: str, at: Any) -> dict[str, Any]:
    """Return the id of a component that is only there at times."""
    return {"type": kind, "at": at}


def own(query: str | None) -> dict[str, Any]:
    """Return the page's own part of the address, each value one that can be used.

    ``section``, ``table``, ``rule`` and ``batch`` (or None), ``days``.
    """
    said = values(query)
    days = said.get("days", "")
    return {
        "section": said.get("section") if said.get("section") in SECTIONS else SECTIONS[0],
        "table": said.get("table") if said.get("table") in TABLES else FIRST[0],
        "rule": said.get("rule") if said.get("rule") in RULES else None,
        "batch": said.get("batch", "")[:80] or None,
        "days": int(days) if days.isascii() and days.isdigit() and 1 <= int(days[:6]) <= 3650 else STALE_DAYS,
    }


def refused(query: str | None) -> list[Message]:
    """Return a notice for each of the page's own keys whose value cannot be used."""
    used, said = own(query), values(query)
    return [
        bad_value(key, given)
        for key in OWN_KEYS
        if (given := said.get(key, "")) and key != "batch" and given != str(used[key])
    ]


def read(context: Context, search: str | None) -> tuple[Filters, Words]:
    """Return the filters that an address asks for, as far as the atlas holds them, and the reader's words."""
    filters = context.read(context.source.atlas(), search, OWN_KEYS).filters
    return filters, context.words(filters.lang)


def query(filters: Filters, context: Context, said: Mapping[str, Any], **changes: Any) -> str:
    """Return the query string of `filters` with the page's own keys: those of `said`, and `changes` on top."""
    usual = own("")
    wanted = {key: value for key, value in {**said, **changes}.items() if value is not None and value != usual[key]}
    return joined(context.write(filters), text(wanted))


def address(filters: Filters, context: Context, section: str, **changes: Any) -> str:
    """Return the address of a section."""
    return PATH + query(filters, context, {"section": section}, **changes)
