"""What is said to a person, in no language yet: a message of the catalogue with its values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self


def N_(msgid: str) -> str:
    """Mark `msgid` for the translation catalogue without translating it now."""
    return msgid


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence for people.

    Attributes
    ----------
    msgid : str
        Template in Chinese with ``{name}`` fields, which is also its key in the translation catalogues.
    params : mapping
        Values of the fields. One that is itself a :class:`Message` is put in in the same language; one that is a
        mapping holds a name in each (``zh``, ``en``).
    """

    msgid: str
    params: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def text(self, gettext: Callable[[str], str] = lambda msgid: msgid) -> str:
        """Return the sentence in the language of `gettext` (Chinese by default)."""
        template = gettext(self.msgid) if self.msgid else ""  # a catalogue has its own head under no key
        lang = "zh" if template == self.msgid else "en"

        def said(value: Any) -> Any:
            if isinstance(value, Message):
                return value.text(gettext)
            return value[lang] if isinstance(value, Mapping) and lang in value else value

        return template.format(**{name: said(value) for name, value in self.params.items()})

    def as_json(self) -> dict[str, Any]:
        """Return the message as JSON holds it."""
        return {"msgid": self.msgid, "params": {name: _plain(value) for name, value in self.params.items()}}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """Return the message that :meth:`as_json` gave."""
        return cls(str(told.get("msgid", "")), dict(told.get("params", {})))


def joined(*messages: Message | None) -> Message | None:
    """Return the `messages` that there are, one after the other; None when there is none."""
    found: Message | None = None
    for one in messages:
        if one is not None:
            found = one if found is None else Message(N_("{first}；{then}"), {"first": found, "then": one})
    return found


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, list | tuple):
        return [str(one) for one in value]
    return value.item() if hasattr(value, "item") else str(value)
