"""The bookings app."""

from django.apps import AppConfig


class BookingsConfig(AppConfig):
    """Time: services, shifts, appointments and what they hold."""

    name = "bookings"

    def ready(self) -> None:
        from django.core import checks

        from bookings.messages import reached_otherwise
        from bookings.queries.comings import comings_of
        from bookings.queries.holds import offers_without_holds, visits_without_holds
        from bookings.queries.merging import merges_apart
        from bookings.queries.supply import has_provider
        from clinic import health
        from clinic.operations.patients import TELLERS
        from clinic.queries import patients

        patients.PROVIDERS.append(comings_of)
        TELLERS.append(reached_otherwise)
        health.CHECKS += [visits_without_holds, offers_without_holds, merges_apart]
        checks.register(has_provider)
