"""Backups: what comes back is what was there, and nothing half, foreign or spoiled comes back."""

from __future__ import annotations

import datetime as dt
import errno
import json
import os
import sqlite3
import stat
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from contextlib import closing
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings as given_settings
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from clinic import audit, backups, constraints
from clinic.backups import archive, leftovers, restoring, tables
from clinic.models import AuditEvent, Patient
from clinic.queries.audit_words import words_for
from tests import factories
from tests.cast import Cast
from tests.database import Database, is_postgresql
from tests.raw_sql import run
from tests.treatments.visits import chart_at

ROOT = Path(__file__).resolve().parents[2]
MADE = dt.datetime(2026, 11, 24, 15, tzinfo=dt.UTC)
Contents = dict[str, list[Any]]


@pytest.fixture(autouse=True)
def var(fresh_db: Database, tmp_path: Path, settings: Any) -> Path:
    """Proofs and scratch databases of this test alone."""
    settings.VAR_DIR = tmp_path / "var"
    settings.VAR_DIR.mkdir()
    return settings.VAR_DIR


# The tables of a scratch database as its migrations make them, once for all tests of a process.
MADE_ONCE: dict[frozenset[tuple[str, str]], sqlite3.Connection] = {}
make_tables = restoring.make_tables


@pytest.fixture(autouse=True)
def tables_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scratch database gets a copy of tables made before: forty migrations take their time."""

    def copied(migrations: set[tuple[str, str]]) -> None:
        if connection.vendor != "sqlite":
            make_tables(migrations)
            return
        key = frozenset(migrations)
        if key in MADE_ONCE:
            connection.ensure_connection()
            MADE_ONCE[key].backup(connection.connection)
            return
        make_tables(migrations)
        MADE_ONCE[key] = sqlite3.connect(":memory:", check_same_thread=False)
        connection.connection.backup(MADE_ONCE[key])

    monkeypatch.setattr(restoring, "make_tables", copied)


@pytest.fixture
def clinic_at_work(fresh_db: Database, cast: Cast) -> Cast:
    """A signed treatment, and values that are easily spoiled on the way."""
    chart_at(cast, "signed")
    for name in ('Łęcka "O\'Brien"', "王小明\t\\N", 'line\nbreak, {"hex": "00"}', "\U0001f600"):
        register(cast, name)
    return cast


@pytest.fixture
def backup(clinic_at_work: Cast, tmp_path: Path) -> Path:
    """A backup of that, not yet proven."""
    return make(tmp_path / "made.backup")


def register(cast: Cast, last: str) -> None:
    """One patient more, of that last name."""
    factories.patient(cast.clinic, "Pat", last, by=cast.reception)


def quiet(_line: str) -> None:
    """Nobody listens to how far it has come."""


def make(file: Path, tell: Callable[[str], None] = quiet) -> Path:
    with backups.new_archive(file, at=MADE, tell=tell):
        pass
    return file


def contents() -> Contents:
    """Every table of the database, read without the product's own readers."""
    with connection.cursor() as cursor:
        found = {}
        for name in connection.introspection.table_names(cursor):
            if name not in tables.LEFT_OUT:
                cursor.execute(f"SELECT * FROM {name}")
                columns = [column[0] for column in cursor.description]
                rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
                found[name] = sorted(rows, key=repr)
    return found


def without_restore(found: Contents) -> Contents:
    """The contents but for the audit's note of the restore."""
    events = found["clinic_auditevent"]
    noted = [event for event in events if event["action"] == "backup.restore"]
    assert len(noted) == 1
    rest = [event for event in events if event not in noted]
    chains = [
        row for row in found["clinic_auditchain"] if row["name"] in {e["chain"] for e in rest}
    ]
    return found | {"clinic_auditevent": rest, "clinic_auditchain": chains}


def empty() -> None:
    """A database without any table, as a new server has it."""
    if is_postgresql():
        tables.drop_all(connection)
    else:
        connection.close()
        Path(connection.settings_dict["NAME"]).unlink()


