"""`verify_audit` holds records, lots and units against what was sealed and told in the audit."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from clinic import constraints
from clinic.models import License
from tests.cast import PASSWORD, Cast
from tests.database import Database
from tests.raw_sql import run
from tests.treatments.records import named
from tests.treatments.visits import fit_unit, later
from treatments import operations
from treatments.models import Cartridge, Treatment
from treatments.queries import contents
from treatments.queries.chart import open_page
from treatments.queries.contents import false_signatures
from treatments.queries.proof import ledger_faults


@pytest.mark.rule("P8", "P23", "R15")
@pytest.mark.parametrize(
    "edit",
    [
        "expires_on = '2040-01-01'",
        "received_on = '2020-01-01'",
        "lot = 'ANOTHER'",
        "entered = 'manual'",
    ],
)
def test_a_lot_that_was_rewritten_is_named(cast: Cast, unguarded: Treatment, edit: str) -> None:
    """Nobody has opened a unit of it yet, so no record contradicts what it says."""
    lot = cast.expired_lot
    run(f"UPDATE treatments_cartridgelot SET {edit} WHERE id = %s", lot)
    lot.refresh_from_db()
    assert named() == f"Lot {lot.lot}: it is not as it came in."


@pytest.mark.rule("P23", "R2")
@pytest.mark.parametrize("column", ["unit_code = 'C-777777'", "number = 777777"])
def test_a_unit_with_another_sticker_is_named(
    cast: Cast, unguarded: Treatment, column: str
) -> None:
    unit = fit_unit(cast)
    run(f"UPDATE treatments_cartridge SET {column} WHERE id = %s", unit)
    unit.refresh_from_db()
    assert named() == f"Unit {unit.unit_code}: Its code, number or lot is not as it came in."


@pytest.mark.rule("P23")
def test_no_later_act_seals_what_was_forged_before_it(cast: Cast, unguarded: Treatment) -> None:
    unit = fit_unit(cast)
    run("UPDATE treatments_cartridge SET unit_code = 'C-777777' WHERE id = %s", unit)
    constraints.install(connection)
    unit.refresh_from_db()
    operations.waste_unit(cartridge=unit, reason="dropped", by=cast.manager, at=later(80))
    assert named() == "Unit C-777777: Its code, number or lot is not as it came in."


@pytest.mark.rule("P23", "R13")
def test_another_reason_for_the_waste_is_named(unguarded: Treatment) -> None:
    unit = Cartridge.objects.get(status="wasted")
    run("UPDATE treatments_cartridge SET waste_reason = 'expired' WHERE status = 'wasted'")
    assert named() == f"Unit {unit.unit_code}: Movement 2 is not as it was written."


UNSIGNED = (
    "UPDATE treatments_treatment SET status = 'completed', signed_at = NULL, signed_by_id = NULL"
)


@pytest.mark.rule("P11", "P23", "R50")
def test_a_record_that_was_unsigned_is_named_also_once_signed_anew(
    cast: Cast, unguarded: Treatment
) -> None:
    run("DELETE FROM treatments_signature")
    run(f"{UNSIGNED}, note = 'Nothing happened.'")
    run("UPDATE treatments_needlingpass SET depth = 25")
    assert named() == f"Treatment {unguarded.code}: its signature is missing."
    operations.sign(treatment=unguarded, password=PASSWORD, by=cast.esthetician, at=later(90))
    says = "the audit tells of more than one signature."
    assert named() == f"Treatment {unguarded.code}: {says}"


@pytest.mark.rule("P23")
def test_a_signature_that_the_audit_does_not_tell_of_is_named(unguarded: Treatment) -> None:
    run("DELETE FROM clinic_auditevent WHERE action = 'chart.sign'")
    assert [*false_signatures()] == [
        f"Treatment {unguarded.code}: the audit does not tell of its signature."
    ]
    run("UPDATE clinic_auditevent SET at = %s, action = 'chart.sign' WHERE seq = 1", later(1))
    run("UPDATE clinic_auditevent SET subject = %s WHERE seq = 1", str(unguarded.pk))
    assert [*false_signatures()] == [
        f"Treatment {unguarded.code}: its signature has not the time that the audit tells."
    ]


@pytest.mark.rule("P6", "P11", "P23")
@pytest.mark.parametrize(
    "edit",
    [
        UNSIGNED,
        "UPDATE treatments_treatment SET signed_by_id = %s",
        "UPDATE treatments_treatment SET signed_at = '2026-11-24 18:00:00+00:00'",
    ],
)
def test_a_chart_that_tells_another_signing_than_its_signature_is_named(
    cast: Cast, unguarded: Treatment, edit: str
) -> None:
    run(edit, *[cast.manager] * edit.count("%s"))
    says = "it does not say that it was signed, when or by whom."
    assert named() == f"Treatment {unguarded.code}: {says}"


@pytest.mark.rule("P6", "P23")
@pytest.mark.parametrize(
    ("edit", "value"),
    [
        ("treatments_treatment SET opened_by_id = %s", "manager"),
        ("treatments_treatment SET started_by_id = %s", "manager"),
        ("treatments_treatment SET ended_by_id = %s", "manager"),
        ("treatments_treatment SET license_id = %s", "license"),
        ("treatments_cartridge SET opened_on = %s WHERE status = 'used'", "day"),
        ("treatments_needlingpass SET created_by_id = %s", "manager"),
    ],
)
def test_who_did_what_by_which_license_is_among_what_is_signed(
    cast: Cast, unguarded: Treatment, edit: str, value: str
) -> None:
    others = {
        "manager": cast.manager,
        "license": License.objects.exclude(pk=unguarded.license_id)[0],
        "day": dt.date(2020, 1, 1),
    }
    run(f"UPDATE {edit}", others[value])
    assert named() == f"Treatment {unguarded.code}: what it says is not what was signed."


@pytest.mark.rule("P11", "P23", "R51")
def test_a_signature_of_before_is_held_against_what_it_covered(
    cast: Cast, unguarded: Treatment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signed when the hash covered less: still whole, still named once that is rewritten."""
    with transaction.atomic():
        run("DELETE FROM treatments_signature")
        run(UNSIGNED)
        run("DELETE FROM clinic_auditevent WHERE action = 'chart.sign'")
        constraints.install(connection)
        with monkeypatch.context() as before:
            for part, names in contents.ADDED_LATER.items():
                name = part.upper()
                fewer = [one for one in getattr(contents, name) if one not in names]
                before.setattr(contents, name, tuple(fewer))
            operations.sign(
                treatment=unguarded, password=PASSWORD, by=cast.esthetician, at=later(90)
            )
    assert [*false_signatures()] == []
    assert open_page(Treatment.objects.get()).unchanged
    constraints.drop(connection)
    run("UPDATE treatments_treatment SET note = 'Nothing happened.'")
    assert [*false_signatures()] == [
        f"Treatment {unguarded.code}: what it says is not what was signed."
    ]


