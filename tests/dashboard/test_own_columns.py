"""Columns that no field takes: seen where a row is seen;
what is personal is seen by the keeper alone, and goes out only when asked for.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from plotly.io.json import to_json_plotly

from dashboard.__main__ import main
from dashboard.components.values import change_list, shown
from dashboard.maps.overview import map_figure
from dashboard.pages.data import form
from dashboard.source import AtlasSource
from geodata.schema import TABLES
from layers import rows
from layers.filters import Filters
from layers.search import Index

LEDGER = (
    "编号,名称,区县,经度,纬度,联系电话,负责人,备注,值守\n"
    "A1,甲站,思明区,118.0945,24.4712,0592-5551234,张三丰,含换电柜,李四 13800000000\n"
)
SECRET = ("0592-5551234", "张三丰", "13800000000")
HERE = Filters(place="350203")


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, dict]:
    code = main([*map(str, arguments), "--json"])
    said = capsys.readouterr()
    return code, json.loads(said.out) if said.out else {}


def page_text(part: Any) -> str:
    """Return what a part of a page holds as text that can be searched."""
    return json.dumps(json.loads(to_json_plotly(part)), ensure_ascii=False)


def test_own_columns_are_shown_and_personal_ones_to_the_keeper_alone(own_home, tmp_path, monkeypatch, capsys, words):
    monkeypatch.setenv("ATLAS_HOME", str(own_home))
    (tmp_path / "s.csv").write_text(LEDGER, "utf-8")
    code, checked = run(capsys, "check", tmp_path / "s.csv", "--table", "stations", "--crs", "wgs84")
    assert code == 0 and set(checked["own_fields"]) == {"联系电话", "负责人", "备注", "值守"}
    assert set(checked["personal_fields"]) == {"联系电话", "负责人", "值守"}
    code, _ = run(capsys, "import", tmp_path / "s.csv", "--table", "stations", "--crs", "wgs84", "--author", "甲")
    assert code == 0
    source = AtlasSource(own_home)
    atlas = source.atlas()

    drawn = page_text(map_figure(atlas, HERE, words, None, (118.0, 24.4, 118.2, 24.6), 15.0))
    assert "含换电柜" in drawn and not any(one in drawn for one in SECRET)
    assert len(rows.select(atlas, "stations", HERE, "含换电柜")) == 1
    assert not any(len(rows.select(atlas, "stations", HERE, one)) for one in SECRET)
    index = Index.of(atlas)
    assert "甲站" in str(index.find("甲站")) and not any("甲站" in str(index.find(one)) for one in SECRET)

    row = rows.record(atlas.exact, "stations", "A1")
    schema = TABLES["stations"]
    seen, kept = (shown(schema, "own", row["own"], words, keeper) for keeper in (False, True))
    assert "含换电柜" in seen and not any(one in seen for one in SECRET) and all(one in kept for one in SECRET)
    seen, kept = (page_text(form.fields("stations", row, atlas.version, words, keeper)) for keeper in (False, True))
    assert "含换电柜" in seen and not any(one in seen for one in SECRET) and all(one in kept for one in SECRET)

    changes = source.store().changes(source.store().history()[0].batch_id).to_dict("records")
    changed = [one | {"what": "changed", "before": one["after"] | {"own": None}} for one in changes if one["after"]]
    assert not any(one in page_text(change_list(changed, words, 10)) for one in SECRET)

    for more, there in (((), False), (("--personal",), True)):
        out = tmp_path / "out.csv"
        assert run(capsys, "export", "--table", "stations", "--format", "csv", "--out", out, *more)[0] == 0
        text = out.read_text("utf-8-sig")
        assert "含换电柜" in text and all((one in text) == there for one in SECRET)
