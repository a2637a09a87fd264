"""One module a page: its layout and its thin callbacks.

A page is a module with ``layout(context, atlas, said)``, which returns Dash
components in the language of ``said.filters.lang``, and ``register(app, context)``,
which adds its callbacks.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType, ModuleType

from dashboard.pages import overview

PAGES: Mapping[str, ModuleType] = MappingProxyType({"/": overview})
