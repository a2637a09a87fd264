"""The generated reference of the docs: settings, commands, data dictionary, in both languages.

``python -m tests.reference`` writes ``docs/reference/*.md`` from the code and from the csv files beside them, which
say what code cannot; ``tests/test_docs.py`` fails when the pages are stale or a meaning is missing.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from dashboard.__main__ import _parser
from dashboard.access.doors import KINDS, NAMED, deeds, doors
from dashboard.access.reader import ROLES, Reader
from dashboard.locale import load_words
from dashboard.settings import CODE, Settings
from geodata.codes import labels
from geodata.schema import TABLES, Column

FOLDER = CODE / "docs" / "reference"
LANGUAGES = ("zh", "en")
HEADS = {
    "roles": {"zh": ("角色与权限", ""), "en": ("Roles", "")},
    "settings": {"zh": ("设置", "变量 | 默认 | 含义"), "en": ("Settings", "variable | default | meaning")},
    "commands": {"zh": ("命令", "选项 | 含义"), "en": ("Commands", "option | meaning")},
    "tables": {
        "zh": ("数据字典", "列 | 表头 | 类型 | 单位 | 可空 | 含义与取值"),
        "en": ("Data dictionary", "column | header | type | unit | may be missing | meaning and values"),
    },
}
DOOR_KINDS = {
    "zh": {"route": "地址", "callback": "页面上的动作", "job": "后台任务", "command": "命令"},
    "en": {"route": "addresses", "callback": "what pages do", "job": "work in the background", "command": "commands"},
}
ROLE_NOTES = {
    "zh": [
        "账号有一个角色和若干负责的地方（不给为全国）。“负责的地方”：只能改、只能取出那里的行，“数据行”也只列那里的行。",
        "**看不按地方限制**：登录的人都能看各处的合计、图表和地图，连同地图、查找、清单、来源页、补位置和质量报告里一行行的名称、地址和位置，",
        "还有别人保存的方案。“自己的”：自己开始的任务、上传、预览和简报，别人的就像不存在；保存的方案只有保存的人和数据管理员能改、能删，",
        "只有保存的人和负责那个地方的人能取成文件。表里没有的门，谁也不能过。",
        "同一个地址，谁看到的数字都一样，按角色不同的只有三样。自有项目里的个人信息（姓名、电话、证件号）、",
        "职工不到 5 人的企业的准确位置（别人看到约 200 米的格子）：数据管理员以上，在数据行和来源的行里。",
        "谁导入、谁撤销、改了哪些行：数据管理员以上。谁存的方案：选址员以上。自己做的自己看得到。",
        "驿站、招聘会、活动等公开场所，谁都看得到准确位置；[为什么](../decisions/0028-small-counts.md)。",
        "不登录时（只有本机能打开、只有示例数据或还没有账号，或 `ATLAS_SIGN_IN=off`）坐在机器前的人等于系统管理员。",
    ],
    "en": [
        "An account has one role and places (the whole country where none is given). *Their places*: only rows",
        "of these may be changed and taken out, and the table of rows lists these alone. **Looking is not limited by",
        "place**: whoever signed in sees totals, charts and maps of every place, and with them names, addresses and",
        "points of single rows on maps, in search, lists, the sources page, the list of rows without a point and the",
        "quality report; the plans that others kept too. *Their own*: work, uploads, previews and briefs that they",
        "began; those of others are as if they were not there. A plan that was kept is changed and deleted by who kept",
        "it and by data keepers, and taken as a file by who kept it and whose place it is of. What is not in the",
        "register is shut. At one address figures are the same for everybody; three things differ by role. What",
        "own fields say of persons (names, telephone, identity numbers), and the exact point of an enterprise of",
        "fewer than five (others see its cell, some 200 m): data keepers and up, in the table of rows and the rows",
        "of a trail. Who brought in or undid a batch, and which rows it changed: data keepers and up. Who kept a",
        "plan: planners and up; one's own is told to oneself. Stations, fairs, activities and other public places",
        "are told exactly to everybody ([why](../decisions/0028-small-counts.md)). Where nobody signs in (only",
        "this machine reaches the atlas, and it holds the sample alone or there is no account, or",
        "`ATLAS_SIGN_IN=off`) who sits at the machine is as an administrator.",
    ],
}
MADE = {
    "zh": "由 `python -m tests.reference` 从代码生成，不手工改。",
    "en": "Made from the code by `python -m tests.reference`; not edited by hand.",
}
TYPES = {
    "zh": {"str": "文字", "set": "多个代码", "int": "整数", "float": "数", "bool": "是或否", "date": "日期"},
    "en": {
        "str": "text",
        "set": "several codes",
        "int": "whole number",
        "float": "number",
        "bool": "yes or no",
        "date": "date",
    },
}
MOST_VALUES = 40


@cache
def texts(name: str) -> list[dict[str, str]]:
    """Return the rows of a csv file beside the pages."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def column_meanings() -> dict[tuple[str, str], dict[str, str]]:
    return {(row["table"], row["column"]): row for row in texts("columns.csv")}


