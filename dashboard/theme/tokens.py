"""The tokens of the face: colour, space, type, corners, elevation; the one place where their values stand.

Charts and map style read them through :mod:`dashboard.theme`, exports
through the same, pages as the custom properties of ``assets/tokens.css``,
which ``python -m dashboard.theme.tokens`` writes from here (a test holds them equal
and finds values that stand anywhere else).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

#: Colours of map, charts and page: name → on paper (light), on the wall (dark). In a figure a colour is known by its
#: value, so one light value has one dark one (a test says so).
DRAWN: MappingProxyType[str, tuple[str, str]] = MappingProxyType(
    {
        "ink": ("#1F2933", "#EEF2F5"),
        "muted": ("#616E7C", "#A9B6C2"),
        "faint": ("#9AA5B1", "#7C8A97"),
        "hairline": ("#E4E7EB", "#2C3944"),
        "paper": ("#FFFFFF", "#16212B"),
        "land": ("#F7F5F0", "#1D2932"),
        "abroad": ("#EFEDE7", "#18222B"),
        "water": ("#E8EEF4", "#0E161D"),
        "no-data": ("#E3E1DA", "#2B343B"),
        "red": ("#C8102E", "#FF5A6E"),
        "teal": ("#3C8599", "#7CCAD4"),
        "deep": ("#285E80", "#5B9BC4"),
        "station": ("#1F5F8B", "#5FB0E5"),
        "fair": ("#C2569F", "#F4B6DC"),
        "activity": ("#A86A13", "#E0A13C"),
        "flow": ("#5B2A6E", "#E3C2EE"),
        "enterprise": ("#3E4C59", "#B9C6D2"),
        "fair-sample": ("#C9B3D3", "#C9B3D3"),
        "below": ("#A9B8C0", "#5E6E7A"),
        "barred": ("#5A6672", "#8D9AA6"),
        "line-province": ("#7B8794", "#6B7A87"),
        "line-shore": ("#A9BCCB", "#41525F"),
        "line-at-sea": ("#9FB3C2", "#3D4D59"),
        # streets under the data: a little darker than the land on paper, a little lighter on the wall
        "base-green": ("#E9F0E1", "#1D3029"),
        "base-building": ("#EAE6DE", "#24313B"),
        "base-street": ("#E0DBD0", "#2E3D49"),
        "base-main": ("#CFC7B8", "#3E4F5D"),
        "base-rail": ("#B3B0AD", "#566573"),
        "base-name": ("#7A7468", "#8796A3"),
        "river": ("#8DB4D2", "#3F6A8A"),
        "lake": ("#C9DDEB", "#22435A"),
        "name-water": ("#3F6E91", "#86B4D3"),
        # YlGnBu by hand, light to dark; readable with every common colour vision deficiency
        # (tests/dashboard/test_colour_blind.py).
        # On the wall a ramp runs from the ground: what is most is brightest, and the least does not glare. Hues of
        # data stay.
        "ramp-1": ("#EEF2DC", "#24404C"),
        "ramp-2": ("#CDE3C6", "#2D5766"),
        "ramp-3": ("#9FCDB9", "#3B7787"),
        "ramp-4": ("#67ABAA", "#539EAD"),
        "ramp-5": ("#3C8599", "#7CCAD4"),
        "ramp-6": ("#285E7F", "#B9E9E4"),
        "reached-1": ("#CFE6E6", "#24474D"),
        "reached-2": ("#8FC4C6", "#377983"),
        "reached-3": ("#4A979F", "#62BAC4"),
        "unreached-1": ("#FBE8CF", "#493722"),
        "unreached-2": ("#F2BE7E", "#8A612F"),
        "unreached-3": ("#DB8A3A", "#E39B4B"),
        "night-1": ("#BDB4D4", "#3A2C50"),
        "night-2": ("#8A7FB6", "#5C5984"),
        "night-3": ("#5A4F90", "#8C84CC"),
        # stations that nobody has placed: neither reached nor out of reach, so no hue of either
        "unplaced-1": ("#D9D3C7", "#40403C"),
        "unplaced-2": ("#A8A296", "#73736C"),
        "unplaced-3": ("#6F6A61", "#C4C4BC"),
        "new-1": ("#F3CDD3", "#4D2530"),
        "new-2": ("#DE8A97", "#97404F"),
        "new-3": ("#C04A5E", "#F07F91"),
        "category-1": ("#2A6C9C", "#2A6C9C"),
        "category-2": ("#D9A03F", "#D9A03F"),
        "category-3": ("#5F8F4E", "#5F8F4E"),
        "category-4": ("#B77FC7", "#B77FC7"),
        "category-5": ("#A03C50", "#A03C50"),
        "category-6": ("#98A4AE", "#98A4AE"),
        "label-halo": ("rgba(255,255,255,0.9)", "rgba(14,22,29,0.9)"),
        "hollow": ("rgba(255,255,255,0.6)", "rgba(14,22,29,0.6)"),
        "station-wash": ("rgba(31,95,139,0.14)", "rgba(95,176,229,0.2)"),
        "station-disc": ("rgba(31,95,139,0.10)", "rgba(95,176,229,0.12)"),
        "station-breath": ("rgba(31,95,139,0.05)", "rgba(95,176,229,0.07)"),
        "red-wash": ("rgba(200,16,46,0.14)", "rgba(255,90,110,0.16)"),
        "red-disc": ("rgba(200,16,46,0.10)", "rgba(255,90,110,0.12)"),
    }
)

#: Colours of the page alone.
FACE: MappingProxyType[str, tuple[str, str]] = MappingProxyType(
    {
        "ground": ("#FFFFFF", "#111A22"),
        "ground-soft": ("#F7F8FA", "#1D2932"),
        "hairline-soft": ("#F0F2F4", "#2C3944"),
        "inside": ("#FFFFFF", "#16212B"),
        "red-deep": ("#A80D26", "#FF8492"),
        "red-pale": ("#FBE9EB", "#38242B"),
        "red-breath": ("#FDF7F7", "#24191E"),
        "teal-pale": ("#A9CBD3", "#2F6470"),
        "good-ink": ("#2F5E2A", "#BFE3B6"),
        "good-ground": ("#EEF5EB", "#1B2B1B"),
        "good-line": ("#DCE9D6", "#2B442B"),
        "good-mark": ("#4C8B3F", "#6FB562"),
        "warn-ink": ("#6B4E16", "#EBD7A6"),
        "warn-ground": ("#FBF6EA", "#2A2618"),
        "warn-line": ("#F0E6CD", "#3B351F"),
        "warn-mark": ("#D99A1C", "#E0A13C"),
        "warn-strong": ("#A86A13", "#E0A13C"),
        "bad-ink": ("#8A1023", "#FFB3BC"),
        "bad-ground": ("#FCEFF0", "#38191F"),
        "bad-line": ("#F3D4D8", "#54262E"),
        "reported-ink": ("#1D557F", "#A8D4F3"),
        "reported-ground": ("#E4EEF7", "#17344B"),
        "derived-ink": ("#3D6430", "#B5DDA9"),
        "derived-ground": ("#E9F0E6", "#20371E"),
        "illustrative-ink": ("#7A4E05", "#F0CF94"),
        "illustrative-ground": ("#FBEFD9", "#3A2E16"),
        "illustrative-stripe": ("#F6E4C2", "#44371B"),
        "mixed-ink": ("#643A75", "#E0BFEF"),
        "mixed-ground": ("#F1ECF5", "#33253B"),
        "mixed-stripe": ("#E3D8EA", "#3D2D47"),
        "glass": ("rgba(255,255,255,0.94)", "rgba(22,33,43,0.95)"),
        "halo": ("#FFFFFF", "#000000"),
        "veil": ("rgba(31,41,51,0.35)", "rgba(0,0,0,0.5)"),
        "shade": ("rgba(31,41,51,0.82)", "rgba(0,0,0,0.72)"),
        "on-shade": ("#FFFFFF", "#FFFFFF"),
        "desk": ("#DDE2E7", "#0B1117"),
        "stage": ("#0B1117", "#0B1117"),
        "sketch": ("#C9D2DA", "#4A5864"),
        "sketch-map": ("#8DB9B9", "#3B7787"),
        "control-line": ("#CED4DA", "#4A5864"),
        "chosen": ("#DCEBF7", "#24506E"),
    }
)

#: What paper changes of the light colours: hairlines and small type that a printer keeps.
PAPER: Mapping[str, str] = MappingProxyType({"muted": "#52606D", "hairline": "#D5DADF"})

#: Sizes of type, px: on a screen, on paper. Charts use the screen's (their figure is scaled as a whole).
TYPE: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "tiny": (10, 9),
        "note": (11, 9),
        "small": (12, 10),
        "body": (13, 11),
        "text": (14, 12),
        "lead": (15, 12),
        "title": (18, 14),
        "head": (22, 17),
        "figure": (25, 17),
        "grand": (28, 20),
    }
)
SPACE = (2, 4, 6, 8, 10, 12, 14, 16, 18, 24, 30, 44)
CORNERS: Mapping[str, int] = MappingProxyType({"small": 2, "some": 4, "control": 6, "card": 8, "pill": 10})
#: Shadows, lowest first: what lies on the map, what is offered, what covers the page.
LIFT = ("0 1px 4px rgba(31,41,51,0.12)", "0 2px 12px rgba(31,41,51,0.18)", "0 5px 18px rgba(31,41,51,0.2)")
#: What lies over what, where whole parts of the page meet; inside a part small numbers do.
OVER: Mapping[str, int] = MappingProxyType({"offer": 900, "menu": 1200, "tour": 1300, "tip": 1400})
FONT = '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", sans-serif'

#: Quotation marks and the dot between names are as wide as a Chinese character in FONT: on an English page they come
#: from a Latin one.
MARKS = "Latin marks"
MARKS_FROM = ("Arial", "Liberation Sans", "DejaVu Sans")

THEMES = ("light", "dark", "print")


def value(name: str, theme: str = "light") -> str:
    """Return the colour `name` in `theme` (of :data:`THEMES`)."""
    light, dark = (DRAWN | FACE)[name]
    return dark if theme == "dark" else PAPER.get(name, light) if theme == "print" else light


def properties(theme: str) -> dict[str, str]:
    """Return the custom properties of the colours of `theme`."""
    return {f"--{name}": value(name, theme) for name in DRAWN | FACE}


def css() -> str:
    """Return ``assets/tokens.css``."""
    measures = {
        **{f"--type-{name}": f"{screen:g}px" for name, (screen, _) in TYPE.items()},
        **{f"--space-{one}": f"{one}px" for one in SPACE},
        **{f"--round-{name}": f"{one}px" for name, one in CORNERS.items()},
        **{f"--lift-{at}": one for at, one in enumerate(LIFT, 1)},
        **{f"--over-{name}": str(one) for name, one in OVER.items()},
        "--font": FONT,
    }
    paper = {f"--{name}": one for name, one in PAPER.items()}
    small = {f"--type-{name}": f"{one:g}px" for name, (_, one) in TYPE.items()}
    dark = properties("dark") | {"color-scheme": "dark"}
    local = ", ".join(f'local("{one}")' for one in MARKS_FROM)
    return "\n".join(
        [
            "/* Written by `python -m dashboard.theme.tokens` from dashboard/theme/tokens.py: change it there. */",
            _rule(
                "@font-face",
                {"font-family": f'"{MARKS}"', "src": local, "unicode-range": "U+B7, U+2018-2019, U+201C-201D"},
            ),
            _rule(":root", properties("light") | measures),
            _rule('html[lang="en"]', {"--font": f'"{MARKS}", {FONT}'}),
            "/* the wall; a page that is printed stays paper, an exported sheet (data-width) keeps its theme */",
            "@media screen {",
            _rule('html[data-theme="dark"]', dark),
            "}",
            "@media print {",
            _rule('html[data-theme="dark"][data-width]', dark),
            _rule("html:not([data-width])", paper | small),
            "}",
            "/* sheets are for paper and slides */",
            _rule('html[data-theme="light"][data-width]', paper),
            "",
        ]
    )


def _rule(selector: str, held: Mapping[str, str]) -> str:
    return f"{selector} {{\n" + "".join(f"  {name}: {one};\n" for name, one in held.items()) + "}"


if __name__ == "__main__":
    (Path(__file__).parents[2] / "assets" / "tokens.css").write_text(css(), "utf-8")
