"""PowerPoint without a browser:
native charts hold the figures of the view, nothing is empty, everything is carried along.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from copy import deepcopy
from itertools import combinations
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from lxml import etree
from pptx import Presentation
from pptx.opc.constants import RELATIONSHIP_TYPE as RT
from pptx.opc.packuri import PackURI
from pptx.oxml.ns import qn
from pptx.parts.slide import SlideMasterPart
from pptx.util import Inches

from dashboard.context import Context
from dashboard.export.decks import _placeholder
from dashboard.export.document import MARKS
from dashboard.export.frames import Frame
from dashboard.export.order import Order
from dashboard.export.studio import Made, Studio
from geodata.errors import AtlasError
from layers import activities, coverage, fairs, flows, kpis, places, trails
from layers.filters import NATION, Filters
from layers.sentence import MARKS as SAID_MARKS
from layers.sentence import sentence
from tests.dashboard.export.pptx_reader import boxes, code, opened, pictures, role, sheets, texts

VIEWS = ("place=640200", "place=350203&hour=22", "place=210900", "place=350203&lang=en", "")


@pytest.fixture(scope="module")
def context(app) -> Context:
    return app.server.extensions["atlas"]


@pytest.mark.parametrize("query", VIEWS)
def test_the_data_sheets_hold_what_the_layers_count(make: Callable[..., Made], context: Context, query: str) -> None:
    atlas = context.source.atlas()
    filters = context.read(atlas, query).filters
    made = make(query=query, template="report")
    found = {name: sheet for slide in opened(made.content).slides for name, sheet in sheets(slide).items()}
    # each chart in the frame of its number, none in another's
    held = {chart.id: found.pop(f"chart{at}") for at, chart in enumerate(made.brief.charts, 1)}
    assert held and not found

    def series(name: str) -> dict[str, list[float | None]]:
        return {key: values for key, values in held[name].items() if key != "categories"}

    column = "name_en" if filters.lang == "en" else "name"
    units = coverage.by_unit(atlas, filters)
    assert ("coverage" in held) == bool(len(units))
    if len(units):
        ((_, shares),) = series("coverage").items()
        assert dict(zip(held["coverage"]["categories"], shares, strict=True)) == pytest.approx(
            dict(zip(units[column], units["share"], strict=True))
        )
        assert shares == sorted(shares)
    assert ("hours" in held) == (coverage.measure(atlas, filters).nominal_weighted.ratio is not None)
    if "hours" in held:
        hours = coverage.by_hour(atlas, filters)
        names = ["Nominal", "Effective"] if filters.lang == "en" else ["名义", "有效"]
        assert list(series("hours")) == names
        for name, wanted in zip(names, (hours["nominal"], hours["effective"]), strict=True):
            assert series("hours")[name] == pytest.approx(wanted.tolist())
    months = activities.by_month(atlas, filters)
    assert ("months" in held) == bool(len(months))
    if len(months):
        counted = [sum(values) for values in zip(*series("months").values(), strict=True)]
        per_month = months.groupby("month")["count"].sum()
        assert {name: count for name, count in zip(held["months"]["categories"], counted, strict=True) if count} == {
            str(month)[2:]: count for month, count in per_month.items()
        }
    funnel = {
        provenance: [None if value != value else value for value in part["value"].astype(float)]
        for provenance, part in fairs.funnel(atlas, filters).groupby("provenance")
    }
    assert ("funnel" in held) == bool(funnel)
    if funnel:
        label = context.words(filters.lang).provenance
        assert series("funnel") == {label(provenance): values for provenance, values in funnel.items()}
    ranked = activities.rank_grids(atlas, filters, 5 if filters.place == NATION else 8)
    assert ("ranking" in held) == bool(len(ranked))
    if len(ranked):
        totals = [sum(values) for values in zip(*series("ranking").values(), strict=True)]
        assert dict(zip(held["ranking"]["categories"], totals, strict=True)) == dict(
            zip(ranked[column], ranked["count"], strict=True)
        )


@pytest.mark.parametrize("query", VIEWS)
@pytest.mark.parametrize("template", ["one", "map", "report"])
def test_nothing_is_empty_and_nothing_overlaps(make: Callable[..., Made], query: str, template: str) -> None:
    deck = opened(make(query=query, template=template).content)
    for slide in deck.slides:
        for shape in slide.placeholders:
            assert not shape.has_text_frame or shape.text_frame.text.strip(), shape.name
        for one, other in combinations(list(boxes(slide)), 2):
            apart = (
                one[3] <= other[1] + 9_000
                or other[3] <= one[1] + 9_000
                or one[4] <= other[2] + 9_000
                or other[4] <= one[2] + 9_000
            )
            assert apart, (one, other)
        width, height = deck.slide_width, deck.slide_height
        assert all(
            left >= 0 and top >= 0 and right <= width and bottom <= height
            for _, left, top, right, bottom in boxes(slide)
        )


@pytest.mark.parametrize("query", ["place=640200", "place=350203&hour=22&lang=en"])
def test_a_slide_carries_what_every_export_must(make: Callable[..., Made], context: Context, query: str) -> None:
    atlas = context.source.atlas()
    filters = context.read(atlas, query).filters
    made = make(query=query)
    slide, *_, last = opened(made.content).slides
    said = texts(slide)
    assert all(said[name].strip() for name in ("title", "sentence", "view", "footnote", "source", "figures"))
    assert ("2024年10月31日" if filters.lang == "zh" else "31 Oct 2024") in said["view"]
    assert str(filters.radius) in said["view"]
    assert (filters.hour is None) == ("22:00" not in said["view"])
    assert "▨" in said["footnote"]
    assert "GS(2024)0000" in said["source"] and "OpenStreetMap" in said["source"]
    for figure in kpis.strip(atlas, filters):
        assert (figure.text_zh if filters.lang == "zh" else figure.text_en) in said["figures"]
    for ids in (figure.source_ids for figure in kpis.strip(atlas, filters) if figure.provenance == "reported"):
        assert all(one in texts(last)["sources"] for one in ids)
    assert made.brief.url in texts(last)["sources"]


@pytest.mark.parametrize(
    "query",
    [
        "place=640200",
        "place=350203&hour=22&lang=en",
        "place=350203&area=" + "_".join(f"{118 + i / 1000:.5f}_{24.4 + i % 7 / 100:.5f}" for i in range(30)),
    ],
)
def test_the_code_reopens_the_very_view(make: Callable[..., Made], context: Context, app, query: str) -> None:
    read = code(opened(make(query=query).content).slides[0])
    assert read.startswith("https://atlas.example.org/map/")
    path = read.removeprefix("https://atlas.example.org/map")
    if path.startswith("/s/"):
        path = app.server.test_client().get(path).headers["Location"]
    atlas = context.source.atlas()
    there, here = context.read(atlas, urlsplit(path).query).filters, context.read(atlas, query).filters
    assert there == here
    assert kpis.strip(atlas, there) == kpis.strip(atlas, here)


@pytest.mark.parametrize(
    "query", ["place=640200", "place=350203&hour=22&lang=en", "place=350203&provenance=illustrative", "place=210900"]
)
def test_a_brief_speaks_the_leaders_sentence(make: Callable[..., Made], context: Context, query: str) -> None:
    """Word for word the clauses of the layers, each with its mark;
    its sources are cited, and cited no more when the reader writes another.
    """
    atlas, filters = context.source.atlas(), context.read(context.source.atlas(), query).filters
    words, spoken = context.words(filters.lang), sentence(atlas, filters, dated=False)
    made = make(query=query)
    said = texts(opened(made.content).slides[0])["sentence"]
    assert said == spoken.text(words.gettext, words.lang)
    for clause in spoken.clauses[1:]:
        assert words(SAID_MARKS[clause.provenance]) in said
        assert MARKS[clause.provenance] in made.brief.footnote[0]
    assert set(spoken.source_ids) <= {
        one for side in made.brief.sides for one in (*side.ids, *side.sentence.source_ids)
    }
    facts = {one for listed in made.brief.citations for one in listed.facts}
    assert {one for one in spoken.source_ids if one in set(atlas.facts["id"])} <= facts
    assert texts(opened(make(query=query, sentence="一句话").content).slides[0])["sentence"] == "一句话"


@pytest.mark.parametrize(
    ("order", "sides"),
    [
        ({"query": "place=640200"}, 1),
        ({"query": "place=350203&hour=22&lang=en", "template": "report"}, 1),
        ({"query": "place=640202", "against": "place=640205", "template": "compare"}, 2),
    ],
)
def test_each_fact_and_figure_leads_to_its_trail(
    make: Callable[..., Made], context: Context, order: dict[str, str], sides: int
) -> None:
    """By the brief's own address, in its language, to the very figure of the very view."""
    made = make(**order)
    links: dict[str, str] = {}
    last = opened(made.content).slides[-1]
    for paragraph in next(one for one in last.placeholders if role(last, one) == "sources").text_frame.paragraphs:
        links |= {run.hyperlink.address: run.text for run in paragraph.runs if run.hyperlink.address}
    atlas = context.source.atlas()
    facts, figures = {}, []
    for address, text in links.items():
        parts = urlsplit(address)
        assert address.startswith("https://atlas.example.org/map/")
        if parts.path.endswith("/sources"):
            asked, (own, said) = dict(parse_qsl(parts.query)), context.look(parts.query, ("fact", "figure"))
            assert own is atlas and said.notices == () and said.filters.lang == made.brief.lang
            if "fact" in asked:
                facts[text] = asked["fact"]
            else:
                figures.append((trails.trail(atlas, said.filters, asked["figure"]), said.filters, text))
    assert facts == {one: one for listed in made.brief.citations for one in listed.facts} and facts
    key = [(trail.shown, filters, text) for trail, filters, text in figures if trail.shown is not None]
    assert len(key) == sum(len(kpis.strip(atlas, side.filters)) for side in made.brief.sides)
    assert len({filters.place for _, filters, _ in key}) == sides
    for shown, filters, text in key:
        assert (shown.text_zh if filters.lang == "zh" else shown.text_en) in text
    assert made.brief.url in links


