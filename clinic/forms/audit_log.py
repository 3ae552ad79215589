"""By whom, what, when: narrowing the audit log."""

from __future__ import annotations

from typing import Any

from django import forms

from clinic.forms.house import NO_CHOICE, day_field
from clinic.models import AuditEvent, Clinic
from clinic.queries.audit_log import subjects_of

SYSTEM_LOG = "system"


class AuditFilter(forms.Form):
    """The filters of the audit log; all may be empty. Places in the log are whole numbers."""

    log = forms.ChoiceField(required=False)
    who = forms.ChoiceField(required=False)
    what = forms.ChoiceField(required=False)
    outcome = forms.ChoiceField(
        required=False, choices=[("", "Done and refused"), *AuditEvent.Outcome.choices]
    )
    about = forms.CharField(
        label="Patient or record",
        required=False,
        max_length=60,
        help_text="Its code, such as PT-000152.",
    )
    since = day_field(label="From", required=False)
    until = day_field(label="To", required=False)
    before = forms.IntegerField(required=False, min_value=1, max_value=2**62)
    after = forms.IntegerField(required=False, min_value=0, max_value=2**62)

    def __init__(
        self,
        *args: Any,
        clinic: Clinic,
        may_see_system: bool,
        people: list[tuple[str, str]],
        actions: list[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for name in ("log", "who", "what", "outcome"):
            self.fields[name].error_messages["invalid_choice"] = NO_CHOICE
        self.clinic = clinic
        logs = [("", clinic.name)]
        if may_see_system:
            logs.append((SYSTEM_LOG, "Log-ins and screens"))
        self.fields["log"].choices = logs  # type: ignore[attr-defined]
        self.fields["who"].choices = [("", "Anyone"), *people]  # type: ignore[attr-defined]
        self.fields["what"].choices = [("", "Anything"), *actions]  # type: ignore[attr-defined]

    def clean_about(self) -> str:
        """The code as the audit writes it: PT-152 is PT-000152."""
        typed: str = self.cleaned_data["about"]
        if not typed:
            return ""
        if found := subjects_of(self.clinic, typed):
            return found.code
        # What is searched for stays in the audit for ever: a name has no place there.
        raise forms.ValidationError(
            "Enter a code, such as PT-000152, T-1A2B3C4D or C-000123, or a lot or license on file."
        )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        since, until = values.get("since"), values.get("until")
        if since and until and until < since:
            self.add_error("until", "Choose a day on or after the first.")
        return values
