"""The building's acts."""

from clinic.operations.licenses import add_license, change_license_status
from clinic.operations.patients import change_patient, register_patient

__all__ = ["add_license", "change_license_status", "change_patient", "register_patient"]
