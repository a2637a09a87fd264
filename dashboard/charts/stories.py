"""The charts of a story: each answers in its title, says what it is of under it, and keeps reported and made-up apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pandas as pd

from dashboard import theme
from dashboard.charts.chart import Chart, Series
from dashboard.charts.events import month_name
from dashboard.words import Words
from geodata.facts import format_reported
from layers import routes, stories
from layers.atlas import Atlas

ROW_PX, HEAD_PX = 30, 24
NARROW_PX, LETTER_PX = 350, 13  # the narrowest chart (a phone's), a Chinese letter
YEARS = 5


class StoryChart(NamedTuple):
    """A chart and the facts that it rests on; ``height`` in CSS pixels."""

    chart: Chart
    facts: tuple[str, ...]
    height: int


def story_charts(atlas: Atlas, story: str, words: Words) -> list[StoryChart]:
    """Return the charts of `story` that this atlas has figures for."""
    return [chart for make in _MAKERS.get(story, ()) if (chart := make(atlas, words)) is not None]


# -- one chart each ---------------------------------------------------------------


def _team(atlas: Atlas, words: Words) -> StoryChart | None:
    rows = stories.parts(atlas, "F008", "team_kind")
    return _split(
        atlas, rows, "F008", words("“四员”里{name}最多：{count} 人"), words("四员类别（人）"), theme.STATION, words
    )


def _held(atlas: Atlas, words: Words) -> StoryChart | None:
    told = _told(atlas, ("F012", "F013", "F011"), words)
    if told is None:
        return None
    names = (words("进企业活动"), words("劳动和技能竞赛"), words("主题活动"))
    return _bars(
        "held",
        words("进企业活动最多：{count}").format(count=told[0][1]),
        words("2024 年 3 月起各级工会开展的活动（场），照报道"),
        "reported",
        names,
        [value for value, _ in told],
        [text for _, text in told],
        theme.ACTIVITY,
        ("F012", "F013", "F011"),
        words("场次"),
    )


def _tasks(atlas: Atlas, words: Words) -> StoryChart | None:
    grids = stories.matrix(atlas)
    if not len(grids):
        return None
    labels = words.codes("task")
    sums = grids.groupby("task")[["enterprises", "enterprises_strengthened"]].sum()
    sums = sums.loc[[one for one in labels if one in sums.index and sums.loc[one, "enterprises"]]]
    share = sums["enterprises_strengthened"] / sums["enterprises"]
    last = str(share.idxmin())
    text = [
        words("{part} / {whole} 家").format(part=int(row.enterprises_strengthened), whole=int(row.enterprises))
        for row in sums.itertuples()
    ]
    return _bars(
        "tasks",
        words("五大任务里“{task}”最落后：{share}").format(task=labels[last], share=words.share(float(share.min()))),
        words("按网格承担的任务，强化“产改”举措的企业占比（按企业数，不加权）"),
        stories.origin(grids),
        [labels[one] for one in sums.index],
        share.tolist(),
        text,
        [theme.RED if one == last else theme.TEAL for one in sums.index],
        ("F010", "F006"),
        words("强化率"),
        share=True,
    )


def _intake(atlas: Atlas, words: Words) -> StoryChart | None:
    known = atlas.facts.set_index("id")
    if not {"F020", "F021"} <= set(known.index):
        return None
    each, money, qualifier = (
        float(known.loc["F020", "value"]),
        float(known.loc["F021", "value"]),
        known.loc["F020", "qualifier"],
    )
    total = [each * year for year in range(1, YEARS + 1)]
    said = words("若年年如此，{years} 年约 {people} 名、{money}").format(
        years=YEARS,
        people=words.number(total[-1]),
        money=format_reported(total[-1] * money, qualifier, "yuan", words.lang),
    )
    return _bars(
        "intake",
        said,
        words("每年遴选人数 × 年数（名，累计）；只有每年的数是报道的，年年相同是假设"),
        "derived",
        [words("第 {number} 年").format(number=year) for year in range(1, YEARS + 1)],
        total,
        [format_reported(one, qualifier, known.loc["F020", "unit"], words.lang) for one in total],
        theme.TEAL,
        ("F020", "F021"),
        words("培育对象"),
    )


def _conversion(atlas: Atlas, words: Words) -> StoryChart | None:
    told = _told(atlas, ("F032", "F033"), words)
    if told is None or not told[0][0]:
        return None
    return _bars(
        "conversion",
        words("每百个岗位达成 {count} 个意向").format(count=words.number(100 * told[1][0] / told[0][0], 1)),
        words("首场招聘会现场（个、人），照报道；比值为推算"),
        "derived",
        (words("提供岗位"), words("达成就业意向")),
        [value for value, _ in told],
        [text for _, text in told],
        theme.FAIR,
        ("F032", "F033"),
        words("现场"),
        patterns=["reported"] * 2,
    )


def _sectors(atlas: Atlas, words: Words) -> StoryChart | None:
    rows = stories.parts(atlas, "F031", "sector")
    return _split(
        atlas,
        rows,
        "F031",
        words("参会企业里{name}最多：{count} 家"),
        words("首场招聘会参会企业按行业（家）"),
        theme.FAIR,
        words,
    )


def _homes(atlas: Atlas, words: Words) -> StoryChart | None:
    rows = stories.parts(atlas, "F031", "home_city")
    if not len(rows):
        return None
    elsewhere = rows[~rows["name"].isin(["阜新市"])]["value"].sum() / rows["value"].sum()  # no key - a name of the data
    return _split(
        atlas,
        rows,
        "F031",
        words("{share} 的参会企业来自阜新以外").format(share=words.share(float(elsewhere))),
        words("首场招聘会（阜新）参会企业来自哪里（家）：共享的岗位"),
        theme.FLOW,
        words,
    )


def _groups(atlas: Atlas, words: Words) -> StoryChart | None:
    rows = routes.of_activity(atlas, stories.ROUTES["S4"][0])
    found, names = routes.by_group(rows), words.codes("worker_group")
    if not found:
        return None
    listed = sorted(found, key=lambda one: -found[one])
    return _bars(
        "groups",
        words("{name}最多：{count} 人").format(
            name=names.get(listed[0], listed[0]), count=words.number(found[listed[0]])
        ),
        words("体检的劳动者按群体（人），各站相加；{note}").format(note=_note(stories.origin(rows), words)),
        stories.origin(rows),
        [names.get(one, one) for one in listed],
        [found[one] for one in listed],
        [words("{count} 人").format(count=words.number(found[one])) for one in listed],
        theme.ACTIVITY,
        ("F040",),
        words("人数"),
    )


def _stops(atlas: Atlas, words: Words) -> StoryChart | None:
    rows = routes.of_activity(atlas, stories.ROUTES["S4"][0])
    rows = rows[rows["persons"].notna()]
    if not len(rows):
        return None
    most = rows.loc[rows["persons"].idxmax()]
    names = [
        words("第 {number} 站").format(number=row.sequence)
        + (f" {row.date.month}/{row.date.day}" if pd.notna(row.date) else "")
        for row in rows.itertuples()
    ]
    return _bars(
        "stops",
        words("第 {number} 站人最多：{count} 人").format(
            number=most["sequence"], count=words.number(float(most["persons"]))
        ),
        words("每站体检的劳动者（人，月/日）；{note}").format(note=_note(stories.origin(rows), words)),
        stories.origin(rows),
        names,
        rows["persons"].tolist(),
        [words("{count} 人").format(count=words.number(one)) for one in rows["persons"]],
        theme.ACTIVITY,
        ("F040",),
        words("人数"),
        patterns=rows["provenance"].tolist(),
    )


def _contestants(atlas: Atlas, words: Words) -> StoryChart | None:
    """A dot a contestant, a column a company: as many on average; how many each sent the report does not say."""
    told = _told(atlas, ("F070", "F071"), words)
    if told is None or not told[1][0]:
        return None
    people, companies = (int(value) for value, _ in told)
    x, y = [one % companies + 1 for one in range(people)], [one // companies + 1 for one in range(people)]
    title = words("平均每家企业派出 {count} 名选手").format(
        count=words.number(people / companies, 0 if people % companies == 0 else 1)
    )
    figure = {
        "data": [
            {
                "type": "scatter",
                "mode": "markers",
                "name": words("选手"),
                "x": x,
                "y": y,
                "hoverinfo": "skip",
                "marker": {"size": 11, "color": theme.PAPER, "line": {"width": 2, "color": theme.STATION}},
                "text": [told[0][1]],
            }
        ],
        "layout": theme.chart_layout(
            xaxis={"dtick": 1, "showgrid": False, "range": [0.4, companies + 0.6]},
            yaxis={"visible": False, "range": [0.3, max(y) + 0.7]},
        ),
    }
    chart = Chart(
        "story-contestants",
        title,
        words("一点一名选手，一列一家企业；每列等高是平均，各家人数未报道"),
        "derived",
        "bar",
        (words("全部企业"),),
        (Series(words("选手"), (float(people),), theme.STATION, "reported"),),
        figure=figure,
    )
    return StoryChart(chart, ("F070", "F071"), 240)


def _money(atlas: Atlas, words: Words) -> StoryChart | None:
    told = _told(atlas, ("F085", "F083", "F086"), words)
    if told is None:
        return None
    names = (words("意外伤害险（2022 年起累计）"), words("微心愿（2024 年）"), words("一名骑手的理赔"))
    return _bars(
        "money",
        words("意外伤害险投入 {money}，微心愿 {wish}").format(money=told[0][1], wish=told[1][1]),
        words("报道的经费与理赔（元）；年限不同，不相加"),
        "reported",
        names,
        [value for value, _ in told],
        [text for _, text in told],
        theme.STATION,
        ("F085", "F083", "F086"),
        words("元"),
    )


def _stations(atlas: Atlas, words: Words) -> StoryChart | None:
    found, rows = stories.facilities(atlas)
    if not found:
        return None
    names = words.codes("facility")
    last = list(found)[-1]
    return _bars(
        "facilities",
        words("报道列出的服务里{name}最少：{count} 个驿站中 {some} 个").format(
            count=len(rows), some=found[last], name=names[last]
        ),
        words("已开放驿站里有这项设施的（个，未加权）；哪个驿站有什么为示意"),
        stories.origin(rows),
        [names[one] for one in found],
        list(found.values()),
        [f"{one} / {len(rows)}" for one in found.values()],
        theme.TEAL,
        ("F080",),
        words("驿站"),
    )


def _heat(atlas: Atlas, words: Words) -> StoryChart | None:
    found, rows = stories.heat_relief(atlas)
    if not found:
        return None
    most = max(found, key=lambda one: found[one])
    return _bars(
        "heat",
        words("{month}送清凉最多：{count} 场").format(month=month_name(most, words), count=found[most]),
        words("高温慰问按月（场），合计对齐报道的 30 余场；{note}").format(note=_note(stories.origin(rows), words)),
        stories.origin(rows),
        [month_name(one, words) for one in found],
        list(found.values()),
        [words("{count} 场").format(count=one) for one in found.values()],
        theme.ACTIVITY,
        ("F087",),
        words("场次"),
    )


_MAKERS: dict[str, tuple[Callable[[Atlas, Words], StoryChart | None], ...]] = {
    "S1": (_tasks, _team, _held),
    "S2": (_intake,),
    "S3": (_conversion, _sectors, _homes),
    "S4": (_groups, _stops),
    "S7": (_contestants,),
    "S8": (_money, _stations, _heat),
}


# -- inside -----------------------------------------------------------------------


def _told(atlas: Atlas, ids: Sequence[str], words: Words) -> list[tuple[float, str]] | None:
    """Return value and text, qualifier and unit with it, of each fact; None when one is not known."""
    known = atlas.facts.set_index("id")
    if not set(ids) <= set(known.index):
        return None
    return [
        (float(row["value"]), format_reported(row["value"], row["qualifier"], row["unit"], words.lang))
        for row in (known.loc[one] for one in ids)
    ]


def _note(provenance: str | None, words: Words) -> str:
    return words("拆分为示意，只有合计是报道的") if provenance == "illustrative" else words.provenance(provenance)


def _split(
    atlas: Atlas, rows: pd.DataFrame, fact: str, title: str, subtitle: str, color: str, words: Words
) -> StoryChart | None:
    """Return the parts of a reported total; `title` may name the largest and its number."""
    told = _told(atlas, (fact,), words)
    if not len(rows) or told is None:
        return None
    names = rows["name" if words.lang == "zh" else "name_en"].fillna(rows["name"]).tolist()
    most = int(rows["value"].to_numpy().argmax())
    origin = stories.origin(rows)
    return _bars(
        f"{fact}-{rows['split_by'].iloc[0]}",
        title.format(name=names[most], count=words.number(rows["value"].iloc[most])),
        words("{what}；合计 {total}为报道，{note}").format(what=subtitle, total=told[0][1], note=_note(origin, words)),
        origin,
        names,
        rows["value"].tolist(),
        [words.number(one) for one in rows["value"]],
        color,
        (fact,),
        words("数值"),
        patterns=rows["provenance"].tolist(),
    )


def _room(values: Sequence[float], text: Sequence[str], names: Sequence[str]) -> float:
    """Return where the axis ends so that the words behind each bar have room in a narrow chart, in the unit of `values`."""
    plot = max(120.0, NARROW_PX - LETTER_PX * max(map(theme.width, names), default=0))
    return (
        max(
            [
                value / max(0.3, 1 - LETTER_PX * (theme.width(one) + 1) / plot)
                for value, one in zip(values, text, strict=True)
            ],
            default=0,
        )
        or 1
    )


def _bars(
    name: str,
    title: str,
    subtitle: str,
    provenance: str | None,
    names: Sequence[str],
    values: Sequence[float],
    text: Sequence[str],
    color: str | list[str],
    facts: tuple[str, ...],
    series: str,
    *,
    share: bool = False,
    patterns: list[str] | None = None,
) -> StoryChart:
    """Return lying bars, the first on top; hatched where made up, each with its figure as words."""
    count = len(names)
    origins: list[str | None] = list(patterns) if patterns else [provenance] * count
    trace: dict[str, Any] = {
        "type": "bar",
        "orientation": "h",
        "name": series,
        "x": list(values),
        "y": list(range(count)),
        "text": list(text),
        "textposition": "outside",
        "cliponaxis": False,
        "textfont": {"size": 12, "color": theme.INK},
        "constraintext": "none",
        "hoverinfo": "skip",
        "marker": theme.coloured(color, origins)
        if isinstance(color, list)
        else {"color": color, "pattern": theme.hatched(origins)},
    }
    figure = {
        "data": [trace],
        "layout": theme.chart_layout(
            bargap=0.34,
            margin={"l": 4, "r": 12, "t": 2, "b": 2, "pad": 6},
            xaxis={"visible": False, "range": [0, _room(values, text, names)]},
            yaxis={
                "tickvals": list(range(count)),
                "ticktext": list(names),
                "showgrid": False,
                "range": [count - 0.5, -0.5],
                "tickfont": {"size": 12, "color": theme.INK},
            },
        ),
    }
    chart = Chart(
        f"story-{name}",
        title,
        subtitle,
        provenance,
        "bar",
        tuple(names),
        (Series(series, tuple(map(float, values)), str(color if isinstance(color, str) else theme.TEAL), provenance),),
        number_format="0.0%" if share else "#,##0",
        figure=figure,
    )
    return StoryChart(chart, facts, HEAD_PX + ROW_PX * count)
