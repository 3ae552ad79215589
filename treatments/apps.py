"""The treatments app."""

from django.apps import AppConfig


class TreatmentsConfig(AppConfig):
    """The clinical act and the cartridge."""

    name = "treatments"

    def ready(self) -> None:
        from bookings.queries import going_on, supply
        from clinic.queries import audit_log
        from treatments.queries.needling import needling_of
        from treatments.queries.subjects import lots_by_code, subjects_by_code
        from treatments.queries.supply import units_in_date

        audit_log.SUBJECTS += [subjects_by_code, lots_by_code]
        going_on.READERS.append(needling_of)
        supply.PROVIDERS.append(units_in_date)
