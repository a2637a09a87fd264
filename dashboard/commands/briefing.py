"""The options of ``brief``, apart from its work: other commands need not load the pages for them."""

from __future__ import annotations

from pathlib import Path

from dashboard.commands.parsing import Add
from dashboard.export.order import FORMATS, SCALES, THEMES
from dashboard.locale import Gettext

EACH = ("regions", "grids")


def add_parsers(add: Add, words: Gettext) -> None:
    """Add the command."""
    one = add("brief", words("把一个视图做成简报：PPTX、PDF、PNG 或 SVG"), with_json=True)
    one.add_argument("--query", default="", help=words("网址问号后面的部分，如 place=350203&from=2024-01-01"))
    one.add_argument("--against", default="", metavar="QUERY", help=words("对比模板的第二个视图"))
    one.add_argument("--format", required=True, choices=FORMATS, help=words("文件格式"))
    one.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help=words("写到哪个文件；与 --each 同用时是文件夹")
    )
    one.add_argument(
        "--template",
        default="one",
        metavar="one|map|compare|report|FILE.pptx",
        help=words("一页简报、只要地图、两地对比、A4 报告，或自带的 .pptx 模板"),
    )
    one.add_argument("--theme", choices=THEMES, help=words("浅色或深色；不给则随 --query 里的 theme，没有就是浅色"))
    one.add_argument("--scale", type=int, choices=SCALES, default=2, help=words("PNG 的倍数"))
    one.add_argument("--title", default="", help=words("自拟标题"))
    one.add_argument("--sentence", default="", help=words("自拟导语"))
    one.add_argument("--footnote", default="", help=words("另加脚注"))
    one.add_argument("--each", choices=EACH, help=words("每个区域或网格各做一份"))
    one.add_argument("--place", metavar="ADCODE", help=words("与 --each 同用：只做这个地方之内的"))