def test_without_a_browser_the_map_is_a_note_and_pictures_are_refused(
    make: Callable[..., Made], studio: Studio
) -> None:
    made = make(query="place=640200")
    slide = opened(made.content).slides[0]
    assert "map" not in pictures(slide)
    assert "Chromium" in texts(slide)["map note"]
    assert any("Chromium" in one for one in made.told)
    for kind in ("png", "pdf", "svg"):
        with pytest.raises(AtlasError, match="ATLAS_CHROMIUM"):
            studio.make(Order(query="place=640200", format=kind))


def test_a_comparison_shows_both_sides(make: Callable[..., Made], context: Context) -> None:
    deck = opened(make(query="place=640202", against="place=640205", template="compare").content)
    said = texts(deck.slides[0])
    assert "大武口区" in said["map_title"] and "惠农区" in said["map2_title"]
    atlas = context.source.atlas()
    for place in ("640202", "640205"):
        for figure in kpis.strip(atlas, Filters(place=place)):
            assert figure.text_zh in said["figures"]
        shares = coverage.by_unit(atlas, Filters(place=place))["share"].tolist()
        assert any(
            sorted(shares) == pytest.approx(sorted(series))
            for sheet in sheets(deck.slides[0]).values()
            for name, series in sheet.items()
            if name != "categories"
        )


