"""The devices of the clinic at work: which there are, how each stands, when it was cleaned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from bookings.queries import Touched, say_visits_ahead
from clinic import operations
from clinic.forms.devices import AddDeviceForm, ChangeDeviceForm, CleanDeviceForm, DeviceStatusForm
from clinic.models import Device
from clinic.permissions import Permission
from clinic.queries.devices import device_models, devices_of, next_device_code
from clinic.rules import say_day, say_time
from clinic.views.doors import StaffRequest, acting
from clinic.views.set_up import Line, SetUpChange, SetUpForm, SetUpList, SetUpRow
from treatments.models import DeviceCleaning
from treatments.operations import clean_device
from treatments.queries.devices import cleanings_of, last_cleaned

Status = Device.Status
# In the order in which they are listed.
BADGES = {
    Status.IN_SERVICE: "active",
    Status.QUARANTINED: "quarantined",
    Status.REPAIR: "warning",
    Status.RETIRED: "inactive",
}


def badge_of(device: Device) -> dict[str, str]:
    """A device's status as a badge."""
    return {"status": BADGES[Status(device.status)], "label": device.get_status_display()}


class Devices(SetUpList):
    """All devices, those in service first."""

    title = "Devices"
    lead = "The needling pens of this clinic. A visit is booked with one that is in service."
    columns = ("Device", "Model", "Serial number", "Last cleaned", "Status")
    add = "setup-device-add"
    add_label = "Add a device"
    empty = "A visit needs a device in service: without one nothing can be booked."

    def lines(self) -> Sequence[Line]:
        request = self.request
        order = list(BADGES)
        cleaned = last_cleaned(request.clinic)
        found = sorted(
            devices_of(request.user, request.clinic),
            key=lambda one: order.index(Status(one.status)),
        )
        return [
            Line(
                one.code,
                reverse("setup-device", args=[one.pk]),
                (one.model.name, one.serial, _say(request, cleaned.get(one.pk))),
                **badge_of(one),
            )
            for one in found
        ]


class AddDevice(SetUpForm):
    """One device more."""

    title = "Add a device"
    lead = "It goes into service at once."
    verb = "Add the device"
    after = "setup-devices"
    after_label = "Devices"
    form_class = AddDeviceForm

    def get_form_kwargs(self) -> dict[str, Any]:
        models = device_models(self.request.clinic).filter(is_active=True)
        return super().get_form_kwargs() | {"models": models}

    def get_initial(self) -> dict[str, Any]:
        return {"code": next_device_code(self.request.clinic)}

    def perform(self, form: AddDeviceForm) -> Device:
        return operations.add_device(
            clinic=self.request.clinic, **form.values, **acting(self.request), once=form.key
        )

    def said(self, result: Device) -> str:
        return f"{result} is in service."


class _OneDevice(SetUpRow):
    after = "setup-devices"
    after_label = "Devices"

    def rows(self) -> QuerySet[Device]:
        return devices_of(self.request.user, self.request.clinic)

    def touched(self) -> list[Touched]:
        """The visits ahead that hold it."""
        named = self.request.user.can(Permission.SEE_DAY, self.request.clinic.pk)
        return say_visits_ahead("device", self.row, at=timezone.now(), named=named)


class ChangeDevice(_OneDevice, SetUpChange):
    """Its code and serial number; beside them how it stands and when it was cleaned."""

    template_name = "treatments/device.html"
    form_class = ChangeDeviceForm

    def perform(self, form: ChangeDeviceForm) -> Device:
        return operations.change_device(
            device=self.row, **form.values, **acting(self.request), once=form.key
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        request = self.request
        return super().get_context_data(**kwargs) | {
            "title": self.row.code,
            "lead": self.row.model.name,
            "badge": badge_of(self.row),
            "cleanings": [
                {
                    "when": _say(request, one.cleaned_at),
                    "by": one.cleaned_by.name,
                    "with": one.agent,
                }
                for one in cleanings_of(self.row)
            ],
        }


class DeviceStatus(_OneDevice, SetUpChange):
    """Into service, quarantine, repair or retirement, with the reason."""

    title = "Change the status"
    verb = "Change the status"
    template_name = "treatments/device_status.html"
    form_class = DeviceStatusForm

    def perform(self, form: DeviceStatusForm) -> Device:
        return operations.set_device_status(
            device=self.row, **form.values, **acting(self.request), once=form.key
        )

    def where_to(self, result: Device) -> str:
        messages.success(self.request, f"{result}: {result.get_status_display().lower()}.")
        return reverse("setup-device", args=[result.pk])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "lead": f"{self.row.code}, {self.row.model.name}",
            "back": reverse("setup-device", args=[self.row.pk]),
            "back_label": self.row.code,
            "badge": badge_of(self.row),
            "touched": self.touched(),
        }


class CleanDevice(_OneDevice):
    """That it was cleaned just now."""

    title = "Record a cleaning"
    verb = "Record the cleaning"
    form_class = CleanDeviceForm

    def perform(self, form: CleanDeviceForm) -> DeviceCleaning:
        return clean_device(device=self.row, **form.values, **acting(self.request), once=form.key)

    def where_to(self, result: DeviceCleaning) -> str:
        messages.success(self.request, f"{self.row}: the cleaning is on file.")
        return reverse("setup-device", args=[self.row.pk])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "lead": f"{self.row.code}, {self.row.model.name}",
            "back": reverse("setup-device", args=[self.row.pk]),
            "back_label": self.row.code,
        }


def _say(request: StaffRequest, at: Any) -> str:
    if at is None:
        return "Not yet"
    local = request.clinic.local(at)
    return f"{say_day(local.date(), request.clinic.day_of(timezone.now()))}, {say_time(local)}"
