"""A tour of one minute: what each part of a page is for, in a few steps."""

from __future__ import annotations

from dashboard.words import Words


def steps(path: str, words: Words) -> tuple[tuple[str, str, str], ...]:
    """Return the steps of the page at `path`: where (CSS selector), title, text.

    A step whose place is not shown is left out.
    """
    ways = (
        "#ways",
        words("页面之间"),
        words("每一页都带着现在的选择：在这里看到的地方、时间和条件，到别的页面仍是它们。"),
    )
    last = (
        "#help-open",
        words("需要时再来"),
        words("这里随时可以重看导览、查词语的意思、看键盘用法，也可以写一句反馈。"),
    )
    own = {
        "/": (
            (
                "#kpis",
                words("先看数字"),
                words("最多六个关键数字。旁边的标记说明来自报道、推算还是示意，下面一行说明是占什么的多少。"),
            ),
            (
                ".map-box",
                words("再看地图"),
                words("点一个地方逐级进入，从上方的路径返回。斜纹表示边界为示意。“列表”按钮把视野内的内容列成文字。"),
            ),
            (
                "#rail",
                words("提出条件"),
                words("选地点、时刻、设施和半径，地图、数字和图表一起回答。地址栏就是现在的视图，可以收藏或发给别人。"),
            ),
            (".charts", words("图表作答"), words("标题就是结论，副标题说明分母。点一根柱子即可进入它所代表的地方。")),
        ),
        "/stories": (
            (
                ".story-cards",
                words("八个专题"),
                words(
                    "每张卡片是报纸版面上的一篇报道：数字照报道的原样，带着“余”“近”“约”。点开看全文的数字、地图和图表。"
                ),
            ),
            (".story-nav", words("换一篇"), words("八篇之间在这里换，选择的地方和条件不变。")),
            (
                ".story-place",
                words("在地图上"),
                words("报道说到的地方；示意的点和线用空心与虚线，可以到总览里继续看。"),
            ),
            (
                ".facts",
                words("每个数字都有出处"),
                words("数字下的编号通向来源页：报道的原文口径、时期，以及图册里哪些行靠它。"),
            ),
        ),
        "/analysis": (
            (
                ".an-controls",
                words("问哪里、哪一段"),
                words("选地点、时段、类型和数据来源；再选一个对照地点，两地并排比较。"),
            ),
            (
                ".an-player",
                words("按月播放"),
                words("按播放键看活动逐月出现在地图上，也可以点一个月。柱子越高，那个月越多。"),
            ),
            (".an-calendar", words("按天看"), words("颜色越深活动越多，圆圈表示含报道。点一天，下面列出当天的活动。")),
            (".an-plans", words("对照计划"), words("逐月累计与报道的计划数比较；点线是按天平均，只作参照。")),
        ),
        "/sources": (
            (".sources-bar", words("先找"), words("按词查找报道的数字，或只看一篇报道。")),
            (
                ".sources-main .sources-part",
                words("报道的数字"),
                words("编号通向这个数字的出处、口径、时期和用到它的地方。"),
            ),
            (
                ".sources-main .sources-part:nth-of-type(2)",
                words("怎么算出来的"),
                words("推算的数字各有算法，点开能看到用了哪些行，并下载这些行。"),
            ),
        ),
        "/planning": (
            (".plan-rail", words("说明要什么"), words("选模型、新建个数或预算、服务半径和时刻。")),
            (".map-box, .map-column", words("看它选在哪里"), words("点备选点可以锁定或排除，拖动新址可以试别处。")),
            (
                ".plan-right",
                words("看它有多好"),
                words("间隙在求解时逐步收窄；只有证明了才写“已证明最优”。每个新址都说明为什么。"),
            ),
        ),
        "/briefing": (
            (".briefing-form", words("选版式"), words("一页、汇报、对比或地图；标题、导语和脚注可以改。")),
            (".briefing-preview", words("预览"), words("看到的就是做出来的样子，来源和标记都在。")),
        ),
        "/data": (
            (".data-tabs", words("四件事"), words("导入、历史、行、质量。每一步都可以撤销。")),
            (
                ".data-main",
                words("先检查再导入"),
                words("每个问题都说明在哪张表、哪一行、哪一列、怎么改；确认之前什么都不会变。"),
            ),
        ),
    }
    return (
        *own.get(path, (("main", words("这一页"), words("主要内容在这里；标题是结论，标记说明来源。")),)),
        ways,
        last,
    )
