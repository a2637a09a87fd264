"""A PDF as a reader sees it: where each word stands, and pixels."""

from __future__ import annotations

import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
from PIL import Image

BOXES = tuple[float, float, float, float]


@dataclass(frozen=True)
class Sheet:
    """One page: its text without spaces, the box of each
    of its characters in points from the upper left, its picture.
    """

    text: str
    boxes: list[BOXES]
    size: tuple[float, float]
    picture: Image.Image

    def find(self, words: str) -> list[list[BOXES]]:
        """Return the boxes of the characters of each place at which `words` stand."""
        wanted = squeezed(words)
        return [self.boxes[at.start() : at.start() + len(wanted)] for at in re.finditer(re.escape(wanted), self.text)]


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def sheets(content: bytes, dots: int = 96) -> list[Sheet]:
    """Return the pages of a PDF."""
    document = pypdfium2.PdfDocument(content)
    made = []
    for page in document:
        width, height = page.get_size()
        words = page.get_textpage()
        whole = words.get_text_range(0, words.count_chars())
        text, boxes = [], []
        for index, one in enumerate(whole):
            if not one.isspace() and one not in "\ufffe\ufffd\x02":
                left, bottom, right, top = words.get_charbox(index)
                text.append(one)
                boxes.append((left, height - top, right, height - bottom))
        made.append(Sheet("".join(text), boxes, (width, height), page.render(scale=dots / 72).to_pil().convert("RGB")))
    return made


def printed(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return each presentation as LibreOffice prints it, PDF; one start for all."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name, content in files.items():
            (folder / f"{name}.pptx").write_bytes(content)
        subprocess.run(
            [
                "soffice",
                f"-env:UserInstallation=file://{scratch}/profile",
                "--headless",
                "--convert-to",
                "pdf",
                "--outdir",
                scratch,
                *(str(folder / f"{name}.pptx") for name in files),
            ],
            check=True,
            capture_output=True,
            timeout=180,
        )
        return {name: (folder / f"{name}.pdf").read_bytes() for name in files}


def colors(picture: Image.Image) -> int:
    """Return how many colours a part of a picture has."""
    return len(picture.resize((160, 120), Image.Resampling.NEAREST).getcolors(160 * 120) or [])


def holds(picture: Image.Image, color: tuple[int, int, int]) -> bool:
    """Return whether a field of the picture, and not only an edge, has that very colour."""
    whole = picture.convert("RGB")
    return sum(count for count, one in whole.getcolors(whole.width * whole.height) if one == color) > whole.height
