"""Pages as they are laid out, and answers of callbacks that only draw, kept for whoever asks the same next.

What they say follows from the choice that is asked for, the data, and what its reader may see. Viewers of one office
choose the same places and hours, so most of their questions have been answered before. The answers are kept compressed:
in the process, and for all processes of a server, through restarts, in files of its home or in the Redis that
``ATLAS_REDIS_URL`` names (:mod:`dashboard.server.answers_shared`). One process makes an answer, others who are asked
the same wait for it. An answer is kept with the versions of what it was computed from (:mod:`layers.reads`): what an
import does not touch holds on. Of a new version of the data what was asked most is asked before readers get to it. A
page that is kept names nobody: the name of whoever asks is put in as it is given out.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from dash import Dash
from flask import Response, g, request
from flask.testing import FlaskClient

from dashboard import ids
from dashboard.access.reader import ENVIRON, Reader, asking, current_reader
from dashboard.as_of import today
from dashboard.context import Context
from dashboard.prefill import Place
from dashboard.server.answers_shared import InFiles, InRedis, Shared
from dashboard.server.calls import PATH
from dashboard.server.guard import editing
from dashboard.server.kept import Kept
from dashboard.settings import CODE
from layers.atlas import WHOLE, Atlas
from layers.reads import Read, recorded

PREFIX = "atlas:"  # of every key
#: Bytes of answers that a process keeps.
MOST = 32 * 2**20
#: What Dash says beside the values of the outputs, as where something went wrong: nothing that the next reader is told.
ASIDE = b'"sideUpdate"'
#: Stands in what is kept for the name of whoever asks: no account has it (:mod:`dashboard.access.accounts`).
WHO = "{who asks}"
#: Key of a WSGI environment under which this very process says that it asks ahead of readers: it waits for nobody.
AHEAD = "atlas.ahead"
#: Questions that are remembered, to be asked again of the next version of the data.
ASKED = 512
#: How often a question was asked at least, that is asked again (:attr:`_Question.often`).
OFTEN = 0.5
#: Seconds for which whoever asks ahead lets readers go first whose answers are being made, before each question.
STEPS_BACK = 0.5


@dataclass(slots=True)
class _Question:
    """What was asked, by a reader of what kind, by what name and from which page of it; how often, the present version
    counted whole, the one before half.
    """

    reader: Reader
    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    often: float = 0.0


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to which an answer may be kept.

    Attributes
    ----------
    key : str
        What tells it from other questions, whatever the data.
    atlas : Atlas
        The present one.
    """

    key: str
    atlas: Atlas

    @property
    def now(self) -> str:
        """What tells the question to this very atlas apart."""
        return self.under((WHOLE,))

    def under(self, parts: Iterable[str]) -> str:
        """Return what an answer is kept under that follows from `parts` of the atlas."""
        told = "".join(f" {part} {self.atlas.told(part)}" for part in parts)
        return f"{PREFIX}{hashlib.sha256(f'{self.key}{told}'.encode()).hexdigest()}"


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
        self._shared: Shared | None = InRedis(settings.redis_url) if settings.redis_url else None
        self._files: InFiles | None = None
        self._asked: OrderedDict[str, _Question] = OrderedDict()
        self._lock, self._round, self._readers = threading.Lock(), 0, 0
        self._ours = hashlib.sha256(f"{settings!r} {_code()}".encode()).hexdigest()

    def share(self) -> None:
        """Keep answers in files of the home, where no Redis does, so that of all its processes one makes each."""
        self._files = InFiles(self._context.source.home)
        self._shared = self._shared or self._files

    @contextmanager
    def alone(self, asked: Asked, ahead: bool = False) -> Generator[bool]:
        """Give whether to make the answer to `asked` falls to this thread; else another has been waited for.

        Who asks `ahead` of readers waits for nobody.
        """
        with self._lock:
            self._readers += not ahead
        try:
            if self._files is None:
                yield True
            else:
                with self._files.alone(asked.now, lambda: not ahead and self.find(asked) is None) as found:
                    yield found
        finally:
            with self._lock:
                self._readers -= not ahead

    def remember(self, method: str, path: str, body: Any = None) -> None:
        """Remember what is asked now, to ask it again of the next version of the data."""
        reader = current_reader()
        headers = {name: request.headers[name] for name in ("Host", "Origin") if name in request.headers}
        text = json.dumps([method, path, body, *self._told_apart()], sort_keys=True)
        with self._lock:
            kept = self._asked.pop(text, None) or _Question(
                replace(reader, account=WHO if reader.account else ""), method, path, body, headers
            )
            kept.often += 1
            self._asked[text] = kept
            if len(self._asked) > ASKED:
                self._asked.popitem(last=False)

    def ask_again(self, client: FlaskClient) -> int:
        """Ask what was asked of this version or the one before, what was asked most first, until all is asked or there
        is yet another version.

        One question at a time, each in one process alone, and as long as readers wait for none; returns how many.
        """
        with self._lock:
            self._round += 1
            mine, questions = self._round, sorted(self._asked.values(), key=lambda one: -one.often)
            questions = [one for one in questions if one.often >= OFTEN]
            for one in self._asked.values():
                one.often /= 2
        for at, one in enumerate(questions):
            until = time.monotonic() + STEPS_BACK
            while self._readers and time.monotonic() < until:
                time.sleep(0.01)
            if mine != self._round:
                return at
            environ = {ENVIRON: one.reader, AHEAD: True}
            client.open(one.path, method=one.method, json=one.body, headers=one.headers, environ_overrides=environ)
        return len(questions)

    def asked(self, *question: object, alike: bool = False) -> Asked:
        """Return a question of the present reader to the present atlas; `alike`: whoever asks is told the same."""
        base = self._context.base_maps.current()
        who = () if alike else self._told_apart()
        told = (self._ours, base.tiles.key if base else "", today().isoformat(), *who)
        text = json.dumps([*told, *question], ensure_ascii=False, sort_keys=True)
        key = f"{PREFIX}{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"
        return Asked(key, self._context.source.atlas())

    def _told_apart(self) -> tuple[object, ...]:
        """Return all of a request that an answer may follow from beside what is asked: who, and whether a change is
        offered, which without accounts follows from the name that was asked, the page it comes from, and proxies.
        """
        reader = current_reader()
        return reader.role, reader.places, bool(reader.account), editing(self._context.settings)

    def find(self, asked: Asked) -> bytes | None:
        """Return the answer kept to a question, gzip-compressed; it was computed from what the atlas still says."""
        parts = self._get(asked.key)
        return None if parts is None else self._get(asked.under(gzip.decompress(parts).decode().split()))

    def keep(self, asked: Asked, packed: bytes, read: Collection[Read]) -> None:
        """Keep an answer that was computed from what was `read`.

        One for which an atlas of a past day was read follows from all there is. One that was made while a new version
        came is of another atlas than the one asked, and not kept.
        """
        parts = sorted({part if of is asked.atlas.mark else WHOLE for of, part in read})
        if WHOLE in parts and self._context.source.in_memory is not asked.atlas:
            return
        self._set(asked.key, gzip.compress(" ".join(parts).encode(), mtime=0))
        self._set(asked.under(parts), packed)

    def _get(self, key: str) -> bytes | None:
        found = self._own.get(key)
        if found is None and self._shared is not None and (found := self._shared.get(key)) is not None:
            if not _whole(found):  # written by somebody else, or cut
                return None
            self._own.set(key, found)
        return found

    def _set(self, key: str, packed: bytes) -> None:
        self._own.set(key, packed)
        if self._shared is not None:
            self._shared.set(key, packed)

    def text(self, question: tuple, make: Callable[[], str], alike: bool = False) -> str:
        """Return the text that `make` gives (:func:`for_all`), as whoever asks is told it; an empty one is not kept.

        Parameters
        ----------
        question : tuple
            What tells it from other texts, for JSON.
        make : callable
        alike : bool
            It is the same for every reader, and names the version that it is of: it is not asked of the next one.
        """
        asked, ahead = self.asked(*question, alike=alike), AHEAD in request.environ
        if not ahead and not alike:
            self.remember("GET", request.full_path.rstrip("?"))
        packed = self.find(asked)
        if packed is None:
            with self.alone(asked, ahead) as alone:
                packed = self.find(asked)
                if packed is None:
                    if ahead and not alone:
                        return ""
                    with recorded() as read:
                        found = make()
                    if found and not g.get("left_open"):
                        self.keep(asked, gzip.compress(found.encode(), 6, mtime=0), read)
                    return found.replace(WHO, current_reader().account)
        return gzip.decompress(packed).decode().replace(WHO, current_reader().account)


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
        question = answers.asked(asked["output"], asked.get("inputs"), asked.get("state"))
        if not (ahead := AHEAD in request.environ):
            answers.remember("POST", PATH, asked)
        packed = answers.find(question)
        if packed is None:
            g.making = ExitStack()
            alone = g.making.enter_context(answers.alone(question, ahead))
            packed = answers.find(question)  # who was waited for has it
            if packed is None:
                if ahead and not alone:
                    return Response(status=204)
                g.kept_to, g.read = question, g.making.enter_context(recorded())
                return None
        return _told(Response(mimetype="application/json"), packed)

    @app.server.teardown_request
    def _made(_: BaseException | None) -> None:
        if (making := g.pop("making", None)) is not None:
            making.close()

    @app.server.after_request
    def _keep(answer: Response) -> Response:
        asked = g.get("kept_to")
        if asked is None or answer.status_code != 200 or answer.is_streamed or g.get("left_open"):
            return answer
        if ASIDE not in (body := answer.get_data()):
            packed = gzip.compress(body, 6, mtime=0)
            answers.keep(asked, packed, g.read)
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
