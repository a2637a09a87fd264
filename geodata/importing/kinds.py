"""What an import checks of kinds of activity, and of the fields that they have of their own."""

from __future__ import annotations

from typing import Any

import numpy as np

from geodata import colours
from geodata.errors import N_
from geodata.importing.ground import Ground
from geodata.importing.headers import known_headers, simple
from geodata.importing.report import Problem, shown
from geodata.importing.rows import Rows
from geodata.kinds import TABLE, Kind, folded
from geodata.own_fields import PREFIX, OwnField, as_text, fits, parse, values_of
from geodata.schema import OWN

__all__ = ["TABLE", "agree", "complete", "gather", "own_headers", "titles"]
MAX_KINDS = 100  # in one file: a legend is read by people
ALIKE = {
    "everybody": N_("“{name}”的颜色 {colour} 与“{other}”的 {its} 太接近，分不开：建议 {mended}。"),
    "protan": N_("“{name}”的颜色 {colour} 与“{other}”的 {its} 在红色盲看来分不开：建议 {mended}。"),
    "deutan": N_("“{name}”的颜色 {colour} 与“{other}”的 {its} 在绿色盲看来分不开：建议 {mended}。"),
    "tritan": N_("“{name}”的颜色 {colour} 与“{other}”的 {its} 在蓝色盲看来分不开：建议 {mended}。"),
}


def titles(table: str, ground: Ground) -> dict[str, str]:
    """Return column → header of the own fields that files of `table` may have."""
    return {field.column.name: label for label, field in ground.kinds.fields.items()} if table == "activities" else {}


def own_headers(table: str, ground: Ground) -> dict[str, str]:
    """Return header → column of the own fields that files of `table` may have, by both their names."""
    if table != "activities":
        return {}
    fields = ground.kinds.fields.values()
    return {
        said: field.column.name
        for field in fields
        for said in (field.label_en, field.label, f"{field.label}({field.unit})")
    }


def gather(rows: Rows) -> None:
    """Put the cells of own fields together as one value a row; refuse one that the row's kind does not have."""
    held = rows.values.setdefault(OWN, [None] * len(rows))
    held += [None] * (len(rows) - len(held))
    codes = rows.values.get("kind", [None] * len(rows))
    known = rows.ground.kinds.fields
    columns = {name: values for name, values in rows.values.items() if name.removeprefix(PREFIX) in known}
    columns = {name: values for name, values in columns.items() if name.startswith(PREFIX)}
    if not columns and not any(held) and not any(one.unit for one in rows.ground.kinds):
        return
    counted = rows.values.get("participants")
    units = rows.values.setdefault("participants_unit", [None] * len(rows)) if counted else []
    units += [None] * (len(rows) - len(units)) if counted else []
    for at, code in enumerate(codes):
        kind = rows.ground.kinds.get(code) if code else None
        said = {name: values[at] for name, values in columns.items() if values[at] is not None}
        kept = values_of(held[at])
        if kind is None:  # an error of its own says so
            continue
        for label, value in kept.items():
            field = kind.field(label)
            if label not in known:  # a field of the file's own: any row may have it
                continue
            if field is None or not fits(field, value):
                _refuse_field(rows, at, OWN, kind, label, value)
        for name, value in said.items():
            field = kind.field(name.removeprefix(PREFIX))
            if field is None:
                _refuse_field(rows, at, name, kind, name.removeprefix(PREFIX), value)
            else:
                kept[field.label] = _plain(field, value)
        held[at] = as_text(kept)
        if kind.unit and counted and units[at] is None and counted[at] is not None:
            units[at] = kind.unit


def _refuse_field(rows: Rows, at: int, column: str, kind: Kind, label: str, value: Any) -> None:
    rows.refuse(
        at,
        Problem(
            N_("“{kind}”没有项目“{label}”，或它的类型不同：请清空这一格；要加这个项目，请在表“活动类别”里给它加上。"),
            {"kind": kind.zh, "label": label},
            **rows.where(at, column),
            value=shown(value),
            expected_msgid=N_("{names} 之一"),
            expected_params={"names": "、".join(one.label for one in kind.fields) or "—"},
            code="own",
        ),
    )


def _plain(field: OwnField, value: Any) -> Any:
    if field.dtype == "int":
        return int(value)
    return value.isoformat() if field.dtype == "date" else value


def complete(rows: Rows) -> None:
    """Give kinds without a colour one that stands apart,
    those without an icon the usual one, and a place at the end.
    """
    if len(rows) > MAX_KINDS:
        rows.wrong.update(range(len(rows)))
        rows.report.error(
            Problem(
                N_("一个文件里最多 {limit} 个活动类别，这里有 {count} 行：请分开，或合并相近的类别。"),
                {"limit": MAX_KINDS, "count": len(rows)},
                code="kind",
            )
        )
        return
    there = rows.ground.kinds
    taken = [one.colour for one in there]
    held = rows.values.setdefault("colour", [None] * len(rows))
    held += [None] * (len(rows) - len(held))
    for at, colour in enumerate(held):
        if colour is None and at not in rows.wrong:
            held[at] = colours.proposed([*taken, *filter(None, held)])
            rows.report.warn(
                Problem(
                    N_("没有写颜色，已选 {colour}：它在浅底和深底上都看得清，与别的类别分得开。"),
                    {"colour": held[at]},
                    **rows.where(at, "colour"),
                    code="filled",
                )
            )
    codes = rows.values.get("kind", [None] * len(rows))
    places = rows.values.setdefault("position", [None] * len(rows))
    places += [None] * (len(rows) - len(places))
    old = rows.ground.table(TABLE).set_index("kind")["position"]
    last = int(np.nan_to_num(old.max())) if len(old) else 0
    for at, place in enumerate(places):
        if place is None:
            known = old.get(codes[at]) if codes[at] else None
            last += 0 if known == known and known is not None else 1
            places[at] = int(known) if known == known and known is not None else last


