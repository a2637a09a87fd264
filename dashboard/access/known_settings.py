"""Which settings a start of the server has that the start before had not: for the trail of deeds, no secret among them.

Settings come from the environment and from files, so nobody changes them by a request. What the last start had stands
in ``access.sqlite``: of a secret its keyed digest alone, of an address host and port, since the rest may be a key.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import sqlite3
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from dashboard.access import audit
from dashboard.access.database import reading, secret, writing
from dashboard.settings import Settings
from geodata.errors import AtlasError

log = logging.getLogger(__name__)
KEPT = "settings of the last start"
DEED = "settings"
_SET, _UNSET, _OTHER = "***", "-", "(…)"


def note_settings(settings: Settings) -> list[str]:
    """Write into the trail what differs from the start before, at the first start from the defaults; return it.

    Returns
    -------
    list of str
        ``NAME: before → now``, one a setting; of a secret only whether there is one, or that it is another.
        Where the home cannot be written, the log says so, and nothing is returned.
    """
    try:
        return _noted(settings)
    except (AtlasError, OSError, sqlite3.Error) as error:
        log.warning("settings are not noted: %s", error)
        return []


def _noted(settings: Settings) -> list[str]:
    before = _of_last_start(settings)
    values = {name: value for name, value in _values(settings).items() if name != "home"}
    defaults = {name: _plain(Settings.model_fields[name].get_default()) for name in values}
    if before is None and all(_plain(value) == defaults[name] for name, value in values.items()):
        return []  # as it comes: nothing to tell, and nothing to keep
    key = secret(settings.home, "settings")

    def kept(name: str, value: Any) -> list[str]:
        return [_told(name, value), hmac.new(key, _plain(value).encode("utf-8", "replace"), hashlib.sha256).hexdigest()]

    now = {name: kept(name, value) for name, value in values.items()}
    was = {name: kept(name, Settings.model_fields[name].get_default()) for name in values} | (before or {})
    changed = [
        f"ATLAS_{name.upper()}: {was[name][0]} → {told if told != was[name][0] else f'{told} {_OTHER}'}"
        for name, (told, digest) in now.items()
        if was[name][1] != digest
    ]
    if not _keep(settings, before, now) or not changed:
        return []
    audit.note(settings.home, DEED, changed=changed)
    return changed


def _values(settings: Settings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in Settings.model_fields}


def _plain(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # a default may be written as a whole number
    return value.get_secret_value() if isinstance(value, SecretStr) else "" if value is None else str(value)


def _told(name: str, value: Any) -> str:
    """Return a value as it may be read by whoever reads the trail."""
    plain = _plain(value)
    if not plain:
        return _UNSET
    if isinstance(value, SecretStr) or not Settings.model_fields[name].repr:
        return _SET
    return " ".join(_without_path(one) for one in plain.split())


def _without_path(text: str) -> str:
    if "://" not in text:
        return text
    try:
        parts = urlsplit(text)
        return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}"
    except ValueError:
        return _SET


def _of_last_start(settings: Settings) -> dict[str, list[str]] | None:
    with reading(settings.home) as database:
        row = database.execute("SELECT value FROM secrets WHERE name = ?", (KEPT,)).fetchone() if database else None
    return json.loads(row[0]) if row else None


def _keep(settings: Settings, before: dict[str, list[str]] | None, now: dict[str, list[str]]) -> bool:
    """Keep what this start has; return whether nobody else did meanwhile: a server starts as several processes."""
    with writing(settings.home) as database:
        row = database.execute("SELECT value FROM secrets WHERE name = ?", (KEPT,)).fetchone()
        if (json.loads(row[0]) if row else None) != before:
            return False
        database.execute("INSERT OR REPLACE INTO secrets VALUES (?, ?)", (KEPT, json.dumps(now).encode()))
    return True
