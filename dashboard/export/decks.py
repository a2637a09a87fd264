"""The atlas's own PowerPoint template, made from the frames: named placeholders, the theme's fonts and colours.

Nothing is shipped as a binary: the layouts are python-pptx's default ones with
their shapes replaced by ours, so what a placeholder is called and where it
stands is said in one place (:mod:`dashboard.export.frames`).
"""

from __future__ import annotations

import io
from copy import deepcopy
from xml.sax.saxutils import escape

from lxml import etree  # ty: ignore[missing-module-member] - it is there, from C
from pptx import Presentation
from pptx.opc.constants import RELATIONSHIP_TYPE as RT
from pptx.opc.package import Part
from pptx.oxml import parse_xml
from pptx.presentation import Presentation as Deck
from pptx.util import Inches

from dashboard import theme
from dashboard.export.frames import Frame, Template
from dashboard.theme import recolour

A = "http://schemas.openxmlformats.org/drawingml/2006/main"
P = "http://schemas.openxmlformats.org/presentationml/2006/main"
#: Fonts that PowerPoint has on Windows; other systems take their own Chinese font instead.
LATIN, EAST_ASIAN = "Microsoft YaHei", "Microsoft YaHei"
KINDS = {"title": "title", "text": "body", "picture": "pic", "chart": "chart", "table": "tbl"}
FIRST_INDEX = 20


def own_deck(template: Template, mode: str) -> Deck:
    """Return an empty presentation with one layout a page of `template`, in the colours of `mode`."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(template.width), Inches(template.height)
    master = deck.slide_master
    layouts = list(deck.slide_layouts)
    for layout in layouts[len(template.pages) :]:
        deck.slide_layouts.remove(layout)
    for layout, page in zip(layouts, template.pages, strict=False):
        tree = layout.shapes._spTree
        for shape in list(layout.shapes):
            tree.remove(shape._element)
        layout._element.find(f"{{{P}}}cSld").set("name", page.name)
        if layout._element.get("type"):
            del layout._element.attrib["type"]
        tree.append(_band(template))
        for number, frame in enumerate(page.frames):
            tree.append(_placeholder(frame, number + 2, FIRST_INDEX + number))
    for shape in list(master.placeholders):
        if shape.placeholder_format.type is not None and shape.placeholder_format.idx not in (0, 1):
            shape._element.getparent().remove(shape._element)
        elif shape.placeholder_format.idx in (0, 1):
            shape.left, shape.width = Inches(0.5), Inches(template.width - 1)
    _colours(master.part.part_related_by(RT.THEME), mode)
    if mode == "dark":
        colours = master._element.find(f"{{{P}}}clrMap")
        for light, darker in (("bg1", "dk1"), ("tx1", "lt1"), ("bg2", "dk2"), ("tx2", "lt2")):
            colours.set(light, darker)
    return deck


def saved(deck: Deck) -> bytes:
    """Return the presentation as the bytes of a file."""
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


# -- inside -----------------------------------------------------------------------


def _colours(part: Part, mode: str) -> None:
    """Set fonts and colours of the theme; text and ground are its first two, whichever mode."""
    root = etree.fromstring(part.blob)
    ground = recolour.GROUND if mode == "dark" else theme.PAPER
    ink = recolour.color(theme.INK, mode)
    muted = recolour.color(theme.MUTED, mode)
    slots = {
        "dk1": ground if mode == "dark" else ink,
        "lt1": ink if mode == "dark" else ground,
        "dk2": recolour.NIGHT[theme.LAND] if mode == "dark" else muted,
        "lt2": muted if mode == "dark" else theme.LAND,
        "hlink": recolour.color(theme.STATION, mode),
        "folHlink": recolour.color(theme.STATION, mode),
    }
    slots |= {
        f"accent{number}": color
        for number, color in enumerate(
            (recolour.color(theme.TEAL, mode), recolour.color(theme.RED, mode), *theme.CATEGORIES[1:5]), 1
        )
    }
    scheme = root.find(f".//{{{A}}}clrScheme")
    scheme.set("name", "Union Service Atlas")
    for name, color in slots.items():
        slot = scheme.find(f"{{{A}}}{name}")
        for child in list(slot):
            slot.remove(child)
        etree.SubElement(slot, f"{{{A}}}srgbClr").set("val", color.lstrip("#"))
    for kind in ("majorFont", "minorFont"):
        fonts = root.find(f".//{{{A}}}{kind}")
        for name, face in (("latin", LATIN), ("ea", EAST_ASIAN)):
            fonts.find(f"{{{A}}}{name}").set("typeface", face)
        for one in fonts.findall(f"{{{A}}}font"):
            if one.get("script") in ("Hans", "Hant"):
                one.set("typeface", EAST_ASIAN)
    part._blob = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _emu(inches: float) -> int:
    return round(inches * 914_400)


def _band(template: Template) -> etree._Element:
    return parse_xml(
        f'<p:sp xmlns:p="{P}" xmlns:a="{A}"><p:nvSpPr><p:cNvPr id="90" '
        f'name="band"/><p:cNvSpPr/><p:nvPr userDrawn="1"/></p:nvSpPr>'
        f'<p:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{_emu(template.width)}" cy="{_emu(0.07)}"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom><a:solidFill><a:schemeClr '
        'val="accent2"/></a:solidFill><a:ln><a:noFill/></a:ln></p:spPr></p:sp>'
    )


def _placeholder(frame: Frame, id: int, index: int) -> etree._Element:
    kind = KINDS[frame.kind]
    number = "" if kind == "title" else f' idx="{index}"'
    colour = "tx2" if frame.muted else "tx1"
    anchor = {"t": "t", "ctr": "ctr", "b": "b"}[frame.anchor]
    level = (
        f'<a:lvl1pPr marL="0" indent="0" algn="{frame.align}"><a:lnSpc><a:spcPct '
        f'val="100000"/></a:lnSpc><a:spcBef><a:spcPts val="0"/></a:spcBef>'
        f'<a:buNone/><a:defRPr sz="{round(frame.size * 100)}" '
        f'b="{int(frame.bold)}"><a:solidFill><a:schemeClr val="{colour}"/></a:solidFill>'
        f'<a:latin typeface="+mn-lt"/><a:ea typeface="+mn-ea"/></a:defRPr></a:lvl1pPr>'
    )
    return deepcopy(
        parse_xml(
            f'<p:sp xmlns:p="{P}" xmlns:a="{A}"><p:nvSpPr><p:cNvPr id="{id}" '
            f'name="{escape(frame.name)}"/><p:cNvSpPr><a:spLocks noGrp="1"/></p:cNvSpPr>'
            f'<p:nvPr><p:ph type="{kind}"{number}/></p:nvPr></p:nvSpPr><p:spPr><a:xfrm><a:off '
            f'x="{_emu(frame.x)}" y="{_emu(frame.y)}"/>'
            f'<a:ext cx="{_emu(frame.width)}" cy="{_emu(frame.height)}"/></a:xfrm></p:spPr><p:txBody>'
            f'<a:bodyPr lIns="0" tIns="0" rIns="0" bIns="0" anchor="{anchor}" '
            f'wrap="square"><a:noAutofit/></a:bodyPr><a:lstStyle>{level}</a:lstStyle>'
            f'<a:p><a:r><a:rPr lang="zh-CN"/><a:t>{escape(frame.name)}</a:t></a:r></a:p></p:txBody></p:sp>'
        )
    )
