"""The command line: ``python -m dashboard COMMAND … [--json]``.

Results go to stdout and words to stderr. Exit 0: done; 1: the input is wrong
(what, where, how to mend); 2: usage.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from dashboard import __version__
from dashboard.commands import exporting, importing
from dashboard.commands.coverage import asked, measured
from dashboard.commands.info import info
from dashboard.commands.plan import add_options as add_plan_options
from dashboard.commands.plan import plan
from dashboard.locale import Gettext, load_words
from dashboard.settings import Settings, load_settings
from dashboard.source import AtlasSource
from geodata.build import build_atlas
from geodata.errors import AtlasError
from geodata.store import open_store
from layers.filters import DETOUR, Filters

Command = Callable[[argparse.Namespace, Settings, Gettext], int]


def _say(text: str) -> None:
    Console(stderr=True, highlight=False).print(text, markup=False, soft_wrap=True)


def _print(result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(result, ensure_ascii=False, indent=2))
        return
    table = Table(show_header=False)
    for key, value in result.items():
        table.add_row(key, json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value))
    Console().print(table)


def _built(settings: Settings, words: Gettext, force: bool = False) -> AtlasSource:
    """Build the atlas when there is none (or `force`), showing progress, and return its source."""
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=Console(stderr=True), transient=True,
    ) as bar:
        task = bar.add_task("", total=1.0)
        build_atlas(
            settings.home, force=force,
            progress=lambda done, message: bar.update(task, completed=done, description=words(message)),
        )
    return AtlasSource(settings.home)


def _build(options: argparse.Namespace, settings: Settings, words: Gettext) -> int:
    if options.force:
        importing.keep_batches(settings.home)
    source = _built(settings, words, force=options.force)
    _say(words("地图数据已就绪：{path}").format(path=source.home))
    return 0


def _serve(options: argparse.Namespace, settings: Settings, words: Gettext) -> int:
    _built(settings, words).atlas()
    address = f"http://{settings.host}:{settings.port}"
    _say(words("工会服务一张图已就绪，请在浏览器打开 {address} （按 Ctrl+C 结束）").format(address=address))
    if settings.development:
        from dashboard.app import create_app

        create_app(settings).run(host=settings.host, port=settings.port, debug=True)
        return 0
    sys.stderr.flush()
    os.execv(sys.executable, [
        sys.executable, "-m", "gunicorn", "dashboard.wsgi:server", "--bind", f"{settings.host}:{settings.port}",
        "--workers", str(settings.workers), "--threads", "4", "--log-level", "warning",
        # the application refuses long addresses itself, in words (server/headers.py)
        "--limit-request-line", "0",
    ])
    return 0  # not reached: this process is gunicorn now


def _info(options: argparse.Namespace, settings: Settings, words: Gettext) -> int:
    _print(info(_built(settings, words)), options.json)
    return 0


def _coverage(options: argparse.Namespace, settings: Settings, words: Gettext) -> int:
    filters = asked(options.radius, options.detour, options.at, options.place)
    if options.at and filters.hour is not None and not options.at.rstrip("Z").endswith((":00", ":00:00")):
        _say(words("覆盖率按整点计算，已取 {hour}:00。").format(hour=filters.hour))
    _print(measured(_built(settings, words).atlas(), filters), options.json)
    return 0


def _check(options: argparse.Namespace, settings: Settings, words: Gettext) -> int:
    _built(settings, words)
    report = importing.checked(options, open_store(settings.home), words).report
    if options.json:
        _print(report.as_dict(words), True)
    else:
        importing.show_report(report, words)
    return 0 if report.ok else 1


def _import(options: argparse.Namespace, settings: Settings, words: Gettext) -> int:
    _built(settings, words)
    store = open_store(settings.home)
    found = importing.checked(options, store, words)
    result = {"batch_id": None, **found.report.as_dict(words)}
    if found.report.ok:
        result |= importing.imported(found, options, store)
    if options.json or found.report.ok:
        _print(result if options.json else {key: value for key, value in result.items() if key not in ("errors", "warnings", "columns")},
               options.json)
    if not options.json and (found.report.errors or found.report.warnings):
        importing.show_report(found.report, words)
    _say(words("已导入：批次 {batch}。撤销请用 undo {batch}。").format(batch=result["batch_id"]) if found.report.ok
         else words("文件有错误，没有导入，图册没有改动。"))
    return 0 if found.report.ok else 1


def _undo(options: argparse.Namespace, settings: Settings, words: Gettext) -> int:
    _built(settings, words)
    _print(importing.undone(options, open_store(settings.home)), options.json)
    return 0


def _history(options: argparse.Namespace, settings: Settings, words: Gettext) -> int:
    _built(settings, words)
    batches = [batch.as_dict() for batch in open_store(settings.home).history()]
    if options.json:
        _print({"batches": batches}, True)
    else:
        importing.show_history(batches, words)
    return 0


def _template(options: argparse.Namespace, _settings: Settings, _words: Gettext) -> int:
    _print(importing.template(options), options.json)
    return 0


def _export(options: argparse.Namespace, settings: Settings, words: Gettext) -> int:
    _built(settings, words)
    result, notices = exporting.exported(options, open_store(settings.home))
    for notice in notices:
        _say(notice.text(words))
    _print(result, options.json)
    return 0


def _plan(options: argparse.Namespace, settings: Settings, words: Gettext) -> int:
    _print(plan(options, words, _say, lambda: _built(settings, words).atlas()), options.json)
    return 0


def _parser(words: Gettext) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dashboard", description=words("工会服务一张图"))
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)

    def add(name: str, help: str, run: Command, with_json: bool = False) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=help, description=help)
        one.set_defaults(run=run)
        if with_json:
            one.add_argument("--json", action="store_true", help=words("以 JSON 输出"))
        return one

    build = add("build", words("生成地图数据"), _build)
    build.add_argument("--force", action="store_true", help=words("即使已有数据也重新生成"))
    add("serve", words("启动网页服务"), _serve)
    add("info", words("列出地图数据的内容与合计"), _info, with_json=True)
    cover = add("coverage", words("计算驿站覆盖率"), _coverage, with_json=True)
    cover.add_argument("--radius", type=int, required=True, help=words("服务半径（步行路程，米）"))
    cover.add_argument("--detour", type=float, default=Filters().detour,
                       help=words("绕行系数（步行路程 ÷ 直线距离，{low} 至 {high}）").format(low=DETOUR[0], high=DETOUR[1]))
    cover.add_argument("--at", help=words("时刻，如 2024-10-15T22:00；不给则不限"))
    cover.add_argument("--place", help=words("六位行政区划代码，默认全国"))
    importing.add_parsers(add, words, {"check": _check, "import": _import, "undo": _undo, "history": _history, "template": _template})
    exporting.add_parser(add, words, _export)
    add_plan_options(add("plan", words("为新增驿站选址"), _plan, with_json=True), words)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    catalogues = load_words()
    words = catalogues["zh"]
    try:
        settings = load_settings()
        words = catalogues[settings.language]
        options = _parser(words).parse_args(arguments)
        return options.run(options, settings, words)
    except AtlasError as error:
        _say(error.text(words))
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
