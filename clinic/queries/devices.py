"""Device models and devices, as the set-up pages list them."""

from __future__ import annotations

import re

from django.db.models import Count, Q, QuerySet

from clinic.models import Clinic, Device, DeviceModel, User
from clinic.permissions import Permission


def device_models(clinic: Clinic) -> QuerySet[DeviceModel]:
    """All makes of pen, in use first; `here` of each are in service in the clinic."""
    here = Q(devices__clinic=clinic, devices__status=Device.Status.IN_SERVICE)
    found = DeviceModel.objects.annotate(here=Count("devices", filter=here))
    return found.order_by("-is_active", "name", "pk")


def devices_of(user: User, clinic: Clinic) -> QuerySet[Device]:
    """The clinic's devices, for whoever sets it up."""
    seen = Device.objects.seen_by(user, Permission.SET_UP_CLINIC)
    return seen.filter(clinic=clinic).select_related("model").order_by("code", "pk")


def next_device_code(clinic: Clinic) -> str:
    """The first code of the form D-1 that is free, whatever the others are called."""
    codes = Device.objects.filter(clinic=clinic).values_list("code", flat=True)
    numbers = [int(found[1]) for code in codes if (found := re.fullmatch(r"D-(\d{1,9})", code))]
    return f"D-{max(numbers, default=0) + 1}"
