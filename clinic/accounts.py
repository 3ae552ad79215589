"""How staff log in, lock, unlock and log out: no sign-up, and each step is audited.

These events stand in the system's chain: who sits at a session is not one clinic's affair.
"""

from __future__ import annotations

import datetime as dt
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from allauth.account.auth_backends import AuthenticationBackend
from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib.auth import logout
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.http import url_has_allowed_host_and_scheme

from clinic import audit, operations, second_factor
from clinic.models import AuditEvent, Clinic, Invitation, User
from clinic.proxy import CLIENT
from clinic.queries.factors import who_asks
from clinic.refusals import Refusal

log = logging.getLogger(__name__)
WRONG = "This is not your password."
POST = ThreadPoolExecutor(max_workers=1, thread_name_prefix="log-in-mail")


class StaffBackend(AuthenticationBackend):
    """Whose session it is, read together with what every page asks of her."""

    def get_user(self, user_id: Any) -> User | None:
        user = who_asks(user_id)
        return user if user is not None and self.user_can_authenticate(user) else None


class StaffOnlyAdapter(DefaultAccountAdapter):
    """Accounts are made by an administrator; nobody signs up."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "This email address and password do not belong together.",
        "enter_current_password": WRONG,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def login(self, request: HttpRequest, user: Any) -> None:
        super().login(request, user)
        now = timezone.now().timestamp()
        request.session.update({"began_at": now, "seen_at": now, "locked": False})
        second_factor.prove(request)
        _note("user.log_in", user)

    def logout(self, request: HttpRequest) -> None:
        if request.user.is_authenticated:
            _note("user.log_out", request.user)
        super().logout(request)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        # Inside a session it is the session's own user who mistyped; outside, nobody is named:
        # the address may be no account's, or a password typed into the wrong field.
        if request.user.is_authenticated:
            _note("user.confirm", request.user, refused=True, sentence=WRONG)
            return
        address = str(credentials.get("email", "")).lower()
        _note(
            "user.log_in",
            None,
            refused=True,
            address=salted_hmac("log-in address", address).hexdigest()[:12],
            source=request.META.get(CLIENT) or self.get_client_ip(request),
        )

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        _note("user.log_in", user, refused=True, sentence="The account is switched off.")
        return super().respond_user_inactive(request, user)

    def set_password(self, user: Any, password: str) -> None:
        super().set_password(user, password)
        _note("user.set_password", user)

    def format_email_subject(self, subject: str) -> str:
        return subject

    def get_reset_password_from_key_url(self, key: str) -> str:
        # At our own address: whoever asks chooses the Host and its port, another gets the mail.
        asked: str = super().get_reset_password_from_key_url(key)
        return settings.SITE_ADDRESS + urlsplit(asked).path

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        host = urlsplit(settings.SITE_ADDRESS).netloc
        more = {"request": self.request, "email": email, "host": host}
        # The page answers as fast for a known address as for an unknown one (P38).
        POST.submit(_send, self.render_mail(template_prefix, email, more | context))


def _send(message: EmailMessage) -> bool:
    try:
        message.send()
    except Exception as error:
        # The page says the same whether the address is known or not; so it does here.
        log.error("A log-in message could not be sent: %s", type(error).__name__)
        return False
    return True


def mail_invitation(invitation: Invitation, *, clinic: Clinic, by: User, at: dt.datetime) -> bool:
    """Send the link of an invitation just made, and note whether the mail server took it.

    Never through the outbox, which keeps what it sends: the link's secret is kept nowhere.
    """
    user, link = invitation.user, invitation_link(invitation)
    mailed = _send(_letter("invitation", user.email, name=user.name, link=link, by=by.name))
    operations.note_invitation_mail(
        clinic=clinic, invitation=invitation, mailed=mailed, by=by, at=at
    )
    return mailed


def invitation_link(invitation: Invitation) -> str:
    """Where an invitation just made is taken up."""
    return f"{settings.SITE_ADDRESS}{reverse('invitation', args=[invitation.secret])}"


def mail_reset(user: User) -> bool:
    """Send the link to a new password that was just made; whether the mail server took it."""
    return _send(_letter("new_password", user.email, name=user.name, link=reset_link(user)))


def reset_link(user: User) -> str:
    """Where the owner of a reset link just made chooses a new password."""
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
    return f"{settings.SITE_ADDRESS}{path.replace('UID-KEY', user.reset_key)}"


def _letter(kind: str, to: str, **words: str) -> EmailMessage:
    host = urlsplit(settings.SITE_ADDRESS).netloc
    subject, body = (
        render_to_string(f"account/email/{kind}_{part}.txt", words | {"host": host}).strip()
        for part in ("subject", "message")
    )
    return EmailMessage(subject, f"{body}\n", settings.DEFAULT_FROM_EMAIL, [to])


def accept_invitation(digest: str, password: str) -> User:
    """Take an invitation up; a refusal is on record in the system's chain."""
    try:
        return operations.accept_invitation(digest=digest, password=password, at=timezone.now())
    except Refusal as no:
        _note("user.accept_invitation", None, refused=True, sentence=no.sentence)
        raise


