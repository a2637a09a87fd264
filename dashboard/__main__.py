"""The command line: ``python -m dashboard COMMAND … [--json]``.

Results go to stdout and words to stderr. Exit 0: done; 1: the input is wrong
(what, where, how to mend); 2: usage.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from dashboard.access import audit
from dashboard.access.judging import watched
from dashboard.as_of import before_the_first, day_of
from dashboard.commands.parsing import parser_of
from dashboard.locale import Gettext, load_words
from dashboard.settings import Settings, load_settings
from dashboard.source import AtlasSource
from geodata.build import build_atlas
from geodata.errors import N_, AtlasError
from geodata.interrupts import ended_politely, last_step
from layers.atlas import Atlas
from layers.filters import Filters

# what a command needs beyond these it imports itself: each start would pay for all of them


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


@contextmanager
def _progress(words: Gettext) -> Generator[Callable[[float, str], None]]:
    """Show a bar on stderr while the block lasts; give what takes the share done and a message."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda done, message: bar.update(task, completed=done, description=words(message))


def _built(settings: Settings, words: Gettext, force: bool = False) -> AtlasSource:
    """Build the atlas when there is none (or `force`), showing progress, and return its source."""
    from dashboard import backup

    backup.finish(settings.home, settings.database_url)
    with _progress(words) as progress:
        build_atlas(settings.home, force=force, url=settings.database_url, progress=progress)
    return AtlasSource(settings.home, settings.database_url, watched(settings.home), settings.small_counts)


def _build(options: argparse.Namespace, settings: Settings, words: Gettext) -> None:
    if options.force:
        from dashboard.commands import importing

        importing.keep_batches(settings.home, settings.database_url)
    with last_step():
        source = _built(settings, words, force=options.force)
    _say(words("地图数据已就绪：{path}").format(path=source.where))


def _serve(options: argparse.Namespace, settings: Settings, words: Gettext) -> None:
    from dashboard.commands.serve import become, free

    free(settings)
    _built(settings, words).atlas()
    address = f"http://{settings.host}:{settings.port}"
    _say(words("工会服务一张图已就绪，请在浏览器打开 {address} （按 Ctrl+C 结束）").format(address=address))
    if settings.development:
        from dashboard.app import create_app

        create_app(settings).run(host=settings.host, port=settings.port, debug=True)
        return
    sys.stderr.flush()
    become(settings)


def _info(options: argparse.Namespace, settings: Settings, words: Gettext) -> None:
    from dashboard.basemap import BaseMaps
    from dashboard.commands.info import info

    source, day = _built(settings, words), day_of(options.as_of) if options.as_of else None
    _print(info(source, day, BaseMaps.of(settings, source)), options.json)
    _say_when(source.at(day), Filters(as_of=day), words)


def _say_when(atlas: Atlas, filters: Filters, words: Gettext) -> None:
    for notice in before_the_first(atlas, filters):
        _say(notice.text(words))


def _coverage(options: argparse.Namespace, settings: Settings, words: Gettext) -> None:
    from dashboard.commands.coverage import asked, measured, one_radius, straight

    detour = Filters().detour if options.detour is None else options.detour
    radius = options.radius[0] if options.by else one_radius(options)
    filters = asked(radius, detour, options.at, options.place, options.as_of, options.way or straight(options))
    if options.by:
        _coverage_by(options, settings, words, filters)
        return
    if options.out:
        raise AtlasError(N_("--out 只和 --by 一起用：请加 --by county，或去掉 --out。"))
    if options.at and filters.hour is not None and not options.at.rstrip("Z").endswith((":00", ":00:00")):
        _say(words("覆盖率按整点计算，已取 {hour}:00。").format(hour=filters.hour))
    atlas = _built(settings, words).at(filters.as_of)
    _print(measured(atlas, filters, words), options.json)
    _say_when(atlas, filters, words)


def _coverage_by(options: argparse.Namespace, settings: Settings, words: Gettext, filters: Filters) -> None:
    from dashboard.commands.coverage_counties import by_county, measures
    from geodata.pools import Pool

    atlas = _built(settings, words).at(filters.as_of)
    with _progress(words) as progress:
        result = by_county(
            atlas, filters, options.radius, measures(settings.home), Pool(settings.dask), options.out, progress
        )
    _print(
        result if options.json else {key: value for key, value in result.items() if key != "by_county"}, options.json
    )
    _say_when(atlas, filters, words)


def _check(options: argparse.Namespace, settings: Settings, words: Gettext) -> int:
    from dashboard.commands import importing

    store = _built(settings, words).store()
    found = importing.checked(options, store, words)
    report = found.report
    if options.json:
        _print(report.as_dict(words) | importing.foreseen(found, options.table, store), True)
    else:
        importing.show_report(report, words)
    return 0 if report.ok else 1


