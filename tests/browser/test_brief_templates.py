"""Briefs of every template, made once:
the gallery, each word in its frame, maps and charts that are seen, paper, pictures.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import pytest
import zxingcpp
from PIL import Image, ImageColor
from pptx.slide import Slide

from dashboard import theme
from dashboard.export.engine import blank
from dashboard.export.studio import Made, Studio
from tests.browser import gallery
from tests.browser.paper import Sheet, colors, holds, sheets, squeezed
from tests.browser.whole import first_alone, whole
from tests.dashboard.export.pptx_reader import boxes, opened, pictures, texts
from tests.dashboard.export.pptx_reader import sheets as data_sheets

EMU_PER_POINT = 12_700
SLACK = 4.0  # points: LibreOffice has other fonts than PowerPoint
INLAND = ("one.pptx", "compare.pptx", "report.pptx")  # views without a sea: what is of its colour there is no map
T = TypeVar("T")
WATER = ImageColor.getrgb(theme.WATER)


class _Kept(dict[str, T]):
    """Values of briefs by name, made once: those of each template together, and their variants together."""

    def __init__(self, make: Callable[[tuple[str, ...]], Mapping[str, T]]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, name: str) -> T:
        self.update(self._make(gallery.EACH if name in gallery.EACH else gallery.VARIANTS))
        return self[name]


@pytest.fixture(scope="module")
def golden(studio: Studio) -> dict[str, Made]:
    """One of each, made once: what the gallery shows is what the tests read."""
    return _Kept(lambda names: gallery.made(studio, names))


@pytest.fixture(scope="module")
def papers(golden: dict[str, Made]) -> dict[str, list[Sheet]]:
    return _Kept(lambda names: gallery.papers({name: golden[name] for name in names}))


def but_variants(cases: Iterable[Any]) -> list[Any]:
    """Return the cases of a test, those of variants for `make test-whole`."""
    named = [(one, one[0] if isinstance(one, tuple) else one) for one in cases]
    return [
        pytest.param(*(one if isinstance(one, tuple) else (one,)), marks=whole) if name in gallery.VARIANTS else one
        for one, name in named
    ]


@pytest.mark.parametrize(("names",), first_alone([(gallery.EACH,), ((*gallery.EACH, *gallery.VARIANTS),)]))
def test_the_gallery_shows_one_of_each_as_briefs_are_now(
    golden: dict[str, Made], papers: dict[str, list[Sheet]], names: tuple[str, ...]
) -> None:
    """Which pictures there are, how large, and which frames a slide has:
    what they show changes with every new line of data.
    """
    told = "the gallery is not as briefs are: run `make gallery`"
    printed = [name for name in names if name.endswith((".pptx", ".pdf"))]
    now = gallery.pictures(
        golden, {name: [replace(one, picture=one.picture.copy()) for one in papers[name]] for name in printed}
    )
    kept = {path.name: path for path in gallery.FOLDER.iterdir() if path.suffix != ".md"}
    of_others = {path for path in kept if path.startswith(tuple({*gallery.BRIEFS} - {*names}))}
    assert set(kept) - of_others == {*now, "one.pptx", "charts.svg"}, told
    for name, picture in now.items():
        with Image.open(kept[name]) as there:
            assert there.width / there.height == pytest.approx(picture.width / picture.height, abs=0.01), (
                f"{name}: {told}"
            )
            assert there.width <= gallery.WIDTH and colors(there.convert("RGB")) > 8, name
    here, there = (opened(content).slides for content in (golden["one.pptx"].content, kept["one.pptx"].read_bytes()))
    frames = [[sorted(boxes(slide)) for slide in slides] for slides in (here, there)]
    assert frames[0] == frames[1], told
    assert kept["charts.svg"].read_text("utf-8").count("<g transform") == len(golden["charts.svg"].brief.charts), told
    page = (gallery.FOLDER / "README.md").read_text("utf-8")
    assert [name for name in kept if f"({name})" not in page] == []


@pytest.mark.parametrize("name", but_variants(gallery.SLIDES))
def test_every_word_of_a_slide_is_printed_inside_its_frame(
    golden: dict[str, Made], papers: dict[str, list[Sheet]], name: str
) -> None:
    """No text cut, overlapping or without glyphs: all of it is found in the printed page, where its frame is."""
    slides = list(opened(golden[name].content).slides)
    assert len(slides) == len(papers[name])
    for slide, paper in zip(slides, papers[name], strict=True):
        frames = {role: [one / EMU_PER_POINT for one in box] for role, *box in boxes(slide)}
        for role, text in texts(slide).items():
            left, top, right, bottom = frames[role]
            for line in filter(None, map(squeezed, text.splitlines())):
                found = paper.find(line)
                assert found, f"{role}: {line}"
                assert any(
                    left - SLACK <= x0 and x1 <= right + SLACK and top - SLACK <= y0 and y1 <= bottom + SLACK
                    for place in found
                    for x0, y0, x1, y1 in [_around(place)]
                ), f"{role}: {line}"
        for name_of_chart, sheet in data_sheets(slide).items():
            for category in sheet["categories"]:
                assert squeezed(category)[:6] in paper.text
            if _has_bars_of_shares(slide, name_of_chart):
                for share in (one for series, values in sheet.items() if series != "categories" for one in values):
                    assert any(
                        bottom - top < 14
                        for place in paper.find(f"{share:.1%}")
                        for _, top, _, bottom in [_around(place)]
                    ), f"{share:.1%} is broken"


def _has_bars_of_shares(slide: Slide, name: str) -> bool:
    plot = next(shape.chart for shape in slide.shapes if shape.has_chart and shape.name == name).plots[0]
    return plot.has_data_labels and plot.data_labels.number_format == "0.0%"


def _around(place: list[tuple[float, float, float, float]]) -> tuple[float, float, float, float]:
    seen = [box for box in place if box[2] > box[0]]
    return min(b[0] for b in seen), min(b[1] for b in seen), max(b[2] for b in seen), max(b[3] for b in seen)


@pytest.mark.parametrize("name", but_variants(gallery.SLIDES))
def test_the_map_is_drawn_fine_and_the_charts_are_seen(
    golden: dict[str, Made], papers: dict[str, list[Sheet]], name: str
) -> None:
    slide = opened(golden[name].content).slides[0]
    paper = papers[name][0]
    scale = paper.picture.width / paper.size[0] / EMU_PER_POINT
    dark = gallery.BRIEFS[name].theme == "dark"
    assert (sum(paper.picture.getpixel((8, 400))) < 200) == dark
    for role, *box in boxes(slide):
        part = paper.picture.crop(tuple(round(one * scale) for one in box))
        if role in ("map", "map2"):
            picture = pictures(slide)[role]
            assert picture.width / ((box[2] - box[0]) / 914_400) == pytest.approx(300, abs=1)  # dots an inch
            assert not blank(_png(picture), [[0, 0, picture.width, picture.height]], 1)
            assert colors(part) > 40
            if name in INLAND:
                assert not holds(picture, WATER), "the picture is not filled with the map"
        elif role.startswith("chart") and not role.endswith("title"):
            assert colors(part) > 8
    assert (
        zxingcpp.read_barcode(paper.picture.resize((paper.picture.width * 3, paper.picture.height * 3))).text
        == golden[name].brief.url
    )


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def test_what_is_blank_is_known(golden: dict[str, Made]) -> None:
    assert blank(_png(Image.new("RGB", (600, 400), "#E8EEF4")), [[0, 0, 600, 400]], 1)
    assert not blank(
        _png(pictures(opened(golden["nothing-here.pptx"].content).slides[0])["map"]), [[0, 0, 686, 359]], 3.125
    )


@pytest.mark.parametrize(("name", "pages"), but_variants([("one.pdf", 2), ("report.pdf", 3)]))
def test_a_pdf_has_words_for_text_and_the_same_content(golden: dict[str, Made], name: str, pages: int) -> None:
    made = golden[name]
    found = sheets(made.content, 144)
    assert len(found) == pages
    wide = name == "one.pdf"
    assert found[0].size == pytest.approx((960, 540) if wide else (595.3, 841.9), abs=1)
    said = made.brief
    for text in (
        said.title,
        said.sentence,
        said.view,
        *said.footnote,
        said.source,
        *(one.title for one in said.charts[:1]),
    ):
        for line in filter(None, text.split("\n")):
            assert squeezed(line) in found[0].text
    for one in said.sides[0].figures:
        assert squeezed(one.value) in found[0].text
    assert all(squeezed(one.text)[:20] in found[-1].text for one in said.citations)
    ways = {fact: said.fact_url(fact) for one in said.citations for fact in one.facts} | {
        one.text: one.url for one in said.sides[0].trails
    }
    assert ways and [name for name, url in ways.items() if url.encode() not in made.content] == []
    assert zxingcpp.read_barcode(found[0].picture).text == said.url
    width, height = found[0].picture.size
    assert (
        colors(
            found[0].picture.crop((width // 4, height // 3 if wide else height * 2 // 5, width // 2, height * 2 // 3))
        )
        > 40
    )


def test_a_png_has_the_size_asked_for_and_its_code_is_read(golden: dict[str, Made]) -> None:
    made = golden["one.png"]
    with Image.open(io.BytesIO(made.content)) as picture:
        assert picture.size == (2560, 1440)
        assert zxingcpp.read_barcode(picture.convert("RGB")).text == made.brief.url


def test_an_svg_holds_every_chart_as_text(golden: dict[str, Made]) -> None:
    from lxml import etree

    made = golden["charts.svg"]
    root = etree.fromstring(made.content)
    words = squeezed("".join(root.itertext()))
    assert all(squeezed(one.title) in words for one in made.brief.charts)
    assert squeezed(made.brief.view) in words and made.brief.url in words
    assert len(root.findall(".//{http://www.w3.org/2000/svg}svg")) == len(made.brief.charts)
    assert "河滨区域" in words
    assert b"http" not in made.content.replace(b"http://www.w3.org", b"").replace(made.brief.url.encode(), b"")
