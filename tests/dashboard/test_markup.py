"""Components as plain HTML: nothing that is said is lost,
nothing hostile gets through, and every control has a stand-in.
"""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import dash_mantine_components as dmc
import pytest
from dash import dcc, html
from dash.development.base_component import Component
from hypothesis import given
from hypothesis import strategies as st

from dashboard.app import create_app
from dashboard.export.markup import ATTRIBUTES, KEPT, STAND_INS, UNSEEN, VOID, markup
from dashboard.pages import PAGES
from dashboard.settings import Settings
from tests.sheets.views import QUERIES

#: Types that hold others and are nothing themselves, or are written by what holds them.
HOLDERS = {"MantineProvider", "DatesProvider", "Chip", "Radio", "TabsList", "TabsTab", "TabsPanel", "Upload"}
#: Elements may be left open only where HTML has no end for them.
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30)


class Read(HTMLParser):
    """What a browser makes of it: elements with their attributes, and all text."""

    def __init__(self, written: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(written)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def elements(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Component]:
    made = st.builds(
        lambda kind, part, name, title: getattr(html, kind)(part, className=name, title=title, **{"aria-label": title}),
        st.sampled_from(["Div", "Span", "P", "Section", "Strong", "Td"]),
        children,
        TEXT,
        TEXT,
    )
    return made | st.builds(lambda part, href: dcc.Link(part, href=href), children, TEXT)


def said(part: Any) -> str:
    if isinstance(part, list | tuple):
        return "".join(map(said, part))
    return said(part.children) if isinstance(part, Component) else "" if part is None else str(part)


@given(
    st.recursive(
        TEXT | st.integers() | st.none(), lambda inner: st.lists(inner, max_size=3) | elements(inner), max_leaves=12
    )
)
def test_whatever_is_said_is_read_as_it_was_said(part: Any) -> None:
    read = Read(markup(part))
    assert read.text == said(part)
    assert read.open == []
    assert not {tag for tag, _ in read.elements} & {"script", "img", "iframe"}


@given(TEXT, TEXT)
def test_an_attribute_holds_what_it_was_given(name: str, title: str) -> None:
    [(tag, held)] = Read(markup(html.A("x", className=name, title=title, href="/?a=1&b=2"))).elements
    assert (tag, held) == ("a", {"class": name, "title": title, "href": "/?a=1&b=2"})


def test_styles_are_those_that_react_writes() -> None:
    [(_, held)] = Read(
        markup(
            html.Div(
                style={
                    "paddingBottom": 12,
                    "flexGrow": 1.5,
                    "minHeight": 0,
                    "--rows": 4,
                    "width": "50%",
                    "height": None,
                }
            )
        )
    ).elements
    assert held["style"] == "padding-bottom:12px;flex-grow:1.5;min-height:0;--rows:4;width:50%"


def test_what_is_hidden_or_shut_is_not_there_and_what_is_open_is_open() -> None:
    assert (
        markup(
            [
                html.P("secret", hidden=True),
                html.Dialog("shut"),
                dcc.Store(id="kept", data="kept"),
                dcc.Location(id="where"),
            ]
        )
        == ""
    )
    assert markup(html.Details([html.Summary("a"), "b"], open=True)) == "<details open><summary>a</summary>b</details>"
    assert (
        markup(html.Td(3, colSpan=2, id="three", **{"data-x": "y", "aria-controls": "three"}))
        == '<td colspan="2">3</td>'
    )


@pytest.mark.parametrize(
    ("control", "text"),
    [
        (
            dmc.Select(data=[{"value": "a", "label": "甲<b>"}, {"value": "b", "label": "乙"}], value="a", label="地点"),
            "地点甲<b>",
        ),
        (dmc.Select(data=["a"], value=None, placeholder="选一个"), "选一个"),
        (
            dmc.MultiSelect(data=[{"value": "a", "label": "甲"}, {"value": "b", "label": "乙"}], value=["b", "a"]),
            "乙甲",
        ),
        (dmc.NumberInput(value=1247, suffix=" 米", label="半径"), "半径1,247 米"),
        (dmc.NumberInput(value="", placeholder="不限"), "不限"),
        (dmc.TextInput(value="<script>", placeholder="p"), "<script>"),
        (dmc.Textarea(value="", placeholder="脚注"), "脚注"),
        (dmc.SegmentedControl(data=["300", {"value": "500", "label": "五百"}], value="500"), "300五百"),
        (dmc.ChipGroup([dmc.Chip("甲", value="a"), dmc.Chip("乙", value="b")], multiple=True, value=["b"]), "甲乙"),
        (dmc.RadioGroup([dmc.Radio(label="甲", value="a"), dmc.Radio(label="乙", value="b")], value="b"), "甲乙"),
        (dmc.Switch(label="开", checked=True), "开"),
        (dmc.Checkbox(label="关", checked=False), "关"),
        (dmc.RangeSlider(min=0, max=4, value=[0, 4], marks=[{"value": 2, "label": "三月"}]), "三月"),
        (
            dmc.Tabs(
                [
                    dmc.TabsList([dmc.TabsTab("甲", value="a"), dmc.TabsTab("乙", value="b")]),
                    dmc.TabsPanel("一", value="a"),
                    dmc.TabsPanel("二", value="b"),
                ],
                value="b",
            ),
            "甲乙二",
        ),
        (dcc.Graph(className="map"), ""),
    ],
)
def test_a_control_says_what_it_is_set_to(control: Component, text: str) -> None:
    read = Read(markup(control))
    assert read.text == text
    assert read.open == [] and "script" not in {tag for tag, _ in read.elements}


@pytest.mark.parametrize(
    ("group", "kind"),
    [
        (dmc.ChipGroup([dmc.Chip("甲", value="a"), dmc.Chip("乙", value="b")], multiple=True, value=["b"]), "chip"),
        (dmc.RadioGroup([dmc.Radio(label="甲", value="a"), dmc.Radio(label="乙", value="b")], value="b"), "radio"),
        (
            dmc.SegmentedControl(data=[{"value": "a", "label": "甲"}, {"value": "b", "label": "乙"}], value="b"),
            "segment",
        ),
    ],
)
def test_what_is_chosen_is_marked(group: Component, kind: str) -> None:
    marked = [held["class"] for tag, held in Read(markup(group)).elements if tag == "span"]
    assert marked == [f"first-{kind}", f"first-{kind} first-on"]


def types(part: Any) -> set[str]:
    if isinstance(part, list | tuple):
        return set().union(*map(types, part))
    if not isinstance(part, Component):
        return set()
    own = set() if part._namespace == "dash_html_components" else {part._type}
    return own | types(getattr(part, "children", None))


@pytest.mark.parametrize("path", PAGES)
def test_every_control_of_every_page_has_a_stand_in(atlas_home: Path, path: str) -> None:
    context = create_app(Settings(home=atlas_home)).server.extensions["atlas"]
    for more in ("", "&lang=en"):
        query = f"?{QUERIES[path]}{more}"
        atlas, said_ = context.look(query, getattr(PAGES[path], "OWN_KEYS", ()))
        page = PAGES[path].layout(context, atlas, said_, query)
        assert types(page) - set(STAND_INS) - UNSEEN <= HOLDERS
        read = Read(markup(page))
        assert read.open == []
        assert {name for _, held in read.elements for name in held if not name.startswith("aria-")} <= {
            *ATTRIBUTES.values(),
            *KEPT,
            "style",
            "disabled",
        }
