"""What a clinic offers: its services."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from bookings.models import Service
from bookings.rules.areas import AREAS
from bookings.rules.visit import length_faults
from clinic import audit
from clinic.acts import act
from clinic.models import Clinic, DeviceModel, User
from clinic.permissions import Permission
from clinic.refusals import Conflict, Refusal, refuse_all
from clinic.rules import folded, squeezed

CODE_MOST = 20


@act("service.add", may=Permission.SET_UP_CLINIC, on="clinic")
def add_service(
    *,
    clinic: Clinic,
    name: str,
    treatment_min: int,
    numbing_min: int,
    clean_down_min: int,
    check_in_min: int = 0,
    areas: Sequence[str] = (),
    device_models: Sequence[DeviceModel] = (),
    price_text: str = "",
    by: User,
    at: dt.datetime,
) -> Service:
    """Offer one service more; its code is made from its name.

    No area means wherever the device may be used, no device model means any device in service.
    Refuses a name that is empty or taken (409), a phase that is too short or too long (R48), an
    area that is not on the list, and a device model out of use.
    """
    # Two who add one at a moment: the second sees the name, and the code, that the first took.
    clinic = Clinic.objects.held().get(pk=clinic.pk)
    lengths = _lengths(treatment_min, numbing_min, clean_down_min, check_in_min)
    given = _judged(clinic, name, lengths, areas, device_models)
    service = Service(
        clinic=clinic,
        code=_free_code(given["name"], clinic),
        price_text=price_text.strip(),
        **given,
    )
    service.write()
    service.device_models.set(device_models)
    audit.record(
        "service.add", by=by, at=at, clinic_id=clinic.pk, on=service, detail=_told(service)
    )
    return service


@act("service.change", may=Permission.SET_UP_CLINIC, on="service")
def change_service(
    *,
    service: Service,
    name: str,
    treatment_min: int,
    numbing_min: int,
    clean_down_min: int,
    check_in_min: int = 0,
    areas: Sequence[str] = (),
    device_models: Sequence[DeviceModel] = (),
    price_text: str = "",
    version: int | None = None,
    by: User,
    at: dt.datetime,
) -> Service:
    """Change what is booked from now on; what is booked keeps its lengths and its device.

    Refuses a stale version (P12, 409), and whatever `add_service` refuses (R48 among it).
    """
    held: Service = Service.objects.held().select_related("clinic").get(pk=service.pk)
    held.expect(version)
    kept = {model.pk for model in held.device_models.all()}
    new = [model for model in device_models if model.pk not in kept]
    lengths = _lengths(treatment_min, numbing_min, clean_down_min, check_in_min)
    given = _judged(held.clinic, name, lengths, areas, new, held)
    before = _told(held)
    for field, value in (given | {"price_text": price_text.strip()}).items():
        setattr(held, field, value)
    held.write()
    held.device_models.set(device_models)
    after = _told(held)
    fields = [name for name in after if after[name] != before[name]]
    audit.record(
        "service.change",
        by=by,
        at=at,
        clinic_id=held.clinic_id,
        on=held,
        detail={
            "fields": fields,
            "before": {name: before[name] for name in fields},
            "after": {name: after[name] for name in fields},
        },
    )
    return held


@act("service.set_use", may=Permission.SET_UP_CLINIC, on="service")
def set_service_use(
    *, service: Service, in_use: bool, version: int | None = None, by: User, at: dt.datetime
) -> Service:
    """Stop offering a service, or offer it again; what is booked stays booked.

    Refuses a stale version (P12, 409) and a change to what it is already.
    """
    held: Service = Service.objects.held().get(pk=service.pk)
    held.expect(version)
    if held.is_active == in_use:
        stands = "in use" if in_use else "out of use"
        raise Refusal(f"{held.name} is {stands} already.", rule="input")
    held.is_active = in_use
    held.write(only=["is_active"])
    audit.record(
        "service.set_use",
        by=by,
        at=at,
        clinic_id=held.clinic_id,
        on=held,
        detail={"name": held.name, "in_use": in_use},
    )
    return held


def _lengths(treatment: int, numbing: int, clean_down: int, check_in: int) -> dict[str, int]:
    return {
        "treatment_min": treatment,
        "numbing_min": numbing,
        "clean_down_min": clean_down,
        "check_in_min": check_in,
    }


def _judged(
    clinic: Clinic,
    name: str,
    lengths: dict[str, int],
    areas: Sequence[str],
    new_models: Sequence[DeviceModel],
    held: Service | None = None,
) -> dict[str, Any]:
    """The columns as they are kept; refuses with every fault at once."""
    faults = [_name_fault(name := squeezed(name), clinic, held)]
    faults += [
        Refusal(says, rule="R48", field=field) for field, says in length_faults(**lengths).items()
    ]
    if set(areas) - set(dict(AREAS)):
        faults.append(Refusal("Choose areas from the list.", rule="R41", field="areas"))
    gone = [str(model) for model in new_models if not model.is_active]
    if gone:
        says = f"{', '.join(gone)} is not in use any more."
        faults.append(Refusal(says, rule="R7", field="device_models"))
    refuse_all([one for one in faults if one])
    return lengths | {"name": name, "areas": [code for code, _words in AREAS if code in areas]}


def _name_fault(name: str, clinic: Clinic, held: Service | None) -> Refusal | None:
    if not name:
        return Refusal("Give the service a name.", rule="input", field="name")
    others = Service.objects.filter(clinic=clinic, name_key=folded(name))
    if held is not None:
        others = others.exclude(pk=held.pk)
    if not others.exists():
        return None
    return Conflict(
        f"{clinic.name} has a service called {name} already.",
        rule="input",
        field="name",
        way_out="Give this one another name.",
    )


def _free_code(name: str, clinic: Clinic) -> str:
    """A code like face-45 for "Face 45", with a number behind it where that is taken."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    code = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:CODE_MOST].strip("-") or "service"
    taken = set(Service.objects.filter(clinic=clinic).values_list("code", flat=True))
    found, number = code, 1
    while found in taken:
        number += 1
        found = f"{code[: CODE_MOST - 1 - len(str(number))]}-{number}"
    return found


def _told(service: Service) -> dict[str, Any]:
    """The service as the audit keeps it."""
    return {
        "name": service.name,
        "treatment_min": service.treatment_min,
        "numbing_min": service.numbing_min,
        "clean_down_min": service.clean_down_min,
        "check_in_min": service.check_in_min,
        "areas": list(service.areas),
        "device_models": sorted(model.name for model in service.device_models.all()),
        "price_text": service.price_text,
    }
