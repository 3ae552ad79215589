"""Practitioners: what one types of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django import forms
from django.db.models import QuerySet

from clinic.forms.house import HouseForm, RowField
from clinic.forms.set_up import ChangeForm
from clinic.models import Clinic, Practitioner, Record, User
from clinic.rules import npi_fault


class ClinicsField(forms.MultipleChoiceField):
    """Clinics, a box each; as values, the clinics."""

    widget = forms.CheckboxSelectMultiple

    def offer(self, clinics: Iterable[Clinic]) -> None:
        """Let these clinics be chosen."""
        self.there = {str(one.pk): one for one in clinics}
        self.choices = [(key, one.name) for key, one in self.there.items()]

    def clean(self, value: Any) -> list[Clinic]:
        return [self.there[key] for key in super().clean(value)]


class _PractitionerFields(HouseForm):
    name = forms.CharField(
        max_length=80,
        help_text="As on the license: the day board and every chart show it.",
        error_messages={"required": "Enter the name."},
    )
    credential = forms.CharField(
        max_length=20,
        help_text="The letters after the name, for example LE, RN, NP or MD.",
        error_messages={"required": "Enter the credential, for example RN."},
    )
    npi = forms.CharField(
        label="NPI",
        max_length=20,
        required=False,
        help_text="Ten digits, if there is one: estheticians mostly have none.",
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    account = RowField(
        queryset=None,
        required=False,
        empty_label="None yet",
        help_text="It charts and signs. It is chosen once and stays with the practitioner.",
        error_messages={"invalid_choice": "Choose someone with a role in this clinic."},
    )
    clinics = ClinicsField(
        label="Works in",
        required=False,
        help_text="One person everywhere: booked in one clinic, busy in the others.",
    )

    def __init__(
        self, *args: Any, users: QuerySet[User], clinics: Collection[Clinic], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account"].queryset = users  # type: ignore[attr-defined]
        if len(clinics) > 1:
            self.fields["clinics"].offer(clinics)  # type: ignore[attr-defined]
        else:
            del self.fields["clinics"]

    def clean_npi(self) -> str:
        """Without the blanks and hyphens by which people group digits."""
        npi = str(self.cleaned_data["npi"]).replace(" ", "").replace("-", "")
        if npi and (fault := npi_fault(npi)):
            raise forms.ValidationError(fault)
        return npi


class AddPractitionerForm(_PractitionerFields):
    """Someone new who treats."""


class PractitionerForm(_PractitionerFields, ChangeForm):
    """Other data of someone who treats; the account is asked for until she has one."""

    def __init__(self, *args: Any, row: Practitioner, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if row.user_id is not None:
            del self.fields["account"]

    def differences(self, row: Record, *, but: Collection[str] = ()) -> list[dict[str, str]]:
        found = super().differences(row, but=[*but, "clinics"])
        if "account" in self.fields:
            pair = [row.user, self.values["account"]]  # type: ignore[attr-defined]
            if pair[0] != pair[1]:
                on_file, typed = (str(one or "") for one in pair)
                found.append({"label": "Account", "on_file": on_file, "typed": typed})
        if "clinics" in self.fields:
            offered = {*self.fields["clinics"].there.values()}  # type: ignore[attr-defined]
            there = {*row.clinics.all()} & offered  # type: ignore[attr-defined]
            on_file, typed = (
                ", ".join(sorted(one.name for one in some))
                for some in (there, self.values["clinics"])
            )
            if on_file != typed:
                found.append({"label": "Works in", "on_file": on_file, "typed": typed})
        return found
