"""Calendar files (RFC 5545): what a program for calendars is told of a visit.

No word in them says why someone comes (P26): whoever makes an entry gives it its title.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress, vText

MAKER = "-//Stratum//Appointments//EN"
YEAR = dt.timedelta(days=366)
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\s]+")


class Method(StrEnum):
    """What the file asks of a calendar: to keep the entries, to drop them, or to show them."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"
    PUBLISH = "PUBLISH"


@dataclass(frozen=True)
class Entry:
    """One entry. `uid` names it for ever; of two files the higher `sequence` is the newer.

    `said_at` is when it became so. `organizer` and `attendee` are email addresses, for a file
    that is sent to someone.
    """

    uid: str
    sequence: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    title: str
    said_at: dt.datetime
    place: str = ""
    more: str = ""
    organizer: str = ""
    organizer_name: str = ""
    attendee: str = ""


def calendar_file(
    entries: Iterable[Entry], *, method: Method, zone: ZoneInfo, name: str = ""
) -> bytes:
    """The entries as a file with its time zone, on the wall clock of `zone`.

    `name` is what a calendar that is subscribed to calls itself.
    """
    shown = list(entries)
    file = Calendar()
    file.add("prodid", MAKER)
    file.add("version", "2.0")
    file.add("method", str(method))
    if name:
        file.add("x-wr-calname", _plain(name))
    for entry in shown:
        file.add_component(_event(entry, method, zone))
    if shown:
        # The rules of the zone for the years that are told of, and not of all since 1970.
        first = min(entry.starts_at for entry in shown) - YEAR
        last = max(entry.ends_at for entry in shown) + YEAR
        file.add_missing_timezones(first_date=first.date(), last_date=last.date())
    return file.to_ical()


def _event(entry: Entry, method: Method, zone: ZoneInfo) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.said_at.astimezone(dt.UTC))
    event.add("dtstart", entry.starts_at.astimezone(zone))
    event.add("dtend", entry.ends_at.astimezone(zone))
    event.add("summary", _plain(entry.title))
    if entry.place:
        event.add("location", _plain(entry.place))
    if entry.more:
        event.add("description", _plain(entry.more))
    event.add("status", "CANCELLED" if method is Method.CANCEL else "CONFIRMED")
    event.add("transp", "OPAQUE")
    event.add("class", "PRIVATE")
    if entry.organizer:
        organizer = vCalAddress(f"mailto:{entry.organizer}")
        organizer.params["CN"] = vText(_quotable(entry.organizer_name or entry.organizer))
        event.add("organizer", organizer, encode=False)
    if entry.attendee:
        attendee = vCalAddress(f"mailto:{entry.attendee}")
        attendee.params["ROLE"] = vText("REQ-PARTICIPANT")
        # She has said yes at the desk; no answer is waited for.
        attendee.params["PARTSTAT"] = vText("ACCEPTED")
        attendee.params["RSVP"] = vText("FALSE")
        event.add("attendee", attendee, encode=False)
    return event


def _plain(text: str) -> str:
    """One line, without the characters that no calendar takes."""
    return UNPRINTABLE.sub(" ", text).strip()


def _quotable(text: str) -> str:
    """The same for a parameter's value, which can hold no quotation mark."""
    return _plain(text).replace('"', "'")
