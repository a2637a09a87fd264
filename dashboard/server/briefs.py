"""Files of briefs by address, and who makes them."""

from __future__ import annotations

from urllib.parse import quote

from dash import Dash
from flask import Response, send_file

from dashboard.context import Context
from dashboard.export.engine import Engine
from dashboard.export.orders import Orders
from dashboard.export.studio import MIME, Studio
from dashboard.settings import Settings


def add_briefs(app: Dash, context: Context, settings: Settings) -> Orders:
    """Serve ``/briefing/file/ID`` and return the orders; nothing runs before the first order."""
    server = app.server
    orders = Orders(settings.home, Studio(context, Engine(server.wsgi_app, settings), settings), settings.browsers)

    @server.get("/briefing/file/<id>")
    def _file(id: str) -> Response:
        ordered = orders.find(id)
        path = orders.path(ordered) if ordered else None
        if ordered is None or path is None:
            words = context.words(context.default.lang)
            return Response(words("没有这份文件：它已过期，或没有做成。请重新制作。"), 404, mimetype="text/plain")
        answer = send_file(path, mimetype=MIME[ordered.order.format])
        name = f"{ordered.name}.{ordered.order.format}"
        answer.headers["Content-Disposition"] = (
            f"attachment; filename=\"brief.{ordered.order.format}\"; filename*=UTF-8''{quote(name)}"
        )
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return orders
