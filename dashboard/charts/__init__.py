"""Charts: what they show as data, and what draws it."""
