"""The translation catalogues: Chinese is the language of the code, English is complete.

A message's key is its Chinese text, so the Chinese catalogue only holds what
should read differently from the code; a test holds every key against the
English one. Catalogues are compiled in memory when the application starts: no
binary file is kept beside the text.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

Gettext = Callable[[str], str]
FOLDERS = {"zh": "zh_CN", "en": "en"}


def catalogue_path(lang: str) -> Path:
    """Return the path of the ``.po`` file of `lang` (``zh`` or ``en``)."""
    return Path(__file__).parent / FOLDERS[lang] / "LC_MESSAGES" / "atlas.po"


@cache
def load_words() -> Mapping[str, Gettext]:
    """Return language → gettext function, read from the ``.po`` files once a process."""
    words = {}
    for lang in FOLDERS:
        with catalogue_path(lang).open("rb") as po:
            catalogue = read_po(po, locale=FOLDERS[lang])
        compiled = io.BytesIO()
        write_mo(compiled, catalogue)
        compiled.seek(0)
        words[lang] = Translations(compiled).gettext
    return MappingProxyType(words)
