"""The brief as PowerPoint: native charts with data sheets,
native tables, text in named placeholders, the map a picture.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import segno
from pptx import Presentation
from pptx.presentation import Presentation as Deck
from pptx.slide import Slide, SlideLayout
from pptx.util import Emu, Inches, Pt

from dashboard import theme
from dashboard.charts import as_pptx, as_text
from dashboard.export import decks
from dashboard.export.citations import Piece
from dashboard.export.document import Brief
from dashboard.export.fitting import fitted
from dashboard.export.frames import BUILT_IN, NAMES, REQUIRED, Frame, Page
from dashboard.export.order import Order
from dashboard.export.sheet import UNIT_SIZE, chart_of, columns_of, compared, figure_sizes, pages_of, row_size, text_of
from dashboard.export.sourcing import Line, lines_of_sources, plain, within
from dashboard.filters_in_words import comma
from dashboard.words import Words
from geodata.errors import N_, AtlasError

#: Frame and number of the side → PNG of its map; None: there is no browser.
Photograph = Callable[[Frame, int], bytes | None]
EMU_PER_INCH = 914_400
LONGEST_PROPERTY = 255
COMPOUND = bytes.fromhex("D0CF11E0A1B11AE1")  # how files of Office before 2007 begin
TITLES = ("TITLE", "CENTER_TITLE")


def slides(said: Brief, order: Order, words: Words, photograph: Photograph) -> tuple[bytes, list[str]]:
    """Return the file, and words about what a template of somebody's own has no place for.

    Raises
    ------
    AtlasError
        The template cannot be read or has no placeholder with a name that the atlas knows.
    """
    told: list[str] = []
    if order.is_file:
        deck, pages, told = _theirs(Path(order.template), words)
        face = None
    else:
        template = BUILT_IN[order.template]
        deck, face = decks.own_deck(template, order.theme), decks.EAST_ASIAN
        wanted = pages_of(template, said)
        layouts = {layout.name: layout for layout in deck.slide_layouts}
        pages = [(layouts[page.name], page) for page in wanted]
    for layout, page in pages:
        _fill(deck.slides.add_slide(layout), layout, page, said, order, words, photograph, face)
    properties = deck.core_properties
    # the format takes no more: what is longer stands on the slide
    properties.title, properties.author, properties.subject = (
        said.title,
        words("工会服务一张图"),
        said.view[:LONGEST_PROPERTY],
    )
    properties.comments = said.url if len(said.url) <= LONGEST_PROPERTY else ""
    return decks.saved(deck), told


def _theirs(path: Path, words: Words) -> tuple[Deck, list[tuple[SlideLayout, Page]], list[str]]:
    """Return a union's own template without its slides, its layouts that carry our names, and what it lacks."""
    try:
        with path.open("rb") as file:
            head = file.read(len(COMPOUND))
    except OSError as error:
        raise AtlasError(
            N_("模板 {path} 打不开：{said}。请检查路径和权限。"), path=path, said=error.strerror or error
        ) from error
    if head == COMPOUND:  # PowerPoint wraps an encrypted .pptx in the container of the old format
        raise AtlasError(
            N_("模板 {path} 设了密码，或是旧的 .ppt 格式：请在 PowerPoint 中去掉密码，另存为 .pptx。"), path=path
        )
    try:
        deck = Presentation(str(path))
    except Exception as error:  # python-pptx raises whatever zipfile, lxml or itself meets
        raise AtlasError(
            N_("模板 {path} 读不出来：请给一个 PowerPoint 的 .pptx 文件（不是 .ppt 或 .potx）。"), path=path
        ) from error
    ids = deck.slides._sldIdLst
    for one in list(ids):
        deck.part.drop_rel(one.rId)
        ids.remove(one)
    found: list[tuple[SlideLayout, Page]] = []
    for layout in (one for master in deck.slide_masters for one in master.slide_layouts):
        frames = tuple(frame for shape in layout.placeholders if (frame := _frame_of(shape)) is not None)
        known = {frame.name for frame in frames}
        if known & (set(NAMES) - {"title"}):
            found.append(
                (
                    layout,
                    Page(
                        "atlas sources" if known <= {"title", "sources", "footnote", "source"} else layout.name, frames
                    ),
                )
            )
    if not found:
        raise AtlasError(
            N_("模板 {path} 里没有可用的占位符：请在版式中把占位符命名为 {names} 等（选择窗格里改名）。"),
            path=path,
            names=", ".join(NAMES[:8]),
        )
    held = {frame.name for _, page in found for frame in page.frames}
    lacking = [name for name in REQUIRED if name not in held]
    told = (
        [words("模板没有占位符 {names}：这些内容写进了备注。").format(names=comma(words).join(lacking))]
        if lacking
        else []
    )
    # pages that repeat a name would show the same thing twice: each name is filled where it first stands
    return deck, found, told


