"""Streets under every map: by address, in the colours of each theme, in the state, and never without whose they are."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from dashboard import state
from dashboard.app import create_app
from dashboard.basemap import BaseMaps
from dashboard.commands.info import info
from dashboard.context import Context
from dashboard.maps import basemap, map_style
from dashboard.maps.overview import map_figure
from dashboard.maps.preview import preview_map
from dashboard.pages.overview import draw_map
from dashboard.settings import Settings, load_settings
from dashboard.source import AtlasSource
from dashboard.theme import tokens
from dashboard.words import Words
from geodata.errors import AtlasError
from geodata.osm.tiles import build
from geodata.store import open_store
from geodata.tileset import VECTOR, open_tileset
from layers.atlas import Atlas
from layers.filters import BASES, Filters
from tests import made_up_extract, own_tiles
from tests.geodata.test_tileset import LAYERS, MVT, PNG, mbtiles, write
from tests.grounded import stand_on

SIMING = Filters(place="350203")
TILE = (14, 13566, 7043)
CREDIT = "© OpenStreetMap contributors, ODbL"
DAY = "2026年11月20日"


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The base map of a made-up extract of 思明."""
    folder = tmp_path_factory.mktemp("ground")
    made_up_extract.write(folder / "siming.osm.pbf")
    build(folder / "siming.osm.pbf", folder / "basemap.pmtiles")
    return folder / "basemap.pmtiles"


