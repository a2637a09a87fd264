"""A scenario as a workbook, a GeoPackage or GeoJSON: sites with their reasons, figures, and everything they rest on."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from dashboard import theme
from dashboard.planning_questions import sentence
from dashboard.scenario_in_words import demand_name, kind_names
from dashboard.words import Words
from geodata.errors import N_, AtlasError
from geodata.exporting.text_tables import neutral
from geodata.store.gpkg import GPKG_VERSION
from layers.filters import NETWORK
from layers.siting.answer import Answer, Figures
from layers.siting.ask import ATTENDANCE, Ask
from layers.siting.fairness import Fairness
from layers.siting.mark import MARK
from layers.siting.scenario import FILTER_FIELDS, LATER, Scenario

#: Name of a sheet, heads of its columns, its rows.
_Table = tuple[str, list[str], Sequence[Sequence[Any]]]
FORMATS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "gpkg": "application/geopackage+sqlite3",
    "geojson": "application/geo+json",
}


def sites_frame(one: Scenario, words: Words) -> gpd.GeoDataFrame:
    """Return the sites of a scenario.

    Returns
    -------
    GeoDataFrame
        EPSG:4326. ``number`` (1: missed most), ``site_id``, ``name``, ``lon``, ``lat``, ``why`` (text), ``exclusive``,
        ``newly``, ``reached`` (demand weight), ``nearest``, ``nearest_m``, ``cost_yuan``, ``forced``, ``provenance``
        (derived), ``source_id`` (names the scenario), ``date``.
    """
    answer = _answer(one)
    rows = []
    for site in answer.sites:
        message, params = site.why(answer.after.weight_of)
        rows.append(
            {
                "number": site.number,
                "site_id": site.site_id,
                "name": site.name,
                "lon": site.lon,
                "lat": site.lat,
                "why": (words("在{road}边。").format(road=site.road) if site.road else "")
                + words(message).format(**params),
                "exclusive": site.exclusive,
                "newly": site.newly,
                "reached": site.reached,
                "nearest": site.nearest,
                "nearest_m": site.nearest_m,
                "cost_yuan": site.cost,
                "forced": site.forced,
                **({"stage": site.stage} if site.stage else {}),
                **({} if site.stays is None else {"stays": site.stays}),
                **({} if site.load is None else {"load": site.load}),
                "provenance": "derived",
                "source_id": MARK + one.scenario_id,
                "date": one.created.isoformat(),
            }
        )
    columns = [
        "number",
        "site_id",
        "name",
        "lon",
        "lat",
        "why",
        "exclusive",
        "newly",
        "reached",
        "nearest",
        "nearest_m",
        "cost_yuan",
        "forced",
        *(name for name in ("stage", "stays", "load") if rows and name in rows[0]),
        "provenance",
        "source_id",
        "date",
    ]
    frame = pd.DataFrame(rows, columns=columns)
    return gpd.GeoDataFrame(frame, geometry=shapely.points(frame[["lon", "lat"]].to_numpy("float64")), crs=4326)


def assumptions(one: Scenario, input_names: Mapping[str, str], input_text: Any, words: Words) -> list[tuple[str, str]]:
    """Return what the figures rest on, as name and text; inputs that are made up say so."""
    if one.inputs is None:
        raise _nothing(one)
    rows = [
        (words("方案"), one.name),
        (words("编号"), one.scenario_id),
        (words("作者"), one.author),
        (words("日期"), one.created.isoformat()),
        (words("选择的理由"), one.note),
        (words("数据版本"), one.inputs.data_version),
        (words("数字的来源"), words.provenance(one.provenance)),
        (words("出处编号"), ";".join(one.source_ids)),
        (
            words("说明"),
            words(
                "需求由 OpenStreetMap 兴趣点推算（© OpenStreetMap contributors, ODbL）；"
                "距离沿 OpenStreetMap 路网量出，不是实测步行路线。"
            )
            if one.inputs.filters.way == NETWORK
            else words(
                "需求由 OpenStreetMap 兴趣点推算（© OpenStreetMap contributors, ODbL）；"
                "距离为直线 × 绕行系数，不是实测步行路线。"
            ),
        ),
    ]
    if one.provenance in ("illustrative", "mixed"):
        rows.append((words("警示"), words("输入含示意数据（为演示而编），结果不能当作报道或实测引用。")))
    if one.answer is not None:
        rows.append((words("一句话"), sentence(one.answer, one.inputs.ask, words)))
    if one.answer is not None and (note := one.answer.unplaced.note()):
        rows.append((words("未计入"), note.text(words.gettext)))
    for name, label in input_names.items():
        if name == "basis":
            continue
        holder = one.inputs.filters if name in FILTER_FIELDS else one.inputs.ask
        if name in LATER and getattr(holder, name) == getattr(Ask(), name):
            continue
        rows.append((label, input_text(name, getattr(holder, name), words)))
    return rows


def _of(figures: Figures, name: str) -> float | None:
    return getattr(figures, name) if name in ("share", "cell_share") else figures.known(name)


def figure_rows(answer: Answer, words: Words, got: Fairness | None = None) -> list[tuple[str, Any, Any, str]]:
    """Return the figures: name, before, after, what they are of; with `got` also how the stations are shared."""
    whole = words("需求权重 {all} 中").format(all=words.number(answer.after.weight_of, 1))

    def both(
        name: str, field: str, of: str, before: Figures = answer.before, after: Figures = answer.after
    ) -> tuple[str, Any, Any, str]:
        return name, _of(before, field), _of(after, field), of

    shared = (
        []
        if got is None
        else [
            (
                words("可达性（2SFCA）的基尼系数"),
                got.before.access_gini,
                got.after.access_gini,
                words("0 为人人分到一样多"),
            ),
            (words("分不到驿站的需求（2SFCA）"), got.before.without, got.after.without, whole),
        ]
    )
    return [
        both(words("覆盖的需求权重"), "weight", whole),
        both(words("覆盖率（需求加权）"), "share", whole),
        both(
            words("覆盖率（未加权，按格）"),
            "cell_share",
            words("{all} 格中").format(all=words.number(answer.after.cells_of)),
        ),
        both(words("至少两站可达的需求权重"), "twice", whole),
        both(words("夜间（22–6 时）有效覆盖"), "share", whole, answer.night_before, answer.night_after),
        both(words("平均步行（米）"), "mean_m", words("需求加权")),
        both(words("步行距离的基尼系数"), "gini", words("0 为人人一样远")),
        *shared,
        *(
            []
            if answer.served is None
            else [(words("容量内服务得下的需求权重"), answer.served_before, answer.served, whole)]
        ),
        *(
            []
            if answer.expected is None
            else [(words("预计到场的需求权重"), answer.expected_before, answer.expected, whole)]
        ),
        (words("目标值"), None, answer.objective, answer.status),
        (words("上下界"), None, answer.bound, ""),
        (words("距最优最多"), None, answer.gap, words("0 为已证明最优")),
        (words("费用（元）"), None, answer.cost, ""),
    ]


def exported(
    one: Scenario, fmt: str, input_names: Mapping[str, str], input_text: Any, words: Words, got: Fairness | None = None
) -> bytes:
    """Return the scenario as a file.

    Parameters
    ----------
    got : Fairness or None
        How ways and stations are shared, of the data that the scenario was made from; None when those are gone.

    Raises
    ------
    AtlasError
        It has no answer, or there is no such format.
    """
    if fmt not in FORMATS:
        raise AtlasError(N_("没有格式 {got}：请用 {expected} 之一。"), got=fmt, expected=", ".join(FORMATS))
    sites, rests = sites_frame(one, words), assumptions(one, input_names, input_text, words)
    if fmt == "geojson":
        told = json.loads(sites.to_json(drop_id=True))
        told["metadata"] = dict(rests) | {
            **{name: frame.to_dict("records") for name, frame in _others(_answer(one)).items()},
            "figures": [
                dict(zip(("name", "before", "after", "of"), row, strict=True))
                for row in figure_rows(_answer(one), words, got)
            ],
        }
        return json.dumps(told, ensure_ascii=False, allow_nan=False).encode()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"scenario.{fmt}"
        (_xlsx if fmt == "xlsx" else _gpkg)(path, one, sites, rests, words, got)
        return path.read_bytes()


def _others(answer: Answer) -> dict[str, pd.DataFrame]:
    """Return the stations that change and the zones, as tables, those that the answer has."""
    found = {"changes": answer.changes, "zones": answer.zones, "stages": answer.stages, "demands": answer.demands}
    return {name: pd.DataFrame([asdict(one) for one in rows]) for name, rows in found.items() if rows}


def _answer(one: Scenario) -> Answer:
    if one.answer is None:
        raise _nothing(one)
    return one.answer


def _nothing(one: Scenario) -> AtlasError:
    return one.trouble or AtlasError(N_("方案“{name}”没有点位，不能导出：请先求解。"), name=one.name)


def _gpkg(
    path: Path, one: Scenario, sites: gpd.GeoDataFrame, rests: list[tuple[str, str]], words: Words, got: Fairness | None
) -> None:
    options: dict[str, Any] = {"driver": "GPKG", "dataset_options": {"VERSION": GPKG_VERSION}}
    pyogrio.write_dataframe(sites, path, layer="sites", geometry_type="Point", **options)
    tables = {
        "assumptions": pd.DataFrame(rests, columns=["name", "value"]),
        "figures": pd.DataFrame(
            [
                (name, _number(before), _number(after), of)
                for name, before, after, of in figure_rows(_answer(one), words, got)
            ],
            columns=["name", "before", "after", "of"],
        ).astype({"before": "float64", "after": "float64"}),
        "uncovered": pd.DataFrame(list(_answer(one).uncovered), columns=["cell", "weight"]).astype(
            {"cell": "str", "weight": "float64"}
        ),
        **_others(_answer(one)),
        "access": pd.DataFrame(_access_rows(got), columns=["cell", "weight", "before", "after"]),
    }
    for name, frame in tables.items():
        if len(frame):
            pyogrio.write_dataframe(frame, path, layer=name, driver="GPKG", append=True)


def _access_rows(got: Fairness | None) -> list[list[Any]]:
    if got is None:
        return []
    sides = [
        [None] * len(got.cells) if side.access is None else side.access.tolist() for side in (got.before, got.after)
    ]
    return [list(row) for row in zip(got.cells, got.weight.tolist(), *sides, strict=True)]


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _xlsx(
    path: Path, one: Scenario, sites: gpd.GeoDataFrame, rests: list[tuple[str, str]], words: Words, got: Fairness | None
) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(
        str(path), {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    try:
        bold = book.add_format({"bold": True, "bg_color": theme.LAND, "bottom": 1})
        expected = one.inputs is not None and one.inputs.ask.question == ATTENDANCE
        load = words("预计到场") if expected else words("服务")
        heads = {
            "number": words("站号"),
            "site_id": words("编号"),
            "name": words("位置"),
            "lon": words("经度"),
            "lat": words("纬度"),
            "why": words("为什么"),
            "exclusive": words("只有它覆盖"),
            "newly": words("新覆盖"),
            "reached": words("半径内需求"),
            "nearest": words("最近的另一站"),
            "nearest_m": words("相距（米）"),
            "cost_yuan": words("费用（元）"),
            "forced": words("必选"),
            **{
                name: label
                for name, label in (("stage", words("第几期")), ("stays", words("仍入选")), ("load", load))
                if name in sites
            },
            "provenance": words("数据来源"),
            "source_id": words("出处编号"),
            "date": words("日期"),
        }
        plain = pd.DataFrame(sites.drop(columns="geometry"))
        plain["provenance"] = [words.provenance(code) for code in plain["provenance"]]
        answer, kinds, proved = _answer(one), kind_names(words), {True: words("是"), False: words("否")}
        told: list[_Table] = [
            (words("点位"), list(heads.values()), plain[list(heads)].to_numpy(dtype=object).tolist()),
            (
                words("数字"),
                [words("名称"), words("之前"), words("之后"), words("口径")],
                figure_rows(answer, words, got),
            ),
        ]
        # of what the question asks
        own: list[_Table] = [
            (
                words("现有站的变动"),
                [words("编号"), words("名称"), words("经度"), words("纬度"), words("怎么变"), words("只有它覆盖")],
                [
                    (each.station_id, each.name, each.lon, each.lat, kinds[each.kind], each.weight)
                    for each in answer.changes
                ],
            ),
            (
                words("街道片区"),
                [words("街道片区"), words("需求权重"), words("之前"), words("之后")],
                [(each.name, each.weight, each.before, each.after) for each in answer.zones],
            ),
            (
                words("分期"),
                [words("第几期"), words("新建"), words("之后的覆盖"), words("单独求的最优"), words("已证明最优")],
                [
                    (at, each.new, each.weight, each.free, proved[each.proved])
                    for at, each in enumerate(answer.stages, 1)
                ],
            ),
            (
                words("几种需求"),
                [words("需求"), words("需求权重"), words("之前"), words("之后"), words("只顾它"), words("已证明最优")],
                [
                    (
                        demand_name(each.name, words),
                        each.weight,
                        each.before,
                        each.share,
                        each.best,
                        proved[each.proved],
                    )
                    for each in answer.demands
                ],
            ),
        ]
        rest: list[_Table] = [
            (words("假设"), [words("名称"), words("内容")], rests),
            (words("仍未覆盖"), [words("六边形编号"), words("需求权重")], answer.uncovered),
        ]
        access: _Table = (
            words("可达性"),
            [
                words("六边形编号"),
                words("需求权重"),
                words("之前：每千需求权重的驿站数（2SFCA）"),
                words("之后：每千需求权重的驿站数（2SFCA）"),
            ],
            _access_rows(got),
        )
        for name, columns, rows in (
            *told,
            *(table for table in own if table[-1]),
            *rest,
            *(() if got is None else (access,)),
        ):
            _sheet(book, bold, name, columns, rows)
    finally:
        book.close()


def _sheet(book: Any, bold: Any, name: str, heads: list[str], rows: Sequence[Sequence[Any]]) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, max(len(heads) - 1, 0), 18)
    for at, head in enumerate(heads):
        sheet.write_string(0, at, head, bold)
    for number, row in enumerate(rows, 1):
        for at, value in enumerate(row):
            if value is None or (isinstance(value, float) and value != value):
                continue
            if isinstance(value, bool) or not isinstance(value, int | float):
                sheet.write_string(number, at, str(neutral(str(value))))
            else:
                sheet.write_number(number, at, value)
