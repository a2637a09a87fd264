"""The data date follows what is loaded: on the page, in /healthz, for inspections; an undo takes it back."""

from __future__ import annotations

import json
import shutil
from datetime import date, timedelta

from dashboard.__main__ import main
from dashboard.as_of import today
from dashboard.components.illustrative import illustrative_text
from dashboard.locale import load_words
from dashboard.server.health import health
from dashboard.source import AtlasSource
from dashboard.words import Words
from geodata.store import FILE_NAME
from layers import stations
from layers.filters import Filters


def test_it_moves_with_an_import_and_back_with_its_undo(atlas_home, tmp_path, monkeypatch, capsys):
    shutil.copyfile(atlas_home / FILE_NAME, tmp_path / FILE_NAME)
    monkeypatch.setenv("ATLAS_HOME", str(tmp_path))
    inspected = today() - timedelta(days=1)
    (tmp_path / "s.csv").write_text(
        f"站点名称,县区,经度,纬度,开放时间,最近巡检日期\n甲站,350203,118.0945,24.4712,全天,{inspected}\n"
        f"乙站,350203,118.0955,24.4722,全天,{inspected - timedelta(days=100)}\n",
        "utf-8",
    )
    source, words = AtlasSource(tmp_path), load_words()
    assert health(source)["data_date"] == "2024-10-31"
    assert main(["import", str(tmp_path / "s.csv"), "--table", "stations", "--crs", "wgs84", "--json"]) == 0
    batch = json.loads(capsys.readouterr().out)["batch_id"]
    atlas = source.atlas()
    assert health(source)["data_date"] == inspected.isoformat()
    chinese = Words("zh", words["zh"])
    assert chinese.date(inspected) in illustrative_text(atlas, Filters(), chinese)
    rows = stations.select(atlas, Filters(place="350203", inspected_days=30))
    assert rows[rows["effective"]]["name"].tolist() == ["甲站"]  # counted back from the day of these rows
    assert source.at(today() - timedelta(days=2)).data_date == date(2024, 10, 31)
    assert main(["undo", batch]) == 0 and health(source)["data_date"] == "2024-10-31"
