"""Where the atlas is kept: one protocol, several stores."""

from __future__ import annotations

from pathlib import Path

from geodata.errors import N_, AtlasError
from geodata.store.base import AtlasStore, WritableStore
from geodata.store.gpkg import FILE_NAME, GeoPackageStore

__all__ = ["FILE_NAME", "AtlasStore", "GeoPackageStore", "WritableStore", "open_store"]


def open_store(home: Path, url: str | None = None) -> AtlasStore:
    """Open the store of an atlas.

    Parameters
    ----------
    home : Path
        Folder that holds ``atlas.gpkg``.
    url : str, optional
        Address of another store; missing or empty: the GeoPackage in `home`.

    Raises
    ------
    AtlasError
        When the store is missing, broken, of another schema version or of an unknown kind.
    """
    if url:
        # only the scheme is repeated: the rest of a database address may hold a password
        raise AtlasError(N_("不认识存储地址 {scheme}：本版只有 GeoPackage，请不要设置存储地址。"),
                         scheme=url.split(":", 1)[0])
    return GeoPackageStore(Path(home) / FILE_NAME)
