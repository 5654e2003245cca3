"""How an app's own words stand in a sentence of ours, so that they can be taken out again; it must not judge them.

Whoever looks after a tenant reads them, for they say what to do. Others do not: an app that failed may say anything.
"""

from __future__ import annotations

import re

_QUOTED = re.compile(r" It says: “[^”]*(?:”\.?|\Z)")


def quoted(words: str) -> str:
    """What follows a sentence to say what an app said; empty where it said nothing. The words cannot end it early."""
    said = words.replace("”", '"').replace("“", '"')
    return f" It says: “{said}”." if said else ""


def with_words(sentence: str, words: str) -> str:
    """A sentence with what the app said, unless it tells that already."""
    said = quoted(words)
    return sentence if said in sentence else sentence + said


def unquoted(sentence: str) -> str:
    """A sentence without what an app said."""
    return _QUOTED.sub("", sentence)