@pytest.mark.rule("P23", "R53")
def test_a_clinic_whose_whole_audit_was_taken_away_is_named(unguarded: Treatment) -> None:
    """There is no anchor, and nothing in the audit tells that it ever was."""
    run("DELETE FROM clinic_auditevent")
    run("DELETE FROM clinic_auditchain")
    assert f"Chain {unguarded.clinic_id.hex}: Event 1 is missing." in named().splitlines()


@pytest.mark.rule("P23")
@pytest.mark.parametrize(
    "edit",
    [
        "DELETE FROM bookings_performedarea",
        "UPDATE bookings_performedarea SET area = 'nose'",
        "UPDATE bookings_performedarea SET performed_on = '2020-01-01'",
    ],
)
def test_areas_on_file_other_than_those_needled_are_named(unguarded: Treatment, edit: str) -> None:
    run(edit)
    says = "the areas on file are not those that were needled."
    assert named() == f"Treatment {unguarded.code}: {says}"


@pytest.mark.rule("P23")
def test_lots_and_units_of_before_the_seals_are_sealed_as_they_stand(
    fresh_db: Database, cast: Cast
) -> None:
    """The upgrade of a running clinic: what is on file passes, what is rewritten later is named."""
    call_command("migrate", "treatments", "0002", verbosity=0)
    call_command("migrate", verbosity=0)
    assert [*ledger_faults()] == []
    constraints.drop(connection)
    run("UPDATE treatments_cartridge SET unit_code = 'C-777777' WHERE number = 1")
    assert [*ledger_faults()] == ["Unit C-777777: Its code, number or lot is not as it came in."]
