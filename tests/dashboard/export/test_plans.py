"""Two siting scenarios as a brief: the figures that they were kept with,
and an address that shows the very comparison.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from dashboard.app import create_app
from dashboard.export.order import Order
from dashboard.pages import briefing
from dashboard.pages.planning import syncing
from dashboard.pages.planning.comparison import comparison
from dashboard.settings import Settings
from geodata.errors import AtlasError
from tests.dashboard.export.pptx_reader import code, opened, sheets, texts
from tests.dashboard.export.two_plans import keep_two

ORDER = {"query": "scenario=SC-DAY", "against": "scenario=SC-NIGHT", "template": "compare"}


@pytest.fixture(scope="module")
def app(atlas_home: Path, tmp_path_factory: pytest.TempPathFactory):
    home = Path(shutil.copytree(atlas_home, tmp_path_factory.mktemp("plans") / "home"))
    keep_two(home)
    return create_app(Settings(home=home, chromium="none", public_url="https://atlas.example.org"))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_two_scenarios_stand_beside_each_other(app, lang: str) -> None:
    context = app.server.extensions["atlas"]
    made = app.server.extensions["briefs"]._studio.make(Order(**{**ORDER, "query": f"{ORDER['query']}&lang={lang}"}))
    slide, last = opened(made.content).slides
    said = texts(slide)
    assert (said["map_title"], said["map2_title"]) == ("白天三站", "夜间五站")
    atlas = context.source.atlas()
    found = [syncing.scenario_of(atlas, one) for one in ("SC-DAY", "SC-NIGHT")]
    drawn = list(sheets(slide).values())
    for one, sheet in zip(found, drawn, strict=True):
        words = context.words(lang)
        for share in (
            one.answer.before.share,
            one.answer.after.share,
            one.answer.night_after.share,
            one.answer.after.cell_share,
        ):
            assert words.share(share) in said["figures"]
        ((_, values),) = [pair for pair in sheet.items() if pair[0] != "categories"]
        assert values == pytest.approx([round(site.newly, 1) for site in one.answer.sites][::-1])
    assert "▨" in said["footnote"]
    # the code leads to the planning page, which compares these two
    address = code(slide)
    assert address == made.brief.url and address in texts(last)["sources"]
    path = urlsplit(address)
    assert path.path == "/planning" and parse_qs(path.query)["compare"] == ["SC-DAY~SC-NIGHT"]
    atlas, question, notices, _ = syncing.read(context, path.query)
    assert not notices
    shown = str(comparison(context, atlas, question, context.words(lang)))
    assert all(context.words(lang).share(one.answer.after.share) in shown for one in found)


def test_one_scenario_alone_and_its_map(app) -> None:
    made = app.server.extensions["briefs"]._studio.make(Order(query="scenario=SC-NIGHT"))
    slide = opened(made.content).slides[0]
    assert "夜间五站" in texts(slide)["title"] and len(sheets(slide)) == 1
    client = app.server.test_client()
    page = client.get("/sheet/map?query=scenario%3DSC-NIGHT").get_data(as_text=True)
    assert "建议新站 5" in page and "审图号" in page
    assert client.get("/sheet/map?query=scenario%3DNONE").status_code == 400
    assert client.get("/sheet?" + Order(**ORDER).path().partition("?")[2]).status_code == 200


@pytest.mark.parametrize(
    ("order", "word"),
    [
        ({**ORDER, "against": "scenario=GONE"}, "GONE"),
        ({**ORDER, "against": "place=350203"}, "另一个方案"),
        ({"query": "scenario=GONE"}, "GONE"),
    ],
)
def test_what_cannot_be_compared_is_said(app, order: dict, word: str) -> None:
    with pytest.raises(AtlasError, match=word):
        app.server.extensions["briefs"]._studio.make(Order(**order))


def test_the_page_opens_with_scenarios_and_offers_the_others(app) -> None:
    context = app.server.extensions["atlas"]

    def opened_at(query: str) -> str:
        atlas, said = context.look(query, briefing.OWN_KEYS)
        assert not said.notices
        return str(briefing.layout(context, atlas, said, query))

    page = opened_at("?scenario=SC-DAY&template=compare&against=scenario%3DSC-NIGHT")
    assert "白天三站" in page and "夜间五站" in page and "/planning?scenario=SC-DAY" in page
    assert "GONE" in opened_at("?scenario=GONE")
    assert app.server.test_client().get("/sheet?query=scenario%3DGONE").status_code == 400
