"""What is installed is what is locked, file by file, under licences that let the product be given away."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LOCKS = {"requirements.lock": "requirements.txt", "requirements-dev.lock": "requirements-dev.txt"}
PINNED = re.compile(r"([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==([^\s;\\]+)")
#: Licences of the packages of `make run`; LGPL: psycopg and osmium's like are linked as they come, and may be replaced.
ALLOWED = re.compile(
    r"MIT|BSD|Apache|PSF-2\.0|MPL-2\.0|Mozilla Public|Zlib|CC0-1\.0|LGPL-3\.0-only|BSL-1\.0|ISC|"
    r"Copyright \(c\) 2001-2002 Enthought"
)
FORBIDDEN = re.compile(r"(?<!L)A?GPL|Commons Clause|SSPL|BUSL|Proprietary", re.IGNORECASE)


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(path: Path) -> dict[str, set[str]]:
    """Return package → versions that a file of requirements pins: one, or one for each version of Python."""
    found: dict[str, set[str]] = {}
    for line in path.read_text("utf-8").splitlines():
        if line and line[0] not in " #-" and (pin := PINNED.match(line)):
            found.setdefault(normal(pin[1]), set()).add(pin[2])
    return found


def licence(package: Distribution) -> str:
    """Return what a package says of its licence."""
    said = package.metadata
    classes = [one.rpartition("::")[2].strip() for one in said.get_all("Classifier") or () if one.startswith("License")]
    return said.get("License-Expression") or "; ".join(classes) or (said.get("License") or "").strip()[:80]


@pytest.mark.parametrize("lock", LOCKS)
def test_what_is_required_is_locked_with_hashes(lock: str) -> None:
    locked, text = pins(ROOT / lock), (ROOT / lock).read_text("utf-8")
    wanted = pins(ROOT / LOCKS[lock])
    assert wanted and {name: locked.get(name) for name in wanted} == wanted
    blocks = re.split(r"\n(?=[a-z])", text.strip())
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert "://" not in text  # no host: whoever installs says from where


def test_the_two_locks_agree() -> None:
    run, dev = (pins(ROOT / lock) for lock in LOCKS)
    assert {name: dev.get(name) for name in run} == run


def test_every_package_at_run_time_may_be_given_away() -> None:
    locked = pins(ROOT / "requirements.lock")
    said = {normal(one.name): licence(one) for one in distributions() if normal(one.name) in locked}
    assert len(said) > 60
    assert {
        name: text for name, text in said.items() if not text or not ALLOWED.search(text) or FORBIDDEN.search(text)
    } == {}


def test_what_is_installed_is_what_is_locked() -> None:
    locked = pins(ROOT / "requirements-dev.lock")
    there = {normal(one.name): one.version for one in distributions()}
    # venv brings a setuptools of its own, which nothing is run with
    other = {name for name in locked if name in there and there[name] not in locked[name]} - {"setuptools"}
    assert {name: there[name] for name in other} == {}
