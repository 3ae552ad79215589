"""What a page asks about its patients is found by them, however much the clinic has on file."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.queries.intervals import needled_of, rest_of
from clinic.models import Patient
from tests import factories
from tests.cast import TODAY, Cast

PATIENTS, AREAS = 100_000, 400_000


def plans_of(ask: Callable[[], object]) -> list[str]:
    """How the database goes about each query of `ask`, step by step."""
    explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    with CaptureQueriesContext(connection) as asked:
        ask()
    steps: list[str] = []
    with connection.cursor() as cursor:
        for one in asked.captured_queries:
            cursor.execute(f"{explain} {one['sql']}")
            steps += [row[-1] for row in cursor.fetchall()]
    return steps


def count_as_if_large() -> None:
    """Leave the counts of a clinic with years on file: each index is as good as it would be
    there. PostgreSQL counts by itself, and with a plan for a small table is asked not to read
    it whole."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
        return
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("DELETE FROM sqlite_stat1")
        indexes = "SELECT tbl_name, name FROM sqlite_schema WHERE type = 'index' AND tbl_name = %s"
        for table, rows in (("clinic_patient", PATIENTS), ("bookings_performedarea", AREAS)):
            cursor.execute(indexes, [table])
            for _table, index in cursor.fetchall():
                cursor.execute(f"PRAGMA index_info({index})")
                columns = cursor.fetchall()
                each = [rows if columns[0][2] in ("clinic_id", "merged_into_id") else 4]
                stat = " ".join(map(str, [rows, *each, *[1] * (len(columns) - 1)]))
                # An index of those alone who were merged stands empty, and is not counted.
                if index != "patient_by_merged_into":
                    cursor.execute(
                        "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (%s, %s, %s)",
                        [table, index, stat],
                    )
        cursor.execute("ANALYZE sqlite_schema")


@pytest.mark.django_db
@pytest.mark.parametrize("counted", [False, True])
def test_what_was_needled_is_looked_up_by_patient(cast: Cast, counted: bool) -> None:
    if counted:
        count_as_if_large()
    people = {one.pk for one in Patient.objects.filter(clinic=cast.clinic)}

    def ask() -> None:
        needled_of(cast.clinic, TODAY, people)
        rest_of(clinic=cast.clinic, patient=cast.mia, areas=[], since=TODAY)

    steps = plans_of(ask)
    assert sum("bookings_performedarea" in one for one in steps) >= 3
    for one in steps:
        assert "(clinic_id" not in one, one
    if connection.vendor == "sqlite":
        assert any("patient_by_merged_into" in one for one in steps)
        assert not [one for one in steps if one.startswith("SCAN")]


@pytest.mark.django_db
def test_the_tables_are_counted_by_tidying(cast: Cast) -> None:
    for n in range(30):
        factories.patient(cast.clinic, "Ada", f"Number {n}", by=cast.manager)
    with CaptureQueriesContext(connection) as asked:
        call_command("tidy", verbosity=0)
    counted = [one for one in asked.captured_queries if "ANALYZE" in one["sql"]]
    if connection.vendor == "postgresql":
        assert counted == []
        return
    assert len(counted) == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT stat FROM sqlite_stat1 WHERE idx = 'patient_by_name'")
        (stat,) = cursor.fetchone()
    assert int(stat.split()[0]) == Patient.objects.count() > 30
