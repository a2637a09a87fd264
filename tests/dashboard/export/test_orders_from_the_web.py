"""What a reader's page may order: a template by its name, never a file of the server, whatever the page sends."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from dash import Dash
from pptx import Presentation

from dashboard.app import create_app
from dashboard.export.order import TEMPLATES, Order
from dashboard.export.orders import FOLDER, Orders
from dashboard.settings import Settings
from geodata.errors import AtlasError

MAKE = {"type": "briefing-make", "format": "pptx"}


def _asked(app: Dash, output: str, given: dict[str, Any], pressed: dict[str, str] | None = None) -> str:
    """Return the answer of the callback that writes `output`, to values by id as a page would send them."""
    client = app.server.test_client()
    found = next(one for one in client.get("/_dash-dependencies").json if output in one["output"])
    parts = [
        dict(zip(("id", "property"), part.rsplit(".", 1), strict=True))
        for part in found["output"].strip(".").split("...")
    ]
    names = {f"briefing-{name}": value for name, value in given.items()}

    def valued(one: dict[str, Any]) -> Any:
        if one["id"].startswith("{"):
            return [{"id": pressed, "property": one["property"], "value": 1}]
        return one | {"value": names.get(one["id"])}

    pattern = json.dumps(pressed, separators=(",", ":"), sort_keys=True) if pressed else ""
    changed = [pattern or one["id"] for one in found["inputs"]][:1]
    answer = client.post(
        "/_dash-update-component",
        json={
            "output": found["output"],
            "outputs": parts if found["output"].startswith("..") else parts[0],
            "inputs": [valued(one) for one in found["inputs"]],
            "state": [valued(one) for one in found.get("state", ())],
            "changedPropIds": [f"{one}.{'n_clicks' if pressed else found['inputs'][0]['property']}" for one in changed],
        },
    )
    assert answer.status_code in (200, 204, 400), answer.data[:300]
    if answer.status_code == 400:  # no page sends such a thing: it is told in words
        return answer.text
    return json.dumps(answer.json, ensure_ascii=False) if answer.data else ""


def _order(template: str) -> dict[str, Any]:
    return {
        "template": template,
        "paper": "light",
        "view": "place=640200",
        "spoken": {"title": "", "sentence": ""},
        "lang": "zh",
        "job-ids": [],
    }


def _queued(home: Path) -> int:
    return len(list((home / FOLDER).glob("*/task.json")))


@pytest.mark.parametrize("editing", [None, False, True])
def test_no_file_of_the_server_is_a_template_for_a_page(home: Path, tmp_path: Path, editing: bool | None) -> None:
    app = create_app(Settings(home=home, chromium="none", editing=editing))
    secret = tmp_path / "secret.pptx"
    Presentation().save(secret)
    (tmp_path / "odd.pptx").write_bytes(b"x")
    said = set()
    for path in (secret, tmp_path / "odd.pptx", tmp_path / "missing.pptx", Path("/etc/passwd.PPTX")):
        before = _queued(home)
        answer = _asked(app, "briefing-job-ids.data", _order(str(path)), MAKE)
        assert "没有模板" in answer and "job-ids" not in json.loads(answer)["response"]
        said.add(re.sub("“[^”]*”", "“…”", answer))
        assert _queued(home) == before
        sheet = app.server.test_client().get("/sheet", query_string={"template": str(path), "query": "place=640200"})
        assert sheet.status_code == 400
    # missing, unreadable and whole are told alike: nothing is learnt of the disk
    assert len(said) == 1


def test_the_queue_refuses_a_file_again(app: Dash, tmp_path: Path) -> None:
    jobs: Orders = app.server.extensions["briefs"]
    with pytest.raises(AtlasError, match="没有模板"):
        jobs.submit(Order(template=str(tmp_path / "any.pptx")), "x")


@pytest.mark.parametrize("template", TEMPLATES[:2])
def test_the_templates_of_the_page_are_made(app: Dash, template: str) -> None:
    answer = json.loads(_asked(app, "briefing-job-ids.data", _order(template), MAKE))
    (id,) = answer["response"]["briefing-job-ids"]["data"]
    assert app.server.extensions["briefs"].find(id).order.template == template


@pytest.mark.parametrize("format", ["exe", "png-x", "png-9", "", "../../x"])
def test_a_format_that_no_button_has_orders_nothing(app: Dash, home: Path, format: str) -> None:
    answer = _asked(app, "briefing-job-ids.data", _order("one"), MAKE | {"format": format})
    assert "briefing-job-ids" not in answer


@pytest.mark.parametrize(
    "id",
    [None, "", 5, 2**80, 1.5, True, {"a": 1}, ["x"], "../../etc", "\ud800" * 12, "\0" * 12, "x" * 10_000, "a' OR 1"],
)
def test_a_malformed_job_id_is_no_job_and_tells_no_path(app: Dash, home: Path, id: Any) -> None:
    jobs: Orders = app.server.extensions["briefs"]
    assert jobs.find(id) is None
    jobs.cancel(id)
    answer = _asked(app, "briefing-jobs.children", {"job-ids": [id], "lang": "zh"})
    assert str(home) not in answer and FOLDER not in answer
    if answer.startswith("{"):  # else it is refused in words
        assert json.loads(answer)["response"]["briefing-jobs"]["children"] == []
