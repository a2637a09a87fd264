"""One month of the playback by address: values only, the geometry is that of the map."""

from __future__ import annotations

import json
import re

from flask import Flask, Response, request

from dashboard.context import Context
from dashboard.maps.events import spots
from dashboard.theme.recolour import themed
from layers.analysis import timeline

_MONTH = re.compile(r"\d{4}-\d{2}")


def add_frames(server: Flask, context: Context) -> None:
    """Serve ``/analysis/frame/VERSION/YYYY-MM.json?FILTERS[&sum=1]``: what happened in a month, or up to it."""

    @server.get("/analysis/frame/<version>/<month>.json")
    def _frame(version: str, month: str) -> Response:
        up_to = request.args.get("sum") == "1"
        atlas, said = context.look(request.query_string.decode("ascii", "replace"), ("sum",))
        filters = said.filters
        words = context.words(filters.lang, filters.as_of)
        if not _MONTH.fullmatch(month) or month not in timeline.months(atlas, filters):
            return Response("{}", 404, mimetype="application/json")
        table = timeline.by_month(atlas, filters)
        table = table[table["month"] <= month] if up_to else table[table["month"] == month]
        count, reported = int(table["count"].sum()), int(table["reported"].sum())
        what = (
            words("截至{month}累计 {count} 项，其中报道 {reported} 项")
            if up_to
            else words("{month} {count} 项，其中报道 {reported} 项")
        )
        said_of_it = what.format(month=words.month(month), count=words.number(count), reported=words.number(reported))
        undated = timeline.without_month(atlas, filters)
        if undated:
            said_of_it += words("；另有 {count} 项只报道了年份，不在其中").format(count=words.number(undated))
        body = {
            "month": month,
            "count": count,
            "reported": reported,
            "caption": said_of_it,
            "spots": themed(spots(timeline.frame(atlas, filters, month, up_to), words), filters.theme),
        }
        answer = Response(json.dumps(body, ensure_ascii=False, separators=(",", ":")), mimetype="application/json")
        answer.headers["Cache-Control"] = "private, max-age=86400" if version == atlas.version else "no-store"
        return answer
