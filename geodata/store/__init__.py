"""Where the atlas is kept: one protocol, two stores."""

from __future__ import annotations

from pathlib import Path

from geodata.errors import N_, AtlasError
from geodata.store.base import AtlasStore, WritableStore
from geodata.store.gpkg import FILE_NAME, GeoPackageSite, GeoPackageStore
from geodata.store.whole import Site

__all__ = ["FILE_NAME", "AtlasStore", "GeoPackageStore", "Site", "WritableStore", "open_store", "site"]
_POSTGRESQL = ("postgresql", "postgres")


def open_store(home: Path, url: str | None = None) -> WritableStore:
    """Open the store of an atlas.

    Parameters
    ----------
    home : Path
        Folder that holds ``atlas.gpkg``.
    url : str, optional
        Address of a PostGIS database, ``postgresql://…``; missing or empty: the GeoPackage in `home`.

    Raises
    ------
    AtlasError
        When the store is missing, broken, out of reach, of another schema version or of an unknown kind.
    """
    return site(home, url).open()


def site(home: Path, url: str | None = None, name: str = FILE_NAME) -> Site:
    """Return where the atlas of `home` or `url` is, or may come to be; `name` is that of the file in `home`.

    Raises
    ------
    AtlasError
        When `url` is of an unknown kind.
    """
    if not url:
        return GeoPackageSite(Path(home) / name)
    scheme = url.split(":", 1)[0]
    if scheme not in _POSTGRESQL or "://" not in url:
        # at most the scheme is repeated: the rest of a database address may hold a password
        raise AtlasError(
            N_(
                "不认识这个存储地址（{got}）：应为 postgresql://用户@主机:端口/数据库，"
                "或不设，用文件夹里的 GeoPackage。"
            ),
            got=f"{scheme}:…" if "://" in url else "…",
        )
    from geodata.store.postgis import PostgisSite  # slow to import, and a GeoPackage does not need it

    return PostgisSite(url)
