"""The gallery of components: every module of dashboard/components, every provenance,
and nothing that answers; not there unless asked for.
"""

from __future__ import annotations

import pkgutil
from collections import Counter
from pathlib import Path

import pytest
from dash.development.base_component import Component

from dashboard import components
from dashboard.app import create_app
from dashboard.pages import design
from dashboard.settings import Settings
from layers.filters import PROVENANCES


def test_it_is_there_only_where_the_setting_says_so(atlas_home: Path) -> None:
    assert create_app(Settings(home=atlas_home)).server.test_client().get("/design").status_code == 404
    assert create_app(Settings(home=atlas_home, design=True)).server.test_client().get("/design").status_code == 200
    with pytest.raises(ValueError, match="loopback"):
        Settings(home=atlas_home, design=True, host="0.0.0.0", allow_remote=True)


@pytest.mark.parametrize("query", ["", "?lang=en&theme=dark"])
def test_it_shows_every_component_and_no_id_of_a_page(atlas_home: Path, query: str) -> None:
    context = create_app(Settings(home=atlas_home, design=True)).server.extensions["atlas"]
    atlas, said = context.look(query)
    laid = design.layout(context, atlas, said, query)
    parts = [one for one in laid._traverse() if isinstance(one, Component)]
    shown = {name for one in parts if (name := getattr(one, "data-component", None))}
    assert shown == {module.name for module in pkgutil.iter_modules(components.__path__)}
    classes = {name for one in parts for name in str(getattr(one, "className", "")).split()}
    assert {f"badge-{one}" for one in (*PROVENANCES, "mixed")} <= classes
    assert {
        "notice-bad",
        "notice-good",
        "button-main",
        "button-on",
        "kpi-none",
        "panel-table",
        "search-hit",
        "tip",
        "tour",
        "past",
    } <= classes
    main = next(one for one in parts if getattr(one, "className", "") == "design-main")
    held = [one.id for one in main._traverse() if isinstance(one, Component) and getattr(one, "id", None)]
    assert all(one.startswith("design-") for one in held)
    assert [one for one, count in Counter(held).items() if count > 1] == []
