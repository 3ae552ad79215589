"""Opening a chart, reading it, starting the treatment, and noting each needling pass."""

from __future__ import annotations

import datetime as dt

from django.db.models import Max

from bookings import operations as desk
from bookings.models import Appointment
from bookings.operations.interval import keep_rest
from clinic.acts import act
from clinic.models import Device, Patient, Practitioner, Room, User
from clinic.permissions import Permission
from clinic.refusals import Conflict, NotAllowed, Refusal, refuse_all
from treatments.models import NeedlingPass, Treatment
from treatments.operations.ground import (
    held_chart,
    license_today,
    must_be,
    note,
    opened_unit,
)
from treatments.queries.chart import facts_of, in_use_elsewhere
from treatments.queries.rest import needled_meanwhile
from treatments.rules.areas import AREAS, NEVER, EndPoint
from treatments.rules.charting import depth_on_dial
from treatments.rules.status import Status


@act("chart.open", may=Permission.TREAT, on="appointment")
def open_chart(*, appointment: Appointment, by: User, at: dt.datetime) -> Treatment:
    """Open the chart of a patient who has arrived.

    Refuses anyone but the booked practitioner (R52, 403), a patient who has not arrived or a
    visit of another day (R46), a chart that is open already (R46, 409), a visit just given to
    someone else (P12, 409), and a practitioner without an ACTIVE license of the state in force
    today (R17, R18, R25).
    """
    practitioner = Practitioner.objects.held().get(pk=appointment.practitioner_id)
    if practitioner.user_id != by.pk:
        raise NotAllowed(f"This visit is booked with {practitioner.name}.", rule="R52")
    clinic = appointment.clinic
    today = clinic.day_of(at)
    license = license_today(practitioner, state=clinic.state, on=today)
    if Treatment.objects.filter(appointment=appointment).exists():
        raise Conflict("This chart is open already.", rule="R46", way_out="Reload the page.")
    appointment = desk.note_chart_opened(appointment=appointment, by=by, at=at)
    if appointment.practitioner_id != practitioner.pk:
        raise Conflict("This visit has moved to someone else.", rule="P12")
    if appointment.local_date != today:
        raise Refusal("This visit is not today.", rule="R46", way_out="The desk moves it to today.")
    chart = Treatment(
        clinic=clinic,
        appointment=appointment,
        patient_id=appointment.patient_id,
        practitioner=practitioner,
        license=license,
        license_text=str(license),
        room_id=appointment.room_id,
        device_id=appointment.device_id,
        opened_at=at,
        opened_by=by,
    )
    chart.write()
    note("chart.open", chart, by, at)
    return chart


@act(
    "chart.read",
    may=(Permission.SEE_OWN_CHARTS, Permission.SEE_ALL_CHARTS, Permission.SEE_SIGNED_CHARTS),
    on="treatment",
)
def read_chart(*, treatment: Treatment, by: User, at: dt.datetime) -> Treatment:
    """Note that someone opened a clinical record (R53, P22): no record is shown unnoted.

    Refuses a chart that is none of the reader's (R54, 403).
    """
    found: Treatment | None = Treatment.objects.charts_for(by).filter(pk=treatment.pk).first()
    if found is None:
        raise NotAllowed("This chart is not yours to read.", rule="R54")
    note("chart.read", treatment, by, at)
    return treatment


@act("treatment.start", may=Permission.TREAT, on="treatment")
def start(
    *,
    treatment: Treatment,
    confirmed: bool,
    screened_on_paper: bool,
    by: User,
    at: dt.datetime,
    free_now: bool = False,
) -> Treatment:
    """Start the treatment: the license is judged and copied on this clinic-local date (L5).

    `confirmed`: the patient has said name and birth date, and area and device are right.
    `screened_on_paper`: screening is done and consent signed; both are still on paper, so the
    audit is where it stands that somebody said so. `free_now`: what is still open in the same
    room or with the same device is over all the same.

    Refuses unless both are true (R30), while numbing is neither recorded nor declined
    (R39) or cream is on (R40), without a covering license (R17, R18, R25), with a device out
    of service (R7), too soon after the last treatment of the service's areas and without leave
    for it (R35), and while room or device are in use and nobody says they are free (R47, 409).
    """
    Practitioner.objects.held().get(pk=treatment.practitioner_id)
    # Two starts in one room, or with one device, are judged one after the other.
    Room.objects.held().get(pk=treatment.room_id)
    Device.objects.held().get(pk=treatment.device_id)
    # So are two of one patient: what the one has needled is known to the other.
    Patient.objects.held().get(pk=treatment.patient_id)
    chart = held_chart(treatment, by=by)
    must_be(chart, Status.OPEN, Status.NUMBING)
    if not confirmed:
        raise Refusal("Read back name and birth date, then confirm.", rule="R30", field="confirmed")
    if not screened_on_paper:
        raise Refusal(
            "Check screening and consent on paper, then confirm.", rule="R30", field="screened"
        )
    today = chart.clinic.day_of(at)
    license = license_today(chart.practitioner, state=chart.clinic.state, on=today)
    facts = facts_of(chart, endpoint="", aftercare=False)
    if not facts.numbing_recorded:
        raise Refusal(
            "Numbing is not recorded.",
            rule="R39",
            way_out="Enter the cream, or why there is no numbing.",
        )
    last_off = max((one.removed_at for one in chart.numbing.all() if one.removed_at), default=None)
    if facts.cream_still_on or (last_off and last_off > at):
        raise Refusal("The cream is still on.", rule="R40", way_out="Enter when it came off.")
    if chart.device.status != Device.Status.IN_SERVICE:
        raise Refusal(f"Device {chart.device.code} is not in service.", rule="R7")
    keep_rest(chart.appointment, on=today, also=needled_meanwhile(chart))
    said = {"confirmed": confirmed, "screened_on_paper": screened_on_paper}
    if in_use := in_use_elsewhere(chart):
        if not free_now:
            raise Conflict(
                " ".join(in_use),
                rule="R47",
                field="free_now",
                way_out="Have that treatment finished first, or confirm that it is over."
                if len(in_use) == 1
                else "Have each of them finished first, or confirm that they are over.",
            )
        said["free_now"] = True
    chart.license, chart.license_text = license, str(license)
    chart.status, chart.started_at, chart.started_by = str(Status.IN_PROGRESS), at, by
    chart.started_on = today
    chart.write()
    desk.note_started(appointment=chart.appointment, by=by, at=at)
    note("treatment.start", chart, by, at, license=str(license), **said)
    return chart


