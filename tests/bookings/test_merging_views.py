"""The pages of a merge: who the other is, both side by side, and the way back."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from bookings.models import PatientMerge
from bookings.operations import mark_arrived, merge_patients
from clinic.models import AuditEvent, Patient, User
from tests import factories
from tests.bookings.waiting import wait
from tests.cast import NOW, Cast

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clock"),
    pytest.mark.rule("R57"),
]
Enter = Callable[[User], Client]


def text_of(answer: Any) -> str:
    bare = re.sub(r"<[^>]+>", " ", answer.content.decode()).replace("&#x27;", "'")
    return " ".join(bare.split())


@pytest.fixture
def desk(cast: Cast, enter: Enter) -> Client:
    """The manager's browser."""
    return enter(cast.manager)


@pytest.fixture
def maya(cast: Cast) -> Patient:
    """Mia Lee, put on file a second time."""
    return factories.patient(
        cast.clinic, "Mya", "Lee", by=cast.manager, email="maya@example.org", phone=""
    )


def values_of(page: Any) -> dict[str, str]:
    """What a press of the page's button would send."""
    body = page.content.decode()
    body = body[body.index('<form class="panel"') :]
    found = {}
    for field in re.findall(r"<input[^>]*>", body):
        kind = re.search(r'type="(\w+)"', field)
        if kind and kind[1] == "radio" and " checked" not in field:
            continue
        name, value = re.search(r'name="(\w+)"', field), re.search(r'value="([^"]*)"', field)
        if name and name[1] != "csrfmiddlewaretoken":
            found[name[1]] = value[1] if value else ""
    return found


def test_who_looks_alike_is_offered_and_others_are_found(cast: Cast, desk: Client, maya: Patient):
    page = text_of(desk.get(f"/patients/{cast.mia.pk}/merge/"))
    assert f"Compare with Mya Lee , {maya.code}" in page
    assert "Compare with 王小明" not in page
    found = text_of(desk.get(f"/patients/{cast.mia.pk}/merge/", {"q": "王"}))
    assert "Compare with 王小明" in found
    assert "Nobody else fits" in text_of(desk.get(f"/patients/{cast.mia.pk}/merge/", {"q": "mia"}))
    too_long = desk.get(f"/patients/{cast.mia.pk}/merge/", {"q": "x" * 9000})
    assert "at most 120 characters" in text_of(too_long)


def test_both_stand_side_by_side_and_one_press_merges(cast: Cast, desk: Client, maya: Patient):
    ahead = factories.appointment(
        patient=maya,
        practitioner=cast.ana,
        service=cast.service,
        room=cast.room,
        device=cast.device,
        starts_at=NOW.replace(day=25),
        by=cast.reception,
    )
    address = f"/patients/{cast.mia.pk}/merge/"
    page = desk.get(address, {"other": str(maya.pk)})
    said = text_of(page)
    assert "maya@example.org" in said
    assert "Wed, Nov 25, 2026, 9:00 AM" in said
    sent = values_of(page) | {"of_email": "take"}
    done = desk.post(address, sent, follow=True)
    assert f"{maya.code} is merged into {cast.mia.code}; 1 upcoming visit moved." in text_of(done)
    ahead.refresh_from_db()
    assert ahead.patient_id == cast.mia.pk
    assert Patient.objects.get(pk=cast.mia.pk).email == "maya@example.org"
    assert desk.post(address, sent).status_code == 302  # pressed twice, done once
    assert PatientMerge.objects.count() == 1


def test_what_moves_names_courses_and_places_in_line(cast: Cast, desk: Client, maya: Patient):
    own, other = wait(cast, cast.mia), wait(cast, maya)
    course = factories.course(maya, cast.service, by=cast.reception)
    factories.appointment(
        patient=maya,
        practitioner=cast.ana,
        service=cast.service,
        room=cast.room,
        device=cast.device,
        starts_at=NOW.replace(day=25),
        by=cast.reception,
        course=course,
        course_no=1,
    )
    address = f"/patients/{cast.mia.pk}/merge/"
    page = desk.get(address, {"other": str(maya.pk)})
    assert "with Ana Ruiz , visit 1 of a course" in text_of(page)
    both = f"On the waitlist for {cast.service.name} since Tue, Nov 24, 2026: {cast.mia.code}"
    assert f"{both} waits for it too, both places in line stay" in text_of(page)
    done = text_of(desk.post(address, values_of(page), follow=True))
    assert "; 1 upcoming visit moved, and 1 place on the waitlist." in done
    listed = text_of(desk.get("/waitlist/"))
    assert listed.count(f"put on the list under {maya.code}") == 1
    assert listed.count("Mia Lee") == 2
    assert text_of(desk.get(f"/waitlist/{own.pk}/")).count("under PT") == 0
    assert f"Put on the list under {maya.code}." in text_of(desk.get(f"/waitlist/{other.pk}/"))
    card = text_of(desk.get(f"/patients/{cast.mia.pk}/"))
    assert f"under {maya.code}" in card
    shown = desk.get(f"/courses/{course.pk}/")
    assert "Course of Mia Lee" in text_of(shown)
    assert f"/patients/{cast.mia.pk}/" in shown.content.decode()
    assert f"under {maya.code}" in text_of(shown)
    assert desk.get(f"/courses/{course.pk}/book/").status_code == 200


