"""A made presentation as a reader of PowerPoint meets it."""

from __future__ import annotations

import io
from collections.abc import Iterator

import zxingcpp
from PIL import Image
from pptx import Presentation
from pptx.presentation import Presentation as Deck
from pptx.slide import Slide


def opened(content: bytes) -> Deck:
    return Presentation(io.BytesIO(content))


def texts(slide: Slide) -> dict[str, str]:
    """Return name of each shape with text → its text; tables by row."""
    found = {}
    for shape in slide.shapes:
        if shape.has_text_frame:
            found[role(slide, shape)] = shape.text_frame.text
        elif getattr(shape, "has_table", False) and shape.has_table:
            found[role(slide, shape)] = "\n".join(cell.text for row in shape.table.rows for cell in row.cells)
    return found


def role(slide: Slide, shape: object) -> str:
    """Return the name in the layout of the placeholder that a shape fills, else its own."""
    if getattr(shape, "is_placeholder", False):
        index = shape.placeholder_format.idx
        return next(
            (one.name for one in slide.slide_layout.placeholders if one.placeholder_format.idx == index), shape.name
        )
    return shape.name


def sheets(slide: Slide) -> dict[str, dict[str, list]]:
    """Return name of each native chart → its data: categories, and each series."""
    return {
        shape.name: {
            "categories": [str(one) for one in shape.chart.plots[0].categories],
            **{one.name: list(one.values) for one in shape.chart.plots[0].series},
        }
        for shape in slide.shapes
        if shape.has_chart
    }


def pictures(slide: Slide) -> dict[str, Image.Image]:
    return {shape.name: Image.open(io.BytesIO(shape.image.blob)) for shape in slide.shapes if hasattr(shape, "image")}


def code(slide: Slide) -> str:
    """Return what the QR code of a slide says."""
    return zxingcpp.read_barcode(pictures(slide)["qr"].convert("RGB")).text


def boxes(slide: Slide) -> Iterator[tuple[str, int, int, int, int]]:
    for shape in slide.shapes:
        yield role(slide, shape), shape.left, shape.top, shape.left + shape.width, shape.top + shape.height
