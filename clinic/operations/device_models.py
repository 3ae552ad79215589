"""The makes of needling pens: what may be bought, put into service, and how deep it goes."""

from __future__ import annotations

import datetime as dt

from clinic.acts import act
from clinic.models import Clinic, Device, DeviceModel, User
from clinic.operations.every_clinic import record_everywhere, refuse_elsewhere
from clinic.permissions import Permission
from clinic.refusals import Conflict, Refusal
from clinic.rules import folded, squeezed
from clinic.rules.serving import say_serving, serving_way_out

COLUMNS = ["maker", "name", "clearance_no", "depth_step", "depth_max", "label_max", "source"]


@act("device_model.add", may=Permission.SET_UP_CLINIC, on="clinic")
def add_device_model(
    *,
    clinic: Clinic,
    maker: str,
    name: str,
    clearance_no: str,
    radio_frequency: bool,
    depth_step: int,
    depth_max: int,
    label_max: int,
    source: str = "",
    by: User,
    at: dt.datetime,
) -> DeviceModel:
    """Add a make of pen for all clinics; depths in hundredths of a millimeter.

    Refuses radio frequency (R38), an empty maker or name, one that is on file (409), a clearance
    number of another form, and depths out of order.
    """
    if radio_frequency:
        raise Refusal(
            "Devices that needle with radio frequency are not used here: burns, scars, fat loss "
            "and nerve damage are on record (FDA, October 15, 2025).",
            rule="R38",
            field="kind",
            way_out="Take a pen that needles only.",
        )
    model = DeviceModel()
    _take(model, maker, name, clearance_no, depth_step, depth_max, label_max, source)
    model.write()
    record_everywhere(
        "device_model.add",
        clinic=clinic,
        by=by,
        at=at,
        on=model,
        detail={"name": model.name, "clearance_no": model.clearance_no},
    )
    return model


@act("device_model.change", may=Permission.SET_UP_CLINIC, on="clinic")
def change_device_model(
    *,
    clinic: Clinic,
    model: DeviceModel,
    maker: str,
    name: str,
    clearance_no: str,
    depth_step: int,
    depth_max: int,
    label_max: int,
    source: str = "",
    version: int | None = None,
    by: User,
    at: dt.datetime,
) -> DeviceModel:
    """Change what is on file of a make; from then on no catalog overwrites it.

    Passes charted so far keep their depths. Refuses a stale version (P12, 409), what
    `add_device_model` refuses of the same fields, and any change while a clinic that one does not
    set up has such a device (R54).
    """
    held: DeviceModel = DeviceModel.objects.select_for_update(no_key=True).get(pk=model.pk)
    held.expect(version)
    before = {column: getattr(held, column) for column in COLUMNS}
    _take(held, maker, name, clearance_no, depth_step, depth_max, label_max, source)
    changed = [column for column in COLUMNS if getattr(held, column) != before[column]]
    if changed:
        devices = Device.objects.filter(model=held).exclude(status=Device.Status.RETIRED)
        used_in = devices.order_by().values_list("clinic", flat=True).distinct()
        refuse_elsewhere(before["name"], used_in, by=by)
    held.edited = True
    held.write(only=[*COLUMNS, "edited"])
    record_everywhere(
        "device_model.change",
        clinic=clinic,
        by=by,
        at=at,
        on=held,
        detail={
            "name": held.name,
            "fields": changed,
            "before": {column: before[column] for column in changed},
        },
    )
    return held


@act("device_model.set_use", may=Permission.SET_UP_CLINIC, on="clinic")
def set_device_model_use(
    *,
    clinic: Clinic,
    model: DeviceModel,
    in_use: bool,
    version: int | None = None,
    by: User,
    at: dt.datetime,
) -> DeviceModel:
    """Take a make out of use for all clinics, or bring it back.

    Refuses a stale version (P12, 409), a change to what it is already, and to take out of use
    what is in service somewhere (R7).
    """
    held: DeviceModel = DeviceModel.objects.select_for_update(no_key=True).get(pk=model.pk)
    held.expect(version)
    if held.is_active == in_use:
        stands = "in use" if in_use else "out of use"
        raise Refusal(f"{held.name} is {stands} already.", rule="input")
    serving = Device.objects.filter(model=held, status=Device.Status.IN_SERVICE)
    here = serving.filter(clinic=clinic).count()
    elsewhere = serving.exclude(clinic=clinic).count()
    if not in_use and (here or elsewhere):
        says, way_out = say_serving(here, elsewhere), serving_way_out(here, elsewhere)
        raise Refusal(says, rule="R7", way_out=way_out)
    held.is_active = in_use
    held.write(only=["is_active"])
    record_everywhere(
        "device_model.set_use",
        clinic=clinic,
        by=by,
        at=at,
        on=held,
        detail={"name": held.name, "in_use": in_use},
    )
    return held


def _take(
    model: DeviceModel,
    maker: str,
    name: str,
    clearance_no: str,
    depth_step: int,
    depth_max: int,
    label_max: int,
    source: str,
) -> None:
    model.maker, model.name = squeezed(maker), squeezed(name)
    for field in ("maker", "name"):
        if not getattr(model, field):
            raise Refusal(f"Give the {field} of the model.", rule="input", field=field)
    others = DeviceModel.objects.filter(name_key=folded(model.maker, model.name))
    if others.exclude(pk=model.pk).exists():
        raise Conflict(
            f"{model.name} by {model.maker} is on file already.", rule="input", field="name"
        )
    model.clearance_no = squeezed(clearance_no).upper()
    if not 1 <= depth_step <= depth_max <= 400:
        raise Refusal(
            "The deepest setting is at least one step, and at most 4 mm.",
            rule="input",
            field="depth_max",
        )
    if depth_max % depth_step or label_max % depth_step:
        raise Refusal(
            "The deepest setting and the label's depth are multiples of the step.",
            rule="input",
            field="depth_step",
        )
    if not depth_step <= label_max <= depth_max:
        raise Refusal(
            "The depth that the label covers is at least one step, and at most the deepest "
            "setting.",
            rule="input",
            field="label_max",
        )
    model.depth_step, model.depth_max, model.label_max = depth_step, depth_max, label_max
    model.source = squeezed(source)
