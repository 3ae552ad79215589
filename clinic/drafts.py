"""Keeping what was typed over a lock, a lost tab or a restart, for its own user alone (P13).

Like the session it is no record of the clinic: no act, no audit event. A signed or saved form
leaves nothing here.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from django.urls import Resolver404, resolve
from django.utils.crypto import constant_time_compare, salted_hmac

from clinic.models import Draft, IdempotencyKey, User
from clinic.prepared import prepared

log = logging.getLogger(__name__)
KEPT_FOR = dt.timedelta(hours=12)
MOST_CHARS = 40_000
MOST_PAGE = 200
MOST_FORMS = 20
MOST_FIELDS = 200
# Kept along, to tell which record and which press it was; by themselves nothing was typed.
ALONG = {"once", "version"}

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Kept:
    """The names and values of a form, and when they were kept (UTC)."""

    fields: Pairs
    saved_at: dt.datetime


@dataclass(frozen=True)
class Form:
    """One form of one person at one clinic; `page` is the address that the form sends to."""

    user: User
    clinic: str
    page: str

    @property
    def is_ours(self) -> bool:
        """Whether the form sends to a page of this site that has a form of the house."""
        return self.keeps is not None

    @cached_property
    def keeps(self) -> frozenset[str] | None:
        """The fields that a draft has, as the form itself says (`HouseForm.keeps`).

        The view behind the page names its form's class; None where there is no such view.
        """
        if len(self.page) > MOST_PAGE or not self.page.startswith("/"):
            return None
        if not self.page.isprintable():
            return None
        try:
            view = resolve(self.page).func
        except Resolver404:
            return None
        says = getattr(
            getattr(getattr(view, "view_class", None), "form_class", None), "keeps", None
        )
        return says() if says else None

    @property
    def row(self) -> dict[str, Any]:
        """The values by which its draft is found."""
        return {"user": self.user, "clinic_at_work": self.clinic, "page": self.page}


def read(text: str) -> Pairs:
    """The names and values that a page sends as one text; none where it is not one."""
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        return []


def new_key() -> str:
    """A one-time key for a form; nobody but the house can make one."""
    nonce = uuid.uuid4().hex
    return nonce + _mark(nonce)


def is_from_a_page(key: str) -> bool:
    """Whether the house made this key, for a form on one of its pages."""
    return key.isascii() and constant_time_compare(_mark(key[:32]), key[32:])


def _mark(nonce: str) -> str:
    return salted_hmac("one-time key", nonce, algorithm="sha256").hexdigest()[:32]


def belongs_to_another(form: Form, once: str, *, at: dt.datetime) -> bool:
    """Whether what is kept of the form was typed on another page of it than this key's."""
    row = Draft.objects.filter(**form.row, saved_at__gt=at - KEPT_FOR).first()
    return row is not None and dict(json.loads(row.fields)).get("once", "") != once


def keep(form: Form, fields: Iterable[tuple[str, str]], *, at: dt.datetime) -> bool:
    """Keep a form's values in the place of what was kept of it before; whether it was kept.

    Of many forms of one person the last twenty are kept. What is empty, too long, or sent to
    no form of ours is not kept, nor any field that the form does not name.
    """
    keeps = form.keeps or frozenset()
    # A password is kept in no case, also where a form should not know its own for one.
    kept = [
        (name, one) for name, one in fields if name in keeps and "password" not in name.casefold()
    ]
    text = json.dumps(kept, ensure_ascii=False)
    typed = any(value.strip() for name, value in kept if name not in ALONG)
    if not typed or len(text) > MOST_CHARS or not form.is_ours:
        return False
    mine = Draft.objects.filter(user=form.user).exclude(**form.row)
    surplus = mine.order_by("-saved_at", "pk").values_list("pk", flat=True)[MOST_FORMS - 1 :]
    if gone := list(surplus):
        Draft.objects.filter(pk__in=gone).delete()
    Draft.objects.update_or_create(**form.row, defaults={"fields": text, "saved_at": at})
    return True


def kept(form: Form, *, at: dt.datetime) -> Kept | None:
    """What was typed into the form and not sent, if it is not older than half a day."""
    if not form.is_ours:
        return None
    row = Draft.objects.filter(**form.row, saved_at__gt=at - KEPT_FOR).first()
    if row is None:
        return None
    fields = [(name, value) for name, value in json.loads(row.fields)]
    once = dict(fields).get("once", "")
    # The draft may have been on its way while its own form was sent: what is done is done.
    # A key with a NUL was never ours, and PostgreSQL could not even be asked for it.
    ours = IdempotencyKey.objects.filter(user=form.user, key=once[:64])
    if once and once.isprintable() and ours.exists():
        return None
    return Kept(fields, row.saved_at)


def forget(form: Form) -> None:
    """The form was sent, or emptied: drop what was kept of it."""
    try:
        # Of most presses nothing is kept: to look costs less than to begin a write.
        if _is_kept(user=form.user.pk, clinic=form.clinic, page=form.page):
            with transaction.atomic():
                Draft.objects.filter(**form.row).delete()
    except DatabaseError as error:
        # The act itself is done; a full disk must not turn it into an error.
        log.error("A draft could not be dropped: %s", type(error).__name__)


@prepared
def _is_kept(*, user: Any, clinic: Any, page: Any) -> QuerySet[Any, Any]:
    found = Draft.objects.filter(user=user, clinic_at_work=clinic, page=page)
    return found.values_list("pk")


def forget_old(*, at: dt.datetime) -> int:
    """Drop whatever nobody came back for; returns how many."""
    dropped, _each = Draft.objects.filter(saved_at__lte=at - KEPT_FOR).delete()
    return dropped
