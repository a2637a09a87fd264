"""Parser of opening hours: tokens → statements, each of the days it names and of what it says of them.

A statement opens, closes, takes a rest out, closes half a day, or says that days are as others. Brackets hold
statements about the one before them; 除…外, …除外 and 不含… are closings wherever they stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from geodata.hours import LAST_DAYS
from geodata.importing.hours.clock import Clock, Raw
from geodata.importing.hours.tokens import NotHours, Token

YEAR = tuple(100 * month + day for month in range(1, 13) for day in range(1, LAST_DAYS[month - 1] + 1))
QUALIFIERS = ("days", "word", "nth", "dates", "season", "holiday", "fixed", "lunar")
VALUES = ("span", "always", "off", "suspended", "usual", "extend", "shorten", "notice", "offday", "lunch")
NOISE = ("filler", "open", "nolunch", "norest", "colon", "join", "usual", "always", "span", "area")
KIND_OF = {"days": "days", "word": "days", "nth": "days", "dates": "dates", "season": "dates"}


@dataclass(slots=True)
class Qualifier:
    """Days that a text names: kind of token, its meaning, the segment it stands in, whether 、 or 及 joins it."""

    kind: str
    value: Any
    segment: int
    joined: bool

    @property
    def of(self) -> str:
        """What it narrows: ``days``, ``dates``, or a holiday by its kind."""
        return KIND_OF.get(self.kind, self.kind)


@dataclass(slots=True)
class Statement:
    """One thing that a text says.

    Attributes
    ----------
    kind : str
        ``open``, ``off``, ``rest``, ``half``, ``usual``, ``extend``, ``notice`` (hours that are told later), ``gap``
        (a rest at noon without its hours); empty while only days have been read.
    qualifiers : list of Qualifier
    raws : list of (Raw, int)
        Spans as written, with their segments.
    always : bool
        Round the clock.
    owner : Statement or None
        The statement that brackets around this one belong to, or that a rest is taken out of.
    others : bool
        About all days that no other statement names.
    behind : bool
        Whether its days stand behind its hours; no more hours are taken then.
    segment, part : int
        Number of the segment (between commas) of its value, of the part (between semicolons) it stands in.
    """

    kind: str = ""
    qualifiers: list[Qualifier] = field(default_factory=list)
    raws: list[tuple[Raw, int]] = field(default_factory=list)
    always: bool = False
    half: str = ""
    at: Clock | None = None
    shorter: bool = False
    owner: Statement | None = None
    others: bool = False
    behind: bool = False
    opened: bool = False
    segment: int = -1
    part: int = 0
    exempt: bool = False

    def has(self, of: str) -> bool:
        """Return whether it names days or dates."""
        return any(one.of == of for one in self.qualifiers)

    @property
    def empty(self) -> bool:
        """Whether nothing has been read of it."""
        return not (self.kind or self.qualifiers or self.others or self.half)


@dataclass(slots=True)
class Tree:
    """What a text says: statements in its order, days that it excepts, days left without a value (in brackets).

    Last entries (16:30停止入场) change no hours; they have to lie in them.
    """

    statements: list[Statement] = field(default_factory=list)
    excepted: list[Qualifier] = field(default_factory=list)
    left: list[Qualifier] = field(default_factory=list)
    entries: list[Clock] = field(default_factory=list)


Node = Token | list[Any]


def parse(tokens: Sequence[Token]) -> Tree:
    """Return what a text says.

    Raises
    ------
    NotHours
        When its words do not come together to statements.
    """
    nodes, rest = _nested(list(tokens), 0, "")
    if rest:
        raise NotHours(")")
    tree = _Scope().read(nodes)
    if tree.left:
        last = tree.statements[-1] if tree.statements else None
        if last is None or last.kind != "open" or last.behind or any(last.has(one.of) for one in tree.left):
            raise NotHours("")
        last.qualifiers += tree.left
    return tree


def _nested(tokens: list[Token], at: int, until: str) -> tuple[list[Node], int]:
    found: list[Node] = []
    while at < len(tokens):
        token = tokens[at]
        if token.kind == "open(":
            inner, at = _nested(tokens, at + 1, "close)")
            if at < 0:
                raise NotHours(token.text)
            found.append(inner)
            continue
        if token.kind == "close)":
            return found, (at + 1 if until else 1)
        found.append(token)
        at += 1
    return found, (-1 if until else 0)


def _without_areas(nodes: list[Node]) -> list[Node]:
    """Leave out segments about a part of the place that has hours of its own (自助服务区):
    they say nothing of the rest.
    """
    segments: list[list[Node]] = [[]]
    for node in nodes:
        if isinstance(node, Token) and node.kind in ("comma", "break"):
            segments.append([node])
        else:
            segments[-1].append(node)
    kept = []
    for segment in segments:
        kinds = {"(" if isinstance(one, list) else one.kind for one in segment} - {"comma", "break"}
        if "area" not in kinds:
            kept += segment
        elif not kinds <= set(NOISE):
            raise NotHours("自助")
    return kept


class _Scope:
    """Reads the text, or the inside of one pair of brackets."""

    def __init__(self, parent: Statement | None = None) -> None:
        self.tree, self.parent = Tree(), parent
        self.now = Statement()
        self.segment = self.part = 0
        self.mode, self.collected, self.joined, self.excepting = "", [], False, False
        self.only = False  # whether the text says 仅 or 只
        self.given = False  # whether days were handed to the hours in the brackets behind them

    def read(self, nodes: list[Node]) -> Tree:
        nodes = _without_areas(nodes)
        for at, node in enumerate(nodes):
            if isinstance(node, list):
                self._bracket(node)
            elif node.kind in ("comma", "break"):
                self._end_segment()
                self.part += node.kind == "break"
            elif node.kind in QUALIFIERS:
                self._qualifier(node, _rest_of_segment(nodes, at))
            else:
                self._word(node, _rest_of_segment(nodes, at))
            self.joined = isinstance(node, Token) and node.kind == "join"
        self._end_segment()
        if self.mode in ("lunch", "offday"):
            self._push(Statement("gap") if self.mode == "lunch" else None)
        if self.now.kind or self.now.opened:
            if not self.now.kind and (self.only or self.now.has("days") or self.now.has("dates")):
                raise NotHours("")  # 9:00-17:00，周末开放: on weekends too, or alone?
            self.now.kind = self.now.kind or "usual"
            self._push()
        elif not self.now.empty:
            if self.now.others or self.now.half:
                raise NotHours("")
            self.tree.left = self.now.qualifiers
        return self.tree

    # -- words ------------------------------------------------------------------

    def _word(self, token: Token, ahead: list[str]) -> None:
        kind = token.kind
        self.only = self.only or "仅" in token.text or "只" in token.text
        if kind == "span":
            self._span(token.value, ahead)
        elif kind == "always":
            self._always()
        elif kind == "off":
            self._off(ahead)
        elif kind == "offday":
            if self.now.qualifiers and not self.now.kind and not set(ahead) & {*QUALIFIERS, "span"}:
                self._off(ahead)  # 周一为闭馆日
            else:
                self._label("offday")
        elif kind == "lunch":
            if any(segment == self.segment for _, segment in self.now.raws) and "span" not in ahead:
                self._off(ahead)  # 12:00-14:00午休
            else:
                self.mode = "lunch"
        elif kind == "suspended":
            if any(segment == self.segment for _, segment in self.now.raws):
                self._off(ahead)  # 8:00-20:00，12:00-13:00暂停服务
                return
            if self.now.kind:
                self._push()
            self._listed()
            self.now.kind = "off"
            self._push()
        elif kind in ("usual", "norest"):
            if (
                self.now.qualifiers
                and not self.now.kind
                and (kind == "usual" or "无休" in token.text)
                and "span" not in ahead
                and "always" not in ahead
            ):
                self._listed()
                if self.only:
                    raise NotHours(token.text)
                self.now.kind = "usual"
                self._push()
        elif kind in ("extend", "shorten"):
            if self.now.kind == "open" and self.now.segment != self.segment and not self.now.behind:
                self._push()  # 8:00-20:00，延长至22:00（7-9月）
            if self.now.kind:
                raise NotHours(token.text)
            self._listed()
            self.now.kind, self.now.at, self.now.shorter = "extend", token.value, kind == "shorten"
            self._push()
        elif kind == "notice":
            self._notice(token)
        elif kind == "entry":
            if self.mode or self.now.half or self.now.others or (self.now.qualifiers and not self.now.kind):
                raise NotHours(token.text)
            if token.value is not None:
                self.tree.entries.append(token.value)
        elif kind == "half":
            if self.joined:
                raise NotHours(token.text)  # 周末及夜间休息
            if self.now.kind:
                self._push()
            self.now.half = token.value
        elif kind == "others":
            if self.now.kind:
                self._push()
            if self.now.qualifiers:
                raise NotHours(token.text)  # 仅工作日开放，其余时间关闭，9:00-17:00
            self.now.others = True
        elif kind == "open":
            self.now.opened = self.now.opened or bool(self.now.qualifiers and not self.now.kind)
        elif kind == "without":
            self._without()
        elif kind in ("except", "not", "with"):
            if self.mode:
                raise NotHours(token.text)
            self.mode = kind
        elif kind == "outside":
            if self.mode != "except" or not self.collected:
                raise NotHours(token.text)
            self._collected_end()
            self.excepting = True
        elif kind == "area":
            raise NotHours(token.text)

    def _notice(self, token: Token) -> None:
        """Take what is told later: the hours of public holidays may be, those of other days leave the text unknown."""
        now = self.now
        if self.mode or now.half or now.others:
            raise NotHours(token.text)
        if now.qualifiers and not now.kind:
            if not all(one.kind in ("holiday", "lunar") for one in now.qualifiers):
                raise NotHours(token.text)
            now.kind = "notice"
            self._push()
        elif "为准" not in token.text and not token.text.startswith(("如", "若", "遇")):
            raise NotHours(token.text)

    def _qualifier(self, token: Token, ahead: list[str]) -> None:
        one = Qualifier(token.kind, token.value, self.segment, self.joined)
        if self.mode in ("except", "not", "with", "offday"):
            self.collected.append(one)
            return
        now = self.now
        if now.kind:
            words = [one for one in ahead if one in QUALIFIERS or one in VALUES]
            paired = not words or words[-1] in QUALIFIERS  # 9:00-17:00 周一至周五 9:00-12:00 周六
            behind = now.segment == self.segment and (not now.qualifiers or now.behind) and paired
            if behind:
                now.behind = True
            else:
                self._push()
        elif now.opened and now.qualifiers[-1].segment != self.segment:
            raise NotHours(token.text)  # 周末开放，周三休息
        self.now.qualifiers.append(one)

    def _span(self, raw: Raw, ahead: Sequence[str] = ()) -> None:
        if self.mode in ("lunch", "offday"):
            owner = self.now if self.now.kind == "open" else None
            if self.mode == "offday" and self.collected:
                raise NotHours("")
            one = Statement(
                "rest", raws=[(raw, self.segment)], owner=owner if owner and owner.segment == self.segment else None
            )
            if self.mode == "lunch" and self.now.qualifiers and not self.now.kind:
                if self.parent is None and not any(two.kind == "open" for two in self.tree.statements):
                    raise NotHours("")  # 夏季午休12:00-15:00，8:00-18:00: are the hours those of summer too?
                one.qualifiers, self.now = self.now.qualifiers, Statement(part=self.part)
            one.part = self.part
            self.tree.statements.append(one)
            self.mode = ""
            return
        if self.mode in ("except", "not", "with"):
            raise NotHours("")
        if self.now.kind == "open" and (self.now.behind or (self.now.always and "off" in ahead)):
            self._push()
        if self.now.always or self.now.half:
            raise NotHours("")
        self._begins()
        if not self.now.kind:
            self.now.kind, self.now.part = "open", self.part
        self.now.raws.append((raw, self.segment))
        self.now.segment = self.segment

    def _always(self) -> None:
        if self.now.raws or self.mode or self.now.half:
            raise NotHours("24")
        self._begins()
        self.now.kind, self.now.always, self.now.segment, self.now.part = "open", True, self.segment, self.part

    def _listed(self) -> None:
        """Refuse days across commas that need not be one list:
        周一至周五，节假日休息 closes the holidays, or all of them.
        """
        if len({one.segment for one in self.now.qualifiers}) > 1 and not all(
            one.kind in ("holiday", "fixed", "lunar") or (one.kind in ("days", "word") and len(one.value) <= 2)
            for one in self.now.qualifiers
        ):
            raise NotHours("")

    def _begins(self) -> None:
        """Refuse hours after days that could as well belong to the hours before them: 9:00-17:00，周一，14:00-18:00."""
        if self.given and not (self.now.kind or self.now.qualifiers or self.now.others):
            raise NotHours("(")
        if self.now.kind or not self.now.qualifiers or self.now.qualifiers[-1].segment == self.segment:
            return
        if self.now.opened and not (self.now.has("days") or self.now.has("dates")):
            raise NotHours("")  # 国庆开放，9:00-17:00
        last = self.tree.statements[-1] if self.tree.statements else None
        if last is not None and last.kind == "open" and not last.qualifiers and not last.others:
            raise NotHours("")

    def _off(self, ahead: list[str]) -> None:
        now = self.now
        here = [one for one in now.raws if one[1] == self.segment]
        if self.excepting and not now.qualifiers and not here:
            raise NotHours("")  # 除周三外均休息
        if self.mode:
            raise NotHours("")
        if now.half and not now.kind:
            now.kind = "half"
            if not now.qualifiers or len({one.segment for one in now.qualifiers}) > 1:
                raise NotHours(now.half)
            self._push()
        elif here:
            self._rest(here)
        elif now.qualifiers and not now.kind:
            self._listed()
            now.kind = "off"
            now.segment = self.segment
            self._push()
        elif now.others and not now.kind:
            self.now = Statement(part=self.part)  # 其余时间休息: what no statement names is closed anyway
        elif now.behind or now.kind or set(ahead) & {*QUALIFIERS, "span"}:
            if now.behind or now.segment == self.segment or not set(ahead) & {*QUALIFIERS, "span"}:
                raise NotHours("")
            if not now.empty:
                self._push()
            self._label("offday")  # 休息：周一; 休息12:00-13:00
        else:
            raise NotHours("")

    def _rest(self, here: list[tuple[Raw, int]]) -> None:
        now = self.now
        if now.behind or now.always:
            raise NotHours("")
        if len(here) == len(now.raws) and any(one.segment != self.segment for one in now.qualifiers):
            raise NotHours("")  # 周一至周五，12:00-14:00休息，9:00-17:00
        if len(here) == len(now.raws) == 1:
            now.kind = "rest"
            self._push()
            return
        if len(here) == len(now.raws):
            here = here[-1:]  # 8:30-17:30 12:00-14:00休息
            owner = now
        else:
            owner = None
        now.raws = now.raws[: len(now.raws) - len(here)]
        self.tree.statements.append(Statement("rest", raws=here, owner=owner, part=self.part))

    def _label(self, mode: str) -> None:
        if self.mode:
            raise NotHours("")
        if self.now.kind:
            self._push()
        self.mode = mode

    def _without(self) -> None:
        if self.mode:
            raise NotHours("除外")
        mine = self.now.qualifiers
        taken: list[Qualifier] = []
        while mine and mine[-1].segment == self.segment and (not taken or taken[-1].joined):
            taken.append(mine.pop())
        if not taken:
            raise NotHours("除外")
        before = mine[-1] if mine else None
        if before is not None and before.of == "days" and taken[-1].of == "days" and before.segment == self.segment:
            if before.kind == "nth" or not taken[-1].value < before.value:
                raise NotHours("除外")
        elif before is not None and before.segment == self.segment and before.kind in ("holiday", "fixed", "lunar"):
            raise NotHours("除外")  # 五一、十一 春节除外
        elif (
            (self.now.behind or not self.now.kind)
            and before is not None
            and before.kind in ("days", "word")
            and before.value <= {5, 6}
        ):
            raise NotHours("除外")  # 周六，周日，节假日除外: all three, or the last?
        self.now.behind = self.now.behind and bool(mine)
        self._except(taken)

    def _except(self, taken: list[Qualifier]) -> None:
        last = self.tree.statements[-1] if self.tree.statements and not self.now.kind else None
        last = self.parent if last is None and self.now.empty and self.parent is not None else last
        if last is not None and last.kind in ("off", "half"):  # 周一闭馆（节假日除外）
            if any(one.of in ("days", "dates") for one in taken):
                raise NotHours("除外")
            last.exempt = True
            return
        self.tree.excepted += taken

    def _collected_end(self) -> None:
        taken, mode = self.collected, self.mode
        self.collected, self.mode = [], ""
        if mode in ("except", "not"):
            self._except(taken)
        elif mode == "with":
            self.tree.statements.append(Statement("usual", taken, part=self.part))
        elif mode == "offday":
            self.tree.statements.append(Statement("off", taken, part=self.part))

    def _end_segment(self) -> None:
        if self.mode in ("except", "not", "with") and not self.collected:
            raise NotHours("")
        if self.collected:
            self._collected_end()
        self.segment += 1
        self.excepting = False

    def _push(self, one: Statement | None = None) -> None:
        if one is None:
            one, self.now = self.now, Statement(part=self.part)
            if not one.kind:
                raise NotHours("")
            if one.kind != "open":
                one.part = self.part
        self.tree.statements.append(one)

    # -- brackets -----------------------------------------------------------------

    def _bracket(self, nodes: list[Node]) -> None:
        owner = self.now
        if owner.empty and self.tree.statements:
            owner = self.tree.statements[-1]
        if self.mode in ("except", "not", "with"):
            raise NotHours("(")
        if self.mode in ("lunch", "offday"):  # 午休(12:00-14:00)
            for node in nodes:
                if isinstance(node, list) or node.kind not in ("span", *QUALIFIERS, "filler"):
                    raise NotHours("(")
                if node.kind == "span":
                    self._span(node.value)
                elif node.kind in QUALIFIERS:
                    self._qualifier(node, [])
            return
        inner = _Scope(owner).read(nodes)
        self.tree.excepted += inner.excepted
        self.tree.entries += inner.entries
        if inner.left:
            self._left(owner, inner.left)
        for one in inner.statements:
            if one.kind == "open" and not one.qualifiers and not one.others:
                if owner.kind or not owner.qualifiers:
                    raise NotHours("(")
                owner.kind, owner.raws, owner.always = "open", one.raws, one.always
                owner.segment, owner.part = self.segment, self.part
                continue
            if (
                one.kind == "open" and owner.qualifiers and not owner.kind
            ):  # 周一至周五（夏季8:00-18:00；冬季8:30-17:30）
                if one.others or any(one.has(two.of) or two.of not in ("days", "dates") for two in owner.qualifiers):
                    raise NotHours("(")
                one.qualifiers, one.owner, self.given = [*owner.qualifiers, *one.qualifiers], None, True
            elif one.kind in ("rest", "extend", "open", "half") and one.owner is None:
                one.owner = owner
            one.part = self.part
            one.segment = self.segment if one.kind == "off" else one.segment
            self.tree.statements.append(one)
        if self.given and owner is self.now and not owner.kind:
            self.now = Statement(part=self.part)

    def _left(self, owner: Statement, left: list[Qualifier]) -> None:
        """Take days in brackets: 夏季（5月1日至9月30日）, 工作日（周一至周五）, 9:00-17:00（周一至周五）."""
        for one in left:
            same = [two for two in owner.qualifiers if two.of == one.of]
            if owner.kind and owner.kind != "open" and (owner.kind != "extend" or same):
                raise NotHours("(")
            if one.of == "days" and same:
                if (
                    one.kind == "nth"
                    or any(two.kind == "nth" for two in same)
                    or any(two.value != one.value for two in same)
                ):
                    raise NotHours("(")
                continue
            if one.of == "dates" and same and {one.kind, same[-1].kind} != {"season", "dates"}:
                raise NotHours("(")
            one.segment = self.segment
            owner.qualifiers.append(one)
        if owner.kind:
            owner.behind = True


def _rest_of_segment(nodes: list[Node], at: int) -> list[str]:
    found = []
    for node in nodes[at + 1 :]:
        if isinstance(node, list):
            continue
        if node.kind in ("comma", "break"):
            break
        found.append(node.kind)
    return found
