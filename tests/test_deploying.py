"""What the atlas is put up with: each file names what there is, and what the image holds is enough to serve."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from dashboard.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "operation"
FILES = [ROOT / "Dockerfile", ROOT / "compose.yaml", *sorted(path for path in FOLDER.iterdir() if path.is_file())]
#: Of compose and the proxy's file, not of the atlas.
OTHERS = {"ATLAS_NAME", "ATLAS_UPSTREAM"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_is_set_is_a_setting(path: Path) -> None:
    named = {one.lower() for one in re.findall(r"\bATLAS_([A-Z_]+)\b", path.read_text("utf-8"))}
    assert named - {one.removeprefix("ATLAS_").lower() for one in OTHERS} <= {*Settings.model_fields}


def test_the_image_is_nobodys_root_and_asks_whether_it_is_alive() -> None:
    lines = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ").splitlines()
    last = [line for line in lines if line.startswith("USER ")][-1].split()[1]
    assert last.split(":")[0].isdigit() and last.split(":")[0] != "0"
    assert any(line.startswith("HEALTHCHECK ") for line in lines)
    assert any("--require-hashes" in line for line in lines) and not any(line.startswith("ADD ") for line in lines)


def test_the_services_have_no_rights_they_do_not_need() -> None:
    told = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
    assert {*told["services"]} == {"atlas", "database", "answers", "proxy"}
    for name in ("atlas", "answers", "proxy"):
        service = told["services"][name]
        assert service["read_only"] is True and service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]
    assert not any("ports" in told["services"][name] for name in ("atlas", "database", "answers"))
    assert told["networks"]["back"]["internal"] is True
    assert (
        told["services"]["atlas"]["environment"]["ATLAS_PROXIES"]
        == (told["services"]["proxy"]["networks"]["front"]["ipv4_address"])
    )
    assert not re.search(r"password: *[^/\s]", (ROOT / "compose.yaml").read_text("utf-8"), re.IGNORECASE)


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_the_proxies_take_what_the_atlas_takes(name: str) -> None:
    text = (FOLDER / name).read_text("utf-8")
    largest = int(re.search(r"(?:client_max_body_size|max_size) +(\d+)m", text, re.IGNORECASE)[1])
    assert largest * 2**20 >= Settings.model_fields["max_upload_bytes"].default
    assert "/metrics" in text and "/readyz" in text


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for path in FOLDER.glob("union-service-atlas*.*"):
        if path.suffix in (".service", ".timer"):
            text = path.read_text("utf-8").replace("/opt/union-service-atlas/.venv/bin/python", sys.executable)
            (tmp_path / path.name).write_text(text, "utf-8")
    units = sorted(map(str, tmp_path.iterdir()))
    told = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True)
    mine = [line for line in told.stderr.splitlines() if "union-service-atlas" in line]
    assert len(units) == 3 and mine == [] and told.returncode == 0
    main = tmp_path / "union-service-atlas.service"
    rated = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=25", str(main)], capture_output=True, text=True
    )
    assert rated.returncode == 0, rated.stdout[-300:]


@pytest.mark.skipif(shutil.which("setpriv") is None or os.getuid() != 0, reason="no way to give rights up")
def test_what_the_image_holds_is_enough_and_nothing_is_written_but_the_home(tmp_path: Path) -> None:
    """The steps of the image, without an engine: what is let in is copied, and may not be written by who runs it."""
    listed = [line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")]
    code, home = tmp_path / "code", tmp_path / "data"
    for name in listed:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        code.mkdir(exist_ok=True)
        copy(ROOT / name, code / name)
    home.mkdir(mode=0o700)
    before = sorted(code.rglob("*"))
    for path in (code, *before):
        path.chmod(0o555 if path.is_dir() else 0o444)
    environment = {
        "PATH": os.environ["PATH"],
        "ATLAS_HOME": str(home),
        "ATLAS_HOST": "0.0.0.0",
        "ATLAS_ALLOW_REMOTE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": "/tmp",
        "ATLAS_CHROMIUM": "none",
    }
    powerless = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]
    tried = subprocess.run([*powerless, "touch", str(code / "x")], capture_output=True)
    assert tried.returncode != 0
    for command in (["info", "--json"], ["backup", str(home / "b.zip"), "--json"]):
        done = subprocess.run(
            [*powerless, sys.executable, "-m", "dashboard", *command],
            cwd=code,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr[-800:]
    assert sorted(code.rglob("*")) == before
