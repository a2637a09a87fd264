"""The form of one row: filled in by a person, checked by the rules of an import, kept as a batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboard.components.kind_options import kind_options
from dashboard.components.values import title
from dashboard.context import Context
from dashboard.pages.data import names
from dashboard.words import Words
from geodata.errors import N_, AtlasError
from geodata.importing.check import Checked, check_record
from geodata.importing.hours import NotHours, to_hours
from geodata.importing.values import vocabulary
from geodata.in_parts import whole
from geodata.merging import merge
from geodata.own_fields import PREFIX, OwnField, values_of
from geodata.personal import is_personal
from geodata.schema import OWN, TABLES, Column, TableSchema
from geodata.store.batch import Batch
from layers import rows

LEFT_OUT = ("batch_id", "opening_hours_text", OWN)  # the text as written follows from what is written
EDITED = "EDIT"  # joins the sources of a row that was changed by hand: it says no longer just what they say
TOLD_ELSEWHERE = ("filled",)  # what the form shows as empty and the check fills is no surprise
CRS = "crs"
FROM = ("provenance", "source_id", "valid_from", "valid_to")


def fields(table: str, row: Mapping[str, Any] | None, version: str, words: Words, keeper: bool = False) -> list:
    """Return the form of `row`, or of a new one (None), on the atlas of `version`;
    with what is personal for who keeps the data.
    """
    schema = TABLES[table]
    listed = [one for one in schema.columns if one.name not in LEFT_OUT]
    key = "" if row is None else str(row[schema.key])
    parts = [_field(schema, one, row, words) for one in listed if one.name not in FROM]
    typed = _own(table, row, words)
    parts += [_own_field(one, row, words) for one in typed]
    parts += _free_fields(row, {one.label for one in typed}, keeper, words)
    if schema.geometry == "point":
        parts.append(_place(row, words))
    elif schema.geometry:
        parts.append(
            html.P(words("图形不能在这里改：请导入 GeoJSON、GeoPackage 或 Shapefile。"), className="data-hint")
        )
    parts.append(
        html.Div(
            [
                html.H3(words("数据从哪里来"), className="rail-title"),
                *(_field(schema, one, row, words) for one in listed if one.name in FROM),
            ],
            className="form-group",
        )
    )
    if row is None and schema.geometry not in (None, "point"):
        return [
            html.P(
                words("这张表的每一行都有图形，不能在这里新增：请导入 GeoJSON、GeoPackage 或 Shapefile。"),
                className="data-hint",
            )
        ]
    return [
        html.Div(parts, className="form"),
        html.Div(id=names.numbered("data-told", "form"), className="form-told"),
        html.Div(
            [
                html.Button(
                    words("核对并保存"),
                    id=names.numbered("data-save", f"{version}||{key}"),
                    className="button button-chief",
                    type="button",
                )
            ],
            className="data-buttons",
        ),
    ]


def _own(table: str, row: Mapping[str, Any] | None, words: Words) -> list[OwnField]:
    """Return the own fields that the form has: those of the row's kind, of a new row those of every kind."""
    if table != "activities":
        return []
    kinds = words.activity_kinds()
    kind = None if row is None else kinds.get(row["kind"])
    return list(kinds.fields.values() if row is None else kind.fields if kind else ())


def _free_fields(row: Mapping[str, Any] | None, typed: set[str], keeper: bool, words: Words) -> list:
    """Return the fields that the row alone has: columns of its file that no field of the table takes."""
    held = {} if row is None else values_of(row.get(OWN))
    return [
        dmc.TextInput(
            id=names.numbered("data-field", PREFIX + label),
            label=label,
            description=words("个人信息，只给维护数据的人看") if is_personal(label, value) else words("自有项目"),
            value=_text(value),
            size="xs",
        )
        for label, value in held.items()
        if label not in typed and (keeper or not is_personal(label, value))
    ]


def _own_field(field: OwnField, row: Mapping[str, Any] | None, words: Words) -> Any:
    value = None if row is None else values_of(row[OWN]).get(field.label)
    whose = words.listed(
        (one.zh if words.lang == "zh" else one.en) for one in words.activity_kinds() if one.field(field.label)
    )
    about: dict[str, Any] = {
        "id": names.numbered("data-field", PREFIX + field.label),
        "label": field.label if words.lang == "zh" else field.label_en,
        "description": whose,
        "size": "xs",
    }
    if field.dtype == "bool":
        return dmc.Select(
            data=[{"value": "true", "label": words("是")}, {"value": "false", "label": words("否")}],
            value=None if value is None else "true" if value else "false",
            clearable=True,
            **about,
        )
    return dmc.TextInput(
        value=_text(value),
        rightSection=field.unit or None,
        placeholder="2024-05-25" if field.dtype == "date" else "",
        **about,
    )


