"""Online tiles under the map.

Off unless the settings name them, and never asked for by anything but a reader's browser.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

GCJ02 = "gcj02"


@dataclass(frozen=True, slots=True)
class Tiles:
    """Tiles of another host.

    Attributes
    ----------
    url : str
        Template with ``{z}``, ``{x}``, ``{y}``; its key is in it.
    datum : {'wgs84', 'gcj02'}
        What the tiles are drawn in (CGCS2000 counts as WGS-84).
    attribution : str
        Who made them and their map review number (审图号).
    """

    url: str
    datum: str
    attribution: str

    @property
    def origin(self) -> str:
        """Scheme and host, as a Content-Security-Policy names it."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"
