"""Users: what one types of them, and which roles they are given in which clinic."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from allauth.account import forms as allauth
from django import forms

from clinic.forms.house import HouseForm
from clinic.forms.session import named_passwords
from clinic.forms.set_up import ChangeForm
from clinic.models import Clinic, Record
from clinic.permissions import Role

Grant = tuple[uuid.UUID, Role]


def _name() -> forms.CharField:
    return forms.CharField(
        max_length=80,
        help_text="As colleagues know them: records and the day board show it.",
        error_messages={"required": "Enter the name."},
    )


class RolesField(forms.MultipleChoiceField):
    """Roles in clinics, a box each; as values, (clinic's key, role)."""

    widget = forms.CheckboxSelectMultiple

    def offer(self, clinics: Iterable[Clinic]) -> None:
        """Let these clinics' roles be chosen."""
        self.groups = [
            (one.name, [(f"{one.pk}:{role}", label) for role, label in Role.choices])
            for one in clinics
        ]
        self.choices = self.groups[0][1] if len(self.groups) == 1 else self.groups

    def clean(self, value: Any) -> list[Grant]:
        return [
            (uuid.UUID(key), Role(role))
            for key, _, role in (one.partition(":") for one in super().clean(value))
        ]

    def said(self, chosen: Sequence[str]) -> str:
        """Boxes in words."""
        return ", ".join(
            f"{label} in {clinic}"
            for clinic, boxes in self.groups
            for value, label in boxes
            if value in chosen
        )


class InviteForm(HouseForm):
    """Someone new, and what she will do in which clinic."""

    name = _name()
    email = forms.EmailField(
        label="Email address",
        max_length=120,
        help_text="Their own: the link goes there, and it is what they log in with.",
        error_messages={
            "required": "Enter the email address to which the link goes.",
            "invalid": "Enter an email address, for example ana@clinic.example.",
        },
    )
    roles = RolesField(error_messages={"required": "Choose at least one role."})

    def __init__(self, *args: Any, clinics: Iterable[Clinic], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roles"].offer(clinics)  # type: ignore[attr-defined]


class UserForm(ChangeForm):
    """Another name, other roles. Nobody is offered their own roles."""

    name = _name()
    roles = RolesField(required=False)

    def __init__(self, *args: Any, clinics: Iterable[Clinic], own: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if own:
            del self.fields["roles"]
        else:
            self.fields["roles"].offer(clinics)  # type: ignore[attr-defined]

    def differences(self, row: Record, *, but: Collection[str] = ()) -> list[dict[str, str]]:
        found = super().differences(row, but=but)
        if "roles" not in self.fields:
            return found
        field: Any = self.fields["roles"]
        on_file, typed = (
            field.said([f"{key}:{role}" for key, role in grants])
            for grants in (
                [(one.clinic_id, one.role) for one in row.assignments.all()],  # type: ignore[attr-defined]
                self.values["roles"],
            )
        )
        if on_file != typed:
            found.append({"label": "Roles", "on_file": on_file, "typed": typed})
        return found


class InvitationForm(allauth.SetPasswordForm):
    """The first password of someone who was invited."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named_passwords(self.fields)
