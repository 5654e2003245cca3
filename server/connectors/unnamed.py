"""Names for files that came without one: the ending says what they are; it must not know any app."""

from __future__ import annotations

import mimetypes
from typing import Final

_BY_KIND: Final = {
    "message/rfc822": "message.eml",
    "message/delivery-status": "delivery-status.txt",
    "message/disposition-notification": "disposition-notification.txt",
    "text/rfc822-headers": "headers.txt",
    "text/calendar": "invitation.ics",
    "application/ics": "invitation.ics",
    "application/pgp-signature": "signature.asc",
    "application/pkcs7-signature": "smime.p7s",
    "application/x-pkcs7-signature": "smime.p7s",
    "application/pgp-encrypted": "encrypted.asc",
}


def made_up_name(content_type: str, number: str) -> str:
    """A name for a file of that kind, always the same; ``number`` tells it from its neighbours."""
    kind = content_type.partition(";")[0].strip().casefold()
    known = _BY_KIND.get(kind)
    if known is None:
        ending = mimetypes.guess_extension(kind, strict=False)
        known = f"part{ending or ('.txt' if kind.startswith('text/') else '.bin')}"
    stem, _, ending = known.rpartition(".")
    return f"{stem}-{number}.{ending}"
