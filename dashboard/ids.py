"""Component ids, once. Controls are named after the field of Filters that they set."""

SITE = "site"
URL = "url"
PAGE = "page"
VIEWPORT = "viewport"
FILTERS = "filters"
ROOT = "atlas"
NOTICES = "notices"
CRUMBS = "crumbs"
KPIS = "kpis"
SENTENCE = "sentence"
LEGEND = "legend"
MAP = "map"
MAP_STATUS = "map-status"
RAIL = "rail"
RAIL_TOGGLE = "rail-toggle"
MENU = "menu-toggle"
MONTHS = "control-months"
LANGUAGE = "language"
THEME = "theme"
WAYS = "ways"
PAST = "past"
RESET = "reset"
CLEAR_AREA = "clear-area"

CHART_COVERAGE = "chart-coverage"
CHART_HOURS = "chart-hours"
CHART_MONTHS = "chart-months"
CHART_FUNNEL = "chart-funnel"
CHART_RANKING = "chart-ranking"
CHARTS = (CHART_COVERAGE, CHART_HOURS, CHART_MONTHS, CHART_FUNNEL, CHART_RANKING)

#: Which figure of ``layers.trails`` a chart draws.
FIGURE_OF = {
    CHART_COVERAGE: "coverage_by_unit",
    CHART_HOURS: "coverage_by_hour",
    CHART_MONTHS: "activities_by_month",
    CHART_FUNNEL: "fair_funnel",
    CHART_RANKING: "grid_ranking",
}


def control(field: str) -> str:
    """Return the id of the control that sets `field` of Filters."""
    return f"control-{field}"


def graph(chart: str) -> str:
    """Return the id of the graph inside the panel `chart`."""
    return f"{chart}-graph"
