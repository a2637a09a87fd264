"""The words of the trade, explained once: for tooltips, the help dialog and the documentation."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.words import Words


@dataclass(frozen=True, slots=True)
class Term:
    """One word: its `key`, its `name` in the reader's language, and what it means in a sentence or two."""

    key: str
    name: str
    text: str


def glossary(words: Words) -> tuple[Term, ...]:
    """Return every word, in the order in which a reader meets them."""
    return (
        Term(
            "nominal",
            words("名义覆盖"),
            words("有一个开放的驿站在服务半径之内就算覆盖，不问此刻是否开门、进不进得去。"),
        ),
        Term(
            "effective",
            words("有效覆盖"),
            words(
                "在名义覆盖之上，驿站还须此时开放、不凭应用也能进入、有所选设施并在期限内巡检过。与名义覆盖之差就是还能改进的地方。"
            ),
        ),
        Term(
            "radius",
            words("服务半径"),
            words("人们愿意走到驿站的路程，是一种选择，不是常数：常用 300、500、1000 米。路程等于半径也算覆盖。"),
        ),
        Term("detour", words("绕行系数"), words("步行路程 ÷ 直线距离。没有路网时用它把直线折算成路程，默认 1.3。")),
        Term(
            "weighted",
            words("加权"),
            words("按需求权重计算，人多的地方算得多；未加权则每个需求点算一份。两者都给出，并写明分母。"),
        ),
        Term("demand", words("需求点"), words("可能需要驿站的人所在的位置；思明的需求由公开兴趣点推算。")),
        Term("candidate", words("备选点"), words("可以建新驿站的位置。求解只在备选点中选址，可以锁定或排除。")),
        Term("proved", words("已证明最优"), words("算法已排除更好的方案；未证明时会写明间隙。")),
        Term("gap", words("间隙"), words("已找到的方案与理论上限之差的比例：间隙 2 % 表示最多还能好 2 %。")),
        Term("reported", words("报道"), words("有出处的数字，照原文保留“余”“近”等限定。")),
        Term("derived", words("推算"), words("由公开数据或已有数据计算而来，写明方法。")),
        Term("illustrative", words("示意"), words("为演示而编，以斜纹或虚线画出；导入真实数据后消失，不可引用。")),
        Term("mixed", words("混合（含示意）"), words("报道与示意数据并存，不应合并引用。")),
        Term(
            "mclp",
            words("覆盖最多的需求"),
            words("最大覆盖模型（MCLP）：站数或经费给定，选址让服务半径内的需求权重最多。"),
        ),
        Term("lscp", words("全部覆盖，站点最少"), words("集合覆盖模型（LSCP）：每个需求点都在服务半径内，站数最少。")),
        Term("pmedian", words("平均最近"), words("p-中位模型：站数给定，让需求加权的平均步行路程最短。")),
        Term("pcenter", words("最远者最近"), words("p-中心模型：站数给定，让走得最远的人少走路。")),
        Term("bound", words("上下界"), words("任何方案都越不过的值，由松弛模型算出；目前最好与它之差就是间隙。")),
        Term(
            "two_step",
            words("两步移动搜索法"),
            words("2SFCA：先把每个驿站分给半径内的需求，再把每处够得到的份额相加；大则服务充足。"),
        ),
        Term("gini", words("基尼系数"), words("不均等的程度：0 为人人一样，1 为全归一处。")),
        Term("twice", words("至少两站可达"), words("服务半径内有两个以上驿站：一个关门，还有另一个。")),
        Term("fixed", words("固定分级"), words("分级界限事先定好，换筛选、换时间都不变，同一个值总是同一种颜色。")),
        Term("quantiles", words("分位数分级"), words("按大小排队分成个数相近的几级，只比高低，不看数值。")),
        Term("visits", words("人次"), words("参加的次数：一个人来三次算三人次；与“人”不能相加。")),
        Term(
            "region", words("产改区域"), words("推进产业工人队伍建设改革的工作区域；可以是地方、园区，也可以是行业。")
        ),
        Term("grid", words("产改网格"), words("区域之下的工作单元，一组企业归一个网格；地图上的网格边界为示意。")),
    )
