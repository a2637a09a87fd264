"""One box finds everything by Chinese, pinyin, initials, a mix, English or code, and its work is bounded."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.codes import shipped_rows
from geodata.names import syllables
from layers.search import MOST_COMPARED, MOST_FOUND, MOST_HITS, MOST_INSIDE, MOST_WORDS, Entry, Index

WORST = MOST_COMPARED + 16 * MOST_HITS + MOST_INSIDE + (MOST_WORDS + 1) * MOST_HITS


@pytest.fixture(scope="module")
def index(atlas_home) -> Index:
    from geodata.store import open_store
    from layers.atlas import Atlas

    return Index.of(Atlas.load(open_store(atlas_home)))


@pytest.fixture(scope="module")
def alike() -> Index:
    """Twenty thousand names that all answer to the same letters: the worst there is."""
    return Index(
        Entry("station", f"N{at}", f"工会驿站工会驿站{at}", "", "350203", f"N{at}", 13) for at in range(20_000)
    )


def first(index: Index, text: str) -> tuple[str, str]:
    found = index.find(text).hits
    assert found, text
    return found[0].entry.kind, found[0].entry.name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("大武口", "大武口区"),
        ("dawukou", "大武口区"),
        ("dwk", "大武口区"),
        ("石zs", "石嘴山市"),
        ("石嘴s", "石嘴山市"),
        ("640202", "大武口区"),
        ("Dawukou", "大武口区"),
        ("DWKQ", "大武口区"),
        ("ｄｗｋ", "大武口区"),
        ("chaoyangshi", "朝阳市"),
        ("zhangzi", "长子县"),
        ("fanshi", "繁峙县"),
        ("长春", "长春市"),
        ("hhht", "呼和浩特市"),
        ("hu he hao te", "呼和浩特市"),
        ("呼h浩te", "呼和浩特市"),
    ],
)
def test_a_place_is_found_by_any_of_its_spellings(index, text, name):
    assert first(index, text) == ("place", name)


def test_siming_is_found_by_half_a_reading(index):
    assert "思明区" in [hit.entry.name for hit in index.find("sming").hits]
    assert first(index, "smq") == ("place", "思明区")


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("思明 驿站", "station", "示意驿站 01（厦港）"),
        ("siming 驿站", "station", "示意驿站 01（厦港）"),
        ("厦门思明", "place", "思明区"),
        ("石嘴山市大武口区", "place", "大武口区"),
        ("大武口 升技提薪", "grid", "机械加工·升技提薪网格"),
        ("南京 快递", "story", "南京：快递员技能竞赛"),
        ("nanjing kuaidi", "story", "南京：快递员技能竞赛"),
        ("阜新招聘会", "fair", "辽西地区促进就业创业首场招聘会"),
        ("思明區", "place", "思明区"),
        ("廈門", "place", "厦门市"),
        ("微心願", "kind", "微心愿"),
        ("思名区", "place", "思明区"),
    ],
)
def test_words_are_found_together_in_a_place_or_by_their_sound(index, text, kind, name):
    assert first(index, text) == (kind, name)


def test_a_reported_number_finds_its_fact(index):
    for fact in shipped_rows("reported_facts.csv"):
        if fact["value"] in ("3854", "5004", "404", "960"):
            hit = index.find(fact["value"]).hits[0]
            assert (
                (hit.entry.kind, hit.entry.key)
                == ("fact", fact["id"])
                == (lambda one: (one.kind, one.key))(index.find(f"{int(fact['value']):,}").hits[0].entry)
            )
    assert {hit.entry.key for hit in index.find("F08").hits} == {f"F08{at}" for at in range(10)}


@pytest.mark.parametrize(
    "text",
    ["a b c", "' OR 1=1 --", "[a-z]+", ".*", "%", "_", "\\", "<script>", "x" * 200, "石" * 200, "思明 不存在的东西"],
)
def test_what_names_nothing_finds_nothing(index, text):
    assert index.find(text).hits == ()


def test_every_kind_of_thing_is_found(index):
    found = {}
    for entry in index.entries:
        found.setdefault(entry.kind, entry)
    assert {"place", "region", "zone", "grid", "station", "fair", "activity", "enterprise", "story", "fact"} <= set(
        found
    )
    for kind, entry in found.items():
        hits = index.find(entry.name).hits
        assert any(hit.entry.kind == kind and hit.how == 0 for hit in hits), entry
    assert first(index, "F032")[0] == "fact"


def test_exact_goes_before_begins_so_before_holds(index):
    hows = [hit.how for hit in index.find("朝阳").hits]
    assert hows == sorted(hows) and len(hows) <= MOST_FOUND


def test_the_worst_letters_take_bounded_work(alike):
    for text in (
        "工会驿站",
        "站",
        "gonghuiyizhan",
        "ghyz",
        "g会y站",
        "工h驿z",
        "s" * 40,
        "yi" * 20,
        "工会 驿站",
        "驿站 no such",
        "公会驿站公会",
        "gonghuigh",
        "1",
        "n1",
    ):
        found = alike.find(text)
        assert found.examined <= WORST and len(found.hits) <= MOST_FOUND


@settings(max_examples=120)
@given(st.text(max_size=300) | st.text(alphabet="smingzh工会驿站'\n\x00 %_\\", max_size=80))
def test_anything_at_all_may_be_typed(alike, text):
    found = alike.find(text)
    assert len(found.hits) <= MOST_FOUND and found.examined <= WORST


def test_names_read_sign_by_sign_are_read_as_a_whole_would_be(index):
    from pypinyin import lazy_pinyin

    listed = {row["word"][0] for row in shipped_rows("place_readings.csv")}
    names = [one for one in dict.fromkeys(entry.name for entry in index.entries) if listed.isdisjoint(one)]
    assert len(names) > 2_000
    assert syllables(names) == [lazy_pinyin(name, errors=list) for name in names]
