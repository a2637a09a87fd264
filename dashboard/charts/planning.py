"""The charts of a plan: how far its search is, what each further site brings, how equally ways are shared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from dashboard import theme
from dashboard.charts.chart import Chart, Series
from dashboard.words import Words
from layers.siting.fairness import STEPS, Fairness

TENTHS = 5  # of STEPS
CLOSER = 0.005  # Gini coefficients nearer than this tell no difference


def scale_of(model: str, total: float, words: Words) -> tuple[float, str]:
    """Return what an objective is divided by, and the unit of what comes of it.

    Parameters
    ----------
    model : str
        Of :data:`layers.siting.ask.MODELS`.
    total : float
        All demand weight.
    """
    if model == "mclp":
        return total / 100 or 1.0, "%"
    if model == "pmedian":
        return total or 1.0, " " + words("米")
    return 1.0, " " + (words("站") if model == "lscp" else words("米"))


def progress(
    history: Sequence[Sequence[float | None]], model: str, total: float, provenance: str, words: Words
) -> Chart:
    """Return bound and best objective of a search over time.

    Parameters
    ----------
    history : sequence of (seconds, objective, bound)
        Objective or bound None as long as there is none.
    """
    scale, unit = scale_of(model, total, words)
    series = [
        _series(
            name, [None if (value := one[at]) is None else value / scale for one in history], unit, color, provenance
        )
        for at, name, color in ((2, words("上下界"), theme.FAINT), (1, words("目前最好"), theme.RED))
    ]
    last = [(one.name, next((value for value in reversed(one.values) if value is not None), None)) for one in series]
    return Chart(
        "plan-progress",
        words.listed(f"{name} {value:,.4g}{unit}" for name, value in reversed(last) if value is not None)
        or words("目前最好与上下界"),
        "",
        provenance,
        "progress",
        tuple(f"{one[0] or 0:.4g}" for one in history),
        tuple(series),
        unit=unit,
        positions=tuple(float(one[0] or 0) for one in history),
        category_format="{} " + words("秒"),
        head=words("已用时间"),
        room="box",
    )


def by_number(
    rows: Sequence[Mapping[str, Any]], present: int, model: str, total: float, provenance: str, words: Words
) -> Chart:
    """Return the best objective for each number of new sites.

    Parameters
    ----------
    rows : sequence of mapping
        ``new`` (number of sites), ``objective``, ``status``.
    present : int
        Number of the plan looked at.
    """
    scale, unit = scale_of(model, total, words)
    values = {int(row["new"]): row["objective"] / scale for row in rows}
    gains = [
        (count, abs(values[count] - values[count - 1]))
        for count in sorted(values)
        if count > present and count - 1 in values
    ]
    title = (
        words("第 {count} 站起，每站增益不到 {gain}{unit}").format(
            count=gains[0][0],
            gain=f"{np.floor(max(gain for _, gain in gains) * 10) / 10 + 0.1:.1f}",
            unit=f" {words('个百分点').strip()}" if unit == "%" else unit,
        )
        if gains
        else words("新建站数与目标值")
    )
    proofs = tuple(words("已证明最优") if row["status"] == "proved" else words("未证明") for row in rows)
    return Chart(
        "plan-curve",
        title,
        "",
        provenance,
        "curve",
        tuple(map(str, values)),
        (
            replace(
                _series(words("目标值"), list(values.values()), unit, theme.DEEP, provenance, proofs),
                keys=tuple(("front", f"new:{count}") for count in values),
            ),
        ),
        unit=unit,
        positions=tuple(values),
        category_format="+{}",
        head=words("新建站数"),
        chosen=list(values).index(present) if present in values else None,
        room="box",
    )


def front(
    rows: Sequence[Mapping[str, Any]], aim: str, chosen: float | None, total: float, provenance: str, words: Words
) -> Chart:
    """Return coverage against another aim: a point for each plan of which none is better in both.

    Parameters
    ----------
    rows : sequence of mapping
        ``other`` (yuan, or the share of the worst zone, 0 to 1), ``objective`` (demand weight), ``status``, ``at`` (the
        condition that gives this plan).
    aim : str
        ``cost`` or ``zone`` of :data:`layers.siting.front.AIMS`.
    chosen : float or None
        The condition of the plan looked at.
    """
    zone = aim == "zone"
    values = [row["objective"] / (total or 1.0) * 100 for row in rows]
    spots = tuple(row["other"] * 100 if zone else row["other"] for row in rows)
    first, last = (0, -1) if not zone else (-1, 0)
    title = (
        words("最低的街道从 {low} 抬到 {high}，全部覆盖从 {most} 降到 {least}")
        if zone
        else words("费用从 {low} 到 {high} 元，覆盖从 {least} 到 {most}")
    ).format(
        low=f"{min(spots):.1f}%" if zone else f"{min(spots):,.0f}",
        high=f"{max(spots):.1f}%" if zone else f"{max(spots):,.0f}",
        least=f"{values[first]:.1f}%",
        most=f"{values[last]:.1f}%",
    )
    if zone:
        title = title if len(rows) > 1 else words("最低的街道与全部覆盖：只有一个方案")
    proofs = tuple(words("已证明最优") if row["status"] == "proved" else words("未证明") for row in rows)
    kind = "share" if zone else "budget"
    return Chart(
        "plan-front",
        title,
        words("点一个点，看那个方案。"),
        provenance,
        "curve",
        tuple(f"{one:.1f}" if zone else f"{one:.0f}" for one in spots),
        (
            replace(
                _series(words("覆盖（需求加权）"), values, "%", theme.DEEP, provenance, proofs),
                keys=tuple(("front", f"{kind}:{row['at']!r}") for row in rows),
            ),
        ),
        unit="%",
        positions=spots,
        category_format="{}%" if zone else "{} " + words("元"),
        head=words("最低的街道") if zone else words("费用（元）"),
        chosen=next((at for at, row in enumerate(rows) if row["at"] == chosen), None),
        room="box",
    )


def lorenz(got: Fairness | None, provenance: str, words: Words) -> Chart:
    """Return the Lorenz curves of the way to the nearest station before and after a plan.

    Without series where nobody can be told how far.
    """
    sides = ((got.before, words("之前"), theme.STATION), (got.after, words("之后"), theme.RED)) if got else ()
    before, after = (got.before.gini, got.after.gini) if got else (None, None)
    title = words("够到驿站的机会")
    if before is not None and after is not None:
        change = (
            words("更接近")
            if after < before - CLOSER
            else words("差距拉大")
            if after > before + CLOSER
            else words("差距不变")
        )
        title = words("步行远近{change}：基尼系数 {before} → {after}").format(
            change=change, before=f"{before:.2f}", after=f"{after:.2f}"
        )
    return Chart(
        "plan-lorenz",
        title,
        words("横轴：需求，走得最近的在前；纵轴：占全部步行路程。越近对角线越均等；蓝虚线为之前，红线为之后。")
        if got and got.before.lorenz is not None
        else "",
        provenance,
        "lorenz",
        tuple(f"{one:.0f}" for one in STEPS * 100),
        tuple(
            _series(name, (side.lorenz * 100).round(2).tolist(), "%", color, provenance)
            for side, name, color in sides
            if side.lorenz is not None
        ),
        unit="%",
        positions=tuple(map(float, STEPS * 100)),
        category_format="{}%",
        head=words("走得最近的需求"),
        listed_every=TENTHS,
        room="box",
    )


def _series(
    name: str,
    values: Sequence[float | None],
    unit: str,
    color: str,
    provenance: str,
    notes: tuple[str, ...] = (),
) -> Series:
    texts = tuple("—" if one is None else f"{one:,.6g}{unit}" for one in values)
    return Series(name, tuple(values), color, provenance, texts=texts, notes=notes)
