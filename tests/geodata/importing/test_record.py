"""One row filled in by hand, by the rules of a file; and what an import would change, said beforehand."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geodata.errors import AtlasError
from geodata.importing.check import check_record
from geodata.importing.effect import effect
from geodata.merging import merge
from geodata.schema import TABLES
from geodata.store.images import as_stored

GOOD = {
    "name": "白鹭洲驿站",
    "lon": "118.0945",
    "lat": "24.4712",
    "opening_hours": "8:00-22:00",
    "adcode": "思明区",
    "area_m2": "约35",
}


def as_file(values: dict[str, str]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([list(values), list(values.values())])
    return out.getvalue()


def told(problems) -> set[tuple]:
    return {(one.msgid, one.value, one.code, tuple(map(str, one.params.values()))) for one in problems}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"opening_hours": "随便"},
        {"area_m2": "很大"},
        {"name": ""},
        {"adcode": "不存在县"},
        {"status": "半开"},
        {"opened_on": "去年"},
        {"facilities": "饮用水、飞毯"},
        {"name": "=1+1"},
        {"last_inspected": "2020-01-01", "opened_on": "2024-01-01"},
        {"lon": "119.5"},
    ],
)
def test_a_row_is_judged_as_a_file_of_one_row(store, checked, change):
    values = GOOD | change
    by_hand, by_file = (
        check_record(values, "stations", store, "gcj02", name="f.csv"),
        checked(as_file(values), crs="gcj02"),
    )
    assert told(by_hand.report.errors) == told(by_file.report.errors)
    assert told(by_hand.report.warnings) == told(by_file.report.warnings)
    assert by_hand.report.ok == (len(by_hand.frame) == 1)
    pd.testing.assert_frame_equal(pd.DataFrame(by_hand.frame), pd.DataFrame(by_file.frame))


def test_half_a_coordinate_is_an_error_of_who_fills_in_a_row_and_costs_a_row_of_a_file_its_position(store, checked):
    values = GOOD | {"lat": ""}
    by_hand, by_file = (
        check_record(values, "stations", store, "gcj02", name="f.csv"),
        checked(as_file(values), crs="gcj02"),
    )
    (problem,) = by_hand.report.errors
    assert problem.code == "position" and len(by_hand.frame) == 0
    assert by_file.report.errors == [] and by_file.report.unplaced == 1
    assert problem.msgid in {one.msgid for one in by_file.report.warnings}


@pytest.mark.parametrize("table", [name for name in TABLES if name not in ("scenarios", "candidates")])
def test_every_row_of_the_atlas_is_good_as_it_is(store, tables, table):
    schema, frame = TABLES[table], tables[table].iloc[:: max(1, len(tables[table]) // 4)].head(5)
    stored = as_stored(schema, frame)
    for at in range(len(frame)):
        values = {
            column.name: None if pd.isna(stored[column.name].iloc[at]) else str(stored[column.name].iloc[at])
            for column in schema.columns
            if column.name != "batch_id"
        }
        again = check_record(values, table, store, shape=frame.geometry.iloc[at] if schema.geometry else None)
        assert again.report.errors == []
        assert len(merge(table, frame.iloc[[at]], again.frame, retire=False).unchanged) == 1


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_names_of_a_form_never_mean_another_column(store, table, lang):
    titles = {column.name: getattr(column, lang) for column in TABLES[table].columns}
    assert len(set(titles.values())) == len(titles)
    found = check_record(dict.fromkeys(titles, "?"), table, store, "wgs84", titles=titles)
    assert found.report.headers == {said: name for name, said in titles.items()}


def test_the_question_of_the_coordinate_system_is_asked(store):
    assert [one.code for one in check_record(GOOD, "stations", store).report.errors] == ["crs"]
    without = check_record({"name": "某驿站", "adcode": "350203"}, "stations", store)
    assert without.report.ok and without.frame.geometry.isna().all()


def test_what_is_no_column_or_table_is_refused(store):
    with pytest.raises(AtlasError, match="没有列"):
        check_record({"colour": "red"}, "stations", store)
    with pytest.raises(AtlasError, match="没有表"):
        check_record({}, "nothing", store)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from(
            [column.name for column in TABLES["stations"].columns if column.name != "batch_id"] + ["lon", "lat"]
        ),
        st.text(max_size=30),
        max_size=12,
    )
)
def test_whatever_is_typed_gets_an_answer(store, values):
    found = check_record(values, "stations", store, "wgs84")
    assert found.report.ok == (found.report.accepted == 1) or not any(cell.strip() for cell in values.values())
    assert all(one.text() for one in found.report.errors)


def test_every_header_of_a_file_is_listed_with_what_it_means(checked):
    report = checked("说明文字\n站点名称,啥,经度,纬度\n甲,1,118.1,24.47\n").report
    assert report.headers == {"站点名称": "name", "啥": "own.啥", "经度": "lon", "纬度": "lat"}
    unknown = checked("甲,乙\n1,2\n").report
    assert unknown.headers == {"甲": None, "乙": None} and not unknown.ok
    assert checked("甲,乙,丙\n某驿站,118.1,24.47\n", mapping={"甲": "name", "乙": "lon", "丙": "lat"}).report.ok


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ("stations", "驿站编号,站点名称,经度,纬度\nA1,某驿站,118.0945,24.4712\nSM-S01,示意驿站改名,118.09,24.45\n"),
        (
            "grids",
            "网格编号,区域编号,县区代码,网格名称,特色,产改任务,企业数,强化产改举措企业数,职工数,四员队伍人数,图形\n"
            'G-NEW,{region},640205,新网格,党建引领,建功立业,3,1,90,4,"POLYGON ((106.7 39.2, '
            '106.8 39.2, 106.8 39.3, 106.7 39.2))"\n',
        ),
    ],
)
def test_the_effect_said_beforehand_is_what_applying_does(own, checked, tables, table, text):
    region = tables["regions"].loc[tables["regions"]["adcode"] == "640205", "region_id"].iloc[0]
    found = checked(text.replace("{region}", region), table)
    assert found.report.ok, found.report.errors
    said = effect(own, table, found.frame)
    batch = own.apply(table, found.frame, author="甲", seen=said.version)
    done = own.changes(batch.batch_id)
    assert (said.added, said.changed, said.unchanged, sum(said.retired.values())) == (
        batch.added,
        batch.changed,
        batch.unchanged,
        batch.retired,
    )
    assert said.retired == done[done["what"] == "retired"]["table"].value_counts().to_dict()
    kept = {(one.table, one.key): one for one in done.itertuples()}
    listed = {(one["table"], one["key"]): one for one in said.changes}
    assert set(listed) <= set(kept) and (len(listed) == len(kept) or len(said.changes) == 300)
    for where, one in listed.items():
        assert one["what"] == kept[where].what
        before, after = (
            ({} if row is None else {name: value for name, value in row.items() if name != "batch_id"})
            for row in (one["before"], one["after"])
        )
        assert before == {name: value for name, value in (kept[where].before or {}).items() if name != "batch_id"}
        if table != "grids":  # a polygon becomes a multipolygon in the store
            assert after == {name: value for name, value in (kept[where].after or {}).items() if name != "batch_id"}
