"""Who may do what: one table from role to permissions, read by every door.

Closed by default: a permission nobody lists is held by nobody. The "never" column of
the house page is kept by leaving the permission out, and by the tests that walk all doors.
"""

from __future__ import annotations

from enum import StrEnum

from django.db import models


class Permission(StrEnum):
    """One thing a person may do in a clinic."""

    SEE_DAY = "day.see"
    BOOK = "appointment.book"
    OVERRIDE = "appointment.override"
    BLOCK_TIME = "time.block"
    SEE_PATIENTS = "patient.see"
    REGISTER_PATIENT = "patient.register"
    MERGE_PATIENTS = "patient.merge"
    SEE_OWN_CHARTS = "chart.see_own"
    SEE_ALL_CHARTS = "chart.see_all"
    SEE_SIGNED_CHARTS = "chart.see_signed"
    TREAT = "chart.write"
    SEE_TREATMENT_LOG = "treatment.see_log"
    SEE_STOCK = "stock.see"
    RECEIVE_STOCK = "stock.receive"
    WASTE_STOCK = "stock.waste"
    SEE_CARTRIDGE_AUDIT = "stock.audit"
    SEE_LICENSES = "license.see"
    KEEP_LICENSES = "license.keep"
    SEE_AUDIT = "audit.see"
    SEE_SYSTEM_AUDIT = "audit.see_system"
    SET_UP_CLINIC = "clinic.set_up"
    IMPORT = "clinic.import"
    KEEP_USERS = "user.keep"
    ALLOW_PRESCRIBED = "product.allow_prescribed"
    DECIDE_DEPTHS = "depth_rule.decide"


class Role(models.TextChoices):
    """The part a person plays in one clinic."""

    RECEPTIONIST = "receptionist", "Receptionist"
    ESTHETICIAN = "esthetician", "Esthetician"
    DIRECTOR = "director", "Medical director"
    MANAGER = "manager", "Manager"
    AUDITOR = "auditor", "Auditor"
    ADMINISTRATOR = "administrator", "Administrator"


P = Permission
MAY: dict[Role, frozenset[Permission]] = {
    Role.RECEPTIONIST: frozenset(
        {P.SEE_DAY, P.BOOK, P.BLOCK_TIME, P.SEE_PATIENTS, P.REGISTER_PATIENT}
    ),
    Role.ESTHETICIAN: frozenset({P.SEE_DAY, P.SEE_OWN_CHARTS, P.TREAT, P.SEE_STOCK, P.WASTE_STOCK}),
    Role.DIRECTOR: frozenset(
        {
            P.SEE_DAY,
            P.SEE_PATIENTS,
            P.SEE_OWN_CHARTS,
            P.SEE_ALL_CHARTS,
            P.TREAT,
            P.OVERRIDE,
            P.SEE_STOCK,
            P.WASTE_STOCK,
            P.SEE_LICENSES,
            P.SEE_TREATMENT_LOG,
            P.ALLOW_PRESCRIBED,
            P.DECIDE_DEPTHS,
        }
    ),
    Role.MANAGER: frozenset(
        {
            P.SEE_DAY,
            P.BOOK,
            P.BLOCK_TIME,
            P.OVERRIDE,
            P.SEE_PATIENTS,
            P.REGISTER_PATIENT,
            P.MERGE_PATIENTS,
            P.SEE_TREATMENT_LOG,
            P.SEE_STOCK,
            P.RECEIVE_STOCK,
            P.WASTE_STOCK,
            P.SEE_CARTRIDGE_AUDIT,
            P.SEE_LICENSES,
            P.KEEP_LICENSES,
            P.SEE_AUDIT,
            P.SET_UP_CLINIC,
            P.IMPORT,
        }
    ),
    Role.AUDITOR: frozenset(
        {
            P.SEE_SIGNED_CHARTS,
            P.SEE_TREATMENT_LOG,
            P.SEE_STOCK,
            P.SEE_CARTRIDGE_AUDIT,
            P.SEE_LICENSES,
            P.SEE_AUDIT,
            P.SEE_SYSTEM_AUDIT,
        }
    ),
    # Imports who comes, as the file that she brings names them; never what for (see BOOK).
    Role.ADMINISTRATOR: frozenset(
        {P.KEEP_USERS, P.SET_UP_CLINIC, P.IMPORT, P.SEE_AUDIT, P.SEE_SYSTEM_AUDIT}
    ),
}
