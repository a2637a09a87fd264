"""Every setting, typed, read from the environment (names start with ``ATLAS_``)."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from geodata.errors import N_, AtlasError

CODE = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Settings of one atlas.

    Attributes
    ----------
    home : Path
        ``ATLAS_HOME``: folder of the atlas's own data, built on first use.
    database_url : str or None
        ``ATLAS_DATABASE_URL``: ``postgresql://…`` of the PostGIS database that
        holds the atlas instead of `home`; not set: the GeoPackage in `home`.
        Kept out of every message, since it may hold a password.
    host, port
        ``ATLAS_HOST``, ``ATLAS_PORT``: where the server listens.
    allow_remote : bool
        ``ATLAS_ALLOW_REMOTE``: must be true before the server listens on an
        address that other machines reach.
    development : bool
        ``ATLAS_DEVELOPMENT``: Dash's debug tools; loopback only.
    language : {'zh', 'en'}
        ``ATLAS_LANGUAGE``: language of the command line and of a page whose
        address names none.
    workers : int
        ``ATLAS_WORKERS``: gunicorn processes of ``serve``.
    max_request_bytes : int
        ``ATLAS_MAX_REQUEST_BYTES``: larger requests are refused (413), bytes.
    max_upload_bytes : int
        ``ATLAS_MAX_UPLOAD_BYTES``: largest file that the data page takes, bytes.
    editing : bool or None
        ``ATLAS_EDITING``: whether the data page may change the atlas. Not set:
        only while the server listens on loopback and is asked by a name of
        this machine, since there is no sign-in.
    """

    model_config = SettingsConfigDict(env_prefix="ATLAS_", extra="ignore")

    home: Path = CODE / ".atlas"
    database_url: str | None = Field(default=None, repr=False)
    host: str = "127.0.0.1"
    port: int = Field(default=8050, ge=1, le=65535)
    allow_remote: bool = False
    development: bool = False
    language: Literal["zh", "en"] = "zh"
    workers: int = Field(default=2, ge=1, le=64)
    max_request_bytes: int = Field(default=1_000_000, ge=10_000)
    max_upload_bytes: int = Field(default=64 * 2**20, ge=10_000, le=200 * 2**20)
    editing: bool | None = None

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches the server."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @model_validator(mode="after")
    def _stay_at_home(self) -> Self:
        if not self.is_loopback and not self.allow_remote:
            raise ValueError("ATLAS_HOST is not loopback and ATLAS_ALLOW_REMOTE is not set")
        if self.development and not self.is_loopback:
            raise ValueError("ATLAS_DEVELOPMENT is for loopback only")
        return self


def load_settings() -> Settings:
    """Return the settings of this environment.

    Raises
    ------
    AtlasError
        A variable holds a value that cannot be used; names each.
    """
    from pydantic import ValidationError

    try:
        return Settings()
    except ValidationError as error:
        said = "; ".join(
            f"ATLAS_{'_'.join(str(part) for part in problem['loc']).upper() or 'HOST'}: {problem['msg']}"
            for problem in error.errors()
        )
        raise AtlasError(
            N_("环境变量设置不可用：{said}。请改正后重试；对外监听须另设 ATLAS_ALLOW_REMOTE=1。"), said=said
        ) from error
