"""A tour of one minute: what each part of a page is for, in a few steps."""

from __future__ import annotations

from dashboard.words import Words


def steps(path: str, words: Words) -> tuple[tuple[str, str, str], ...]:
    """Return the steps of the page at `path`: where (CSS selector), title, text. A step whose place is not shown is left out."""
    ways = ("#ways", words("页面之间"), words("每一页都带着现在的选择：在这里看到的地方、时间和条件，到别的页面仍是它们。"))
    last = ("#help-open", words("需要时再来"), words("这里随时可以重看导览、查词语的意思、看键盘用法，也可以写一句反馈。"))
    own = {
        "/": (
            ("#kpis", words("先看数字"), words("最多六个关键数字。旁边的标记说明来自报道、推算还是示意，下面一行说明是占什么的多少。")),
            (".map-box", words("再看地图"), words("点一个地方逐级进入，从上方的路径返回。斜纹表示边界为示意。“列表”按钮把视野内的内容列成文字。")),
            ("#rail", words("提出条件"), words("选地点、时刻、设施和半径，地图、数字和图表一起回答。地址栏就是现在的视图，可以收藏或发给别人。")),
            (".charts", words("图表作答"), words("标题就是结论，副标题说明分母。点一根柱子即可进入它所代表的地方。")),
        ),
        "/planning": (
            (".plan-rail", words("说明要什么"), words("选模型、新建个数或预算、服务半径和时刻。")),
            (".map-box, .map-column", words("看它选在哪里"), words("点备选点可以锁定或排除，拖动新址可以试别处。")),
            (".plan-right", words("看它有多好"), words("间隙在求解时逐步收窄；只有证明了才写“已证明最优”。每个新址都说明为什么。")),
        ),
        "/briefing": (
            (".briefing-form", words("选版式"), words("一页、汇报、对比或地图；标题、导语和脚注可以改。")),
            (".briefing-preview", words("预览"), words("看到的就是做出来的样子，来源和标记都在。")),
        ),
        "/data": (
            (".data-tabs", words("四件事"), words("导入、历史、行、质量。每一步都可以撤销。")),
            (".data-main", words("先检查再导入"), words("每个问题都说明在哪张表、哪一行、哪一列、怎么改；确认之前什么都不会变。")),
        ),
    }
    return (*own.get(path, (("main", words("这一页"), words("主要内容在这里；标题是结论，标记说明来源。")),)), ways, last)
