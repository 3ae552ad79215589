"""What the columns of an export mean: our fields, two common shapes, and a guess by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from bookings.rules.importing.values import read_clock

Samples = Sequence[Sequence[str]]
PATIENTS = "patients"
APPOINTMENTS = "appointments"

# Field → its name on the page. "outside" is the person's number in the other system.
_PERSON = {
    "outside": "Number in the other system",
    "full_name": "Full name",
    "first_name": "First name",
    "last_name": "Last name",
    "birth_date": "Birth date",
    "phone": "Phone",
    "email": "Email",
}
FIELDS: dict[str, dict[str, str]] = {
    PATIENTS: {
        **_PERSON,
        "preferred_name": "Preferred first name",
        "sex_at_birth": "Sex at birth",
        "other_phone": "Second phone",
        "address": "Street address",
        "more_address": "Address, second line",
        "city": "City",
        "state": "State",
        "postal_code": "ZIP code",
        "emergency_contact": "Emergency contact",
        "language": "Language",
    },
    APPOINTMENTS: {
        "number": "Patient number here (PT-…)",
        **_PERSON,
        "day": "Date",
        "time": "Time",
        "starts": "Date and time in one",
        "service": "Service",
        "practitioner": "Practitioner",
        "room": "Room",
        "note": "Note",
        "status": "Status in the other system",
    },
}
# Two common exports by the names of their columns, as their users see them.
PRESETS: dict[str, dict[str, tuple[str, dict[str, str]]]] = {
    PATIENTS: {
        "mindbody": (
            "Like Mindbody",
            {
                "ID": "outside",
                "Last Name": "last_name",
                "First Name": "first_name",
                "Birthdate": "birth_date",
                "Mobile Phone": "phone",
                "Home Phone": "other_phone",
                "Email": "email",
                "Address": "address",
                "Address 2": "more_address",
                "City": "city",
                "State": "state",
                "Postal Code": "postal_code",
                "Emergency Contact": "emergency_contact",
            },
        ),
        "jane": (
            "Like Jane",
            {
                "Patient Number": "outside",
                "First Name": "first_name",
                "Preferred Name": "preferred_name",
                "Last Name": "last_name",
                "Date of Birth": "birth_date",
                "Sex": "sex_at_birth",
                "Mobile Phone": "phone",
                "Home Phone": "other_phone",
                "Email": "email",
                "Street Address": "address",
                "Street Address 2": "more_address",
                "City": "city",
                "Province": "state",
                "Postal": "postal_code",
            },
        ),
    },
    APPOINTMENTS: {
        "mindbody": (
            "Like Mindbody",
            {
                "Client ID": "outside",
                "Client": "full_name",
                "Date": "day",
                "Start Time": "time",
                "Service": "service",
                "Staff": "practitioner",
                "Room": "room",
                "Status": "status",
                "Notes": "note",
            },
        ),
        "jane": (
            "Like Jane",
            {
                "Patient Number": "outside",
                "Patient": "full_name",
                "Start At": "starts",
                "Treatment": "service",
                "Staff Member": "practitioner",
                "Room": "room",
                "State": "status",
            },
        ),
    },
}
# Other names that columns bear, folded as `_fold` does.
NAMES: dict[str, dict[str, str]] = {
    "outside": {
        "": "id clientid patientid customerid clientnumber patientnumber externalid chartno"
    },
    "full_name": {"": "name fullname client clientname patient patientname customer"},
    "first_name": {"": "first firstname givenname forename legalfirstname clientfirstname"},
    "last_name": {"": "last lastname surname familyname legallastname clientlastname"},
    "preferred_name": {"": "preferredname preferred nickname preferredfirstname goesby"},
    "birth_date": {"": "dob birthdate dateofbirth birthday born"},
    "sex_at_birth": {"": "sex sexatbirth"},
    "phone": {"": "phone mobile mobilephone cell cellphone phonenumber telephone primaryphone"},
    "other_phone": {"": "homephone otherphone secondaryphone workphone phone2"},
    "email": {"": "email emailaddress mail"},
    "address": {"": "address streetaddress street address1 addressline1"},
    "more_address": {"": "address2 streetaddress2 addressline2 apt suite"},
    "city": {"": "city town"},
    "state": {"": "stateprovince province region", PATIENTS: "state"},
    "postal_code": {"": "zip zipcode postalcode postal postcode"},
    "emergency_contact": {"": "emergencycontact emergencycontactname"},
    "language": {"": "language preferredlanguage"},
    "number": {"": "ptnumber pt patientno"},
    "day": {"": "date appointmentdate visitdate day"},
    "time": {"": "time starttime appointmenttime begins"},
    "starts": {"": "startsat startat start startdatetime datetime starts appointmentstart"},
    "service": {"": "service servicename treatment appointmenttype type"},
    "practitioner": {"": "practitioner provider staff staffmember employee esthetician"},
    "room": {"": "room roomname resource location"},
    "note": {"": "note notes comment comments"},
    "status": {"": "status appointmentstatus", APPOINTMENTS: "state"},
}
SAME_FOR_TWO = "{what} is chosen for two columns. Choose one of them, and leave the other out."
BOTH_STARTS = (
    "A visit starts by “Date” and “Time”, or by “Date and time in one”, not by both. Leave this "
    "column out, or choose what else it is."
)


class MappingFault(NamedTuple):
    """Why columns cannot be imported, in a sentence; `at` is the place of the column at fault,
    None where one is missing."""

    says: str
    at: int | None = None


def guess(kind: str, heads: Sequence[str], samples: Samples = ()) -> list[str]:
    """What each column may mean, by its name; "" where nothing fits. No field is given twice.

    `samples` are the first cells of each column: a start beside a date is a time where only times
    stand there.
    """
    known = {
        word: field
        for field in FIELDS[kind]
        for where, words in NAMES[field].items()
        if where in ("", kind)
        for word in words.split()
    }
    known |= {_fold(label): field for field, label in FIELDS[kind].items()}
    found = _each_once(known.get(_fold(head), "") for head in heads)
    return _one_start(found, samples)


def best_preset(kind: str, heads: Sequence[str]) -> str:
    """The shape that nearly all of these columns have; "" where neither fits."""
    there = {_fold(head) for head in heads}
    for name, (_label, columns) in PRESETS[kind].items():
        shape = {_fold(head) for head in columns}
        if len(shape & there) >= 0.6 * len(shape) and _own(kind, name) & there:
            return name
    return ""


def preset_columns(kind: str, name: str, heads: Sequence[str], samples: Samples = ()) -> list[str]:
    """What each column means where the file has this shape; the rest is guessed by name."""
    columns = {_fold(head): field for head, field in PRESETS[kind][name][1].items()}
    named = _each_once(columns.get(_fold(head), "") for head in heads)
    found = _each_once(
        one or (other if other not in named else "")
        for one, other in zip(named, guess(kind, heads, samples), strict=True)
    )
    return _one_start(found, samples)


def _both_starts(columns: Sequence[str]) -> int | None:
    """The place of the column that is the start in one, where another is its date or time too."""
    return columns.index("starts") if "starts" in columns and {"day", "time"} & {*columns} else None


def mapping_fault(kind: str, columns: Sequence[str]) -> MappingFault | None:
    """What is wrong with these columns first; None when they can be imported."""
    for at, field in enumerate(columns):
        if field and field in columns[:at]:
            return MappingFault(SAME_FOR_TWO.format(what=FIELDS[kind][field]), at)
    have = set(columns)
    named = "full_name" in have or {"first_name", "last_name"} <= have
    if kind == PATIENTS:
        return _patients_fault(have, named)
    if not (have & {"number", "outside"} or (named and have & {"birth_date", "phone", "email"})):
        return MappingFault(
            "Choose a column that says who comes: a number, or the name with the birth date, "
            "the phone or the email."
        )
    if (at_fault := _both_starts(columns)) is not None:
        return MappingFault(BOTH_STARTS, at_fault)
    if not ("starts" in have or {"day", "time"} <= have):
        return MappingFault("Choose the columns of the date and the time.")
    if "service" not in have:
        return MappingFault("Choose the column of the service.")
    return None


def _patients_fault(have: set[str], named: bool) -> MappingFault | None:
    if not named:
        return MappingFault(
            "Choose the columns of the first and the last name, or of the full name."
        )
    if "birth_date" not in have:
        return MappingFault(
            "Choose the column of the birth date: no patient is put on file without one."
        )
    if not have & {"phone", "other_phone", "email", "address"}:
        return MappingFault(
            "Choose a column by which patients are reached: phone, email or address."
        )
    return None


def _one_start(fields: list[str], samples: Samples) -> list[str]:
    """The same, with either a date and a time or the start in one."""
    at = _both_starts(fields)
    if at is None:
        return fields
    cells = [one for one in (samples[at] if samples else ()) if one]
    if {"day", "time"} <= {*fields}:
        return ["" if field == "starts" else field for field in fields]
    if "day" in fields and all(read_clock(one) is not None for one in cells):
        return ["time" if field == "starts" else field for field in fields]
    if "time" in fields and not any(":" in one for one in cells):
        return ["day" if field == "starts" else field for field in fields]
    return ["" if field in ("day", "time") else field for field in fields]


def _own(kind: str, name: str) -> set[str]:
    """The names of columns that only this shape has."""
    others = {
        _fold(head)
        for other, (_label, columns) in PRESETS[kind].items()
        if other != name
        for head in columns
    }
    return {_fold(head) for head in PRESETS[kind][name][1]} - others


def _fold(head: str) -> str:
    return re.sub(r"[^0-9a-z]", "", head.casefold())


def _each_once(fields: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    found = []
    for field in fields:
        found.append("" if field in seen else field)
        seen.add(field)
    return found


def as_mapping(columns: Sequence[str]) -> Mapping[str, int]:
    """Field → the place of its column."""
    return {field: at for at, field in enumerate(columns) if field}
