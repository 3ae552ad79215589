"""The building and its people."""

from clinic.models.base import KeptQuerySet, Record, Row, ScopedQuerySet
from clinic.models.devices import Device, DeviceModel
from clinic.models.drafts import Draft
from clinic.models.finding import PatientKey
from clinic.models.ledger import AuditChain, AuditEvent, IdempotencyKey, Message
from clinic.models.licenses import License
from clinic.models.patients import Patient
from clinic.models.people import Invitation, Practitioner, RoleAssignment, User
from clinic.models.places import Clinic, Organization, Room
from clinic.models.tokens import ApiToken

__all__ = [
    "ApiToken",
    "AuditChain",
    "AuditEvent",
    "Clinic",
    "Device",
    "DeviceModel",
    "Draft",
    "IdempotencyKey",
    "Invitation",
    "KeptQuerySet",
    "License",
    "Message",
    "Organization",
    "Patient",
    "PatientKey",
    "Practitioner",
    "Record",
    "RoleAssignment",
    "Room",
    "Row",
    "ScopedQuerySet",
    "User",
]
