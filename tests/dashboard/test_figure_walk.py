"""A walk over every page, without a browser: each figure stands under a mark that resolves,
and each link of a figure shows its trail.

A page is its layout with the answers of its callbacks put into their places, asked of the server as the browser asks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from dash import Dash
from plotly.io.json import to_json_plotly

from dashboard import ids
from dashboard.app import create_app
from dashboard.pages import PAGES, sources
from dashboard.pages.analysis import names as analysis
from dashboard.pages.data import quality
from dashboard.pages.data.holdings import holdings
from dashboard.pages.data.names import own
from dashboard.settings import Settings
from layers import trails
from layers.filters import PROVENANCES

STORIES = [f"?story=S{number}" for number in range(1, 9)]
#: What holds a figure when there is a digit in it; class names of the pages.
FIGURES = re.compile(
    r"\b(kpi-value|panel-title|fact-value|plan-value|plan-title|"
    r"sources-value|sources-figure|quality-total|holdings-sum|stories-total)\b"
)
DIGIT = re.compile(r"\d")


@pytest.fixture(scope="module")
def app(atlas_home) -> Dash:
    return create_app(Settings(home=atlas_home))


def plain(component: Any) -> Any:
    return json.loads(to_json_plotly(component))


def answered(app: Dash, output: str, caused_by: str | None = None, **inputs: Any) -> dict[str, Any]:
    """Return id → property → value of the callback that writes `output`,
    given the values of its inputs and states by id; all of them changed, or one.
    """
    found = next(one for one in app.server.test_client().get("/_dash-dependencies").json if output in one["output"])
    outputs = [
        dict(zip(("id", "property"), part.split("."), strict=True)) for part in found["output"].strip(".").split("...")
    ]

    def given(one: dict) -> dict:
        return one | {"value": inputs.get(one["id"])}

    answer = app.server.test_client().post(
        "/_dash-update-component",
        json={
            "output": found["output"],
            "outputs": outputs if found["output"].startswith("..") else outputs[0],
            "inputs": [given(one) for one in found["inputs"]],
            "state": [given(one) for one in found.get("state", ())],
            "changedPropIds": [
                f"{one['id']}.{one['property']}" for one in found["inputs"] if caused_by in (None, one["id"])
            ],
        },
    )
    assert answer.status_code == 200, answer.data[:300]
    return answer.json["response"]


def put(page: Any, answers: dict[str, Any]) -> Any:
    """Put children into the components of their ids."""
    if isinstance(page, list):
        return [put(one, answers) for one in page]
    if not isinstance(page, dict):
        return page
    props = page.get("props", {})
    told = answers.get(props.get("id")) if isinstance(props.get("id"), str) else None
    if told and "children" in told:
        return page | {"props": props | {"children": told["children"]}}
    return {key: put(one, answers) for key, one in page.items()}


def nodes(part: Any, mark: str | None = None, where: str = "") -> Iterator[tuple[dict, str | None, str]]:
    """Yield each component with the mark that it stands under, and the classes around it."""
    for one in part if isinstance(part, list) else [part]:
        if not isinstance(one, dict) or "props" not in one:
            continue
        props = one["props"]
        # a title with a link to the trail leads there itself
        mine = props.get("data-figure") or props.get("data-trail") or mark
        yield one, mine, where
        yield from nodes(props.get("children"), mine, f"{where} {props.get('className') or ''}")


def text(part: Any) -> str:
    if isinstance(part, dict):
        return text(part.get("props", {}).get("children"))
    return "".join(map(text, part)) if isinstance(part, list) else "" if part is None else str(part)


def pages(app: Dash) -> Iterator[tuple[str, Any]]:
    context = app.server.extensions["atlas"]

    def laid(path: str, query: str) -> Any:
        atlas, said = context.look(query, getattr(PAGES[path], "OWN_KEYS", ()))
        return plain(PAGES[path].layout(context, atlas, said, query))

    for query in ("", "?place=640200", "?place=350203&hour=22&lang=en", "?place=210900&provenance=illustrative"):
        atlas, said = context.look(query)
        filters, words = said.filters, context.words(said.filters.lang)
        stored = {"query": query, "notices": []}
        analysed = answered(app, f"{analysis.SENTENCE}.children", **{analysis.STATE: stored}) | answered(
            app,
            f"{analysis.CALENDAR_HEAD}.children",
            **{analysis.STATE: {"query": f"{query}{'&' if query else '?'}on=2024-06-18&with=350203", "notices": []}},
        )
        yield f"/analysis{query}", put(laid("/analysis", query), analysed)
        yield (
            f"/sources{query}",
            plain(sources.section(context, atlas, filters, dict.fromkeys(sources.OWN_KEYS, ""), words)),
        )
        yield (
            f"/data{query}",
            plain([holdings(context, filters, words), *quality.section(context, atlas, filters, own(""), words)]),
        )
        yield f"/planning{query}", laid("/planning", query)
        yield f"/briefing{query}", laid("/briefing", query)
    for query in ("", "?lang=en", *STORIES, *(f"{one}&lang=en" for one in STORIES)):
        yield f"/stories{query}", laid("/stories", query)


def test_every_figure_of_every_page_stands_under_a_mark_that_resolves_and_its_link_leads_there(app):
    context = app.server.extensions["atlas"]
    atlas = context.source.atlas()
    bare, seen, links = [], set(), set()
    for address, page in pages(app):
        marked = 0
        for one, mark, where in nodes(page):
            props = one["props"]
            if mark:
                trails.check(atlas, mark)
                seen.add(mark)
                marked += 1
            kind = one.get("type")
            if props.get("className") == "source-name":
                continue  # S1 is a name
            holds = (
                FIGURES.search(props.get("className") or "")
                or kind == "Strong"
                or (kind == "Td" and re.search("an-table|story-table|number", f"{where} {props.get('className')}"))
            )
            if holds and not mark and DIGIT.search(text(one)) and not list(_marks(one)):
                bare.append(f"{address} {kind}.{props.get('className')}: {text(one)[:50]}")
            if kind == "Link" and re.search("figure-link|source-link", props.get("className") or ""):
                links.add(props["href"])
        assert marked or address.startswith(("/planning", "/briefing")), address
    assert bare == []
    assert {
        "F007",
        "F032",
        "activities_by_day",
        "taking_part",
        "against_plan",
        "activities_by_place",
        "two_places",
        "hires",
        "strengthened_by_grid",
        "rows_held",
        "quality",
    } <= seen
    assert len(links) > 150
    for href in sorted(links)[::11]:  # each leads to a trail; every eleventh of them opened, of every page and kind
        parts = urlsplit(href)
        assert parts.path == sources.PATH
        own_keys = dict(parse_qsl(parts.query))
        atlas, said = context.look(parts.query, sources.OWN_KEYS)
        shown = plain(
            sources.section(
                context,
                atlas,
                said.filters,
                {key: own_keys.get(key, "") for key in sources.OWN_KEYS},
                context.words(said.filters.lang),
            )
        )
        wanted = own_keys.get("figure") or own_keys["fact"].split(";")[0]
        assert wanted in {mark for one, mark, _ in nodes(shown) if one["props"].get("data-trail")}, href


def _marks(one: dict) -> Iterator[str]:
    for _, mark, _ in nodes(one):
        if mark:
            yield mark


def test_the_sources_page_keeps_a_choice_of_provenance_in_its_address(app):
    context = app.server.extensions["atlas"]
    titles = {}
    for chosen in ("", "reported", "derived", "illustrative", "none"):
        query = f"?provenance={chosen}" if chosen else ""
        atlas, said = context.look(query)
        shown = plain(
            sources.section(context, atlas, said.filters, dict.fromkeys(sources.OWN_KEYS, ""), context.words("zh"))
        )
        titles[chosen] = [text(one) for one, _, _ in nodes(shown) if one.get("type") == "H2"]
    assert any("报道的数字 46 / 46" in one for one in titles["reported"]) and not any(
        "报道的数字" in one for one in titles["derived"] + titles["illustrative"]
    )
    assert (
        "推算的数字怎么算" in titles["derived"]
        and "推算的数字怎么算" not in titles["reported"]
        and titles["none"] == []
    )
    assert "示意行合计与报道总数" in titles["illustrative"] and len(titles[""]) > len(titles["reported"])
    told = answered(
        app,
        f"{sources.URL}.search",
        **{sources.TEXT: "", sources.STORY: None, sources.PROVENANCE: ["derived"], sources.URL: "?place=350203"},
    )
    assert told[sources.URL]["search"] == "?place=350203&provenance=derived"
    laid = plain(PAGES["/sources"].layout(context, *context.look("?provenance=derived"), "?provenance=derived"))
    assert next(one["props"]["value"] for one, _, _ in nodes(laid) if one["props"].get("id") == sources.PROVENANCE) == [
        "derived"
    ]
    assert len(PROVENANCES) == 3


def test_controls_of_the_activities_follow_a_link_and_a_step_back(app):
    to = "?place=350203&kinds=wish.heat_relief&from=2024-06-01&with=640200"
    stale = {
        analysis.URL: to,
        analysis.PLACE: "640200",
        analysis.PROVENANCE: list(PROVENANCES),
        analysis.CHOSEN_KINDS: [],
    }
    told = answered(
        app,
        f"{analysis.STATE}.data",
        caused_by=analysis.URL,
        **stale,
        **{analysis.STATE: {"query": "?place=640200", "notices": []}},
    )
    assert {
        one: told[one]["value"]
        for one in (analysis.PLACE, analysis.WITH, analysis.FIRST, analysis.LAST, analysis.CHOSEN_KINDS)
    } == {
        analysis.PLACE: "350203",
        analysis.WITH: "640200",
        analysis.FIRST: "2024-06",
        analysis.LAST: None,
        analysis.CHOSEN_KINDS: ["heat_relief", "wish"],
    }
    assert "640200" in {one["value"] for one in told[analysis.WITH]["data"]}
    query = told[analysis.STATE]["data"]["query"]
    echo = answered(
        app,
        f"{analysis.STATE}.data",
        caused_by=analysis.URL,
        **(stale | {analysis.URL: query}),
        **{analysis.STATE: {"query": query, "notices": []}},
    )
    assert "value" not in echo.get(analysis.PLACE, {})
    chosen = answered(
        app,
        f"{analysis.STATE}.data",
        caused_by=analysis.CHOSEN_KINDS,
        **(
            stale
            | {
                analysis.PLACE: "350203",
                analysis.FIRST: "2024-06",
                analysis.WITH: "640200",
                analysis.CHOSEN_KINDS: ["wish"],
            }
        ),
    )
    assert "kinds=wish&" in f"{chosen[analysis.URL]['search']}&" and "value" not in chosen.get(
        analysis.CHOSEN_KINDS, {}
    )


def test_each_fact_leads_to_its_story_and_to_what_is_computed_from_it(app):
    context = app.server.extensions["atlas"]
    atlas, said = context.look("?lang=en")
    words, known = context.words("en"), set(atlas.facts["id"])
    for row in atlas.facts.itertuples():
        trail = plain(
            sources.section(
                context, atlas, said.filters, dict.fromkeys(sources.OWN_KEYS, "") | {"fact": row.id}, words
            )[0]
        )
        to = [one["props"]["href"] for one, _, _ in nodes(trail) if one.get("type") == "Link"]
        assert f"/stories?lang=en&story={row.system}" in to and row.id in known
        assert ("/analysis?place=350203&lang=en" in to) == (row.id in {"F081", "F087"})
        assert ("Derived:" in text(trail)) == (
            row.id in {"F006", "F010", "F020", "F021", "F032", "F033", "F070", "F071", "F082", "F083"}
        )


def test_a_chinese_reader_reads_the_notes_of_facts_in_chinese(app):
    context = app.server.extensions["atlas"]
    atlas, said = context.look("")
    for row in atlas.facts[atlas.facts["note"].notna() & (atlas.facts["note"] != "")].itertuples():
        shown = text(
            plain(
                sources.section(
                    context,
                    atlas,
                    said.filters,
                    dict.fromkeys(sources.OWN_KEYS, "") | {"fact": row.id},
                    context.words("zh"),
                )[0]
            )
        )
        note = shown.partition("备注")[2].partition("图册中用到它的地方")[0]
        assert note and not re.search("[A-Za-z]{2}", note), row.id
        # numbers of the note are those of the report
        assert set(re.findall(r"\d+(?:\.\d+)?", row.note)) <= set(re.findall(r"\d+(?:\.\d+)?", note)), row.id


def test_the_sentence_names_its_sources_and_leads_to_them(app):
    for lang, word in (("zh", "出处："), ("en", "Source")):
        said = answered(app, f"{ids.SENTENCE}.children", **{ids.FILTERS: {"query": f"?place=640200&lang={lang}"}})[
            ids.SENTENCE
        ]["children"]
        link = next(one for one, _, _ in nodes(said) if one.get("type") == "Link")
        assert word in text(link) and "F010" in text(link) and link["props"]["href"].startswith("/sources?place=640200")
        assert set(dict(parse_qsl(urlsplit(link["props"]["href"]).query))["fact"].split(";")) <= set(
            app.server.extensions["atlas"].source.atlas().facts["id"]
        )