def _frame_of(shape: Any) -> Frame | None:
    name = shape.name.strip().lower()
    if name not in NAMES and shape.placeholder_format.type.name in TITLES:
        name = "title"
    if name not in NAMES or None in (shape.left, shape.top, shape.width, shape.height):
        return None
    return Frame(
        name,
        _kind(name),
        *(one / EMU_PER_INCH for one in (shape.left, shape.top, shape.width, shape.height)),
        size=_size_of(shape),
        least=6,
    )


def _kind(name: str) -> str:
    """Return what stands in a placeholder of that name, of whichever kind the template made it."""
    if name in ("map", "map2", "qr"):
        return "picture"
    if name.endswith("_title") or name == "title":
        return "text"
    return "table" if name == "figures" else "chart" if name.startswith("chart") else "text"


def _size_of(shape: Any) -> float:
    for one in shape._element.iter("{http://schemas.openxmlformats.org/drawingml/2006/main}defRPr"):
        if one.get("sz"):
            return int(one.get("sz")) / 100
    return 14.0 if shape.height > 400_000 else 10.0


def _fill(
    slide: Slide,
    layout: SlideLayout,
    page: Page,
    said: Brief,
    order: Order,
    words: Words,
    photograph: Photograph,
    face: str | None,
) -> None:
    """Put what is said into the placeholders of a slide; those with nothing to say are taken off it."""
    # of two placeholders with the same name each has the size of its own
    frames = {
        shape.placeholder_format.idx: frame
        for shape in layout.placeholders
        if (frame := _frame_of(shape) if order.is_file else page.frame(shape.name)) is not None
    }
    notes: list[str] = []
    for shape in list(slide.placeholders):
        frame = frames.get(shape.placeholder_format.idx)
        if frame is None or not _put(slide, shape, frame, page, said, order, words, photograph, face):
            shape._element.getparent().remove(shape._element)
    reason = page.frame("reason")
    if reason is not None:
        _note(slide, reason, text_of(reason, page, said, words), face)
    table = page.frame("figures")
    if table is not None and not any(side.figures for side in said.sides):
        _note(slide, table, words("还没有载入服务记录"), face)
    held = {frame.name for frame in page.frames}
    if page.frame("map") or (order.is_file and page.name != "atlas sources"):
        missing = {
            "view": said.view,
            "footnote": "\n".join(said.footnote),
            "source": f"{said.source}\n{said.credits}",
            "sentence": said.sentence,
            "qr": said.url,
        }
        notes += [text for name, text in missing.items() if name not in held]
        if order.is_file:
            notes.append(text_of(Frame("sources", "text", 0, 0, 1, 1), page, said, words))
        notes += [said.url] if said.url not in notes else []
    if notes:
        slide.notes_slide.notes_text_frame.text = "\n".join(notes)  # ty: ignore[invalid-assignment] - notes have one