def test_a_comparison_needs_two(studio: Studio) -> None:
    with pytest.raises(AtlasError, match="两个视图"):
        studio.make(Order(query="place=640202", template="compare"))


def test_an_empty_view_says_so(make: Callable[..., Made]) -> None:
    deck = opened(make(query="place=110000").content)
    said = texts(deck.slides[0])
    assert said["sentence"] == "北京市：所选条件下没有可说的数字。"
    assert "石嘴山市" in said["reason note"]  # where there is something to see
    assert not sheets(deck.slides[0])


@pytest.mark.parametrize("template", ["one", "report"])
def test_a_chart_that_is_missing_says_why_on_the_page(make: Callable[..., Made], template: str) -> None:
    """With the dates outside all activities; the sentence is whole without the links that follow it on a screen."""
    made = make(query="place=640200&from=1990-01-01&to=1990-02-01", template=template)
    slide = opened(made.content).slides[0]
    (reason,) = made.brief.sides[0].charts.empty
    assert texts(slide)["reason note"] == reason and "377" in reason and not reason.endswith("：")
    assert sheets(slide)


def test_of_a_comparison_the_side_without_a_chart_says_why(make: Callable[..., Made]) -> None:
    slide = opened(make(query="place=110000", against="place=640200", template="compare").content).slides[0]
    said = texts(slide)
    assert said["chart1_title"].startswith("石嘴山市") and said["reason note"].startswith("北京市")
    assert "河滨区域" in sheets(slide)["chart1"]["categories"]


