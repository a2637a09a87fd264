"""Views that an account keeps, to come back to or to present: its own alone, in whichever browser it signs in.

They go with the account. Where nobody signs in, views are kept in the browser.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from dashboard.access.database import reading, writing

#: Characters of a view and of its name; what is longer comes from no page of ours.
LONGEST, LONGEST_NAME = 4_000, 300


def of(home: Path, account: str) -> list[dict[str, str]]:
    """Return the views of an account, each with its ``query`` and ``name``, in the order in which they were kept."""
    with reading(home) as database:
        rows = database.execute(_READ, (account,)).fetchall() if database else []
    return [{"query": query, "name": name} for query, name in rows]


def keep(home: Path, account: str, query: str, name: str, most: int) -> list[dict[str, str]]:
    """Keep a view, of `most` the newest, and return those that are kept now."""
    query, name = query[:LONGEST], name[:LONGEST_NAME]
    with writing(home) as database:
        database.execute("DELETE FROM views WHERE account = ? AND query = ?", (account, query))
        database.execute("INSERT INTO views (account, query, name) VALUES (?, ?, ?)", (account, query, name))
        database.execute(
            "DELETE FROM views WHERE account = ? AND number NOT IN "
            "(SELECT number FROM views WHERE account = ? ORDER BY number DESC LIMIT ?)",
            (account, account, most),
        )
    return of(home, account)


def take_over(home: Path, account: str, views: Sequence[Mapping[str, str]], most: int) -> list[dict[str, str]]:
    """Keep views that a browser kept before anybody signed in, before those of the account; return all of `most`."""
    own = of(home, account)
    known = {one["query"] for one in own}
    free = max(most - len(own), 0)
    for one in [*[one for one in views if one["query"] not in known][:free], *own]:
        keep(home, account, one["query"], one["name"], most)
    return of(home, account)


def drop(home: Path, account: str, query: str) -> list[dict[str, str]]:
    """Keep a view no longer, and return those that are kept still."""
    with writing(home) as database:
        database.execute("DELETE FROM views WHERE account = ? AND query = ?", (account, query))
    return of(home, account)


_READ = "SELECT query, name FROM views WHERE account = ? ORDER BY number"