@pytest.mark.parametrize("whose", ["kept", "merged"])
def test_a_visit_that_has_begun_is_told_before_anything_is_chosen(
    cast: Cast, desk: Client, maya: Patient, whose: str
) -> None:
    here = cast.mia if whose == "kept" else maya
    visit = factories.appointment(
        patient=here,
        practitioner=cast.ana,
        service=cast.service,
        room=cast.room,
        device=cast.device,
        starts_at=NOW + dt.timedelta(hours=1),
        by=cast.reception,
    )
    address = f"/patients/{cast.mia.pk}/merge/"
    page = desk.get(address, {"other": str(maya.pk)})
    assert "has begun" not in text_of(page)
    mark_arrived(appointment=visit, by=cast.reception, at=NOW)
    later = desk.get(address, {"other": str(maya.pk)})
    says = f"{here.code} is in a visit that has begun, Tue, Nov 24, 2026, 10:00 AM."
    assert f"{says} Merge them when it has ended." in text_of(later)
    assert ">Merge</button>" in page.content.decode()
    assert ">Merge</button>" not in later.content.decode()
    refused = desk.post(address, values_of(page))
    assert refused.status_code == 422
    assert text_of(refused).count(says) == 1


def test_the_cards_say_so_and_the_way_back_is_a_press(cast: Cast, desk: Client, maya: Patient):
    past = factories.appointment(
        patient=maya,
        practitioner=cast.ana,
        service=cast.service,
        room=cast.room,
        device=cast.device,
        starts_at=NOW.replace(day=20),
        by=cast.reception,
    )
    merge_patients(kept=cast.mia, merged=maya, by=cast.manager, at=NOW)
    old = desk.get(f"/patients/{maya.pk}/")
    assert f"{maya.code} was merged into Mia Lee , {cast.mia.code}" in text_of(old)
    assert f"/patients/{cast.mia.pk}/" in old.content.decode()
    kept = desk.get(f"/patients/{cast.mia.pk}/")
    assert f"as {maya.code}" in text_of(kept)
    assert str(past.pk) in kept.content.decode()
    page = desk.get(f"/patients/{maya.pk}/unmerge/")
    assert "Take the merge back" in text_of(page)
    done = desk.post(f"/patients/{maya.pk}/unmerge/", values_of(page), follow=True)
    assert f"{maya.code} stands on its own again." in text_of(done)
    again = desk.get(f"/patients/{maya.pk}/unmerge/")
    assert "is not merged into another patient" in text_of(again)


def test_what_is_refused_is_said_on_the_page(cast: Cast, desk: Client, maya: Patient):
    address = f"/patients/{cast.mia.pk}/merge/"
    sent = values_of(desk.get(address, {"other": str(maya.pk)}))
    merge_patients(kept=cast.wang, merged=maya, by=cast.manager, at=NOW)
    answer = desk.post(address, sent)
    assert answer.status_code == 409
    assert "changed this record" in text_of(answer)
    fresh = values_of(desk.get(address, {"other": str(maya.pk)}))
    answer = desk.post(address, fresh)
    assert answer.status_code == 422
    assert f"{maya.code} is merged into another patient." in text_of(answer)


@pytest.mark.parametrize("other", ["", "x", "0" * 9000, "{}"])
def test_another_who_is_nobody_is_asked_for_again(cast: Cast, desk: Client, other: str):
    address = f"/patients/{cast.mia.pk}/merge/"
    assert desk.get(address, {"other": other}).status_code == 200
    answer = desk.post(address, {"other": other})
    assert answer.status_code == 422


def test_another_clinic_s_patient_is_not_there(cast: Cast, desk: Client):
    far = factories.patient(cast.other_clinic, "Mia", "Lee", by=cast.other_nurse)
    address = f"/patients/{cast.mia.pk}/merge/"
    assert desk.get(address, {"other": str(far.pk)}).status_code == 404
    assert desk.post(address, {"other": str(far.pk)}).status_code == 404
    assert desk.get(f"/patients/{far.pk}/merge/").status_code == 404


@pytest.mark.rule("P22")
def test_whoever_is_looked_at_or_for_is_on_record(cast: Cast, maya: Patient, desk: Client) -> None:
    address = f"/patients/{cast.mia.pk}/merge/"
    desk.get(address, {"q": "lee"})
    desk.get(address, {"other": str(maya.pk)})
    rows = AuditEvent.objects.filter(action__in=["patient.open", "patient.search"]).order_by("seq")
    assert list(rows.values_list("action", "subject_code")) == [
        ("patient.open", cast.mia.code),
        ("patient.search", ""),
        ("patient.open", maya.code),
        ("patient.open", cast.mia.code),
    ]


@pytest.mark.rule("P22")
@pytest.mark.parametrize("version", ["", "99"])
def test_a_merge_that_is_refused_is_a_look_at_both(
    cast: Cast, maya: Patient, desk: Client, version: str
) -> None:
    sent = {"other": str(maya.pk), "version": version, "other_version": version}
    answer = desk.post(f"/patients/{cast.mia.pk}/merge/", sent)
    assert answer.status_code in (409, 422)
    assert maya.code in text_of(answer)
    rows = AuditEvent.objects.filter(action="patient.open").order_by("seq")
    assert list(rows.values_list("subject_code", flat=True)) == [maya.code, cast.mia.code]


@pytest.mark.rule("P22")
@pytest.mark.parametrize("what", ["merge", "unmerge"])
def test_a_press_that_names_nobody_is_a_look_at_whose_page_it_is(
    cast: Cast, desk: Client, what: str
) -> None:
    answer = desk.post(f"/patients/{cast.mia.pk}/{what}/", {})
    assert answer.status_code == 422
    rows = AuditEvent.objects.filter(action="patient.open")
    assert list(rows.values_list("subject_code", flat=True)) == [cast.mia.code]
