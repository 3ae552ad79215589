"""Who may do what: the one table, read in every way that the house reads it."""

from __future__ import annotations

import pytest

from clinic.models import Clinic, RoleAssignment, User
from clinic.permissions import MAY, Permission, Role
from tests import factories
from tests.cast import Cast

P = Permission
# The "never" column of the house page, as permissions.
NEVER = {
    Role.RECEPTIONIST: {
        P.SEE_OWN_CHARTS, P.SEE_ALL_CHARTS, P.SEE_SIGNED_CHARTS, P.TREAT, P.SEE_STOCK,
        P.RECEIVE_STOCK, P.WASTE_STOCK, P.SEE_CARTRIDGE_AUDIT, P.SEE_TREATMENT_LOG,
        P.SEE_LICENSES, P.SEE_AUDIT, P.OVERRIDE,
    },
    Role.ESTHETICIAN: {
        P.SEE_ALL_CHARTS, P.SEE_SIGNED_CHARTS, P.SEE_LICENSES, P.KEEP_LICENSES, P.KEEP_USERS,
        P.OVERRIDE,
    },
    Role.MANAGER: {P.SEE_OWN_CHARTS, P.SEE_ALL_CHARTS, P.SEE_SIGNED_CHARTS, P.TREAT},
    Role.ADMINISTRATOR: {
        P.SEE_OWN_CHARTS, P.SEE_ALL_CHARTS, P.SEE_SIGNED_CHARTS, P.TREAT, P.SEE_PATIENTS,
    },
}  # fmt: skip
# What changes something; an auditor may do none of it.
WRITES = {
    P.BOOK, P.REGISTER_PATIENT, P.TREAT, P.RECEIVE_STOCK, P.WASTE_STOCK, P.KEEP_LICENSES,
    P.SET_UP_CLINIC, P.KEEP_USERS, P.OVERRIDE, P.BLOCK_TIME,
}  # fmt: skip


def test_every_role_has_its_line_and_every_permission_someone_who_holds_it() -> None:
    assert set(MAY) == set(Role)
    assert set().union(*MAY.values()) == set(Permission)


@pytest.mark.parametrize("role", NEVER)
def test_what_a_role_never_may_is_not_in_its_line(role: Role) -> None:
    assert MAY[role] & NEVER[role] == set()


def test_an_auditor_changes_nothing() -> None:
    assert MAY[Role.AUDITOR] & WRITES == set()


def test_a_right_holds_in_the_clinic_of_the_role_and_in_no_other(cast: Cast) -> None:
    assert cast.reception.can(P.BOOK, cast.clinic.pk)
    assert not cast.reception.can(P.BOOK, cast.other_clinic.pk)
    assert not cast.reception.can(P.BOOK, None)
    assert cast.reception.clinics_with(P.BOOK) == [cast.clinic.pk]
    assert cast.reception.clinics_with(P.SEE_STOCK) == []


def test_several_roles_add_up(cast: Cast) -> None:
    assert cast.stranger.can(P.TREAT, cast.other_clinic.pk)
    assert cast.stranger.can(P.SEE_AUDIT, cast.other_clinic.pk)
    assert not cast.stranger.can(P.KEEP_USERS, cast.other_clinic.pk)


@pytest.mark.rule("P17")
def test_a_user_who_is_switched_off_may_nothing(cast: Cast) -> None:
    cast.manager.is_active = False
    assert not any(cast.manager.can(one, cast.clinic.pk) for one in Permission)


@pytest.mark.rule("P17")
def test_a_role_taken_away_is_gone_on_the_next_request(cast: Cast, clock: None, enter) -> None:
    browser = enter(cast.manager)
    assert browser.get("/licenses/").status_code == 200
    RoleAssignment.objects.filter(user=cast.manager).delete()
    assert browser.get("/licenses/").status_code == 403


@pytest.mark.rule("P17")
def test_a_user_switched_off_is_out_on_the_next_request(cast: Cast, clock: None, enter) -> None:
    browser = enter(cast.manager)
    cast.manager.is_active = False
    cast.manager.write()
    answer = browser.get("/licenses/")
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=/licenses/")


def test_has_perm_reads_the_same_table(cast: Cast) -> None:
    assert cast.reception.has_perm("appointment.book")
    assert cast.reception.has_perm("appointment.book", cast.clinic)
    assert not cast.reception.has_perm("appointment.book", cast.other_clinic)
    assert not cast.nobody.has_perm("appointment.book")
    assert not cast.manager.has_perm("auth.change_user")
    cast.reception.is_active = False
    assert not cast.reception.has_perm("appointment.book", cast.clinic)


def test_rows_are_narrowed_to_the_clinics_of_the_reader(cast: Cast) -> None:
    seen = [
        [clinic.code for clinic in Clinic.objects.seen_by(user, P.SEE_AUDIT)]
        for user in (cast.manager, cast.stranger, cast.administrator, cast.reception)
    ]
    assert seen == [["austin"], ["pasadena"], ["austin", "pasadena"], []]


@pytest.mark.parametrize("role", Role)
def test_roles_are_called_by_the_words_of_the_glossary(role: Role) -> None:
    assert (
        role.label
        == {
            "receptionist": "Receptionist",
            "esthetician": "Esthetician",
            "director": "Medical director",
            "manager": "Manager",
            "auditor": "Auditor",
            "administrator": "Administrator",
        }[role.value]
    )


def test_an_address_of_any_case_is_one_account(db: None) -> None:
    factories.user("Rosa Alvarez")
    assert User.objects.get_by_natural_key("ROSA@Demo.Example").name == "Rosa Alvarez"
