"""What remarks say of opening, held against the hours and the status of a station.

A remark that the grammar of opening hours understands (周日休息, 节假日不开放) is taken into them: it stands beside the
hours as it would stand within their cell. One that speaks of opening and is not understood makes the hours unknown.
What is about something else (每周一补货, 卫生间装修中) stays a remark.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import repeat
from typing import Any

from geodata import personal
from geodata.errors import N_
from geodata.importing.hours import NotHours, read
from geodata.importing.hours.tokens import tokenize
from geodata.importing.hours_column import AS_WRITTEN, HOURS, MAX_KEPT, name_unknown
from geodata.importing.not_yet import is_not_yet
from geodata.importing.report import MAX_ROWS_NAMED, Problem, Report, shown
from geodata.importing.rows import Rows
from geodata.importing.together import is_ticked
from geodata.importing.values import NO, YES, names_of
from geodata.own_fields import PREFIX, values_of
from geodata.schema import OWN

_LABELS = re.compile(
    r"[备批]\s*注|说\s*明|情\s*况|现状|其[他它]|附注|^注|提示|须知|通知|公告|变[动更]|简介|介绍|"
    r"开放|营业|开门|运营|使用|投用|启用|建成|建设|完工|停用|关闭|拆除|撤销|休[息馆业]|闭[馆站园]|店休|公休|午休|24\s*(?:小时|h)|^第\d+列$|remark|note|comment|memo|descri|clos|open",
    re.IGNORECASE,
)
_DAYS_OF_REST = re.compile(
    r"(?:每周)?(?:固定)?(?:休息|休馆|闭馆|闭站|闭园|公休|店休|例休|停业|休业)(?:日|时间|日期|安排)?$"
)
_LUNCH = re.compile(r"(?:午休|午间休息|中午休息)(?:时间|时段)?$")
_WHETHER = re.compile(
    r"^(?:是否)?(?P<days>周末|双休日|休息日|工作日|(?:法定)?节假日|周[一二三四五六日天](?:[至到、和]周?[一二三四五六日天])?|"
    r"夜间|晚上|中午|午间|夏季|冬季|春节)?(?:期间)?(?:是否|有无|能否)?(?:正式|已经?|正常)?(?P<what>(?:对外)?(?:开放|营业|开门|运营|投用|投入使用|启用|使用|在用|建成|建设完成|完工)|休息|闭馆|停用|关闭|拆除|撤销)(?:情况)?$"
)
_ALWAYS = re.compile(r"(?:是否)?(?:全天候?)?24(?:小时|h)(?:开放|营业|服务|站点|驿站)?$", re.IGNORECASE)
_SHUT_WORDS = ("休息", "闭馆", "停用", "关闭", "拆除", "撤销")
_SENTENCES = re.compile(r"[。；;!！\n\r]+|(?<=[^0-9])\.(?=\s|$)")
_CLAUSES = re.compile(r"[,，]\s*")

_STATIONS = r"(?:工会|户外劳动者|爱心|服务)*(?:驿站|站点|服务站|点位|站)"
_IN_BRACKETS = re.compile(r"[(（]([^()（）]{2,20})[)）]")

_OURS = r"(?:本站|该站点?|我站|此站|全站|站点|驿站|服务站|工会驿站|爱心驿站|点位|这里|本驿站|该驿站)"
_REST_OF_PEOPLE = (
    r"(?:供|可|能|提供|用于|前来|进来|入内|进站|入站|到站|临时|短暂|歇脚|劳动者|工人|骑手|司机|快递员|外卖员|环卫[^,，]{0,3}|小哥|职工|群众|市民)"
    r"[^,，]{0,8}休息|休息(?:区|室|处|间|椅|座|点|场所|空间|设施|桌|平台|功能|驿站|亭|一下|片刻|等|、|和|,|，|歇)"
)
_CLOSING = (
    r"休息|休馆|休业|公休|店休|闭馆|闭站|闭园|关门|关闭|关停|停用|停业|停运|歇业|放假|打烊|锁门|上锁|除外|以外|"
    r"(?:停止|暂停)(?:对外)?(?:开放|营业|服务|运营|使用)|"
    r"(?:不|未|无法|不能|不予|不再)(?:对外)?(?:开放?|营业|服务|开门|上班|值班|开馆)|无人值守|"
    r"(?:not|isn't|never) open|clos(?:ed|es|ing)|except|shut"
)
_OPENING = (
    r"开放|营业|开门|开馆|[只仅]开|延时|延长|提前(?:关|闭|至|到|结束|[半\d一两](?!.*(?:预约|联系|申请|报名)))|open"
)
_WHEN = (
    r"周[一二三四五六日天末1-7]|每周|星期|礼拜|双休|休息日|公休日|节假|假日|节日|假期|[寒暑]假|放假|春节|过年|过节|国庆|五一|十一|元旦|清明|端午|"
    r"中秋|除夕|劳动节|[春夏秋冬](?:季|天|令|节)|[秋冬春夏]{2}|高温|\d+月|[一二三四五六七八九十]月|\d+[日号]|工作日|平[日时]|每[天日月]|全[年天]|常年|"
    r"上午|下午|中午|午间|午休|晚|夜|早|凌晨|\d[点时:：]|\d{1,2}[-至到~]\d|24小时|上班时间|下班|白天|雨天|下雨|恶劣天气|天气|"
    r"不定[期时]|预约|mon|tue|wed|thu|fri|sat|sun|week|holiday|winter|summer|night|daily"
)
#: A closing that needs no day to be one: the station is shut until further notice, or not there (any more, or yet).
_STATE = (
    r"(?:(?:停止|暂停)(?:对外)?(?:开放|营业|服务|运营|使用)|停用|停业|停运|停止|歇业|关闭|关停|关门|闭馆|闭站|封闭|撤销|撤站|撤除|取消|撤并|"
    r"拆除|拆迁|拆|搬离|搬走|搬迁|迁走|"
    r"(?:装修|维修|改造|翻新|修缮|整改|整修|施工|建设|筹建|升级改造|升级|检修)(?:中|期间)|(?:正在?|在)(?:装修|维修|改造|翻新|修缮|整改|整修|施工|升级改造)|"
    r"(?:未|尚未|还未|暂未|没有?|待)(?:对外)?(?:开放|启用|营业|投用|投入使用|建成|运营|开门)|不(?:再|对外|予)?(?:开放|营业|使用)|"
    r"拟建|待建|筹备|筹建|规划|(?:计划|预计)[^,，扩]{0,10}(?:建|开放|启用|投用)|无法(?:使用|开放|进入)|不能使用|在建|停建|暂不(?:对外)?(?:开放|营业|使用))"
)
#: What is said of a name with a line through it.
STRUCK = "划有删除线"
_STATES = re.compile(
    rf"{_OURS}?(?:内部|场地|整体|全面)?(?:[于自从]?(?:\d{{4}}年)?(?:\d{{1,2}}月)?(?:\d{{1,2}}[日号])?(?:起|开始|后)?)"
    rf"(?:(?:目前|现在|现|当前|近期|正|仍|一直|暂时?|临时|短期|长期|永久|全面|已经?|被|均|处于|状态|[因由][^,，]{{0,14}}?|于[^,，]{{0,14}}?)\s*)*"
    rf"{_STATE}(?:了|中|状态|之中|停用|关闭|撤站|期间|维修|装修|改造|使用|搬离|[，,、]?(?:恢复|重新)?(?:开放|营业|启用)?时间(?:另行通知|待定|未定|不详)|"
    rf"[至到][^,，]{{1,14}}|[(（].{{0,16}}[)）])*$"
    rf"|{STRUCK}$|temporarily closed|permanently closed|demolished|under (?:renovation|construction)",
    re.IGNORECASE,
)
#: A row above others that says how they stand; it has a mark of a heading, or no more than a state.
_OF_STATE = re.compile(
    rf"\s*(?:[(（]?(?:[一二三四五六七八九十]{{1,3}}|\d{{1,2}})[)）]?\s*[、.．)）]?\s*)?(?:以下|下列|附[:：]?|其中)?(?:均?[为是])?\s*"
    rf"(?:{_STATIONS})?(?:(?P<shut>(?:已经?|现|暂|待|正在)?(?:{_STATE}|[拟在待筹]建|[撤关停]))|"
    rf"(?P<open>(?:正常|已|现)?(?:对外)?(?:开放|营业|运营|运行|在用|使用|启用|建成)))(?:中|了)?的?"
    rf"(?:{_STATIONS})?(?:名单|部分|情况|名册|清单)?(?:如下)?\s*(?:[(（]?\s*共?\s*\d+\s*[个处家座]\s*[)）]?)?\s*[:：]?\s*"
)
_AGAIN = re.compile(
    r"(?:已|现|经)[^,，]{0,4}(?:恢复|重新|正常|完成|完毕|竣工|重开)|曾|恢复正常|(?:装修|改造|维修)(?:完|后|升级后)"
)
_GONE_NAME = re.compile(
    rf"[(（\[【]\s*(?:(?:已|暂)?{_STATE}(?:中|了)?|已?[撤关停])\s*[)）\]】]|[-—－]\s*(?:已|暂)?(?:{_STATE}|[撤关停])$|^~~.+~~$"
)
#: Words after which nobody can tell that a station is there, unless more of the clause is understood.
_IN_DOUBT = re.compile(
    r"停(?![车放靠水电留产])|撤|关[闭停门张]|闭[馆站园]|歇业|拆(?![分解])|搬[迁离走]|迁[出走离]|征用|占用|腾退|空置|闲置|荒废|废弃|挪作|移作|改作|移交|"
    r"暂缓|缓建|不再|不对外|取消|注销|合并|整顿|查封|封[闭控存]|无人(?:管理|看管|值守)|长期无人|挂牌未|(?:尚|还|仍)?未[建启投运开]|筹[建备]|拟|待[建开启]|规划|仅[春夏秋冬]"
)
#: Kept for those who work there: no station to others.
_OF_OWN = re.compile(
    r"(?:[仅只专][限对供为]?|限)(?:于|对|供)?(?:给|向)?(?:本|内部|该|我)(?:单位|公司|企业|厂|行|院|校|部门|系统|机关|集团|项目部|项目)?[^,，]{0,4}?"
    r"(?:职工|员工|人员|干部|使用|开放|进入)|(?:内部|单位|公司)(?:自用|使用)$|不对(?:社会|外人|外来人员|公众)(?:人员)?开放"
)
_NOT_AT_ALL = re.compile(
    r"(?:未曾?|没有?|无需|不用|从不|永不|不会|不得|请勿|不|勿)(?:再|被)?(?:停|撤|关|闭|歇|拆|搬|迁|占|取消|空置|闲置|合并)|"
    r"(?:取消|不再|无需|免)(?:收费|预约|登记|押金|刷卡|扫码|办卡)|迁[至到入](?:此|本|这|现)|由[^,，]{1,14}(?:合并|迁|改)|合并(?:了|后)"
)
_ELSE = re.compile(
    r"原址|原(?:驿?站点?|点位)|旧址|老站|旁边?|附近|对面|门口|隔壁|周边|楼上|楼下|卫生间|厕所|公厕|自助|atm|空调|暖气|饮水|热水|直饮|供水|供电|停水|停电|设备|机器|"
    r"充电|微波|冰箱|售货|食堂|餐厅|停车|车位|阀|门窗|灯|照明|电梯|道路|路口|地铁|公交|志愿|物业|补货|配送|"
    r"巡[检查]|保洁|消[毒杀]|清洁|打扫|电话|热线|客服|活动|课程|讲座|培训|义诊|义剪|理发|体检|法律|咨询|窗口|监控|网络|wifi|"
    r"快递柜|药箱|图书|书籍|淋浴|洗衣|母婴|会议室|停放|换电|车棚|台账|资料|联系人|负责人",
    re.IGNORECASE,
)
_OPENED = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)|建成|揭牌|挂牌|投入|启用|正式|率先|首批|已(?:对外)?开放$|试营业")
_SUBJECT = re.compile(rf"^[\s:：]*(?:注|备注|说明|注意|另外?|其中|但)?[:：]?\s*(?:{_OURS})?")
_NOBODY_KNOWS = re.compile(r"未知|不详|不明|不清楚?|不知道?|不确定|待[定核查补].{0,2}|[?？]+")
_EACH_DAY = re.compile(r"^(每[天日]|天天|全年|常年)((?:均|都|对外|免费)*(?:开放|营业))$")
_CLOSES, _OPENS, _TIMES = (re.compile(one, re.IGNORECASE) for one in (_CLOSING, _OPENING, _WHEN))
_PEOPLE = re.compile(_REST_OF_PEOPLE)
_ANY = re.compile(rf"{_CLOSING}|{_OPENING}|{_STATE}|{STRUCK}|renovat|construct|demolish|无休|不休", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Said:
    """What a remark says of opening.

    Attributes
    ----------
    parts : tuple of str
        Clauses and sentences that speak of days or hours of opening, as the grammar may read them beside the hours.
    shut : bool
        Whether it says that the station is shut until further notice, or not there.
    why : str
        The remark by which it is shut, where that is none of `parts`.
    always : bool or None
        Whether it is open round the clock, where that is asked; None where nothing says it.
    opens : bool
        Whether it answers the question that the column asks: the station is in use.
    """

    parts: tuple[str, ...] = ()
    shut: bool = False
    always: bool | None = None
    opens: bool = False
    why: str = ""

    @property
    def speaks(self) -> bool:
        """Whether it says anything."""
        return bool(self.parts) or self.shut or self.always is not None


def speaks_of_opening(text: str) -> bool:
    """Return whether a text may be about when a station opens, or whether it does."""
    return any(one.search(text) for one in (_ANY, _TIMES, _IN_DOUBT, _OF_OWN)) or is_not_yet(text, date.today())


def is_state(heading: str) -> bool:
    """Return whether a row that holds nothing else says how the stations under it stand: ``以下已停用：``."""
    return _OF_STATE.fullmatch(heading) is not None


def _shut_by(heading: str | None) -> bool:
    match = _OF_STATE.fullmatch(heading or "")
    return match is not None and match["shut"] is not None


def hold(rows: Rows) -> None:
    """Hold what remarks say against hours and status of stations, and tell what came of it."""
    own_columns = {name.removeprefix(PREFIX): name for name in rows.values if name.startswith(PREFIX)}
    remarks = [
        (label, iter(rows.values[name]))
        for label, name in own_columns.items()
        if _LABELS.search(label) and not personal.is_personal_label(label)
    ]
    statuses = [
        (code, iter(rows.values[name]))
        for label, name in own_columns.items()
        if (code := names_of("status").get(label.rpartition("·")[2]))
    ]
    nothing: Iterator[Any] = repeat(None)
    held, hours, kept = rows.column("status"), rows.values.get(HOURS), rows.values.get(AS_WRITTEN)
    cells = zip(held, rows.column("name"), rows.column(OWN), hours or nothing, kept or nothing)  # noqa: B905 - repeated
    told, ticked = _Told(), {}
    for at, (status, name, own, opening, written) in enumerate(cells):
        said = [_said(label, cell) for label, values in remarks if (cell := next(values)) is not None]
        ticks = {code for code, values in statuses if is_ticked(next(values) or "") is True}
        if own and _ANY.search(own):  # what the atlas keeps of a row whose file has no such column
            said += [
                _said(one, two) for one, two in values_of(own).items() if one not in own_columns and _LABELS.search(one)
            ]
        if opening is None and written:
            said.append(Said(shut=_said("", written).shut))
        opens = any(one.opens for one in said)
        said = [one for one in said if one.speaks]
        gone = bool(name and _GONE_NAME.search(name)) or opening == "off" or _shut_by(rows.headings.get(at))
        if at in rows.wrong:
            continue
        if ticks and status is None:
            ticked[at] = ticks.pop() if len(ticks) == 1 else "unknown"
        elif opens and status is None and not (gone or any(one.shut for one in said)):
            ticked[at] = "open"
            rows.said.add(("status", rows.sheets[at]))  # a blank beside such answers is none
        if not (said or gone):
            continue
        shut = gone or any(one.shut for one in said)
        if shut and (ticked.get(at) or status) is None:
            told.gone.append(at)
        elif shut and status == "open":
            told.against.append(at)
        if opening is None or opening == "off" or hours is None:
            continue
        told_by = [part for one in said for part in (*one.parts, one.why) if part]
        parts = [part for part in told_by if not personal.is_personal_value(part)]
        secret = len(parts) < len(told_by)
        always = {one.always for one in said} - {None}
        text, now = _together(written or opening, parts, shut=shut or secret or bool(always - {opening == "24/7"}))
        if now != opening:
            (told.unknown if now is None else told.taken).append(at)
            told.texts[at] = (opening, text, now)
            hours[at] = now
    for at in told.gone:
        held[at] = "unknown"
    for at, code in ticked.items():
        held[at] = code
    for at, (_, text, _) in told.texts.items():
        rows.column(AS_WRITTEN)[at] = text[:MAX_KEPT]
    told.tell(rows, rows.report)


def _together(hours: str, parts: list[str], *, shut: bool) -> tuple[str, str | None]:
    """Return hours and what is said beside them as one text, and what it means: None where nobody can tell."""
    if shut:
        return "；".join((hours, *parts)), None
    text, means = hours, _means(hours)
    for part in parts:
        ways = (f"{text}，{part}", f"{text}；{part}", f"{text}（{part}）")
        found = next(((one, two) for one in ways if (two := _means(one)) is not None), None)
        if found is None or means is None:
            return "；".join((hours, *parts)), None
        if found[1] != means:
            text, means = found
    return text, means


@lru_cache(maxsize=8192)
def _means(text: str) -> str | None:
    try:
        return read(text).hours
    except NotHours:
        return None


@lru_cache(maxsize=8192)
def _said(label: str, cell: Any) -> Said:
    """Return what a cell under a label says of opening."""
    label = re.sub(r"\s", "", unicodedata.normalize("NFKC", label))
    text = unicodedata.normalize("NFKC", "是" if cell is True else "否" if cell is False else str(cell)).strip()
    if (asked := _WHETHER.match(label)) and text.lower() in YES | NO:
        opens = (text.lower() in YES) == (asked["what"] not in _SHUT_WORDS)
        if not asked["days"]:
            return Said(shut=not opens, opens=opens)
        return Said((f"{asked['days']}{'照常开放' if opens else '不开放'}",))
    if asked and not asked["days"] and _NOBODY_KNOWS.fullmatch(text):
        return Said(shut=True)
    if _ALWAYS.match(label) and text.lower() in YES | NO:
        return Said(always=text.lower() in YES)
    if _DAYS_OF_REST.match(label):
        return Said() if text.lower() in NO else Said((f"休息：{text}" if not _CLOSES.search(text) else text,))
    if _LUNCH.match(label):
        return Said() if text.lower() in NO else Said((f"午休{text}" if re.match(r"\d", text) else text,))
    if not speaks_of_opening(text):
        return Said()
    parts: list[str] = []
    again, shut = _AGAIN.search(text) is not None, False
    for sentence in filter(None, map(str.strip, _SENTENCES.split(text))):
        clauses = [_SUBJECT.sub("", one) or one for one in map(str.strip, _CLAUSES.split(sentence)) if one]
        speaking = [_EACH_DAY.sub(r"\1照常\2", one) for one in clauses if _speaks(one)]
        whole = _SUBJECT.sub("", sentence)
        closed = any(map(_is_shut, (*clauses, *_IN_BRACKETS.findall(sentence))))
        if any(is_not_yet(one, date.today()) for one in clauses):
            return Said(shut=True, why=text)
        closed = closed or any(_is_in_doubt(one) for one in clauses if not (_speaks(one) and _CLOSES.search(one)))
        if (speaking or closed) and len(clauses) > 1 and _means(f"8:00-18:00，{whole}"):
            parts.append(whole)  # 冬季（11月至次年3月），不开放 is one thing said in two clauses
            continue
        parts += speaking
        shut = shut or (closed and not again)
    return Said(tuple(parts), shut, why=text if shut and not parts else "")


def _is_shut(clause: str) -> bool:
    return _STATES.match(clause) is not None


def _is_in_doubt(clause: str) -> bool:
    """Return whether a clause has words of closing that are about the station, for all that can be told."""
    if _OF_OWN.search(clause) and _ELSE.search(clause) is None:
        return True
    return _IN_DOUBT.search(clause) is not None and _ELSE.search(clause) is None and _NOT_AT_ALL.search(clause) is None


def _speaks(clause: str) -> bool:
    """Return whether a clause speaks of the days or hours on which the station opens."""
    people = _PEOPLE.sub("", clause)
    if not _TIMES.search(clause) or _ELSE.search(clause):
        return False
    if _CLOSES.search(people):
        return True
    if _OPENS.search(people):
        return not _OPENED.search(clause) and _is_first(clause)
    return _is_days(people)


def _is_days(clause: str) -> bool:
    """Return whether a clause is nothing but days, or a rest, in the words of the grammar: 周一至周五."""
    try:
        kinds = {one.kind for one in tokenize(re.sub("[只仅]?限", "", clause))}
    except NotHours:
        return False
    return bool(kinds & {"days", "word", "lunch", "except", "without"}) and not kinds & {"usual", "norest", "nolunch"}


def _is_first(text: str) -> bool:
    """Return whether nothing but words of time stands before the verb of opening: else it may be another's (银行)."""
    before = _OPENS.split(text, maxsplit=1)[0]
    bare = re.sub(
        rf"{_WHEN}|[\d\s:：\-至到~、和及或与(（)）仅只限在为的均可也都照正常对外免费按时实行第]",
        "",
        before,
        flags=re.IGNORECASE,
    )
    return len(bare) <= 2


