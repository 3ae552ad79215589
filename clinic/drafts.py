"""Keeping what was typed over a lock, a lost tab or a restart, for its own user alone (P13).

Like the session it is no record of the clinic: no act, no audit event. A signed or saved form
leaves nothing here.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import Resolver404, resolve

from clinic.models import Draft, User

KEPT_FOR = dt.timedelta(hours=12)
MOST_CHARS = 40_000
MOST_PAGE = 200
MOST_FORMS = 20
# What belongs to the press and not to what was typed; a password is never kept.
NOT_TYPED = {"csrfmiddlewaretoken", "once", "version", "next", "action", "drafted", "look"}

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Kept:
    """The names and values of a form, and when they were kept (UTC)."""

    fields: Pairs
    saved_at: dt.datetime


def keep(user: User, page: str, fields: Iterable[tuple[str, str]], *, at: dt.datetime) -> bool:
    """Keep a form's values in the place of what was kept of it before; whether it was kept.

    `page` is the address that the form sends to; of many forms the last twenty are kept. What
    is empty, too long, or sent to no address of ours is not kept.
    """
    typed = [(name, value) for name, value in fields if _is_typed(name)]
    text = json.dumps(typed, ensure_ascii=False)
    if not any(value.strip() for _, value in typed) or len(text) > MOST_CHARS or not _known(page):
        return False
    mine = Draft.objects.filter(user=user).exclude(page=page)
    surplus = mine.order_by("-saved_at", "pk").values_list("pk", flat=True)[MOST_FORMS - 1 :]
    if gone := list(surplus):
        Draft.objects.filter(pk__in=gone).delete()
    Draft.objects.update_or_create(user=user, page=page, defaults={"fields": text, "saved_at": at})
    return True


def kept(user: User, page: str, *, at: dt.datetime) -> Kept | None:
    """What the user has typed into the form and not sent, if it is not older than half a day."""
    if not _known(page):
        return None
    row = Draft.objects.filter(user=user, page=page, saved_at__gt=at - KEPT_FOR).first()
    return (
        Kept([(name, value) for name, value in json.loads(row.fields)], row.saved_at)
        if row
        else None
    )


def forget(user: User, page: str) -> None:
    """The form was sent: drop what was kept of it."""
    if _known(page):
        Draft.objects.filter(user=user, page=page).delete()


def forget_old(*, at: dt.datetime) -> int:
    """Drop whatever nobody came back for; returns how many."""
    dropped, _each = Draft.objects.filter(saved_at__lte=at - KEPT_FOR).delete()
    return dropped


def _is_typed(name: str) -> bool:
    return name not in NOT_TYPED and "password" not in name


def _known(page: str) -> bool:
    if len(page) > MOST_PAGE or not page.startswith("/") or not page.isprintable():
        return False
    try:
        resolve(page)
    except Resolver404:
        return False
    return True
