"""When the clinic at work is open."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from bookings import operations
from bookings.forms.hours import OpeningForm, initial_week
from bookings.views.set_up.hours import copied
from clinic.models import Clinic
from clinic.queries.places import clinics_of
from clinic.rules import say_week
from clinic.views.doors import acting
from clinic.views.set_up import SetUpRow


class OpeningHours(SetUpRow):
    """The week of the clinic."""

    title = "Opening hours"
    lead = (
        "When patients find the door open. Who treats when, working hours say. Up to two spans "
        "a day; leave a day empty where the clinic is closed: then no time is offered."
    )
    verb = "Save the hours"
    after = "setup"
    after_label = "Set-up"
    template_name = "bookings/opening.html"
    form_class = OpeningForm

    def key(self) -> Any:
        return self.request.clinic.pk

    def rows(self) -> QuerySet[Clinic]:
        return clinics_of(self.request.user)

    def get_initial(self) -> dict[str, Any]:
        week = [[(first, last) for first, last in day] for day in self.row.hours]
        return {"version": self.row.version, **initial_week(week)}

    def post(self, request: HttpRequest, *args: str, **kwargs: Any) -> HttpResponse:
        if "copy" not in request.POST:
            return super().post(request, *args, **kwargs)
        form = copied(request, self.get_form())
        return self.render_to_response(self.get_context_data(form=form))

    def perform(self, form: OpeningForm) -> Clinic:
        return operations.set_opening_hours(
            clinic=self.row, **form.values, **acting(self.request), once=form.key
        )

    def said(self, result: Clinic) -> str:
        return f"{result} is open: {say_week(result.hours)}."
