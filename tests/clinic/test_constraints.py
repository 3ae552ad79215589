"""What the database itself forbids of the building's tables, attacked with raw SQL."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from clinic import audit, constraints
from clinic.models import AuditEvent, License
from clinic.refusals import Refusal
from tests import factories
from tests.cast import NOW, Cast
from tests.database import is_postgresql

CONFLICT = {"id": "id", "seq": "chain, seq"}
SAYS = "The audit is only ever added to."


def run(sql: str, *values: Any) -> None:
    """One statement, past the ORM; what fails leaves nothing."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


def refused(sql: str, *values: Any) -> tuple[str, str]:
    """The (name, sentence) of what refuses the statement."""
    with pytest.raises(IntegrityError) as error:
        run(sql, *values)
    found = constraints.violated(error.value)
    assert found is not None, error.value
    return found


@pytest.fixture
def event(cast: Cast) -> AuditEvent:
    """One event in Austin's chain."""
    with transaction.atomic():
        return audit.record("x.do", by=cast.manager, at=NOW, clinic_id=cast.clinic.pk)


def own(key: uuid.UUID) -> object:
    """A key as the engine keeps it."""
    return key if is_postgresql() else key.hex


@pytest.mark.rule("R53")
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE clinic_auditevent SET action = 'y.do' WHERE id = %s",
        "UPDATE clinic_auditevent SET seq = 99 WHERE id = %s",
        "UPDATE clinic_auditevent SET id = 99 WHERE id = %s",
        "DELETE FROM clinic_auditevent WHERE id = %s",
    ],
)
def test_an_event_is_neither_changed_nor_deleted(event: AuditEvent, sql: str) -> None:
    assert refused(sql, event.pk) == ("clinic_auditevent_append_only", SAYS)
    assert AuditEvent.objects.get() == event


@pytest.mark.rule("R53")
@pytest.mark.parametrize("taken", ["id", "seq"])
def test_an_event_is_not_written_over(event: AuditEvent, taken: str) -> None:
    """Neither by its own key nor by its place in the chain (REPLACE asks no DELETE guard)."""
    fields = [str(field.column) for field in AuditEvent._meta.fields]
    changed = {"id": "id + 1", "seq": "seq + 1", "action": "'y.do'"}
    del changed[taken]
    values = [changed.get(field, field) for field in fields]
    verb, after = "INSERT OR REPLACE", ""
    if is_postgresql():
        verb, after = "INSERT", f"ON CONFLICT ({CONFLICT[taken]}) DO UPDATE SET action = 'y.do'"
    with pytest.raises(IntegrityError):
        run(
            f"{verb} INTO clinic_auditevent ({', '.join(fields)}) "
            f"SELECT {', '.join(values)} FROM clinic_auditevent {after}"
        )
    assert list(AuditEvent.objects.values_list("pk", "action")) == [(event.pk, "x.do")]


@pytest.mark.rule("R53")
def test_the_audit_is_not_emptied(event: AuditEvent) -> None:
    sql = (
        "TRUNCATE clinic_auditevent CASCADE" if is_postgresql() else "DELETE FROM clinic_auditevent"
    )
    assert refused(sql) == ("clinic_auditevent_append_only", SAYS)


def test_two_events_never_claim_one_place(event: AuditEvent) -> None:
    again = AuditEvent.objects.get()
    again.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        again.save(force_insert=True)
    assert AuditEvent.objects.count() == 1


@pytest.mark.parametrize("verb", ["update", "delete"])
def test_no_queryset_changes_rows_in_bulk(event: AuditEvent, verb: str) -> None:
    rows = AuditEvent.objects.all()
    with pytest.raises(TypeError):
        rows.update(action="y") if verb == "update" else rows.delete()


@pytest.mark.parametrize(
    ("table", "field", "says"),
    [
        ("clinic_patient", "mia", "A patient on file is never deleted."),
        ("clinic_license", "ana_license", "A license on file is never deleted."),
        ("clinic_practitioner", "ana", "A practitioner on file is never deleted."),
    ],
)
def test_what_has_a_history_is_never_deleted(cast: Cast, table: str, field: str, says: str) -> None:
    row = getattr(cast, field)
    found = refused(f"DELETE FROM {table} WHERE id = %s", own(row.pk))
    assert found == (f"{table}_never_deleted", says)


@pytest.mark.rule("R17")
@pytest.mark.parametrize(
    ("change", "name"),
    [
        ("issued_on = '2030-01-01'", "license_issued_before_expiry"),
        ("issued_on = expires_on", "license_issued_before_expiry"),
        ("issued_on = '1899-12-31'", "license_dates_bounded"),
        ("expires_on = '2201-01-01'", "license_dates_bounded"),
        ("status = 'fine'", "license_status_known"),
        ("kind = 'wizard'", "license_kind_known"),
    ],
)
def test_a_license_keeps_to_its_rules(cast: Cast, change: str, name: str) -> None:
    found = refused(f"UPDATE clinic_license SET {change} WHERE id = %s", own(cast.ana_license.pk))
    assert found[0] == name


