"""The charts of a story: each answers in its title, says what it is of under it, and keeps reported and made-up
apart.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from dashboard import theme
from dashboard.charts.chart import Chart, Series
from dashboard.words import Words
from geodata.facts import format_reported
from geodata.frames import rows_of
from geodata.withheld import plotted
from layers import routes, stories
from layers.atlas import Atlas
from layers.filters import Filters

YEARS = 5


# -- one chart each ---------------------------------------------------------------


def team(atlas: Atlas, _filters: Filters, words: Words) -> Chart | None:
    """Return the members of the four teams, by team."""
    rows = stories.parts(atlas, "F008", "team_kind")
    return _split(
        "F008-team_kind",
        atlas,
        rows,
        "F008",
        words("“四员”里{name}最多：{count} 人"),
        words("四员类别（人）"),
        theme.STATION,
        words,
    )


def held(atlas: Atlas, _filters: Filters, words: Words) -> Chart | None:
    """Return how many events of each sort were held."""
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
        words("场次"),
    )


def tasks(atlas: Atlas, _filters: Filters, words: Words) -> Chart | None:
    """Return the strengthened share of enterprises by the task of their grid."""
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
        for row in rows_of(sums)
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
        words("强化率"),
        share=True,
    )


def intake(atlas: Atlas, _filters: Filters, words: Words) -> Chart | None:
    """Return how many would be trained in some years, were every year like the reported one."""
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
        words("培育对象"),
    )


def conversion(atlas: Atlas, _filters: Filters, words: Words) -> Chart | None:
    """Return positions offered at the first fair, and intents reached there."""
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
        words("现场"),
        origins=["reported"] * 2,
    )


def sectors(atlas: Atlas, _filters: Filters, words: Words) -> Chart | None:
    """Return the enterprises of the first fair by sector."""
    rows = stories.parts(atlas, "F031", "sector")
    return _split(
        "F031-sector",
        atlas,
        rows,
        "F031",
        words("参会企业里{name}最多：{count} 家"),
        words("首场招聘会参会企业按行业（家）"),
        theme.FAIR,
        words,
    )


def homes(atlas: Atlas, _filters: Filters, words: Words) -> Chart | None:
    """Return the enterprises of the first fair by the city that they come from."""
    rows = stories.parts(atlas, "F031", "home_city")
    if not len(rows):
        return None
    elsewhere = rows[~rows["name"].isin(["阜新市"])]["value"].sum() / rows["value"].sum()  # no key - a name of the data
    return _split(
        "F031-home_city",
        atlas,
        rows,
        "F031",
        words("{share} 的参会企业来自阜新以外").format(share=words.share(float(elsewhere))),
        words("首场招聘会（阜新）参会企业来自哪里（家）：共享的岗位"),
        theme.FLOW,
        words,
    )


def groups(atlas: Atlas, _filters: Filters, words: Words) -> Chart | None:
    """Return the workers examined, by group."""
    rows = routes.of_activity(atlas, stories.ROUTES["S4"][0])
    found, names = routes.by_group(rows), words.codes("worker_group")
    if not found:
        return None
    listed = sorted(found, key=lambda one: -found[one])
    return _bars(
        "groups",
        words("{name}最多：{count} 人").format(
            name=names.get(listed[0], listed[0]), count=words.persons(found[listed[0]])
        ),
        words("体检的劳动者按群体（人），各站相加；{note}").format(note=_note(stories.origin(rows), words)),
        stories.origin(rows),
        [names.get(one, one) for one in listed],
        [plotted(found[one]) for one in listed],
        [words("{count} 人").format(count=words.persons(found[one])) for one in listed],
        theme.ACTIVITY,
        words("人数"),
    )


def stops(atlas: Atlas, _filters: Filters, words: Words) -> Chart | None:
    """Return the workers examined at each stop of the route."""
    rows = routes.of_activity(atlas, stories.ROUTES["S4"][0])
    rows = rows[rows["persons"].notna()]
    if not len(rows):
        return None
    most = rows.loc[rows["persons"].idxmax()]
    names = [
        words("第 {number} 站").format(number=row.sequence)
        + (f" {row.date.month}/{row.date.day}" if pd.notna(row.date) else "")
        for row in rows_of(rows)
    ]
    return _bars(
        "stops",
        words("第 {number} 站人最多：{count} 人").format(
            number=most["sequence"], count=words.persons(float(most["persons"]))
        ),
        words("每站体检的劳动者（人，月/日）；{note}").format(note=_note(stories.origin(rows), words)),
        stories.origin(rows),
        names,
        list(map(plotted, rows["persons"])),
        [words("{count} 人").format(count=words.persons(one)) for one in rows["persons"]],
        theme.ACTIVITY,
        words("人数"),
        origins=rows["provenance"].tolist(),
    )


def contestants(atlas: Atlas, _filters: Filters, words: Words) -> Chart | None:
    """Return a dot a contestant, a column a company: as many on average; how many each sent the report does not say."""
    told = _told(atlas, ("F070", "F071"), words)
    if told is None or not told[1][0]:
        return None
    people, companies = (int(value) for value, _ in told)
    title = words("平均每家企业派出 {count} 名选手").format(
        count=words.number(people / companies, 0 if people % companies == 0 else 1)
    )
    return Chart(
        "story-contestants",
        title,
        words("一点一名选手，一列一家企业；每列等高是平均，各家人数未报道"),
        "derived",
        "dots",
        (words("全部企业"),),
        (Series(words("选手"), (float(people),), theme.STATION, "reported", texts=(told[0][1],)),),
        span=float(companies),
        room="text",
    )


def money(atlas: Atlas, _filters: Filters, words: Words) -> Chart | None:
    """Return the money reported for insurance, wishes and one claim."""
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
        words("元"),
    )


def stations(atlas: Atlas, _filters: Filters, words: Words) -> Chart | None:
    """Return how many open stations have each facility that is reported."""
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
        words("驿站"),
    )


def heat(atlas: Atlas, _filters: Filters, words: Words) -> Chart | None:
    """Return the visits in the heat by month."""
    found, rows = stories.heat_relief(atlas)
    if not found:
        return None
    most = max(found, key=lambda one: found[one])
    return _bars(
        "heat",
        words("{month}送清凉最多：{count} 场").format(month=words.month(most), count=found[most]),
        words("高温慰问按月（场），合计对齐报道的 30 余场；{note}").format(note=_note(stories.origin(rows), words)),
        stories.origin(rows),
        [words.month(one) for one in found],
        list(found.values()),
        [words("{count} 场").format(count=one) for one in found.values()],
        theme.ACTIVITY,
        words("场次"),
    )


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
    name: str, atlas: Atlas, rows: pd.DataFrame, fact: str, title: str, subtitle: str, color: str, words: Words
) -> Chart | None:
    """Return the parts of a reported total; `title` may name the largest and its number."""
    told = _told(atlas, (fact,), words)
    if not len(rows) or told is None:
        return None
    names = rows["name" if words.lang == "zh" else "name_en"].fillna(rows["name"]).tolist()
    most = int(rows["value"].to_numpy().argmax())
    origin = stories.origin(rows)
    return _bars(
        name,
        title.format(name=names[most], count=words.number(rows["value"].iloc[most])),
        words("{what}；合计 {total}为报道，{note}").format(what=subtitle, total=told[0][1], note=_note(origin, words)),
        origin,
        names,
        rows["value"].tolist(),
        [words.number(one) for one in rows["value"]],
        color,
        words("数值"),
        origins=rows["provenance"].tolist(),
    )


def _bars(
    name: str,
    title: str,
    subtitle: str,
    provenance: str | None,
    names: Sequence[str],
    values: Sequence[float | None],
    texts: Sequence[str],
    color: str | list[str],
    series: str,
    *,
    share: bool = False,
    origins: Sequence[str | None] = (),
) -> Chart:
    """Return lying bars, the first on top; made up ones by `origins`, each with its figure as words."""
    each = tuple(color) if isinstance(color, list) else ()
    return Chart(
        f"story-{name}",
        title,
        subtitle,
        provenance,
        "bar",
        tuple(names),
        (
            Series(
                series,
                tuple(values),
                theme.TEAL if isinstance(color, list) else color,
                provenance,
                colors=each,
                origins=tuple(origins),
                texts=tuple(texts),
            ),
        ),
        number_format="0.0%" if share else "#,##0",
        top_down=True,
        room="text",
    )