@pytest.fixture(scope="module")
def home(atlas_home: Path, ground: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Path(shutil.copytree(atlas_home, tmp_path_factory.mktemp("grounded") / "home"))
    (made / "ground" / "abc").mkdir(parents=True)
    shutil.copy(ground, made / "ground" / "abc" / "basemap.pmtiles")
    stand_on(made, "abc")
    (made / "ground" / ".making-1").mkdir()
    (made / "ground" / ".making-1" / "basemap.pmtiles").write_bytes(b"half")
    return made


@pytest.fixture(scope="module")
def served(home: Path) -> tuple[Context, FlaskClient]:
    server = create_app(Settings(home=home)).server
    return server.extensions["atlas"], server.test_client()


def key_of(context: Context) -> str:
    found = context.base_maps.current()
    assert found is not None
    return found.tiles.key


def style_of(client: FlaskClient, context: Context, mode: str = "light", lang: str = "zh") -> dict[str, Any]:
    return client.get(f"/base/{key_of(context)}/{mode}.{lang}.json").get_json()


# -- the route --------------------------------------------------------------------


def test_a_tile_is_sent_as_it_is_kept_once_and_for_ever(served: tuple[Context, FlaskClient], ground: Path) -> None:
    context, client = served
    tiles, key = open_tileset(ground), key_of(context)
    at = TILE
    kept = tiles.tile(*at, as_kept=True)
    assert kept is not None
    path = f"/base/{key}/{at[0]}/{at[1]}/{at[2]}"
    packed = client.get(path, headers={"Accept-Encoding": "gzip, br"})
    assert (packed.status_code, packed.mimetype, packed.data) == (200, VECTOR, kept)
    assert (packed.headers["Content-Encoding"], packed.headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert packed.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    assert plain.data == gzip.decompress(kept) and "Content-Encoding" not in plain.headers
    again = client.get(path, headers={"If-None-Match": packed.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_no_tile_is_204_no_place_404_another_key_404(served: tuple[Context, FlaskClient]) -> None:
    context, client = served
    key = key_of(context)
    assert client.get(f"/base/{key}/14/0/0").status_code == 204
    outside = ("16/0/0", "14/16384/0", "14/0/16384", "2/0/0", "99999999999/1/1")
    assert {client.get(f"/base/{key}/{one}").status_code for one in outside} == {404}
    assert {client.get(f"/base/{one}/14/13566/7043").status_code for one in ("0" * 20, "..", "online")} == {404}
    assert {client.get(f"/base/{key}/{one}.json").status_code for one in ("light.fr", "neon.zh")} == {404}


def test_the_file_itself_is_sent_in_parts(served: tuple[Context, FlaskClient], ground: Path) -> None:
    context, client = served
    path = f"/base/{key_of(context)}.pmtiles"
    part = client.get(path, headers={"Range": "bytes=0-126"})
    assert (part.status_code, part.data) == (206, ground.read_bytes()[:127])
    assert part.headers["Content-Range"] == f"bytes 0-126/{ground.stat().st_size}"
    whole = client.get(path)
    assert whole.data == ground.read_bytes() and "immutable" in whole.headers["Cache-Control"]
    assert client.get(path, headers={"If-None-Match": whole.headers["ETag"]}).status_code == 304
    assert client.get(f"/base/{key_of(context)}.mbtiles").status_code == 404


def test_a_newer_ground_has_another_address_and_the_old_one_ends(
    atlas_home: Path, ground: Path, tmp_path: Path
) -> None:
    home = Path(shutil.copytree(atlas_home, tmp_path / "home"))
    server = create_app(Settings(home=home)).server
    context, client = server.extensions["atlas"], server.test_client()
    assert context.base_maps.current() is None
    (home / "ground" / "a").mkdir(parents=True)
    shutil.copy(ground, home / "ground" / "a" / "basemap.pmtiles")
    assert context.base_maps.current() is None  # nothing says that the atlas stands on it
    stand_on(home, "a")
    first = key_of(context)
    (home / "ground" / "b").mkdir()
    write(home / "ground" / "b" / "basemap.pmtiles", {(6, 0, 0): gzip.compress(MVT)}, LAYERS)
    batch = stand_on(home, "b")
    assert key_of(context) != first and client.get(f"/base/{first}/14/13566/7043").status_code == 404
    (home / "ground" / "b" / "basemap.pmtiles").write_bytes(b"broken")
    assert context.base_maps.current() is None  # told in the log
    open_store(home).undo(batch)
    assert key_of(context) == first
    assert client.get("/?place=350203").status_code == 200


# -- the style --------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["light", "dark", "print"])
def test_every_colour_is_one_of_the_theme(served: tuple[Context, FlaskClient], mode: str) -> None:
    style = style_of(served[1], served[0], mode)
    of_theme = {tokens.value(one, mode) for one in tokens.DRAWN}
    used = {value for layer in style["layers"] for key, value in layer["paint"].items() if key.endswith("color")}
    assert len(used) >= 6 and used <= of_theme
    assert mode != "dark" or not used & {light for light, dark in tokens.DRAWN.values() if light != dark}


def test_what_lies_above_what_is_in_the_style_of_the_atlas_and_names_ask_for_no_font(
    served: tuple[Context, FlaskClient],
) -> None:
    style = style_of(served[1], served[0])
    ids = [one["id"] for one in map_style.style(served[0].source.atlas(), "zh")["layers"]]
    above = [ids.index(one["metadata"]["above"]) for one in style["layers"]]
    assert above == sorted(above)
    names = [one for one in style["layers"] if one["type"] == "symbol"]
    assert names and all(one["layout"]["text-font"] == map_style.FONTS for one in names)
    # names lie below the marks, so that none covers a station
    assert all(ids.index(one["metadata"]["above"]) < ids.index(map_style.BELOW_POINTS) for one in names)
    assert "glyphs" not in style and "http" not in json.dumps(style)
    assert style["source"]["tiles"] == [f"/base/{key_of(served[0])}/{{z}}/{{x}}/{{y}}"]


def test_english_readers_get_english_names_where_there_are_some(served: tuple[Context, FlaskClient]) -> None:
    fields = {
        lang: {
            json.dumps(one["layout"]["text-field"])
            for one in style_of(served[1], served[0], lang=lang)["layers"]
            if one["type"] == "symbol"
        }
        for lang in ("zh", "en")
    }
    assert all(len(one) == 1 for one in fields.values())
    assert '"name_en"' in fields["en"].pop() and "en" not in fields["zh"].pop()


# -- the state --------------------------------------------------------------------


@given(st.sampled_from(BASES), st.sampled_from(["light", "dark"]))
def test_the_choice_is_part_of_the_address(base: str, mode: str) -> None:
    filters = SIMING.having(base=base, theme=mode)
    assert state.parse(state.write(filters)).filters == filters
    assert ("base=" in state.write(filters)) == (base != "auto")


def test_an_unknown_choice_is_told(served: tuple[Context, FlaskClient]) -> None:
    _, said = served[0].look("?place=350203&base=moon")
    assert said.filters.base == "auto" and "base=moon" in said.notices[0].text()


def test_streets_where_there_are_none_are_told(atlas_home: Path, served: tuple[Context, FlaskClient]) -> None:
    bare = create_app(Settings(home=atlas_home)).server.extensions["atlas"]
    _, said = bare.look("?place=350203&base=streets")
    assert said.filters.base == "auto" and "没有街道底图" in said.notices[0].text()
    assert served[0].look("?place=350203&base=streets")[1].notices == ()


def shown(context: Context, atlas: Atlas, filters: Filters, words: Words) -> dict[str, Any]:
    figure = map_figure(atlas, filters, words)
    return basemap.over(figure, context, filters, words)["layout"]["meta"].get("base")


def test_streets_are_there_unasked_where_they_cover_what_is_shown(
    served: tuple[Context, FlaskClient], atlas: Atlas, words: Words
) -> None:
    context, _ = served
    on = {place: bool(shown(context, atlas, Filters(place=place), words)["style"]) for place in PLACES}
    assert on == PLACES
    assert shown(context, atlas, Filters(base="streets"), words)["style"]
    assert not shown(context, atlas, SIMING.having(base="paper"), words)["style"]
    paper = basemap.over(map_figure(atlas, SIMING, words), context, SIMING.having(base="paper"), words)
    assert paper["data"] == map_figure(atlas, SIMING, words)["data"]


PLACES = {"350203": True, "100000": False, "640200": False}


def test_data_stay_what_they_are_and_areas_let_the_streets_through(
    served: tuple[Context, FlaskClient], atlas: Atlas, words: Words
) -> None:
    plain = map_figure(atlas, SIMING, words)
    laid = basemap.over(plain, served[0], SIMING, words)
    assert [one["name"] for one in laid["data"]] == [one["name"] for one in plain["data"]]
    changed = {a["name"] for a, b in zip(laid["data"], plain["data"], strict=True) if a != b}
    assert changed == {"areas", "cells"}
    for after, before in zip(laid["data"], plain["data"], strict=True):
        if after["name"] in changed:
            assert after["marker"]["opacity"] < before["marker"]["opacity"]
            assert {k: v for k, v in after.items() if k not in ("marker", "selected", "unselected")} == {
                k: v for k, v in before.items() if k not in ("marker", "selected", "unselected")
            }
    assert laid["layout"]["map"] == plain["layout"]["map"]


def test_without_a_base_map_nothing_changes_at_all(atlas_home: Path, atlas: Atlas, words: Words) -> None:
    bare = create_app(Settings(home=atlas_home)).server.extensions["atlas"]
    figure = map_figure(atlas, SIMING, words)
    assert basemap.over(figure, bare, SIMING, words) is figure


# -- whose it is ------------------------------------------------------------------


def test_every_map_and_export_says_whose_the_streets_are_and_of_which_day(
    served: tuple[Context, FlaskClient],
) -> None:
    context, client = served
    spec, _ = draw_map(context, {"query": "?place=350203", "view": None, "notices": []})
    pages = {
        "overview": json.dumps(spec, ensure_ascii=False),
        "sheet": client.get("/sheet/map?query=place%3D350203&theme=light").text,
        "embedded": client.get("/sheet/map?query=place%3D350203&theme=dark").text,
        "stories": client.get("/stories?story=S7&place=350203").text,
        "picture": client.get("/map.svg?place=350203").text,
        "brief": client.get("/sheet?query=place%3D350203").text,
    }
    assert {name for name, text in pages.items() if f"{CREDIT} · {DAY}" not in text} <= {"stories"}
    assert CREDIT not in client.get("/map.svg?place=350203&base=paper").text
    english = client.get("/map.svg?place=350203&lang=en").text
    assert CREDIT in english and DAY not in english


def test_a_preview_lies_on_streets_where_its_rows_are(served: tuple[Context, FlaskClient], words: Words) -> None:
    context, _ = served
    for lon, on in ((118.1, True), (106.3, False)):
        spots = preview_map(context.source.atlas(), words, [lon], [24.46], ["一处"], [])
        base = basemap.over(spots, context, Filters(), words, kept=False)["layout"]["meta"]["base"]
        assert bool(base["style"]) == bool(base["said"]) == on
        # the choice is of the browser alone: it has what it needs to lay streets again
        assert not on or base["local"] == {"style": base["style"], "credit": base["credit"]}


def test_the_picture_draws_the_streets_of_the_tiles(served: tuple[Context, FlaskClient]) -> None:
    _, client = served
    streets, paper = (client.get(f"/map.svg?place=350203&base={one}").text for one in ("streets", "paper"))
    main = basemap.MAIN
    assert re.findall(rf'stroke="{main}" stroke-width="[\d.]+"', streets) and main not in paper
    dark = client.get("/map.svg?place=350203&theme=dark").text
    assert tokens.value("base-main", "dark") in dark and main not in dark


# -- a union's own file -----------------------------------------------------------


def own(tmp_path: Path, *layers: str, **more: Any) -> Path:
    held = {"vector_layers": [{"id": one, "fields": {}} for one in layers], "attribution": "<b>某图</b> GS(2024)1号"}
    return write(tmp_path / "own.pmtiles", {(6, 53, 27): gzip.compress(MVT)}, held | more)


@pytest.mark.parametrize(
    ("schema", "layers"),
    [
        ("shortbread", ("ocean", "water_polygons", "streets", "street_labels", "buildings")),
        ("openmaptiles", ("water", "transportation", "transportation_name", "building", "place")),
        ("protomaps", ("earth", "water", "roads", "buildings", "places")),
    ],
)
def test_the_schema_of_an_own_file_is_known_by_its_layers(
    atlas_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, schema: str, layers: tuple[str, ...]
) -> None:
    monkeypatch.setenv("ATLAS_HOME", str(atlas_home))
    monkeypatch.setenv("ATLAS_BASEMAP", str(own(tmp_path, *layers)))
    server = create_app(load_settings()).server
    context, client = server.extensions["atlas"], server.test_client()
    style = style_of(client, context)
    assert {one["source-layer"] for one in style["layers"]} >= set(layers[1:3]) & {"streets", "transportation", "roads"}
    told = info(AtlasSource(atlas_home), base_maps=BaseMaps.of(load_settings(), AtlasSource(atlas_home)))["basemap"]
    assert (told["schema"], told["credit"], told["day"]) == (schema, "某图 GS(2024)1号", None)


@pytest.mark.parametrize("ending", ["pmtiles", "mbtiles"])
@pytest.mark.parametrize("schema", ["openmaptiles", "protomaps"])
def test_a_file_as_its_makers_lay_it_out_is_taken(
    atlas_home: Path, tmp_path: Path, atlas: Atlas, words: Words, schema: str, ending: str
) -> None:
    path = own_tiles.write(tmp_path / f"own.{ending}", schema)
    server = create_app(Settings(home=atlas_home, basemap=path)).server
    context, client = server.extensions["atlas"], server.test_client()
    found = context.base_maps.current()
    assert (found.schema, found.credit) == (schema, own_tiles.CREDIT)
    layers = {one["source-layer"] for one in style_of(client, context)["layers"]}
    assert layers <= set(found.tiles.layers), "every layer of the style is one of the file"
    base = basemap.over(map_figure(atlas, SIMING, words), context, SIMING.having(base="streets"), words)
    assert base["layout"]["meta"]["base"]["credit"] == own_tiles.CREDIT
    assert client.get(f"/base/{key_of(context)}/{'/'.join(map(str, TILE))}").status_code == 200


def test_roads_that_our_style_would_not_find_are_refused(atlas_home: Path, tmp_path: Path) -> None:
    fields = {"vector_layers": [{"id": "roads", "fields": {"pmap:kind": "String"}}]}
    with pytest.raises(AtlasError, match="pmap:kind"):
        create_app(Settings(home=atlas_home, basemap=own(tmp_path, "roads", **fields)))


def test_pictures_of_an_own_file_lie_under_the_map_and_our_sea_gives_way(
    atlas_home: Path, tmp_path: Path, atlas: Atlas, words: Words
) -> None:
    path = mbtiles(tmp_path / "a.mbtiles", {(3, 6, 3): PNG}, format="png", bounds="117,23,119,26", attribution="某图")
    server = create_app(Settings(home=atlas_home, basemap=path)).server
    context, client = server.extensions["atlas"], server.test_client()
    style = style_of(client, context)
    assert [one["type"] for one in style["layers"]] == ["raster"] and style["source"]["type"] == "raster"
    assert "sea" in style["hides"]
    assert "sea" in basemap.over(map_figure(atlas, SIMING, words), context, SIMING, words)["layout"]["meta"]["off"]
    tile = client.get(f"/base/{key_of(context)}/3/6/3")
    assert (tile.mimetype, tile.data) == ("image/png", PNG)


@pytest.mark.parametrize(
    ("layers", "more", "word"),
    [
        (("a", "b"), {}, "Shortbread"),
        (("streets",), {"attribution": ""}, "ATLAS_BASEMAP_ATTRIBUTION"),
        (("streets",), {"attribution": "<script>"}, "ATLAS_BASEMAP_ATTRIBUTION"),
    ],
)
def test_an_own_file_that_cannot_be_used_is_told_at_the_start_and_by_info(
    atlas_home: Path, tmp_path: Path, layers: tuple[str, ...], more: dict[str, Any], word: str
) -> None:
    settings = Settings(home=atlas_home, basemap=own(tmp_path, *layers, **more))
    for use in (
        lambda: create_app(settings),
        lambda: info(AtlasSource(atlas_home), None, BaseMaps.of(settings, AtlasSource(atlas_home))),
    ):
        with pytest.raises(AtlasError) as error:
            use()
        assert word in error.value.text()
    if "attribution" in more:
        named = Settings(home=atlas_home, basemap=settings.basemap, basemap_attribution="某图 GS(2024)1号")
        found = BaseMaps.of(named, AtlasSource(atlas_home)).current()
        assert found is not None and found.credit == "某图 GS(2024)1号"


def test_a_broken_tile_is_not_served(atlas_home: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "own.pmtiles", {(6, 53, 27): gzip.compress(MVT), (6, 53, 28): b"<html>"}, LAYERS)
    server = create_app(Settings(home=atlas_home, basemap=path)).server
    key, client = key_of(server.extensions["atlas"]), server.test_client()
    assert client.get(f"/base/{key}/6/53/27").status_code == 200
    broken = client.get(f"/base/{key}/6/53/28")
    assert (broken.status_code, broken.data) == (502, b"")
