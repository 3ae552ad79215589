"""The audit chain: every way to tamper is found, and the first bad row is named."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from clinic import audit, constraints
from clinic.models import AuditEvent
from tests.cast import NOW, Cast
from tests.database import Database, is_postgresql
from tests.raw_sql import unchecked

Anchor = dict[str, Any]


@pytest.fixture
def chain(cast: Cast) -> str:
    """The name of Austin's chain with nine events in it; Pasadena's and the system's have one."""
    with transaction.atomic():
        for number in range(1, 10):
            audit.record(
                f"x.step_{number}", by=cast.manager, at=NOW, clinic_id=cast.clinic.pk, on=cast.mia
            )
        audit.record("x.elsewhere", by=cast.stranger, at=NOW, clinic_id=cast.other_clinic.pk)
        audit.record("user.log_in", by=cast.manager, at=NOW, clinic_id=None, on=cast.manager)
    return str(cast.clinic.pk.hex)


@pytest.fixture
def unguarded(chain: str) -> str:
    """The same, with the database's guards taken away: what is left is the chain itself."""
    constraints.drop(connection)
    return chain


def run(sql: str, *values: Any) -> None:
    """One statement, past the ORM."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def place(chain: str, seq: int, new: int) -> None:
    """Move the event `seq` to the place `new`, with a gap or not."""
    sql = "UPDATE clinic_auditevent SET seq = %s WHERE chain = %s AND seq = %s"
    run(sql, new, chain, seq)


def found(anchor: Anchor | None = None) -> list[tuple[str, int, str]]:
    return [(fault.chain, fault.seq, fault.sentence) for fault in audit.faults(anchor)]


@pytest.mark.rule("P23")
def test_an_untouched_audit_is_whole(chain: str) -> None:
    assert found() == []
    assert found(audit.anchor_now(NOW)) == []


@pytest.mark.race
@pytest.mark.rule("P23")
def test_many_writers_make_one_whole_chain(cast: Cast, fresh_db: Database) -> None:
    """From the first event on, when the chain itself does not exist yet."""
    start, crashed = threading.Barrier(8), []

    def write() -> None:
        try:
            start.wait()
            for number in range(5):
                with transaction.atomic():
                    audit.record(f"x.{number}", by=cast.manager, at=NOW, clinic_id=cast.clinic.pk)
        except Exception as error:
            crashed.append(error)
        finally:
            connection.close()

    writers = [threading.Thread(target=write) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert crashed == []
    seqs = AuditEvent.objects.order_by("seq").values_list("seq", flat=True)
    assert list(seqs) == list(range(1, 41))
    assert found() == []


EDITS = {
    "action": "'x.other'",
    "actor": "'someone else'",
    "actor_name": "'Someone Else'",
    "outcome": "'refused'",
    "at": "'2026-11-24 15:00:01+00:00'",
    "subject": "'1'",
    "subject_kind": "'room'",
    "subject_code": "'PT-999999'",
    "rule": "'R1'",
    "detail": '\'{"reason":"none"}\'',
    "mac": "'00'",
}


@pytest.mark.rule("P23")
@pytest.mark.parametrize("field", EDITS)
def test_an_edited_row_is_named(unguarded: str, field: str) -> None:
    where = "WHERE chain = %s AND seq IN (4, 7)"
    run(f"UPDATE clinic_auditevent SET {field} = {EDITS[field]} {where}", unguarded)
    assert found() == [(unguarded, 4, "Event 4 is not as it was written.")]


# What a row can be made to hold with guards and checks away: SQLite keeps anything anywhere.
LATIN = "'" + "é" * 64 + "'"
ANYTHING = [
    ("mac", LATIN),
    ("mac", "x'00ff'"),
    ("detail", "x'00ff'"),
    ("detail", "CAST(x'ff' AS TEXT)"),
    ("actor", "x'00ff'"),
    ("at", "'2026-13-45 10:00:00'"),
    ("at", "'soon'"),
    ("at", "x'00ff'"),
    ("at", "7"),
]


@pytest.mark.rule("P23")
@pytest.mark.parametrize(
    ("field", "value"), [("mac", LATIN), ("at", "'infinity'")] if is_postgresql() else ANYTHING
)
def test_a_row_that_cannot_be_read_is_named(unguarded: str, field: str, value: str) -> None:
    with unchecked("clinic_auditevent", "audit_dates_bounded"):
        where = "WHERE chain = %s AND seq = 4"
        run(f"UPDATE clinic_auditevent SET {field} = {value} {where}", unguarded)
    assert found() == [(unguarded, 4, "Event 4 is not as it was written.")]


@pytest.mark.rule("P23")
@pytest.mark.parametrize("seq", [1, 5])
def test_a_deleted_row_is_named(unguarded: str, seq: int) -> None:
    run("DELETE FROM clinic_auditevent WHERE chain = %s AND seq = %s", unguarded, seq)
    assert found() == [(unguarded, seq, f"Event {seq} is missing.")]


@pytest.mark.rule("P23")
def test_a_deleted_row_with_the_gap_closed_is_named(unguarded: str) -> None:
    run("DELETE FROM clinic_auditevent WHERE chain = %s AND seq = 5", unguarded)
    for seq in range(6, 10):
        run(
            "UPDATE clinic_auditevent SET seq = seq - 1 WHERE chain = %s AND seq = %s",
            unguarded,
            seq,
        )
    assert found() == [(unguarded, 5, "Event 5 is not as it was written.")]


def copy(chain: str, seq: int, to: int) -> None:
    """A forged row: the row `seq` once more, at the place `to`."""
    event = AuditEvent.objects.get(chain=chain, seq=seq)
    event.pk, event.seq = None, to
    event.save(force_insert=True)


@pytest.mark.rule("P23")
def test_an_inserted_row_is_named(unguarded: str) -> None:
    for seq in range(9, 4, -1):
        run(
            "UPDATE clinic_auditevent SET seq = seq + 1 WHERE chain = %s AND seq = %s",
            unguarded,
            seq,
        )
    copy(unguarded, 4, to=5)
    assert found() == [(unguarded, 5, "Event 5 is not as it was written.")]


@pytest.mark.rule("P23")
def test_a_row_appended_without_the_key_is_named(unguarded: str) -> None:
    copy(unguarded, 9, to=10)
    assert found() == [(unguarded, 10, "Event 10 is not as it was written.")]


@pytest.mark.rule("P23")
def test_a_row_inserted_between_the_places_is_named(unguarded: str) -> None:
    place(unguarded, 4, 40)
    assert found() == [(unguarded, 4, "Event 4 is missing.")]


@pytest.mark.rule("P23")
def test_swapped_rows_are_named(unguarded: str) -> None:
    for old, new in ((3, 99), (6, 3), (99, 6)):
        run(
            "UPDATE clinic_auditevent SET seq = %s WHERE chain = %s AND seq = %s",
            new,
            unguarded,
            old,
        )
    assert found() == [(unguarded, 3, "Event 3 is not as it was written.")]


@pytest.mark.rule("P23")
def test_rows_moved_to_another_chain_are_named(cast: Cast, unguarded: str) -> None:
    other = cast.other_clinic.pk.hex
    run(
        "UPDATE clinic_auditevent SET chain = %s, seq = 2 WHERE chain = %s AND seq = 9",
        other,
        unguarded,
    )
    assert found() == [(other, 2, "Event 2 is not as it was written.")]


@pytest.mark.rule("P23")
def test_a_cut_off_end_shows_by_the_anchor_alone(unguarded: str) -> None:
    anchor = audit.anchor_now(NOW)
    run("DELETE FROM clinic_auditevent WHERE chain = %s AND seq > 6", unguarded)
    assert found() == []
    assert found(anchor) == [(unguarded, 7, "Event 7 and all after it are cut off.")]


@pytest.mark.rule("P23")
def test_a_whole_chain_taken_away_shows_by_the_anchor(unguarded: str) -> None:
    anchor = audit.anchor_now(NOW)
    run("DELETE FROM clinic_auditevent WHERE chain = 'system'")
    assert found(anchor) == [("system", 1, "Event 1 and all after it are cut off.")]


@pytest.mark.rule("P23")
def test_a_whole_chain_taken_away_shows_without_an_anchor(unguarded: str) -> None:
    run("DELETE FROM clinic_auditevent WHERE chain = %s", unguarded)
    assert found() == [(unguarded, 1, "Event 1 is missing.")]


def test_no_events_make_no_chain(cast: Cast) -> None:
    with transaction.atomic():
        assert audit.record_many([], clinic_id=cast.other_clinic.pk) == 0
    assert found() == []


@pytest.mark.rule("P23")
def test_a_cut_off_end_that_has_grown_again_shows_by_the_anchor(cast: Cast, unguarded: str) -> None:
    anchor = audit.anchor_now(NOW)
    run("DELETE FROM clinic_auditevent WHERE chain = %s AND seq > 6", unguarded)
    with transaction.atomic():
        for number in range(5):
            audit.record(f"x.new_{number}", by=cast.manager, at=NOW, clinic_id=cast.clinic.pk)
    assert found() == []
    assert found(anchor) == [(unguarded, 9, "Event 9 is not the one that was anchored.")]


def test_an_old_anchor_still_fits_a_longer_chain(cast: Cast, chain: str) -> None:
    anchor = audit.anchor_now(NOW)
    with transaction.atomic():
        audit.record("x.more", by=cast.manager, at=NOW, clinic_id=cast.clinic.pk)
    assert found(anchor) == []


@pytest.mark.rule("P23")
def test_every_broken_chain_is_named_each_by_its_first_bad_row(cast: Cast, unguarded: str) -> None:
    run("UPDATE clinic_auditevent SET rule = 'R1'")
    chains = sorted([unguarded, cast.other_clinic.pk.hex, "system"])
    assert found() == [(one, 1, "Event 1 is not as it was written.") for one in chains]


@pytest.mark.rule("P23")
def test_without_the_key_nobody_can_write_a_row_that_fits(
    cast: Cast, unguarded: str, settings: Any
) -> None:
    settings.AUDIT_KEY = "guessed"
    with transaction.atomic():
        audit.record("x.forged", by=cast.manager, at=NOW, clinic_id=cast.clinic.pk)
    settings.AUDIT_KEY = "0123456789abcdef" * 4
    assert found() == [(unguarded, 10, "Event 10 is not as it was written.")]


def test_an_anchor_is_signed_over_everything_in_it(chain: str) -> None:
    anchor = audit.anchor_now(NOW)
    assert audit.anchor_is_ours(anchor)
    assert not audit.anchor_is_ours({**anchor, "at": "2027-01-01T00:00:00+00:00"})
    assert not audit.anchor_is_ours({**anchor, "chains": {}})
    assert not audit.anchor_is_ours({**anchor, "signature": ""})
    assert not audit.anchor_is_ours({"signature": None})


def verify(**options: Any) -> str:
    said = StringIO()
    call_command("verify_audit", stdout=said, **options)
    return said.getvalue()


def test_the_command_counts_what_it_has_proved(chain: str) -> None:
    said = verify()
    assert said.startswith("11 events are as they were written: ")
    assert said.endswith(" a second.\n")


def test_the_command_names_the_first_bad_row_and_fails(unguarded: str) -> None:
    run("DELETE FROM clinic_auditevent WHERE chain = %s AND seq = 3", unguarded)
    constraints.install(connection)
    with pytest.raises(CommandError) as error:
        verify()
    assert error.value.returncode == 1
    assert str(error.value) == f"Chain {unguarded}: Event 3 is missing."


def test_the_command_fails_when_guards_are_missing(unguarded: str) -> None:
    with pytest.raises(CommandError, match="Guard clinic_auditevent_append_only_update is missing"):
        verify()


def test_the_command_reads_the_anchor_that_the_other_wrote(chain: str, tmp_path: Path) -> None:
    file = tmp_path / "anchor.json"
    call_command("audit_anchor", str(file), stdout=StringIO())
    assert verify(anchor=file).startswith("11 events")
    constraints.drop(connection)
    run("DELETE FROM clinic_auditevent WHERE chain = 'system'")
    constraints.install(connection)
    with pytest.raises(CommandError, match="Chain system: Event 1 and all after it are cut off"):
        verify(anchor=file)


def test_an_anchor_is_printed_where_no_file_is_named(chain: str) -> None:
    said = StringIO()
    call_command("audit_anchor", stdout=said)
    assert audit.anchor_is_ours(json.loads(said.getvalue()))


def test_an_anchor_is_never_written_over(chain: str, tmp_path: Path) -> None:
    file = tmp_path / "anchor.json"
    file.write_text("kept")
    with pytest.raises(CommandError, match="could not be written"):
        call_command("audit_anchor", str(file))
    assert file.read_text() == "kept"


def forged(anchor: Anchor) -> str:
    anchor["chains"]["system"]["seq"] = 0
    return json.dumps(anchor)


@pytest.mark.rule("P23")
@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (forged, "was not signed with this system's key"),
        (lambda anchor: json.dumps([anchor]), "was not signed with this system's key"),
        (lambda anchor: json.dumps(anchor)[:-9], "is damaged"),
        (lambda anchor: "\x00\x01", "is damaged"),
    ],
)
def test_a_forged_or_damaged_anchor_is_refused(
    chain: str, tmp_path: Path, spoil: Callable[[Anchor], str], says: str
) -> None:
    file = tmp_path / "anchor.json"
    file.write_text(spoil(audit.anchor_now(NOW)))
    with pytest.raises(CommandError, match=says):
        verify(anchor=file)


def test_a_missing_anchor_is_named(chain: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="can't be read: No such file"):
        verify(anchor=tmp_path / "none.json")
