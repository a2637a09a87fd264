"""``GET /sources/rows.csv``: the rows behind a figure, as it stands in a view."""

from __future__ import annotations

from flask import Flask, Response, request

from dashboard.access.taking import elsewhere, require_theirs
from dashboard.context import Context
from dashboard.server.guard import editing
from dashboard.server.trouble import told
from geodata.errors import N_, AtlasError
from geodata.exporting import csv_parts
from layers.trails import trail

OWN_KEYS = ("figure", "part")


def add_trails(server: Flask, context: Context) -> None:
    """Serve the rows of one part of a figure's trail: ``figure``, ``part`` (its number) and the keys of Filters."""

    @server.get("/sources/rows.csv")
    def _rows() -> Response:
        atlas, said = context.look(request.query_string.decode("utf-8", "replace"), OWN_KEYS)
        words = context.words(said.filters.lang)
        try:
            found = trail(atlas, said.filters, request.args.get("figure", ""))
            at = request.args.get("part", 0, int)
            if not 0 <= at < len(found.parts):
                raise AtlasError(N_("这个数字没有第 {got} 项：请从来源页下载。"), got=at)
            part = found.parts[at]
            require_theirs(atlas, part.table, part.rows)
            rows = (atlas.exact if editing(context.settings) else atlas).table(part.table)  # who keeps them knows them
            lines = csv_parts(rows, part.table, part.rows, words.activity_kinds(), words.lang)
        except AtlasError as error:
            return told(context, error, 403 if error.msgid == elsewhere().msgid else 400)
        return Response(  # some thousand rows at a time: of a country they are hundreds of megabytes
            lines,
            mimetype="text/csv",
            headers={
                "Content-Disposition": f"attachment; filename={found.id}-{part.table}.csv",
                "Cache-Control": "no-store",
            },
        )