@pytest.mark.rule("R17")
def test_a_license_stays_with_its_holder(cast: Cast) -> None:
    given = "UPDATE clinic_license SET practitioner_id = %s WHERE id = %s"
    found = refused(given, own(cast.priya.pk), own(cast.ana_license.pk))
    says = "A license stays with the person it was issued to."
    assert found == ("license_keeps_its_holder", says)
    run(given, own(cast.ana.pk), own(cast.ana_license.pk))


@pytest.mark.rule("R52")
def test_a_practitioner_keeps_her_account_and_may_get_one_once(cast: Cast) -> None:
    given = "UPDATE clinic_practitioner SET user_id = %s WHERE id = %s"
    for account in (None, own(cast.reception.pk)):
        found = refused(given, account, own(cast.ana.pk))
        says = "A practitioner keeps their account."
        assert found == ("practitioner_keeps_her_account", says)
    alone = factories.practitioner([cast.clinic], "RN")
    run(given, own(cast.reception.pk), own(alone.pk))
    assert refused(given, None, own(alone.pk))[0] == "practitioner_keeps_her_account"


@pytest.mark.rule("R52")
@pytest.mark.parametrize("clash", ["id", "user_id"])
def test_no_practitioner_is_written_over(cast: Cast, clash: str) -> None:
    columns = {"id": "%s", "user_id": "NULL"} | ({clash: clash} if clash == "user_id" else {})
    key = cast.ana.pk if clash == "id" else uuid.uuid4()
    names = [str(one.column) for one in cast.ana._meta.local_concrete_fields]
    taken = ", ".join(columns.get(name, name) for name in names)
    # Only SQLite writes over a row without being asked which; PostgreSQL knows the key.
    verb = "INSERT" if is_postgresql() else "INSERT OR REPLACE"
    attack = (
        f"{verb} INTO clinic_practitioner ({', '.join(names)}) "
        f"SELECT {taken} FROM clinic_practitioner WHERE id = %s"
    )
    if is_postgresql():
        with pytest.raises(IntegrityError, match=r"clinic_practitioner_(pkey|user_id_key)"):
            run(attack, own(key), own(cast.ana.pk))
    else:
        found = refused(attack, own(key), own(cast.ana.pk))
        assert found[0] == "clinic_practitioner_no_replace"


@pytest.mark.rule("R17")
@pytest.mark.parametrize("number", ["LE-100200", "le100200", " LE 100-200 "])
def test_a_license_number_stands_once_per_state_and_kind(cast: Cast, number: str) -> None:
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        factories.license(cast.lena, "esthetician", "TX", by=cast.manager, number_raw=number)
    found = constraints.violated(error.value)
    assert found
    assert found[1] == "This license number is on file for that state and kind."
    factories.license(cast.lena, "esthetician", "AZ", by=cast.manager, number_raw=number)
    factories.license(cast.lena, "cosmetologist", "TX", by=cast.manager, number_raw=number)
    assert License.objects.filter(number_norm="LE100200").count() == 3


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ("first_name = ''", "patient_is_named"),
        ("phone = '', email = '', address = ''", "patient_can_be_reached"),
        ("birth_date = '1899-12-31'", "patient_dates_bounded"),
        ("sex_at_birth = 'x'", "patient_sex_known"),
        ("status = 'gone'", "patient_status_known"),
    ],
)
def test_a_patient_keeps_to_its_rules(cast: Cast, change: str, name: str) -> None:
    found = refused(f"UPDATE clinic_patient SET {change} WHERE id = %s", own(cast.mia.pk))
    assert found[0] == name


def test_a_patient_number_stands_once_per_clinic(cast: Cast) -> None:
    refused("UPDATE clinic_patient SET number = 2 WHERE id = %s", own(cast.mia.pk))
    factories.patient(cast.other_clinic, "Jo", "Doe", by=cast.stranger, number=3)


def test_a_value_that_a_field_refuses_is_a_refusal_beside_it(cast: Cast) -> None:
    cast.clinic.state = "Texas"
    with pytest.raises(Refusal) as no:
        cast.clinic.write()
    assert (no.value.field, no.value.status) == ("state", 422)


def test_every_sentence_of_the_database_can_be_found_by_its_name() -> None:
    says = constraints.sentences()
    assert says["license_number_once"] == "This license number is on file for that state and kind."
    assert says["clinic_auditevent_append_only"] == SAYS


def test_an_error_that_is_not_ours_has_no_sentence(cast: Cast) -> None:
    with pytest.raises(DatabaseError) as error:
        run("INSERT INTO clinic_auditchain (name) VALUES (NULL)")
    assert constraints.violated(error.value) is None


def test_without_the_guards_the_same_attack_succeeds(event: AuditEvent) -> None:
    # The guard holds the audit, not luck.
    constraints.drop(connection)
    run("UPDATE clinic_auditevent SET action = 'y.do' WHERE id = %s", event.pk)
    assert AuditEvent.objects.get().action == "y.do"
    assert "clinic_auditevent_append_only_update" in constraints.missing(connection)
    constraints.install(connection)
    assert constraints.missing(connection) == []


def test_a_stale_day_is_no_day(cast: Cast) -> None:
    late = dt.datetime(2200, 12, 31, 12, tzinfo=dt.UTC)
    with transaction.atomic(), pytest.raises(IntegrityError), transaction.atomic():
        audit.record("x", by=cast.manager, at=late, clinic_id=cast.clinic.pk)