def agree(rows: Rows) -> None:
    """Refuse kinds of one name, fields that files could not tell apart
    or that activities have filled in; warn of colours.
    """
    codes, names = rows.values.get("kind", []), rows.values.get("name", [])
    incoming = {code for code in codes if code}
    others = [one for one in rows.ground.kinds if one.kind not in incoming]
    named = {folded(said): one.kind for one in others for said in (one.zh, one.en, one.kind)}
    fields = {field.label: (field, one.zh) for one in others for field in one.fields}
    used = _used(rows.ground)
    colour_of = [(one.colour, one.zh) for one in others]
    for at, code in enumerate(codes):
        if at in rows.wrong or code is None:
            continue
        name = str(names[at])
        if named.setdefault(folded(name), code) != code:
            _refuse(
                rows,
                at,
                "name",
                N_("已经有名为“{name}”的活动类别（{kind}）：请换一个名称，或用它的代码修改它。"),
                name=name,
                kind=named[folded(name)],
            )
        own = {field.label: field for field in parse((rows.values.get("fields") or [None] * len(rows))[at] or "")}
        for label, field in own.items():
            first, whose = fields.setdefault(label, (field, name))
            if simple(label) in known_headers("activities") or simple(field.label_en) in known_headers("activities"):
                _refuse(rows, at, "fields", N_("项目“{label}”与活动表已有的列同名：请换一个名称。"), label=label)
            elif (first.dtype, first.unit) != (field.dtype, field.unit):
                _refuse(
                    rows,
                    at,
                    "fields",
                    N_("项目“{label}”在“{other}”里是另一种类型或单位：请写成一样的，或换一个名称。"),
                    label=label,
                    other=whose,
                )
        for label, (count, values) in used.get(code, {}).items():
            if label not in own or not all(fits(own[label], value) for value in values):
                _refuse(
                    rows,
                    at,
                    "fields",
                    N_("已有 {count} 项活动填了“{label}”：请保留这个项目和它的类型。"),
                    count=count,
                    label=label,
                )
        _colour(rows, at, name, rows.values["colour"][at], colour_of)
        colour_of.append((rows.values["colour"][at], name))


def _refuse(rows: Rows, at: int, column: str, msgid: str, **params: Any) -> None:
    cells = rows.values.get(column)
    value = shown(cells[at]) if cells else None
    rows.refuse(at, Problem(msgid, params, **rows.where(at, column), value=value, code="kind"))


def _used(ground: Ground) -> dict[str, dict[str, tuple[int, list[Any]]]]:
    """Return kind → label → how many activities fill it in, and their values."""
    there, found = ground.table("activities"), {}
    given = there[there[OWN].notna()] if OWN in there else there.iloc[:0]
    for kind, text in zip(given["kind"], given.get(OWN, ()), strict=True):
        for label, value in values_of(text).items():
            held = found.setdefault(kind, {}).setdefault(label, [])
            held.append(value)
    return {kind: {label: (len(values), values) for label, values in fields.items()} for kind, fields in found.items()}


def _colour(rows: Rows, at: int, name: str, colour: str | None, others: list[tuple[str, str]]) -> None:
    if colour is None:
        return
    mended = None
    if (faint := colours.faint_on(colour)) is not None:
        mended = colours.proposed([one for one, _ in others])
        where, ratio = faint
        rows.report.warn(
            Problem(
                N_(
                    "“{name}”的颜色 {colour} 在底色 {ground} 上看不清（对比 {ratio}，"
                    "应不低于 {least}）：建议 {mended}。"
                ),
                {
                    "name": name,
                    "colour": colour,
                    "ground": where,
                    "ratio": f"{ratio:.1f}",
                    "least": f"{colours.LEAST_CONTRAST:.0f}",
                    "mended": mended,
                },
                **rows.where(at, "colour"),
                value=colour,
                code="contrast",
            )
        )
    near = colours.nearest(colour, [one for one, _ in others])
    if near is not None and near[2] < colours.LEAST_APART:
        rows.report.warn(
            Problem(
                ALIKE[near[1]],
                {
                    "name": name,
                    "colour": colour,
                    "other": others[near[0]][1],
                    "its": others[near[0]][0],
                    "mended": mended or colours.proposed([one for one, _ in others]),
                },
                **rows.where(at, "colour"),
                value=colour,
                code="alike",
            )
        )
