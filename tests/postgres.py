"""A real PostgreSQL server with PostGIS for the tests: one a worker, on loopback, gone at the end."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.ports import free_port

USER = "atlas"
HOW = (
    "The tests of the PostGIS store need PostgreSQL with PostGIS: "
    "run `make test` as root once, or apt-get install postgresql postgresql-postgis."
)


def binaries() -> Path:
    """Return the folder of the newest server that has PostGIS."""
    found = [
        path
        for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")
        if Path(f"/usr/share/postgresql/{path.parts[-3]}/extension/postgis.control").exists()
    ]
    if found:
        return max(found, key=lambda path: int(path.parts[-3])).parent
    initdb = shutil.which("initdb")
    if initdb is None:
        pytest.fail(HOW, pytrace=False)
    return Path(initdb).resolve().parent


@dataclass(frozen=True)
class Server:
    """A running server; databases are made of a template in a moment."""

    port: int
    password: str

    def url(self, database: str = "postgres", user: str = USER, password: str | None = None) -> str:
        return f"postgresql://{user}:{self.password if password is None else password}@127.0.0.1:{self.port}/{database}"

    def run(self, *statements: str, database: str = "postgres") -> list[tuple]:
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """Give the address of a database of one's own; dropped afterwards whoever is connected."""
        name = f"own_{secrets.token_hex(4)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        yield self.url(name)
        self.run(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def served() -> Iterator[Server]:
    """Give a running server. PostgreSQL refuses root, so root starts it as the package's user `postgres`."""
    folder = Path(tempfile.mkdtemp(prefix="atlas-postgres-"))
    password, data = secrets.token_hex(8), folder / "data"
    (folder / "password").write_text(password)
    as_whom: list[str] = []
    if os.geteuid() == 0:
        as_whom = ["runuser", "-u", "postgres", "--"]
        for path in (folder, folder / "password"):
            shutil.chown(path, "postgres")
    port = free_port()

    def call(program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*as_whom, str(binaries() / program), "-D", str(data), *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            log = folder / "log"
            pytest.fail(f"{program}: {done.stderr}{log.read_text() if log.exists() else ''}\n{HOW}", pytrace=False)

    try:
        call(
            "initdb",
            "-U",
            USER,
            "-A",
            "scram-sha-256",
            f"--pwfile={folder / 'password'}",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        )
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": "",
            "fsync": "off",
            "shared_buffers": "32MB",
        }
        with (data / "postgresql.conf").open("a") as conf:
            conf.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        call("pg_ctl", "-w", "-l", str(folder / "log"), "start")
        yield Server(port, password)
    finally:
        if (data / "postmaster.pid").exists():
            call("pg_ctl", "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)
