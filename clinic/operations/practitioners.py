"""Who treats: the practitioners of a clinic, their accounts, and where else they work."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.apps import apps

from clinic import audit
from clinic.acts import act
from clinic.models import Clinic, Practitioner, User
from clinic.permissions import Permission
from clinic.refusals import Conflict, NotAllowed, Refusal
from clinic.rules import npi_fault, squeezed

# What makes a practitioner on file somebody; by name, as some of it belongs to apps above.
ON_FILE = ("clinic.License", "bookings.Appointment", "treatments.Treatment")


@act("practitioner.add", may=Permission.SET_UP_CLINIC, on="clinic")
def add_practitioner(
    *,
    clinic: Clinic,
    name: str,
    credential: str,
    npi: str = "",
    account: User | None = None,
    clinics: Collection[Clinic] | None = None,
    by: User,
    at: dt.datetime,
) -> Practitioner:
    """Put someone who treats on file, in the clinics named (None: in this one).

    Refuses an empty name or credential, what is no NPI or another's (409), the account of someone
    without a role in this clinic (P15) or of another practitioner (409), no clinic at all, and a
    clinic that one does not set up (R54, 403).
    """
    chosen = [clinic] if clinics is None else [*clinics]
    made = Practitioner(
        name=_text(name, "name", "Enter the name."),
        credential=_text(credential, "credential", "Enter the credential, for example RN."),
        npi=_free_npi(npi),
        user=_free_account(account, clinic),
    )
    _must_be_set_up(chosen, by)
    made.write()
    made.clinics.set(_some(chosen))
    told = {"who": made.pk, "clinic": sorted(one.code for one in chosen)}
    concerned = {clinic.pk, *(one.pk for one in chosen)}
    audit.record_in(concerned, "practitioner.add", by=by, at=at, on=made, detail=told)
    return made


@act("practitioner.change", may=Permission.SET_UP_CLINIC, on="clinic")
def change_practitioner(
    *,
    clinic: Clinic,
    practitioner: Practitioner,
    name: str,
    credential: str,
    npi: str = "",
    account: User | None = None,
    clinics: Collection[Clinic] | None = None,
    version: int | None = None,
    by: User,
    at: dt.datetime,
) -> Practitioner:
    """Change a practitioner's data, give her the account she has none of yet, and say in which
    of the clinics that one sets up she works (None: as it is). What is booked stays booked; each
    clinic in which she works has it on record.

    Refuses who does not work here (P15), a stale version (P12, 409), an empty name or credential,
    what is no NPI or another's (409), another name, credential or NPI of someone who also works
    in a clinic that one does not set up (R54), an account of someone without a role in this clinic
    (P15) or of another practitioner, instead of the one she has or one's own, where there is
    something on file of hers (R52), no clinic at all, and a clinic that one does not set up
    (R54, 403).
    """
    held = _held(practitioner, clinic, version)
    there = {*held.clinics.all()}
    mine = {one for one in there if one.pk in by.clinics_with(Permission.SET_UP_CLINIC)}
    wanted = mine if clinics is None else {*clinics}
    _must_be_set_up(wanted - there, by)
    if account is not None and held.user_id not in (None, account.pk):
        raise Refusal(
            f"{held.name} keeps their account.",
            rule="R52",
            field="account",
            way_out="Correct the account's name on its page.",
        )
    before = {"name": held.name, "credential": held.credential, "npi": held.npi}
    held.name = _text(name, "name", "Enter the name.")
    held.credential = _text(credential, "credential", "Enter the credential, for example RN.")
    held.npi = _free_npi(npi, but=held)
    changed = [name for name, value in before.items() if getattr(held, name) != value]
    if changed and there - mine:
        raise Refusal(
            f"{held.name} also works in a clinic that you do not set up.",
            rule="R54",
            field=changed[0],
            way_out="Ask a manager of all these clinics to change it.",
        )
    if held.user_id is None and account is not None:
        _must_be_for_others(account, held, by)
        held.user = _free_account(account, clinic)
    held.write(only=["name", "credential", "npi", "user"])
    held.clinics.set(_some((there - mine) | wanted))
    told = {
        "who": held.pk,
        "fields": changed,
        "given": sorted(one.name for one in wanted - there),
        "taken": sorted(one.name for one in mine - wanted),
    }
    concerned = {clinic.pk, *(one.pk for one in there | wanted)}
    audit.record_in(concerned, "practitioner.change", by=by, at=at, on=held, detail=told)
    return held


@act("practitioner.set_use", may=Permission.SET_UP_CLINIC, on="clinic")
def set_practitioner_use(
    *,
    clinic: Clinic,
    practitioner: Practitioner,
    in_use: bool,
    version: int | None = None,
    by: User,
    at: dt.datetime,
) -> Practitioner:
    """Let nobody be booked with her any more, or again; what is booked stays booked.

    Refuses who does not work here (P15), a stale version (P12, 409), someone who also works in a
    clinic that one does not set up (R54), and a change to what it is already.
    """
    held = _held(practitioner, clinic, version)
    if held.is_active == in_use:
        stands = "in use" if in_use else "out of use"
        raise Refusal(f"{held.name} is {stands} already.", rule="input")
    if held.clinics.exclude(pk__in=by.clinics_with(Permission.SET_UP_CLINIC)).exists():
        raise Refusal(
            f"{held.name} also works in a clinic that you do not set up.",
            rule="R54",
            way_out="Take this clinic off the clinics worked in, or ask a manager of both.",
        )
    held.is_active = in_use
    held.write(only=["is_active"])
    told = {"who": held.pk, "in_use": in_use}
    concerned = {one.pk for one in held.clinics.all()}
    audit.record_in(concerned, "practitioner.set_use", by=by, at=at, on=held, detail=told)
    return held


def _held(practitioner: Practitioner, clinic: Clinic, version: int | None) -> Practitioner:
    held: Practitioner = Practitioner.objects.held().get(pk=practitioner.pk)
    if not held.clinics.filter(pk=clinic.pk).exists():
        raise Refusal(f"{held.name} does not work in {clinic.name}.", rule="P15")
    held.expect(version)
    return held


def _text(typed: str, field: str, missing: str) -> str:
    kept = squeezed(typed)
    if not kept:
        raise Refusal(missing, rule="input", field=field)
    return kept


def _free_npi(typed: str, *, but: Practitioner | None = None) -> str:
    npi = typed.replace(" ", "").replace("-", "")
    if not npi:
        return ""
    if fault := npi_fault(npi):
        raise Refusal(fault, rule="input", field="npi")
    others = Practitioner.objects.filter(npi=npi)
    if but is not None:
        others = others.exclude(pk=but.pk)
    if others.exists():
        raise Conflict(
            "Another practitioner has this NPI.",
            rule="input",
            field="npi",
            way_out="Compare it with the register, npiregistry.cms.hhs.gov.",
        )
    return npi


def _free_account(user: User | None, clinic: Clinic) -> User | None:
    if user is None:
        return None
    if not user.assignments.filter(clinic=clinic).exists():
        raise Refusal(
            f"{user.name} has no role in {clinic.name}.",
            rule="P15",
            field="account",
            way_out="Give them one on the page Users first.",
        )
    if Practitioner.objects.filter(user=user).exists():
        raise Conflict(
            f"{user.name}'s account belongs to a practitioner on file.",
            rule="input",
            field="account",
        )
    return user


def _must_be_for_others(account: User, practitioner: Practitioner, by: User) -> None:
    """Whose charts are "own" hangs on the account: nobody takes what is on file of another."""
    if account.pk != by.pk:
        return
    for label in ON_FILE:
        rows = apps.get_model(label)._base_manager
        if rows.filter(practitioner=practitioner.pk).exists():
            raise Refusal(
                f"{practitioner.name} has licenses, visits or charts on file.",
                rule="R52",
                field="account",
                way_out="Someone else who sets this clinic up gives you this lane. Where there is "
                "nobody, add yourself as a new practitioner.",
            )


def _must_be_set_up(clinics: Collection[Clinic], by: User) -> None:
    set_up = by.clinics_with(Permission.SET_UP_CLINIC)
    if any(one.pk not in set_up for one in clinics):
        raise NotAllowed("You do not set that clinic up.", rule="R54")


def _some(clinics: Collection[Clinic]) -> Collection[Clinic]:
    if not clinics:
        raise Refusal(
            "A practitioner works in at least one clinic.",
            rule="input",
            field="clinics",
            way_out="To have no visits booked at all, take the practitioner out of use.",
        )
    return clinics
