"""What somebody orders: which view, on which template, in which format, with which texts of their own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self
from urllib.parse import urlencode

from geodata.errors import N_, AtlasError

FORMATS = ("pptx", "pdf", "png", "svg")
TEMPLATES = ("one", "map", "compare", "report")
THEMES = ("light", "dark")
SCALES = (1, 2, 4)
LIMITS = {"title": 60, "sentence": 400, "footnote": 300}
MAX_QUERY = 4_000


@dataclass(frozen=True, slots=True)
class Order:
    """One brief to be made.

    Attributes
    ----------
    query : str
        Address query of the view, as :mod:`dashboard.state` reads it.
    against : str
        Address query of the second view of a comparison.
    template : str
        One of :data:`TEMPLATES`, or the path of a ``.pptx`` with named placeholders (command line only).
    format : str
        One of :data:`FORMATS`.
    theme : {'light', 'dark'}
        Paper or wall.
    scale : int
        Pixels per CSS pixel of a PNG (96 a inch): 1, 2 or 4.
    title, sentence, footnote : str
        The reader's own texts; empty: those that the view says itself.
    """

    query: str = ""
    against: str = ""
    template: str = "one"
    format: str = "pptx"
    theme: str = "light"
    scale: int = 2
    title: str = ""
    sentence: str = ""
    footnote: str = ""

    def __post_init__(self) -> None:
        for name, allowed in (("format", FORMATS), ("theme", THEMES), ("scale", SCALES)):
            if getattr(self, name) not in allowed:
                raise AtlasError(
                    N_("{name} 的值 {got} 不可用：请用 {expected} 之一。"),
                    name=name,
                    got=getattr(self, name),
                    expected=", ".join(map(str, allowed)),
                )
        if self.template not in TEMPLATES and not self.template.lower().endswith(".pptx"):
            raise AtlasError(
                N_("没有模板“{got}”：请用 {expected}，或给一个 .pptx 文件。"),
                got=self.template,
                expected=", ".join(TEMPLATES),
            )
        for name, most in LIMITS.items():
            if len(getattr(self, name)) > most:
                raise AtlasError(
                    N_("{name} 有 {got} 个字，放不下：请缩短到 {most} 个字以内。"),
                    name=name,
                    got=len(getattr(self, name)),
                    most=most,
                )
        if max(len(self.query), len(self.against)) > MAX_QUERY:
            raise AtlasError(N_("视图地址过长（超过 {limit} 个字符），无法制作简报。"), limit=MAX_QUERY)
        if self.is_file and self.format != "pptx":
            raise AtlasError(N_("自带的 .pptx 模板只能用来制作 pptx，不能制作 {got}。"), got=self.format)

    @property
    def is_file(self) -> bool:
        """Whether the template is somebody's own file."""
        return self.template not in TEMPLATES

    @property
    def compares(self) -> bool:
        """Whether it shows two views: a template of somebody's own does as soon as there is a second."""
        return self.template == "compare" or (self.is_file and bool(self.against))

    def to_json(self) -> str:
        """Return the order as text to keep."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the order of what :meth:`to_json` wrote."""
        return cls(**json.loads(text))

    @classmethod
    def from_fields(cls, given: Mapping[str, Any]) -> Self:
        """Return the order of texts such as a form or an address gives; what is missing is as usual.

        Whoever fills a form in is not whoever keeps this machine: a file of its disk is no template of theirs.

        Raises
        ------
        AtlasError
            A value cannot be used, or the template is none of :data:`TEMPLATES`.
        """
        known = {field.name for field in fields(cls)}
        taken: dict[str, Any] = {
            key: str(value).strip() for key, value in given.items() if key in known and str(value).strip()
        }
        if "scale" in taken:
            if taken["scale"] not in map(str, SCALES):  # "¹" is a digit too
                raise AtlasError(
                    N_("{name} 的值 {got} 不可用：请用 {expected} 之一。"),
                    name="scale",
                    got=taken["scale"],
                    expected=", ".join(map(str, SCALES)),
                )
            taken |= {"scale": int(taken["scale"])}
        if taken.get("template", TEMPLATES[0]) not in TEMPLATES:
            raise no_such_template(taken["template"])
        return cls(**taken)

    def path(self, **more: str) -> str:
        """Return the address, on this server, of the sheet that shows the order."""
        usual = Order()
        pairs = {
            name: getattr(self, name)
            for name in ("query", "against", "template", "theme", "title", "sentence", "footnote")
            if getattr(self, name) != getattr(usual, name)
        }
        return "/sheet?" + urlencode(pairs | more)


def no_such_template(name: str) -> AtlasError:
    """Return the error of a template that is not one of :data:`TEMPLATES`."""
    return AtlasError(N_("没有模板“{got}”：请用 {expected} 之一。"), got=name[:60], expected=", ".join(TEMPLATES))
