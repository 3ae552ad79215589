"""Services as the set-up pages list them, and the devices that they are done with."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.db.models import Exists, Q, QuerySet

from bookings.models import Service
from clinic.models import Clinic, Device, DeviceModel, User
from clinic.models.base import ScopedQuerySet
from clinic.permissions import Permission


def all_services(user: User, clinic: Clinic) -> QuerySet[Service]:
    """The clinic's services, in use first, for whoever sets it up."""
    seen: QuerySet[Service] = Service.objects.seen_by(user, Permission.SET_UP_CLINIC)
    found = seen.filter(clinic=clinic).prefetch_related("device_models")
    return found.order_by("-is_active", "name", "pk")


def models_to_choose(service: Service | None = None) -> Iterable[DeviceModel]:
    """The device models in use, and those that the service has already."""
    wanted = Q(is_active=True)
    if service is not None:
        wanted |= Q(pk__in=[one.pk for one in service.device_models.all()])
    return DeviceModel.objects.filter(wanted).order_by("maker", "name", "pk")


def devices_in_service(clinic: Clinic, service: uuid.UUID) -> ScopedQuerySet:
    """The clinic's devices in service; `fits` says which of them the service is done with."""
    chosen = Service.device_models.through.objects.filter(service_id=service)
    fits = Q(model__in=chosen.values("devicemodel_id")) | ~Exists(chosen)
    found = Device.objects.filter(clinic=clinic, status=Device.Status.IN_SERVICE)
    marked: ScopedQuerySet = found.annotate(fits=fits)
    return marked
