"""Second factors: what a typed code is, which of an app's codes fits, how an app is told of us."""

from __future__ import annotations

import datetime as dt
import hmac
import re
from collections.abc import Callable
from urllib.parse import quote, urlencode

# An app shows a new code every so many seconds; a clock may be one code behind or ahead.
STEP_SECONDS = 30
APP_DIGITS, RECOVERY_DIGITS = 6, 8
MOST_PASSKEYS = 10
MOST_PASSKEY_NAME = 40


def plain_code(typed: str) -> str:
    """A code without the spaces and dashes by which people read it."""
    return re.sub(r"[\s-]", "", typed)


def code_fault(typed: str, *, recovery: bool = True) -> str | None:
    """Why this cannot be a code at all; None when it may be one."""
    code = plain_code(typed)
    lengths = {APP_DIGITS, RECOVERY_DIGITS} if recovery else {APP_DIGITS}
    if code.isascii() and code.isdigit() and len(code) in lengths:
        return None
    if recovery:
        return "Enter the 6 digits that the app shows now, or a recovery code of 8 digits."
    return "Enter the 6 digits that the app shows now."


def fitting_step(
    typed: str, *, at: dt.datetime, after: int, code_of: Callable[[int], str]
) -> int | None:
    """The time step whose code this is, later than `after`: no code counts twice.

    `code_of` tells the code of a step. None when it is no code of now.
    """
    code, now = plain_code(typed), int(at.timestamp()) // STEP_SECONDS
    for step in (now - 1, now, now + 1):
        if step > after and hmac.compare_digest(code_of(step).encode(), code.encode()):
            return step
    return None


def app_address(*, issuer: str, account: str, secret: str) -> str:
    """What an authenticator app reads from the QR code."""
    label = quote(f"{issuer}:{account}", safe="@")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer})}"


def in_fours(text: str) -> str:
    """A long code as people read and type it: in groups of four."""
    return " ".join(text[n : n + 4] for n in range(0, len(text), 4))
