"""Days as people write them."""

from __future__ import annotations

from datetime import date

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def written(day: date, lang: str) -> str:
    """Return a day as readers of `lang` (``zh`` or ``en``) write it: 2024年10月31日, 31 Oct 2024."""
    if lang == "zh":
        return f"{day.year}年{day.month}月{day.day}日"  # no key
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
