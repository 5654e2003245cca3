"""What can happen to one call of ours to an app, and to one commit; it must not know who calls."""

from __future__ import annotations

from enum import StrEnum


class Killed(BaseException):
    """The process died here. No handler of ours may catch it."""


class Fate(StrEnum):
    """What happens to one call."""

    WELL = "well"
    BUSY = "busy"
    """Refused before anything was done: 503."""
    LIMITED = "limited"
    """Refused before anything was done: 429, with the seconds after which to come again."""
    LOST = "lost"
    """Done, but the answer never came."""
    CUT = "cut"
    """The answer broke off: of what was asked for only a part came, what was to be done is done."""
    TWICE = "twice"
    """A proxy sent the request again: it was done two times, and the second answer came."""
    REFUSED = "refused"
    """The app says no to this one item, this once."""
    DENIED = "denied"
    """The app does not take our account, this once."""
    MEANWHILE = "meanwhile"
    """All goes well, but a person was faster: they edit the item just before the call is carried out."""
    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"
    WALLED = "walled"
    """A log-in page came in the app's place: nothing was done, and nothing that came says so."""


MISFORTUNES = tuple(one for one in Fate if one not in {Fate.WELL, Fate.WALLED})
"""What histories draw from; a fate that came later is drawn by its own, so that the old ones stay as they are."""
DEATHS = frozenset({Fate.KILLED_BEFORE, Fate.KILLED_AFTER})
