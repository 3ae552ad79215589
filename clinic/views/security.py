"""One's own second factors: authenticator app, passkeys, recovery codes."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.views.generic import FormView, TemplateView

from clinic import accounts, operations, second_factor
from clinic.forms import HouseForm
from clinic.forms.security import AppForm, NameForm, NewPasskeyForm
from clinic.queries import factors as queries
from clinic.refusals import Refusal
from clinic.rules.factors import in_fours
from clinic.views.doors import StaffRequest, acting, attempt, go

NOT_READ = "The passkey was not read. Try again."


class Security(TemplateView):
    """What stands beside one's password, and what can be done about it."""

    request: StaffRequest
    template_name = "account/security.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = queries.factors_of(self.request.user)
        return super().get_context_data(**kwargs) | {
            "factors": found,
            "must": queries.is_required(),
            "can_hold_passkeys": second_factor.can_hold_passkeys(self.request),
            "keys": {name: uuid4().hex for name in ("app", "codes")},
            "passkey_keys": [(one, uuid4().hex) for one in found.passkeys],
        }


class OwnPage(FormView):
    """A page on which one's own account changes: only just after one has proved who one is."""

    request: StaffRequest
    form_class: type[HouseForm] = HouseForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        known = str(request.method).lower() in self.http_method_names
        if known and not second_factor.is_recent(request):
            back = request.path if request.method == "GET" else reverse("security")
            return go(request, f"{reverse('account_reauthenticate')}?{urlencode({'next': back})}")
        return super().dispatch(request, *args, **kwargs)

    def perform(self, form: Any) -> Any:
        """Call the operation."""
        raise NotImplementedError

    def done(self, result: Any) -> str:
        """The address after success."""
        return reverse("security")

    def form_valid(self, form: HouseForm) -> HttpResponse:
        return attempt(
            self.request,
            form,
            lambda: self.perform(form),
            done=lambda result: go(self.request, self.done(result)),
            refused=lambda no: self.refused(form, no),
        )

    def form_invalid(self, form: HouseForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=form.status)

    def refused(self, form: HouseForm, no: Refusal) -> HttpResponse:
        """The same page with the refusal in it."""
        return self.form_invalid(form)


class _Press(OwnPage):
    """A press on the page of one's second factors, and back to it."""

    http_method_names = ["post"]

    def refused(self, form: HouseForm, no: Refusal) -> HttpResponse:
        messages.error(self.request, no.text)
        return go(self.request, reverse("security"))


def _first_factor(request: StaffRequest, *, had: bool) -> str:
    """After a factor is on: the session is there already; its first one has brought codes."""
    second_factor.passed(request, request.user)
    if had:
        return reverse("security")
    request.session[second_factor.NEW_CODES] = True
    return reverse("security-codes")


class App(OwnPage):
    """The secret as a picture and as text, and the first code that the app shows."""

    template_name = "account/security_app.html"
    form_class = AppForm

    def perform(self, form: Any) -> Any:
        self.had = queries.factors_of(self.request.user).codes_left is not None
        return operations.turn_on_app(
            secret=second_factor.app_secret(self.request),
            code=form.cleaned_data["code"],
            **acting(self.request),
            once=form.key,
        )

    def done(self, result: Any) -> str:
        self.request.session.pop(second_factor.SECRET, None)
        messages.success(self.request, "Your authenticator app is on.")
        return _first_factor(self.request, had=self.had)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        secret = second_factor.app_secret(self.request)
        return super().get_context_data(**kwargs) | {
            "picture": second_factor.picture_of(self.request.user, secret),
            "secret": in_fours(secret),
        }


class AppOff(_Press):
    """Without the app from now on."""

    def perform(self, form: Any) -> Any:
        return operations.turn_off_app(**acting(self.request), once=form.key)

    def done(self, result: Any) -> str:
        messages.success(self.request, "Your authenticator app is off.")
        return _after_taking_away(self.request)


