"""The register of the pages: each stands here once; menu, first paint, short links and still pictures are made from it.

A page is a module with

- ``PATH`` and ``TITLE``: where it is and its name in the menu, a message id;
- ``layout(context, atlas, said, query)``: Dash components in the language of ``said.filters.lang``;
- ``register(app, context)``: adds its callbacks;
- ``OWN_KEYS`` (where it has any): keys of the address that are the page's, beside those of Filters;
- ``picture(context, atlas, said, query)`` (where it has a map of its own): that map as a figure, to be drawn as a still
  picture.

What all pages share (header with the way to the others, frame) is :mod:`dashboard.components.masthead`; docs/recipes.md
adds one step by step.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType, ModuleType

from dashboard.pages import analysis, briefing, data, design, overview, planning, sources, stories

#: Every page by its path, in the order in which they are offered.
PAGES: Mapping[str, ModuleType] = MappingProxyType(
    {
        page.PATH: page
        for page in (
            overview,
            stories,
            analysis,
            planning,
            briefing,
            data,
            sources,
        )
    }
)
#: Path → name of the pages, a message id.
MENU: Mapping[str, str] = MappingProxyType({path: page.TITLE for path, page in PAGES.items()})
#: Pages for who works on the atlas: served where ``ATLAS_DESIGN`` is set, 404 otherwise.
FOR_DEVELOPERS: Mapping[str, ModuleType] = MappingProxyType({design.PATH: design})
