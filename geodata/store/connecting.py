"""Reaching a PostgreSQL server, and what is said when that fails; a password is never repeated."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import psycopg
import psycopg.sql
from psycopg.types.string import TextLoader
from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from geodata.errors import N_, AtlasError, BusyError, UnavailableError
from geodata.store.migrations import SCHEMA

TIMEOUT_SECONDS = 10
_BUSY = ("55P03", "57014", "40001", "40P01")  # lock not available, cancelled by a time-out, serialization, deadlock
_HOST = re.compile(r"[\w.:%/-]*", re.ASCII)
# libpq gives no code for what the server refuses at the door, only text, in the language of the server
_REFUSED = re.compile(
    "password|authentication|no pg_hba.conf entry|role .* does not exist|认证|密码|口令|pg_hba", re.IGNORECASE
)
_NO_DATABASE = re.compile("database .* does not exist|数据库.*不存在", re.IGNORECASE)


class Address:
    """The address of a database; as text it is ``host:port/database`` alone.

    Parameters
    ----------
    url : str
        ``postgresql://user:password@host:port/database``; what it leaves out, libpq takes from the
        environment (``PGPASSWORD``, ``PGPASSFILE`` …).

    Raises
    ------
    AtlasError
        When it cannot be read as an address.
    """

    def __init__(self, url: str) -> None:
        try:
            parsed = make_url(re.sub(r"^postgres://", "postgresql://", url)).set(drivername="postgresql+psycopg")
            # a password with an @ of its own runs over into what follows
            known = bool(_HOST.fullmatch(parsed.host or "")) and not set("@/") & set(parsed.database or "")
        except (ArgumentError, ValueError):
            known = False
        if not known:
            # from None: what the parser says may hold a part of the password
            raise AtlasError(
                N_(
                    "存储地址读不懂：应为 postgresql://用户:密码@主机:端口/数据库，密码里的 @ : "
                    "/ # ? % 等字符请写成 %40 这样的编码。"
                )
            ) from None
        self.url: URL = parsed
        query = {key: value if isinstance(value, str) else value[-1] for key, value in parsed.query.items()}
        self._secrets = [
            secret for secret in (parsed.password, query.get("password"), query.get("sslpassword")) if secret
        ]
        host, port = parsed.host or query.get("host") or "localhost", parsed.port or query.get("port") or 5432
        self._where = f"{host}:{port}/{parsed.database or query.get('dbname') or ''}"

    def __str__(self) -> str:
        return self._where

    def hidden(self, text: str) -> str:
        """Return `text` without any password of this address."""
        for secret in self._secrets:
            text = text.replace(str(secret), "***")
        return text

    def engine(self) -> Engine:
        """Return an engine whose connections look into the atlas's schema first and give dates and numbers whole."""
        engine = create_engine(
            self.url,
            pool_size=4,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={
                "connect_timeout": TIMEOUT_SECONDS,
                "application_name": "union-service-atlas",
                "client_encoding": "utf8",
            },
        )

        @event.listens_for(engine, "connect")
        def _prepare(connection: Any, _record: Any) -> None:
            connection.adapters.register_loader("date", TextLoader)
            found = connection.execute(
                "SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace"
                " WHERE e.extname = 'postgis'"
            ).fetchone()
            path = psycopg.sql.SQL(", ").join(map(psycopg.sql.Identifier, (SCHEMA, found[0] if found else "public")))
            connection.execute(psycopg.sql.SQL("SET search_path TO {}").format(path))
            connection.execute("SET DateStyle TO ISO; SET extra_float_digits TO 1; SET bytea_output TO hex")
            connection.commit()

        return engine

    @contextmanager
    def said(self, doing: str) -> Generator[None]:
        """Turn what the database complains of into an AtlasError.

        Parameters
        ----------
        doing : str
            Message for what is not a matter of reaching or rights, with ``{where}`` and ``{detail}``.
        """
        try:
            yield
        except (DBAPIError, psycopg.Error) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            raise self._explained(cause, doing) from None

    def _explained(self, error: BaseException | None, doing: str) -> AtlasError:
        state = getattr(error, "sqlstate", None)
        text = str(error).strip()
        detail = self.hidden(
            (getattr(getattr(error, "diag", None), "message_primary", None) or text.split("\n", 1)[0]) or "?"
        )
        if state is None and "connect" in text and isinstance(error, psycopg.OperationalError):
            if _NO_DATABASE.search(text):
                return UnavailableError(
                    N_("服务器上没有数据库 {where}：请先建好这个数据库（createdb），或改正 ATLAS_DATABASE_URL。"),
                    where=self,
                )
            if _REFUSED.search(text):
                return UnavailableError(
                    N_(
                        "数据库 {where} 不让登录：用户名或密码不对，或服务器不许这台机器连接；"
                        "请改正 ATLAS_DATABASE_URL 或 PGPASSWORD。"
                    ),
                    where=self,
                )
        if isinstance(error, psycopg.OperationalError) and (state is None or state[:2] in ("08", "57")):
            return UnavailableError(
                N_("数据库 {where} 连不上（{detail}）：请检查主机、端口和网络，以及服务器是否在运行。"),
                where=self,
                detail=detail,
            )
        if state == "42501":
            return AtlasError(
                N_("数据库 {where} 的用户权限不够（{detail}）：请数据库管理员授予建立模式和读写图册各表的权限。"),
                where=self,
                detail=detail,
            )
        if state in _BUSY:
            return BusyError(N_("数据库 {where}：另一个程序正在使用，请稍后再试；图册没有改动。"), where=self)
        return UnavailableError(doing, where=self, detail=detail)
