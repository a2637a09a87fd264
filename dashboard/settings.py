"""Every setting, typed, read from the environment (names start with ``ATLAS_``)."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from geodata.errors import N_, AtlasError
from geodata.withheld import MOST, THRESHOLD

if TYPE_CHECKING:
    from dashboard.tiles import Tiles
    from geodata.geocoding.service import Access

CODE = Path(__file__).resolve().parent.parent
#: An origin as a policy of frames takes it: scheme, name (or all names under one), port; no bare ``*``.
_ORIGIN = r"https?://(\*\.)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:\d{1,5})?"


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
        address that other machines reach, and before it answers to other names
        than those of this machine and of `public_url` (behind a proxy).
    development : bool
        ``ATLAS_DEVELOPMENT``: Dash's debug tools; loopback only.
    design : bool
        ``ATLAS_DESIGN``: serve ``/design``, every component in every state;
        loopback only.
    language : {'zh', 'en'}
        ``ATLAS_LANGUAGE``: language of the command line and of a page whose
        address names none.
    workers : int
        ``ATLAS_WORKERS``: gunicorn processes of ``serve``.
    request_seconds : float
        ``ATLAS_REQUEST_SECONDS``: a request has to be in, and an answer taken,
        after so long plus a second for each 50 kB.
    connections : int
        ``ATLAS_CONNECTIONS``: one address holds at most so many connections of a process; 0: as many as there are.
    max_request_bytes : int
        ``ATLAS_MAX_REQUEST_BYTES``: larger requests are refused (413), bytes.
    max_upload_bytes : int
        ``ATLAS_MAX_UPLOAD_BYTES``: largest file that the data page takes, bytes.
    editing : bool or None
        ``ATLAS_EDITING``: whether the data page may change the atlas. Not set:
        only while the server listens on loopback and is asked from this
        machine without a proxy between, since there is no sign-in.
    sign_in : {'auto', 'on', 'off'}
        ``ATLAS_SIGN_IN``: whether readers sign in. ``auto``: as soon as the server is reached from elsewhere, or holds
        rows that were brought in. ``off``: never on this machine; loopback only.
    session_hours, session_idle_minutes : float
        ``ATLAS_SESSION_HOURS``, ``ATLAS_SESSION_IDLE_MINUTES``: a session ends so long after the sign-in, and when
        nothing was asked for so long.
    password_days : int
        ``ATLAS_PASSWORD_DAYS``: a password is to be changed when it is so old, days; 0: never.
    oidc_issuer : str
        ``ATLAS_OIDC_ISSUER``: address of an OpenID Connect provider that readers may sign in by; empty: none.
    oidc_client_id : str
    oidc_client_secret : SecretStr
    oidc_client_secret_file : Path or None
        ``ATLAS_OIDC_CLIENT_ID``, ``_SECRET``, ``_SECRET_FILE``: what this atlas is to the provider; a file may hold
        the secret instead.
    oidc_scope : str
        ``ATLAS_OIDC_SCOPE``: what is asked of it.
    oidc_name_claim, oidc_role_claim, oidc_places_claim : str
        ``ATLAS_OIDC_NAME_CLAIM``, ``ATLAS_OIDC_ROLE_CLAIM``, ``ATLAS_OIDC_PLACES_CLAIM``: claims that hold the name of
        the account, its role and its places; the latter two empty: as ``account`` says here.
    oidc_new_role : {'', 'viewer', 'planner', 'keeper'}
        ``ATLAS_OIDC_NEW_ROLE``: role of who comes for the first time and has no role claim; empty: not let in.
    proxies : str
        ``ATLAS_PROXIES``: addresses or networks of proxies that are believed, with commas; what others say of
        addresses and accounts is not.
    proxy_user_header : str
        ``ATLAS_PROXY_USER_HEADER``: header in which these proxies name the account; empty: none.
    chromium : str
        ``ATLAS_CHROMIUM``: path of the browser that makes pictures and PDF;
        empty: looked for; ``none``: do without.
    browsers : int
        ``ATLAS_BROWSERS``: browsers that make pictures at one time, over all
        processes that share this home.
    picture_seconds : float
        ``ATLAS_PICTURE_SECONDS``: a picture that takes longer is given up and
        its browser ended, seconds.
    browser_megabytes : int
        ``ATLAS_BROWSER_MEGABYTES``: a browser that holds more is ended before
        the next picture, MiB.
    public_url : str
        ``ATLAS_PUBLIC_URL``: address under which others reach the atlas, for
        links and QR codes; empty: the loopback address, with a word.
    map_review_number : str
        ``ATLAS_MAP_REVIEW_NUMBER``: 审图号 of the maps, once there is one.
    basemap : Path or None
        ``ATLAS_BASEMAP``: file of a union's own base map (``.pmtiles`` or ``.mbtiles``; streets in the schema of
        Shortbread, OpenMapTiles or Protomaps, or pictures), under every map; not set: that of the extract that
        ``ground`` read last.
    basemap_attribution : str
        ``ATLAS_BASEMAP_ATTRIBUTION``: maker and 审图号 of that file, shown on every map; empty: what the file says.
    tiles_url : str
        ``ATLAS_TILES_URL``: template of online tiles under the maps,
        with ``{z}``, ``{x}``, ``{y}`` and, for the key, ``{key}``; empty: none.
    tiles_key : str
        ``ATLAS_TILES_KEY``: what stands for ``{key}``. Every reader's browser
        sees it: take one that is bound to this server's address.
    tiles_datum : {'wgs84', 'gcj02'}
        ``ATLAS_TILES_DATUM``: what the tiles are drawn in; over ``gcj02`` the
        map is shifted for drawing.
    tiles_attribution : str
        ``ATLAS_TILES_ATTRIBUTION``: maker and 审图号 of the tiles, shown on the
        map; wanted as soon as there are tiles.
    extracts : Path or None
        ``ATLAS_EXTRACTS``: folder of OpenStreetMap extracts (``.osm.pbf``) on
        the server that the data page offers to bring in; not set: none.
    geocoder : {'', 'tianditu', 'amap', 'baidu'}
        ``ATLAS_GEOCODER``: web service that finds points by addresses; empty:
        none, and no address ever leaves this machine.
    geocoder_key : SecretStr
        ``ATLAS_GEOCODER_KEY``: the union's own key of that service. Stays on
        the server.
    geocoder_key_file : Path or None
        ``ATLAS_GEOCODER_KEY_FILE``: file that holds the key instead.
    geocoder_url : str
        ``ATLAS_GEOCODER_URL``: another address of the service (scheme, host
        and what stands before its path); empty: the provider's own.
    geocoder_per_second : float
        ``ATLAS_GEOCODER_PER_SECOND``: at most so many requests a second.
    geocoder_per_day : int
        ``ATLAS_GEOCODER_PER_DAY``: at most so many requests a day.
    hosts : str
        ``ATLAS_HOSTS``: names under which the server answers, with commas, beside those of this machine and of
        `public_url`; empty: any, once `allow_remote` is set.
    database_url_file : Path or None
        ``ATLAS_DATABASE_URL_FILE``: file that holds `database_url` instead.
    dask : str
        ``ATLAS_DASK``: ``tcp://…`` (or ``tls://…``) of the scheduler of a Dask cluster that measures the counties of
        ``coverage --by county``; empty: processes of this machine.
    redis_url : str
        ``ATLAS_REDIS_URL``: ``redis://…`` of a Redis in which all processes keep answers; not set: each its own.
    limits : float
        ``ATLAS_LIMITS``: what the limits of readers (:mod:`dashboard.limits`) are multiplied with; 0: there are none.
    uploads_bytes : int
        ``ATLAS_UPLOADS_BYTES``: bytes that uploads may take of the home together; one reader a quarter of them.
    small_counts : int
        ``ATLAS_SMALL_COUNTS``: counts of fewer persons in rows that were brought in are told as "<5" (with that number)
        to everybody but who keeps the data; 0: every count is told; 3 to 10 else.
    retention_days : int
        ``ATLAS_RETENTION_DAYS``: feedback is kept for so many days, and so are the names of who brought in and undid a
        batch that was undone, and what its copies say of persons; 0: for ever.
    metrics : str
        ``ATLAS_METRICS``: addresses or networks that may ask for ``/metrics``, with commas; ``loopback`` is this
        machine; empty: there is no such address.
    log_format : {'text', 'json'}
        ``ATLAS_LOG_FORMAT``: how the server writes its log.
    access_log : bool
        ``ATLAS_ACCESS_LOG``: write a record of each request (method, path, status, milliseconds; no query, no reader).
    embed_hosts : str
        ``ATLAS_EMBED_HOSTS``: hosts whose pages may embed a view, with commas
        (``https://oa.example.org``); empty: nobody.
    frame_ancestors : str
        ``ATLAS_FRAME_ANCESTORS``: whose pages may show a page of the atlas in a frame: ``none``, ``self``, or the
        origins of others beside our own, with commas (``https://oa.example.org``).
    """

    # what a variable holds may be a secret: errors name it, and do not repeat it
    model_config = SettingsConfigDict(env_prefix="ATLAS_", extra="ignore", hide_input_in_errors=True)

    home: Path = CODE / ".atlas"
    database_url: str | None = Field(default=None, repr=False)
    host: str = "127.0.0.1"
    port: int = Field(default=8050, ge=1, le=65535)
    allow_remote: bool = False
    development: bool = False
    design: bool = False
    language: Literal["zh", "en"] = "zh"
    workers: int = Field(default=2, ge=1, le=64)
    request_seconds: float = Field(default=20, ge=1, le=600)
    connections: int = Field(default=1_000, ge=0, le=4_000)
    max_request_bytes: int = Field(default=1_000_000, ge=10_000)
    max_upload_bytes: int = Field(default=64 * 2**20, ge=10_000, le=200 * 2**20)
    editing: bool | None = None
    sign_in: Literal["auto", "on", "off"] = "auto"
    session_hours: float = Field(default=12, gt=0, le=720)
    session_idle_minutes: float = Field(default=120, gt=0, le=43_200)
    password_days: int = Field(default=0, ge=0, le=3_650)
    oidc_issuer: str = Field(default="", pattern=r"^(https?://[^\s?#]+)?$")
    oidc_client_id: str = Field(default="", max_length=200)
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_client_secret_file: Path | None = None
    oidc_scope: str = Field(default="openid profile", pattern=r"^openid( \S+)*$")
    oidc_name_claim: str = "preferred_username"
    oidc_role_claim: str = ""
    oidc_places_claim: str = ""
    oidc_new_role: Literal["", "viewer", "planner", "keeper"] = ""
    proxies: str = Field(default="", max_length=1_000)
    proxy_user_header: str = Field(default="", pattern=r"^([A-Za-z0-9-]{1,60})?$")
    chromium: str = ""
    browsers: int = Field(default=1, ge=1, le=8)
    picture_seconds: float = Field(default=40, ge=5, le=600)
    browser_megabytes: int = Field(default=1_000, ge=300)
    public_url: str = Field(default="", pattern=r"^(https?://[^\s?#]+)?$")
    map_review_number: str = Field(default="", max_length=40)
    basemap: Path | None = None
    basemap_attribution: str = Field(default="", max_length=200)
    tiles_url: str = Field(default="", pattern=r"^(https?://[^\s/;,'\"]+/\S+)?$")
    tiles_key: str = Field(default="", pattern=r"^[A-Za-z0-9._~-]*$", repr=False)
    tiles_datum: Literal["wgs84", "gcj02"] = "wgs84"
    tiles_attribution: str = Field(default="", max_length=200)
    extracts: Path | None = None
    geocoder: Literal["", "tianditu", "amap", "baidu"] = ""
    geocoder_key: SecretStr = SecretStr("")
    geocoder_key_file: Path | None = None
    geocoder_url: str = Field(default="", pattern=r"^(https?://[^\s?#]+)?$")
    geocoder_per_second: float = Field(default=3, gt=0, le=200)
    geocoder_per_day: int = Field(default=5_000, ge=1)
    hosts: str = Field(default="", pattern=r"^[A-Za-z0-9.:,\[\]\s-]*$", max_length=2_000)
    database_url_file: Path | None = None
    dask: str = Field(default="", pattern=r"^((tcp|tls)://\S+)?$")
    redis_url: str = Field(default="", pattern=r"^((redis|rediss|unix)://\S+)?$", repr=False)
    limits: float = Field(default=1, ge=0, le=1_000)
    uploads_bytes: int = Field(default=4 * 2**30, ge=10**6)
    small_counts: int = Field(default=THRESHOLD, ge=0, le=MOST)
    retention_days: int = Field(default=180, ge=0, le=3_650)
    metrics: str = Field(default="", max_length=1_000)
    log_format: Literal["text", "json"] = "text"
    access_log: bool = False
    embed_hosts: str = Field(default="", pattern=r"^[A-Za-z0-9:/.,*\s-]*$")
    frame_ancestors: str = Field(
        default="self", pattern=rf"^(none|self|{_ORIGIN}([\s,]+{_ORIGIN})*)$", max_length=2_000
    )

    @property
    def base_url(self) -> str:
        """Address at which the atlas is reached, without a slash at its end."""
        return self.public_url.rstrip("/") or f"http://127.0.0.1:{self.port}"

    @property
    def tiles(self) -> Tiles | None:
        """The online tiles under the map, None as long as none are named."""
        if not self.tiles_url:
            return None
        from dashboard.tiles import Tiles  # only where there are some: the command line starts without it

        return Tiles(self.tiles_url.replace("{key}", self.tiles_key), self.tiles_datum, self.tiles_attribution)

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches the server."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def host_names(self) -> frozenset[str]:
        """Names of `hosts`."""
        return frozenset(self.hosts.lower().replace(",", " ").split())

    @property
    def framed_by(self) -> tuple[str, ...]:
        """Sources of a policy's ``frame-ancestors``: ``'none'``, ``'self'``, or ``'self'`` and origins."""
        if self.frame_ancestors in ("none", "self"):
            return (f"'{self.frame_ancestors}'",)
        return ("'self'", *self.frame_ancestors.replace(",", " ").split())

    @property
    def reached_by_tls(self) -> str:
        """Name (and port) under which the server is reached by TLS; empty where it is not."""
        return self.public_url.partition("://")[2].partition("/")[0] if self.public_url.startswith("https://") else ""

    @model_validator(mode="after")
    def _out_of_its_file(self) -> Self:
        if self.database_url_file and not self.database_url:
            try:
                told = self.database_url_file.read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError):
                told = ""
            if not told:  # what it holds is never repeated
                raise ValueError("ATLAS_DATABASE_URL_FILE cannot be read, or is empty")
            self.database_url = told
        return self

    @property
    def trusted(self) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        """Networks of the proxies that are believed."""
        return tuple(ipaddress.ip_network(one, strict=False) for one in self.proxies.replace(",", " ").split())

    @property
    def metrics_networks(self) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        """Networks of who may ask for the metrics."""
        named = self.metrics.replace("loopback", "127.0.0.0/8 ::1").replace(",", " ").split()
        return tuple(ipaddress.ip_network(one, strict=False) for one in named)

    @model_validator(mode="after")
    def _known_networks(self) -> Self:
        for name in ("trusted", "metrics_networks"):
            try:
                getattr(self, name)
            except ValueError as error:
                raise ValueError(f"{'ATLAS_PROXIES' if name == 'trusted' else 'ATLAS_METRICS'}: {error}") from error
        return self

    @model_validator(mode="after")
    def _stay_at_home(self) -> Self:
        if not self.is_loopback and not self.allow_remote:
            raise ValueError("ATLAS_HOST is not loopback and ATLAS_ALLOW_REMOTE is not set")
        if self.sign_in == "off" and (not self.is_loopback or self.allow_remote):
            raise ValueError("ATLAS_SIGN_IN=off is for loopback only")
        if (self.development or self.design) and not self.is_loopback:
            raise ValueError("ATLAS_DEVELOPMENT and ATLAS_DESIGN are for loopback only")
        return self

    @model_validator(mode="after")
    def _known_proxies(self) -> Self:
        try:
            known = self.trusted
        except ValueError as error:
            raise ValueError(f"ATLAS_PROXIES: {error}") from error
        if any(one.prefixlen == 0 for one in known):
            raise ValueError("ATLAS_PROXIES names every address there is: name those of your proxies")
        if self.proxy_user_header and not known:
            raise ValueError("ATLAS_PROXY_USER_HEADER is set and ATLAS_PROXIES is not: anybody could send that header")
        return self

    @model_validator(mode="after")
    def _hiding(self) -> Self:
        if self.small_counts in (1, 2):  # below 2 there is 1 alone: "<2" would tell it
            raise ValueError("ATLAS_SMALL_COUNTS is 0 (every count is told), or 3 to 10")
        return self

    @model_validator(mode="after")
    def _whole_oidc(self) -> Self:
        if self.oidc_issuer and not self.oidc_client_id:
            raise ValueError("ATLAS_OIDC_ISSUER is set and ATLAS_OIDC_CLIENT_ID is not")
        return self

    @property
    def geocoding(self) -> Access | None:
        """How the geocoding service is reached, None as long as none is named.

        Raises
        ------
        AtlasError
            The file of the key cannot be read, or is empty.
        """
        if not self.geocoder:
            return None
        from geodata.geocoding.service import Access  # only where there is one

        key = self.geocoder_key.get_secret_value()
        if not key and self.geocoder_key_file:
            try:
                key = self.geocoder_key_file.read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise AtlasError(
                    N_("读不出密钥文件 {path}：请核对 ATLAS_GEOCODER_KEY_FILE 和文件权限。"),
                    path=self.geocoder_key_file,
                ) from error
            if not key:
                raise AtlasError(N_("密钥文件 {path} 是空的：请把密钥写进去。"), path=self.geocoder_key_file)
        return Access(self.geocoder, key, self.geocoder_url, self.geocoder_per_second, self.geocoder_per_day)

    @model_validator(mode="after")
    def _with_a_key(self) -> Self:
        if self.geocoder and not self.geocoder_key.get_secret_value() and not self.geocoder_key_file:
            raise ValueError("ATLAS_GEOCODER is set, and neither ATLAS_GEOCODER_KEY nor ATLAS_GEOCODER_KEY_FILE is")
        return self

    @model_validator(mode="after")
    def _whole_tiles(self) -> Self:
        if not self.tiles_url:
            return self
        lacking = [part for part in ("{z}", "{x}", "{y}") if part not in self.tiles_url]
        if lacking:
            raise ValueError(f"ATLAS_TILES_URL lacks {', '.join(lacking)}")
        if "{key}" in self.tiles_url and not self.tiles_key:
            raise ValueError("ATLAS_TILES_URL has {key} and ATLAS_TILES_KEY is not set")
        if not self.tiles_attribution.strip():
            raise ValueError(
                "ATLAS_TILES_ATTRIBUTION is not set: tiles are shown with their maker and map review number only"
            )
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
            f"ATLAS_{'_'.join(map(str, problem['loc'])).upper()}: {problem['msg']}"
            if problem["loc"]
            else problem["msg"]
            for problem in error.errors()
        )
        raise AtlasError(
            N_("环境变量设置不可用：{said}。请改正后重试；对外监听须另设 ATLAS_ALLOW_REMOTE=1。"), said=said
        ) from error
