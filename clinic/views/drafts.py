"""Where a page keeps what is being typed, and asks for it when it is opened again."""

from __future__ import annotations

from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.views.generic import View

from clinic import drafts
from clinic.rules import say_time
from clinic.views.doors import StaffRequest, form_of


class DraftOf(View):
    """One form's draft of the person signed in: `page` is the address that the form sends to."""

    http_method_names = ["get", "post"]

    def get(self, request: StaffRequest) -> HttpResponse:
        found = drafts.kept(form_of(request, request.GET.get("page", "")), at=timezone.now())
        if found is None:
            return HttpResponse(status=204)
        local = timezone.localtime(found.saved_at)
        return JsonResponse({"fields": found.fields, "saved": say_time(local)})

    def post(self, request: StaffRequest) -> HttpResponse:
        text = request.POST.get("fields", "")
        fields = drafts.read(text)
        form = form_of(request, request.POST.get("page", ""))
        if not form.is_ours:
            return HttpResponse(status=422)
        if not text:
            drafts.forget(form)
            return HttpResponse(status=204)
        done = drafts.keep(form, fields, at=timezone.now())
        return HttpResponse(status=204 if done else 422)