def said(command: str, *given: Any) -> str:
    out = StringIO()
    call_command(command, *map(str, given), stdout=out)
    return out.getvalue()


def refusal(command: str, *given: Any) -> str:
    """Why the command refuses, having changed nothing."""
    before = contents()
    with pytest.raises(CommandError) as error:
        said(command, *given)
    assert contents() == before
    return str(error.value)


def sign(file: Path, new: Path, **changed: Any) -> Path:
    """The backup with another manifest, signed as only the owner of the key can."""
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(new, "w") as made:
        manifest = json.loads(old.read("manifest.json")) | changed
        manifest["signature"] = archive._signature(manifest)
        for name in old.namelist():
            is_it = name == "manifest.json"
            made.writestr(name, json.dumps(manifest) if is_it else old.read(name))
    return new


# There and back


@pytest.mark.rule("P29")
def test_what_was_backed_up_comes_back_table_by_table(
    clinic_at_work: Cast, tmp_path: Path, var: Path
) -> None:
    client = Client()
    assert client.get("/readyz").json()["proven_backup"] == "never"
    before = contents()
    os.umask(mask := os.umask(0))
    told = said("backup", tmp_path / "a.backup")
    os.umask(mask)

    file = tmp_path / "a.backup"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.backup", "var"]
    assert [one.name for one in var.iterdir()] == ["proven-backup.json"]
    rows = sum(map(len, before.values()))
    assert f"{rows:,} of {rows:,} rows" in told
    assert told.endswith(f"Backed up and proven: {file}, {rows:,} rows.\n")
    assert "events are as they were written" in told
    assert client.get("/readyz").json()["proven_backup"].startswith("0 hours old, made at ")
    event = AuditEvent.objects.latest("id")
    assert (event.action, event.chain, words_for(event.action)) == (
        "backup.make",
        "system",
        "Made a backup",
    )
    assert json.loads(event.detail) == {"file": "a.backup", "proven": True, "rows": rows}

    register(clinic_at_work, "Later")
    told = said("restore", file, "--over-existing")
    assert without_restore(contents()) == before
    assert constraints.missing(connection) == []
    assert "events are as they were written" in told
    assert words_for("backup.restore") == "Restored a backup"
    said("verify_audit")
    # The next of each counted row has a number of its own.
    register(clinic_at_work, "Next")


@pytest.mark.rule("P29", "P34")
def test_a_backup_of_one_engine_fills_an_empty_database_of_the_other(
    backup: Path, tmp_path: Path, var: Path
) -> None:
    """From the engine at hand to SQLite, and from there back: the same in every table."""
    before = contents()
    with backups.Archive(backup) as first, restoring._scratch(var):
        restoring._build(first, quiet)
        again = make(tmp_path / "again.backup")
    with backups.Archive(backup) as first, backups.Archive(again) as second:
        assert second.manifest["engine"] == "sqlite"
        assert second.manifest["tables"] == first.manifest["tables"]
    empty()
    said("restore", again)
    assert without_restore(contents()) == before
    assert constraints.missing(connection) == []
    assert Client().get("/readyz").status_code == 200


@pytest.mark.rule("P29")
def test_an_older_backup_is_brought_up_to_date(
    fresh_db: Database, tmp_path: Path, var: Path
) -> None:
    with restoring._scratch(var):
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        ours = [one for one, _ in plan if one.app_label in {"clinic", "bookings", "treatments"}]
        firsts = {one.app_label: (one.app_label, one.name) for one in reversed(ours)}
        executor.migrate([firsts["treatments"]])
        older = make(tmp_path / "older.backup")
    said("restore", older)
    assert Client().get("/readyz").json()["problems"] == []
    executor = MigrationExecutor(connection)
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []


