"""What is refused is on record by the patient's code: readers of the audit may see no patients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from bookings import operations as desk
from clinic import audit
from clinic.models import AuditEvent, User
from tests.bookings.waiting import MINUTE, NOON, offer, wait
from tests.cast import NOW, TODAY, Cast
from tests.house.nameless import NAMES, NameKept
from tests.refusals import refusal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def waits_already(cast: Cast) -> Any:
    wait(cast)
    return wait, {"cast": cast}


def waits_no_more(cast: Cast) -> Any:
    entry = wait(cast)
    desk.withdraw_wait(entry=entry, by=cast.reception, at=NOW)
    return desk.withdraw_wait, {"entry": entry, "by": cast.reception, "at": NOW}


def has_an_offer(cast: Cast) -> Any:
    entry = offer(cast, wait(cast)).entry
    return desk.withdraw_wait, {"entry": entry, "by": cast.reception, "at": NOW}


def has_another_offer(cast: Cast) -> Any:
    entry = offer(cast, wait(cast)).entry
    then = {"starts_at": NOON + 120 * MINUTE, "secret": "another"}
    return offer, {"cast": cast, "entry": entry, **then}


def reads_no_messages(cast: Cast) -> Any:
    entry = wait(cast, cast.wang)
    return offer, {"cast": cast, "entry": entry}


def offered_meanwhile(cast: Cast) -> Any:
    visit = desk.book(
        clinic=cast.clinic,
        patient=cast.mia,
        practitioner=cast.ana,
        service=cast.service,
        starts_at=NOON,
        by=cast.reception,
        at=NOW,
    )
    visit = desk.cancel(appointment=visit, reason="Ill", by=cast.reception, at=NOW)
    offer(cast, wait(cast))
    return desk.undo, {"appointment": visit, "by": cast.reception, "at": NOW + MINUTE}


@pytest.mark.rule("P22")
@pytest.mark.parametrize(
    ("case", "says"),
    [
        (waits_already, "{siobhan} waits for this service already."),
        (waits_no_more, "{siobhan} does not wait any more: withdrawn."),
        (has_an_offer, "A time is offered to {siobhan}."),
        (has_another_offer, "A time is offered to {siobhan} already."),
        (reads_no_messages, "{wang} cannot be written to."),
        (
            offered_meanwhile,
            "This cannot be taken back. The time is offered to {siobhan}, who waits, until "
            "9:30 AM.",
        ),
    ],
    ids=lambda one: getattr(one, "__name__", "says"),
)
def test_a_refusal_tells_the_patient_by_her_code(
    cast: Cast, case: Callable[[Cast], Any], says: str
) -> None:
    act, given = case(cast)
    sentence = refusal(act, **given).sentence
    assert sentence == says.format(siobhan=cast.siobhan.code, wang=cast.wang.code)
    last = AuditEvent.objects.filter(outcome=AuditEvent.Outcome.REFUSED).latest("seq")
    assert sentence in last.detail
    kept = "\n".join(AuditEvent.objects.values_list("detail", flat=True))
    assert NAMES.search(kept) is None


@pytest.mark.rule("P22")
def test_who_sees_no_patients_reads_no_name_in_the_audit(
    cast: Cast, enter: Callable[[User], Client]
) -> None:
    wait(cast)
    sent = {"chosen": str(cast.siobhan.pk), "service": str(cast.service.pk), "days": ["0"]}
    again = enter(cast.reception).post(
        "/waitlist/add/", {**sent, "first_on": TODAY.isoformat(), "once": "k"}
    )
    assert again.status_code == 409
    assert f"{cast.siobhan.code} waits for this service already." in again.content.decode()
    for reader in (cast.auditor, cast.administrator):
        page = enter(reader).get("/audit/").content.decode()
        assert f"{cast.siobhan.code} waits for this service already." in page
        assert NAMES.search(page) is None


def test_every_name_of_the_cast_is_known(cast: Cast) -> None:
    for one in (cast.mia, cast.wang, cast.siobhan, cast.other_patient):
        for name in (one.first_name, one.last_name):
            with pytest.raises(NameKept), transaction.atomic():
                audit.record(
                    "waitlist.add",
                    by=None,
                    at=NOW,
                    clinic_id=cast.clinic.pk,
                    outcome=AuditEvent.Outcome.REFUSED,
                    detail={"sentence": f"{name} waits."},
                )
