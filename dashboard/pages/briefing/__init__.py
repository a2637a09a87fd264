"""The briefing page: the view as slide, paper and picture, previewed as it will be, made in the background."""

from __future__ import annotations

from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard import ids
from dashboard.access import kept_views
from dashboard.access.reader import current_reader
from dashboard.components.masthead import framed, masthead
from dashboard.context import Context
from dashboard.export import plans
from dashboard.pages.briefing.callbacks import register as register
from dashboard.pages.briefing.form import settings_form
from dashboard.pages.briefing.names import FIELDS, KEPT, PATH, named
from dashboard.pages.briefing.names import TITLE as TITLE
from dashboard.pages.briefing.ordering import drafted, order_of, own_keys
from dashboard.polling import POLL_MS
from dashboard.state import State as Said
from layers.atlas import Atlas

OWN_KEYS = (*FIELDS, plans.KEY)


def layout(context: Context, atlas: Atlas, said: Said, query: str) -> dmc.MantineProvider:
    """Return the page in the language of `said`, with its controls as `query` says."""
    filters = said.filters
    words = context.words(filters.lang)
    order, wrong = order_of(context, said, query)
    spoken, _ = drafted(order, context)
    own = own_keys(order)
    scenario = plans.named(order.query)
    body = html.Main(
        [
            html.Aside(
                settings_form(context, atlas, said, order, spoken, words),
                className="briefing-form",
                **{"aria-label": words("简报设置")},
            ),
            html.Section(
                html.Iframe(id=named("preview"), title=words("预览"), className="preview"),
                className="briefing-preview",
                **{"aria-label": words("预览")},
            ),
        ],
        className="briefing-body",
    )
    told = [notice.text(words.gettext) for notice in said.notices] + wrong
    return framed(
        [
            masthead(
                PATH,
                filters,
                context,
                words,
                query="".join(
                    f"&{part}"
                    for part in (urlencode({plans.KEY: scenario}) if scenario else "", urlencode(own))
                    if part
                ),
            ),
            html.Div(
                [html.P(one, className="notice notice-bad") for one in told],
                id=ids.NOTICES,
                className="notices",
                role="status",
            ),
            body,
            dcc.Location(
                id=named("url"), refresh=False
            ),  # not the overview's: its callbacks would look for its controls here
            dcc.Store(id=named("view"), data=order.query),
            dcc.Store(id=named("lang"), data=filters.lang),
            dcc.Store(id=named("page-theme"), data=filters.theme),
            dcc.Store(id=named("spoken"), data=spoken),
            *_kept(context),
            dcc.Store(id=named("job-ids"), storage_type="session", data=[]),
            dcc.Interval(id=named("tick"), interval=POLL_MS, disabled=True),
        ],
        filters.lang,
    )


def _kept(context: Context) -> list[dcc.Store]:
    """Return where the page has the kept views: those of the account, else what the browser keeps; and what the browser
    kept before anybody signed in, which an account takes over.
    """
    account = current_reader().account
    kept = (
        dcc.Store(id=KEPT, storage_type="memory", data=kept_views.of(context.settings.home, account))
        if account
        else dcc.Store(id=KEPT, storage_type="local")
    )
    return [kept, dcc.Store(id=named("owned"), data=bool(account)), dcc.Store(id=named("found"))]
