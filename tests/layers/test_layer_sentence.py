"""The leader's sentence: every number in it is cited, every clause says where it is from."""

import re

import pytest
from hypothesis import given
from test_layer_properties import ANY, choices

from layers.filters import Filters
from layers.sentence import MARKS, SHARES, sentence

NUMBER = re.compile(r"\d[\d,.\-]*%?")


def numbers(text):
    return [one.rstrip(".,-") for one in NUMBER.findall(text)]


@ANY
@given(filters=choices())
def test_each_number_said_is_cited_and_what_is_made_up_is_called_so(small, filters):
    said = sentence(small, filters)
    for clause in said.clauses:
        text = clause.text(str, "zh")
        for _, name in clause.names.items():
            text = text.replace(name[0], "")
        cited = [number for one in clause.figures.values() for number in numbers(one.zh)]
        assert set(numbers(text)) <= set(cited)
        counted = {one.provenance for one in clause.figures.values()} - {None}
        assert all(one.source_ids for one in clause.figures.values() if one.provenance)
        if counted:
            # the mark ends the clause;
            # where a share follows, it stands before it, right behind the number that it is of
            before, share, behind = text.partition("，占 " if "，占 " in text else "，为岗位的 ")
            assert before.endswith(MARKS[clause.provenance]) and behind.endswith(
                SHARES[clause.provenance] if share else ""
            )
            assert not share or clause.figures["share"].provenance in {"derived", "illustrative", "mixed"}
        if counted & {"illustrative", "mixed"}:
            assert "示意" in text
        if {one.provenance for name, one in clause.figures.items() if name != "share"} - {"reported", None}:
            assert clause.provenance != "reported"
    assert set(said.source_ids) == {source for one in said.figures for source in one.source_ids}
    assert "2024年10月31日" in said.text()


@pytest.mark.parametrize(
    ("choice", "parts"),
    [
        (
            {"place": "640200"},
            [
                "石嘴山市",
                "产改网格 27 个（报道）",
                "421 家企业中 377 家已强化“产改”举措（报道），占 89.5%（未加权，推算）；",
            ],
        ),
        ({"grid": "G2"}, ["10 家企业中 5 家已强化“产改”举措（示意），占 50.0%（未加权，由示意推算）"]),
        ({"place": "350203"}, ["工会驿站 28 个（报道）", "22 时可用", "加权，全部"]),
        ({"place": "210900"}, ["岗位 3,854 个，达成意向 136 人（报道），为岗位的 3.5%（未加权，推算）"]),
        ({"place": "110101"}, ["东城区：所选条件下没有可说的数字"]),
    ],
)
def test_what_is_said_of_a_place(small, choice, parts):
    text = sentence(small, Filters(**choice)).text()
    for part in parts:
        assert part in text


def test_the_night_at_siming_is_counted_by_hand(small):
    # of S1–S4 (open, placed): at 22 S1 and S4 serve (S3 needs an app, S2 has closed); S5 is closed, S7 has no point
    clause = sentence(small, Filters(place="350203")).clauses[2]
    assert {name: one.value for name, one in clause.figures.items() if name in ("total", "serving", "hour")} == {
        "total": 4,
        "serving": 2,
        "hour": 22,
    }
    rider = sentence(small, Filters(place="350203", worker_group="rider")).clauses[2]
    assert "骑手" in rider.text(str, "zh") or "外卖" in rider.text(str, "zh")