class _Told:
    """What is to be told: positions of rows, and of rows whose hours changed hours, texts and hours now."""

    def __init__(self) -> None:
        self.gone: list[int] = []
        self.against: list[int] = []
        self.taken: list[int] = []
        self.unknown: list[int] = []
        self.texts: dict[int, tuple[str, str, str | None]] = {}

    def tell(self, rows: Rows, report: Report) -> None:
        for at, msgid, column, code in (
            (
                self.gone,
                N_(
                    "{count} 行没有写状态，名称、备注或小标题却写着未建成、已关闭、拆除、只供本单位、不详之类，"
                    "按“状态不明”处理：请加一列“状态”。"
                ),
                "status",
                "filled",
            ),
            (
                self.against,
                N_(
                    "{count} 行的状态是开放，名称、备注或小标题却写着未建成、已关闭、只供本单位之类："
                    "状态照所写，开放时间按不详处理，请核对。"
                ),
                "status",
                "order",
            ),
            (
                self.taken,
                N_("{count} 行的备注说到哪些时候开放，已并入开放时间，如“{text}”读作 {hours}：请核对。"),
                HOURS,
                "hours_remark",
            ),
            (
                self.unknown,
                N_(
                    "{count} 行的备注说到哪些时候不开放，与开放时间合不到一起，如“{text}”："
                    "按“开放时间不详”导入，原文照存。"
                ),
                HOURS,
                "hours",
            ),
        ):
            for group in rows.by_sheet(at):
                _, text, now = self.texts.get(group[0], ("", "", ""))
                report.warn(
                    Problem(
                        msgid,
                        {"count": len(group), "text": shown(text) or "", "hours": now or ""},
                        **rows.where(group[0], column),
                        rows=tuple(rows.numbers[one] for one in group[:MAX_ROWS_NAMED]),
                        value=shown(text) or None,
                        code=code,
                    )
                )
        name_unknown(rows, self.unknown)
