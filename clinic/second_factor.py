"""What a session has proved beside the password: codes and passkeys, and how lately.

A session bears the mark of the account whose second factor it has seen; nothing else lets it
pass where one is needed. Locking leaves the mark, ending the session takes it.
"""

from __future__ import annotations

import json
import secrets
import struct
from base64 import b32encode
from typing import Any, Literal, cast

import segno
from allauth.core import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.webauthn.internal import auth as webauthn
from cryptography.exceptions import UnsupportedAlgorithm
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from clinic import operations, vault
from clinic.models import User
from clinic.queries import factors as queries
from clinic.rules.factors import app_address, code_fault

Missing = Literal["", "set_up", "prove"]
PASSED, PROVED_AT, SECRET, NEW_CODES = "second_factor", "proved_at", "app_secret", "new_codes"
LED_FROM = "second_factor_led_from"
# So long after one has proved who one is, one's own account can be changed.
RECENT_SECONDS = 10 * 60
WRONG_CODE = "This code does not fit, or was used already. Enter the one that is shown now."
WRONG_PASSKEY = "This passkey did not prove that it is you. Try again, or enter a code."
TOO_MANY = "Too many tries. Wait five minutes, then try again."
# What reading a passkey's answer raises that no browser has made.
MALFORMED = (
    ValidationError, ValueError, TypeError, LookupError, AttributeError, OverflowError,
    NotImplementedError, RecursionError, struct.error, UnsupportedAlgorithm,
)  # fmt: skip


class FactorAdapter(DefaultMFAAdapter):
    """The log-in library's part of second factors, with the house's keys and name."""

    def encrypt(self, text: str) -> str:
        return vault.put_away(text)

    def decrypt(self, encrypted_text: str) -> str:
        text = vault.take_out(encrypted_text)
        if text is None:
            raise ValueError("Put away under another AUDIT_KEY.")
        return text

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return super().get_public_key_credential_rp_entity() | {"name": settings.SITE_NAME}


def missing(request: HttpRequest) -> Missing:
    """What stands between this session and the pages: nothing, a factor to set up, one to prove."""
    user = cast(User, request.user)
    if has_passed(request):
        return ""
    wanted = queries.wanted_of(user)
    if wanted.has:
        return "prove"
    return "set_up" if wanted.must else ""


def has_passed(request: HttpRequest) -> bool:
    """Whether this session has seen a second factor of its user."""
    return bool(request.session.get(PASSED) == str(request.user.pk))


def passed(request: HttpRequest, user: Any) -> None:
    """The session has seen a second factor of this user, or was there when she set it up."""
    request.session[PASSED] = str(user.pk)
    # What came while it was missing stands in its forms again; a later lock keeps anew (P13).
    request.session["kept_forms"] = {}


def prove(request: HttpRequest) -> None:
    """Whoever sits at the session has just proved who she is."""
    request.session[PROVED_AT] = timezone.now().timestamp()


def forget_proof(request: HttpRequest) -> None:
    """Somebody else may sit there now, until she proves it again."""
    for name in (PROVED_AT, SECRET, NEW_CODES):
        request.session.pop(name, None)


def is_recent(request: HttpRequest) -> bool:
    """Whether she has proved so lately enough to change her own account."""
    at = request.session.get(PROVED_AT, 0)
    return bool(0 <= timezone.now().timestamp() - at < RECENT_SECONDS)


def check_code(request: HttpRequest, user: Any, typed: str) -> str | None:
    """None when it is a code of the user's; else the sentence that says no."""
    if fault := code_fault(typed):
        return fault
    if not _may_try(request, user):
        return TOO_MANY
    if not operations.prove_code(user=user, code=typed, at=timezone.now()):
        return WRONG_CODE
    _let_pass(request, user)
    return None


def check_passkey(request: HttpRequest, user: Any, answer: str) -> str | None:
    """None when one of the user's passkeys has answered the question; else the sentence."""
    if not _may_try(request, user):
        return TOO_MANY
    state = request.session.get(webauthn.STATE_SESSION_KEY)
    found = None
    if state:
        try:
            found = webauthn.complete_authentication(user, json.loads(answer))
        except MALFORMED:
            found = None
    # A question is answered once, rightly or wrongly.
    request.session.pop(webauthn.STATE_SESSION_KEY, None)
    if not operations.prove_passkey(user=user, passkey=found, at=timezone.now()):
        return WRONG_PASSKEY
    _let_pass(request, user)
    return None


def passkey_question(user: Any) -> str:
    """What the browser asks the user's passkeys, as the page hands it on; "" without any."""
    if not queries.passkeys_of(user).exists():
        return ""
    return json.dumps(webauthn.begin_authentication(user))


def new_passkey_question(user: Any) -> str:
    """What the browser asks a device that is to hold a new passkey."""
    return json.dumps(webauthn.begin_registration(user, False))


def read_new_passkey(request: HttpRequest, answer: str) -> dict[str, Any] | None:
    """The new passkey, where it answers the question of this session; else None."""
    try:
        credential = json.loads(answer)
        webauthn.parse_registration_response(credential)
        webauthn.complete_registration(credential)
    except MALFORMED:
        return None
    finally:
        request.session.pop(webauthn.STATE_SESSION_KEY, None)
    # Only what proving needs is kept.
    kept = ("id", "rawId", "type", "response", "clientExtensionResults")
    return {name: credential[name] for name in kept if name in credential}


def can_hold_passkeys(request: HttpRequest) -> bool:
    """Whether a browser makes passkeys for this address: never for one of bare numbers, and
    without https only on the machine itself."""
    host = request.get_host().rpartition(":")[0] or request.get_host()
    numbers = host.startswith("[") or host.replace(".", "").isdigit()
    return not numbers and (request.is_secure() or host == "localhost")


def app_secret(request: HttpRequest) -> str:
    """The secret that this session shows to an app; the same until it is used."""
    kept = request.session.get(SECRET)
    secret = vault.take_out(kept) if kept else None
    if secret is None:
        secret = b32encode(secrets.token_bytes(20)).decode()
        request.session[SECRET] = vault.put_away(secret)
    return secret


def picture_of(user: Any, secret: str) -> str:
    """The QR code that an authenticator app reads, as the address of a picture."""
    address = app_address(issuer=settings.SITE_NAME, account=user.email, secret=secret)
    picture: str = segno.make(address, error="m").svg_data_uri(scale=5, border=4, light="#fff")
    return picture


def _may_try(request: HttpRequest, user: Any) -> bool:
    allowed = ratelimit.consume(request, action="second_factor", key=str(user.pk))
    if not allowed:
        operations.refuse_proof(user=user, sentence=TOO_MANY, at=timezone.now())
    return bool(allowed)


def _let_pass(request: HttpRequest, user: Any) -> None:
    ratelimit.clear(request, action="second_factor", key=str(user.pk))
    passed(request, user)
    prove(request)
