"""``GET /map.svg``: the map of a view as a picture, for a machine without WebGL 2."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from flask import Flask, Response, abort, request
from numpy.typing import NDArray

from dashboard.context import Context
from dashboard.drill_down import clicked
from dashboard.maps import addresses, base_svg, basemap, ground, nation
from dashboard.maps import overview as map_figures
from dashboard.maps.as_svg import Still, svg
from dashboard.maps.layer import Drawn
from dashboard.maps.layers import COUNTED
from dashboard.maps.projection import Frame
from dashboard.server.answers import Answers
from dashboard.server.geometry import geometry
from dashboard.server.kept import Latest
from dashboard.state import State
from dashboard.theme import tokens
from dashboard.theme.recolour import themed
from dashboard.words import Words
from geodata.codes import LANGUAGES
from geodata.errors import N_
from layers import places, reads
from layers.atlas import WHOLE, Atlas
from layers.filters import Filters

OWN_KEYS = ("page", "w", "h", "left", "plain", "bare", "of", "turn", "month", "story", "scenario", "on", "with")
SIDE = (160, 2_400)  # pixels
KEPT = 24
BRIEFLY = "private, max-age=3600"
#: Keys of what is there beside the atlas, and another tomorrow: the answer of a plan, what is kept of one.
LATER = frozenset({"run", "scenario"})
#: The map of a page as a figure of plotly.js, from the atlas, what the address says, and the address.
Maker = Callable[[Context, Atlas, State, str], dict[str, Any]]
Features = tuple[Sequence[str], NDArray[Any], Sequence[Mapping[str, Any]]]


class Geometries:
    """Geometry read once: what ``/geo/VERSION/NAME.json`` answers, as shapes."""

    def __init__(self) -> None:
        self._kept: Latest[tuple[str, str], Features] = Latest(KEPT)

    def get(self, atlas: Atlas, address: str) -> Features:
        """Return ids, shapes (degrees) and properties of the geometry at `address`; none of one that is not there."""
        name = address.rpartition("/")[2].removesuffix(".json")
        if (sheet := ground.named(atlas, name)) is not None:
            return (), sheet.shapes, sheet.facts

        def read() -> Features:
            features = json.loads(geometry(atlas, name) or '{"features": []}')["features"]
            return (
                [one["id"] for one in features],
                np.array([shapely.geometry.shape(one["geometry"]) for one in features], dtype=object),
                [one["properties"] for one in features],
            )

        return self._kept.get((addresses.version(atlas, name), name), read)


def overview(context: Context, atlas: Atlas, said: State, query: str) -> dict[str, Any]:  # noqa: ARG001 - as every page
    """Return the map of the overview."""
    return map_figures.map_figure(atlas, said.filters, context.words(said.filters.lang), said.view)


def picture(
    context: Context,
    geometries: Geometries,
    query: str,
    size: tuple[int, int],
    left: int = 0,
    plain: bool = False,
    make: Maker = overview,
    own: Collection[str] = (),
    bare: bool = False,
) -> str:
    """Return the map of the view `query` as SVG of `size` pixels.

    A `plain` one leads nowhere, a `bare` one has no texts for a pointer either; `own` are the keys of the page that
    `make` draws for.
    """
    atlas, said = context.look(query, (*OWN_KEYS, *own))
    filters, words = said.filters, context.words(said.filters.lang)
    figure = make(context, atlas, said, query)
    laid = basemap.over(figure, context, filters, words, online=False, choice=False)
    base, credit = context.base_maps.current(), laid["layout"]["meta"].get("base", {}).get("credit", "")

    def address(kind: str, key: str) -> str | None:
        if (
            plain or make is not overview or kind == "enterprise"
        ):  # there are hundreds, each within a grid that leads the same way
            return None
        there = clicked(atlas, filters, {"points": [{"customdata": [kind, key]}]})
        return None if there == filters else "/" + (context.write(there) or "?")

    def shapes(at: str) -> Features:
        return geometries.get(atlas, at)

    meta = figure["layout"]["meta"]
    stands = nation.frame(meta, size, left) if meta.get("fit", True) else Frame.at(figure["layout"]["map"], size)
    insets = []
    if "clear" in meta and stands.zoom < nation.NEAR:
        insets = [
            (nation.inset(atlas, words, filters.theme, shapes, size[0] < nation.NARROW), nation.placed(meta, size))
        ]
    return svg(
        Still(
            themed(laid, filters.theme),
            shapes,
            address,
            alt_text(atlas, filters, figure, words),
            (words("公里"), words("米")),
            stands,
            bare,
            (lambda frame: base_svg.under(base, frame, filters.theme, credit)) if base and credit else None,
            insets,
        )
    )


def alt_text(atlas: Atlas, filters: Filters, figure: Mapping[str, Any], words: Words) -> str:
    """Return in words what the map shows: where, and how many of what."""
    drawn = Drawn.of(figure)
    count = {name: len(one.get("customdata") or one.get("hovertext") or ()) for name, one in drawn.traces.items()}
    grids = any(key[0] == "grid" for key in drawn.traces.get("areas", {}).get("customdata") or ())
    told = {**COUNTED, "areas": N_("产改网格") if grids else N_("地方")}
    what = words.listed(
        f"{words(label)} {words.number(count[name])}" for name, label in told.items() if count.get(name)
    )
    return words("{place}的静态地图：{what}").format(
        place=words.name(places.scope(atlas, filters).crumbs[-1]), what=what
    )


def add_insets(server: Flask, context: Context, geometries: Geometries) -> None:
    """Serve ``/geo/VERSION/south-china-sea.LANG.THEME.svg``: the inset of the maps of the country; as
    ``south-china-sea-small`` that of narrow ones.
    """

    @server.get("/geo/<version>/south-china-sea.<lang>.<mode>.svg", defaults={"small": False})
    @server.get("/geo/<version>/south-china-sea-small.<lang>.<mode>.svg", defaults={"small": True})
    def _inset(version: str, lang: str, mode: str, small: bool) -> Response:
        atlas = context.source.atlas()
        if lang not in LANGUAGES or mode not in tokens.THEMES:
            abort(404)
        text = atlas.once(
            ("inset", lang, mode, small),
            lambda: nation.inset(atlas, context.words(lang), mode, lambda at: geometries.get(atlas, at), small),
        )
        answer = Response(text, mimetype="image/svg+xml")
        lasting = version == addresses.version(atlas, "south-china-sea")
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable" if lasting else "no-store"
        return answer


def add_stills(
    server: Flask, context: Context, answers: Answers, pages: Mapping[str, tuple[Maker, Collection[str]]]
) -> None:
    """Serve ``/map.svg`` with the keys of Filters.

    ``page``: whose map, with the page's own keys; the overview's without. ``w``, ``h``: size in pixels; ``left``: those
    that a legend covers; ``plain``: without links; ``bare``: without texts for a pointer too; ``of``: the version of
    the atlas that the address was made for: as long as it is the present one, browser and server may keep the picture.

    Parameters
    ----------
    answers : Answers
        Keeps the pictures, for all processes of the server.
    pages : mapping
        Name of a page → what draws its map, and the page's own keys.
    """
    geometries = Geometries()
    add_insets(server, context, geometries)

    @server.get("/map.svg")
    def _still() -> Response:
        width, height = (
            int(np.clip(request.args.get(key, usual, int), *SIDE)) for key, usual in (("w", 1200), ("h", 760))
        )
        query = request.query_string.decode("utf-8", "replace")
        make, own = pages.get(request.args.get("page", ""), (overview, ()))

        def draw() -> str:
            return picture(
                context,
                geometries,
                query,
                (width, height),
                request.args.get("left", 0, int),
                "plain" in request.args,
                make,
                own,
                "bare" in request.args,
            )

        def drawn() -> str:
            reads.read({(atlas.mark, WHOLE)})  # shapes are kept by version, beside what is told of reading them
            return draw()

        # only what the atlas alone decides is kept. Most readers open the same view in a window of the same size
        atlas = context.look(query, (*OWN_KEYS, *own))[0]
        lasting = not LATER & request.args.keys() and request.args.get("of") == atlas.version
        text = answers.text(("map.svg", query), drawn, alike=True) if lasting else draw()
        return Response(text, mimetype="image/svg+xml", headers={"Cache-Control": BRIEFLY if lasting else "no-store"})
