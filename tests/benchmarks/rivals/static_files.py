"""A server of the files of one folder, each compressed once at the start: ``static_files.py FOLDER PORT``."""

from __future__ import annotations

import mimetypes
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import brotli

QUALITY = 9


def main() -> None:
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    files = {
        f"/{path.relative_to(folder)}": (
            brotli.compress(path.read_bytes(), quality=QUALITY),
            mimetypes.guess_type(path)[0] or "application/octet-stream",
        )
        for path in folder.rglob("*")
        if path.is_file()
    }

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body, kind = files.get("/index.html" if self.path == "/" else self.path, (None, ""))
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            if body is not None:
                self.send_header("Content-Type", kind)
                self.send_header("Content-Encoding", "br")
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            return

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    main()
