"""What section 补位置 lists: rows without a point,
the point each is about to get, what was found for it, what is doubtful.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import html

from dashboard import geocoding
from dashboard.geocoding_queue import LISTED, GeocodingQueue, Session
from dashboard.words import Words
from geodata import placing
from geodata.geocoding.base import LEVELS, UNKNOWN, Answer
from geodata.schema import TABLES
from layers import quality
from layers.atlas import Atlas


def listed(atlas: Atlas, table: str, wait: GeocodingQueue, session: Session, may: bool, words: Words) -> list[html.Li]:
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
        about: dict[str, Any] = {"data-key": key, "data-box": boxes.get(codes[at], "")}
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
    return html.Button(text, className="button", type="button", tabIndex=-1, **{"data-placing": what, "data-for": key})


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