@pytest.mark.parametrize("place", ["640200", "350203", "210900", "110000"])
def test_the_footnote_names_what_is_made_up_and_claims_no_more(
    make: Callable[..., Made], context: Context, place: str
) -> None:
    atlas, filters = context.source.atlas(), Filters(place=place)
    here = places.scope(atlas, filters)
    held = {
        "网格": bool((atlas.grids["provenance"][places.table_mask(atlas, here, "grids")] == "illustrative").any()),
        "驿站点位": bool(
            (atlas.stations["provenance"][places.table_mask(atlas, here, "stations")] == "illustrative").any()
        ),
        "街道片区边界": bool(
            (atlas.zones["provenance"][places.table_mask(atlas, here, "zones")] == "illustrative").any()
        ),
        "部分招聘会": bool((fairs.select(atlas, filters)["provenance"] == "illustrative").any()),
        "部分跨市就业": bool((flows.select(atlas, filters)["provenance"] == "illustrative").any()),
    }
    said = make(query=f"place={place}").brief.footnote[0]
    assert {name: name in said for name in held} == held
    assert ("示意数据" in said) == any(held.values())
    # what adds up to a reported total stands before what does not
    summed = said.partition("合计与报道总数一致")
    assert not any(name in summed[0] for name in ("招聘会", "跨市就业", "部分活动")) or not summed[1]


def test_a_day_before_the_archive_is_told_on_the_paper(make: Callable[..., Made]) -> None:
    said = make(query="place=350203&asof=2024-08-01").brief
    assert any("没有存档" in one for one in said.footnote[1:]) and "2024年8月1日" in said.view


def test_a_reported_figure_keeps_its_qualifier_in_a_native_chart(make: Callable[..., Made]) -> None:
    """By a number format, so that the label goes on with the data sheet."""
    slide = opened(make(query="place=210900").content).slides[0]
    (funnel,) = [
        shape.chart for shape in slide.shapes if shape.has_chart and "参会企业" in list(shape.chart.plots[0].categories)
    ]
    formats = [
        one.get("formatCode") for one in funnel._chartSpace.iter(qn("c:numFmt")) if one.getparent().tag == qn("c:dLbl")
    ]
    assert formats == ['#,##0" 余 家"', '#,##0" 个"', '#,##0" 人"']
    assert list(funnel.plots[0].series[0].values) == [150, 3854, 136]


