"""What is installed is what is locked, file by file, under licences that let the product be given away."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
LOCKS = {
    "requirements.lock": "requirements.txt",
    "requirements-dask.lock": "requirements-dask.txt",
    "requirements-dev.lock": "requirements-dev.txt",
}
PINNED = re.compile(r"([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==([^\s;\\]+)")
#: Licences under which a package of `make run` may come, each as packages spell it: SPDX, or the words of a classifier.
#: LGPL: psycopg is linked as it comes, and may be replaced. MPL: certifi's list of certificates, as it comes.
ALLOWED = frozenset(
    {
        *("MIT", "MIT License", "MIT-0", "MIT-CMU"),
        # "BSD": partd, whose file is the one of three clauses
        *("BSD", "BSD License", "BSD-2-Clause", "BSD-3-Clause", "3-Clause BSD License", "0BSD"),
        *("Apache-2.0", "Apache Software License"),
        *("PSF-2.0", "Zlib", "CC0-1.0"),
        *("LGPL-3.0-only", "Mozilla Public License 2.0 (MPL 2.0)"),
    }
)
#: A line of a script or style sheet that nobody here wrote is longer than our longest by far.
MINIFIED = 300


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
    """Return what a package says of its licence, as an expression of SPDX; classifiers all hold together."""
    said = package.metadata
    classes = [one.rpartition("::")[2].strip() for one in said.get_all("Classifier") or () if one.startswith("License")]
    named = [one for one in classes if one != "OSI Approved"]  # the heading over the others
    return said.get("License-Expression") or " AND ".join(named) or (said.get("License") or "").strip()


def may_be_given_away(expression: str) -> bool:
    """Return whether every part of a licence expression holds one licence that is allowed."""
    return all(any(one.strip() in ALLOWED for one in part.split(" OR ")) for part in expression.split(" AND "))


def installed_here(lock: str) -> set[str]:
    """Return the packages of a lock that are for this machine and this Python."""
    found = set()
    for line in (ROOT / lock).read_text("utf-8").splitlines():
        if line and line[0] not in " #-" and PINNED.match(line):
            wanted = Requirement(line.rstrip("\\ "))
            if wanted.marker is None or wanted.marker.evaluate():
                found.add(normal(wanted.name))
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_what_is_required_is_locked_with_hashes(lock: str) -> None:
    locked, text = pins(ROOT / lock), (ROOT / lock).read_text("utf-8")
    wanted = pins(ROOT / LOCKS[lock])
    assert wanted and {name: locked.get(name) for name in wanted} == wanted
    blocks = re.split(r"\n(?=[a-z])", text.strip())
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert "://" not in text  # no host: whoever installs says from where


def test_the_locks_agree() -> None:
    run, dask, dev = (pins(ROOT / lock) for lock in LOCKS)
    assert {name: dask.get(name) for name in run} == run
    assert {name: dev.get(name) for name in dask} == dask


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dask.lock"])
def test_every_package_at_run_time_is_there_and_may_be_given_away(lock: str) -> None:
    if lock == "requirements-dask.lock":
        pytest.importorskip("distributed", reason=f"pip install -r {lock}")
    locked = installed_here(lock)
    said = {normal(one.name): licence(one) for one in distributions() if normal(one.name) in locked}
    assert set(said) == locked and len(locked) > 80
    assert {name: text for name, text in said.items() if not may_be_given_away(text)} == {}


@pytest.mark.parametrize(
    ("expression", "may"),
    [
        ("Apache-2.0 OR BSD-2-Clause", True),
        ("GPL-3.0-only OR MIT", True),
        ("BSD-3-Clause AND 0BSD AND MIT", True),
        ("MIT AND GPL-3.0-only", False),
        ("AGPL-3.0-or-later", False),
        ("MIT WITH Commons-Clause", False),
        ("LGPL-3.0-or-later-but-not-really", False),
        ("", False),
    ],
)
def test_a_licence_is_judged_whole(expression: str, may: bool) -> None:
    assert may_be_given_away(expression) is may


def test_what_others_made_among_the_assets_is_named_with_a_licence_that_is_allowed() -> None:
    rows = [line.strip("|").split("|") for line in (ROOT / "assets/LICENSES.md").read_text("utf-8").splitlines()]
    named = {re.findall(r"`([^`]+)`", row[0])[0]: row[2].split(",")[0].strip() for row in rows[3:]}
    assert named and {name: text for name, text in named.items() if text not in ALLOWED} == {}
    theirs = {
        one.name
        for one in (ROOT / "assets").iterdir()
        if one.suffix in (".js", ".css")
        and any(len(line) > MINIFIED or "@license" in line for line in one.read_text("utf-8").splitlines())
    }
    assert theirs == set(named)


def test_what_is_installed_is_what_is_locked() -> None:
    locked = pins(ROOT / "requirements-dev.lock")
    there = {normal(one.name): one.version for one in distributions()}
    # venv brings a setuptools of its own, which nothing is run with
    other = {name for name in locked if name in there and there[name] not in locked[name]} - {"setuptools"}
    assert {name: there[name] for name in other} == {}
