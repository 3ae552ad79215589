"""Every table keeps the law of docs/house.md: what is dated, named, chosen and never lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models

from clinic import constraints
from clinic.constraints import FIRST_DAY, FIRST_INSTANT, LAST_DAY, LAST_INSTANT, together
from tests.house.sources import APPS

# Times that are planned, or that no person's act has set.
NO_PERSON = {
    "clinic.User.last_login": "the user's own log-in",
    "clinic.AuditEvent.at": "`actor` is a value, not a key: the audit outlives the user",
    "clinic.Message.due_at": "planned",
    "clinic.Message.not_after": "planned",
    "clinic.Message.leased_until": "planned",
    "clinic.Message.finished_at": "the worker's act, not a person's",
    "clinic.Invitation.expires_at": "planned",
    "clinic.Invitation.accepted_at": "its user's own act",
    "clinic.ApiToken.expires_at": "planned",
    "clinic.ApiToken.last_used_at": "its user's own use",
    "bookings.Appointment.starts_at": "planned",
    "bookings.Appointment.numbing_on": "the chart's time, repeated for the board",
    "bookings.Appointment.numbing_off": "the chart's time, repeated for the board",
    "bookings.Appointment.numbing_due": "planned",
    "bookings.TimeOff.starts_at": "planned",
    "bookings.TimeOff.ends_at": "planned",
    "bookings.ImportRun.finished_at": "the worker's act, not a person's",
    "bookings.Hold.starts_at": "planned",
    "bookings.Offer.starts_at": "planned",
    "bookings.Offer.expires_at": "planned",
    "bookings.Offer.settled_at": "by the patient or the clock where `settled_by` is empty",
    "bookings.WaitlistEntry.closed_at": "by the patient or the clock where `closed_by` is empty",
    "bookings.Hold.ends_at": "planned",
    "bookings.Listed.comes_at": "planned",
    "bookings.Move.from_starts_at": "planned",
    "bookings.Move.to_starts_at": "planned",
    "treatments.NumbingApplication.removed_entered_at": "typed by `removed_by`",
}
# Where the person of an act has a better name than `_by`.
PERSON = {
    "clinic.IdempotencyKey.created_at": "user",
    "clinic.Draft.saved_at": "user",
    "treatments.StockMovement.at": "by",
    "treatments.NeedlingPass.at": "created_by",
    "treatments.Signature.signed_at": "signer",
    "treatments.Addendum.written_at": "author",
}
# Written by Django from the server's clock alone.
UNBOUNDED = {"clinic.User.last_login"}
# Unique by the kind of field; whoever writes these looks first, under a lock.
UNIQUE_FIELDS = {
    "clinic.User.email": "the log-in name; user_email_once speaks for it",
    "clinic.Practitioner.user": "one-to-one",
    "bookings.Undo.move": "one-to-one",
    "bookings.Offer.appointment": "one-to-one",
    "bookings.WaitlistEntry.appointment": "one-to-one",
    "treatments.Treatment.appointment": "one-to-one",
    "treatments.Treatment.cartridge": "one-to-one",
    "treatments.Signature.treatment": "one-to-one",
}

MODELS = [model for model in apps.get_models() if model._meta.app_label in APPS]


def fields(*kinds: type[models.Field[Any, Any]]) -> Iterator[tuple[str, Any]]:
    """The fields of these kinds in our tables, by their full name."""
    for model in MODELS:
        for field in model._meta.local_concrete_fields:
            if isinstance(field, kinds):
                yield f"{model._meta.label}.{field.name}", field


def test_every_time_of_an_act_has_its_person() -> None:
    alone = []
    for name, field in fields(models.DateTimeField):
        if name in NO_PERSON:
            continue
        if not (name in PERSON or name.endswith("_at")):
            alone.append(f"{name} is neither planned nor an act's")
            continue
        there = {one.name: one for one in field.model._meta.local_concrete_fields}
        person = PERSON.get(name, f"{field.name.removesuffix('_at')}_by")
        by = there.get(person)
        if by is None or by.related_model is not apps.get_model(settings.AUTH_USER_MODEL):
            alone.append(f"{name} has no {person}")
        elif by.null != field.null:
            alone.append(f"{name} and {person}: one may be empty, the other may not")
        elif field.null and not _set_together(field.model, field.name, person):
            alone.append(f"{name} and {person} are not kept together by a constraint")
    assert alone == []


def _set_together(model: Any, *names: str) -> bool:
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.CheckConstraint):
            tested = {lookup.partition("__")[0] for lookup, _value in leaves(constraint.condition)}
            kept = together("", *_in_order(constraint.condition, tested))
            if tested >= {*names} and constraint.condition == kept.condition:
                return True
    return False


def _in_order(condition: Any, names: set[str]) -> list[str]:
    seen = [lookup.partition("__")[0] for lookup, _value in leaves(condition)]
    return [name for at, name in enumerate(seen) if name in names and name not in seen[:at]]


def leaves(condition: Any) -> Iterator[tuple[str, Any]]:
    """Every (lookup, value) in a condition."""
    for child in getattr(condition, "children", []):
        if isinstance(child, tuple):
            yield child
        else:
            yield from leaves(child)


def test_the_exceptions_still_exist() -> None:
    known = {name for name, _field in fields(models.Field)}
    assert {*NO_PERSON, *PERSON, *UNIQUE_FIELDS} - known == set()


def test_every_date_lies_between_1900_and_2200() -> None:
    loose = []
    for name, field in fields(models.DateField):  # a DateTimeField is one too
        instant = isinstance(field, models.DateTimeField)
        first, last = (FIRST_INSTANT, LAST_INSTANT) if instant else (FIRST_DAY, LAST_DAY)
        wanted = {(f"{field.name}__gte", first), (f"{field.name}__lte", last)}
        found = [
            constraint
            for constraint in field.model._meta.constraints
            if isinstance(constraint, models.CheckConstraint)
            and constraint.name.endswith("_dates_bounded")
            and wanted <= {*leaves(constraint.condition)}
        ]
        if not found and name not in UNBOUNDED:
            loose.append(name)
    assert loose == []


def test_every_choice_is_one_of_the_known() -> None:
    """The database refuses a status or kind that the code does not know."""
    unkept = []
    for name, field in fields(models.Field):
        if not field.choices:
            continue
        known = {str(value) for value, _words in field.flatchoices} | (
            {""} if field.blank else set()
        )
        kept = [
            constraint
            for constraint in field.model._meta.constraints
            if isinstance(constraint, models.CheckConstraint)
            and [lookup for lookup, _value in leaves(constraint.condition)] == [f"{field.name}__in"]
            and {str(one) for _lookup, value in leaves(constraint.condition) for one in value}
            == known
        ]
        if not kept:
            unkept.append(name)
    assert unkept == []


def test_nothing_goes_away_with_something_else() -> None:
    loose = [
        name
        for name, field in fields(models.ForeignKey)
        if field.remote_field.on_delete is not models.PROTECT
    ]
    assert loose == []


def test_every_row_has_an_unguessable_key() -> None:
    # The audit's own tables are never in an address; their order is their point. What the finder
    # knows is no record: its key is the patient's, with the text.
    own = {"clinic.AuditEvent", "clinic.AuditChain", "clinic.PatientKey"}
    guessable = [
        model._meta.label for model in MODELS if not isinstance(model._meta.pk, models.UUIDField)
    ]
    assert set(guessable) == own


def test_every_list_has_an_order_that_never_ties() -> None:
    """Ordering is explicit and ends in something unique."""
    tied = []
    for model in MODELS:
        names = [str(one).lstrip("-") for one in model._meta.ordering or []]
        sure = {"pk", *(field.name for field in model._meta.local_concrete_fields if field.unique)}
        whole = [
            {*one.fields}
            for one in model._meta.constraints
            if isinstance(one, models.UniqueConstraint) and not one.condition
        ]
        if names and names[-1] not in sure and not any(one and one <= {*names} for one in whole):
            tied.append(model._meta.label)
    assert tied == []


def named() -> list[tuple[str, str]]:
    """Name and sentence of everything the database itself forbids."""
    found = [(guard.name, guard.says) for _table, guard in constraints.all_guards()]
    for model in MODELS:
        found += [(one.name, str(one.violation_error_message)) for one in model._meta.constraints]
    return found


def test_what_the_database_says_is_a_sentence() -> None:
    generic = models.BaseConstraint.default_violation_error_message.split("“")[0]
    wrong = {
        name: says
        for name, says in named()
        if not (says.endswith(".") and says[0].isupper() and 10 <= len(says) <= 120)
        or says.startswith(generic)
        or "!" in says
    }
    assert wrong == {}


def test_names_in_the_database_are_short_and_mean_one_thing() -> None:
    names = [name for name, _says in named()]
    assert {name for name in names if len(name) > 60 or not name.isidentifier()} == set()
    triggers = [
        (vendor, trigger)
        for _table, guard in constraints.all_guards()
        for vendor in ("sqlite", "postgresql")
        if guard.applies(vendor)
        for trigger in guard.triggers(vendor)
    ]
    assert len(triggers) == len(set(triggers))
    # PostgreSQL cuts a longer name off, and then does not find it.
    assert {trigger for _vendor, trigger in triggers if len(trigger) > 63} == set()
    own = [one.name for model in MODELS for one in model._meta.constraints]
    assert len(own) == len(set(own))
    assert set(own) & {guard.name for _table, guard in constraints.all_guards()} == set()


def test_what_is_unique_has_a_name_and_a_sentence() -> None:
    """SQLite names no unique constraint; ours are found by their columns, with their sentence."""
    silent = {
        name
        for name, field in fields(models.Field)
        if field.unique and not field.primary_key and name not in UNIQUE_FIELDS
    }
    assert silent == set()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_table_that_grows_is_found_by_its_clinic(model: Any) -> None:
    """Every table that grows carries its clinic, or hangs on a row that does."""
    without = {
        "clinic.Clinic": "the clinic itself",
        "clinic.DeviceModel": "catalog of the installation",
        "clinic.User": "one person, several clinics",
        "clinic.Practitioner": "one person, several clinics",
        "clinic.Draft": "its user's own",
        "clinic.ApiToken": "its user's own",
        "bookings.CalendarLink": "its practitioner's own, in whatever clinics she works",
        "clinic.License": "a person's, unique in the installation",
        "clinic.AuditChain": "named by the clinic's key",
        "clinic.AuditEvent": "carries its chain, no foreign keys",
        "clinic.IdempotencyKey": "a user's",
        "bookings.Listed": "its message and its visit carry the clinic",
        "bookings.Hold": "a lane is one across clinics; its appointment carries the clinic",
        "treatments.CartridgeProduct": "catalog of the installation",
        "treatments.ProductIdentifier": "catalog of the installation",
        "treatments.NumbingProduct": "catalog of the installation",
        "treatments.NumbingIngredient": "catalog of the installation",
        "treatments.GlideProduct": "catalog of the installation",
        "treatments.DepthRule": "catalog of the installation",
        "clinic.Organization": "the installation itself",
        "clinic.Invitation": "its user's own",
    }
    carries = any(field.name == "clinic" and not field.null for field in model._meta.local_fields)
    assert carries is (model._meta.label not in without)