def _put(
    slide: Slide,
    shape: Any,
    frame: Frame,
    page: Page,
    said: Brief,
    order: Order,
    words: Words,
    photograph: Photograph,
    face: str | None,
) -> bool:
    if not order.is_file:  # a page with fewer charts gives their room away
        shape.left, shape.top, shape.width, shape.height = (
            Inches(one) for one in (frame.x, frame.y, frame.width, frame.height)
        )
    if frame.name in ("map", "map2"):
        number = 0 if frame.name == "map" else 1
        if number >= len(said.sides):
            return False
        label = words("{place}地图").format(place=said.sides[number].name)
        made = photograph(frame, number)
        if made is None:
            _note(
                slide,
                frame,
                words("这台机器没有 Chromium，地图没有画出来；打开链接可看此图：{url}").format(url=said.url),
                face,
            )
            return False
        return _picture(slide, shape, made, label, frame)
    if frame.name == "qr":
        return _picture(slide, shape, qr_png(said.url), words("二维码：{url}").format(url=said.url), frame)
    if frame.kind == "chart":
        chart = chart_of(frame, said)
        if chart is None:
            if (
                order.is_file
                and frame.name == "chart1"
                and (reasons := [one for side in said.sides for one in side.charts.empty])
            ):
                _note(slide, frame, "\n".join(reasons), face)
            return False
        kind, data = as_pptx.TYPES[chart.kind], as_pptx.chart_data(chart)
        if hasattr(shape, "insert_chart"):
            holder = shape.insert_chart(kind, data)
        else:
            place = shape.left, shape.top, shape.width, shape.height
            holder: Any = slide.shapes.add_chart(kind, *place, data)  # ty: ignore[invalid-argument-type] - of categories too
            shape._element.getparent().remove(shape._element)
        holder.name = frame.name
        holder._element.nvGraphicFramePr.cNvPr.set("descr", as_text.label(chart))
        as_pptx.dress_chart(holder.chart, chart, frame.height, order.theme, face)
        if not page.frame(f"{frame.name}_title"):
            holder.chart.has_title = True
            title, size = fitted(chart.title, frame.width - 0.3, min(0.5, frame.height / 4), 11, 7)
            holder.chart.chart_title.text_frame.text = title
            as_pptx.type_of(holder.chart.chart_title.text_frame.paragraphs[0].runs[0].font, size, face, bold=True)
        return True
    if frame.kind == "table":
        return _table(slide, shape, frame, said, words, face)
    if frame.name == "link":
        return _write(shape, [(Piece(words("扫码或点此打开"), said.url),)], frame, face)
    if frame.name == "sources":
        return _write(shape, lines_of_sources(said, words), frame, face)
    text = text_of(frame, page, said, words)
    return bool(text) and _write(shape, [(Piece(line),) for line in text.split("\n")], frame, face)


def qr_png(url: str) -> bytes:
    """Return the QR code of `url`, dark on light with its quiet zone, as PNG."""
    out = io.BytesIO()
    segno.make(url, error="m", micro=False).save(out, kind="png", scale=8, border=4, dark=theme.INK, light=theme.PAPER)
    return out.getvalue()


def _picture(slide: Slide, shape: Any, made: bytes, label: str, frame: Frame) -> bool:
    left, top, width, height = shape.left, shape.top, shape.width, shape.height
    if frame.name == "qr":  # a code that is cut or pulled cannot be read
        width = height = min(width, height)
    if hasattr(shape, "insert_picture"):
        picture = shape.insert_picture(io.BytesIO(made))
        picture.crop_left = picture.crop_right = picture.crop_top = picture.crop_bottom = 0
        picture.left, picture.top, picture.width, picture.height = left, top, width, height
    else:
        picture = slide.shapes.add_picture(io.BytesIO(made), left, top, width, height)
        shape._element.getparent().remove(shape._element)
    picture.name = frame.name
    picture._element._nvXxPr.cNvPr.set("descr", label)
    return True


