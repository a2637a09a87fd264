"""``GET /data/rows/ID``: the file that an export of the data page has written."""

from __future__ import annotations

from flask import Flask, Response, send_file

from dashboard.context import Context
from dashboard.server.trouble import told
from dashboard.tasks.export_worker import Exports
from geodata.errors import N_, AtlasError

PATH = "/data/rows"


def add_taking_out(server: Flask, context: Context) -> None:
    """Serve it to who ordered it, from the disk."""
    exports = Exports(context.settings)

    @server.get(f"{PATH}/<id>")
    def _taken_out(id: str) -> Response:
        path = exports.file(id)
        if path is None:
            return told(context, AtlasError(N_("没有这份文件：它没有做成，或已过期（保留一小时）。请重新导出。")), 404)
        answer = send_file(path, as_attachment=True, download_name=path.name)
        answer.headers["Cache-Control"] = "no-store"
        return answer
