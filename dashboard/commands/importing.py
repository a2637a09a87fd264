"""``check``, ``import``, ``undo``, ``history``, ``template``: a stranger's file into the atlas, and back out."""

from __future__ import annotations

import argparse
import getpass
import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from dashboard.commands.parsing import Add
from dashboard.locale import Gettext
from geodata.errors import N_, AtlasError
from geodata.importing.check import Checked, check_file
from geodata.importing.effect import effect
from geodata.importing.marked import write_marked
from geodata.importing.report import Report
from geodata.importing.template import write_template
from geodata.in_parts import taken
from geodata.kinds import TABLE, of_frame
from geodata.schema import TABLES
from geodata.store import open_store
from geodata.store.base import WritableStore
from geodata.store.batch import Batch

SHOWN = 40


def add_table(one: argparse.ArgumentParser, words: Gettext) -> None:
    """Add the option that names a table."""
    one.add_argument(
        "--table",
        required=True,
        choices=list(TABLES),
        metavar="TABLE",
        help=words("表名：{names}").format(names=", ".join(TABLES)),
    )


def add_parsers(add: Add, words: Gettext) -> None:
    """Add the commands."""
    for name, help in (
        ("check", words("核对要导入的文件，不改动图册")),
        ("import", words("核对并导入文件：有错误的行留下并列出，其余的整批生效")),
    ):
        one = add(name, help, with_json=True)
        one.add_argument(
            "file",
            type=Path,
            metavar="FILE",
            help=words("表格（.xlsx、.xls、.ods、.csv …）或地图文件（GeoJSON、GeoPackage、KML、压缩的 Shapefile …）"),
        )
        add_table(one, words)
        one.add_argument(
            "--crs",
            help=words("文件的坐标系：wgs84、gcj02、bd09、cgcs2000、EPSG:4548 之类；file 表示以文件自己的声明为准"),
        )
        one.add_argument(
            "--map", action="append", default=[], metavar="HEADER=COLUMN", help=words("手工对应表头和列，可多次")
        )
        one.add_argument("--place", help=words("没有写县区的行归到哪里：六位行政区划代码或名称，如 350203"))
        one.add_argument(
            "--same",
            type=Path,
            metavar="ANSWERS.json",
            help=words(
                "对“是不是同一个”的回答：check --json 给出的 unsure，每项加上 same（图册里的编号，另一个写 null）"
            ),
        )
        one.add_argument("--another", action="store_true", help=words("没有回答的都是另一个，作为新的一行导入"))
        one.add_argument("--marked", type=Path, metavar="OUT.xlsx", help=words("另存一份标出问题的工作簿"))
    one.add_argument("--strict", action="store_true", help=words("有一处错误就整个文件都不导入"))
    one.add_argument("--author", help=words("导入人，默认为系统用户名"))
    undo = add("undo", words("撤销一个批次，恢复到导入之前"), with_json=True)
    undo.add_argument("batch_id", metavar="BATCH_ID", help=words("批次编号，见 history"))
    undo.add_argument("--author", help=words("撤销人，默认为系统用户名"))
    add("history", words("列出所有导入批次"), with_json=True)
    template = add("template", words("生成填报模板"), with_json=True)
    add_table(template, words)
    template.add_argument("--out", type=Path, required=True, metavar="F.xlsx", help=words("写到哪个文件"))


def checked(options: argparse.Namespace, store: WritableStore, words: Gettext) -> Checked:
    """Check the file of the options, showing progress on stderr; write the marked workbook when asked.

    Raises
    ------
    AtlasError
        An option holds a value that cannot be used.
    """
    mapping = {}
    for pair in options.map:
        header, equals, column = pair.rpartition("=")
        known = {one.name for one in TABLES[options.table].columns} | {
            "lon",
            "lat",
            "lonlat",
            "x",
            "y",
            "wkt",
            "crs",
            "",
        }
        if not equals or column not in known:
            raise AtlasError(
                N_("表头对应“{got}”不可用：请写成 表头=列名，列名是 {expected} 之一。"),
                got=pair,
                expected=", ".join(sorted(known - {""})),
            )
        mapping[header] = column
    with _bar() as bar:
        task = bar.add_task("", total=1.0)
        found = check_file(
            options.file,
            options.table,
            store,
            options.crs,
            mapping,
            lambda done, message: bar.update(task, completed=done, description=words(message)),
            same=_answers(options.same) if options.same else {},
            another=options.another,
            place=options.place,
        )
    if options.marked:
        write_marked(options.file, found.report, options.marked, words)
    return found


def _answers(path: Path) -> dict[tuple[str | None, int], str | None]:
    """Return the answers of a file: (sheet, row) → key of the row that it is,
    None for another; what has no ``same`` is none.

    Raises
    ------
    AtlasError
        When the file cannot be read as what ``check --json`` gives.
    """
    try:
        found = json.loads(path.read_text("utf-8-sig"))
        listed = found["unsure"] if isinstance(found, dict) else found
        answers = {(one.get("sheet"), int(one["row"])): one["same"] for one in listed if "same" in one}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise AtlasError(
            N_("回答的文件 {path} 读不懂：请用 check --json 给出的 unsure，给每项加上 same（编号或 null）。"), path=path
        ) from error
    if not all(said is None or isinstance(said, str) for said in answers.values()):
        raise AtlasError(
            N_("回答的文件 {path} 读不懂：请用 check --json 给出的 unsure，给每项加上 same（编号或 null）。"), path=path
        )
    return answers


