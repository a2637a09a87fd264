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
WAY_CHOICE = "way-choice"
WAY_HINT = "way-hint"
RESET = "reset"
CLEAR_AREA = "clear-area"


def control(field: str) -> str:
    """Return the id of the control that sets `field` of Filters."""
    return f"control-{field}"


def chart(name: str) -> str:
    """Return the id of the panel of the chart `name`, as :data:`dashboard.charts.register.REGISTER` lists it."""
    return f"chart-{name}"


def graph(chart: str) -> str:
    """Return the id of the graph inside the panel `chart`."""
    return f"{chart}-graph"