def typed_address(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """The address of a log-in try, in one form, by which too many tries are counted."""
    given = credentials or {}
    return str(given.get("email") or given.get("username") or "").strip().lower()[:255]


def confirm_password(request: HttpRequest, password: str, *, of: Any = None) -> str | None:
    """None when it is the password of the session's user; else the sentence that says no.

    For unlocking and signing; with `of`, for a second person who vouches at this screen.
    Every wrong try is audited and counted like a log-in's; too many pause the account, and
    the answer becomes the page that says so.
    """
    user: Any = of or request.user
    try:
        found = get_adapter().authenticate(request, email=user.email, password=password)
    except ValidationError as error:
        return str(error.messages[0])
    if found is None or found.pk != user.pk or not found.is_active:
        return WRONG
    AxesProxyHandler.reset_attempts(
        username=typed_address(request, {"email": user.email}),
        ip_address=request.META.get("REMOTE_ADDR"),
    )
    user.prove(password)
    return None


def lock(request: HttpRequest, *, why: str) -> None:
    """Lock this session; only its user's password opens it again. `why`: asked or idle."""
    # A new key: a slow answer that still saves the session as it was finds the old one gone,
    # instead of opening the lock again.
    request.session.cycle_key()
    request.session["locked"] = True
    second_factor.forget_proof(request)
    _note("user.lock", request.user, why=why)


def unlock(request: HttpRequest, password: str) -> str | None:
    """Open a locked session; the sentence that says no, or None."""
    wrong = confirm_password(request, password)
    if wrong is None:
        request.session.cycle_key()
        request.session.update({"locked": False, "kept_forms": {}})
        request.session["seen_at"] = timezone.now().timestamp()
        _note("user.unlock", request.user)
    return wrong


def leave(request: HttpRequest) -> None:
    """End this session, so that someone else can log in."""
    get_adapter().logout(request)


def time_out(request: HttpRequest) -> None:
    """End a session that has reached its longest age."""
    _note("user.time_out", request.user)
    logout(request)


def switch_clinic(request: HttpRequest, clinic: Clinic) -> None:
    """Work in another of one's clinics from now on."""
    request.session["clinic"] = str(clinic.pk)
    _note("user.switch_clinic", request.user, on=clinic, clinic=clinic.code)


def turn_away(request: HttpRequest) -> None:
    """Note that someone asked for a page her role does not include (P22)."""
    clinic = request.clinic  # type: ignore[attr-defined]
    found = request.resolver_match
    with transaction.atomic():
        audit.record(
            "page.open",
            by=request.user,
            at=timezone.now(),
            clinic_id=clinic.pk if clinic else None,
            outcome=AuditEvent.Outcome.REFUSED,
            rule="R54",
            detail={"page": found.url_name if found else "", "method": request.method or ""},
        )


def safe_address(request: HttpRequest, wanted: str, otherwise: str = "/") -> str:
    """The wanted address where it is a page of this site, else `otherwise` (no open redirect)."""
    ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if ours and wanted.startswith("/") else otherwise


def _note(action: str, user: Any, *, refused: bool = False, on: Any = None, **detail: str) -> None:
    outcome = AuditEvent.Outcome.REFUSED if refused else AuditEvent.Outcome.DONE
    with transaction.atomic():
        audit.record(
            action,
            by=user,
            at=timezone.now(),
            clinic_id=None,
            on=on or user,
            outcome=outcome,
            detail=detail,
        )


def remember_board(user: User, clinic: str, said: dict[str, Any]) -> None:
    """Keep how a user looks at a clinic's board, for the next log-in; as she does already, no
    query. Like the session it is no record of the clinic: no act, and no version is counted."""
    if user.board.get(clinic) != said:
        user.board = {**user.board, clinic: said}
        User.objects.filter(pk=user.pk).update(board=user.board)
