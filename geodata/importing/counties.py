"""Which county a row lies in: by what is written, the sheet, the position, the address, the title or the file's name.

Whatever is not written in so many words is told, grouped and with its rows; where nothing says it, the row is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePath
from typing import Any

import numpy as np
import shapely

from geodata.errors import N_, AtlasError
from geodata.importing.ground import Ground
from geodata.importing.headers import Layout
from geodata.importing.place_names import PlaceNames
from geodata.importing.points import Shapes
from geodata.importing.report import MAX_ROWS_NAMED, Problem, shown
from geodata.importing.rows import Rows
from geodata.importing.sheets import Sheet
from geodata.importing.values import is_blank

CITY_TABLES = ("fairs",)
EXPECTED = N_("六位行政区划代码")
NAMED_PLACES = 5  # in one message
HINTS = 3  # lines above a header in which a place is looked for
_MUNICIPALITIES = ("11", "12", "31", "50")  # 北京, 天津, 上海, 重庆: cities whose districts lie in the province itself
_SAID_BY = {
    "above": N_("{count} 行没有写县区，表里县区只写在每一组的第一行，已按上面写的定为{places}。"),
    "heading": N_("{count} 行没有写县区，已按它们上面的小标题定为{places}。"),
    "sheet": N_("{count} 行没有写县区，已按工作表名定为{places}。"),
    "address": N_("{count} 行没有写县区，已按地址开头定为{places}。"),
    "stated": N_("{count} 行没有写县区，已按您指定的定为{places}。"),
    "title": N_("{count} 行没有写县区，已按表格标题定为{places}。"),
    "street": N_("{count} 行没有写县区，已按街道所在定为{places}：请核对。"),
    "file": N_("{count} 行没有写县区，已按文件名定为{places}：请核对。"),
    "alike": N_("{count} 行写的县区有同名，已按上一级或本文件其他行所在的城市定为{places}：请核对。"),
    "city": N_("{count} 行只看得出在{places}，看不出哪个县区，已归到全市；按县区查看时不会计入：请补上县区。"),
}
_WITH_STREET = re.compile(r"[^、,，;；/和及与]+(?:街道|镇|乡|社区|村)")  # 思明区筼筜街道, and one of them


def hints_of(sheet: Sheet, layout: Layout) -> tuple[str, ...]:
    """Return the texts that stand over the rows of a sheet: what the file calls it, and titles above the header."""
    said = (sheet.title, *layout.above[:HINTS])
    return tuple(one for one in said if one)


def place_of(said: str | None, ground: Ground) -> str | None:
    """Return the adcode of a place that somebody names by its code or name.

    Raises
    ------
    AtlasError
        When there is no such place, or more than one.
    """
    if said is None or said in ground.adcodes:
        return said
    codes = ground.codes_of(said)
    if len(codes) != 1:
        raise AtlasError(N_("没有或不止一个叫“{got}”的地方：请写六位行政区划代码。"), got=said)
    return codes[0]


def not_one_place(rows: Rows, at: int, column: str, name: str, codes: Sequence[str]) -> Problem:
    """Return what to tell of a cell that names several places, of `codes`, or none."""
    msgid = N_("没有代码或名称为“{name}”的地方：请写六位行政区划代码。")
    params: dict[str, Any] = {"name": shown(name)}
    if codes:
        msgid = N_("“{name}”有 {count} 处同名：请连同上一级写，如 {full}，或写六位行政区划代码，如 {code}。")
        params |= {"count": len(codes), "full": rows.ground.full_name(codes[0]), "code": codes[0]}
    where = rows.where(at, column)
    return Problem(msgid, params, **where, value=shown(name), expected_msgid=EXPECTED, code="adcode")


def resolve(
    rows: Rows,
    shapes: Shapes,
    file_name: str,
    place: str | None = None,
) -> None:
    """Fill ``adcode`` of `rows` in place, tell every guess, and refuse the rows of which nothing says where they are.

    Parameters
    ----------
    rows : Rows
        With ``hints`` (see :func:`hints_of`) and, in ``raw``, further columns ``county``, ``city`` and ``province``.
    shapes : ndarray of object, or PackedPoints
        Geometry of each row, WGS-84, or None.
    file_name : str
        Its name may name the place, as a last resort.
    place : str, optional
        Adcode of the place of the rows that do not say: somebody answered the question.
    """
    column = next((one for one in rows.schema.columns if one.name == "adcode"), None)
    if column is None or rows.schema.key == "adcode" or (column.nullable and "adcode" not in rows.values):
        return
    _Finder(rows, shapes, file_name, place).run(not column.nullable)


class _Finder:
    def __init__(self, rows: Rows, shapes: Shapes, file_name: str, place: str | None) -> None:
        self.rows, self.shapes, self.schema, self.ground = rows, shapes, rows.schema, rows.ground
        self.names = PlaceNames(self.ground)
        self.file_name, self.place = PurePath(file_name).stem, place
        self.held = rows.column("adcode")
        self.unclear: dict[int, tuple[str, tuple[str, ...]]] = {}  # row → name, and the places that it may be
        self.told: dict[str, list[int]] = {}
        self.strange: list[tuple[int, str]] = []
        self.ends = set(self.ground.adcodes) - {one for one in self.ground.parents.values() if one}
        self.left: set[int] = set()

    def run(self, needed: bool) -> None:
        """Take one source after another, the surest first."""
        self._stated()
        unsaid = self.left - self.unclear.keys()
        if needed or self.left:
            self._known_rows()
            self._by_heading()
            self._by_sheet()
            self._by_point(needed)
            self._by_address()
            self._by_above(unsaid)
            self._by_file()
            self._alike()
            self._street()
            self._city()
        self._tell()
        for at in sorted(self.left):
            if needed or at in self.unclear:
                self._refuse(at)

    def _cell(self, name: str, at: int) -> str | None:
        cells = self.rows.raw.get(name)
        return None if cells is None or is_blank(cells[at]) else str(cells[at]).strip()

    def _set(self, at: int, code: str, source: str | None) -> None:
        if self.schema.name in CITY_TABLES and self.ground.levels.get(code) == "county" and source != "written":
            code = self.ground.parents.get(code) or code
        self.held[at] = code
        self.left.discard(at)
        name, codes = self.unclear.pop(at, ("", ()))
        if name and not codes:
            self.strange.append((at, name))
        if source not in (None, "written"):
            self.told.setdefault(source, []).append(at)

    def _wide(self, at: int) -> tuple[str, ...]:
        """Return what the columns of the row say of its city, else of its province."""
        for name in ("city", "province"):
            said = self._cell(name, at)
            if said and (codes := tuple(self.ground.codes_of(said))):
                return codes
        return ()

    def _stated(self) -> None:
        """Turn names under the column itself into codes."""
        known = self.ground.adcodes
        second = self.rows.raw.get("county")
        for at, said in enumerate(self.held):
            if at in self.rows.wrong or (said in known and said is not None):
                continue
            written = [one for one in (said, self._cell("county", at) if second else None) if one]
            self.held[at] = None
            for one in written:
                codes = (one,) if one in known else tuple(self.ground.codes_of(one))
                if not codes and _WITH_STREET.fullmatch(one):
                    codes = self._leaves(self.names.leading(one))
                if len(codes) > 1:
                    codes = self._nearer(at, codes)
                if len(codes) == 1:
                    self._set(at, codes[0], "written")
                    break
                if at not in self.unclear or codes:
                    self.unclear[at] = (one, codes)
            else:
                self.left.add(at)

    def _nearer(self, at: int, codes: tuple[str, ...]) -> tuple[str, ...]:
        """Return which of several places of one name the row means, by its position, its other columns, its address."""
        if self.shapes[at] is not None and self.shapes[at].geom_type == "Point":
            codes = tuple(self.ground.around(list(codes), self.shapes[at])) or codes
        if len(codes) > 1 and (wide := self._wide(at)):
            codes = self.names.chosen(codes, wide) or codes
        if len(codes) > 1 and (said := self._address(at)):
            codes = self.names.chosen(codes, self._upwards(self.names.leading(said))) or codes
        return codes

    def _upwards(self, codes: Iterable[str]) -> tuple[str, ...]:
        """Return places as what tells others apart: a county by its city."""
        levels, parents = self.ground.levels, self.ground.parents
        return tuple(parents.get(one) or one if levels.get(one) == "county" else one for one in codes)

    def _address(self, at: int) -> str | None:
        values = self.rows.values.get("address")
        return values[at] if values else None

    def _known_rows(self) -> None:
        """Leave rows to the atlas that it has by their key, unless the file says where they lie."""
        keys = self.rows.values.get(self.schema.key)
        if not self.left or not keys or not any(keys):
            return
        known = self.ground.ids(self.schema.name)
        clear = self.left - self.unclear.keys()
        self.left -= {one for one in clear if keys[one] in known and self.shapes[one] is None}

    def _by_heading(self) -> None:
        groups: dict[str, list[int]] = {}
        for at in sorted(self.left):
            if at in self.rows.headings:
                groups.setdefault(self.rows.headings[at], []).append(at)
        for text, group in groups.items():
            self._by_text(group, self.names.named_in(text), "heading")

    def _by_sheet(self) -> None:
        for group in self.rows.by_sheet(sorted(self.left)):
            name = self.rows.sheets[group[0]]
            if not name:
                continue
            codes = tuple(self.ground.codes_of(name)) or self.names.named_in(name)
            self._by_text(group, codes, "sheet")

    def _by_point(self, needed: bool) -> None:
        if self.schema.geometry != "point":
            return
        # a name that several places bear was held against the point already: it lies in none of them
        clear = (one for one in sorted(self.left) if not self.unclear.get(one, ("", ()))[1])
        at = np.array([one for one in clear if self.shapes[one] is not None], int)
        if not len(at):
            return
        xy = shapely.get_coordinates(self.shapes[at])
        for one, code, (lon, lat) in zip(at.tolist(), self.ground.counties_of(*xy.T), xy, strict=True):
            if code is not None:
                self._set(one, code, "point")
            elif needed and one not in self.unclear and not self._leads(one):
                self.left.discard(one)
                self.rows.refuse(
                    one,
                    Problem(
                        N_(
                            "没有写行政区划，坐标（{lon}, {lat}）又不在任何县区之内："
                            "请核对坐标和坐标系，或写上行政区划。"
                        ),
                        {"lon": f"{lon:.6g}", "lat": f"{lat:.6g}"},
                        **self.rows.where(one, "adcode"),
                        expected_msgid=EXPECTED,
                        code="position",
                    ),
                )

    def _leads(self, at: int) -> tuple[str, ...]:
        said = self._address(at)
        return self.names.leading(said) if said else ()

    def _by_address(self) -> None:
        for at in sorted(self.left):
            codes, written = self._leaves(self._leads(at)), self.unclear.get(at, ("", ()))[1]
            codes = tuple(one for one in codes if one in written) if written else codes
            if len(codes) > 1:
                codes = self._nearer(at, codes)
            if len(codes) == 1:
                self._set(at, codes[0], "address")
            elif codes and at not in self.unclear:
                self.unclear[at] = (self.ground.adcodes[codes[0]], codes)

    def _by_above(self, unsaid: set[int]) -> None:
        """Take the county of the row above where the column is written in the first row of each group alone.

        So a table of merged cells looks once it is a text: no county stands in two rows one after another, and at least
        half of the rows have none (`unsaid`).
        """
        if not self.left or "adcode" not in self.rows.headers or len(unsaid) * 2 < len(self.held):
            return
        above: tuple[str | None, str | None] = (None, None)  # sheet and county
        found: dict[int, str] = {}
        for at, sheet in enumerate(self.rows.sheets):
            if at not in unsaid:
                if (sheet, self.held[at]) == above and at - 1 not in unsaid:
                    return
                above = (sheet, self.held[at])
            elif at in self.left and above[0] == sheet and above[1] and not self._leads(at):
                found[at] = above[1]
        for at, code in found.items():
            self._set(at, code, "above")

    def _leaves(self, codes: Iterable[str]) -> tuple[str, ...]:
        """Return those places that a row can lie in to the county: counties, and cities without any."""
        return tuple(one for one in codes if one in self.ends)

    def _by_file(self) -> None:
        """Take what somebody said of the whole file, what stands above the header, and the file's name."""
        if self.place:
            self._by_text(sorted(self.left), (self.place,), "stated", county=False)
        for group in self.rows.by_sheet(sorted(self.left)):
            for text in self.rows.hints.get(self.rows.sheets[group[0]], ()):
                self._by_text([one for one in group if one in self.left], self.names.named_in(text), "title")
        self._by_text(sorted(self.left), self.names.named_in(self.file_name), "file")

    def _by_text(self, group: list[int], codes: tuple[str, ...], source: str, *, county: bool = True) -> None:
        """Put rows where a text says that they lie, where it names one county and no other."""
        codes = self._leaves(codes) if county else codes
        if len(codes) > 1:
            wide, several = self._cities(), codes
            codes = self.names.chosen(codes, wide) if len(wide) == 1 else ()
            if len(codes) != 1 and len({self.ground.adcodes[one] for one in several}) == 1:
                for at in group:  # 鼓楼区, of which there are several: the other rows may tell
                    self.unclear.setdefault(at, (self.ground.adcodes[several[0]], several))
        if len(codes) != 1:
            return
        for at in group:
            # what the row says itself of its city or its county goes before what stands over it
            said = (*self._wide(at), *self._leads(at), *self.unclear.get(at, ("", ()))[1])
            if at not in self.rows.wrong and (not said or self.names.chosen(codes, said)):
                self._set(at, codes[0], source)

    def _cities(self) -> tuple[str, ...]:
        """Return the cities that the file's titles and name, and the rows whose place is known, lie in."""
        texts = [one for texts in self.rows.hints.values() for one in texts]
        texts += [one for one in dict.fromkeys(self.rows.sheets) if one]
        named = [code for text in (*texts, self.file_name) for code in self._cities_of(self.names.named_in(text))]
        held = {code for code in self.held if code in self.ground.levels}
        return tuple(dict.fromkeys([*named, *self._cities_of(held)]))

    def _cities_of(self, codes: Iterable[str]) -> set[str]:
        parents, levels, found = self.ground.parents, self.ground.levels, set()
        for code in codes:
            up: str | None = code
            if levels.get(code) == "county":
                up = parents.get(code)
            if up and (levels.get(up) == "city" or levels.get(code) == "county" or up[:2] in _MUNICIPALITIES):
                found.add(up)
        return found

    def _alike(self) -> None:
        """Choose among places of one name the one in the city of all other rows."""
        waiting = [at for at in sorted(self.left) if len(self.unclear.get(at, ("", ()))[1]) > 1]
        cities = self._cities() if waiting else ()
        if len(cities) != 1:
            return
        for at in waiting:
            codes = self.names.chosen(self.unclear[at][1], cities)
            if len(codes) == 1:
                self._set(at, codes[0], "alike")

    def _street(self) -> None:
        """Go by the streets that the atlas knows, where all that the file names lie in one county.

        The atlas knows the streets of few counties and their names are common, so one among strangers proves nothing.
        """
        said = self.rows.values.get("zone")
        if not said or not self.left:
            return
        streets = {said[at] for at in self.left if said[at]}
        zones = self.ground.table("zones")
        mine = zones[zones["name"].isin(streets) | zones["zone_id"].isin(streets)]
        known, counties = {*mine["name"], *mine["zone_id"]}, set(mine["adcode"])
        if not streets or not streets <= known or len(counties) != 1:
            return
        for at in [one for one in sorted(self.left) if said[one]]:
            if self.names.chosen(tuple(counties), self._wide(at) or tuple(counties)) and at not in self.unclear:
                self._set(at, next(iter(counties)), "street")

    def _city(self) -> None:
        """Put a row of which the city alone is known into the city: it counts there, and in no county."""
        named = [code for text in self._texts() for code in self._cities_of(self.names.named_in(text))]
        over = tuple(dict.fromkeys(named))
        for at in [one for one in sorted(self.left) if not self.unclear.get(one, ("", ()))[1]]:
            wide = self._leads(at) or self._wide(at)
            codes = tuple(self._cities_of(wide)) or (over if not wide else ())
            if len(codes) == 1:
                self._set(at, codes[0], "city" if self.schema.name not in CITY_TABLES else "written")

    def _texts(self) -> list[str]:
        return [*(one for texts in self.rows.hints.values() for one in texts), self.file_name]

    def _tell(self) -> None:
        self.rows.warn(
            [at for at, _ in self.strange],
            N_("{count} 行写的县区（如“{name}”）不是县、区的名称，已改按其他内容判断：请核对。"),
            "county",
            "adcode",
            example=lambda one: {"name": shown(self.strange[one][1])},
        )
        for source, rows in self.told.items():
            for group in self.rows.by_sheet(rows):
                self.rows.report.warn(
                    Problem(
                        _SAID_BY.get(source, N_("{count} 行没有写行政区划，已按坐标所在的县区填写。")),
                        {"count": len(group)} | ({} if source == "point" else {"places": self._listed(group)}),
                        **self.rows.where(group[0], "adcode"),
                        rows=tuple(self.rows.numbers[at] for at in group[:MAX_ROWS_NAMED]),
                        code="filled" if source == "point" else "county",
                    )
                )

    def _listed(self, group: list[int]) -> dict[str, str]:
        codes = list(dict.fromkeys(self.held[at] for at in group))
        some = codes[:NAMED_PLACES]

        def said(name: Callable[[str], str], mark: str, more: str) -> str:
            return mark.join(name(code) for code in some) + (more if len(codes) > len(some) else "")

        english = self.ground.english
        return {
            "zh": said(self.ground.full_name, "、", "等"),
            "en": said(lambda code: english.get(code, code), ", ", " …"),
        }

    def _refuse(self, at: int) -> None:
        name, codes = self.unclear.get(at, ("", ()))
        if name or codes:
            problem = not_one_place(self.rows, at, "adcode", name, codes)
        elif at in self.rows.unread:  # which could have said it
            problem = self.rows.unread.pop(at)
        else:
            problem = Problem(
                N_(
                    "看不出这一行在哪个县区：请加一列“所属区”，"
                    "或在工作表名、标题、文件名里写明，或在地址前写上省、市、县区。"
                ),
                **self.rows.where(at, "adcode"),
                expected_msgid=EXPECTED,
                code="adcode",
            )
        self.rows.refuse(at, problem)
