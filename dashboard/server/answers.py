"""Pages as they are laid out, and answers of callbacks that only draw, kept for whoever asks the same next.

What they say follows from the choice that is asked for, the data, and what its reader may see. Viewers of one office
choose the same places and hours, so most of their questions have been answered before. The answers are kept compressed:
in the process, and where ``ATLAS_REDIS_URL`` names a Redis there too, for all processes and through restarts. A page
that is kept names nobody: the name of whoever asks is put in as it is given out.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import time
import zlib
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from dash import Dash
from flask import Response, g, request
from redis import Redis, RedisError

from dashboard import ids
from dashboard.access.reader import asking, current_reader
from dashboard.as_of import today
from dashboard.context import Context
from dashboard.prefill import Place
from dashboard.server.calls import PATH
from dashboard.server.kept import Kept
from dashboard.settings import CODE

log = logging.getLogger(__name__)

#: Bytes of answers that a process keeps.
MOST = 32 * 2**20
#: Seconds that Redis keeps an answer nobody has asked for anew.
REDIS_SECONDS = 86_400
#: Seconds within which Redis has to answer, and for which it is left alone when it has not.
REDIS_PATIENCE, REDIS_REST = 0.25, 5.0
#: What Dash says beside the values of the outputs, as where something went wrong: nothing that the next reader is told.
ASIDE = b'"sideUpdate"'
#: Stands in what is kept for the name of whoever asks: no account has it (:mod:`dashboard.access.accounts`).
WHO = "{who asks}"


class Shared:
    """Bytes by key in a Redis; while it does not answer there are none, and nobody waits for it.

    Parameters
    ----------
    url : str
        ``redis://…``, ``rediss://…`` or ``unix://…``.
    """

    def __init__(self, url: str) -> None:
        waits = {"socket_timeout": REDIS_PATIENCE, "socket_connect_timeout": REDIS_PATIENCE}
        self._redis = Redis.from_url(url, retry=None, **waits)
        self._away_until = 0.0  # monotonic seconds

    def get(self, key: str) -> bytes | None:
        """Return what is kept under `key`."""
        return self._asked(lambda: self._redis.get(key))

    def set(self, key: str, content: bytes) -> None:
        """Keep `content` under `key`."""
        self._asked(lambda: self._redis.set(key, content, ex=REDIS_SECONDS))

    def _asked(self, ask: Callable[[], Any]) -> Any:
        if time.monotonic() < self._away_until:
            return None
        try:
            return ask()
        except RedisError as error:
            log.warning("Redis does not answer, the atlas goes on without: %s", type(error).__name__)
            self._away_until = time.monotonic() + REDIS_REST
            return None


class Answers:
    """Compressed answers by what was asked: of this process first, then of all.

    Parameters
    ----------
    context : Context
        What is answered from. Its settings name the Redis, if any; answers of other settings, or of other code, are
        none of ours.
    """

    def __init__(self, context: Context) -> None:
        settings = context.settings
        self._context, self._own = context, Kept(MOST)
        self._shared = Shared(settings.redis_url) if settings.redis_url else None
        self._ours = hashlib.sha256(f"{settings!r} {_code()}".encode()).hexdigest()

    def key(self, *question: object) -> str:
        """Return what the answer to a question of the present reader is kept under."""
        base, reader = self._context.base_maps.current(), current_reader()
        told = (
            *(self._ours, self._context.source.atlas().version, base.tiles.key if base else "", today().isoformat()),
            *(reader.role, reader.places, bool(reader.account)),
        )
        text = json.dumps([*told, *question], ensure_ascii=False, sort_keys=True)
        return f"atlas:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"

    def get(self, key: str) -> bytes | None:
        """Return the answer kept under `key`, gzip-compressed."""
        found = self._own.get(key)
        if found is None and self._shared is not None and (found := self._shared.get(key)) is not None:
            if not _whole(found):  # written by somebody else, or cut
                return None
            self._own.set(key, found)
        return found

    def set(self, key: str, packed: bytes) -> None:
        """Keep an answer."""
        self._own.set(key, packed)
        if self._shared is not None:
            self._shared.set(key, packed)

    def text(self, question: tuple, make: Callable[[], str]) -> str:
        """Return the text that `make` gives (:func:`for_all`), as whoever asks is told it; an empty one is not kept."""
        key = self.key(*question)
        if packed := self.get(key):
            found = gzip.decompress(packed).decode()
        else:
            found = make()
            if found and not g.get("left_open"):
                self.set(key, gzip.compress(found.encode(), 6, mtime=0))
        return found.replace(WHO, current_reader().account)


def for_all() -> AbstractContextManager[None]:
    """Have what is laid out within the block name nobody: :data:`WHO` stands for whoever asks."""
    reader = current_reader()
    return asking(replace(reader, account=WHO) if reader.account else reader)


@cache
def _code() -> str:
    """Return what is another once any of the code is."""
    files = sorted(one for floor in ("dashboard", "layers", "geodata") for one in Path(CODE / floor).rglob("*.py"))
    return hashlib.sha256("".join(f"{one.stat().st_mtime_ns}" for one in files).encode()).hexdigest()


def add_answers(app: Dash, answers: Answers, drawn: Iterable[Sequence[Place]], pages: Collection[str]) -> None:
    """Keep the answers of the callbacks that write to `drawn`, and of the one that lays out `pages` (paths).

    Added last, so that whoever asks has been let in.
    """
    firsts, page = [f"..{places[0][0]}.{places[0][1]}..." for places in drawn], f"{ids.PAGE}.children"

    @cache
    def only_draws(output: str) -> bool:
        return any(output.startswith(one) for one in firsts)

    def lays_out(asked: dict) -> bool:
        return asked["output"] == page and (asked["inputs"][0].get("value") or "/") in pages

    @app.server.before_request
    def _answered() -> Response | None:
        if request.path != PATH or request.method != "POST":
            return None
        asked = request.get_json()
        if not only_draws(asked["output"]) and not lays_out(asked):
            return None
        g.kept_under = answers.key(asked["output"], asked.get("inputs"), asked.get("state"))
        packed = answers.get(g.kept_under)
        if packed is None:
            return None
        g.kept_under = None
        return _told(Response(mimetype="application/json"), packed)

    @app.server.after_request
    def _keep(answer: Response) -> Response:
        key = g.get("kept_under")
        if not key or answer.status_code != 200 or answer.is_streamed or g.get("left_open"):
            return answer
        if ASIDE not in (body := answer.get_data()):
            packed = gzip.compress(body, 6, mtime=0)
            answers.set(key, packed)
            return _told(answer, packed)
        return answer


def _whole(packed: bytes) -> bool:
    try:
        return bool(gzip.decompress(packed))
    except (OSError, EOFError, zlib.error):
        return False


def _told(answer: Response, packed: bytes) -> Response:
    """Return `answer` with what is kept, naming whoever asks."""
    body = gzip.decompress(packed)
    named = body.replace(WHO.encode(), current_reader().account.encode())
    if named is body and "gzip" in request.headers.get("Accept-Encoding", ""):
        answer.set_data(packed)
        answer.headers["Content-Encoding"] = "gzip"
    else:
        answer.set_data(named)
    answer.vary.add("Accept-Encoding")
    return answer
