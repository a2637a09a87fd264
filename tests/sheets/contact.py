"""Contact sheets: the views of a page side by side in one small picture."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
from PIL import Image, ImageDraw

from tests.sheets.views import FACES, LANGUAGES, WINDOWS, View

HIGH = 330  # px of a view on the sheet
GAP, HEAD = 8, 18
SCREENS = 3  # of a phone, and sheets of paper, side by side
QUALITY = 62
BACK, INK = (226, 229, 233), (40, 50, 60)


@dataclass(frozen=True)
class Shot:
    """A view and its pictures: PNG of the window, or on paper one PDF."""

    view: View
    taken: list[bytes]

    def pictures(self) -> list[Image.Image]:
        """Return the pictures, each :data:`HIGH` pixels high."""
        if self.view.face == "print":
            pages = [
                page.render(scale=1).to_pil()
                for one in self.taken
                for page in list(pypdfium2.PdfDocument(one))[:SCREENS]
            ]
        else:
            pages = [Image.open(io.BytesIO(one)) for one in self.taken[:SCREENS]]
        return [
            page.convert("RGB").resize((round(page.width * HIGH / page.height), HIGH), Image.Resampling.LANCZOS)
            for page in pages
        ]


def sheet(folder: Path, path: str, shots: list[Shot]) -> Path:
    """Write the contact sheet of the page at `path`: a row a face and language, a column a width of the window."""
    known = {(one.view.face, one.view.lang, one.view.width): one.pictures() for one in shots}
    columns = {
        width: max(
            sum(one.width + GAP for one in known.get((face, lang, width), [])) for face in FACES for lang in LANGUAGES
        )
        for width in WINDOWS
    }
    rows = [(face, lang) for face in FACES for lang in LANGUAGES]
    made = Image.new(
        "RGB", (sum(columns.values()) + GAP * (len(columns) + 1), len(rows) * (HIGH + HEAD + GAP) + GAP), BACK
    )
    pen = ImageDraw.Draw(made)
    for at, (face, lang) in enumerate(rows):
        left, top = GAP, GAP + at * (HIGH + HEAD + GAP)
        for width in WINDOWS:
            pen.text((left, top + 2), f"{face} / {lang} / {width} px", fill=INK)
            across = left
            for one in known.get((face, lang, width), []):
                made.paste(one, (across, top + HEAD))
                across += one.width + GAP
            left += columns[width] + GAP
    written = folder / f"{path.strip('/') or 'overview'}.webp"
    made.save(written, quality=QUALITY, method=6)
    return written