def _import(options: argparse.Namespace, settings: Settings, words: Gettext) -> int:
    from dashboard.commands import importing

    store = _built(settings, words).store()
    found = importing.checked(options, store, words)
    usable = importing.usable(found.report, options.strict)
    result = {"batch_id": None, **found.report.as_dict(words)}
    if options.json:  # worked out before: afterwards there is nothing left to change
        result |= importing.foreseen(found, options.table, store)
        result |= {} if usable else {"added": 0, "changed": 0, "unchanged": 0, "retired": 0, "changes": []}
    with last_step():
        batch = importing.imported(found, options, store, words) if usable else None
    if batch:
        result |= batch.as_dict() | {"rows": found.report.rows, "data_version": store.meta()["data_version"]}
    if options.json or batch:
        _print(
            result
            if options.json
            else {
                key: value
                for key, value in result.items()
                if key not in ("errors", "warnings", "columns", "left_out", "unsure")
            },
            options.json,
        )
    if not options.json and (found.report.errors or found.report.warnings):
        importing.show_report(found.report, words)
    out = sum(one.row is not None and one.code != "remark" for one in found.report.left_out)
    if batch and out:
        _say(words("{count} 行没有导入：原因见 left_out；改好后再导入一次，已导入的行不会重复。").format(count=out))
    if found.report.doubts:
        _say(
            words("{count} 行可能是图册里已有的行：请用 --same 回答，或用 --another 作为新的一行。").format(
                count=len(found.report.doubts)
            )
        )
    _say(
        words("已导入：批次 {batch}。撤销请用 undo {batch}。").format(batch=batch.batch_id)
        if batch
        else words("文件有错误，没有导入，图册没有改动。")
    )
    return 0 if batch else 1


def _undo(options: argparse.Namespace, settings: Settings, words: Gettext) -> None:
    from dashboard.commands import importing

    store = _built(settings, words).store()
    with last_step():
        undone = importing.undone(options, store)
    _print(undone, options.json)


def _history(options: argparse.Namespace, settings: Settings, words: Gettext) -> None:
    from dashboard.commands import importing

    batches = [batch.as_dict() for batch in _built(settings, words).store().history()]
    if options.json:
        _print({"batches": batches}, True)
    else:
        importing.show_history(batches, words)


def _template(options: argparse.Namespace, settings: Settings, words: Gettext) -> None:
    from dashboard.commands import importing

    _print(importing.template(options, _built(settings, words).store(), settings.language), options.json)


def _export(options: argparse.Namespace, settings: Settings, words: Gettext) -> None:
    from dashboard.commands import exporting

    source = _built(settings, words)
    with _progress(words) as progress:
        result, notices = exporting.exported(options, source, settings.language, progress)
    for notice in notices:
        _say(notice.text(words))
    _print(result, options.json)


def _migrate(options: argparse.Namespace, _settings: Settings, words: Gettext) -> None:
    from dashboard.commands.migrate import migrated

    with last_step(), _progress(words) as progress:
        result = migrated(options, progress)
    _print(result, options.json)
    _say(words("已迁移，逐行读回核对一致。网页和命令要用新的一处，请设 ATLAS_DATABASE_URL 或 ATLAS_HOME。"))


def _backup(options: argparse.Namespace, settings: Settings, words: Gettext) -> None:
    from dashboard import backup

    backup.finish(settings.home, settings.database_url)
    with _progress(words) as progress:
        result = backup.backup(settings.home, settings.database_url, options.file, progress)
    _print(result, options.json)


def _restore(options: argparse.Namespace, settings: Settings, words: Gettext) -> None:
    from dashboard import backup

    if options.check:
        _print({"file": str(options.file), **backup.examined(options.file)}, options.json)
        return
    with last_step(), _progress(words) as progress:
        result = backup.restore(settings.home, settings.database_url, options.file, progress)
    _print(result, options.json)


def _clear(options: argparse.Namespace, settings: Settings, _words: Gettext) -> None:
    from dashboard.tasks.uploads import Uploads

    count, size = Uploads(settings).clear()
    _print({"uploads": count, "bytes": size}, options.json)


def _plan(options: argparse.Namespace, settings: Settings, words: Gettext) -> int:
    from dashboard.commands.plan import plan

    found = plan(options, words, _say, lambda: _built(settings, words).atlas())
    _print(found, options.json)
    # a network in pieces that leaves no answer is a wrong input; conditions too tight are an answer
    return 1 if found["status"] == "infeasible" and "disconnected" in found else 0


def _geocode(options: argparse.Namespace, settings: Settings, words: Gettext) -> int:
    from dashboard.commands.geocode import geocoded

    source = _built(settings, words)
    with _progress(words) as progress:
        found = geocoded(options, settings, source, progress)
    stopped = found.pop("stopped")
    told = {**found, "stopped": stopped.text(words) if stopped else None}
    _print(told if options.json else {key: value for key, value in told.items() if key != "answers"}, options.json)
    if stopped:
        _say(stopped.text(words))
    return 1 if stopped else 0


