"""One's own tokens of the JSON API: the list, a new one, and revoking one."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.generic import FormView, TemplateView

from clinic import operations
from clinic.forms import HouseForm
from clinic.forms.tokens import TokenForm
from clinic.models import ApiToken
from clinic.queries import tokens as queries
from clinic.refusals import Refusal
from clinic.views.doors import StaffRequest, acting, attempt, go
from clinic.views.security import OwnPage


class Tokens(TemplateView):
    """Which programs may speak in one's name."""

    request: StaffRequest
    template_name = "account/tokens.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = queries.tokens_of(self.request.user, at=timezone.now())
        return super().get_context_data(**kwargs) | {
            "tokens": [(one, uuid4().hex) for one in found],
            "schema": reverse("api:openapi-json"),
        }


class MakeToken(OwnPage):
    """A new token; the answer shows it, and nothing shows it again."""

    template_name = "account/token_make.html"
    form_class = TokenForm

    def perform(self, form: Any) -> ApiToken:
        return operations.create_token(**form.values, **acting(self.request), once=form.key)

    def form_valid(self, form: HouseForm) -> HttpResponse:
        return attempt(
            self.request,
            form,
            lambda: self.perform(form),
            done=lambda made: render(self.request, "account/token_made.html", {"token": made}),
            refused=lambda no: self.refused(form, no),
        )


class RevokeToken(FormView):
    """It opens nothing from now on. One can always do so: it takes a right away, and gives none."""

    request: StaffRequest
    http_method_names = ["post"]
    form_class = HouseForm

    def form_valid(self, form: HouseForm) -> HttpResponse:
        row = queries.own_token(self.request.user, self.kwargs["pk"])
        if row is None:
            raise Http404
        try:
            operations.revoke_token(token=row, **acting(self.request), once=form.key)
        except Refusal as no:
            messages.error(self.request, no.text)
        else:
            messages.success(self.request, f"The token “{row.name}” is revoked.")
        return go(self.request, reverse("tokens"))

    def form_invalid(self, form: HouseForm) -> HttpResponse:
        return go(self.request, reverse("tokens"))
