"""``GET /search?q=…&lang=…&asof=…``: what answers to a few letters,
in at most 2 kB, each with the address that shows it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, request

from dashboard.components.trail import trail_address
from dashboard.context import Context
from dashboard.state import View
from dashboard.words import Words
from geodata.errors import AtlasError
from layers import places
from layers.atlas import Atlas
from layers.filters import Filters
from layers.search import Hit, Index

MAX_BYTES = 2_000
MAX_NAME = 36
SPELT = ("station",)  # names that are read in pinyin by who reads English
KEPT = ("lang", "theme", "asof", "base")
PATIENCE_SECONDS = 1.0
STREET_ZOOM = 14.5


class Indexes:
    """The index of an atlas, made beside the requests;
    the one before answers until it is ready, unless it has to be `exact`.

    Parameters
    ----------
    exact : bool
        A past day must not find what was not there yet: then no other index answers for it.
    """

    def __init__(self, exact: bool = False) -> None:
        self._exact = exact
        self._lock = threading.Lock()
        self._held: tuple[str, Index] | None = None
        self._making: tuple[str, threading.Event] | None = None

    def of(self, atlas: Atlas, patience: float = PATIENCE_SECONDS) -> Index | None:
        """Return the index of `atlas`, or (unless exact) the one before while it is made;
        None when none is ready within `patience` seconds.
        """
        with self._lock:
            if self._held and self._held[0] == atlas.version:
                return self._held[1]
            if self._making is None or self._making[0] != atlas.version:
                self._making = atlas.version, threading.Event()
                threading.Thread(target=self._make, args=(atlas, self._making[1]), daemon=True).start()
            ready = self._making[1]
        ready.wait(patience)
        held = self._held
        return held[1] if held and (not self._exact or held[0] == atlas.version) else None

    def _make(self, atlas: Atlas, ready: threading.Event) -> None:
        try:
            made = Index.of(atlas)
            with self._lock:
                self._held = atlas.version, made
        finally:
            with self._lock:
                if self._making and self._making[1] is ready:
                    self._making = None
            ready.set()


def add_search(server: Flask, context: Context) -> None:
    """Serve ``/search``."""
    present, past = Indexes(), Indexes(exact=True)

    @server.get("/search")
    def _search() -> Response:
        # of the view only what every address keeps: language, theme, base map and day
        atlas, said = context.look(urlencode([(key, request.args[key]) for key in KEPT if key in request.args]))
        filters = context.default.having(
            lang=said.filters.lang, theme=said.filters.theme, base=said.filters.base, as_of=said.filters.as_of
        )
        index = (past if filters.as_of else present).of(atlas)
        if index is None:
            return _answer({"state": "building", "hits": []})
        found = index.find(request.args.get("q", ""))
        return _answer(fitted(found.hits, lambda hit: shown(hit, atlas, filters, context)))


def shown(hit: Hit, atlas: Atlas, filters: Filters, context: Context) -> dict[str, str] | None:
    """Return a hit as the browser takes it: ``kind``, ``name``,
    ``where`` and ``to``, its address; None when it is gone.
    """
    words = context.words(filters.lang, filters.as_of)
    entry = hit.entry
    try:
        to = address(hit, atlas, filters, context)
    except AtlasError:  # the index may be of the atlas a moment ago
        return None
    at = atlas.tree.position(entry.adcode) if entry.adcode else -1
    name = (
        entry.name_en
        if words.lang == "en" and entry.name_en
        else words.called(entry.name)
        if entry.kind in SPELT
        else entry.name
    )
    where = "" if at < 0 else _name(atlas, at, words) if entry.kind != "place" else _above(atlas, at, words)
    return {"kind": entry.kind, "name": name[:MAX_NAME], "where": where, "to": to}


def address(hit: Hit, atlas: Atlas, filters: Filters, context: Context) -> str:
    """Return where a hit is seen.

    Raises
    ------
    AtlasError
        The atlas does not hold it.
    """
    entry = hit.entry
    if entry.kind == "fact":
        return trail_address(entry.key, filters, context)
    if entry.kind == "story":
        query = context.write(filters)
        return f"/stories{query}{'&' if query else '?'}story={entry.key}"
    there = filters.at_place(entry.adcode) if entry.adcode else filters
    view = None
    if entry.kind in ("region", "zone"):
        there = filters.at_place(entry.adcode, entry.key)
    elif entry.kind == "grid":
        there = filters.at_place(entry.adcode, None, entry.key)
    elif entry.kind in ("station", "fair"):
        there = there.having(**{entry.kind: entry.key})
    table = {"station": "stations", "enterprise": "enterprises", "activity": "activities"}.get(entry.kind)
    if table:
        row = atlas.rows_by(table, f"{entry.kind}_id").get(entry.key)
        lon, lat = (values[row] for values in atlas.lonlat(table)) if row is not None else (float("nan"),) * 2
        view = View(float(lon), float(lat), STREET_ZOOM) if lon == lon else None
        if entry.kind == "activity" and row is not None:
            there = there.having(kinds=frozenset({atlas.activities["kind"].iloc[row]}))
    if entry.kind == "kind":
        there = there.having(kinds=frozenset({entry.key}))
    if entry.kind == "scenario":
        query = context.write(there)
        return f"/planning{query}{'&' if query else '?'}scenario={entry.key}"
    places.scope(atlas, there)
    return "/" + (context.write(there, view) or "?")


def fitted(hits: tuple[Hit, ...], show: Callable[[Hit], dict[str, str] | None]) -> dict[str, Any]:
    """Return the answer with as many of `hits` as fit into :data:`MAX_BYTES`."""
    rows = [row for row in map(show, hits) if row]
    answer: dict[str, Any] = {"state": "ready", "hits": rows}
    while rows and len(_bytes(answer)) > MAX_BYTES:
        rows.pop()
    return answer


def _bytes(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()


def _answer(answer: dict[str, Any]) -> Response:
    return Response(_bytes(answer), mimetype="application/json", headers={"Cache-Control": "no-store"})


def _name(atlas: Atlas, at: int, words: Words) -> str:
    return str(atlas.places["name" if words.lang == "zh" else "name_en"].iloc[at])


def _above(atlas: Atlas, at: int, words: Words) -> str:
    up = [int(row) for row in atlas.tree.ancestors[at] if row >= 0 and row != at]
    return _name(atlas, up[-1], words) if up else ""
