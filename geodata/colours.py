"""Colours of data: whether one can be read on light and dark ground, and told from the others by everybody.

Contrast after WCAG 2.2 (3 : 1 for what is drawn). Colour blindness after Machado, Oliveira and Fernandes (2009), "A
Physiologically-based Model for Simulation of Color Vision Deficiency", IEEE TVCG 15(6), severity 1.0. Distance is that
of CIE 1976 L*a*b*: enough to find a colour that stands apart.
"""

from __future__ import annotations

import colorsys
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from geodata.errors import N_
from geodata.importing.bad import BadValue, checked_text

GROUNDS = ("#FFFFFF", "#16212B")  # paper of the light theme, and of the dark one
LEAST_CONTRAST = 3.0
LEAST_APART = 9.0  # in L*a*b*: nearer ones look the same in a legend
SEERS = ("everybody", "protan", "deutan", "tritan")
_SEEN = np.array(
    [
        np.eye(3),
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
    ]
)
_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])


def read_colour(value: object) -> str:
    """Return a colour as the atlas keeps it, ``#RRGGBB`` in capitals.

    Raises
    ------
    BadValue
        When it is not written in hexadecimal digits.
    """
    text = checked_text(value).strip().lstrip("#").upper()
    if re.fullmatch(r"[0-9A-F]{3}", text):
        text = "".join(sign * 2 for sign in text)
    if not re.fullmatch(r"[0-9A-F]{6}", text):
        raise BadValue(N_("颜色要写成 #RRGGBB，如 #0072B2。"), {}, N_("颜色，如 #0072B2"))
    return f"#{text}"


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21."""
    bright, dark = sorted((float(_linear([color])[0] @ _XYZ[1]) for color in (one, other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def faint_on(colour: str) -> tuple[str, float] | None:
    """Return the ground on which `colour` is hardest to read and its contrast there,
    or None when it can be read on both.
    """
    least = min((contrast(colour, ground), ground) for ground in GROUNDS)
    return None if least[0] >= LEAST_CONTRAST else (least[1], least[0])


def nearest(colour: str, others: Sequence[str]) -> tuple[int, str, float] | None:
    """Return which of `others` is most like `colour`,
    to whom of :data:`SEERS`, and how far it is; None without others.
    """
    if not others:
        return None
    away = _apart([colour], others)[:, 0, :]
    seer, at = np.unravel_index(int(away.argmin()), away.shape)
    return int(at), SEERS[int(seer)], float(away.min())


def proposed(others: Sequence[str]) -> str:
    """Return a colour that can be read on both grounds and stands apart from `others` for everybody."""
    found, away = "", -1.0
    for full in (40, 55), (75, 90):  # calm ones first, loud ones when there is no room left
        tried = [
            _hex(colorsys.hls_to_rgb(hue / 48, light / 100, one / 100))
            for hue in range(48)
            for light in range(30, 66, 5)
            for one in full
        ]
        tried = [one for one in dict.fromkeys(tried) if faint_on(one) is None]
        if not others:
            return tried[0]
        apart = _apart(tried, others).min(axis=(0, 2))
        if (best := float(apart.max())) > away:
            found, away = tried[int(apart.argmax())], best
        if away >= LEAST_APART:
            break
    return found


def _hex(rgb: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(part * 255):02X}" for part in rgb)


def _linear(colours: Sequence[str]) -> NDArray[np.float64]:
    rgb = np.array([[int(one[i : i + 2], 16) for i in (1, 3, 5)] for one in colours]) / 255
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def _lab(colours: Sequence[str]) -> NDArray[np.float64]:
    """Return L*a*b* of each colour for each seer, shape (seers, colours, 3)."""
    seen = np.clip(np.einsum("sij,cj->sci", _SEEN, _linear(colours)), 0, 1)
    ratio = seen @ _XYZ.T / _WHITE
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)


def _apart(some: Sequence[str], others: Sequence[str]) -> NDArray[np.float64]:
    """Return the distance of each of `some` to each of `others` for each seer, shape (seers, some, others)."""
    return np.linalg.norm(_lab(some)[:, :, None, :] - _lab(others)[:, None, :, :], axis=-1)
