"""The finder: who comes first, what is kept for it, and what it costs."""

from __future__ import annotations

import datetime as dt
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import Patient, PatientKey
from clinic.models.finding import keys_of
from clinic.queries.patients import CANDIDATES, MOST_FOUND, find_patients, patients_matching
from tests import factories
from tests.cast import NOW, Cast
from tests.raw_sql import change, refused, run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
HOUR = dt.timedelta(hours=1)


def put(cast: Cast, first: str, last: str, **given: Any) -> Patient:
    return factories.patient(cast.clinic, first, last, by=cast.manager, **given)


def found(cast: Cast, text: str) -> list[str]:
    who = find_patients(user=cast.reception, clinic=cast.clinic, text=text)
    return [str(one) for one in who.patients]


def kept(patient: Patient) -> set[str]:
    return {*PatientKey.objects.filter(patient=patient).values_list("text", flat=True)}


def test_whose_name_it_is_comes_before_those_whose_name_begins_so(cast: Cast):
    for first, last in (("Marianne", "Abel"), ("Maria", "Zander"), ("Mariana", "Bauer")):
        put(cast, first, last)
    assert found(cast, "maria") == ["Maria Zander", "Marianne Abel", "Mariana Bauer"]


def test_of_one_name_whoever_is_expected_comes_first_and_who_is_gone_last(cast: Cast):
    gone = put(cast, "Ida", "Adler")
    gone.status = Patient.Status.INACTIVE
    gone.write()
    put(cast, "Ida", "Berg")
    comes = put(cast, "Ida", "Cohn")
    factories.appointment(
        patient=comes,
        practitioner=cast.ana,
        service=cast.service,
        room=cast.room,
        device=cast.device,
        starts_at=NOW + 24 * HOUR,
        by=cast.reception,
    )
    assert found(cast, "ida") == ["Ida Cohn", "Ida Berg", "Ida Adler"]


def test_a_name_and_a_birth_date_are_looked_for_together(cast: Cast):
    day = dt.date(1975, 5, 5)
    put(cast, "Ida", "Berg", birth_date=day)
    put(cast, "Ida", "Bergmann")
    put(cast, "Jo", "Klein", birth_date=day)
    assert found(cast, "berg 5/5/1975") == ["Ida Berg"]
    assert found(cast, "1975-05-05 ida") == ["Ida Berg"]
    assert found(cast, "lee 5/5/1975") == []


def test_eight_are_shown_and_that_there_are_more(cast: Cast):
    for n in range(MOST_FOUND + 1):
        put(cast, f"Ida{n}", "Berg")
    who = find_patients(user=cast.reception, clinic=cast.clinic, text="berg")
    assert (len(who.patients), who.more, who.meant) == (MOST_FOUND, True, None)


def test_another_clinic_s_patients_are_not_found(cast: Cast):
    factories.patient(cast.other_clinic, "Ida", "Berg", by=cast.other_nurse)
    assert found(cast, "ida berg") == []


def test_what_is_kept_follows_the_name_and_the_phone(cast: Cast):
    patient = put(cast, "Ida", "Berg", phone="+15125550177")
    assert kept(patient) == keys_of(patient) >= {"ida", "berg", "bergida", "+5125550177"}
    patient.last_name, patient.phone = "Łęcka", "+15125550178"
    patient.write()
    assert kept(patient) == keys_of(patient) >= {"ida", "lecka", "+5125550178"}
    assert found(cast, "berg") == []
    assert found(cast, "512 555 0178") == ["Ida Łęcka"]


def test_a_text_that_nobody_can_have_finds_nobody(cast: Cast):
    for text in ("x" * 100_000, "\x00", "   ", "🙂", "\u200f\u202e", "%", "_", "'; --", "mia\x00"):
        assert [*found(cast, text)] in ([], ["Mia Lee"]), text


def test_a_search_costs_the_same_however_many_there_are(cast: Cast):
    def cost(text: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            patients_matching(user=cast.reception, clinic=cast.clinic, text=text)
        return len(queries)

    cost("mia")  # what the user may is read once
    before = {text: cost(text) for text in ("lee", "mi l", "5550123", "3/3/1991", "lee 3/3/1991")}
    for n in range(30):
        put(cast, f"Mia{n}", "Lee", phone="+15125550123", birth_date=dt.date(1991, 3, 3))
    assert {text: cost(text) for text in before} == before
    assert max(before.values()) <= 5


def test_of_a_search_that_says_little_the_list_shows_no_more_than_it_looks_at(cast: Cast):
    Patient.objects.bulk_create(
        Patient(
            clinic=cast.clinic,
            number=number,
            first_name="Ida",
            last_name="Berg",
            birth_date=dt.date(1990, 1, 1),
            email="ida@example.org",
            created_at=NOW,
            created_by=cast.manager,
        )
        for number in range(1000, 1000 + CANDIDATES + 20)
    )
    rows = patients_matching(user=cast.reception, clinic=cast.clinic, text="ida")
    assert len(rows) == CANDIDATES


def test_what_the_finder_knows_belongs_to_the_patient_s_clinic(cast: Cast):
    sql = "UPDATE clinic_patientkey SET clinic_id = %s WHERE patient_id = %s"
    assert refused(sql, cast.other_clinic, cast.mia) == "patient_key_of_its_clinic"


def test_nobody_is_merged_into_herself_another_clinic_s_or_along_a_chain(cast: Cast):
    ida, jo = put(cast, "Ida", "Berg"), put(cast, "Jo", "Berg")
    other = factories.patient(cast.other_clinic, "Ida", "Berg", by=cast.other_nurse)
    assert refused(*change(ida, merged_into_id=ida.pk)) in (
        "patient_not_merged_into_herself",
        "patient_merged_once",
    )
    assert refused(*change(ida, merged_into_id=other.pk)) == "patient_merged_in_her_clinic"
    ida.merged_into = jo
    ida.write()
    assert refused(*change(cast.mia, merged_into_id=ida.pk)) == "patient_merged_once"
    assert refused(*change(jo, merged_into_id=cast.mia.pk)) == "patient_merged_once"
    assert refused(*change(jo, merged_into_id=ida.pk)) == "patient_merged_once"


def test_who_was_merged_is_found_as_who_she_is(cast: Cast):
    ida, jo = put(cast, "Ida", "Berg"), put(cast, "Joanna", "Klein")
    ida.merged_into = jo
    ida.write()
    assert found(cast, "ida berg") == found(cast, ida.code) == ["Joanna Klein"]


def test_a_name_that_was_on_file_before_is_found_by_its_sound_too(cast: Cast) -> None:
    """What the upgrade adds to the keys of names in other scripts; a second run adds nothing."""
    run("DELETE FROM clinic_patientkey WHERE patient_id = %s AND text LIKE %s", cast.wang, "%wang%")
    who: dict[str, Any] = {"user": cast.reception, "clinic": cast.clinic}
    assert find_patients(text="wang", **who).patients == []
    upgrade = import_module("clinic.migrations.0016_names_aloud").read_aloud
    for _again in range(2):
        upgrade(apps, SimpleNamespace(connection=connection))
        assert find_patients(text="wang", **who).patients == [cast.wang]
