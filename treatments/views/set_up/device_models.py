"""The makes of needling pens, for all clinics of the installation."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet
from django.urls import reverse

from clinic import operations
from clinic.forms.devices import AddDeviceModelForm, ChangeDeviceModelForm
from clinic.forms.set_up import UseForm
from clinic.models import DeviceModel
from clinic.queries.devices import device_models
from clinic.views.doors import acting
from clinic.views.set_up import Line, SetUpChange, SetUpForm, SetUpList, SetUpRow, SetUpUse
from treatments.rules.charting import say_depth


class DeviceModels(SetUpList):
    """All makes, those in use first."""

    title = "Device models"
    lead = "Makes of needling pens, with their clearance and depths; the same for all clinics."
    columns = ("Model", "Maker", "Clearance", "Depths", "On label", "In service here", "Standing")
    add = "setup-device-model-add"
    add_label = "Add a device model"
    empty = "A device is of a model: add the model first, as its label states it."

    def lines(self) -> Sequence[Line]:
        return [
            Line(
                one.name,
                reverse("setup-device-model", args=[one.pk]),
                (
                    one.maker,
                    one.clearance_no,
                    f"to {say_depth(one.depth_max)} by {say_depth(one.depth_step)}",
                    f"to {say_depth(one.label_max)}",
                    str(one.here),  # type: ignore[attr-defined]  # annotated
                ),
                status="active" if one.is_active else "inactive",
                label="In use" if one.is_active else "Out of use",
            )
            for one in device_models(self.request.clinic)
        ]


class AddDeviceModel(SetUpForm):
    """One make more."""

    title = "Add a device model"
    lead = "Take the figures from its label. All clinics can use it then."
    verb = "Add the model"
    after = "setup-device-models"
    after_label = "Device models"
    form_class = AddDeviceModelForm

    def perform(self, form: AddDeviceModelForm) -> DeviceModel:
        return operations.add_device_model(
            clinic=self.request.clinic, **form.values, **acting(self.request), once=form.key
        )


class _OneModel(SetUpRow):
    after = "setup-device-models"
    after_label = "Device models"

    def rows(self) -> QuerySet[DeviceModel]:
        return device_models(self.request.clinic)


class ChangeDeviceModel(_OneModel, SetUpChange):
    """Other figures, or out of use."""

    title = "Device model"
    lead = "A change holds for all clinics; passes charted so far keep their depths."
    form_class = ChangeDeviceModelForm
    use = "setup-device-model-use"

    def perform(self, form: ChangeDeviceModelForm) -> DeviceModel:
        return operations.change_device_model(
            clinic=self.request.clinic,
            model=self.row,
            **form.values,
            **acting(self.request),
            once=form.key,
        )


class UseDeviceModel(_OneModel, SetUpUse):
    """Out of use, or back."""

    page = "setup-device-model"
    what = "model"
    everywhere = True

    def perform(self, form: UseForm) -> DeviceModel:
        return operations.set_device_model_use(
            clinic=self.request.clinic,
            model=self.row,
            **form.values,
            **acting(self.request),
            once=form.key,
        )
