"""The building's acts."""

from clinic.operations.audit_log import export_audit, search_audit
from clinic.operations.licenses import add_license, change_license_status, renew_license
from clinic.operations.patients import (
    change_patient,
    open_patient,
    register_patient,
    search_patients,
)
from clinic.operations.rooms import add_room, rename_room, set_room_use

__all__ = [
    "add_license",
    "add_room",
    "change_license_status",
    "change_patient",
    "export_audit",
    "open_patient",
    "register_patient",
    "rename_room",
    "renew_license",
    "search_audit",
    "search_patients",
    "set_room_use",
]
