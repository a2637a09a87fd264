"""A home of its own for what is written (links, jobs), and a studio without a browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from dash import Dash

from dashboard.app import create_app
from dashboard.export.order import Order
from dashboard.export.studio import Made, Studio
from dashboard.settings import Settings


@pytest.fixture(scope="module")
def home(atlas_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(atlas_home, tmp_path_factory.mktemp("export") / "home"))


@pytest.fixture(scope="module")
def settings(home: Path) -> Settings:
    return Settings(
        home=home, chromium="none", public_url="https://atlas.example.org/map", map_review_number="GS(2024)0000"
    )


@pytest.fixture(scope="module")
def app(settings: Settings) -> Dash:
    return create_app(settings)


@pytest.fixture(scope="module")
def studio(app: Dash) -> Studio:
    return app.server.extensions["briefs"]._studio


@pytest.fixture(scope="module")
def make(studio: Studio) -> Callable[..., Made]:
    kept: dict[Order, Made] = {}

    def one(**given: str) -> Made:
        order = Order(**given)
        return kept.get(order) or kept.setdefault(order, studio.make(order))

    return one