@act("treatment.add_pass", may=Permission.TREAT, on="treatment")
def add_pass(
    *,
    treatment: Treatment,
    area: str,
    depth: int,
    passes: int,
    endpoint: str,
    by: User,
    at: dt.datetime,
) -> NeedlingPass:
    """Note the needling of one area at one depth (hundredths of a millimeter).

    Refuses areas that are never needled (R34), a depth off the device's dial (R20), fewer
    than 1 or more than 6 passes, an area that was treated too lately (R35), and a pass before
    the start or without an opened cartridge (R1, R46).
    """
    Patient.objects.held().get(pk=treatment.patient_id)
    chart = held_chart(treatment, by=by)
    must_be(chart, Status.IN_PROGRESS)
    faults = []
    if area in NEVER:
        faults.append(Refusal(NEVER[area], rule="R34", field="area"))
    elif area not in dict(AREAS):
        faults.append(Refusal("Choose an area from the list.", rule="R34", field="area"))
    model = chart.device.model
    if fault := depth_on_dial(depth, step=model.depth_step, most=model.depth_max):
        faults.append(Refusal(fault, rule="R20", field="depth"))
    if not 1 <= passes <= 6:
        faults.append(Refusal("Use 1 to 6 passes.", rule="R20", field="passes"))
    if endpoint not in set(EndPoint):
        no = Refusal("Choose an end point from the list.", rule="R46", field="endpoint")
        faults.append(no)
    refuse_all(faults)
    if opened_unit(chart) is None:
        raise Refusal("No cartridge is open.", rule="R1", way_out="Scan the cartridge first.")
    on = chart.started_on or chart.clinic.day_of(at)
    keep_rest(chart.appointment, on=on, area=area, also=needled_meanwhile(chart))
    rows = NeedlingPass.all_rows.filter(treatment=chart)
    highest = rows.aggregate(n=Max("seq"))["n"] or 0
    made = NeedlingPass(
        clinic_id=chart.clinic_id,
        treatment=chart,
        seq=highest + 1,
        area=area,
        depth=depth,
        passes=passes,
        endpoint=endpoint,
        at=at,
        created_by=by,
    )
    made.write()
    note("treatment.add_pass", chart, by, at, seq=made.seq)
    return made


@act("treatment.remove_pass", may=Permission.TREAT, on="treatment")
def remove_pass(*, treatment: Treatment, seq: int, by: User, at: dt.datetime) -> Treatment:
    """Take back a pass entered by mistake, while the treatment goes on; its row stays (R50).

    Refuses a pass that is gone already (P12, 409), and one of a treatment that has ended (R46).
    """
    chart = held_chart(treatment, by=by)
    must_be(chart, Status.IN_PROGRESS)
    found = chart.passes.filter(seq=seq).first()
    if found is None:
        raise Conflict("This pass is not in the chart.", rule="P12", way_out="Reload the page.")
    found.removed_at, found.removed_by = at, by
    found.write(only=["removed_at", "removed_by"])
    note("treatment.remove_pass", chart, by, at, seq=seq)
    return chart


@act("chart.amend", may=Permission.TREAT, on="treatment")
def amend_chart(
    *,
    treatment: Treatment,
    version: int,
    endpoint: str,
    reaction: str,
    note_text: str,
    by: User,
    at: dt.datetime,
) -> Treatment:
    """Change the end point and the notes between the end of the treatment and the signature.

    Refuses a stale page (P12, 409), an unknown end point (R46), and a signed record (R50).
    """
    chart = held_chart(treatment, by=by, version=version)
    must_be(chart, Status.COMPLETED, Status.ABORTED)
    if endpoint not in set(EndPoint) and not chart.aborted:
        raise Refusal("Choose an end point from the list.", rule="R46", field="endpoint")
    chart.endpoint, chart.reaction, chart.note = endpoint, reaction.strip(), note_text.strip()
    chart.write()
    note("chart.amend", chart, by, at)
    return chart
