"""Proving who one is: the second step of the log-in, and once more before one's own account
changes."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.decorators import login_stage_required
from allauth.account.internal.stagekit import clear_login
from allauth.mfa.stages import AuthenticateStage
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.decorators import method_decorator
from django.views.generic import FormView

from clinic import accounts, second_factor
from clinic.forms import HouseForm
from clinic.forms.security import CodeForm, PasskeyForm, PasswordForm
from clinic.queries.factors import wanted_of


class _Proving(FormView):
    """A code or a passkey of `account`; each has a form of its own on the page."""

    form_class: type[HouseForm] = CodeForm
    template_name = "account/prove.html"
    account: Any

    def proved(self) -> HttpResponse:
        """Where it goes on."""
        raise NotImplementedError

    def get_form_class(self) -> type[HouseForm]:
        return PasskeyForm if "credential" in self.request.POST else self.form_class

    def no(self, form: HouseForm) -> str | None:
        """The sentence that says no, or None."""
        if isinstance(form, PasskeyForm):
            return second_factor.check_passkey(
                self.request, self.account, form.cleaned_data["credential"]
            )
        return second_factor.check_code(self.request, self.account, form.cleaned_data["code"])

    def form_valid(self, form: HouseForm) -> HttpResponse:
        no = self.no(form)
        if no is None:
            return self.proved()
        form.add_error(None if isinstance(form, PasskeyForm) else self._field, no)
        return self.form_invalid(form)

    _field = "code"

    def form_invalid(self, form: HouseForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=form.status)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = super().get_context_data(**kwargs)
        form = found["form"]
        by_passkey = isinstance(form, PasskeyForm)
        return found | {
            "form": self.form_class() if by_passkey else form,
            "passkey_form": form if by_passkey else PasskeyForm(auto_id="passkey_%s"),
            "question": self.question(),
        }

    def question(self) -> str:
        """What the passkeys are asked; "" where there are none."""
        return second_factor.passkey_question(self.account)


@method_decorator(
    login_stage_required(stage=AuthenticateStage.key, redirect_urlname="account_login"),
    name="dispatch",
)
class LogInStep(_Proving):
    """After the password: nobody is logged in before it, and it is open for a quarter hour."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.stage = request._login_stage  # type: ignore[attr-defined]
        self.account = self.stage.login.user
        wanted = wanted_of(self.account)
        if not self.account.is_active or not wanted.has:
            # Switched off, or reset, since the password was typed: it begins anew.
            clear_login(request)
            return HttpResponseRedirect(reverse("account_login"))
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        patch_cache_control(answer, no_store=True, private=True)
        return answer

    def proved(self) -> HttpResponse:
        done: HttpResponse = self.stage.exit()
        return done

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "title": "Your second factor",
            "verb": "Log in",
            "log_in": True,
            "next": "",
        }


class Confirm(_Proving):
    """Once more, by whoever is logged in: by her second factor, or by her password where she has
    none. A password alone never takes a second factor away."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.account = request.user
        self.has = wanted_of(request.user).has if request.user.is_authenticated else False
        self.form_class = CodeForm if self.has else PasswordForm
        return super().dispatch(request, *args, **kwargs)

    def get_form_class(self) -> type[HouseForm]:
        return super().get_form_class() if self.has else PasswordForm

    def no(self, form: HouseForm) -> str | None:
        if self.has:
            return super().no(form)
        no = accounts.confirm_password(self.request, form.cleaned_data["password"])
        if no is None:
            second_factor.prove(self.request)
        return no

    @property
    def _field(self) -> str:  # type: ignore[override]
        return "code" if self.has else "password"

    def question(self) -> str:
        return super().question() if self.has else ""

    def proved(self) -> HttpResponse:
        return HttpResponseRedirect(self._next())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "title": "Confirm it is you",
            "verb": "Confirm",
            "log_in": False,
            "next": self._next(),
        }

    def _next(self) -> str:
        wanted = self.request.POST.get("next") or self.request.GET.get("next") or ""
        return accounts.safe_address(self.request, wanted, reverse("security"))
