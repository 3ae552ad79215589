"""Device models and devices: what may be on file, and what may be in service."""

from __future__ import annotations

from typing import Any

import pytest

from clinic import operations
from clinic.models import AuditEvent, Device, DeviceModel
from clinic.refusals import Conflict, NotAllowed, Refusal
from clinic.rules import chain_of
from clinic.rules.serving import say_serving, serving_way_out
from tests import factories
from tests.cast import NOW, Cast
from tests.raw_sql import change, refused, run
from tests.refusals import refusal, told

PEN: dict[str, Any] = {
    "maker": "Demo Medical",
    "name": "Pen Two",
    "clearance_no": "k230420",
    "depth_step": 25,
    "depth_max": 250,
    "label_max": 150,
}


def by(cast: Cast) -> dict[str, Any]:
    return {"by": cast.manager, "at": NOW}


def add(cast: Cast, **given: Any) -> DeviceModel:
    values = PEN | {"radio_frequency": False} | given
    return operations.add_device_model(clinic=cast.clinic, **values, **by(cast))


def last_event() -> AuditEvent:
    found = AuditEvent.objects.order_by("-id").first()
    assert found is not None
    return found


def test_a_model_is_added_with_its_clearance(cast: Cast) -> None:
    made = add(cast, name="  Pen   Two ")
    assert (made.name, made.clearance_no, made.is_active) == ("Pen Two", "K230420", True)
    assert last_event().action == "device_model.add"


@pytest.mark.rule("R38")
def test_radio_frequency_is_refused_and_nothing_is_on_file(cast: Cast) -> None:
    with pytest.raises(Refusal) as no:
        add(cast, radio_frequency=True)
    assert (no.value.rule, no.value.field) == ("R38", "kind")
    assert not DeviceModel.objects.filter(name="Pen Two").exists()
    assert last_event().outcome == "refused"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"maker": " "}, "maker"),
        ({"name": ""}, "name"),
        ({"clearance_no": ""}, "clearance_no"),
        ({"clearance_no": "K12345"}, "clearance_no"),
        ({"clearance_no": "P230420"}, "clearance_no"),
        ({"depth_max": 425, "label_max": 150}, "depth_max"),
        ({"depth_max": 0}, "depth_max"),
        ({"depth_step": 0}, "depth_max"),
        ({"depth_step": 40}, "depth_step"),
        ({"label_max": 275}, "label_max"),
        ({"label_max": 0}, "label_max"),
    ],
)
def test_a_model_out_of_order_is_refused_beside_its_field(
    cast: Cast, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refusal) as no:
        add(cast, **given)
    assert no.value.field == field
    assert no.value.status == 422


def test_a_model_is_on_file_once_whatever_its_case(cast: Cast) -> None:
    add(cast)
    with pytest.raises(Conflict, match="on file already"):
        add(cast, name="PEN TWO")


def test_a_changed_model_counts_as_edited_here(cast: Cast) -> None:
    made = add(cast)
    values = PEN | {"label_max": 100}
    held = operations.change_device_model(
        clinic=cast.clinic, model=made, version=made.version, **values, **by(cast)
    )
    assert (held.label_max, held.edited, held.version) == (100, True, 2)
    assert '"before":{"label_max":150}' in last_event().detail
    with pytest.raises(Conflict) as stale:
        operations.change_device_model(
            clinic=cast.clinic, model=made, version=1, **values, **by(cast)
        )
    assert stale.value.rule == "P12"


@pytest.mark.rule("R54")
def test_how_deep_a_pen_goes_is_not_changed_over_another_clinic_s_head(cast: Cast) -> None:
    given = {"clinic": cast.clinic, "model": cast.model, **PEN}
    no = refusal(operations.change_device_model, **given, **by(cast))
    assert told(no) == (422, "R54", None)
    assert no.sentence == "Demo Pen is also used in a clinic that you do not set up."
    operations.set_device_status(
        device=cast.other_device, status="retired", reason="Sold", by=cast.stranger, at=NOW
    )
    assert operations.change_device_model(**given, **by(cast)).name == PEN["name"]


@pytest.mark.rule("R54")
def test_each_clinic_has_it_on_record_what_its_pens_may(cast: Cast) -> None:
    made = add(cast)
    model = {"clinic": cast.clinic, "model": made, **by(cast)}
    operations.change_device_model(**{**PEN, **model, "label_max": 100})
    operations.set_device_model_use(in_use=False, **model)
    for clinic in (cast.clinic, cast.other_clinic):
        rows = AuditEvent.objects.filter(chain=chain_of(clinic.pk), subject=str(made.pk))
        assert list(rows.order_by("seq").values_list("action", flat=True)) == [
            f"device_model.{act}" for act in ("add", "change", "set_use")
        ]


@pytest.mark.parametrize(
    ("here", "elsewhere", "says"),
    [
        (1, 0, "1 device of this model is in service here."),
        (0, 6, "6 devices of this model are in service in other clinics."),
        (6, 6, "6 devices of this model are in service here and 6 elsewhere."),
    ],
)
def test_what_keeps_a_model_in_use_is_said_clinic_by_clinic(
    here: int, elsewhere: int, says: str
) -> None:
    assert say_serving(here, elsewhere) == says
    told = serving_way_out(here, elsewhere)
    assert ("other clinics" in told, "those here" in told) == (elsewhere > 0, here > 0 < elsewhere)


