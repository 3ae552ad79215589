"""The bookings app."""

from django.apps import AppConfig


class BookingsConfig(AppConfig):
    """Time: services, shifts, appointments and what they hold."""

    name = "bookings"
