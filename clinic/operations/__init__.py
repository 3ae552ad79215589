"""The building's acts."""

from clinic.operations.audit_log import export_audit, search_audit
from clinic.operations.licenses import add_license, change_license_status, renew_license
from clinic.operations.patients import change_patient, register_patient

__all__ = [
    "add_license",
    "change_license_status",
    "change_patient",
    "export_audit",
    "register_patient",
    "renew_license",
    "search_audit",
]
