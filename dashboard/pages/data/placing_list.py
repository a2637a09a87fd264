"""What section 补位置 lists: rows without a point, the point each is about to get, what was found for it, what is doubtful."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from dash import html
from numpy.typing import NDArray

from dashboard import geocoding
from dashboard.settings import Settings
from dashboard.words import Words
from geodata import placing
from geodata.geocoding.base import LEVELS, UNKNOWN, Answer, at_least
from geodata.schema import TABLES
from layers import quality, rows
from layers.atlas import Atlas
from layers.filters import Filters

LISTED, ASKED = 200, 5_000  # rows that are shown, and that are looked at together
Session = Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """Rows without a point, and what is known of them.

    Attributes
    ----------
    frame : DataFrame
        The first :data:`ASKED` of them.
    total : int
        How many there are.
    answers : list of Answer or None
        One a row of `frame`; None: not asked.
    doubts : list of str or None
        Of each answer's point.
    """

    frame: pd.DataFrame
    total: int
    answers: list[Answer | None]
    doubts: list[str | None]

    def choosable(self, level: str, session: Session, key: str) -> list[tuple[str, Answer]]:
        """Return key and answer of what can be taken together: at least `level`, undoubted, not yet set or passed over."""
        done = {*session["spots"], *session["skipped"]}
        return [
            (name, answer)
            for name, answer, doubt in zip(self.frame[key].tolist(), self.answers, self.doubts, strict=True)
            if answer and name not in done and placing.choosable(answer, doubt) and at_least(answer.level, level)
        ]


def session_of(stored: Mapping[str, Any] | None, table: str) -> Session:
    """Return what a reader has set of `table` and not saved: ``spots`` (key → lon, lat, by, sketch) and ``skipped``."""
    said = (stored or {}).get(table) or {}
    return {"spots": said.get("spots") or {}, "skipped": said.get("skipped") or []}


def spots_of(session: Session) -> dict[str, placing.Spot]:
    """Return the points of a session."""
    return {
        key: placing.Spot(float(one["lon"]), float(one["lat"]), bool(one.get("sketch")))
        for key, one in session["spots"].items()
    }


def positions(atlas: Atlas, table: str, filters: Filters, text: str) -> NDArray[np.intp]:
    """Return the rows of `table` without a point that are asked for, in the order of the list."""
    without = atlas.once(("unplaced", table), lambda: placing.unplaced(atlas.table(table)))
    chosen = np.zeros(len(atlas.table(table)), bool)
    chosen[rows.select(atlas, table, filters, text)] = True
    return without[chosen[without]]


def waiting(settings: Settings, atlas: Atlas, table: str, filters: Filters, text: str, by: str) -> Waiting:
    """Return the rows without a point that are asked for, with what `by` says of them."""
    found = positions(atlas, table, filters, text)
    frame = atlas.table(table).iloc[found[:ASKED]]
    answers = geocoding.answers(settings, atlas, by, placing.queries(frame, atlas.places))
    doubts: list[str | None] = [None] * len(frame)
    at = [row for row, answer in enumerate(answers) if answer and answer.found]
    codes = frame["adcode"].tolist()
    said = placing.doubts(
        quality.ground(atlas),
        [codes[row] for row in at],
        [answers[row].lon for row in at],
        [answers[row].lat for row in at],
    )
    for row, doubt in zip(at, said, strict=True):
        doubts[row] = doubt
    return Waiting(frame, len(found), answers, doubts)


def listed(atlas: Atlas, table: str, wait: Waiting, session: Session, may: bool, words: Words) -> list[html.Li]:
    """Return the rows as they are listed."""
    frame = wait.frame.iloc[:LISTED]
    keys, codes = frame[TABLES[table].key].tolist(), frame["adcode"].tolist()
    held = [key for key in keys if key in session["spots"]]
    spots = [session["spots"][key] for key in held]
    code_of = dict(zip(keys, codes, strict=True))
    doubtful = dict(
        zip(
            held,
            placing.doubts(
                quality.ground(atlas),
                [code_of[key] for key in held],
                [one["lon"] for one in spots],
                [one["lat"] for one in spots],
            ),
            strict=True,
        )
    )
    boxes = _boxes(atlas, set(codes))
    asked = placing.queries(frame, atlas.places)
    names = frame["name"].fillna("").tolist() if "name" in frame else keys
    status = frame["status"].tolist() if "status" in frame else [None] * len(frame)
    found = []
    for at, key in enumerate(keys):
        spot, answer, query = session["spots"].get(key), wait.answers[at], asked[at]
        skipped = key in session["skipped"]
        bare = query.address.strip().removeprefix(query.city).removeprefix(query.county).strip()
        parts = [
            html.Strong(str(names[at]) or key),
            html.Span(
                f"{query.city}{query.county} · {bare or words('没有地址')}",
                className="placing-address",
            ),
        ]
        if status[at] and status[at] != "open":
            parts[0] = html.Span(
                [parts[0], html.Span(words.codes("status").get(status[at], status[at]), className="mark mark-undone")]
            )
        if spot:
            parts.append(_spot_line(spot, doubtful[key], query.county, words))
        elif answer is not None:
            parts.append(_answer_line(answer, wait.doubts[at], query.county, skipped, words))
        about = {"data-key": key, "data-box": boxes.get(codes[at], "")}
        if spot:
            about |= {"data-set": "1"}
        if skipped:
            about |= {"data-skipped": "1"}
        actions = None
        if may and answer is not None and answer.found and not spot and not skipped:
            about |= {
                "data-lon": str(answer.lon),
                "data-lat": str(answer.lat),
                "data-by": answer.provider,
                "data-sketch": "1" if answer.illustrative else "",
            }
            actions = html.Div(
                [_act("accept", words("采用"), key), _act("skip", words("跳过"), key)], className="placing-actions"
            )
        elif may and spot:
            actions = html.Div([_act("clear", words("取消这个位置"), key)], className="placing-actions")
        found.append(
            html.Li(
                [html.Button(parts, className="placing-row", type="button", tabIndex=0 if at == 0 else -1), actions],
                className="placing-item",
                key=key,
                **about,
            )
        )
    return found


def _act(what: str, text: str, key: str) -> html.Button:
    return html.Button(text, className="button", type="button", tabIndex=-1, **{"data-act": what, "data-for": key})


def _boxes(atlas: Atlas, codes: set[str]) -> dict[str, str]:
    """Return adcode → west, south, east, north of the place (degrees) as the browser reads it."""
    known = atlas.rows_by("places", "adcode")
    at = [(code, known[code]) for code in codes if code in known]
    bounds = atlas.places.geometry.iloc[[row for _, row in at]].bounds.round(4).to_numpy() if at else []
    return {code: ",".join(map(str, box)) for (code, _), box in zip(at, bounds, strict=True)}


def doubt_text(doubt: str | None, county: str, words: Words) -> str:
    """Return what is doubtful about a point; empty when nothing is."""
    if doubt == placing.OUTSIDE:
        return words("不在{county}").format(county=county or words("所属区划"))
    return words("落在水里") if doubt == placing.IN_SEA else ""


def _spot_line(spot: Mapping[str, Any], doubt: str | None, county: str, words: Words) -> html.Span:
    said = doubt_text(doubt, county, words)
    way = geocoding.way_names(words).get(spot.get("by", ""), "")
    return html.Span(
        [
            html.Span(f"{spot['lon']:.5f}, {spot['lat']:.5f} · {way}", className="placing-set"),
            html.Span(said, className="mark mark-warning") if said else None,
            html.Span(words("示意"), className="mark mark-warning") if spot.get("sketch") else None,
        ],
        className="placing-state",
    )


def _answer_line(answer: Answer, doubt: str | None, county: str, skipped: bool, words: Words) -> html.Span:
    way = geocoding.way_names(words)[answer.provider]
    if not answer.found:
        return html.Span(words("{way}：没有找到").format(way=way), className="placing-state placing-none")
    level = geocoding.level_names(words)[answer.level]
    said = [way, f"{level}（{answer.said}）" if answer.said and words.lang == "zh" else level]
    if answer.confidence is not None:
        said.append(words("可信度 {share}%").format(share=round(100 * answer.confidence)))
    marks = [doubt_text(doubt, county, words)]
    if answer.others:
        marks.append(words("另有 {count} 处也符合").format(count=answer.others))
    if answer.illustrative:
        marks.append(words("示意分区，只知大概"))
    if skipped:
        marks.append(words("已跳过"))
    return html.Span(
        [html.Span(" · ".join(said)), *(html.Span(one, className="mark mark-warning") for one in marks if one)],
        className="placing-state",
    )


def levels(words: Words) -> list[dict[str, str]]:
    """Return the levels to choose from, the closest first."""
    return [{"value": one, "label": geocoding.level_names(words)[one]} for one in LEVELS if one != UNKNOWN]
