"""The words that go with a reported number: over, nearly, about, at least, exact."""

from __future__ import annotations

from collections.abc import Iterable

#: That of a number which says all; that of a count that is withheld: there are some, fewer than the number.
EXACT, BELOW = "exact", "below"


def of_column(text: object, column: str) -> str:
    """Return the qualifier of `column` in ``column=qualifier;…`` text; ``exact`` when it has none."""
    if isinstance(text, str):
        for pair in text.split(";"):
            name, _, qualifier = pair.partition("=")
            if name.strip() == column and qualifier.strip():
                return qualifier.strip()
    return EXACT


def of_sum(counted: str, qualifiers: Iterable[str]) -> str:
    """Return the qualifier of a sum of which :func:`geodata.withheld.told` says `counted`, of numbers with
    `qualifiers`.
    """
    return counted if counted == BELOW else combine([counted, *qualifiers])


def combine(qualifiers: Iterable[str]) -> str:
    """Return the qualifier of a sum of numbers with `qualifiers`.

    What is exact adds nothing; over and at least together are at least;
    whatever leans both ways is only about.
    """
    found = set(qualifiers) - {EXACT}
    if not found:
        return EXACT
    if len(found) == 1:
        return found.pop()
    return "at_least" if found <= {"over", "at_least"} else "about"