def _text(value: Any) -> str:
    if value is None:
        return ""
    if hasattr(value, "strftime"):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, float):
        return repr(float(value)).removesuffix(".0")
    return str(value)


def _field(schema: TableSchema, column: Column, row: Mapping[str, Any] | None, words: Words) -> Any:
    value = None if row is None else row[column.name]
    key = column.name == schema.key
    about: dict[str, Any] = {
        "id": names.numbered("data-field", column.name),
        "label": title(schema, column.name, words),
        "size": "xs",
        "withAsterisk": not column.nullable and not key and column.name != "source_id",
    }
    unit = words.codes("unit").get(column.unit, "")
    vocab = vocabulary(schema.name, column.name)
    if (schema.name, column.name) == ("activities", "kind"):
        return dmc.Select(
            **kind_options(words),
            value=value,
            clearable=False,
            searchable=True,
            nothingFoundMessage=words("没有匹配的选项"),
            **about,
        )
    if column.dtype == "bool":
        return dmc.Select(
            data=[{"value": "true", "label": words("是")}, {"value": "false", "label": words("否")}],
            value=None if value is None else "true" if value else "false",
            clearable=column.nullable,
            **about,
        )
    if vocab:
        options = [{"value": code, "label": name} for code, name in words.codes(vocab).items()]
        if column.dtype == "set":
            return dmc.MultiSelect(
                data=options,
                value=str(value).split(";") if value else [],
                searchable=True,
                clearable=True,
                nothingFoundMessage=words("没有匹配的选项"),
                **about,
            )
        if value is None and column.name == "provenance":
            value = "reported"
        return dmc.Select(
            data=options,
            value=value,
            clearable=column.nullable,
            searchable=True,
            nothingFoundMessage=words("没有匹配的选项"),
            **about,
        )
    hint = {"date": "2024-05-25"}.get(column.dtype, "")
    if column.name == "opening_hours":
        hint = words("全天、8:00-22:00、周一至周五 9:00-18:00")
    elif column.name == "adcode":
        hint = words("六位代码或名称；有坐标可不填")
    elif key:
        hint = words("不填则自动编号")
    elif schema.name == "kinds":
        hint = {
            "colour": "#RRGGBB",
            "icon": "book",
            "fields": words("赠书册数=Books given:整数:册；主讲人=Speaker"),
        }.get(column.name, "")
    text = _text(value)
    if column.name == "opening_hours":
        written = None if row is None else row.get("opening_hours_text")
        text = written or (hours_text(value, words) if value else "")
    return dmc.TextInput(
        value=text,
        placeholder=hint,
        disabled=key and row is not None,
        rightSection=unit or None,
        rightSectionWidth=60 if unit else None,
        **about,
    )


def hours_text(value: str, words: Words) -> str:
    """Return opening hours as people write them, where that reads back as the very same; else as they are kept."""
    said = words.hours(value)
    try:
        return said if to_hours(said) == value else value
    except NotHours:
        return value


def _place(row: Mapping[str, Any] | None, words: Words) -> html.Div:
    lon, lat = (None, None) if row is None else (row["lon"], row["lat"])
    systems = [
        {"value": "wgs84", "label": words("GPS、天地图（WGS-84）")},
        {"value": "gcj02", "label": words("高德、腾讯（GCJ-02）")},
        {"value": "bd09", "label": words("百度（BD-09）")},
        {"value": "cgcs2000", "label": "CGCS2000"},
    ]
    return html.Div(
        [
            html.H3(words("位置"), className="rail-title"),
            html.Div(
                [
                    dmc.TextInput(
                        id=names.numbered("data-field", "lon"), label=words("经度"), value=_text(lon), size="xs"
                    ),
                    dmc.TextInput(
                        id=names.numbered("data-field", "lat"), label=words("纬度"), value=_text(lat), size="xs"
                    ),
                    # what the atlas holds is WGS-84; of what a person brings nobody knows until they say so
                    dmc.Select(
                        id=names.numbered("data-field", CRS),
                        label=words("坐标系"),
                        data=systems,
                        value=None if row is None or lon is None else "wgs84",
                        size="xs",
                        placeholder=words("请选择"),
                    ),
                ],
                className="form-place",
            ),
        ],
        className="form-group",
    )


