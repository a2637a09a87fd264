"""The commands and their options, apart from their work: a command loads what it needs and no more."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from dashboard import __version__
from dashboard.locale import Gettext
from dashboard.settings import Settings
from layers.filters import DETOUR, WAYS

#: Gives the exit code, where it is another than 0.
Command = Callable[[argparse.Namespace, Settings, Gettext], int | None]
#: Adds the command of a name, with what it does in a line; gives the parser of its options.
Add = Callable[..., argparse.ArgumentParser]


def _add_build(add: Add, words: Gettext) -> None:
    build = add("build", words("生成地图数据"))
    build.add_argument("--force", action="store_true", help=words("即使已有数据也重新生成"))


def _add_serve(add: Add, words: Gettext) -> None:
    add("serve", words("启动网页服务"))


def _past(words: Gettext) -> str:
    return words("按过去某天（含当天，北京时间）的图册，如 2026-11-20")


def _add_info(add: Add, words: Gettext) -> None:
    one = add("info", words("列出地图数据的内容与合计"), with_json=True)
    one.add_argument("--as-of", metavar="DATE", help=_past(words))


def _radii(text: str) -> tuple[int, ...]:
    return tuple(int(one) for one in text.split(","))


def _add_coverage(add: Add, words: Gettext) -> None:
    cover = add("coverage", words("计算驿站覆盖率"), with_json=True)
    cover.add_argument(
        "--radius",
        type=_radii,
        metavar="M[,M…]",
        required=True,
        help=words("服务半径（步行路程，米）；配合 --by county 可给几个，以逗号隔开"),
    )
    cover.add_argument(
        "--by", choices=("county",), help=words("逐县区计算，一次算出 --at 那个星期几（默认周三）的 24 个整点")
    )
    cover.add_argument(
        "--out", type=Path, metavar="FILE.csv", help=words("配合 --by：各县区逐半径、逐小时写入这个 CSV 文件")
    )
    cover.add_argument(
        "--detour",
        type=float,
        help=words("绕行系数（步行路程 ÷ 直线距离，{low} 至 {high}）").format(low=DETOUR[0], high=DETOUR[1]),
    )
    cover.add_argument(
        "--way",
        choices=WAYS,
        help=words("走法：沿路网（network）或直线 × 绕行系数（straight）；默认有路网时沿路网"),
    )
    cover.add_argument("--at", help=words("时刻，如 2024-10-15T22:00；不给则不限"))
    cover.add_argument("--place", help=words("六位行政区划代码，默认全国"))
    cover.add_argument("--as-of", metavar="DATE", help=_past(words))


def _add_backup(add: Add, words: Gettext) -> None:
    one = add("backup", words("把整个图册备份成一个文件；不必停下服务"), with_json=True)
    one.add_argument("file", type=Path, metavar="FILE", help=words("备份文件；给文件夹则按时刻取名"))
    back = add("restore", words("用备份替换图册：完整核对以后才替换，要么全部要么不动"), with_json=True)
    back.add_argument("file", type=Path, metavar="FILE", help=words("backup 做成的文件"))
    back.add_argument("--check", action="store_true", help=words("只核对备份，不恢复"))


def _add_small(add: Add, words: Gettext) -> None:
    add("clear", words("清掉上传后没有导入的文件；正在导入的留着"), with_json=True)
    add("feedback", words("列出读者的反馈"), with_json=True)


def _of(module: str) -> Callable[[Add, Gettext], None]:
    """Return what adds the commands of a module of this folder, which is loaded only then."""
    return lambda *given: import_module(f"dashboard.commands.{module}").add_parsers(*given)


#: What adds which commands, in the order in which they are listed.
_COMMANDS: dict[Callable[[Add, Gettext], None], tuple[str, ...]] = {
    _add_build: ("build",),
    _add_serve: ("serve",),
    _add_info: ("info",),
    _add_coverage: ("coverage",),
    _of("importing"): ("check", "import", "undo", "history", "template"),
    _of("exporting"): ("export",),
    _of("migrate"): ("migrate",),
    _add_backup: ("backup", "restore"),
    _add_small: ("clear", "feedback"),
    _of("forget"): ("forget",),
    _of("account"): ("account", "audit"),
    _of("geocode"): ("geocode",),
    _of("ground"): ("ground", "walk"),
    _of("briefing"): ("brief",),
    _of("plan"): ("plan",),
}


def parser_of(words: Gettext, run: Mapping[str, Command], command: str | None = None) -> argparse.ArgumentParser:
    """Return the parser of all commands, or of those alone that come with `command`, where that is one.

    Parameters
    ----------
    words : callable
        Translates a template.
    run : mapping of str to callable
        Command → what does it, which becomes ``run`` of its options.
    command : str, optional
    """
    names = [name for some in _COMMANDS.values() for name in some]
    parser = argparse.ArgumentParser(prog="python -m dashboard", description=words("工会服务一张图"))
    parser.add_argument("--version", action="version", version=__version__)
    # a usage names all of them, also where some are left out
    listed = f"{{{','.join(names)}}}" if command in names else None
    commands = parser.add_subparsers(dest="command", required=True, metavar=listed)

    def add(name: str, help: str, with_json: bool = False) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=help, description=help)
        one.set_defaults(run=run[name])
        if with_json:
            one.add_argument("--json", action="store_true", help=words("以 JSON 输出"))
        return one

    for add_some, some in _COMMANDS.items():
        if command in some or command not in names:
            add_some(add, words)
    return parser