def test_own_words_stand_where_they_belong(make: Callable[..., Made]) -> None:
    said = texts(
        opened(make(query="place=640200", title="三季度简报", sentence="一句话", footnote="内部资料").content).slides[0]
    )
    assert (said["title"], said["sentence"]) == ("三季度简报", "一句话")
    assert "内部资料" in said["footnote"] and "▨" in said["footnote"]


def test_chinese_has_a_chinese_font(make: Callable[..., Made]) -> None:
    slide = opened(make(query="place=640200").content).slides[0]
    runs = [
        run
        for shape in slide.shapes
        if shape.has_text_frame
        for paragraph in shape.text_frame.paragraphs
        for run in paragraph.runs
    ]
    faces = {
        one.get("typeface")
        for run in runs
        for one in run._r.iter("{http://schemas.openxmlformats.org/drawingml/2006/main}ea")
    }
    assert faces == {"Microsoft YaHei"}
    charts = [shape.chart for shape in slide.shapes if shape.has_chart]
    assert charts and all("Microsoft YaHei" in chart._chartSpace.xml for chart in charts)


def _template(path: Path, names: tuple[str, ...]) -> Path:
    """Write a union's own template: one layout whose placeholders have these names."""
    deck = Presentation()
    layout = deck.slide_layouts[7]  # title, content, caption
    for shape, name in zip(list(layout.placeholders), names, strict=False):
        shape.name = name
    deck.slides.add_slide(deck.slide_layouts[0]).shapes.title.text = "要删掉的旧页"
    deck.slide_width = Inches(10)
    deck.save(str(path))
    return path


def test_a_template_of_ones_own_is_filled(make: Callable[..., Made], tmp_path: Path) -> None:
    path = _template(tmp_path / "own.pptx", ("title", "chart1", "sentence"))
    made = make(query="place=640200", template=str(path))
    slides = list(opened(made.content).slides)
    assert len(slides) == 1
    said = texts(slides[0])
    assert said["title"] == made.brief.title and said["sentence"] == made.brief.sentence
    assert "chart1" in sheets(slides[0])
    assert any("map" in one and "qr" in one for one in made.told)
    assert made.brief.url in slides[0].notes_slide.notes_text_frame.text
    assert "示意" in slides[0].notes_slide.notes_text_frame.text


def test_names_decide_whatever_kind_a_placeholder_is_of(
    make: Callable[..., Made], context: Context, tmp_path: Path
) -> None:
    """A chart in a picture's place, words in a chart's, a name twice, and with a second view both sides."""
    deck = Presentation()
    layout, *others = list(deck.slide_layouts)
    for one in others:
        deck.slide_layouts.remove(one)
    for shape in list(layout.shapes):
        shape._element.getparent().remove(shape._element)
    for number, (name, kind) in enumerate(
        (
            ("title ", "title"),
            ("figures", "chart"),
            ("chart1", "picture"),
            ("SENTENCE", "chart"),
            ("source", "picture"),
            ("map_title", "text"),
            ("map2_title", "table"),
            ("chart1", "text"),
            ("标志", "picture"),
        )
    ):
        layout.shapes._spTree.append(
            _placeholder(Frame(name, kind, 0.3, 0.3 + number * 0.7, 3 + number / 2, 0.6), number + 2, 20 + number)
        )
    path = tmp_path / "odd.pptx"
    deck.save(str(path))
    made = make(query="place=640202", against="place=640205", template=str(path))
    (slide,) = opened(made.content).slides
    said = texts(slide)
    assert (said["map_title"], said["map2_title"]) == ("大武口区", "惠农区")
    assert any("惠农区" in text for text in said.values() if "大武口区" in text)
    assert len([shape for shape in slide.shapes if shape.has_chart]) == 2
    assert [shape.width for shape in slide.shapes if shape.has_chart] == [Inches(4), Inches(6.5)]
    assert "against" in made.brief.url


