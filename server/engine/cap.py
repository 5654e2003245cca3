"""What the first real run may do at most: what its dry run showed, and some more; it must not count or stop anything.

People go on working between the two, so a tenth of all that was shown, and at least 25 of each kind, come on top.
"""

from __future__ import annotations

from collections.abc import Mapping

_SHARE = 10
_LEAST = 25
_NAMES: Mapping[str, str] = {
    "create": "make new items",
    "update": "change items",
    "restrict": "restrict items",
    "add_comment": "post comments",
    "edit_comment": "change comments",
    "add_file": "attach files",
    "delete": "delete items",
    "delete_comment": "delete comments",
    "delete_file": "delete files",
    "add_link": "link items",
    "remove_link": "take links away",
}


def spare(cap: Mapping[str, int]) -> int:
    """How many operations of each kind are let through beyond those of the cap."""
    return max(_LEAST, sum(cap.values()) // _SHARE)


def excess(cap: Mapping[str, int], done: Mapping[str, int], planned: Mapping[str, int]) -> str:
    """Why ``planned`` operations, after those ``done``, go beyond the cap: a sentence, empty when they do not."""
    more = spare(cap)
    for kind, wanted in planned.items():
        shown, so_far = cap.get(kind, 0), done.get(kind, 0)
        if wanted and so_far + wanted > shown + more:
            what = _NAMES.get(kind, kind)
            return (
                f"The first run would {what} more often than its dry run showed ({shown}, and {more} to spare;"
                f" {so_far} are done, {wanted} more were next). Nothing of that was written. Look at a new dry run; if"
                " all is as it should be, release the integration."
            )
    return ""