def test_what_is_written_meanwhile_is_not_in_the_backup(
    clinic_at_work: Cast, tmp_path: Path
) -> None:
    before = {name: len(rows) for name, rows in contents().items()}
    writes: list[str] = []

    def write() -> None:
        register(clinic_at_work, "Meanwhile")
        connections.close_all()

    def tell(step: str) -> None:
        if not writes:
            writes.append(step)
            thread = threading.Thread(target=write)
            thread.start()
            thread.join()

    def first_row(self: Any, found: Any) -> Any:
        for row in found:
            tell("row")
            yield row

    with pytest.MonkeyPatch.context() as for_now:
        for_now.setattr(archive.Progress, "along", first_row)
        file = make(tmp_path / "a.backup")
    assert (len(writes), Patient.objects.filter(last_name="Meanwhile").count()) in {(1, 1), (1, 0)}
    assert Patient.objects.count() == before["clinic_patient"] + 1
    with backups.Archive(file) as made:
        assert {name: told["rows"] for name, told in made.manifest["tables"].items()} == before


def test_no_key_and_no_session_is_in_a_backup(backup: Path) -> None:
    with zipfile.ZipFile(backup) as packed:
        names = packed.namelist()
        whole = b"".join(packed.read(name) for name in names)
    assert given_settings.AUDIT_KEY.encode() not in whole
    assert given_settings.SECRET_KEY.encode() not in whole
    assert not {"tables/django_session.jsonl", "tables/clinic_cache.jsonl"} & set(names)
    with backups.Archive(backup) as made:
        assert made.manifest["version"] == archive.product_version()
        assert made.manifest["made_at"] == "2026-11-24T15:00:00+00:00"
        assert audit.anchor_is_ours(made.manifest["audit"])


def test_a_folder_gets_a_file_with_the_time_in_its_name(fresh_db: Database, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "x.backup.part-999999999").write_text("left by one that was killed")
    said("backup", folder)
    (made,) = folder.glob("stratum-*Z.backup")
    assert said("prove_backup", made).endswith("can be restored.\n")
    with pytest.raises(CommandError, match="is there already, and no backup is written over"):
        said("backup", made)
    make(folder / "x.backup")
    assert not list(folder.glob("*.part-*"))


# What is refused


