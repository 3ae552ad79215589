"""The needling devices of a clinic."""

from __future__ import annotations

import datetime as dt

from clinic import audit
from clinic.acts import act
from clinic.models import Clinic, Device, DeviceModel, User
from clinic.permissions import Permission
from clinic.refusals import Conflict, Refusal
from clinic.rules import folded, squeezed


@act("device.add", may=Permission.SET_UP_CLINIC, on="clinic")
def add_device(
    *, clinic: Clinic, model: DeviceModel, code: str, serial: str, by: User, at: dt.datetime
) -> Device:
    """Put a device into service, known by its serial number.

    Refuses a model that is out of use (R7), an empty code or serial number, and one that is
    taken (409): a code once per clinic, a serial number once per model.
    """
    made = _held_model(model)
    _must_be_in_use(made, field="model")
    device = Device(clinic=clinic, model=made)
    _name(device, code, serial)
    device.write()
    audit.record(
        "device.add",
        by=by,
        at=at,
        clinic_id=clinic.pk,
        on=device,
        detail={"model": made.name, "serial": device.serial},
    )
    return device


@act("device.change", may=Permission.SET_UP_CLINIC, on="device")
def change_device(
    *,
    device: Device,
    code: str,
    serial: str,
    version: int | None = None,
    by: User,
    at: dt.datetime,
) -> Device:
    """Correct a device's code or serial number; what was recorded with it shows the new ones.

    Refuses a stale version (P12, 409), and an empty or taken code or serial number (409).
    """
    held = _held(device, version)
    before = {"code": held.code, "serial": held.serial}
    _name(held, code, serial)
    held.write(only=["code", "serial"])
    audit.record(
        "device.change",
        by=by,
        at=at,
        clinic_id=held.clinic_id,
        on=held,
        detail={"before": before, "code": held.code, "serial": held.serial},
    )
    return held


@act("device.set_status", may=Permission.SET_UP_CLINIC, on="device")
def set_device_status(
    *,
    device: Device,
    status: str,
    reason: str,
    version: int | None = None,
    by: User,
    at: dt.datetime,
) -> Device:
    """Put a device into service, quarantine or repair, or retire it, and say why.

    What is booked with it stays booked; nothing new is, and no treatment starts with it, while
    it is not in service. Refuses a stale version (P12, 409), an empty reason, a status that it
    has already, and service of a model that is out of use (R7).
    """
    made = _held_model(device.model)
    held = _held(device, version)
    reason = squeezed(reason)
    if not reason:
        raise Refusal("Say why the status changes.", rule="input", field="reason")
    if status not in Device.Status.values:
        raise Refusal("Choose a status from the list.", rule="input", field="status")
    if status == held.status:
        stands = held.get_status_display().lower()
        raise Refusal(f"{held.code} is {stands} already.", rule="input", field="status")
    if status == Device.Status.IN_SERVICE:
        _must_be_in_use(made, field="status")
    before, held.status = held.status, status
    held.status_reason = reason
    held.write(only=["status", "status_reason"])
    audit.record(
        "device.set_status",
        by=by,
        at=at,
        clinic_id=held.clinic_id,
        on=held,
        detail={"from": before, "to": status, "reason": reason},
    )
    return held


def _held_model(model: DeviceModel) -> DeviceModel:
    # Always before the device, as `set_device_model_use` holds it too.
    held: DeviceModel = DeviceModel.objects.select_for_update(no_key=True).get(pk=model.pk)
    return held


def _held(device: Device, version: int | None) -> Device:
    held: Device = Device.objects.held().select_related("clinic", "model").get(pk=device.pk)
    held.expect(version)
    return held


def _must_be_in_use(model: DeviceModel, *, field: str) -> None:
    if not model.is_active:
        raise Refusal(
            f"{model.name} is out of use.",
            rule="R7",
            field=field,
            way_out="Bring the model back into use first.",
        )


def _name(device: Device, code: str, serial: str) -> None:
    device.code, device.serial = squeezed(code), squeezed(serial)
    if not device.code:
        raise Refusal("Give the device a code.", rule="input", field="code")
    if not device.serial:
        raise Refusal("Enter the serial number.", rule="input", field="serial")
    others = Device.objects.exclude(pk=device.pk)
    if others.filter(clinic=device.clinic, code_key=folded(device.code)).exists():
        raise Conflict(
            f"{device.clinic.name} has a device called {device.code} already.",
            rule="input",
            field="code",
            way_out="Give this one another code.",
        )
    if others.filter(model=device.model, serial_key=folded(device.serial)).exists():
        raise Conflict(
            f"A {device.model.name} with serial number {device.serial} is on file already.",
            rule="input",
            field="serial",
            way_out="Compare it with the print on the device.",
        )
