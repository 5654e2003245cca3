"""The headers that keep a reader of our answers safe, whoever gives the answer; it must not look at the answer."""

from __future__ import annotations

import secrets
from typing import Final

FIXED: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
)
"""Every answer has these."""
HSTS: Final = "max-age=31536000; includeSubDomains"


def new_nonce() -> str:
    """A nonce for one page."""
    return secrets.token_urlsafe(16)


def policy(nonce: str | None = None) -> str:
    """The content security policy: everything from here, nothing inline but styles that carry the page's nonce."""
    styles = f"'self' 'nonce-{nonce}'" if nonce else "'self'"
    return (
        f"default-src 'self'; script-src 'self'; style-src {styles}; img-src 'self' data:; connect-src 'self';"
        " object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
