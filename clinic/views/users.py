"""Who logs in: the list, inviting, roles, and what becomes of an account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from clinic import accounts, operations
from clinic.forms import HouseForm
from clinic.forms.house import NOT_OURS
from clinic.forms.users import InviteForm, UserForm
from clinic.models import Invitation, User
from clinic.permissions import Permission
from clinic.queries import users as queries
from clinic.queries.factors import factors_of
from clinic.refusals import Refusal
from clinic.views.doors import FormPage, StaffRequest, acting, go
from clinic.views.set_up import Line, SetUpChange, SetUpForm, SetUpList

KEEPERS = (Permission.KEEP_USERS,)
NO_MAIL = "No mail leaves this installation: it is written to files."
NOT_MAILED = "The message to %s could not be sent. Check the address, then press Send again."


class Users(SetUpList):
    """Everyone who logs in, in use first."""

    may = KEEPERS
    title = "Users"
    lead = "Who logs in, and with which roles. Each person has an account of their own."
    columns = ("Name", "Email", "Roles", "Standing")
    add = "setup-user-add"
    add_label = "Invite someone"
    empty = "Nobody logs in yet."

    def lines(self) -> Sequence[Line]:
        found = queries.accounts_kept_by(self.request.user, at=timezone.now())
        return [
            Line(
                one.user.name,
                reverse("setup-user", args=[one.user.pk]),
                (one.user.email, "; ".join(one.roles) or "None"),
                one.standing.status,
                one.standing.label,
            )
            for one in found
        ]


class InviteUser(SetUpForm):
    """An account for someone new, and the message with its link."""

    may = KEEPERS
    template_name = "clinic/user_form.html"
    title = "Invite someone"
    lead = "They get a message with a link, and choose their own password there."
    verb = "Send the invitation"
    after = "setup-users"
    after_label = "Users"
    form_class = InviteForm

    def get_form_kwargs(self) -> dict[str, Any]:
        clinics = queries.clinics_kept_by(self.request.user)
        return super().get_form_kwargs() | {"clinics": clinics}

    def perform(self, form: InviteForm) -> Invitation:
        return operations.invite_user(
            clinic=self.request.clinic, **form.values, **acting(self.request), once=form.key
        )

    def where_to(self, result: Invitation) -> str:
        mail(self, result)
        return reverse("setup-user", args=[result.user_id])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = super().get_context_data(**kwargs) | {"roles": _roles()}
        if settings.MAIL_STAYS_HERE:
            found["lead"] = f"{NO_MAIL} You get the link to hand over."
        return found


class ChangeUser(SetUpChange):
    """One account: its name and roles, how it stands, and what can be done with it."""

    may = KEEPERS
    after = "setup-users"
    after_label = "Users"
    template_name = "clinic/user_form.html"
    form_class = UserForm

    def rows(self) -> QuerySet[User]:
        return queries.users_kept_by(self.request.user)

    @property
    def title(self) -> str:  # type: ignore[override]
        """The person's name."""
        return str(self.row)

    @property
    def own(self) -> bool:
        """Whether it is the reader's own account."""
        return bool(self.row.pk == self.request.user.pk)

    def get_form_kwargs(self) -> dict[str, Any]:
        clinics = queries.clinics_kept_by(self.request.user)
        return super().get_form_kwargs() | {"clinics": clinics, "own": self.own}

    def get_initial(self) -> dict[str, Any]:
        grants = [f"{one.clinic_id}:{one.role}" for one in self.row.assignments.all()]
        return super().get_initial() | {"roles": grants}

    def perform(self, form: UserForm) -> User:
        return operations.change_user(
            clinic=self.request.clinic,
            user=self.row,
            **form.values,
            **acting(self.request),
            once=form.key,
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        account = queries.account_of(self.row, keeper=self.request.user, at=timezone.now())
        return super().get_context_data(**kwargs) | {
            "account": account,
            "factors": factors_of(self.row).said,
            "own": self.own,
            "roles": _roles(),
            "presses": [
                {
                    "url": reverse(name, args=[self.row.pk]),
                    "verb": verb,
                    "about": about,
                    "key": uuid4().hex,
                }
                for name, verb, about in _presses(account, own=self.own)
            ],
        }


class _OnAccount(FormPage):
    """A press on the page of an account: one operation, and back to the page."""

    http_method_names = ["post"]
    may = KEEPERS
    form_class = HouseForm

    @cached_property
    def row(self) -> User:
        found = queries.users_kept_by(self.request.user)
        user: User = get_object_or_404(found, pk=self.kwargs["pk"])
        return user

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.row  # noqa: B018 - what is not there is 404, whoever asks
        return super().post(request, *args, **kwargs)

    def where_to(self, result: Any) -> str:
        return reverse("setup-user", args=[self.row.pk])

    def form_invalid(self, form: Any) -> HttpResponse:
        # No button of ours sends such a thing, and there is nothing typed to show again.
        raise Refusal(NOT_OURS, rule="P33", way_out="Reload the page.")

    def form_refused(self, form: Any, no: Refusal) -> HttpResponse:
        # The page shows what is so by now, which is mostly why it was refused.
        messages.error(self.request, no.text)
        return go(self.request, self.where_to(None))


class InviteAgain(_OnAccount):
    """A new link; the one before it opens nothing any more."""

    def perform(self, form: HouseForm) -> Invitation:
        return operations.invite_again(
            clinic=self.request.clinic, user=self.row, **acting(self.request), once=form.key
        )

    def where_to(self, result: Invitation | None) -> str:
        if result is not None:
            mail(self, result)
        return super().where_to(result)


class WithdrawInvitation(_OnAccount):
    """The link opens nothing any more."""

    def perform(self, form: HouseForm) -> User:
        return operations.withdraw_invitation(
            clinic=self.request.clinic, user=self.row, **acting(self.request), once=form.key
        )

    def where_to(self, result: User | None) -> str:
        if result is not None:
            messages.success(self.request, f"The invitation of {result} is withdrawn.")
        return super().where_to(result)


class SendReset(_OnAccount):
    """A link by which she chooses a new password."""

    def perform(self, form: HouseForm) -> User:
        return operations.make_reset_link(
            clinic=self.request.clinic, user=self.row, **acting(self.request), once=form.key
        )

    def where_to(self, result: User | None) -> str:
        # A second press finds the account without the link that the first one sent.
        if result is not None and result.reset_key:
            if accounts.mail_reset(result):
                tell_link(
                    self.request,
                    f"A link is on its way to {result.email}.",
                    to=result,
                    link=accounts.reset_link(result),
                )
            else:
                messages.error(self.request, NOT_MAILED % result.email)
        return super().where_to(result)


class EndSessions(_OnAccount):
    """Out of every screen, at the next request there."""

    def perform(self, form: HouseForm) -> User:
        return operations.end_sessions(
            clinic=self.request.clinic, user=self.row, **acting(self.request), once=form.key
        )

    def where_to(self, result: User | None) -> str:
        if result is not None:
            messages.success(self.request, f"{result} is logged out everywhere.")
        return super().where_to(result)


class ResetSecondFactor(_OnAccount):
    """Her phone is lost: she logs in by her password, and sets up another one."""

    def perform(self, form: HouseForm) -> User:
        return operations.reset_second_factor(
            clinic=self.request.clinic, user=self.row, **acting(self.request), once=form.key
        )

    def where_to(self, result: User | None) -> str:
        if result is not None:
            messages.success(
                self.request, f"{result} has no second factor now, and is logged out everywhere."
            )
        return super().where_to(result)


def mail(page: FormPage, invitation: Invitation) -> None:
    """Send the link; what a second press of the form finds has none left to send."""
    request = page.request
    if not invitation.secret:
        return
    if accounts.mail_invitation(invitation, clinic=request.clinic, **acting(request)):
        tell_link(
            request,
            f"The invitation is on its way to {invitation.user.email}.",
            to=invitation.user,
            link=accounts.invitation_link(invitation),
        )
    else:
        messages.error(request, NOT_MAILED % invitation.user.email)


def tell_link(request: StaffRequest, sent: str, *, to: User, link: str) -> None:
    """Say that a link is on its way or, where no mail leaves, show it this once to hand over."""
    if settings.MAIL_STAYS_HERE:
        messages.warning(request, f"{NO_MAIL} Give {to.name} this link, shown only now: {link}")
    else:
        messages.success(request, sent)


def _presses(account: queries.Account, *, own: bool) -> list[tuple[str, str, str]]:
    """The acts that an account allows now: address, verb, what it does."""
    if account.user.is_active:
        acts = [
            ("setup-user-reset", "Send a link for a new password", ""),
            ("setup-user-end-sessions", "Log out everywhere", "For a tablet that was lost."),
        ]
        if account.has_factor and not own:
            lost = "For a phone that was lost: they set up another one at the next log-in."
            acts.append(("setup-user-reset-second-factor", "Reset the second factor", lost))
        return acts
    if account.user.has_usable_password():
        return []
    again = "Send again" if account.is_invited else "Send an invitation"
    acts = [("setup-user-invite", again, "A new link; the one before it opens nothing any more.")]
    if account.is_invited:
        acts.append(("setup-user-withdraw", "Withdraw the invitation", ""))
    return acts


def _roles() -> list[tuple[str, str]]:
    return [(role.label, about) for role, about in queries.ABOUT_ROLES.items()]
