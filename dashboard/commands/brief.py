"""``brief``: a view as a slide, paper or picture, one or one for each region or grid."""

from __future__ import annotations

import argparse
import re
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from dashboard.app import create_app
from dashboard.context import Context
from dashboard.export.order import Order
from dashboard.locale import Gettext
from dashboard.settings import Settings
from geodata.errors import N_, AtlasError
from geodata.frames import rows_of
from layers import grids, regions
from layers.atlas import Atlas
from layers.filters import Filters

MOST_FAILURES = 3  # one after another: what ails the first of them ails them all


def brief(
    options: argparse.Namespace, settings: Settings, words: Gettext, say: Callable[[str], None]
) -> dict[str, Any]:
    """Make what the options ask for and return what was written.

    Raises
    ------
    AtlasError
        An option cannot be used, or a brief could not be made. Of a batch the others are made all the same, unless
        :data:`MOST_FAILURES` fail one after another; what was made stays.
    """
    from dashboard.export.engine import Engine
    from dashboard.export.studio import Studio

    if not options.each:
        _fits(options.out, options.format)
    app = create_app(settings)
    context: Context = app.server.extensions["atlas"]
    engine = Engine(app.server.wsgi_app, settings)
    studio = Studio(context, engine, settings)
    options.theme = options.theme or context.look(options.query)[1].filters.theme
    began = time.monotonic()
    most = 0.0
    written: list[dict[str, Any]] = []
    failed: list[str] = []
    in_a_row = 0
    try:
        listed = list(_orders(options, context))
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=len(listed) < 2,
        ) as bar:
            task = bar.add_task(words("正在制作简报"), total=len(listed))
            for path, order in listed:
                try:
                    made = studio.make(order)
                    _write(path, made.content)
                except AtlasError as error:
                    in_a_row += 1
                    if not options.each or in_a_row >= MOST_FAILURES:
                        raise
                    say(f"{path.name}: {error.text(words)}")
                    failed.append(path.name)
                    continue
                in_a_row = 0
                for told in made.told:
                    say(told)
                most = max(most, engine.megabytes())
                written.append(
                    {
                        "path": str(path),
                        "bytes": len(made.content),
                        "place": made.brief.sides[0].name,
                        "title": made.brief.title,
                        "url": made.brief.url,
                        "charts": [one.id for one in made.brief.charts],
                        "notices": list(made.told),
                    }
                )
                bar.advance(task)
    finally:
        engine.close()
    if failed:
        raise AtlasError(
            N_("{all} 份中 {count} 份没有做成：{names}。其余已写好；原因见上，改正后请再做这几份。"),
            all=len(listed),
            count=len(failed),
            names=", ".join(failed),
        )
    result = {
        "format": options.format,
        "template": options.template,
        "theme": options.theme,
        "seconds": round(time.monotonic() - began, 2),
        "browser_megabytes": round(most),
        "data_version": context.source.atlas().version,
    }
    if options.each:
        return {**result, "count": len(written), "files": written}
    return {**result, **written[0]}


def _orders(options: argparse.Namespace, context: Context) -> Iterator[tuple[Path, Order]]:
    if options.against and (options.each or options.template in ("one", "map", "report")):
        raise AtlasError(N_("--against 要与 --template compare（或自带的 .pptx 模板）同用，不能与 --each 同用。"))
    same = {
        name: getattr(options, name)
        for name in ("template", "format", "theme", "scale", "title", "sentence", "footnote")
    }
    if not options.each:
        yield options.out, Order(query=options.query, against=options.against, **same)
        return
    if options.out.exists() and not options.out.is_dir():
        raise AtlasError(N_("{path} 不是文件夹：与 --each 同用时 --out 要给文件夹。"), path=options.out)
    atlas, said = context.look(options.query)
    if options.place and options.place not in atlas.rows_by("places", "adcode"):
        raise AtlasError(N_("没有行政区划代码 {got}：请给六位代码，如 640200。"), got=options.place)
    filters = said.filters.at_place(options.place) if options.place else said.filters
    found = list(_each(atlas, filters, options.each))
    if not found:
        raise AtlasError(N_("{place} 之内没有可做的区域或网格：请换一个 --place。"), place=filters.place)
    for name, one in found:
        yield options.out / f"{_safe(name)}.{options.format}", Order(query=context.write(one).removeprefix("?"), **same)


def _each(atlas: Atlas, filters: Filters, kind: str) -> Iterator[tuple[str, Filters]]:
    if kind == "regions":
        for row in rows_of(regions.table(atlas, filters)):
            yield f"{row.region_id} {row.name}", filters.at_place(row.adcode, row.region_id)
    else:
        for row in rows_of(grids.table(atlas, filters)):
            yield f"{row.grid_id} {row.name}", filters.at_place(row.adcode, row.region_id, row.grid_id)


def _safe(name: str) -> str:
    return re.sub(r'[\\/:*?"<>|\x00-\x1f]', "_", name)[:80]


def _fits(path: Path, format: str) -> None:
    """Refuse a name that says another format, or a folder, before any work is done."""
    if path.is_dir():
        raise AtlasError(N_("{path} 是文件夹：请给文件名，或与 --each 同用。"), path=path)
    if path.suffix and path.suffix[1:].lower() != format:
        raise AtlasError(
            N_("文件名 {path} 与格式 {format} 不符：请改用 .{format} 结尾，或改 --format。"), path=path, format=format
        )


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    half = path.with_name(f".{secrets.token_hex(6)}.part")  # two may write the same brief at one time
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        half.write_bytes(content)
        half.replace(path)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise AtlasError(
            N_("文件 {path} 写不进去：{said}。请检查路径和权限。"), path=path, said=error.strerror or error
        ) from error
