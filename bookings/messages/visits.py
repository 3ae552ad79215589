"""What the clinic writes to patients of their visits."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Collection, Sequence
from copy import copy

from bookings.messages.offers import offered_to_another
from bookings.messages.posting import AT_ONCE, post, post_together
from bookings.models import Appointment
from bookings.queries import (
    Sent,
    about,
    listed_in,
    open_offers_to,
    reminders_taken_back,
    sent_about,
    unsent_off,
    unsent_to,
    ways_to,
)
from bookings.rules.status import UNDO
from bookings.rules.telling import (
    LISTS,
    REMINDERS,
    Kind,
    to_tell_moved,
    to_tell_restored,
)
from clinic import outbox
from clinic.models import Message, Patient


def booked(appointment: Appointment, *, at: dt.datetime) -> None:
    """Confirm a new visit to a patient who can be told of it."""
    post(appointment, Kind.BOOKED, at)


def booked_together(visits: Sequence[Appointment], *, at: dt.datetime) -> None:
    """Confirm new visits of one patient in one message that lists them all, in time order."""
    _tell_together(visits, Kind.BOOKED, at)


def moved(appointment: Appointment, *, at: dt.datetime) -> None:
    """Tell the new time once it can no longer be undone, and drop what still waits about another.

    Where the patient has been told this very time, as after a change of room, nothing is said.
    """
    moved_together([appointment], at=at)


def moved_together(visits: Sequence[Appointment], *, at: dt.datetime) -> None:
    """The same of visits of one patient that were moved in one act: one message lists them."""
    keys, telling = {one.pk for one in visits}, []
    for visit in visits:
        sent = _drop(visit, at, which=_not_so(visit), but=keys)
        told = [one.told for one in sent if one.told]
        if to_tell_moved(told, visit.comes_at):
            telling.append(visit)
    _tell_together(telling, Kind.MOVED, at, wait=UNDO)


def cancelled(appointment: Appointment, *, at: dt.datetime) -> None:
    """Tell that the visit is off once that can no longer be undone; drop what still waits."""
    _drop(appointment, at)
    post(appointment, Kind.CANCELLED, at, wait=UNDO)


def missed(appointment: Appointment, *, at: dt.datetime) -> None:
    """Drop what still waits about a visit to which the patient did not come."""
    _drop(appointment, at)


def arrived(appointment: Appointment, *, at: dt.datetime) -> None:
    """Remind nobody who is here already."""
    reminders = [one.key for one in sent_about(appointment) if one.kind in REMINDERS]
    outbox.withdraw(about=about(appointment), at=at, only=reminders)


def restored(appointment: Appointment, *, at: dt.datetime) -> None:
    """After an undo: drop what waits and is not so, and tell what the patient does not know.

    The reminders of the start that holds again are planned anew by the clock.
    """
    sent = _drop(appointment, at, which=_not_so(appointment))
    told = [one.told for one in sent if one.told]
    if kind := to_tell_restored(told, appointment.comes_at):
        post(appointment, kind, at)


def list_too_late(key: str, *, at: dt.datetime) -> None:
    """A message about several visits did not go in time for the first of them: of those to come
    the patient is told anew. The caller holds the rows of its visits."""
    if outbox.withdraw(at=at, only=[key]):
        _tell_anew([key], at, wait=AT_ONCE)


def reached_otherwise(patient: Patient, at: dt.datetime) -> None:
    """A patient is told elsewhere from now on, by another way, or no longer: what waits goes
    there, and what waits for a way in which she is not told any more goes by hers, or not at all.

    Her reminders are planned anew by the clock.
    """
    ways = ways_to(patient)
    for offer in open_offers_to(patient):
        offered_to_another(offer, at=at)
    for appointment, unsent in unsent_to(patient, at=at):
        lost = [one for one in unsent if one.channel not in ways]
        if lost:
            outbox.withdraw(about=about(appointment), at=at, only=[one.key for one in lost])
        for way, to in (("email", patient.email), ("sms", str(patient.phone or ""))):
            if way in ways:
                outbox.send_elsewhere(about=about(appointment), channel=way, to=to)
        for one in lost:
            name, _key, once = one.key.split(" ")[:3]
            # What is being sent at this moment may have reached her.
            if name in {*Kind} - REMINDERS and one.status != Message.Status.SENDING:
                wait = max(one.due_at - at, AT_ONCE)
                if name in LISTS:
                    _tell_anew([one.key], at, wait=wait)
                else:
                    post(appointment, Kind(name), at, once=once, wait=wait)


def handed_over(visits: Sequence[Appointment], *, at: dt.datetime) -> None:
    """The visits are another patient's on file: what waits would go by the first one's ways.

    It is dropped, and told anew by the other's where it was not told yet, all in one message; as
    late as what can still be undone was to go.
    """
    keys, due_at = {one.pk for one in visits}, at
    for visit in visits:
        waiting = [one.due_at for one in sent_about(visit) if one.told and not one.told.dropped]
        due_at = max([due_at, *waiting])
        _drop(visit, at, but=keys)
    _tell_unknown(visits, at, wait=min(due_at - at, UNDO))


def off_handed_over(appointment: Appointment, to: Patient, *, at: dt.datetime) -> None:
    """That a visit is off, where it was not told yet, goes by the ways of the other patient: the
    visit itself stays with the number under which it was called off."""
    waiting = unsent_off(appointment)
    if not ways_to(to):
        # The desk goes on to call of what failed.
        waiting = [one for one in waiting if one.status == Message.Status.WAITING]
    outbox.withdraw(at=at, only=[one.key for one in waiting])
    if waiting:
        visit = copy(appointment)
        visit.patient = to
        wait = max(waiting[0].due_at - at, AT_ONCE)
        post(visit, Kind.CANCELLED, at, once=f"{visit.version} {to.number}-{at:%H%M%S}", wait=wait)


def reminder(appointment: Appointment, kind: Kind, *, at: dt.datetime) -> bool:
    """Remind of a visit: once of each start, and once more where a move took it back (P28).

    The caller holds the visit's row, so that it is not moved or reminded of meanwhile. Returns
    whether there is a way to tell the patient.
    """
    taken_back = reminders_taken_back(appointment, kind)
    once = f"{appointment.starts_at:%Y%m%dT%H%MZ} {taken_back}"
    return post(appointment, kind, at, once=once)


def _not_so(appointment: Appointment) -> Callable[[Sent], bool]:
    """What tells another time of a visit that stands, or that it is off."""
    return lambda one: one.kind is Kind.CANCELLED or one.comes_at != appointment.comes_at


def _drop(
    appointment: Appointment,
    at: dt.datetime,
    *,
    which: Callable[[Sent], bool] | None = None,
    but: Collection[uuid.UUID] = (),
) -> list[Sent]:
    """Drop what waits about a visit, or `which` of it; what there is then.

    A message about several goes as a whole: of the others the patient is told anew what she does
    not know, `but` of those that another message tells.
    """
    found = sent_about(appointment)
    lists = {one.key: one for one in found if one.kind in LISTS and (not which or which(one))}
    # Whoever holds these rows sees what another act has said of their visits until now.
    gone = outbox.withdraw(at=at, only=lists) if lists else []
    if lists:
        found = sent_about(appointment)
    if which is None:
        outbox.withdraw(about=about(appointment), at=at)
    elif alone := [one.key for one in found if one.kind not in LISTS and which(one)]:
        outbox.withdraw(at=at, only=alone)
    for key in gone:
        wait = max(lists[key].due_at - at, AT_ONCE)
        _tell_anew([key], at, wait=wait, but={*but, appointment.pk})
    return sent_about(appointment)


def _tell_anew(
    keys: Collection[str], at: dt.datetime, *, wait: dt.timedelta, but: Collection[uuid.UUID] = ()
) -> None:
    """Tell what stood in messages about several visits, and what a patient does not know yet."""
    _tell_unknown(listed_in(keys, but=but), at, wait=wait)


def _tell_unknown(visits: Sequence[Appointment], at: dt.datetime, *, wait: dt.timedelta) -> None:
    """Tell of each visit what its patient does not know: what was booked in one message, and what
    was moved."""
    telling: dict[Kind, list[Appointment]] = {Kind.BOOKED: [], Kind.MOVED: []}
    for visit in visits:
        told = [one.told for one in sent_about(visit) if one.told]
        if kind := to_tell_restored(told, visit.comes_at):
            telling[kind].append(visit)
    for kind, unknown in telling.items():
        _tell_together(unknown, kind, at, wait=wait)


def _tell_together(
    visits: Sequence[Appointment], kind: Kind, at: dt.datetime, *, wait: dt.timedelta = AT_ONCE
) -> None:
    """Tell of visits that were booked, or moved: of one in its own message, of more in one.

    One that comes too soon to be told of stands in no message with others: it would keep them.
    """
    visits = sorted(visits, key=lambda one: one.starts_at)
    together = [one for one in visits if one.comes_at > at + wait]
    if len(together) > 1:
        several = Kind.COURSE if kind is Kind.BOOKED else Kind.COURSE_MOVED
        post_together(together, several, at, wait=wait)
    for visit in visits:
        if visit not in together or len(together) == 1:
            post(visit, kind, at, wait=wait)
