"""Dash components as HTML text: what a page says, readable before a script has run, or where none of Dash's ever does.

Elements are written as they are. Controls, charts and maps cannot be without scripts: each has a stand-in of its size
that says what it is set to (assets/first.css). Ids and most ``data-`` attributes stay out, for the page itself will
have them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from dash.development.base_component import Component

from dashboard.components.chart_table import FOLDED, unfolded
from dashboard.components.still import FIRST

VOID = frozenset({"br", "hr", "img", "input", "source", "track", "wbr"})
ATTRIBUTES: Mapping[str, str] = {
    "className": "class",
    "title": "title",
    "lang": "lang",
    "href": "href",
    "src": "src",
    "alt": "alt",
    "width": "width",
    "height": "height",
    "open": "open",
    "hidden": "hidden",
    "scope": "scope",
    "colSpan": "colspan",
    "rowSpan": "rowspan",
    "role": "role",
    "target": "target",
    "type": "type",
    "tabIndex": "tabindex",
}
UNSEEN = frozenset({"Location", "Store", "Interval", "Download", "Modal", "Drawer", "Clipboard"})
#: Attributes of data that are written: the address of a map's picture, and what says where a figure comes from.
KEPT = frozenset({FIRST, "data-figure", "data-trail"})
#: Attributes that name an element by its id, which is not here.
POINTING = frozenset({"aria-controls", "aria-labelledby", "aria-describedby"})
STAND_IN_OF_CHARTS = "first-graph"
UNITLESS = frozenset({"flex", "flexGrow", "flexShrink", "opacity", "order", "zIndex", "lineHeight", "fontWeight"})


def markup(part: Any) -> str:
    """Return a component, or what it may have as children, as HTML."""
    if part is None or isinstance(part, bool):
        return ""
    if isinstance(part, list | tuple):
        return "".join(markup(one) for one in part)
    if not isinstance(part, Component):
        return escape(str(part))
    said = part.to_plotly_json()
    props, name = said["props"], said["type"]
    if said["namespace"] == "dash_html_components":
        return _element(name, props)
    return "" if name in UNSEEN else STAND_INS.get(name, _children)(props)


def _element(name: str, props: Mapping[str, Any]) -> str:
    tag = name.lower()
    if tag == "iframe":  # a page of its own: it comes with the page that it stands in
        return f"<div{_attributes(props)}></div>"
    if (props.get("hidden") and FIRST not in props) or (tag == "dialog" and not props.get("open")):
        return ""
    start = f"<{tag}{_attributes(props)}"
    if tag == "button":
        start += " disabled" if props.get("disabled") else ' aria-disabled="true"'
    inner = unfolded(props[FOLDED]) if props.get(FOLDED) else props.get("children")
    return start + ">" if tag in VOID else f"{start}>{markup(inner)}</{tag}>"


def _attributes(props: Mapping[str, Any]) -> str:
    parts = []
    for key, value in props.items():
        name = ATTRIBUTES.get(key) or (key if key in KEPT or (key.startswith("aria-") and key not in POINTING) else "")
        if not name or value is None or value is False:
            continue
        parts.append(f" {name}" if value is True else f' {name}="{escape(str(value))}"')
    if props.get("style"):
        parts.append(f' style="{escape(_style(props["style"]))}"')
    return "".join(parts)


def _style(style: Mapping[str, Any]) -> str:
    """Return a style as React would write it: lengths without a unit are pixels."""

    def written(key: str, value: Any) -> str:
        name = key if key.startswith("--") else "".join(f"-{one.lower()}" if one.isupper() else one for one in key)
        unit = (
            "px"
            if isinstance(value, int | float) and value and key not in UNITLESS and not key.startswith("--")
            else ""
        )
        return f"{name}:{value}{unit}"

    return ";".join(written(key, value) for key, value in style.items() if value is not None)


def _children(props: Mapping[str, Any]) -> str:
    return markup(props.get("children"))


def _classed(name: str, props: Mapping[str, Any]) -> str:
    return escape(" ".join(filter(None, (name, props.get("className")))))


def _marked(name: str, on: bool, inside: str) -> str:
    """Return one of several that can be chosen, marked when it is."""
    return f'<span class="{name}{" first-on" if on else ""}">{inside}</span>'


def _options(data: Sequence[Any] | None) -> dict[str, Any]:
    return {
        str(one["value"] if isinstance(one, Mapping) else one): one["label"] if isinstance(one, Mapping) else one
        for one in data or ()
    }


def _box(props: Mapping[str, Any], said: str, extra: str = "", style: str = "") -> str:
    """Return a labelled box that says `said`, or its placeholder."""
    label = f'<span class="first-label">{markup(props["label"])}</span>' if props.get("label") else ""
    inside = said or f'<span class="first-hint">{escape(str(props.get("placeholder") or ""))}</span>'
    size = "" if props.get("size") == "xs" else " first-large"
    return (
        f'<div class="{_classed("first-field", props)}">{label}<span '
        f'class="first-box{size}{extra}"{style}>{inside}</span></div>'
    )


def _select(props: Mapping[str, Any]) -> str:
    label = _options(props.get("data")).get(str(props.get("value")), "")
    return _box(props, markup(label), " first-choice")


def _many(props: Mapping[str, Any]) -> str:
    labels = _options(props.get("data"))
    pills = "".join(
        f'<span class="first-pill">{markup(labels.get(str(one), one))}</span>' for one in props.get("value") or ()
    )
    return _box(props, pills, " first-many")


def _number(props: Mapping[str, Any]) -> str:
    value = props.get("value")
    known = value not in (None, "")
    return _box(
        props,
        escape(
            f"{value:,}{props.get('suffix', '')}"
            if known and not isinstance(value, str)
            else str(value)
            if known
            else ""
        ),
    )


def _text(props: Mapping[str, Any]) -> str:
    return _box(props, escape(str(props.get("value") or "")))


def _area(props: Mapping[str, Any]) -> str:
    return _box(
        props, escape(str(props.get("value") or "")), " first-area", f' style="--least-rows:{props.get("minRows", 2)}"'
    )


def _segments(props: Mapping[str, Any]) -> str:
    chosen = str(props.get("value"))
    parts = "".join(
        _marked("first-segment", value == chosen, markup(label)) for value, label in _options(props.get("data")).items()
    )
    return f'<div class="{_classed("first-segments", props)}">{parts}</div>'


def _set(members: Any, value: Any) -> str:
    """Return the members of a group of chips or radio buttons, those that are chosen marked."""
    chosen = {str(one) for one in (value if isinstance(value, list | tuple) else [value])}

    def member(one: Any) -> str:
        said = one.to_plotly_json() if isinstance(one, Component) else None
        if said is None or said["type"] not in ("Chip", "Radio"):
            return markup(one)
        props = said["props"]
        label = markup(props.get("label") or props.get("children"))
        return _marked(f"first-{said['type'].lower()}", str(props.get("value")) in chosen, label)

    return "".join(member(one) for one in (members if isinstance(members, list | tuple) else [members]))


def _chips(props: Mapping[str, Any]) -> str:
    return _set(props.get("children"), props.get("value"))


def _radios(props: Mapping[str, Any]) -> str:
    return f'<div class="{_classed("first-radios", props)}">{_set(props.get("children"), props.get("value"))}</div>'


def _check(props: Mapping[str, Any]) -> str:
    return _marked("first-check", bool(props.get("checked")), markup(props.get("label")))


def _slider(props: Mapping[str, Any]) -> str:
    low, high = props.get("min", 0), props.get("max", 100)
    marks = "".join(
        f'<span style="left:{100 * (one["value"] - low) / ((high - low) or 1):.2f}%">{markup(one.get("label"))}</span>'
        for one in props.get("marks") or ()
    )
    return f'<div class="{_classed("first-slider", props)}">{marks}</div>'


def _graph(props: Mapping[str, Any]) -> str:
    style = f' style="{escape(_style(props["style"]))}"' if props.get("style") else ""
    return f'<div class="{_classed(STAND_IN_OF_CHARTS, props)}"{style}></div>'


def _link(props: Mapping[str, Any]) -> str:
    return f"<a{_attributes(props)}>{markup(props.get('children'))}</a>"


def _tabs(props: Mapping[str, Any]) -> str:
    """Return the tabs with the panel that is open."""

    def shown(one: Any) -> str:
        said = one.to_plotly_json()
        if said["type"] == "TabsList":
            tabs = (tab.to_plotly_json()["props"] for tab in said["props"]["children"])
            return f'<div class="first-tabs">{"".join(_tab(tab, props.get("value")) for tab in tabs)}</div>'
        return markup(said["props"].get("children")) if said["props"].get("value") == props.get("value") else ""

    return f'<div class="{_classed("", props)}">{"".join(shown(one) for one in props.get("children") or ())}</div>'


def _tab(props: Mapping[str, Any], chosen: Any) -> str:
    return _marked("first-tab", props.get("value") == chosen, markup(props.get("children")))


STAND_INS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "Select": _select,
    "MultiSelect": _many,
    "NumberInput": _number,
    "TextInput": _text,
    "DateInput": _text,
    "Textarea": _area,
    "Input": _text,
    "SegmentedControl": _segments,
    "ChipGroup": _chips,
    "RadioGroup": _radios,
    "Switch": _check,
    "Checkbox": _check,
    "RangeSlider": _slider,
    "Graph": _graph,
    "Link": _link,
    "Tabs": _tabs,
}
