"""What is said of a figure, in no language yet: messages of the catalogue with their values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from geodata.errors import N_


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence for people: message in Chinese with ``{name}`` fields, and their values.

    Attributes
    ----------
    msgid : str
        A key of the catalogue.
    params : dict
        Values of its fields; one that is itself a :class:`Text` is put in in the same language.
    """

    msgid: str
    params: dict[str, Any] = field(default_factory=dict)

    def text(self, gettext: Callable[[str], str] = lambda msgid: msgid) -> str:
        """Return the sentence in the language of `gettext`."""
        values = {
            name: value.text(gettext) if isinstance(value, Text) else value for name, value in self.params.items()
        }
        return gettext(self.msgid).format(**values)


def joined(*texts: Text | None) -> Text | None:
    """Return the `texts` that there are, one after the other; None when there is none."""
    found: Text | None = None
    for one in texts:
        if one is not None:
            found = one if found is None else Text(N_("{first}；{then}"), {"first": found, "then": one})
    return found