def save(
    context: Context,
    table: str,
    key: str | None,
    filled: Mapping[str, Any],
    author: str,
    version: str,
    sure: bool,
    words: Words,
) -> tuple[Any, Batch | None]:
    """Check a row and keep it.

    Returns
    -------
    told : component or None
        What is wrong, or what to look at before saving it all the same.
    batch : Batch or None
        What was kept; None: nothing was.

    Raises
    ------
    AtlasError
        When the row or the atlas has changed meanwhile.
    """
    checked = check(context, table, key, filled, words)
    warnings = [one for one in checked.report.warnings if one.code not in TOLD_ELSEWHERE]
    if checked.report.errors:
        return refused(
            *(
                words.titled(one.column, one.text(words.gettext)) if one.column else one.text(words.gettext)
                for one in checked.report.errors
            )
        ), None
    if warnings and not sure:
        return html.Div(
            [
                html.Ul([html.Li(one.text(words.gettext)) for one in warnings], className="form-warnings"),
                html.Button(
                    words("仍然保存"),
                    id=names.numbered("data-save", f"{version}|sure|{key or ''}"),
                    className="button",
                    type="button",
                ),
            ],
            role="alert",
        ), None
    store = context.source.store()
    if key is not None and not _changed(context, table, key, checked):
        return html.P(words("没有改动，不必保存。"), className="data-hint"), None
    if key is None and whole(checked.frame)[TABLES[table].key].iloc[0] in context.source.atlas().rows_by(
        table, TABLES[table].key
    ):
        raise AtlasError(
            N_("编号 {key} 已经有了：请换一个，或在列表里修改那一行。"),
            key=whole(checked.frame)[TABLES[table].key].iloc[0],
        )
    batch = store.apply(
        table, checked.frame, author=author, file=checked.file_name, crs=checked.report.crs, seen=version, retire=False
    )
    return None, batch


def check(context: Context, table: str, key: str | None, filled: Mapping[str, Any], words: Words) -> Checked:
    """Check a row as it was filled in, by the rules of an import."""
    schema, atlas = TABLES[table], context.source.atlas().exact
    row = rows.record(atlas, table, key) if key is not None else None
    if key is not None and row is None:
        raise AtlasError(N_("这一行已经不在图册里：请刷新后再试。"))
    values = {one.name: _said(filled.get(one.name)) for one in schema.columns if one.name not in LEFT_OUT}
    titles = {name: title(schema, name, words) for name in (*values, "lon", "lat")}
    values |= {name: _said(value) for name, value in filled.items() if name.startswith(PREFIX)}
    shape, crs = None, None
    if row is not None:
        values[schema.key] = key
        shape = row.get("geometry")
    if schema.geometry == "point":
        lon, lat, crs = _said(filled.get("lon")), _said(filled.get("lat")), filled.get(CRS) or None
        if row is None or (lon, lat) != (_text(row["lon"]) or None, _text(row["lat"]) or None) or crs != "wgs84":
            shape, values = None, values | {"lon": lon, "lat": lat}
            if schema.name == "demand":
                values["cell"] = None  # follows from the place
        else:
            crs = None
    name = words("网页修改") if row is not None else words("网页新增")
    if row is None and not values["source_id"]:
        values["source_id"] = EDITED
    checked = check_record(values, table, context.source.store(), crs, shape=shape, titles=titles, name=name)
    if row is not None and len(checked.frame) and _changed(context, table, key or "", checked):
        frame = whole(checked.frame)
        said = frame["source_id"].iloc[0]
        frame["source_id"] = [";".join(dict.fromkeys([*str(said).split(";"), EDITED]))]
    return checked


def _said(value: Any) -> str | None:
    if isinstance(value, list):
        return ";".join(map(str, value)) or None
    return None if value is None or not str(value).strip() else str(value)


def _changed(context: Context, table: str, key: str, checked: Checked) -> bool:
    """Return whether the checked row says anything else than the atlas does."""
    atlas = context.source.atlas().exact
    at = atlas.rows_by(table, TABLES[table].key)[key]
    return bool(len(merge(table, atlas.table(table).iloc[[at]], checked.frame, retire=False).changed))


def refused(*said: str) -> html.Ul:
    """Return what is wrong, for people."""
    return html.Ul([html.Li(one) for one in said], className="form-errors", role="alert")
