"""``POST /data/upload``, ``GET /data/{template,marked,left}/….xlsx``: files in and out of the data page."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from flask import Flask, Response, jsonify, request, send_file
from werkzeug.exceptions import RequestEntityTooLarge

from dashboard.context import Context
from dashboard.server.guard import require_editing
from dashboard.server.reader import reader_key
from dashboard.server.trouble import status_of
from dashboard.tasks.import_worker import report_of
from dashboard.tasks.uploads import CHECK, Uploads, too_large
from dashboard.words import Words
from geodata.errors import N_, AtlasError
from geodata.importing.left_behind import write_left_behind
from geodata.importing.marked import write_marked
from geodata.importing.template import write_template
from geodata.schema import TABLES

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
UPLOAD, TEMPLATE, MARKED, LEFT = "/data/upload", "/data/template", "/data/marked", "/data/left"


def add_uploading(server: Flask, context: Context) -> None:
    """Serve these addresses."""
    uploads = Uploads(context.settings)

    def reader() -> Words:
        lang = request.args.get("lang", "")
        return context.words(lang if lang in context.catalogues else context.default.lang)

    def refused(error: AtlasError, code: int) -> tuple[Response, int]:
        return jsonify({"message": error.text(reader().gettext)}), code

    @server.before_request
    def _larger() -> None:
        if request.path == UPLOAD:
            request.max_content_length = context.settings.max_upload_bytes

    @server.post(UPLOAD)
    def _upload() -> tuple[Response, int]:
        """Take the body of the request as a file; ``name`` is its name."""
        try:
            require_editing(context.settings)
        except AtlasError as error:
            return refused(error, 403)
        try:
            upload = uploads.take(request.stream, request.args.get("name", ""), reader_key(context.settings))
        except RequestEntityTooLarge:
            return refused(too_large(context.settings.max_upload_bytes), 413)
        except AtlasError as error:
            return refused(error, 400)
        return jsonify({"id": upload.id, "name": upload.file.name, "size": upload.file.stat().st_size}), 200

    @server.get(f"{TEMPLATE}/<table>.xlsx")
    def _template(table: str) -> Response | tuple[Response, int]:
        if table not in TABLES:
            return refused(AtlasError(N_("没有这个页面。")), 404)
        with tempfile.TemporaryDirectory() as folder:
            words = reader()
            path = write_template(table, Path(folder) / f"{table}.xlsx", words.activity_kinds(), words.lang)
            return _sent(
                path,
                words("{table}-填报模板").format(table=TABLES[table].zh if words.lang == "zh" else TABLES[table].en),
            )

    @server.get(f"{MARKED}/<name>.xlsx")
    def _marked(name: str) -> Response | tuple[Response, int]:
        return workbook(name, write_marked, N_("{name}-已标出问题"))

    @server.get(f"{LEFT}/<name>.xlsx")
    def _left(name: str) -> Response | tuple[Response, int]:
        return workbook(name, write_left_behind, N_("{name}-没有导入的行"))

    def workbook(name: str, write: Callable[..., Path], title: str) -> Response | tuple[Response, int]:
        """Send what `write` makes of an upload and of what its check found."""
        upload = uploads.get(name)
        task = upload.task() if upload else None
        found = upload.found(task.run if task.action == CHECK else task.of) if upload and task else None
        try:
            if upload is None or task is None or found is None:
                return refused(AtlasError(N_("这个文件已不在服务器上（保留一天）：请重新上传。")), 404)
            with tempfile.TemporaryDirectory() as folder:
                words = reader()
                path = write(upload.file, report_of(found), Path(folder) / "out.xlsx", words.gettext, task.mapping)
                return _sent(path, words(title).format(name=upload.file.stem))
        except AtlasError as error:
            return refused(error, status_of(error, 404 if write is write_left_behind else 500))


def _sent(path: Path, name: str) -> Response:
    answer = send_file(BytesIO(path.read_bytes()), mimetype=XLSX, as_attachment=True, download_name=f"{name}.xlsx")
    answer.headers["Cache-Control"] = "no-store"
    return answer
