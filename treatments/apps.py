"""The treatments app."""

from django.apps import AppConfig


class TreatmentsConfig(AppConfig):
    """The clinical act and the cartridge."""

    name = "treatments"

    def ready(self) -> None:
        from clinic.queries import audit_log
        from treatments.queries.subjects import subjects_by_code

        audit_log.SUBJECTS.append(subjects_by_code)
