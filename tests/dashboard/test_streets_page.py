"""Section 街道 of the data page: what it offers, and the work that it starts."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from dashboard.context import Context
from dashboard.locale import load_words
from dashboard.pages.data import names, streets
from dashboard.settings import Settings
from dashboard.source import AtlasSource
from dashboard.tasks.job import DONE, STOPPED
from dashboard.words import Words
from layers.filters import Filters
from tests.geodata.osm.made import Town

SECONDS = 90


@pytest.fixture
def context(own_home: Path, tmp_path: Path) -> Context:
    folder = tmp_path / "extracts"
    folder.mkdir()
    town = Town()
    town.road((0, 0), (3, 0), highway="residential", name="游艺街")
    town.node(1, 1, amenity="bank", name="石嘴山银行")
    town.write(folder / "dawukou.osm.pbf")
    (folder / "broken.osm.pbf").write_bytes(b"no extract")
    (folder / "notes.txt").write_text("x")
    (tmp_path / "outside.osm.pbf").write_bytes((folder / "dawukou.osm.pbf").read_bytes())
    settings = Settings(home=own_home, extracts=folder)
    return Context(AtlasSource(own_home), load_words(), Filters(), settings)


def text(part: object) -> str:
    if isinstance(part, list | tuple):
        return "".join(map(text, part))
    inner = getattr(part, "children", part)
    return inner if isinstance(inner, str) else text(inner) if isinstance(inner, list | tuple) else ""


def shown(context: Context, words: Words) -> str:
    return text(streets.section(context, context.source.atlas(), Filters(), names.own("?section=streets"), words))


def ended(context: Context, job: str):
    jobs = streets.jobs_of(context)
    for _ in range(SECONDS * 10):
        state = jobs.state(job)
        if state.over:
            return state
        time.sleep(0.1)
    raise AssertionError("it goes on and on")


def test_the_extracts_of_the_folder_are_offered_and_no_other(context: Context) -> None:
    assert list(streets.extracts(context.settings)) == ["broken.osm.pbf", "dawukou.osm.pbf"]
    assert streets.extracts(context.settings).get("../outside.osm.pbf") is None
    assert streets.extracts(Settings(home=context.settings.home)) == {}


def test_an_extract_is_brought_in_and_the_section_says_so(context: Context, words: Words) -> None:
    assert "还没有导入" in shown(context, words)
    jobs = streets.jobs_of(context)
    path = streets.extracts(context.settings)["dawukou.osm.pbf"]
    state = ended(context, jobs.start("streets", streets.work_of(context, path, ["640202"], "甲"), {}))
    assert (state.phase, state.told["candidate_rows"], state.told["places"]) == (DONE, 1, ["640202"])
    batch = context.source.store().history()[0]
    assert (batch.batch_id, batch.author) == (state.told["batch_id"], "甲")
    said = shown(context, words)
    assert "dawukou.osm.pbf，日期 2026-11-20：1 条路" in said
    assert "© OpenStreetMap contributors, ODbL" in said


def test_what_cannot_be_read_is_said_and_what_is_stopped_changes_nothing(context: Context, words: Words) -> None:
    jobs, there = streets.jobs_of(context), streets.extracts(context.settings)
    state = ended(context, jobs.start("streets", streets.work_of(context, there["broken.osm.pbf"], [], "甲"), {}))
    assert "不是 OpenStreetMap" in text(streets.progress(state, words))
    job = jobs.start("streets", streets.work_of(context, there["dawukou.osm.pbf"], [], "甲"), {})
    jobs.stop(job)
    state = ended(context, job)
    assert state.phase == STOPPED
    assert "没有改动" in text(streets.progress(state, words))
    assert context.source.store().history() == []


def test_the_address_names_the_section() -> None:
    assert names.own("?section=streets")["section"] == "streets"
