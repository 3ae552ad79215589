"""What is done to a device between treatments."""

from __future__ import annotations

import datetime as dt

from clinic import audit
from clinic.acts import act
from clinic.models import Device, User
from clinic.permissions import Permission
from clinic.refusals import Refusal
from clinic.rules import squeezed
from treatments.models import DeviceCleaning


@act("device.clean", may=(Permission.SET_UP_CLINIC, Permission.TREAT), on="device")
def clean_device(*, device: Device, agent: str, by: User, at: dt.datetime) -> DeviceCleaning:
    """Note that a device was cleaned just now, and with what (R49); it stays as it was written.

    Refuses an empty product, and a device that is retired.
    """
    held: Device = Device.objects.held().get(pk=device.pk)
    agent = squeezed(agent)
    if not agent:
        raise Refusal("Enter what the device was cleaned with.", rule="R49", field="agent")
    if held.status == Device.Status.RETIRED:
        raise Refusal(f"{held.code} is retired.", rule="R49")
    cleaning = DeviceCleaning(
        clinic_id=held.clinic_id, device=held, agent=agent, cleaned_at=at, cleaned_by=by
    )
    cleaning.write()
    audit.record(
        "device.clean",
        by=by,
        at=at,
        clinic_id=held.clinic_id,
        on=held,
        detail={"agent": agent},
    )
    return cleaning
