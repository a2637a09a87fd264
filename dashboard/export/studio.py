"""An order in, a file out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from html import escape

from dashboard import theme
from dashboard.context import Context
from dashboard.export import chromium
from dashboard.export.addresses import address_of
from dashboard.export.brief import brief
from dashboard.export.document import Brief
from dashboard.export.engine import Engine
from dashboard.export.fitting import broken
from dashboard.export.frames import BUILT_IN, Frame
from dashboard.export.order import Order
from dashboard.export.sheet import CSS_DPI, map_path
from dashboard.export.slides import slides
from dashboard.links import Links
from dashboard.settings import Settings
from dashboard.theme import recolour
from dashboard.words import Words
from geodata.errors import N_, AtlasError

PRINT_DPI = 300
SVG_GAP = 18
MIME = {
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "pdf": "application/pdf",
    "png": "image/png",
    "svg": "image/svg+xml",
}
Progress = Callable[[float, str], None]


def _quiet(_done: float, _text: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Made:
    """A file, with what the reader should know of it."""

    content: bytes
    told: tuple[str, ...]
    brief: Brief


class Studio:
    """Makes briefs of one atlas.

    Parameters
    ----------
    context : Context
        Data and words.
    engine : Engine
        The browser for pictures.
    settings : Settings
        Addresses.
    """

    def __init__(self, context: Context, engine: Engine, settings: Settings) -> None:
        self._context = context
        self._settings = settings
        self._links = Links(settings.home, settings.database_url, context.menu)
        self.engine = engine

    def words(self, lang: str) -> Words:
        """Return the words of `lang`."""
        return self._context.words(lang)

    def make(self, order: Order, progress: Progress = _quiet, made: date | None = None) -> Made:
        """Make one brief.

        Parameters
        ----------
        progress : callable
            Called with a share of 1 and a message (msgid) before each step; what it raises ends the work.
        made : date, optional
            The day that the brief bears; today when not given.

        Raises
        ------
        AtlasError
            What is asked for cannot be made; says why and how to mend it.
        """
        progress(0.05, N_("正在统计"))
        said = brief(
            order,
            self._context,
            made or date.today(),
            address_of(order, self._context, self._settings, self._links.keep),
            bool(self._settings.public_url),
        )
        words = self._context.words(said.lang)
        told = [notice.text(words.gettext) for side in said.sides for notice in side.notices]
        progress(0.2, N_("正在画地图"))
        if order.format == "pptx":
            content, more = slides(said, order, words, self._photographer(said, order, progress))
            if not self.engine.able:
                more.append(words("这台机器没有 Chromium：PPTX 里没有地图图片，图表和表格齐全。"))
                if self._settings.chromium not in ("", chromium.NONE) and (lacking := self.engine.lacking):
                    more.append(lacking.text(words.gettext))
            return Made(content, (*told, *more), said)
        template = BUILT_IN[order.template]
        path = order.path()
        if order.format == "pdf":
            content = self.engine.paper(path, template.width, template.height, PRINT_DPI / CSS_DPI)
        elif order.format == "png":
            content = self.engine.picture(
                path, round(template.width * CSS_DPI), round(template.height * CSS_DPI), order.scale
            )
        else:
            content = self._svg(said, order, path, words)
        return Made(content, tuple(told), said)

    def _photographer(self, said: Brief, order: Order, progress: Progress) -> Callable[[Frame, int], bytes | None]:
        def photograph(frame: Frame, number: int) -> bytes | None:
            if not self.engine.able:
                return None
            progress(0.3 + 0.3 * number, N_("正在画地图"))
            # CSS pixels are 1/96 inch: three and an eighth dots each are 300 an inch on the slide
            return self.engine.picture(
                map_path(said.sides[number], frame, order.theme),
                round(frame.width * CSS_DPI),
                round(frame.height * CSS_DPI),
                PRINT_DPI / CSS_DPI,
            )

        return photograph

    def _svg(self, said: Brief, order: Order, path: str, words: Words) -> bytes:
        """Return the charts under each other as one SVG, between what every export carries."""
        template = BUILT_IN["report"]  # of all templates the one with every chart
        charts = self.engine.charts(
            Order(order.query, template="report", theme=order.theme).path() if order.template != "compare" else path,
            round(template.width * CSS_DPI),
            round(template.height * CSS_DPI),
        )
        if not charts:
            raise AtlasError(N_("这个视图没有可画的图表，SVG 没有内容：请换一个地点或放宽筛选。"))
        ink, muted = (recolour.color(one, order.theme) for one in (theme.INK, theme.MUTED))
        ground = recolour.GROUND if order.theme == "dark" else theme.PAPER
        width = max(one["width"] for one in charts) + 2 * SVG_GAP
        parts: list[str] = []
        y = SVG_GAP

        def line(text: str, size: float, color: str, bold: bool = False) -> None:
            nonlocal y
            for part in broken(text, (width - 2 * SVG_GAP) / CSS_DPI, size * 72 / CSS_DPI):
                y += size * 1.35
                parts.append(
                    f'<text x="{SVG_GAP}" y="{y:.1f}" font-size="{size}" '
                    f'fill="{color}" font-weight="{700 if bold else 400}" '
                    f'font-family="{escape(theme.FONT, quote=True)}">{escape(part)}</text>'
                )

        line(said.title, 20, ink, bold=True)
        line(said.sentence, 12, ink)
        line(said.view, 9, muted)
        for drawn, chart in zip(charts, said.charts, strict=False):
            y += SVG_GAP
            line(chart.title, 13, ink, bold=True)
            line(f"{chart.subtitle} · {words.provenance(chart.provenance)}", 10, muted)
            parts.append(f'<g transform="translate({SVG_GAP},{y + 6:.1f})">{drawn["svg"]}</g>')
            y += drawn["height"] + 6
        y += SVG_GAP
        for text in (*said.footnote, said.source, said.credits, said.url):
            line(text, 8, muted)
        height = y + SVG_GAP
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'width="{width:.0f}" height="{height:.0f}" '
            f'viewBox="0 0 {width:.0f} {height:.0f}"><title>{escape(said.title)}</title><rect '
            f'width="100%" height="100%" fill="{ground}"/>'
            f"{''.join(parts)}</svg>"
        ).encode()
