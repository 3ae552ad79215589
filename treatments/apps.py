"""The treatments app."""

from django.apps import AppConfig


class TreatmentsConfig(AppConfig):
    """The clinical act and the cartridge."""

    name = "treatments"
