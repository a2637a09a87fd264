"""The badge that says where a figure comes from: a word and a shape, never colour alone."""

from __future__ import annotations

from dash import html

from dashboard.words import Words


def badge(provenance: str | None, words: Words) -> html.Span | None:
    """Return the badge of `provenance`, None when there is none to state."""
    if provenance is None:
        return None
    meaning = {
        "reported": words("有出处的报道数据"),
        "derived": words("由公开数据推算"),
        "illustrative": words("为演示而编的示意数据，导入真实数据后消失"),
        "mixed": words("报道与示意数据并存，不应合并引用"),
    }
    return html.Span(words.provenance(provenance), className=f"badge badge-{provenance}", title=meaning.get(provenance, ""))
