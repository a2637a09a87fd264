"""What a number format adds to a number: ``0"亩"`` shows 20 as 20亩 (ECMA-376 part 1, section 18.8.31)."""

from __future__ import annotations

import re
from typing import NamedTuple

_TEXT = r'(?:"[^"]*"|\\.|\[\$[^\]]*\]|[¥￥$€£+\-():/ 一-鿿])*'
_FORMAT = re.compile(rf"(?P<before>{_TEXT})(?P<digits>(?:General|[#,?]*0+(?:\.[0#?]+)?))(?P<after>{_TEXT})")
_UNSEEN = re.compile(r"\[(?:Red|Black|Blue|Green|White|Yellow|Cyan|Magenta|Color\d+|h+|DBNum\d)\]|[_*].", re.IGNORECASE)
_PIECE = re.compile(r'"([^"]*)"|\\(.)|\[\$([^\]\-]*)[^\]]*\]|(.)')


class Added(NamedTuple):
    """Text before and behind the digits, and the least digits before the point."""

    before: str
    digits: int
    after: str

    def to(self, value: float) -> str:
        """Return a number as the format shows it, to all its digits."""
        text = str(value) if value >= 0 else str(-value)
        whole, point, rest = text.partition(".")
        return f"{'-' if value < 0 else ''}{self.before}{whole.zfill(self.digits)}{point}{rest}{self.after}"


def added(code: str | None) -> Added | None:
    """Return what a number format adds to a positive number; None where it adds nothing, or is none that is known."""
    match = _FORMAT.fullmatch(_UNSEEN.sub("", (code or "").partition(";")[0]).strip())
    if match is None:
        return None
    before, after = (
        "".join("".join(piece) for piece in _PIECE.findall(match[part])).strip() for part in ("before", "after")
    )
    whole = match["digits"].partition(".")[0]
    digits = 0 if whole == "General" else len(whole.replace(",", "").lstrip("#?"))
    return Added(before, digits, after) if before or after or digits > 1 else None
