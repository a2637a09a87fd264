"""The address that reopens a view: in full when it is short enough for a code that phones read, else by its letters."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from dashboard.context import Context
from dashboard.export import plans
from dashboard.export.order import THEMES, Order
from dashboard.settings import Settings

LONGEST = 200


def address_of(order: Order, context: Context, settings: Settings, letters: Callable[[str], str | None]) -> str:
    """Return the URL that shows what `order` shows: the view itself, or the comparison on the briefing page.

    Parameters
    ----------
    letters : callable
        A long address → the letters of its short link (:meth:`dashboard.links.Links.keep`, or
        :meth:`~dashboard.links.Links.known` where nothing may be written); None: it stays long.
    """

    def plain(query: str) -> str:
        _, said = context.look(query)
        return context.write(said.filters, said.view).removeprefix("?")

    scenarios = [one for query in (order.query, order.against if order.compares else "") if (one := plans.named(query))]
    if scenarios and plans.named(order.query):  # kept whole in the atlas: their ids are the view
        _, said = context.look(plans.without(order.query))
        return settings.base_url + plans.address(scenarios, said.filters.lang, context.default.lang)
    own = plain(order.query)
    path = "/" + ("?" + own if own else "")
    if order.compares:
        path = "/briefing?" + "&".join(
            filter(
                None,
                (
                    own,
                    urlencode(
                        {"template": "compare", "against": plain(order.against)}
                        | ({"paper": order.theme} if order.theme != THEMES[0] else {})
                    ),
                ),
            )
        )
    if len(path) > LONGEST and (key := letters(path)):
        path = f"/s/{key}"
    return settings.base_url + path
