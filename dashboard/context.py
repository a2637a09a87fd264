"""What every page needs to answer: the data, the words, the defaults. Made once by ``create_app``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from dashboard import state
from dashboard.locale import Gettext
from dashboard.settings import Settings
from dashboard.settle import settle
from dashboard.source import AtlasSource
from dashboard.words import Words
from layers.atlas import Atlas
from layers.filters import Filters


@dataclass(frozen=True, slots=True)
class Context:
    """The application's own objects, handed to pages instead of module globals."""

    source: AtlasSource
    catalogues: Mapping[str, Gettext]
    default: Filters
    settings: Settings

    def words(self, lang: str) -> Words:
        """Return the words of `lang`."""
        return Words(lang, self.catalogues[lang])

    def read(self, atlas: Atlas, query: str | None, own: Collection[str] = ()) -> state.State:
        """Return what `query` says, with everything that this atlas does not hold set back and told; keys of `own` are the page's."""
        said = state.parse(query or "", self.default, own)
        filters, more = settle(atlas, said.filters)
        return state.State(filters, said.view, said.notices + more)

    def write(self, filters: Filters, view: state.View | None = None) -> str:
        """Return the query string of `filters`."""
        return state.write(filters, view, self.default)
