"""One module a page: its layout and its thin callbacks.

A page is a module with

- ``layout(context, atlas, said, query)``: Dash components in the language of ``said.filters.lang``;
- ``register(app, context)``: adds its callbacks;
- ``OWN_KEYS`` (where it has any): keys of the address that are the page's, beside those of Filters;
- ``picture(context, atlas, said, query)`` (where it has a map of its own): that map as a figure, to be drawn as a still
  picture.

What all pages share (header with the way to the others, frame) is :mod:`dashboard.components.masthead`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType, ModuleType

from dashboard.pages import analysis, briefing, data, design, overview, planning, sources, stories

PAGES: Mapping[str, ModuleType] = MappingProxyType(
    {
        "/": overview,
        "/stories": stories,
        "/analysis": analysis,
        "/planning": planning,
        "/briefing": briefing,
        "/data": data,
        "/sources": sources,
    }
)
#: Pages for who works on the atlas: served where ``ATLAS_DESIGN`` is set, 404 otherwise.
FOR_DEVELOPERS: Mapping[str, ModuleType] = MappingProxyType({"/design": design})
