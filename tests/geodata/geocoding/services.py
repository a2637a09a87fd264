"""The three web services on loopback, answering as their manuals say;
told what to answer next, and keeping what they were asked.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PATHS = {"tianditu": "/geocoder", "amap": "/v3/geocode/geo", "baidu": "/geocoding/v3/"}
KEY = "union-key"


def amap_found(lon: float, lat: float, level: str = "门牌号", more: int = 0) -> dict[str, Any]:
    """Return an answer of 高德 as its manual shows it; fields without a value are []."""
    one = {
        "formatted_address": "福建省厦门市思明区湖滨南路1号",
        "country": "中国",
        "province": "福建省",
        "citycode": "0592",
        "city": "厦门市",
        "district": "思明区",
        "township": [],
        "neighborhood": {"name": [], "type": []},
        "building": {"name": [], "type": []},
        "adcode": "350203",
        "street": "湖滨南路",
        "number": "1号",
        "location": f"{lon:.6f},{lat:.6f}",
        "level": level,
    }
    return {"status": "1", "info": "OK", "infocode": "10000", "count": str(1 + more), "geocodes": [one] * (1 + more)}


def amap_error(infocode: str, info: str) -> dict[str, Any]:
    return {"status": "0", "info": info, "infocode": infocode}


def baidu_found(lon: float, lat: float, level: str = "门址", precise: int = 1, confidence: int = 80) -> dict[str, Any]:
    """Return an answer of 百度 as its manual shows it."""
    return {
        "status": 0,
        "result": {
            "location": {"lng": lon, "lat": lat},
            "precise": precise,
            "confidence": confidence,
            "comprehension": 100,
            "level": level,
        },
    }


def tianditu_found(lon: float, lat: float, level: str = "门址", score: int = 100) -> dict[str, Any]:
    """Return an answer of 天地图 as its manual shows it: degrees are text or numbers."""
    return {
        "msg": "ok",
        "location": {
            "score": score,
            "level": level,
            "lon": f"{lon}",
            "lat": f"{lat}",
            "keyWord": "厦门市思明区湖滨南路1号",
        },
        "searchVersion": "6.4.9V",
        "status": "0",
    }


class Service:
    """What the server on loopback answers, and what it was asked.

    Attributes
    ----------
    answer : callable
        Gets the query (name → value) and gives (HTTP status, body): a dict is JSON, bytes are sent as they are.
    asked : list of dict
        Every query, in order.
    seconds : float
        How long it thinks.
    """

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[dict[str, str]] = []
        self.times: list[float] = []
        self.seconds = 0.0
        self.answer: Callable[[dict[str, str]], tuple[int, Any]] = lambda _: (404, b"nothing to say")
        self.stopping = threading.Event()

    def says(self, body: Any, status: int = 200) -> None:
        """Answer every question alike."""
        self.answer = lambda _: (status, body)


@contextmanager
def served() -> Iterator[Service]:
    """Serve on loopback while the block lasts."""
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
            service.asked.append({"path": parts.path, **query})
            service.times.append(time.monotonic())
            service.stopping.wait(service.seconds)
            status, body = service.answer(query) if parts.path in PATHS.values() else (404, b"no such path")
            sent = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json;charset=UTF-8")
                self.send_header("Content-Length", str(len(sent)))
                if status in (301, 302):
                    self.send_header("Location", "http://127.0.0.1:9/elsewhere")
                self.end_headers()
                self.wfile.write(sent)
            except OSError:
                return  # whoever asked has had enough

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield service
    finally:
        service.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
