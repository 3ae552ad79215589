"""Two patients on file who are one person, and the way back where they were not (R57)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db.models import Q

from bookings import messages
from bookings.models import Appointment, Offer, PatientMerge
from bookings.operations import handing
from bookings.queries.reminders import off_untold, open_offers_to
from bookings.rules.merging import FIELDS, WHEN_ENDED, colliding, has_begun, say_begun
from bookings.rules.status import HOLDING, MOVABLE, Status
from bookings.rules.visit import Span
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

    Visits from today on that have not begun move to `kept`, those of a course too, and so do her
    places on the waitlist, with what is offered to her; of the fields in `taking` the value of
    `merged` stands. What was done and signed, called off and missed stays with the number it was
    done under; what is still to be told of it goes where `kept` is reached.

    Refuses (R57) one patient twice, another clinic's (P15), one who is merged already or keeps
    another, one who is here or whose chart is open, and visits or offers of both that overlap
    (409); a stale page (P12, 409).
    """
    offering = handing.hold_who_offers(patient=merged)
    kept, merged = _both(kept, merged)
    kept.expect(version)
    merged.expect(other_version)
    _may_merge(kept, merged)
    today = kept.clinic.day_of(at)
    going = Appointment.objects.held().filter(patient__in=[kept, merged], status__in=GOING)
    visits = list(going.select_related("clinic", "patient"))
    moving = _moving(visits, kept, merged, today)
    _apart(visits, moving, kept, merged)
    changed = _take_over(kept, merged, taking)
    check_patient(kept, today=today)
    if changed:
        _write(kept, changed, at)
    waits = handing.waits(merged, kept, offering, by=by, at=at)
    merged.merged_into = kept
    merged.write(only=["merged_into"])
    for visit in moving:
        handing.visit(visit, kept)
    messages.handed_over(moving, at=at)
    for visit in off_untold(merged, at=at):
        messages.off_handed_over(visit, kept, at=at)
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
    more = {"visits": len(moving), "waits": waits, "fields": sorted(changed)}
    _note("patient.merge", merge, by, at, **more)
    return merge


@act("patient.unmerge", may=Permission.MERGE_PATIENTS, on="patient")
def unmerge_patients(*, patient: Patient, by: User, at: dt.datetime) -> PatientMerge:
    """Take a merge back: `patient` stands for herself again, with the visits that had moved or
    are of a course of hers and have not begun, and her places on the waitlist; `kept` has the
    values of before, where nobody changed them since. What is offered to her is taken back: its
    link went to `kept`; what is still to be told of a visit called off goes where she is reached.

    What cannot be given back is named in `stayed` and stays. Refuses (R57) one who is not merged.
    """
    offering = handing.hold_who_offers(under=patient)
    kept, merged = _both(patient.merged_into or patient, patient)
    found = PatientMerge.objects.held().filter(merged=merged, undone_at=None)
    merge: PatientMerge | None = found.select_related("clinic").first()
    if merge is None or merged.merged_into_id != merge.kept_id:
        raise Refusal(f"{merged.code} is not merged into another patient.", rule="R57")
    merged.merged_into = None
    merged.write(only=["merged_into"])
    left: list[str] = []
    back: list[Appointment] = []
    for visit in _held(merge, kept, merged):
        if visit.patient_id == kept.pk and visit.status in MOVABLE:
            handing.visit(visit, merged)
            back.append(visit)
        else:
            word = visit.get_status_display().lower()
            left.append(f"The visit of {_when(visit)}, which is {word}")
    messages.handed_over(back, at=at)
    own = set(merge.moved)
    for visit in off_untold(merged, kept, at=at):
        if visit.patient_id == merged.pk or str(visit.pk) in own:
            messages.off_handed_over(visit, merged, at=at)
    waits, said = handing.waits_back(merged, offering, since=merge.merged_at, by=by, at=at)
    left += said + _give_back(kept, merge.changed, at)
    merge.undone_at, merge.undone_by, merge.stayed = at, by, left
    merge.write(only=["undone_at", "undone_by", "stayed"])
    _note("patient.unmerge", merge, by, at, visits=len(back), waits=waits, stayed=len(left))
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


def _moving(
    visits: list[Appointment], kept: Patient, merged: Patient, today: dt.date
) -> list[Appointment]:
    """The visits that move; refuses where one has begun."""
    for visit in visits:
        if has_begun(visit.status, visit.chart_opened_at):
            raise Refusal(
                say_begun(visit.patient.code, _when(visit)),
                rule="R57",
                field="other",
                way_out=WHEN_ENDED,
            )
    return [one for one in visits if one.patient_id == merged.pk and one.local_date >= today]


def _apart(
    visits: list[Appointment], moving: list[Appointment], kept: Patient, merged: Patient
) -> None:
    """Refuse where she would be at two places at once, offered times among them."""
    staying: dict[Span, Appointment | Offer] = {
        one.lanes.patient: one for one in visits if one.patient_id == kept.pk
    }
    staying |= {one.lanes.patient: one for one in open_offers_to(kept)}
    going: dict[Span, Appointment | Offer] = {one.lanes.patient: one for one in moving}
    going |= {one.lanes.patient: one for one in open_offers_to(merged)}
    both = [(going[mine], staying[theirs]) for mine, theirs in colliding(going, staying)]
    if not both:
        return
    offered = any(isinstance(one, Offer) for pair in both for one in pair)
    pairs = "; ".join(f"{_when(mine)} and {_when(theirs)}" for mine, theirs in both)
    what = "Visits or offered times" if offered else "Visits"
    raise Conflict(
        f"{what} of {merged.code} and {kept.code} overlap: {pairs}.",
        rule="R57",
        field="other",
        way_out="Move or cancel one of them, or take the offer back, first."
        if offered
        else "Move or cancel one of them first.",
    )


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


def _held(merge: PatientMerge, kept: Patient, merged: Patient) -> list[Appointment]:
    """The visits that had moved, and those that were booked since for a course of `merged`."""
    rows = Appointment.objects.held().filter(
        Q(pk__in=merge.moved) | Q(course__patient=merged, patient=kept)
    )
    return list(rows.select_related("clinic", "patient"))


def _when(visit: Appointment | Offer) -> str:
    local = visit.clinic.local(visit.starts_at)
    return f"{say_date(local.date())}, {say_time(local)}"


def _note(action: str, merge: PatientMerge, by: User, at: dt.datetime, **more: object) -> None:
    """On record with both patients."""
    pair = {"kept": merge.kept.code, "merged": merge.merged.code}
    for one in (merge.kept, merge.merged):
        audit.record(action, by=by, at=at, clinic_id=merge.clinic_id, on=one, detail=pair | more)