class AddPasskey(OwnPage):
    """The browser makes a passkey; it is on file once it has answered."""

    template_name = "account/security_passkey_add.html"
    form_class = NewPasskeyForm

    def perform(self, form: Any) -> Any:
        answer = form.cleaned_data["credential"]
        credential = second_factor.read_new_passkey(self.request, answer)
        if credential is None:
            raise Refusal(NOT_READ, rule="P19")
        self.had = queries.factors_of(self.request.user).codes_left is not None
        return operations.add_passkey(
            name=form.cleaned_data["name"],
            credential=credential,
            **acting(self.request),
            once=form.key,
        )

    def done(self, result: Any) -> str:
        messages.success(self.request, "Your passkey is on file.")
        return _first_factor(self.request, had=self.had)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        able = second_factor.can_hold_passkeys(self.request)
        user = self.request.user
        return super().get_context_data(**kwargs) | {
            "question": second_factor.new_passkey_question(user) if able else "",
        }


class Passkey(OwnPage):
    """One's own passkey, under another name; another's is not there (P15)."""

    template_name = "account/security_passkey.html"
    form_class = NameForm

    @cached_property
    def row(self) -> Any:
        return get_object_or_404(queries.passkeys_of(self.request.user), pk=self.kwargs["pk"])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.row  # noqa: B018 - what is not there is 404
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: str, **kwargs: Any) -> HttpResponse:
        self.row  # noqa: B018 - as above, whatever was typed
        return super().post(request, *args, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        return {"name": self.row.data["name"]}

    def perform(self, form: Any) -> Any:
        return operations.rename_passkey(
            passkey=self.row,
            name=form.cleaned_data["name"],
            **acting(self.request),
            once=form.key,
        )


class RemovePasskey(_Press):
    """It proves nothing from now on."""

    def perform(self, form: Any) -> Any:
        row = get_object_or_404(queries.passkeys_of(self.request.user), pk=self.kwargs["pk"])
        return operations.remove_passkey(passkey=row, **acting(self.request), once=form.key)

    def done(self, result: Any) -> str:
        messages.success(self.request, "The passkey is removed.")
        return _after_taking_away(self.request)


def _after_taking_away(request: StaffRequest) -> str:
    """Without any factor left, the session has none to have passed."""
    if not queries.factors_of(request.user).any:
        request.session.pop(second_factor.PASSED, None)
    return reverse("security")


class NewCodes(_Press):
    """New recovery codes, shown once."""

    def perform(self, form: Any) -> Any:
        return operations.make_recovery_codes(**acting(self.request), once=form.key)

    def done(self, result: Any) -> str:
        self.request.session[second_factor.NEW_CODES] = True
        return reverse("security-codes")


class Codes(OwnPage):
    """Recovery codes that were just made: there until their owner says that she has them."""

    template_name = "account/security_codes.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.session.get(second_factor.NEW_CODES):
            return go(request, reverse("security"))
        return super().get(request, *args, **kwargs)

    def form_valid(self, form: HouseForm) -> HttpResponse:
        self.request.session.pop(second_factor.NEW_CODES, None)
        led_from = str(self.request.session.pop(second_factor.LED_FROM, ""))
        return go(
            self.request,
            accounts.safe_address(self.request, led_from, reverse("security")),
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        codes = queries.recovery_codes_of(self.request.user)
        return super().get_context_data(**kwargs) | {"codes": [in_fours(one) for one in codes]}


class CodesFile(OwnPage):
    """The same codes as a text file."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.session.get(second_factor.NEW_CODES):
            raise Http404
        codes = queries.recovery_codes_of(self.request.user)
        lines = ["Recovery codes. Each opens your account once, beside your password.", ""]
        text = "\r\n".join([*lines, *(in_fours(one) for one in codes), ""])
        answer = HttpResponse(text, content_type="text/plain; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="recovery-codes.txt"'
        return answer
