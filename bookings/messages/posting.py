"""The messages of a visit, and of several in one, as they are put into the outbox."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from email.utils import parseaddr

from django.conf import settings

from bookings.messages.wording import SUBJECT_MOST, blanks_of, one_line, text_of
from bookings.models import Appointment, Listed
from bookings.queries import about, times_taken_back, ways_to, words_of
from bookings.rules.calendar import Entry, Method, calendar_file
from bookings.rules.letters import LETTERS, MOVED_TOGETHER, Words, said
from bookings.rules.telling import WORDED, Kind
from clinic import outbox
from clinic.models import Message
from clinic.rules import month_day, say_date, say_time, written_as

AT_ONCE = dt.timedelta(0)


def post(
    appointment: Appointment,
    kind: Kind,
    at: dt.datetime,
    *,
    once: str = "",
    wait: dt.timedelta = AT_ONCE,
) -> bool:
    """Put a message of one visit into the outbox, by each way in which the patient is told; `once`
    names it beside its kind and visit. Returns whether there is a way."""
    patient, clinic = appointment.patient, appointment.clinic
    ways = ways_to(patient)
    if not ways or appointment.comes_at <= at:
        return False
    words, house = words_of(clinic, WORDED[kind]), LETTERS[WORDED[kind]]
    values = blanks_of(clinic, appointment.comes_at, patient.preferred_name or patient.first_name)
    key = f"{kind} {appointment.pk} {once or appointment.version}"
    for way in ways:
        by_text = way == Message.Channel.SMS
        subject = said(words.subject, house.subject, values, whole=True)
        body = said(words.body, house.body, values) + "\n"
        outbox.post(
            clinic=clinic,
            channel=Message.Channel(way),
            key=_key_of(key, way),
            about=about(appointment),
            to=str(patient.phone if by_text else patient.email),
            subject="" if by_text else subject[:SUBJECT_MOST],
            body=text_of(words, house, values) if by_text else body,
            attachment="" if by_text else _calendar(appointment, kind, at),
            due_at=at + wait,
            not_after=appointment.comes_at,
        )
    return True


def _key_of(key: str, way: str) -> str:
    """The name of a message in the outbox: once ever, and once more for each time that it was
    taken back unsent. Reminders count for themselves how often that was."""
    key = f"{key} {way}" if way == Message.Channel.SMS else key
    again = 0 if key.startswith(str(Kind.REMINDER)) else times_taken_back(key)
    return f"{key} again-{again}" if again else key


def post_together(
    visits: Sequence[Appointment], kind: Kind, at: dt.datetime, *, wait: dt.timedelta
) -> None:
    """One message about several visits to come, in time order. It goes until she is to be at the
    first; whatever is done with one of them before takes it out of the outbox."""
    first, house = visits[0], LETTERS[kind] if kind in WORDED else MOVED_TOGETHER
    patient, clinic = first.patient, first.clinic
    words = (
        words_of(clinic, kind) if kind in WORDED else Words(house.subject, house.body, house.sms)
    )
    name = patient.preferred_name or patient.first_name
    values = blanks_of(clinic, first.comes_at, name)
    starts = [clinic.local(one.comes_at) for one in visits]
    with written_as(clinic.locale):
        listed = "\n".join(
            f"{say_date(one.date())} at {say_time(one)} ({one.tzname()})" for one in starts
        )
        short = ", ".join(f"{month_day(one)} {say_time(one)}" for one in starts)
    entries = [_entry(one, at) for one in visits]
    # Nothing is asked of a calendar that several visits are put into at once.
    file = calendar_file(entries, method=Method.PUBLISH, zone=clinic.zone).decode()
    for way in ways_to(patient):
        by_text = way == Message.Channel.SMS
        key = f"{kind} {first.pk} {first.version}"
        body = said(words.body, house.body, values | {"when": listed})
        subject = said(words.subject, house.subject, values, whole=True)
        message = outbox.post(
            clinic=clinic,
            channel=Message.Channel(way),
            key=_key_of(key, way),
            about=about(first),
            to=str(patient.phone if by_text else patient.email),
            subject="" if by_text else subject[:SUBJECT_MOST],
            body=text_of(words, house, values | {"when": short}) if by_text else f"{body}\n",
            attachment="" if by_text else file,
            due_at=at + wait,
            not_after=first.comes_at,
        )
        for one in visits if message else ():
            Listed(
                message=message, appointment=one, comes_at=one.comes_at, version=one.version
            ).write()


def _calendar(appointment: Appointment, kind: Kind, at: dt.datetime) -> str:
    """The visit for the patient's own calendar: when she is to be there, and nothing of why."""
    method = Method.CANCEL if kind is Kind.CANCELLED else Method.REQUEST
    zone = appointment.clinic.zone
    return calendar_file([_entry(appointment, at)], method=method, zone=zone).decode()


def _entry(appointment: Appointment, at: dt.datetime) -> Entry:
    clinic = appointment.clinic
    return Entry(
        uid=str(appointment.pk),
        # Whatever changes a visit counts its version up: the newest file wins.
        sequence=appointment.version - 1,
        starts_at=appointment.comes_at,
        ends_at=appointment.ends_at,
        title=f"Appointment at {one_line(clinic.name)}",
        said_at=at,
        place=one_line(clinic.address) or one_line(clinic.name),
        more=f"Questions: {clinic.phone_text}" if clinic.phone_text else "",
        organizer=parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        organizer_name=one_line(clinic.name),
        attendee=appointment.patient.email,
    )
