"""The same atlas in both stores: what is tested with `place` or `own` is tested twice."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from geodata.store import FILE_NAME, Site, WritableStore, open_store, site
from geodata.store.whole import Contents, of_database, pour

KINDS = ("gpkg", "postgis")


@dataclass(frozen=True)
class Place:
    """Where an atlas is, in words that another process understands."""

    kind: str
    home: Path
    url: str | None

    def open(self) -> WritableStore:
        return open_store(self.home, self.url)

    def site(self) -> Site:
        return site(self.home, self.url)

    def leftovers(self) -> list[str]:
        """Return what lies in the folder beside the atlas and the trail of who did what."""
        ours = (".atlas.lock", FILE_NAME)
        return sorted(
            path.name
            for path in self.home.iterdir()
            if path.name not in ours and not path.name.startswith("audit.sqlite")
        )


def placed(kind: str, request: pytest.FixtureRequest, atlas_home: Path, tmp_path: Path) -> Place:
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    if kind == "gpkg":
        shutil.copyfile(atlas_home / FILE_NAME, home / FILE_NAME)
    return Place(kind, home, request.getfixturevalue("own_database") if kind == "postgis" else None)


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, atlas_home: Path, tmp_path: Path) -> Place:
    """A copy of the built atlas to write to, once in each store."""
    return placed(request.param, request, atlas_home, tmp_path)


@pytest.fixture(scope="session")
def few(atlas_home: Path) -> Contents:
    """The built atlas with the places of one province and little demand."""
    with site(atlas_home).open().reading() as snapshot:
        contents = of_database(snapshot.database)
    contents.rows["places"][:] = [row for row in contents.rows["places"] if row[1]["adcode"][:2] in ("10", "35")]
    del contents.rows["demand"][10:]
    return contents


@pytest.fixture
def small(vacant: Place, few: Contents) -> Place:
    """A place with little in it, once in each store: what is copied or read at every import is small."""
    with vacant.site().filling(replace=False) as database:
        pour(database, few)
    return vacant


@pytest.fixture
def own(place: Place) -> WritableStore:
    return place.open()


@pytest.fixture
def both(request: pytest.FixtureRequest, atlas_home: Path, tmp_path: Path) -> tuple[WritableStore, WritableStore]:
    """The built atlas in both stores, side by side."""
    return tuple(placed(kind, request, atlas_home, tmp_path).open() for kind in KINDS)


@pytest.fixture(params=KINDS)
def vacant(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A place where no atlas is yet."""
    if request.param == "gpkg":
        return Place("gpkg", tmp_path / "home", None)
    server = request.getfixturevalue("postgres")
    database = server.database()
    url = database.__enter__()
    request.addfinalizer(lambda: database.__exit__(None, None, None))
    return Place("postgis", tmp_path / "home", url)
