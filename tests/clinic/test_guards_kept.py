"""A guard with another text, or switched off, is as good as gone, and is named."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection

from clinic import constraints
from tests.cast import Cast
from tests.database import is_postgresql
from tests.raw_sql import change, refused


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.rule("P23")
def test_a_hollowed_guard_is_named(fresh_db: object) -> None:
    name = "treatments_treatment_frozen_update"
    if is_postgresql():
        run(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RETURN NEW; END $$"
        )
    else:
        run(f"DROP TRIGGER {name}")
        run(
            f"CREATE TRIGGER {name} BEFORE UPDATE ON treatments_treatment "
            "FOR EACH ROW WHEN 0 BEGIN SELECT 1; END"
        )
    assert constraints.missing(connection) == [name]
    constraints.install(connection)
    assert constraints.missing(connection) == []


def test_a_guard_that_fires_for_replicas_only_is_named(fresh_db: object) -> None:
    name = "clinic_auditevent_append_only_update"
    if is_postgresql():
        run(f"ALTER TABLE clinic_auditevent ENABLE REPLICA TRIGGER {name}")
    else:
        run(f"DROP TRIGGER {name}")
    assert constraints.missing(connection) == [name]


def test_a_migrate_with_nothing_to_do_leaves_every_guard(
    fresh_db: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped = []
    monkeypatch.setattr(constraints, "drop", lambda _connection: dropped.append(1))
    call_command("migrate", verbosity=0)
    assert dropped == []
    assert constraints.missing(connection) == []


@pytest.mark.parametrize("value", ["2027-6-3", "2027-99-99", "2027-13", "2027-01-01x", 2027])
def test_a_date_in_another_form_is_no_date(db: None, cast: Cast, value: object) -> None:
    if is_postgresql():
        return  # PostgreSQL has a type for dates; SQLite keeps what it is given.
    assert refused(*change(cast.ana_license, expires_on=value)) == "clinic_license_typed"


def test_a_number_with_a_fraction_is_no_whole_number(db: None, cast: Cast) -> None:
    if is_postgresql():
        return  # PostgreSQL has a type for whole numbers; SQLite keeps what it is given.
    for value in (30.5, "abc"):
        assert refused(*change(cast.mia, number=value)) == "clinic_patient_typed"
