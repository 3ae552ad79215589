"""Two patients on file who are one person, and the way back where they were not (R57)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from bookings import messages
from bookings.models import Appointment, Hold, PatientMerge, WaitlistEntry
from bookings.rules.merging import FIELDS, colliding
from bookings.rules.status import HOLDING, MOVABLE, Status
from clinic import audit
from clinic.acts import act
from clinic.models import Patient, User
from clinic.operations.patients import REACHED_BY, check_patient
from clinic.permissions import Permission
from clinic.refusals import Conflict, Refusal
from clinic.rules import say_date, say_time

GOING = [str(one) for one in HOLDING if one != Status.COMPLETED]


@act("patient.merge", may=Permission.MERGE_PATIENTS, on="kept")
def merge_patients(
    *,
    kept: Patient,
    merged: Patient,
    taking: Collection[str] = (),
    by: User,
    at: dt.datetime,
    version: int | None = None,
    other_version: int | None = None,
) -> PatientMerge:
    """Let two patients on file be one: `merged` is from now on found as `kept`.

    Visits from today on that have not begun move to `kept`; of the fields in `taking` the
    value of `merged` stands. What was done and signed stays with the number it was done under.

    Refuses (R57) one patient twice, another clinic's (P15), one who is merged already or keeps
    another, one who is here or whose chart is open, one who waits, visits of a course, and
    visits of both that overlap (409); a stale page (P12, 409).
    """
    kept, merged = _both(kept, merged)
    kept.expect(version)
    merged.expect(other_version)
    _may_merge(kept, merged)
    today = kept.clinic.day_of(at)
    going = Appointment.objects.held().filter(patient__in=[kept, merged], status__in=GOING)
    visits = list(going.select_related("clinic", "patient", "course"))
    moving = _moving(visits, kept, merged, today)
    changed = _take_over(kept, merged, taking)
    check_patient(kept, today=today)
    if changed:
        _write(kept, changed, at)
    for visit in moving:
        _hand_over(visit, kept, at)
    merged.merged_into = kept
    merged.write(only=["merged_into"])
    merge = PatientMerge(
        clinic=kept.clinic,
        kept=kept,
        merged=merged,
        moved=[str(visit.pk) for visit in moving],
        changed=changed,
        merged_at=at,
        merged_by=by,
    )
    merge.write()
    _note("patient.merge", merge, by, at, visits=len(moving), fields=sorted(changed))
    return merge


@act("patient.unmerge", may=Permission.MERGE_PATIENTS, on="patient")
def unmerge_patients(*, patient: Patient, by: User, at: dt.datetime) -> PatientMerge:
    """Take a merge back: `patient` stands for herself again, with the visits that had moved and
    have not begun; `kept` has the values of before, where nobody changed them since.

    What cannot be given back is named in `stayed` and stays. Refuses (R57) one who is not merged.
    """
    kept, merged = _both(patient.merged_into or patient, patient)
    found = PatientMerge.objects.held().filter(merged=merged, undone_at=None)
    merge: PatientMerge | None = found.select_related("clinic").first()
    if merge is None or merged.merged_into_id != merge.kept_id:
        raise Refusal(f"{merged.code} is not merged into another patient.", rule="R57")
    merged.merged_into = None
    merged.write(only=["merged_into"])
    left, back = [], 0
    for visit in _held(merge.moved):
        if visit.patient_id == kept.pk and visit.status in MOVABLE:
            _hand_over(visit, merged, at)
            back += 1
        else:
            word = visit.get_status_display().lower()
            left.append(f"The visit of {_when(visit)}, which is {word}")
    left += _give_back(kept, merge.changed, at)
    merge.undone_at, merge.undone_by, merge.stayed = at, by, left
    merge.write(only=["undone_at", "undone_by", "stayed"])
    _note("patient.unmerge", merge, by, at, visits=back, stayed=len(left))
    return merge


def _both(kept: Patient, merged: Patient) -> tuple[Patient, Patient]:
    """Both, locked in the order of their keys and read again."""
    rows = Patient.objects.held().filter(pk__in=[kept.pk, merged.pk])
    there = {one.pk: one for one in rows.select_related("clinic")}
    return there[kept.pk], there[merged.pk]


def _may_merge(kept: Patient, merged: Patient) -> None:
    if kept.pk == merged.pk:
        raise Refusal("Choose another patient to merge.", rule="R57", field="other")
    if kept.clinic_id != merged.clinic_id:
        raise Refusal("This patient is not known here.", rule="P15", field="other")
    for one in (kept, merged):
        if one.merged_into_id:
            raise Refusal(f"{one.code} is merged into another patient.", rule="R57", field="other")
    if merged.merged.exists():
        raise Refusal(
            f"{merged.code} keeps the history of another patient.",
            rule="R57",
            field="other",
            way_out=f"Merge the other way round: keep {merged.code}.",
        )
    if WaitlistEntry.objects.waiting().filter(patient=merged).exists():
        raise Refusal(
            f"{merged.code} waits for a time.",
            rule="R57",
            field="other",
            way_out=f"Keep {merged.code} instead, or take her off the waitlist first.",
        )


def _moving(
    visits: list[Appointment], kept: Patient, merged: Patient, today: dt.date
) -> list[Appointment]:
    """The visits that move; refuses where one has begun, is of a course, or would collide."""
    for visit in visits:
        if visit.status not in MOVABLE or visit.chart_opened_at:
            raise Refusal(
                f"{visit.patient.code} is in a visit that has begun, {_when(visit)}.",
                rule="R57",
                field="other",
                way_out="Merge them when it has ended.",
            )
    moving = [one for one in visits if one.patient_id == merged.pk and one.local_date >= today]
    if any(one.course_id for one in moving):
        raise Refusal(
            f"{merged.code} is in a course, which stays with its patient.",
            rule="R57",
            field="other",
            way_out=f"Keep {merged.code} instead, or end the course first.",
        )
    staying = {one.lanes.patient: one for one in visits if one.patient_id == kept.pk}
    going = {one.lanes.patient: one for one in moving}
    if both := colliding(going, staying):
        pairs = "; ".join(
            f"{_when(going[mine])} and {_when(staying[theirs])}" for mine, theirs in both
        )
        raise Conflict(
            f"Visits of {merged.code} and {kept.code} overlap: {pairs}.",
            rule="R57",
            field="other",
            way_out="Move or cancel one of them first.",
        )
    return moving


def _take_over(kept: Patient, merged: Patient, taking: Collection[str]) -> dict[str, list[str]]:
    """Give the kept patient the chosen values; of each what it was and what it became."""
    changed = {}
    for name in FIELDS:
        before, after = getattr(kept, name), getattr(merged, name)
        if name in taking and _plain(before) != _plain(after):
            setattr(kept, name, after)
            changed[name] = [_plain(before), _plain(after)]
    return changed


def _give_back(kept: Patient, changed: dict[str, list[str]], at: dt.datetime) -> list[str]:
    """Give the kept patient her values back; what was changed since, in words."""
    stays, mine = [], False
    for name, (before, after) in changed.items():
        if _plain(getattr(kept, name)) == after:
            setattr(kept, name, dt.date.fromisoformat(before) if name == "birth_date" else before)
            mine = True
        else:
            stays.append(f"{FIELDS[name]} of {kept.code}, which was changed since")
    if mine:
        _write(kept, changed, at)
    return stays


def _write(kept: Patient, changed: Collection[str], at: dt.datetime) -> None:
    """Write who is kept; what waits to be sent to her goes where she is reached now."""
    kept.write()
    if REACHED_BY & {*changed}:
        messages.reached_otherwise(kept, at)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, dt.date) else str(value or "")


def _held(keys: Collection[str]) -> list[Appointment]:
    rows = Appointment.objects.held().filter(pk__in=[*keys])
    return list(rows.select_related("clinic", "patient"))


def _hand_over(visit: Appointment, to: Patient, at: dt.datetime) -> None:
    """Let a visit be another patient's, with the time that it holds of her."""
    visit.patient = to
    visit.write()
    for hold in Hold.objects.filter(appointment=visit, patient__isnull=False):
        hold.patient = to
        hold.write(only=["patient"])
    messages.handed_over(visit, at=at)


def _when(visit: Appointment) -> str:
    local = visit.clinic.local(visit.starts_at)
    return f"{say_date(local.date())}, {say_time(local)}"


def _note(action: str, merge: PatientMerge, by: User, at: dt.datetime, **more: object) -> None:
    """On record with both patients."""
    pair = {"kept": merge.kept.code, "merged": merge.merged.code}
    for one in (merge.kept, merge.merged):
        audit.record(action, by=by, at=at, clinic_id=merge.clinic_id, on=one, detail=pair | more)