def test_a_template_with_two_masters_and_its_own_size_is_filled_on_both(
    make: Callable[..., Made], tmp_path: Path
) -> None:
    """The names may stand in the layouts of any master, in capitals too,
    in placeholders of every kind, on paper of any size.
    """
    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(8.27), Inches(11.69)
    first, second = deck.slide_master, deepcopy(deck.slide_master._element)
    layout = deck.slide_layouts[3]  # two contents
    for shape, name in zip(
        list(layout.placeholders), ("TITLE", "Figures", "chart1", "footnote", "source", "view"), strict=False
    ):
        shape.name = name
    package = deck.part.package
    part = SlideMasterPart.load(
        PackURI("/ppt/slideMasters/slideMaster2.xml"), first.part.content_type, package, etree.tostring(second)
    )
    for relation in first.part.rels.values():
        if not relation.reltype.endswith("/slideLayout"):
            part.rels._rels[relation.rId] = relation
    other = deck.slide_layouts[8]  # picture with caption
    for shape, name in zip(list(other.placeholders), ("title", "map", "sources"), strict=False):
        shape.name = name
    listed = part._element.find(qn("p:sldLayoutIdLst"))
    for one in list(listed):
        listed.remove(one)
    entry = listed.makeelement(
        qn("p:sldLayoutId"), {"id": "2147499999", qn("r:id"): part.relate_to(other.part, RT.SLIDE_LAYOUT)}
    )
    listed.append(entry)
    deck.slide_layouts._sldLayoutIdLst.remove(
        next(
            one
            for one in deck.slide_layouts._sldLayoutIdLst
            if deck.slide_master.part.related_part(one.rId) is other.part
        )
    )
    masters = deck.part._element.find(qn("p:sldMasterIdLst"))
    masters.append(
        masters.makeelement(
            qn("p:sldMasterId"), {"id": "2147499990", qn("r:id"): deck.part.relate_to(part, RT.SLIDE_MASTER)}
        )
    )
    path = tmp_path / "two.pptx"
    deck.save(str(path))
    assert len(Presentation(str(path)).slide_masters) == 2
    made = make(query="place=640200", template=str(path))
    front, back = opened(made.content).slides
    assert sheets(front)["chart1"] and any(shape.has_table for shape in front.shapes)
    assert texts(back)["sources"].startswith("S1")
    assert made.brief.url in front.notes_slide.notes_text_frame.text  # whatever a small frame has to cut
    for slide in (front, back):
        assert all(shape.text_frame.text.strip() for shape in slide.placeholders if shape.has_text_frame)
    assert any("qr" in one for one in made.told)


@pytest.mark.parametrize(
    ("content", "word"),
    [(b"no zip at all", "pptx"), (b"", "pptx"), (bytes.fromhex("D0CF11E0A1B11AE1") + bytes(600), "密码")],
)
def test_a_template_that_is_none_is_refused(studio: Studio, tmp_path: Path, content: bytes, word: str) -> None:
    path = tmp_path / "bad.pptx"
    path.write_bytes(content)
    with pytest.raises(AtlasError, match=word):
        studio.make(Order(query="", template=str(path)))


def test_a_template_without_our_names_is_refused(studio: Studio, tmp_path: Path) -> None:
    out = io.BytesIO()
    Presentation().save(out)
    (tmp_path / "plain.pptx").write_bytes(out.getvalue())
    with pytest.raises(AtlasError, match="占位符"):
        studio.make(Order(query="", template=str(tmp_path / "plain.pptx")))


def test_many_filters_in_words_are_no_trouble(make: Callable[..., Made]) -> None:
    query = (
        "place=350203&lang=en&hour=22&facilities=water.toilet.microwave.medicine&"
        "inspected=90&kinds=competition.wish.insurance.legal"
        "&provenance=reported.illustrative&layers=stations.demand&"
        "sectors=manufacturing&mode=onsite&from=2024-03-01&to=2024-10-31"
    )
    made = make(query=query)
    assert len(made.brief.view) > 255
    assert texts(opened(made.content).slides[0])["view"].startswith(made.brief.view[:100])