@pytest.mark.rule("R7")
def test_a_model_stays_in_use_while_a_device_of_it_is_in_service(cast: Cast) -> None:
    use = {"clinic": cast.clinic, "model": cast.model, **by(cast)}
    with pytest.raises(
        Refusal, match="2 devices of this model are in service here and 1 elsewhere"
    ) as no:
        operations.set_device_model_use(in_use=False, **use)
    assert no.value.rule == "R7"
    for one in Device.objects.all():
        who = cast.stranger if one.clinic_id == cast.other_clinic.pk else cast.manager
        operations.set_device_status(device=one, status="retired", reason="Sold", by=who, at=NOW)
    assert not operations.set_device_model_use(in_use=False, **use).is_active
    with pytest.raises(Refusal, match="out of use already"):
        operations.set_device_model_use(in_use=False, **use)
    with pytest.raises(Refusal, match="out of use"):
        operations.add_device(
            clinic=cast.clinic, model=cast.model, code="D-9", serial="S9", **by(cast)
        )
    with pytest.raises(Refusal, match="out of use") as back:
        operations.set_device_status(
            device=cast.device, status="in_service", reason="Back", **by(cast)
        )
    assert back.value.rule == "R7"


@pytest.mark.rule("R7")
def test_the_database_keeps_service_to_cleared_models_in_use(cast: Cast) -> None:
    spare = add(cast)
    assert refused(*change(spare, clearance_no="")) == "device_model_cleared"
    assert refused(*change(spare, clearance_no="none")) == "device_model_cleared"
    assert refused(*change(cast.model, is_active=False)) == "device_model_kept_while_in_service"
    run(*change(spare, is_active=False))
    assert refused(*change(cast.device, model_id=spare.pk)) == "device_in_service_of_model_in_use"
    run(*change(cast.device, status="repair"))
    run(*change(cast.device, model_id=spare.pk))
    assert refused(*change(cast.device, status="in_service")) == "device_in_service_of_model_in_use"


def test_a_device_goes_into_service_under_its_own_code(cast: Cast) -> None:
    made = operations.add_device(
        clinic=cast.clinic, model=cast.model, code=" D-7", serial="A 1", **by(cast)
    )
    assert (made.code, made.serial, made.status) == ("D-7", "A 1", "in_service")
    assert last_event().subject_code == "D-7"


@pytest.mark.parametrize(
    ("code", "serial", "field", "status"),
    [
        (" ", "S-1", "code", 422),
        ("D-9", "  ", "serial", 422),
        ("d-1", "S-1", "code", 409),
        ("D-9", "same", "serial", 409),
        ("D-9", "s" * 41, "serial", 422),
    ],
)
def test_a_code_is_once_per_clinic_and_a_serial_number_once_per_model(
    cast: Cast, code: str, serial: str, field: str, status: int
) -> None:
    factories.device(cast.other_clinic, cast.model, "D-8", serial="SAME")
    with pytest.raises(Refusal) as no:
        operations.add_device(
            clinic=cast.clinic, model=cast.model, code=code, serial=serial, **by(cast)
        )
    assert (no.value.field, no.value.status) == (field, status)


def test_the_same_serial_number_of_another_model_is_another_device(cast: Cast) -> None:
    other = add(cast)
    operations.add_device(
        clinic=cast.clinic, model=other, code="D-9", serial=cast.device.serial, **by(cast)
    )


def test_a_device_is_corrected_under_its_version(cast: Cast) -> None:
    held = operations.change_device(
        device=cast.device, code="D-11", serial="NEW", version=1, **by(cast)
    )
    assert (held.code, held.serial, held.version) == ("D-11", "NEW", 2)
    with pytest.raises(Conflict) as stale:
        operations.change_device(device=held, code="D-12", serial="X", version=1, **by(cast))
    assert stale.value.rule == "P12"
    with pytest.raises(Conflict, match="called D-2 already"):
        operations.change_device(device=held, code="D-2", serial="X", **by(cast))


def test_a_status_changes_with_its_reason(cast: Cast) -> None:
    held = operations.set_device_status(
        device=cast.device, status="quarantined", reason=" Fell down ", version=1, **by(cast)
    )
    assert (held.status, held.status_reason) == ("quarantined", "Fell down")
    assert '"from":"in_service","reason":"Fell down","to":"quarantined"' in last_event().detail
    operations.set_device_status(
        device=held, status="in_service", reason="Tested by the maker", **by(cast)
    )


@pytest.mark.parametrize(
    ("status", "reason", "field"),
    [
        ("repair", "  ", "reason"),
        ("repair", "x" * 201, "status_reason"),
        ("in_service", "Why not", "status"),
        ("broken", "Why not", "status"),
    ],
)
def test_a_status_without_sense_is_refused(
    cast: Cast, status: str, reason: str, field: str
) -> None:
    with pytest.raises(Refusal) as no:
        operations.set_device_status(device=cast.device, status=status, reason=reason, **by(cast))
    assert no.value.field == field


@pytest.mark.rule("P15")
def test_nobody_sets_up_the_devices_of_a_clinic_that_is_not_theirs(cast: Cast) -> None:
    for who in (cast.stranger, cast.esthetician, cast.director, cast.reception):
        with pytest.raises(NotAllowed):
            operations.set_device_status(
                device=cast.device, status="repair", reason="Why not", by=who, at=NOW
            )
