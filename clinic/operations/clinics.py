"""A clinic's own data: where it is, and the policies it keeps."""

from __future__ import annotations

import datetime as dt

from django.utils.text import slugify

from clinic import audit
from clinic.acts import act
from clinic.models import Clinic, Patient, RoleAssignment, User
from clinic.models.places import START_STEPS
from clinic.permissions import Permission, Role
from clinic.refusals import Refusal
from clinic.rules import LOCALES, reminders_fault, squeezed

FIXED = ("state", "time_zone")


@act("clinic.change", may=Permission.SET_UP_CLINIC, on="clinic")
def change_clinic(
    *,
    clinic: Clinic,
    name: str,
    address: str,
    phone: str,
    state: str,
    time_zone: str,
    cancel_cutoff_h: int,
    interval_days: int,
    idle_min: int,
    start_step_min: int,
    offer_min: int,
    locale: str,
    version: int | None = None,
    by: User,
    at: dt.datetime,
) -> Clinic:
    """Change a clinic's name, address, phone, place, its way of writing dates, and policies.

    Whoever changes one says all of them: what was left out could only be set back.
    State and time zone stand once a patient is registered: what was recorded is dated by them.
    Refuses a stale version (P12, 409), an empty name, and another state or time zone then (P4).
    """
    held: Clinic = Clinic.objects.held().get(pk=clinic.pk)
    held.expect(version)
    typed = {
        "name": squeezed(name),
        "address": squeezed(address),
        "phone": phone,
        "state": state,
        "time_zone": time_zone,
        "cancel_cutoff_h": cancel_cutoff_h,
        "interval_days": interval_days,
        "idle_min": idle_min,
        "start_step_min": start_step_min,
        "offer_min": offer_min,
        "locale": locale,
    }
    changed = [name for name, value in typed.items() if str(getattr(held, name)) != str(value)]
    if start_step_min not in START_STEPS:
        raise Refusal("Choose a step from the list.", rule="input", field="start_step_min")
    if locale not in LOCALES:
        raise Refusal("Choose a way from the list.", rule="input", field="locale")
    if not typed["name"]:
        raise Refusal("Give the clinic a name.", rule="input", field="name")
    moved = [name for name in FIXED if name in changed]
    if moved and Patient.objects.filter(clinic=held).exists():
        raise Refusal(
            "This clinic has patients on file, and what is recorded of them is dated by its "
            "state and time zone.",
            rule="P4",
            field=moved[0],
            way_out="For another place, add a clinic.",
        )
    before = {name: getattr(held, name) for name in changed}
    for name, value in typed.items():
        setattr(held, name, value)
    held.write(only=[*typed])
    audit.record(
        "clinic.change",
        by=by,
        at=at,
        clinic_id=held.pk,
        on=held,
        detail={"before": before, "after": {name: typed[name] for name in changed}},
    )
    return held


@act("clinic.set_reminders", may=Permission.SET_UP_CLINIC, on="clinic")
def set_reminders(
    *,
    clinic: Clinic,
    remind_first: bool,
    remind_first_h: int,
    remind_second: bool,
    remind_second_h: int,
    version: int | None = None,
    by: User,
    at: dt.datetime,
) -> Clinic:
    """Say whether patients are reminded of a visit once, twice or not, and how many hours before.

    What is due from then on follows it; nobody is reminded twice of one start by one reminder.
    Refuses a stale version (P12, 409), hours beyond 1 to 168, and a second reminder that would
    not come after the first.
    """
    held: Clinic = Clinic.objects.held().get(pk=clinic.pk)
    held.expect(version)
    if fault := reminders_fault(remind_first_h, remind_second_h):
        raise Refusal(fault[1], rule="input", field=fault[0])
    typed = {
        "remind_first": remind_first,
        "remind_first_h": remind_first_h,
        "remind_second": remind_second,
        "remind_second_h": remind_second_h,
    }
    before = {name: getattr(held, name) for name in typed}
    for name, value in typed.items():
        setattr(held, name, value)
    held.write(only=[*typed])
    changed = [name for name, value in typed.items() if before[name] != value]
    audit.record(
        "clinic.set_reminders",
        by=by,
        at=at,
        clinic_id=held.pk,
        on=held,
        detail={
            "before": {name: before[name] for name in changed},
            "after": {name: typed[name] for name in changed},
        },
    )
    return held


@act("clinic.add", may=Permission.KEEP_USERS, on="clinic")
def add_clinic(
    *, clinic: Clinic, name: str, state: str, time_zone: str, by: User, at: dt.datetime
) -> Clinic:
    """Add a clinic to the organization; `clinic` is the one from which it is added.

    Whoever adds it is its administrator. Refuses an empty name.
    """
    wanted = squeezed(name)
    if not wanted:
        raise Refusal("Give the clinic a name.", rule="input", field="name")
    made = Clinic(code=_free_code(wanted), name=wanted, state=state, time_zone=time_zone)
    made.write()
    RoleAssignment(user=by, clinic=made, role=Role.ADMINISTRATOR).write()
    audit.record(
        "clinic.add", by=by, at=at, clinic_id=made.pk, on=made, detail={"clinic": made.code}
    )
    return made


def _free_code(name: str) -> str:
    """A short name for addresses that no other clinic has."""
    plain = slugify(name)[:16].strip("-") or "clinic"
    taken = set(Clinic.objects.filter(code__startswith=plain).values_list("code", flat=True))
    number, code = 1, plain
    while code in taken:
        number += 1
        code = f"{plain}-{number}"
    return code
