"""English names of regions and grids: by the words that they are made of, others by pinyin."""

from __future__ import annotations

import re

from geodata.names import english_units
from layers.atlas import Atlas


def test_parts_by_their_words_and_others_by_pinyin() -> None:
    assert english_units(["机械加工区域", "溜山·文化赋能网格", "河滨产改区域", "Block 7", "网格"]) == [
        "Machining",
        "Liushan · Culture",
        "Hebin",
        "Block 7",
        "Wangge",
    ]


def test_no_region_and_no_grid_of_the_atlas_is_left_in_chinese_and_none_is_called_as_another(shipped: Atlas) -> None:
    for frame in (shipped.regions, shipped.grids):
        assert not [one for one in frame["name_en"] if re.search("[\u4e00-\u9fff]", one)]
        assert frame["name_en"].nunique() == frame["name"].nunique() == len(frame)
