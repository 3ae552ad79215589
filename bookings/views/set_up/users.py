"""Switching an account off, with a look at what is booked with its owner."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet
from django.utils import timezone

from bookings import queries
from clinic import operations
from clinic.forms.set_up import UseForm
from clinic.models import Record, User
from clinic.permissions import Permission
from clinic.queries.users import users_kept_by
from clinic.views.doors import acting
from clinic.views.set_up import SetUpUse


class UseUser(SetUpUse):
    """Off at once, or on again."""

    may = (Permission.KEEP_USERS,)
    template_name = "clinic/user_use.html"
    page = "setup-user"
    after = "setup-users"

    def rows(self) -> QuerySet[User]:
        return users_kept_by(self.request.user)

    def touched(self) -> Sequence[queries.Touched]:
        practitioner = getattr(self.row, "practitioner", None)
        if practitioner is None:
            return ()
        return queries.say_visits_of(
            practitioner, clinic=self.request.clinic, at=timezone.now(), by=self.request.user
        )

    def perform(self, form: UseForm) -> User:
        return operations.set_user_use(
            clinic=self.request.clinic,
            user=self.row,
            **form.values,
            **acting(self.request),
            once=form.key,
        )

    def said(self, result: Record) -> str:
        if self.in_use():
            return f"{result} can log in again."
        return f"The account of {result} is switched off."
