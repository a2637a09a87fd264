"""What every page needs to answer: the data, the words, the defaults. Made once by ``create_app``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

from dashboard import state
from dashboard.as_of import before_the_first, clamped
from dashboard.basemap import BaseMaps
from dashboard.locale import Gettext
from dashboard.settings import Settings
from dashboard.source import AtlasSource
from dashboard.validation import validated
from dashboard.words import Words
from geodata.errors import N_, AtlasError
from geodata.kinds import Kinds, shipped
from geodata.message import Message
from layers import kinds
from layers.atlas import Atlas
from layers.filters import Filters


@dataclass(frozen=True, slots=True)
class Context:
    """The application's own objects, handed to pages instead of module globals.

    ``review_number`` is the map's 审图号 once there is one; ``base_url`` the address at which it is reached; ``menu``
    path → message id of the pages, in the order in which they are offered; ``base_maps`` what lies under the data.
    """

    source: AtlasSource
    catalogues: Mapping[str, Gettext]
    default: Filters
    settings: Settings
    menu: Mapping[str, str] = field(default_factory=dict)
    base_maps: BaseMaps = field(default_factory=BaseMaps)

    @property
    def review_number(self) -> str:
        """The 审图号 of the maps, empty as long as there is none."""
        return self.settings.map_review_number

    @property
    def base_url(self) -> str:
        """Address at which the atlas is reached, without a slash at its end."""
        return self.settings.base_url

    def words(self, lang: str, as_of: date | None = None) -> Words:
        """Return the words of `lang`, for the atlas of that day (the present one without)."""
        lang = lang if lang in self.catalogues else self.default.lang
        return Words(lang, self.catalogues[lang], lambda: self._kinds(as_of))

    def _kinds(self, as_of: date | None) -> Kinds:
        try:
            return kinds.of(self.source.at(as_of))
        except AtlasError:  # an error is to be said even where no atlas can be read
            return shipped()

    def read(self, atlas: Atlas, query: str | None, own: Collection[str] = ()) -> state.State:
        """Return what `query` says, with everything that this atlas does not hold set back and told;
        keys of `own` are the page's.
        """
        said = state.parse(query or "", self.default, own)
        filters, more = validated(atlas, said.filters)
        return state.State(filters, said.view, said.notices + more)

    def look(self, query: str | None, own: Collection[str] = ()) -> tuple[Atlas, state.State]:
        """Return the atlas of the day that `query` names (``asof``;
        the present one without) and what it says: the one door of all pages.
        """
        said = state.parse(query or "", self.default, own)
        filters, more = clamped(said.filters)
        atlas = self.source.at(filters.as_of)
        filters, unknown = validated(atlas, filters)
        filters, without = self._based(filters)
        told = said.notices + more + before_the_first(atlas, filters) + unknown + without
        return atlas, state.State(filters, said.view, told)

    def _based(self, filters: Filters) -> tuple[Filters, tuple[Message, ...]]:
        """Set back the wish for streets where this server has none."""
        if filters.base != "streets" or self.settings.tiles or self.base_maps.current():
            return filters, ()
        return filters.having(base="auto"), (Message(N_("这里没有街道底图，已按纸面显示。")),)

    def write(self, filters: Filters, view: state.View | None = None) -> str:
        """Return the query string of `filters`."""
        return state.write(filters, view, self.default)