def _note(slide: Slide, frame: Frame, text: str, face: str | None) -> None:
    """Say in a box of the frame why what should stand there does not."""
    box = slide.shapes.add_textbox(*(Inches(one) for one in (frame.x, frame.y, frame.width, frame.height)))
    box.name = f"{frame.name} note"
    box.text_frame.word_wrap = True
    if frame.name == "reason":  # a line under a chart begins where the chart does
        box.text_frame.margin_left = box.text_frame.margin_right = box.text_frame.margin_top = (
            box.text_frame.margin_bottom
        ) = 0
        text, size = fitted(text, frame.width, frame.height, frame.size, frame.least)
    else:
        text, size = fitted(text, frame.width - 0.2, frame.height - 0.1, 12, 8)
    box.text_frame.text = text
    for paragraph in box.text_frame.paragraphs:
        for run in paragraph.runs:
            as_pptx.type_of(run.font, size, face, muted=True)


def _write(shape: Any, lines: list[Line], frame: Frame, face: str | None) -> bool:
    """Write lines into a placeholder at a size at which they fit; the lines after a chart's title are smaller."""
    text, size = fitted(plain(lines), frame.width, frame.height, frame.size, frame.least)
    body = shape.text_frame
    titled = frame.name.startswith("chart")
    for number, line in enumerate(within(lines, text)):
        paragraph = body.paragraphs[0] if number == 0 else body.add_paragraph()
        for piece in line:
            run = paragraph.add_run()
            run.text = piece.text
            run.font.size = Pt(size * 0.84 if titled and number else size)
            if titled and number:
                as_pptx.type_of(run.font, size * 0.84, face, muted=True, bold=False)
            elif face:
                run.font.name = face
                as_pptx.east_asian(run.font._rPr, face)
            if piece.url:
                run.hyperlink.address = piece.url
    return True


def _table(slide: Slide, shape: Any, frame: Frame, said: Brief, words: Words, face: str | None) -> bool:
    if len(said.sides) > 1:
        cells: list[list[Any]] = compared(said, words)
        if len(cells) < 2:
            return False
        table = _new_table(slide, shape, len(cells), len(cells[0]), frame)
        size = row_size(len(cells), frame)
        for row, texts in enumerate(cells):
            for column, text in enumerate(texts):
                as_pptx.write_cell(table.cell(row, column), [(text, size, row == 0, False)], face)
        as_pptx.plain_table(table, heads=1)
        return True
    figures = said.sides[0].figures
    if not figures:
        return False
    columns = min(columns_of(frame), len(figures))
    rows = -(-len(figures) // columns)
    table = _new_table(slide, shape, rows, columns, frame)
    for number, one in enumerate(figures):
        size, middle, small = figure_sizes(one, frame.width / columns, frame.size)
        label, of = f"{one.label} {one.mark}", fitted(one.of, frame.width / columns - 0.15, 0.26, small, small)[0]
        as_pptx.write_cell(
            table.cell(number // columns, number % columns),
            [
                (one.value, size, True, False),
                (f"\t {one.unit}", UNIT_SIZE, False, True),
                (label, middle, False, False),
                *([(of, small, False, True)] if of else []),
            ],
            face,
        )
    as_pptx.plain_table(table)
    return True


def _new_table(slide: Slide, shape: Any, rows: int, columns: int, frame: Frame) -> Any:
    left, top, width, height = shape.left, shape.top, shape.width, shape.height
    if hasattr(shape, "insert_table"):
        holder = shape.insert_table(rows, columns)
        holder.left, holder.top, holder.width, holder.height = left, top, width, height
    else:
        holder = slide.shapes.add_table(rows, columns, left, top, width, height)
        shape._element.getparent().remove(shape._element)
    holder.name = frame.name
    table = holder.table
    for row in table.rows:
        row.height = Emu(int(height / rows))
    for column in table.columns:
        column.width = Emu(int(width / columns))
    return table
