"""Every chart of the pages by its name.

What makes it, what explains it, where it stands. A new chart is a maker and a line here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dashboard.charts import activity, as_text, coverage, events, stories
from dashboard.charts.chart import Chart, Charts
from dashboard.words import Words
from layers.atlas import Atlas
from layers.filters import Filters

#: What makes a chart; None where the question does not arise.
Maker = Callable[[Atlas, Filters, Words], Chart | None]


@dataclass(frozen=True, slots=True)
class Entry:
    """One chart of a page.

    Attributes
    ----------
    id : str
        That of the chart.
    make : callable
    trail : tuple of str
        Marks that explain it: figures of ``layers.trails.FIGURES``, or the facts that it rests on.
    page : str
        Path of the page where it stands; of a story with its name (``/stories?story=S1``).
    """

    id: str
    make: Maker
    trail: tuple[str, ...]
    page: str


#: In the order in which they stand.
REGISTER: tuple[Entry, ...] = (
    Entry("coverage", coverage.by_unit, ("coverage_by_unit",), "/"),
    Entry("hours", coverage.by_hour, ("coverage_by_hour",), "/"),
    Entry("walked", coverage.by_way, ("coverage_by_way",), "/"),
    Entry("months", activity.by_month, ("activities_by_month",), "/"),
    Entry("funnel", activity.funnel, ("fair_funnel",), "/"),
    Entry("ranking", activity.ranking, ("grid_ranking",), "/"),
    Entry("calendar", events.calendar, ("activities_by_day",), "/analysis"),
    Entry("against-plan", events.against_plan, ("against_plan",), "/analysis"),
    Entry("by-place", events.by_place, ("activities_by_place",), "/analysis"),
    Entry("two-by-kind", events.two_by_kind, ("two_places",), "/analysis"),
    Entry("two-by-month", events.two_by_month, ("two_places",), "/analysis"),
    Entry("story-tasks", stories.tasks, ("F010", "F006"), "/stories?story=S1"),
    Entry("story-F008-team_kind", stories.team, ("F008",), "/stories?story=S1"),
    Entry("story-held", stories.held, ("F012", "F013", "F011"), "/stories?story=S1"),
    Entry("story-intake", stories.intake, ("F020", "F021"), "/stories?story=S2"),
    Entry("story-conversion", stories.conversion, ("F032", "F033"), "/stories?story=S3"),
    Entry("story-F031-sector", stories.sectors, ("F031",), "/stories?story=S3"),
    Entry("story-F031-home_city", stories.homes, ("F031",), "/stories?story=S3"),
    Entry("story-groups", stories.groups, ("F040",), "/stories?story=S4"),
    Entry("story-stops", stories.stops, ("F040",), "/stories?story=S4"),
    Entry("story-contestants", stories.contestants, ("F070", "F071"), "/stories?story=S7"),
    Entry("story-money", stories.money, ("F085", "F083", "F086"), "/stories?story=S8"),
    Entry("story-facilities", stories.stations, ("F080",), "/stories?story=S8"),
    Entry("story-heat", stories.heat, ("F087",), "/stories?story=S8"),
)
#: Id of a chart → the marks that explain it.
TRAILS = {one.id: one.trail for one in REGISTER}


def standing_at(page: str) -> tuple[Entry, ...]:
    """Return the charts of a page, in their order."""
    return tuple(one for one in REGISTER if one.page == page)


#: The charts of the overview, which a brief takes along.
OVERVIEW = standing_at("/")


def charts(atlas: Atlas, filters: Filters, words: Words) -> Charts:
    """Return every chart of a view of the overview that has something to show, and why the others have not."""
    made = [chart for one in OVERVIEW if (chart := one.make(atlas, filters, words)) is not None]
    return Charts(
        tuple(one for one in made if not one.empty), tuple(as_text.reason(one, words) for one in made if one.empty)
    )
