"""The tables are made by migrations, from nothing, and keep their guards through each of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import IntegrityError, connection, migrations, models, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from clinic import constraints
from tests.cast import Cast
from tests.database import Database, is_postgresql
from tests.house.sources import APPS, ROOT

TABLE = "treatments_cartridge"
# An index of those visits alone that stand covers no other.
IN_PART = "appointment_once_in_its_course"


def test_no_change_of_the_models_is_without_its_migration(db: None) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize("app", APPS)
def test_migrations_follow_one_another_in_one_line(app: str, db: None) -> None:
    graph = MigrationLoader(connection).graph
    mine = sorted(name for label, name in graph.nodes if label == app)
    files = sorted(path.stem for path in (ROOT / app / "migrations").glob("[0-9]*.py"))
    assert mine == files
    assert [name[:4] for name in mine] == [f"{n:04d}" for n in range(1, len(mine) + 1)]
    for before, name in zip([None, *mine], mine, strict=False):
        parents = {parent.key for parent in graph.node_map[(app, name)].parents}
        assert {key for key in parents if key[0] == app} == ({(app, before)} if before else set())


def test_from_nothing_to_all_tables_and_all_guards(fresh_db: Database) -> None:
    """The tests' template was an empty database before `migrate`; nothing is left to do in it."""
    executor = MigrationExecutor(connection)
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []
    there = set(connection.introspection.table_names())
    assert set(connection.introspection.django_table_names()) - there == set()
    assert constraints.missing(connection) == []


@pytest.mark.parametrize("table", ["bookings_hold", "bookings_appointment"])
def test_what_every_booking_writes_has_no_index_that_another_covers(table: str, db: None) -> None:
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, table)
        relations = connection.introspection.get_relations(cursor, table)
    indexes = {name: one["columns"] for name, one in found.items() if one["index"] or one["unique"]}
    covered = [
        name
        for name, columns in indexes.items()
        for other, more in indexes.items()
        if other not in (name, IN_PART)
        and not found[name]["unique"]
        and more[: len(columns)] == columns
    ]
    assert covered == []
    led = {columns[0] for columns in indexes.values()}
    bare = {column for column in relations if column not in led and not column.endswith("_by_id")}
    assert bare == set()


def test_a_second_migrate_leaves_all_guards_in_place(fresh_db: Database) -> None:
    before = sorted(_triggers())
    call_command("migrate", verbosity=0, interactive=False)
    assert sorted(_triggers()) == before
    call_command("migrate", "bookings", verbosity=0, interactive=False)
    assert sorted(_triggers()) == before


def test_guards_outlive_a_migration_that_rebuilds_their_table(
    fresh_db: Database, cast: Cast
) -> None:
    """SQLite alters a column by making the table anew, and its triggers go with the old one."""
    before = sorted(_triggers())
    for step in _altering_a_column():
        if step == "rebuilt":
            lost = set(constraints.missing(connection))
            assert f"{TABLE}_never_deleted_delete" in lost
    assert constraints.missing(connection) == []
    assert sorted(_triggers()) == before
    unit = cast.lot.units.get(unit_code="C-000001")
    with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
        _run(f"DELETE FROM {TABLE} WHERE number = %s", [unit.number])


def test_a_migration_that_fails_leaves_the_reason_in_readiness(fresh_db: Database) -> None:
    """Guards are down while tables change; a start in between must not pass for ready."""
    steps = _altering_a_column()
    next(steps)
    assert constraints.missing(connection) != []


@pytest.mark.parametrize(
    "trigger", ["clinic_auditevent_append_only_delete", "cartridge_steps_update"]
)
def test_a_guard_dropped_by_hand_is_named(trigger: str, fresh_db: Database) -> None:
    table = "clinic_auditevent" if trigger.startswith("clinic") else TABLE
    _run(f"DROP TRIGGER {trigger}" + (f" ON {table}" if is_postgresql() else ""))
    assert constraints.missing(connection) == [trigger]
    constraints.install(connection)
    assert constraints.missing(connection) == []


def test_a_guard_switched_off_is_named(fresh_db: Database) -> None:
    """PostgreSQL can disable a trigger and keep it; SQLite can only drop it."""
    if is_postgresql():
        _run("ALTER TABLE clinic_auditevent DISABLE TRIGGER clinic_auditevent_append_only_update")
    else:
        _run("DROP TRIGGER clinic_auditevent_append_only_update")
    assert constraints.missing(connection) == ["clinic_auditevent_append_only_update"]


def test_a_guard_that_only_an_earlier_version_knew_is_gone_after_a_migration(
    fresh_db: Database,
) -> None:
    old = constraints.Guard("cartridge_of_yesterday", ("UPDATE",), "1 = 1", "It was so once.")
    for statement in old.create(TABLE, connection.vendor):
        _run(statement)
    assert "cartridge_of_yesterday_update" in _triggers()
    emit_pre_migrate_signal(verbosity=0, interactive=False, db="default")
    assert _triggers() == set()
    emit_post_migrate_signal(verbosity=0, interactive=False, db="default")
    assert constraints.missing(connection) == []
    assert "cartridge_of_yesterday_update" not in _triggers()


def test_every_guard_in_the_database_is_declared_beside_a_model(fresh_db: Database) -> None:
    declared = {
        trigger
        for _table, guard in constraints.all_guards()
        if guard.applies(connection.vendor)
        for trigger in guard.triggers(connection.vendor)
    }
    assert _triggers() == declared


def _altering_a_column() -> Iterator[str]:
    """Run a migration of one column, with what Django announces around it."""
    emit_pre_migrate_signal(verbosity=0, interactive=False, db="default")
    yield "announced"
    before = MigrationLoader(connection).project_state()
    field = _longer(before, "treatments", "cartridge", "waste_note")
    operation = migrations.AlterField("cartridge", "waste_note", field)
    after = before.clone()
    operation.state_forwards("treatments", after)
    with connection.schema_editor() as editor:
        operation.database_forwards("treatments", editor, before, after)
    yield "rebuilt"
    emit_post_migrate_signal(verbosity=0, interactive=False, db="default")
    yield "done"


def _longer(state: Any, app: str, model: str, name: str) -> models.CharField[str, str]:
    now = state.models[app, model].fields[name]
    _name, _path, args, kwargs = now.deconstruct()
    return models.CharField(*args, **kwargs | {"max_length": 400})


def _triggers() -> set[str]:
    query = (
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
        if is_postgresql()
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {row[0] for row in cursor.fetchall()}


def _run(sql: str, values: list[Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