def meaning(table: str, column: str, lang: str) -> str:
    """Return what a column means; empty when nobody said."""
    said = column_meanings()
    row = said.get((table, column)) or said.get(("*", column)) or {}
    return row.get(lang, "")


def table_meaning(table: str, lang: str) -> str:
    return next((row[lang] for row in texts("tables.csv") if row["table"] == table), "")


def setting_meaning(name: str, lang: str) -> str:
    return next((row[lang] for row in texts("settings.csv") if row["setting"] == name), "")


def commands(lang: str) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Yield every command with its parser, in the words of `lang`."""
    parser = _parser(load_words()[lang])
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.items()


def options(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    """Yield what may be given to a command, and what its help says."""
    for action in parser._actions:
        if not isinstance(action, argparse._HelpAction):
            yield ", ".join(action.option_strings) or str(action.metavar or action.dest), action.help or ""


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _head(lang: str, page: str) -> list[str]:
    count = HEADS[page][lang][1].count("|") + 1
    return ["| " + HEADS[page][lang][1] + " |", "|" + "---|" * count]


def settings_page(lang: str) -> list[str]:
    lines = _head(lang, "settings")
    for name, field in Settings.model_fields.items():
        default = ".atlas" if name == "home" else "" if field.default is None else str(field.default)
        lines.append(_row(f"`ATLAS_{name.upper()}`", f"`{default}`" if default else "", setting_meaning(name, lang)))
    return lines


def commands_page(lang: str) -> list[str]:
    lines: list[str] = []
    for name, parser in commands(lang):
        lines += ["", f"## {name}", "", parser.description or "", ""]
        listed = list(options(parser))
        if listed:
            lines += _head(lang, "commands") + [_row(f"`{one}`", text) for one, text in listed]
    return lines


def _values(column: Column, lang: str) -> str:
    if not column.allowed:
        return ""
    vocabulary = next((names for names in _vocabularies(lang) if set(column.allowed) <= set(names)), {})
    listed = [f"`{code}` {vocabulary.get(code, '')}".strip() for code in column.allowed[:MOST_VALUES]]
    return ("：" if lang == "zh" else ": ") + ("、" if lang == "zh" else ", ").join(listed)


@cache
def _vocabularies(lang: str) -> tuple[dict[str, str], ...]:
    with (CODE / "geodata" / "codes.csv").open(encoding="utf-8", newline="") as file:
        names = dict.fromkeys(row["vocab"] for row in csv.DictReader(file))
    return tuple(labels(vocab, lang) for vocab in ("activity_kind", *names))


def tables_page(lang: str) -> list[str]:
    lines: list[str] = []
    units = labels("unit", lang)
    for name, table in TABLES.items():
        title = table.zh if lang == "zh" else table.en
        geometry = (
            ""
            if not table.geometry
            else f"（图形 {table.geometry}，WGS-84）"
            if lang == "zh"
            else f" (geometry: {table.geometry}, WGS-84)"
        )
        lines += ["", f"## {name} · {title}", "", table_meaning(name, lang) + geometry, "", *_head(lang, "tables")]
        for column in table.columns:
            missing = ("是" if lang == "zh" else "yes") if column.nullable else ""
            key = f"**`{column.name}`**" if column.name == table.key else f"`{column.name}`"
            lines.append(
                _row(
                    key,
                    column.zh if lang == "zh" else column.en,
                    TYPES[lang][column.dtype],
                    units.get(column.unit, column.unit),
                    missing,
                    meaning(name, column.name, lang) + _values(column, lang),
                )
            )
    return lines


ALLOWED = {
    "zh": {"": "可以", "own": "自己的", "places": "负责的地方", "no": "不可以"},
    "en": {"": "yes", "own": "their own", "places": "their places", "no": "no"},
}


def roles_page(lang: str) -> list[str]:
    """Return what each role may, and under it the doors of each deed."""
    names = [load_words()[lang](NAMED[role]) for role in ROLES]
    lines = [*ROLE_NOTES[lang], "", _row("", *names), "|" + "---|" * (len(names) + 1)]
    for deed in deeds().values():
        cells = [ALLOWED[lang][deed.bound if Reader("x", role).may(deed.least) else "no"] for role in ROLES]
        lines.append(_row(deed.zh if lang == "zh" else deed.en, *cells))
    for deed in deeds().values():
        lines += ["", f"## {deed.zh if lang == 'zh' else deed.en}", ""]
        for kind in KINDS:
            found = [f"`{door}`" for (of, door), one in doors().items() if of == kind and one is deed]
            if found:
                lines.append(f"- {DOOR_KINDS[lang][kind]}: " + " ".join(found))
    return lines


PAGES = {"roles": roles_page, "settings": settings_page, "commands": commands_page, "tables": tables_page}


def pages() -> dict[Path, str]:
    """Return path → text of every generated page."""
    return {
        FOLDER / f"{page}.{lang}.md": "\n".join(
            [f"# {HEADS[page][lang][0]}", "", MADE[lang], "", *write(lang)]
        ).rstrip()
        + "\n"
        for page, write in PAGES.items()
        for lang in LANGUAGES
    }


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
