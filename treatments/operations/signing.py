"""Signing a record, and adding to it afterwards."""

from __future__ import annotations

import datetime as dt

from clinic.acts import act
from clinic.models import User
from clinic.permissions import Permission
from clinic.refusals import NotAllowed, Refusal
from clinic.rules import say_date
from treatments.models import Addendum, Signature, Treatment
from treatments.operations.ground import held_chart, must_be, note
from treatments.queries.chart import facts_of
from treatments.queries.contents import content_hash
from treatments.rules.charting import meaning_of, missing_to_sign
from treatments.rules.status import Status


@act("chart.sign", may=Permission.TREAT, on="treatment")
def sign(
    *, treatment: Treatment, password: str, by: User, at: dt.datetime, version: int | None = None
) -> Treatment:
    """Sign the record as its author; from then on it never changes (R50, R51, R52).

    Refuses: anyone but the treating practitioner (R52, 403), a stale page (P12, 409), a
    wrong password (R51), whatever is missing (R1, R39, R40, R46), and a lot that had expired
    on the day of the start (R3).
    """
    chart = held_chart(treatment, by=by, version=version)
    must_be(chart, Status.COMPLETED, Status.ABORTED)
    if not by.check_password(password):
        raise Refusal(
            "This is not your password.", rule="R51", field="password", way_out="Type it again."
        )
    lacks = missing_to_sign(
        facts_of(chart, endpoint=chart.endpoint, aftercare=chart.aftercare_given)
    )
    if lacks:
        raise Refusal(
            f"Still missing: {', '.join(one.what for one in lacks)}.",
            rule=lacks[0].rule,
            alternatives=lacks,
        )
    lot = chart.cartridge.lot if chart.cartridge else None
    if lot and chart.started_on and lot.expires_on < chart.started_on:
        raise Refusal(f"Lot {lot.lot} expired on {say_date(lot.expires_on)}.", rule="R3")
    Signature(
        clinic_id=chart.clinic_id,
        treatment=chart,
        signer=by,
        printed_name=str(chart.practitioner),
        license_text=chart.license_text,
        patient_text=chart.patient.identity,
        meaning=meaning_of(aborted=chart.aborted, needle_contact=chart.needle_contact),
        signed_at=at,
        content_hash=content_hash(chart),
    ).write()
    chart.status, chart.signed_at, chart.signed_by = str(Status.SIGNED), at, by
    chart.write()
    note("chart.sign", chart, by, at)
    return chart


@act("chart.add_addendum", may=(Permission.TREAT, Permission.SEE_ALL_CHARTS), on="treatment")
def add_addendum(
    *, treatment: Treatment, kind: str, text: str, reason: str, by: User, at: dt.datetime
) -> Addendum:
    """Add a dated note to a signed record; the original stays visible (R50).

    Refuses: someone who is neither the author nor may see all charts (R54, 403), a record
    not signed yet (R50), no text or reason (R50).
    """
    chart = Treatment.objects.held().select_related("practitioner").get(pk=treatment.pk)
    author = chart.practitioner.user_id == by.pk
    if not author and not by.can(Permission.SEE_ALL_CHARTS, chart.clinic_id):
        raise NotAllowed("This chart is not yours to add to.", rule="R54")
    if chart.status != Status.SIGNED:
        raise Refusal("This record is not signed yet.", rule="R50", way_out="Edit the record.")
    if kind not in set(Addendum.Kind.values):
        raise Refusal("Choose a kind of addendum.", rule="R50", field="kind")
    for field, value in (("text", text), ("reason", reason)):
        if not value.strip():
            raise Refusal("Write the text and why.", rule="R50", field=field)
    addendum = Addendum(
        clinic_id=chart.clinic_id,
        treatment=chart,
        kind=kind,
        text=text.strip(),
        reason=reason.strip(),
        author=by,
        printed_name=by.name,
        written_at=at,
    )
    addendum.write()
    note("chart.add_addendum", chart, by, at, kind=kind)
    return addendum
