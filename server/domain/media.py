"""What a file is told to be (its media type), when it is fit to be told on; it must not look into any file.

An app may say anything of its files, and what it says becomes a line of a form, of a mail or of an answer elsewhere.
"""

from __future__ import annotations

import re
from typing import Final

ANYTHING: Final = "application/octet-stream"
"""Says nothing of the file."""
_LONGEST: Final = 255
_WORD: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_SHAPE: Final = re.compile(rf'{_WORD}/{_WORD}(?:[ \t]*;[ \t]*{_WORD}=(?:{_WORD}|"[ !#-\[\]-~]*"))*[ \t]*;?')


def media_type(told: str, otherwise: str = ANYTHING) -> str:
    """``told`` where it is a media type and nothing else; else what it is ``otherwise``."""
    clean = told.strip(" \t")
    return clean if len(clean) <= _LONGEST and _SHAPE.fullmatch(clean) else otherwise
