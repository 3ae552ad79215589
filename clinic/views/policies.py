"""What the organization asks of everybody who logs in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.urls import reverse

from clinic import operations
from clinic.forms.security import PolicyForm
from clinic.permissions import Permission
from clinic.queries import factors as queries
from clinic.refusals import Refusal
from clinic.views.doors import acting
from clinic.views.set_up import SetUpForm


class LogInPolicy(SetUpForm):
    """Whether all staff log in with a second factor, and who has none yet."""

    may = (Permission.KEEP_USERS,)
    template_name = "clinic/log_in_policy.html"
    title = "Log-in policy"
    lead = "For everybody in all clinics of the organization."
    after = "setup"
    after_label = "Set-up"
    form_class = PolicyForm

    def get_initial(self) -> dict[str, Any]:
        found = queries.organization()
        return {
            "version": found.version if found else 1,
            "mfa_required": bool(found and found.mfa_required),
        }

    def perform(self, form: PolicyForm) -> Any:
        return operations.set_second_factor_policy(
            clinic=self.request.clinic,
            required=form.cleaned_data["mfa_required"],
            version=form.cleaned_data["version"],
            **acting(self.request),
            once=form.key,
        )

    def form_refused(self, form: PolicyForm, no: Refusal) -> Any:
        found = queries.organization()
        if no.rule == "P12" and found is not None:
            form.now_at(found.version)
        return super().form_refused(form, no)

    def where_to(self, result: Any) -> str:
        says = "log in with a second factor" if result.mfa_required else "may log in without one"
        messages.success(self.request, f"All staff {says}.")
        return reverse("setup-security")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "without": queries.without_factor(self.request.user),
            "by_installation": settings.MFA_REQUIRED,
        }
