"""What the file of a batch is called that keeps or adopts a plan, apart from all that makes plans."""

from __future__ import annotations

#: Begins the source of whatever a plan has placed, too.
MARK = "scenario:"
