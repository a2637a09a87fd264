"""What every store can do."""

from __future__ import annotations

from typing import Protocol

import pandas as pd


class AtlasStore(Protocol):
    """A place where all tables of one atlas are kept.

    Attributes
    ----------
    name : str
        Kind of store, for people and for ``/healthz``: ``gpkg``.
    """

    name: str

    def tables(self) -> dict[str, int]:
        """Return the number of rows of every table of the schema, in its order."""
        ...

    def read(self, table: str) -> pd.DataFrame:
        """Return a table in the types of its schema; a GeoDataFrame (EPSG:4326) where it has a geometry.

        Raises
        ------
        AtlasError
            When there is no such table or it cannot be read.
        """
        ...

    def meta(self) -> dict[str, str]:
        """Return what is known of the atlas as a whole.

        Keys: ``data_version`` (content hash), ``data_date`` (ISO date),
        ``built_at`` (ISO time, UTC), ``schema_version``.
        """
        ...
