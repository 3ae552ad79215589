"""What must be read again but never from the database alone: kept under the key of the seals.

A backup, or the database in the wrong hands, opens nobody's second factor.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


def put_away(text: str) -> str:
    """The text as it may be kept."""
    return _box().encrypt(text.encode()).decode()


def take_out(kept: str) -> str | None:
    """The text again; None where it was put away under another key."""
    try:
        return _box().decrypt(kept.encode()).decode()
    except InvalidToken:
        return None


def _box() -> Fernet:
    key = hmac.new(settings.AUDIT_KEY.encode(), b"second factors", hashlib.sha256).digest()
    return Fernet(base64.urlsafe_b64encode(key))
