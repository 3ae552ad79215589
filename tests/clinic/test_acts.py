"""The one door: permission, one effect per press, refusals on record, no act without a trace."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DataError, IntegrityError, OperationalError, connection

from clinic import acts, audit, operations
from clinic.acts import NotRecorded, act
from clinic.models import AuditEvent, Clinic, IdempotencyKey, Patient, Room, User
from clinic.permissions import Permission
from clinic.refusals import Conflict, NotAllowed, Refusal
from tests.cast import NOW, Cast
from tests.database import Database

NEW = {"first_name": "Jo", "last_name": "Doe", "birth_date": dt.date(1990, 1, 1)}
PHONE = {"phone": "+15125550177"}


def register(cast: Cast, **given: Any) -> Patient:
    return operations.register_patient(
        **{"clinic": cast.clinic, "by": cast.reception, "at": NOW, **NEW, **PHONE, **given}
    )


def events(*fields: str) -> list[Any]:
    rows = AuditEvent.objects.order_by("chain", "seq")
    return list(rows.values_list(*fields, flat=len(fields) == 1))


def test_an_act_leaves_one_event_that_names_who_what_and_about_what(cast: Cast) -> None:
    patient = register(cast)
    assert events("chain", "seq", "actor_name", "action", "outcome", "subject_code", "at") == [
        (cast.clinic.pk.hex, 1, "Rosa Alvarez", "patient.register", "done", "PT-000004", NOW)
    ]
    assert AuditEvent.objects.get().subject == str(patient.pk)


@pytest.mark.rule("R54")
def test_who_lacks_the_right_is_refused_and_that_is_on_record(cast: Cast) -> None:
    before = Patient.objects.count()
    with pytest.raises(NotAllowed):
        register(cast, by=cast.esthetician)
    assert Patient.objects.count() == before
    assert events("actor_name", "action", "outcome", "rule") == [
        ("Ana Ruiz", "patient.register", "refused", "R54")
    ]


@pytest.mark.rule("R54")
def test_a_right_in_one_clinic_opens_no_door_in_another(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        register(cast, clinic=cast.other_clinic)
    # Where it was tried is where it stands.
    assert events("chain", "outcome") == [(cast.other_clinic.pk.hex, "refused")]


def test_a_refusal_rolls_the_act_back_and_stays_on_record(cast: Cast) -> None:
    tomorrow = NOW.date() + dt.timedelta(days=2)
    with pytest.raises(Refusal) as no:
        register(cast, birth_date=tomorrow)
    assert (no.value.sentence, no.value.field) == ("The birth date is in the future.", "birth_date")
    event = AuditEvent.objects.get()
    assert (event.outcome, event.rule) == ("refused", "input")
    assert event.detail == '{"field":"birth_date","sentence":"The birth date is in the future."}'


def test_a_refusal_after_a_write_takes_the_write_with_it(cast: Cast) -> None:
    @act("room.add", may=Permission.SET_UP_CLINIC, on="clinic")
    def add_room(*, clinic: Clinic, by: User, at: dt.datetime) -> None:
        Room(clinic=clinic, name="Room 9").write()
        raise Refusal("There is no ninth room.", rule="X1")

    with pytest.raises(Refusal):
        add_room(clinic=cast.clinic, by=cast.manager, at=NOW)
    assert not Room.objects.filter(name="Room 9").exists()
    assert events("action", "outcome", "rule") == [("room.add", "refused", "X1")]


def test_an_act_without_an_event_is_rolled_back(cast: Cast) -> None:
    @act("room.add", may=Permission.SET_UP_CLINIC, on="clinic")
    def add_room(*, clinic: Clinic, by: User, at: dt.datetime) -> None:
        Room(clinic=clinic, name="Room 9").write()

    with pytest.raises(NotRecorded, match=r"room\.add left no audit event"):
        add_room(clinic=cast.clinic, by=cast.manager, at=NOW)
    assert not Room.objects.filter(name="Room 9").exists()


def test_an_act_whose_event_fails_is_rolled_back(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("no audit today")

    monkeypatch.setattr(audit.writing, "mac_of", broken)
    before = Patient.objects.count()
    with pytest.raises(RuntimeError, match="no audit today"):
        register(cast)
    assert Patient.objects.count() == before


@pytest.mark.rule("P3")
def test_the_second_press_finds_what_the_first_has_made(cast: Cast) -> None:
    first, second = register(cast, once="key-1"), register(cast, once="key-1")
    assert first == second
    assert Patient.objects.filter(last_name="Doe").count() == 1
    assert events("outcome") == ["done"]


@pytest.mark.rule("P3")
def test_the_same_key_with_other_contents_is_refused(cast: Cast) -> None:
    register(cast, once="key-1")
    with pytest.raises(Conflict, match="already sent, with other contents"):
        register(cast, once="key-1", first_name="Joe")
    assert Patient.objects.filter(last_name="Doe").count() == 1
    assert events("outcome") == ["done", "refused"]


@pytest.mark.rule("P3")
def test_another_persons_key_is_another_key(cast: Cast) -> None:
    first = register(cast, once="key-1")
    assert first != register(cast, once="key-1", by=cast.manager, another=True)


@pytest.mark.rule("P3")
def test_a_refusal_frees_the_key(cast: Cast) -> None:
    with pytest.raises(Refusal):
        register(cast, once="key-1", phone="")
    assert not IdempotencyKey.objects.exists()
    assert register(cast, once="key-1").first_name == "Jo"


@pytest.mark.rule("P3")
def test_a_key_is_kept_as_long_as_a_page_may_lie_open(cast: Cast) -> None:
    first = register(cast, once="key-1")
    assert acts.forget_keys(at=NOW + dt.timedelta(days=7)) == 0
    assert register(cast, once="key-1") == first
    assert acts.forget_keys(at=NOW + dt.timedelta(days=7, seconds=1)) == 1
    assert not IdempotencyKey.objects.exists()


@pytest.mark.rule("P3")
def test_two_presses_at_the_same_instant_have_one_effect(cast: Cast, fresh_db: Database) -> None:
    found: list[Any] = []
    start = threading.Barrier(8)

    def press() -> None:
        try:
            start.wait()
            found.append(register(cast, once="key-1").pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert Patient.objects.filter(last_name="Doe").count() == 1
    assert list(audit.faults()) == []


def test_an_act_inside_an_act_is_one_act(cast: Cast) -> None:
    @act("house.fill", may=Permission.SET_UP_CLINIC, on="clinic")
    def fill(*, clinic: Clinic, by: User, at: dt.datetime) -> None:
        register(cast, by=by)
        register(cast, by=by, first_name="Al")
        raise Refusal("The house is full.", rule="X1")

    with pytest.raises(Refusal):
        fill(clinic=cast.clinic, by=cast.manager, at=NOW)
    assert not Patient.objects.filter(last_name="Doe").exists()
    assert events("action", "outcome") == [("house.fill", "refused")]


def test_an_act_inside_an_act_asks_for_its_own_right(cast: Cast) -> None:
    @act("house.fill", may=Permission.TREAT, on="clinic")
    def fill(*, clinic: Clinic, by: User, at: dt.datetime) -> None:
        register(cast, by=by)

    with pytest.raises(NotAllowed):
        fill(clinic=cast.clinic, by=cast.esthetician, at=NOW)
    assert events("action", "outcome") == [("house.fill", "refused")]


def test_an_act_takes_no_arguments_by_position(cast: Cast) -> None:
    with pytest.raises(TypeError, match="keyword arguments only"):
        operations.search_audit(cast.clinic)


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (DataError("out of range"), 422, "One of the values is out of range."),
        (OperationalError("database is locked"), 409, "The system is busy."),
        (
            IntegrityError("CHECK constraint failed: license_issued_before_expiry"),
            422,
            "A license is issued before it expires.",
        ),
        (
            IntegrityError("hold_no_overlap_room: The room is taken at this time."),
            409,
            "The room is taken at this time.",
        ),
        (
            IntegrityError("cartridge_no_second_open: This treatment has a cartridge."),
            409,
            "This treatment has a cartridge. Waste it first.",
        ),
    ],
)
def test_what_the_database_refuses_is_a_refusal_in_words(
    cast: Cast, error: Exception, status: int, sentence: str
) -> None:
    @act("room.add", may=Permission.SET_UP_CLINIC, on="clinic")
    def add_room(*, clinic: Clinic, by: User, at: dt.datetime) -> None:
        raise error

    with pytest.raises(Refusal) as no:
        add_room(clinic=cast.clinic, by=cast.manager, at=NOW)
    assert (no.value.status, no.value.sentence) == (status, sentence)
    assert events("action", "outcome") == [("room.add", "refused")]


def test_a_database_error_that_is_not_ours_is_not_hidden(cast: Cast) -> None:
    @act("room.add", may=Permission.SET_UP_CLINIC, on="clinic")
    def add_room(*, clinic: Clinic, by: User, at: dt.datetime) -> None:
        raise IntegrityError("FOREIGN KEY constraint failed")

    with pytest.raises(IntegrityError):
        add_room(clinic=cast.clinic, by=cast.manager, at=NOW)


def test_an_event_stands_only_in_the_transaction_of_its_act(cast: Cast, fresh_db: Database) -> None:
    with pytest.raises(RuntimeError, match="in the transaction of its act"):
        audit.record("x", by=cast.manager, at=NOW, clinic_id=cast.clinic.pk)


@pytest.mark.parametrize("hidden", ["password", "second_password"])
def test_a_password_is_no_part_of_what_a_key_remembers(hidden: str) -> None:
    fingerprint: Callable[..., str] = acts._fingerprint
    assert fingerprint("x", {hidden: "one"}) == fingerprint("x", {hidden: "two"})


@pytest.mark.rule("P2")
@pytest.mark.parametrize(("lost", "told"), [(2, None), (3, "The system is busy.")])
def test_who_lost_what_it_saw_begins_anew(cast: Cast, lost: int, told: str | None) -> None:
    tries: list[int] = []

    @act("test.look", may=Permission.BOOK, on="clinic")
    def look(*, clinic: Clinic, by: User, at: dt.datetime) -> Clinic:
        tries.append(len(tries))
        if len(tries) <= lost:
            raise acts.LookAgain
        audit.record("test.look", by=by, at=at, clinic_id=clinic.pk, on=clinic)
        return clinic

    if told is None:
        assert look(clinic=cast.clinic, by=cast.reception, at=NOW) == cast.clinic
    else:
        with pytest.raises(Conflict, match=told):
            look(clinic=cast.clinic, by=cast.reception, at=NOW)
    assert len(tries) == 3
