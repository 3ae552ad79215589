"""The building's acts."""

from clinic.operations.audit_log import export_audit, search_audit
from clinic.operations.clinics import add_clinic, change_clinic, set_reminders
from clinic.operations.device_models import (
    add_device_model,
    change_device_model,
    set_device_model_use,
)
from clinic.operations.devices import add_device, change_device, set_device_status
from clinic.operations.factors import (
    add_passkey,
    make_recovery_codes,
    prove_code,
    prove_passkey,
    refuse_proof,
    remove_passkey,
    rename_passkey,
    reset_from_machine,
    turn_off_app,
    turn_on_app,
)
from clinic.operations.first_start import first_start
from clinic.operations.invitations import (
    Beginning,
    accept_invitation,
    create_administrator,
    give_roles,
    invite_again,
    invite_user,
    note_invitation_mail,
    withdraw_invitation,
)
from clinic.operations.licenses import add_license, change_license_status, renew_license
from clinic.operations.patients import (
    change_patient,
    open_patient,
    register_patient,
    search_patients,
)
from clinic.operations.policies import set_second_factor_policy
from clinic.operations.practitioners import (
    add_practitioner,
    change_practitioner,
    set_practitioner_use,
)
from clinic.operations.rooms import add_room, rename_room, set_room_use
from clinic.operations.tokens import (
    Admitted,
    create_token,
    create_token_from_machine,
    keep_answer,
    revoke_token,
    use_token,
)
from clinic.operations.users import (
    change_user,
    end_sessions,
    make_reset_link,
    reset_second_factor,
    set_user_use,
)

__all__ = [
    "Admitted",
    "Beginning",
    "accept_invitation",
    "add_clinic",
    "add_device",
    "add_device_model",
    "add_license",
    "add_passkey",
    "add_practitioner",
    "add_room",
    "change_clinic",
    "change_device",
    "change_device_model",
    "change_license_status",
    "change_patient",
    "change_practitioner",
    "change_user",
    "create_administrator",
    "create_token",
    "create_token_from_machine",
    "end_sessions",
    "export_audit",
    "first_start",
    "give_roles",
    "invite_again",
    "invite_user",
    "keep_answer",
    "make_recovery_codes",
    "make_reset_link",
    "note_invitation_mail",
    "open_patient",
    "prove_code",
    "prove_passkey",
    "refuse_proof",
    "register_patient",
    "remove_passkey",
    "rename_passkey",
    "rename_room",
    "renew_license",
    "reset_from_machine",
    "reset_second_factor",
    "revoke_token",
    "search_audit",
    "search_patients",
    "set_device_model_use",
    "set_device_status",
    "set_practitioner_use",
    "set_reminders",
    "set_room_use",
    "set_second_factor_policy",
    "set_user_use",
    "turn_off_app",
    "turn_on_app",
    "use_token",
    "withdraw_invitation",
]
