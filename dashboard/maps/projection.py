"""Where a point of the map is on a picture.

Web Mercator with tiles of 512 pixels, and the scale that is right there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

TILE = 512
ZOOMS = (1.0, 15.0)
BESIDE_COSTS = 0.6  # zoom levels
AROUND = 0.06  # of the smaller side, left free around what is fitted
LITTLE = 0.025  # likewise, where the outline is known and not its box alone
SHARES = (0.5, 0.25, 0.75, 0.0, 1.0)  # of the room that is left: the middle first
CLEARING = 0.02  # zoom levels
EQUATOR_M = 40_075_016.686
SCALE_MOST, SCALE_RIGHT, SCALE_UP = 110, 18, 30  # pixels


def mercator(lat: ArrayLike) -> NDArray[np.float64]:
    """Return how far down the map of the world a latitude (degrees) is, of its height."""
    sine = np.sin(np.radians(np.clip(np.asarray(lat, dtype=float), -85.05, 85.05)))
    return 0.5 - np.log((1 + sine) / (1 - sine)) / (4 * np.pi)


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture of a part of the map.

    Attributes
    ----------
    left, top : float
        Pixel of its corner on the map of the whole world at `zoom`.
    zoom : float
        As MapLibre counts it.
    width, height : int
        Size, CSS pixels.
    """

    left: float
    top: float
    zoom: float
    width: int
    height: int

    @classmethod
    def at(cls, spot: Mapping[str, Any], size: tuple[int, int]) -> Self:
        """Return the frame whose centre and zoom are those of a plotly.js map."""
        world = TILE * 2.0 ** spot["zoom"]
        x, y = (spot["center"]["lon"] + 180) / 360 * world, float(mercator(spot["center"]["lat"])) * world
        return cls(x - size[0] / 2, y - size[1] / 2, float(spot["zoom"]), *size)

    def pixels(self, lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where points (longitude, latitude in degrees, WGS-84) are on the picture, pixels from its upper
        left.
        """
        world = TILE * 2.0**self.zoom
        return np.column_stack(
            [(lonlat[:, 0] + 180) / 360 * world - self.left, mercator(lonlat[:, 1]) * world - self.top]
        )

    def degrees(self, x: float, y: float) -> tuple[float, float]:
        """Return longitude and latitude of a pixel."""
        world = TILE * 2.0**self.zoom
        lat = 360 / np.pi * np.arctan(np.exp((0.5 - (y + self.top) / world) * 2 * np.pi)) - 90
        return (x + self.left) / world * 360 - 180, float(lat)

    def box(self, margin: float = 0) -> tuple[float, float, float, float]:
        """Return west, south, east, north of the picture and `margin` pixels around it, degrees."""
        west, north = self.degrees(-margin, -margin)
        east, south = self.degrees(self.width + margin, self.height + margin)
        return west, south, east, north

    def inside(self, xy: NDArray[np.float64], margin: float = 0) -> NDArray[np.bool_]:
        """Return which pixels lie on the picture or within `margin` of it; not those that are not known."""
        x, y = xy[:, 0], xy[:, 1]
        return (x >= -margin) & (x <= self.width + margin) & (y >= -margin) & (y <= self.height + margin)

    @property
    def metres_per_pixel(self) -> float:
        """Metres that a pixel in the middle of the picture is wide on the ground."""
        _, lat = self.degrees(self.width / 2, self.height / 2)
        return EQUATOR_M * np.cos(np.radians(lat)) / (TILE * 2.0**self.zoom)


def framed(bounds: Sequence[float], size: tuple[int, int], left: int = 0, around: float = AROUND) -> Frame:
    """Return the frame of `size` that shows `bounds` (west, south, east, north in degrees) as large as it can.

    The first `left` pixels, under a legend, are left free as long as that does not make it much smaller.
    `around` is the share of the smaller side that stays free on each side.
    """
    whole = _fitted(bounds, size, around)
    if not 0 < left < size[0] - 2:
        return whole
    beside = _fitted(bounds, (size[0] - left, size[1]), around)
    return replace(beside, left=beside.left - left, width=size[0]) if beside.zoom > whole.zoom - BESIDE_COSTS else whole


def _fitted(bounds: Sequence[float], size: tuple[int, int], around: float) -> Frame:
    west, south, east, north = bounds
    top, bottom = mercator(north), mercator(south)
    pad = min(size) * around
    wide, high = max((east - west) / 360, 1e-6), max(float(bottom - top), 1e-6)
    zoom = float(
        np.clip(np.log2(min((size[0] - 2 * pad) / (TILE * wide), (size[1] - 2 * pad) / (TILE * high))), *ZOOMS)
    )
    world = TILE * 2.0**zoom
    return Frame(
        ((west + east) / 2 + 180) / 360 * world - size[0] / 2,
        float(top + bottom) / 2 * world - size[1] / 2,
        zoom,
        *size,
    )


def cleared(
    bounds: Sequence[float], size: tuple[int, int], outline: NDArray[np.float64], covered: Sequence[Sequence[float]]
) -> Frame:
    """Return the frame of `size` that shows `outline` as large as it can with none of its points under what covers it.

    Parameters
    ----------
    bounds : sequence of float
        Of the outline: west, south, east, north, degrees.
    outline : array, shape (n, 2)
        Longitude and latitude, degrees.
    covered : sequence of (left, top, right, bottom)
        What lies over the map, pixels.

    Notes
    -----
    assets/map.js does the same in the browser, so that the first picture and the map stand alike.
    """
    largest = _fitted(bounds, size, LITTLE)
    zoom = largest.zoom
    while zoom > ZOOMS[0]:
        world = TILE * 2.0**zoom
        west, east = ((one + 180) / 360 * world for one in (bounds[0], bounds[2]))
        top, bottom = (float(mercator(one)) * world for one in (bounds[3], bounds[1]))
        pad = min(size) * LITTLE
        for down in SHARES:
            for along in SHARES:
                frame = Frame(
                    west - pad - along * (size[0] - 2 * pad - (east - west)),
                    top - pad - down * (size[1] - 2 * pad - (bottom - top)),
                    zoom,
                    *size,
                )
                x, y = frame.pixels(outline).T
                if not any(((x > one[0]) & (x < one[2]) & (y > one[1]) & (y < one[3])).any() for one in covered):
                    return frame
        zoom -= CLEARING
    return largest


def scale_of(frame: Frame) -> tuple[int, float]:
    """Return a round length in metres, 1, 2 or 5 times a power of ten, and its width in pixels in the middle of
    `frame`.
    """
    metres = frame.metres_per_pixel
    power = 10.0 ** np.floor(np.log10(metres * SCALE_MOST))
    length = next(step * power for step in (5, 2, 1) if step * power <= metres * SCALE_MOST)
    return int(length), length / metres


def scale_bar(frame: Frame, units: tuple[str, str], ink: str) -> str:
    """Return the scale bar of a picture as SVG, lower right."""
    length, width = scale_of(frame)
    said = f"{length // 1000} {units[0]}" if length >= 1000 else f"{length} {units[1]}"
    right, low = frame.width - SCALE_RIGHT, frame.height - SCALE_UP
    return (
        f'<g class="still-scale" pointer-events="none">'
        f'<path d="M{right - width:.1f} {low}v6h{width:.1f}v-6" fill="none" stroke="{ink}" stroke-width="1.5"/>'
        f'<text x="{right - width / 2:.1f}" y="{low + 2}" font-size="11"'
        f' fill="{ink}" text-anchor="middle">{escape(said)}</text></g>'
    )