def test_a_backup_that_cannot_be_made_leaves_nothing(
    clinic_at_work: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    why = f"The backup could not be written to {tmp_path}/no/a.backup: No such file or directory."
    assert refusal("backup", tmp_path / "no" / "a.backup") == why

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as for_now:
        for_now.setattr(archive.os, "fsync", full)
        assert refusal("backup", tmp_path / "a.backup").endswith(": No space left on device.")
    with monkeypatch.context() as for_now:
        # The disk fills up while the backup is proven: it is not kept as one that was.
        for_now.setattr(restoring.tables, "load", full)
        told = refusal("backup", tmp_path / "a.backup")
        assert told.endswith("could not be restored: No space left on device.")
    empty()
    with pytest.raises(CommandError, match="There is nothing to back up"):
        said("backup", tmp_path / "a.backup")
    assert [one.name for one in tmp_path.iterdir()] == ["var"]


@pytest.mark.rule("P29")
def test_what_is_no_whole_backup_is_refused_in_a_sentence(backup: Path, tmp_path: Path) -> None:
    whole = backup.read_bytes()
    bad = tmp_path / "bad.backup"
    for cut in (0, 1, 1000, len(whole) // 2, len(whole) - 1):
        bad.write_bytes(whole[:cut])
        assert refusal("restore", bad, "--over-existing") == (
            f"{bad} is not a whole backup: it was cut off, or is another kind of file."
        )
    bad.write_bytes(b"%PDF-1.7 " * 1000)
    assert "another kind of file" in refusal("restore", bad, "--over-existing")
    with zipfile.ZipFile(bad, "w") as other:
        other.writestr("letter.txt", "Dear")
    assert refusal("prove_backup", bad) == f"{bad} is not a backup: it has no manifest.json."
    gone = tmp_path / "gone"
    why = f"The backup {gone} can't be read: No such file or directory."
    assert refusal("restore", gone) == why
    assert "can't be read: Is a directory" in refusal("restore", tmp_path)
    with zipfile.ZipFile(backup) as packed:
        large = sorted(packed.infolist(), key=lambda one: one.compress_size)[-6:]
    for one in large:
        place = one.header_offset + 30 + len(one.filename) + 20 + one.compress_size // 2
        bad.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        assert f"{bad} is damaged: " in refusal("restore", bad, "--over-existing")


def rewritten(old: Path, new: Path, member: str, change: Callable[[bytes], bytes]) -> Path:
    with zipfile.ZipFile(old) as source, zipfile.ZipFile(new, "w") as made:
        for name in source.namelist():
            text = source.read(name)
            made.writestr(name, change(text) if name == member else text)
    return new


@pytest.mark.rule("P29")
def test_a_backup_that_was_rewritten_is_refused(
    backup: Path, tmp_path: Path, settings: Any
) -> None:
    bad = rewritten(
        backup,
        tmp_path / "1",
        "tables/clinic_patient.jsonl",
        lambda text: text.replace(b"Mia", b"Mya"),
    )
    assert refusal("restore", bad, "--over-existing") == (
        f"{bad} was changed: the table clinic_patient is not as it was written."
    )
    bad = rewritten(
        backup, tmp_path / "2", "manifest.json", lambda text: text.replace(b"2026-", b"2027-")
    )
    changed = "was changed after it was made, or made with another AUDIT_KEY"
    assert changed in refusal("restore", bad, "--over-existing")
    settings.AUDIT_KEY = "f" * 64
    assert changed in refusal("restore", backup, "--over-existing")


@pytest.mark.rule("P29")
@pytest.mark.parametrize("many", [b"x", b"[]\n"], ids=["a line", "lines"])
def test_no_backup_is_read_further_than_it_was_written(
    backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, many: bytes
) -> None:
    table = "tables/clinic_patient.jsonl"
    bad = rewritten(backup, tmp_path / "1", table, lambda _: many * 300_000)
    monkeypatch.setattr(archive, "LINE_BYTES", 10_000)
    taken: list[int] = []
    with backups.Archive(bad) as made, pytest.raises(backups.Unfit, match="is not as it was"):
        taken.extend(len(line) for line in made.lines("clinic_patient"))
    assert len(taken) <= made.manifest["tables"]["clinic_patient"]["rows"]
    assert "clinic_patient is not as it was written" in refusal("restore", bad, "--over-existing")


@pytest.mark.rule("P29")
def test_a_signature_that_is_no_text_is_none(backup: Path, tmp_path: Path) -> None:
    bad = tmp_path / "1"
    with zipfile.ZipFile(backup) as old, zipfile.ZipFile(bad, "w") as made:
        manifest = json.loads(old.read("manifest.json")) | {"signature": "\ud800"}
        made.writestr("manifest.json", json.dumps(manifest))
    assert "was changed after it was made" in refusal("restore", bad, "--over-existing")


@pytest.mark.rule("P29")
def test_a_backup_from_a_newer_version_is_refused(backup: Path, tmp_path: Path) -> None:
    with backups.Archive(backup) as made:
        known = made.manifest["migrations"]
    newer = known | {"clinic": [*known["clinic"], "0999_tomorrow"]}
    file = sign(backup, tmp_path / "newer", migrations=newer, version="9.9")
    assert refusal("restore", file, "--over-existing") == (
        f"{file} was made by a newer version (clinic.0999_tomorrow is not known here): "
        "install version 9.9 or a newer one first."
    )
    assert "by a newer version" in refusal(
        "restore", sign(backup, tmp_path / "format", format=2), "--over-existing"
    )


@pytest.mark.rule("P29")
def test_a_database_with_something_in_it_is_not_lost_by_accident(backup: Path) -> None:
    told = refusal("restore", backup)
    assert told.startswith("This database is not empty (")
    assert told.endswith("--over-existing to lose all that is in it.")
    MigrationRecorder(connection).record_applied("clinic", "0999_tomorrow")
    told = refusal("restore", backup)
    assert told.startswith("This database belongs to a newer version (clinic.0999_tomorrow): ")
    # The way back after an upgrade that went wrong.
    run("CREATE TABLE clinic_tomorrow (id integer PRIMARY KEY)")
    said("restore", backup, "--over-existing")
    assert "clinic_tomorrow" not in contents()
    assert Client().get("/readyz").json()["problems"] == []


@pytest.mark.rule("P29")
def test_what_comes_in_while_a_backup_is_made_ready_is_not_lost(
    backup: Path, fresh_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A restore takes minutes; a first start in another process may be done before it is over."""
    before, real, looks = contents(), tables.filled, []
    row = "INSERT INTO auth_group (name) VALUES ('Somebody came')"

    def write() -> None:
        if is_postgresql():
            with psycopg.connect(fresh_db.url, autocommit=True) as session:
                session.execute("SET lock_timeout = 100")
                session.execute(row)
        else:
            with closing(sqlite3.connect(fresh_db.name, timeout=0)) as file:
                file.execute(row)

    def filled(given: Any) -> list[str]:
        looks.append(given)
        if len(looks) == 1:
            return []  # nobody had come yet
        # From this look on nobody else comes in.
        with pytest.raises((sqlite3.OperationalError, psycopg.errors.LockNotAvailable)):
            write()
        return real(given)

    monkeypatch.setattr(tables, "filled", filled)
    with backups.Archive(backup) as kept, pytest.raises(archive.Unfit) as no:
        backups.restore(kept, over_existing=False, tell=quiet)
    assert len(looks) == 2
    assert str(no.value).startswith("This database is not empty (")
    assert contents() == before


@pytest.mark.rule("P29", "P23")
def test_a_backup_of_what_was_tampered_with_is_made_but_not_proven(
    clinic_at_work: Cast, tmp_path: Path
) -> None:
    constraints.drop(connection)
    run("UPDATE clinic_auditevent SET actor_name = 'Nobody' WHERE seq = 1")
    constraints.install(connection)
    with pytest.raises(CommandError) as error:
        said("backup", tmp_path / "a.backup")
    assert "is made, but what it holds is not whole:\nChain " in str(error.value)
    assert backups.last_proven() is None
    # It is all that the clinic has: it comes back, and the fault is named.
    register(clinic_at_work, "Later")
    with pytest.raises(
        CommandError, match=r"Restored as it was backed up, .*\nChain .*: Event 1 is"
    ):
        said("restore", tmp_path / "a.backup", "--over-existing")
    assert not Patient.objects.filter(last_name="Later").exists()


# Killed in the middle

KILLED = """
import os, sys, django
django.setup()
from pathlib import Path
from clinic import backups
from clinic.backups import restoring
restoring.STEP = 20
def tell(step):
    if step.startswith(sys.argv[2]):
        os.kill(os.getpid(), 9)
with backups.Archive(Path(sys.argv[1])) as archive:
    restoring.restore(archive, over_existing=True, tell=tell)
"""


@pytest.mark.rule("P29")
@pytest.mark.timeout(300)
def test_a_restore_that_is_killed_leaves_the_old_database(
    backup: Path, clinic_at_work: Cast, fresh_db: Database, var: Path
) -> None:
    register(clinic_at_work, "Later")
    before = contents()
    connections.close_all()
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": fresh_db.url,
        "TEST_VAR_DIR": str(var),
    }
    # The last: in the midst of SQLite's copying, a hundred pages written and more to come.
    for step in ("Comparing with", "Putting it in" if is_postgresql() else "  100 of "):
        done = subprocess.run(
            [sys.executable, "-c", KILLED, str(backup), step],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=140,
        )
        assert (done.returncode, done.stderr) == (-9, ""), step
        assert contents() == before, step
        assert constraints.missing(connection) == []
        connections.close_all()
    said("restore", backup, "--over-existing")
    # Each killed one left its scratch; the one that went well has swept up after them.
    assert [one.name for one in var.iterdir()] == ["proven-backup.json"]
    left = [int(one.name[8:]) for one in Path(fresh_db.name).parent.glob("scratch-*")]
    assert [number for number in left if not leftovers._lives(number)] == []
