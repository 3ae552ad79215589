"""The first page of an empty installation."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.generic import FormView

from clinic import operations
from clinic.forms.first_start import FirstStartForm
from clinic.queries.first_start import is_empty
from clinic.refusals import Refusal


class FirstStart(FormView):
    """Organization, first clinic, first administrator; not there once anybody is on file.

    Open only where the server was started for it on this machine alone (`make run DEMO=0`);
    elsewhere whoever looks after the server makes the first account.
    """

    template_name = "clinic/first_start.html"
    form_class = FirstStartForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not is_empty():
            raise Http404
        if request.method == "POST" and not settings.FIRST_START_OPEN:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"is_open": settings.FIRST_START_OPEN}

    def form_valid(self, form: FirstStartForm) -> HttpResponse:
        try:
            user = operations.first_start(**form.values, at=timezone.now())
        except Refusal as no:
            form.refuse(no)
            return self.form_invalid(form)
        user.backend = "clinic.accounts.StaffBackend"
        get_adapter().login(self.request, user)
        messages.success(self.request, f"Welcome, {user.name}. Here is what to set up next.")
        return HttpResponseRedirect(reverse("setup"))

    def form_invalid(self, form: FirstStartForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=form.status)