def _ground(options: argparse.Namespace, settings: Settings, words: Gettext) -> None:
    from dashboard.commands.ground import brought_in, remarks

    source = _built(settings, words)
    with last_step(), _progress(words) as progress:
        result = brought_in(options, settings, source, progress)
    _print(result, options.json)
    for text in remarks(result, words):
        _say(text)


def _walk(options: argparse.Namespace, settings: Settings, words: Gettext) -> None:
    from dashboard.commands.ground import walked

    _print(walked(options, settings, _built(settings, words)), options.json)


def _brief(options: argparse.Namespace, settings: Settings, words: Gettext) -> None:
    from dashboard.commands.brief import brief

    _built(settings, words)
    result = brief(options, settings, words, _say)
    _print(result if options.json else {key: value for key, value in result.items() if key != "files"}, options.json)


def _feedback(options: argparse.Namespace, settings: Settings, _words: Gettext) -> None:
    from dashboard.feedback import kept

    lines = kept(settings.home)
    if options.json:
        _print({"feedback": lines}, True)
    else:
        table = Table("at", "text", "address")
        for one in lines:
            table.add_row(*(escape(str(one.get(key, ""))) for key in ("at", "text", "address")))
        Console().print(table)


def _forget(options: argparse.Namespace, settings: Settings, words: Gettext) -> None:
    from dashboard.commands.forget import forgotten

    source = _built(settings, words)
    with last_step():
        result = forgotten(options, settings, source)
    left = [one.text(words) for one in result.pop("left")]
    _print(result | {"left": left} if options.json else result, options.json)
    for text in () if options.json else left:
        _say(text)
    if not options.yes:
        _say(words("只是列出，什么都没有删。核对以后加 --yes；碰巧相同的列用 --except 排除。"))


def _account(options: argparse.Namespace, settings: Settings, words: Gettext) -> None:
    from dashboard.commands.account import account

    result = account(options, settings)
    _print(result, options.json)
    if "password" in result:
        _say(words("这是一次性密码，只显示这一次：七天内登录，登录后先改密码。"))


def _audit(options: argparse.Namespace, settings: Settings, words: Gettext) -> int:
    from dashboard.commands.account import audited

    result = audited(options, settings)
    if result:
        _print(result, options.json)
    if result.get("ok") is False:
        _say(
            words("审计记录从第 {number} 条起对不上：它被改过、删过，或链头不在其中。").format(number=result["broken"])
        )
        return 1
    return 0


def _parser(words: Gettext, command: str | None = None) -> argparse.ArgumentParser:
    return parser_of(
        words,
        {
            "build": _build,
            "serve": _serve,
            "info": _info,
            "coverage": _coverage,
            "check": _check,
            "import": _import,
            "undo": _undo,
            "history": _history,
            "template": _template,
            "export": _export,
            "migrate": _migrate,
            "backup": _backup,
            "restore": _restore,
            "clear": _clear,
            "feedback": _feedback,
            "forget": _forget,
            "account": _account,
            "audit": _audit,
            "geocode": _geocode,
            "ground": _ground,
            "walk": _walk,
            "brief": _brief,
            "plan": _plan,
        },
        command,
    )


#: Commands that stand in the trail, and as what; what changes rows or accounts, the store and the accounts note.
_TOLD = {
    "export": "exported",
    "brief": "exported",
    "backup": "exported",
    "restore": "restored",
    "plan": "plan-asked",
}


def _note(command: str, options: argparse.Namespace, settings: Settings, words: Gettext) -> None:
    """Write a command that was done into the trail of deeds; where that cannot be, say so: done it is."""
    if command in _TOLD and not getattr(options, "check", False):
        try:
            of = {key: getattr(options, key, None) for key in ("table", "place", "personal")}
            audit.note(settings.home, _TOLD[command], what=f"command {command}", **of)
        except AtlasError as error:
            _say(error.text(words))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words: Gettext = str
    try:
        with ended_politely() as interrupted:
            catalogues = load_words()
            words = catalogues["zh"]
            try:
                settings = load_settings()
                words = catalogues[settings.language]
                given = sys.argv[1:] if arguments is None else list(arguments)
                options = _parser(words, given[0] if given else None).parse_args(given)
                code = options.run(options, settings, words) or 0
                sys.stdout.flush()
                _note(given[0], options, settings, words)
                if code and interrupted():
                    raise KeyboardInterrupt
                return code
            except AtlasError as error:
                if (
                    interrupted()
                ):  # a driver that Ctrl-C met in the middle of something says that the connection is gone
                    raise KeyboardInterrupt from error
                _say(error.text(words))
                return 1
            except (
                BrokenPipeError
            ):  # whoever read the result has heard enough (`… --json | head`); what was to be done is done
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                return 0
    except KeyboardInterrupt:
        _say(words("已取消。"))
        return 130


if __name__ == "__main__":
    code = main()
    for number in (signal.SIGINT, signal.SIGTERM):  # how it ended is settled: taking Python apart must not change it
        signal.signal(number, signal.SIG_IGN)
    sys.exit(code)
