"""What is looked at: every page in both themes and on paper, in both languages, on a wall, a laptop and a phone."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from dashboard.pages import PAGES

#: Width of the window → its height, CSS pixels.
WINDOWS = {1920: 1080, 1366: 768, 390: 844}
FACES = ("light", "dark", "print")
LANGUAGES = ("zh", "en")
#: What a sheet of A4 with margins of 10 mm leaves, CSS pixels.
PAPER = (718, 1046)

#: Path of a page → the query at which it has something to show.
QUERIES = {
    "/": "place=350203&hour=22",
    "/stories": "",
    "/analysis": "place=640200",
    "/planning": "place=350203",
    "/briefing": "place=640200",
    "/data": "section=quality",
    "/sources": "place=640200",
}
#: Views beyond the first of a page, each looked at in three of the eighteen ways.
MORE = (
    ("/", ""),
    ("/", "place=640200"),
    ("/", "place=640202"),
    *(("/stories", f"story=S{number}") for number in range(1, 9)),
    ("/analysis", "place=350203"),
    ("/planning", "place=350203&new=8&hours=22-6&run=1"),
    ("/data", "section=import"),
    ("/data", "section=history"),
    ("/data", "section=rows"),
    ("/sources", "fact=F032"),
    ("/sources", "figure=coverage&place=350203"),
)
#: Views at which nothing is found: they must say so, and how to find something.
NOTHING = (
    ("/", "place=640200&kinds=none&layers=none&from=2030-01-01&to=2030-01-02"),
    ("/analysis", "place=640200&from=2030-01-01&to=2030-01-02"),
    ("/sources", "q=xyzzy"),
    ("/planning", "place=640202"),
)


@dataclass(frozen=True)
class View:
    """One page in one face: `face` is a theme or ``print``; `width` in CSS pixels."""

    path: str
    query: str
    face: str
    lang: str
    width: int

    @property
    def address(self) -> str:
        """Path and query."""
        theme = "dark" if self.face == "dark" else "light"
        return f"{self.path}?" + "&".join(part for part in (self.query, f"theme={theme}&lang={self.lang}") if part)

    @property
    def name(self) -> str:
        """What findings call it."""
        return f"{self.path}{'?' + self.query if self.query else ''} · {self.face} · {self.lang} · {self.width}"


def matrix(path: str) -> list[View]:
    """Return the eighteen views of the page at `path`; print comes after light, so that one opening serves both."""
    return [
        View(path, QUERIES[path], face, lang, width)
        for width, lang, face in product(WINDOWS, LANGUAGES, ("light", "print", "dark"))
    ]


def more(path: str) -> list[View]:
    """Return the further views of the page at `path`:
    each once wide, once narrow and once dark, the languages in turn.
    """
    ways = ((1920, "light"), (390, "dark"), (1366, "dark"), (390, "light"))
    listed = [one for one in (*MORE, *NOTHING) if one[0] == path]
    return [
        View(path, query, face, LANGUAGES[(at + way) % 2], width)
        for at, (_, query) in enumerate(listed)
        for way, (width, face) in enumerate(ways)
        if (at + way) % 4 != 3
    ]


def every_page() -> list[str]:
    """Return the paths of the pages; a page without a query to look at it here is an oversight."""
    assert set(PAGES) == set(QUERIES), set(PAGES) ^ set(QUERIES)
    return list(QUERIES)
