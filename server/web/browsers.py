"""What a browser calls itself, in a few words that its owner knows again; it must not believe any of it.

The words are shown to the one person whose session it is. Nothing is decided by them.
"""

from __future__ import annotations

import re

_MOST = 100
# The first that is named counts: most browsers call themselves by the names of others, too.
_PROGRAMS = (
    ("Edge", re.compile(r"Edg(?:e|A|iOS)?/(\d{1,4})")),
    ("Opera", re.compile(r"OPR/(\d{1,4})")),
    ("Firefox", re.compile(r"(?:Firefox|FxiOS)/(\d{1,4})")),
    ("Chrome", re.compile(r"(?:Chrome|CriOS)/(\d{1,4})")),
    ("Safari", re.compile(r"Version/(\d{1,4})[^ ]* (?:Mobile/\S+ )?Safari")),
)
_SYSTEMS = (
    ("Android", re.compile("Android")),
    ("iOS", re.compile("iPhone|iPad")),
    ("Windows", re.compile("Windows")),
    ("macOS", re.compile("Mac OS X|Macintosh")),
    ("ChromeOS", re.compile("CrOS")),
    ("Linux", re.compile("Linux|X11")),
)


def named(agent: str) -> str:
    """``Firefox 130 on Linux``; what is no browser that we know, by its own first word; empty when it says nothing."""
    agent = agent[: _MOST * 10]
    program = next((f"{name} {found[1]}" for name, one in _PROGRAMS if (found := one.search(agent))), "")
    system = next((name for name, one in _SYSTEMS if one.search(agent)), "")
    if program:
        return f"{program} on {system}" if system else program
    return "".join(sign for sign in agent.partition(" ")[0] if sign.isprintable())[:_MOST]
