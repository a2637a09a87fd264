"""``GET /metrics`` for Prometheus, over all processes of a server, for whom the settings name and for nobody else.

A request counts under the rule that answered it, never under its address: what a reader looked at stands nowhere, and
nobody can make series without end.
"""

from __future__ import annotations

import ipaddress
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from http import HTTPStatus

from flask import Flask, Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from dashboard import __version__
from dashboard.access.reader import ENVIRON, OPERATOR
from dashboard.context import Context
from dashboard.server.guard import forwarded
from dashboard.server.reader import address_of_reader
from dashboard.settings import Settings
from geodata.errors import AtlasError

PATH = "/metrics"
#: Names the folder in which the processes of a server keep what they count.
SHARED = "PROMETHEUS_MULTIPROC_DIR"
FOLDER = "metrics"
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Now(Collector):
    """What is looked up when it is asked for."""

    def __init__(self, context: Context) -> None:
        self._source = context.source

    def collect(self) -> Iterator[Metric]:
        """Yield the state of the store and of the home."""
        about = GaugeMetricFamily("atlas_info", "Version of the program.", labels=["version"])
        about.add_metric([__version__], 1)
        yield about
        rows = GaugeMetricFamily("atlas_rows", "Rows of the tables of the atlas.", labels=["table"])
        try:
            tables, able = self._source.described()[2], 1
        except AtlasError:
            tables, able = {}, 0
        for name, count in tables.items():
            rows.add_metric([name], count)
        yield rows
        yield GaugeMetricFamily("atlas_store_up", "Whether the store can be read.", value=able)
        try:
            free = shutil.disk_usage(self._source.home).free
        except OSError:
            free = 0
        yield GaugeMetricFamily("atlas_home_free_bytes", "Bytes free on the disk of the home.", value=free)


def may_ask(settings: Settings, address: str) -> bool:
    """Return whether `address` is one that the settings let ask for the metrics."""
    try:
        asking = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(asking in network for network in settings.metrics_networks)


def add_metrics(server: Flask, context: Context) -> None:
    """Count requests and serve ``/metrics``, where the settings say for whom; else there is nothing to be found."""
    if not context.settings.metrics_networks:
        server.add_url_rule(PATH, "_metrics", lambda: Response("", HTTPStatus.NOT_FOUND))
        return
    shared = bool(os.environ.get(SHARED))
    registry = CollectorRegistry()
    own = None if shared else registry
    counted = Counter("atlas_requests", "Requests answered.", ["method", "rule", "status"], registry=own)
    lasted = Histogram("atlas_request_seconds", "Seconds until an answer.", ["rule"], buckets=SECONDS, registry=own)
    told = CollectorRegistry()
    told.register(Now(context))
    if shared:
        MultiProcessCollector(registry)

    @server.before_request
    def _begun() -> None:
        g.asked = time.perf_counter()

    @server.after_request
    def _counted(answer: Response) -> Response:
        if request.environ.get(ENVIRON) is OPERATOR:  # this program itself, before anybody asks: no reader's request
            return answer
        rule = request.url_rule.rule if request.url_rule else "none"
        method = request.method if request.method in ("GET", "HEAD", "POST", "OPTIONS") else "other"
        counted.labels(method, rule, str(answer.status_code)).inc()
        lasted.labels(rule).observe(time.perf_counter() - g.get("asked", time.perf_counter()))
        return answer

    @server.get(PATH)
    def _metrics() -> Response:
        # a proxy that nobody has named hides who asks behind an address of its own
        hidden = forwarded(request.headers.keys()) and not context.settings.trusted
        if hidden or not may_ask(context.settings, address_of_reader(context.settings)):
            return Response("", HTTPStatus.NOT_FOUND)
        parts: Iterable[bytes] = (generate_latest(registry), generate_latest(told))
        answer = Response(b"".join(parts))
        answer.headers["Content-Type"] = CONTENT_TYPE_LATEST
        answer.headers["Cache-Control"] = "no-store"
        return answer