def usable(report: Report, strict: bool) -> bool:
    """Return whether rows may be brought in: all of them, or,
    unless `strict`, those without an error where there are any.
    """
    return report.ok or (report.accepted > 0 and not strict)


def foreseen(found: Checked, table: str, store: WritableStore) -> dict[str, Any]:
    """Return what bringing the accepted rows in would do: counts, and at most 300 rows before and after."""
    plan = effect(store, table, found.frame if found.report.accepted else taken(found.frame, []))
    return {
        "added": plan.added,
        "changed": plan.changed,
        "unchanged": plan.unchanged,
        "retired": sum(plan.retired.values()),
        "changes": plan.changes,
    }


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=Console(stderr=True), transient=True
    )


def imported(found: Checked, options: argparse.Namespace, store: WritableStore, words: Gettext) -> Batch:
    """Apply the accepted rows and return the batch."""
    with _bar() as bar:
        bar.add_task(words("正在写入图册"), total=None)  # one transaction: it has no share done, only an end
        return store.apply(
            options.table,
            found.frame,
            author=options.author or user(),
            file=found.file_name,
            file_hash=found.file_hash,
            crs=found.report.crs,
        )


def undone(options: argparse.Namespace, store: WritableStore) -> dict[str, Any]:
    """Undo the batch of the options and return it."""
    return store.undo(options.batch_id, options.author or user()).as_dict() | {
        "data_version": store.meta()["data_version"]
    }


def keep_batches(home: Path, url: str | None = None) -> None:
    """Refuse to go on when the atlas of `home` or `url` holds imports that building it anew would drop.

    Raises
    ------
    AtlasError
        Says how many batches stand.
    """
    try:
        standing = [batch for batch in open_store(home, url).history() if not batch.undone_at]
    except AtlasError:
        return  # what cannot be opened holds nothing that could be kept
    if standing:
        raise AtlasError(
            N_("图册里有 {count} 个导入的批次，重新生成会全部丢掉：请先用 export 导出，再逐个 undo。"),
            count=len(standing),
        )


def template(options: argparse.Namespace, store: WritableStore, lang: str = "zh") -> dict[str, Any]:
    """Write the template of the options, with headers in `lang` and the kinds of activity that `store` has."""
    kinds = of_frame(store.read(TABLE)) if options.table == "activities" else None
    return {"table": options.table, "path": str(write_template(options.table, options.out, kinds, lang))}


def user() -> str:
    """Return the name of whoever runs this, as far as the system knows it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "?"


def show_report(report: Report, words: Gettext) -> None:
    """Print a report for people on stdout."""
    console = Console()
    if report.taken_for:
        console.print(report.taken(words), markup=False)
    console.print(
        words("共 {rows} 行，可用 {accepted} 行；错误 {errors} 处，提醒 {warnings} 处。").format(
            rows=report.rows, accepted=report.accepted, errors=len(report.errors), warnings=len(report.warnings)
        ),
        markup=False,
    )
    for title, problems in ((words("错误（{count}）"), report.errors), (words("提醒（{count}）"), report.warnings)):
        if not problems:
            continue
        table = Table(title=title.format(count=len(problems)), title_justify="left")
        for header in (words("工作表"), words("行"), words("列"), words("内容"), words("说明")):
            table.add_column(header, overflow="fold")
        for one in problems[:SHOWN]:
            table.add_row(*(_safe(text) for text in (one.sheet, one.row, one.column, one.value, one.text(words))))
        console.print(table)
        if len(problems) > SHOWN:
            console.print(
                words("另有 {more} 处，加 --json 或 --marked 查看全部。").format(more=len(problems) - SHOWN),
                markup=False,
            )


def show_history(batches: list[dict[str, Any]], words: Gettext) -> None:
    """Print the batches for people on stdout."""
    table = Table()
    table.add_column(words("批次"), no_wrap=True)
    for header in (
        words("时间（UTC）"),
        words("导入人"),
        words("表"),
        words("文件"),
        words("新增"),
        words("更改"),
        words("退出的示意行"),
        words("已撤销"),
    ):
        table.add_column(header, overflow="fold")
    for one in batches:
        table.add_row(
            *(
                _safe(text)
                for text in (
                    one["batch_id"],
                    one["time"][:19],
                    one["author"],
                    one["table"],
                    one["file"],
                    one["added"],
                    one["changed"],
                    one["retired"],
                    (one["undone_at"] or "")[:19],
                )
            )
        )
    Console().print(table)


def _safe(value: Any) -> str:
    return "" if value is None else str(value).replace("[", "\\[")
