"""The base map by address: its style, its tiles and its file, kept for ever, since the address carries its state."""

from __future__ import annotations

from http import HTTPStatus

from flask import Flask, Response, request, send_file

from dashboard.basemap import BaseMap
from dashboard.context import Context
from dashboard.maps.basemap import ONLINE, base_style, online_style
from geodata.errors import AtlasError
from geodata.tileset import GZIP
from layers.filters import LANGUAGES

FOR_EVER = "public, max-age=31536000, immutable"
MODES = ("light", "dark", "print")


def add_base_map(server: Flask, context: Context) -> None:
    """Serve ``/base/KEY/MODE.LANG.json``, ``/base/KEY/Z/X/Y`` and ``/base/KEY.pmtiles`` (``.mbtiles``).

    KEY is that of the present base map; any other is not found: a page that was loaded before it was replaced asks anew
    with the next figure. A place without a tile is answered 204, one outside of what the file holds 404.
    """

    def present(key: str) -> BaseMap | None:
        found = context.base_maps.current()
        return found if found is not None and found.tiles.key == key else None

    @server.get("/base/<key>/<mode>.<lang>.json")
    def _base_style(key: str, mode: str, lang: str) -> Response:
        base, tiles = present(key), context.settings.tiles
        if mode in MODES and lang in LANGUAGES and (base or (key == ONLINE and tiles)):
            text = base_style(base, mode, lang) if base else online_style(tiles, mode) if tiles else ""
            return _lasting(Response(text, mimetype="application/json"))
        return _nothing(HTTPStatus.NOT_FOUND)

    @server.get("/base/<key>/<int:z>/<int:x>/<int:y>")
    def _base_tile(key: str, z: int, x: int, y: int) -> Response:
        base = present(key)
        if base is None or not base.tiles.holds(z, x, y):
            return _nothing(HTTPStatus.NOT_FOUND)
        as_kept = "gzip" in request.headers.get("Accept-Encoding", "")
        try:
            data = base.tiles.tile(z, x, y, as_kept)
        except AtlasError as error:
            server.logger.warning("%s", error)
            return _nothing(HTTPStatus.BAD_GATEWAY)
        if data is None:
            return _lasting(_nothing(HTTPStatus.NO_CONTENT))
        answer = Response(data, mimetype=base.tiles.media)
        if data.startswith(GZIP):
            answer.headers["Content-Encoding"] = "gzip"
        answer.headers["Vary"] = "Accept-Encoding"
        answer.set_etag(f"{key}-{z}-{x}-{y}", weak=True)
        _lasting(answer).make_conditional(request)
        return answer

    @server.get("/base/<key>.<ending>")
    def _base_file(key: str, ending: str) -> Response:
        base = present(key)
        if base is None or base.tiles.path.suffix != f".{ending}":
            return _nothing(HTTPStatus.NOT_FOUND)
        sent = send_file(base.tiles.path.resolve(), "application/octet-stream", conditional=True, etag=key)
        return _lasting(sent)


def _nothing(status: HTTPStatus) -> Response:
    return Response("", status)


def _lasting(answer: Response) -> Response:
    answer.headers["Cache-Control"] = FOR_EVER
    return answer
