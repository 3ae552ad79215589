"""What the set-up pages share: a list of what there is, and a form to add, change or retire it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

from clinic.forms.set_up import ChangeForm, UseForm
from clinic.models import Record
from clinic.permissions import Permission
from clinic.refusals import Refusal
from clinic.sitemap import places_for
from clinic.views.doors import FormPage, Page


@dataclass(frozen=True)
class Line:
    """One thing of a set-up list: its name leads to its page, `cells` stand in the columns.

    `status` and `label` are its badge, as in _parts/badge.html ("" for none).
    """

    name: str
    url: str
    cells: Sequence[str] = field(default=())
    status: str = ""
    label: str = ""


class SetUpList(Page):
    """What a clinic has of one kind. Subclasses give the words and `lines()`.

    `add` and `add_label` lead to the page that adds one, `empty` says why there is none yet;
    `first` and `first_label` lead to what is to be there before, where that is another page.
    """

    may: tuple[Permission, ...] = (Permission.SET_UP_CLINIC,)
    template_name = "clinic/set_up_list.html"
    title = ""
    lead = ""
    columns: tuple[str, ...] = ()
    add = ""
    add_label = ""
    empty = ""
    first = ""
    first_label = ""

    def lines(self) -> Sequence[Line]:
        """What is listed, in use first."""
        raise NotImplementedError

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        open_to = {one.name for one in places_for(self.request.user, self.request.clinic)}
        return super().get_context_data(**kwargs) | {
            "back": reverse("setup") if "setup" in open_to else "",
            "title": self.title,
            "lead": self.lead,
            "columns": self.columns,
            "lines": self.lines(),
            "add_url": reverse(self.add) if self.add else "",
            "add_label": self.add_label,
            "empty": self.empty,
            "first_url": reverse(self.first or self.add) if self.first or self.add else "",
            "first_label": self.first_label or self.add_label,
        }


class SetUpForm(FormPage):
    """Adds one thing; `after` is the list it then stands in, by name.

    Subclasses give `form_class`, the words, and `perform`.
    """

    may: tuple[Permission, ...] = (Permission.SET_UP_CLINIC,)
    template_name = "clinic/set_up_form.html"
    title = ""
    lead = ""
    verb = "Save"
    after = ""
    after_label = ""

    def said(self, result: Any) -> str:
        """What the next page says of it."""
        return f"{result} is on file."

    def where_to(self, result: Any) -> str:
        messages.success(self.request, self.said(result))
        return reverse(self.after)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "title": self.title,
            "lead": self.lead,
            "verb": self.verb,
            "back": reverse(self.after),
            "back_label": self.after_label,
            "differences": kwargs.get("differences", []),
        }


class SetUpRow(SetUpForm):
    """A page about one row; one that is not of this clinic is not there (P15)."""

    def rows(self) -> QuerySet[Any]:
        """Those among which the row is looked for."""
        raise NotImplementedError

    def key(self) -> Any:
        """The key of the row, from the address."""
        return self.kwargs["pk"]

    @cached_property
    def row(self) -> Any:
        return get_object_or_404(self.rows(), pk=self.key())

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.row  # noqa: B018 - what is not there is 404, whoever asks
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: str, **kwargs: Any) -> HttpResponse:
        self.row  # noqa: B018 - as above, whatever was typed
        return super().post(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"row": self.row}


class SetUpChange(SetUpRow):
    """Changes one row; after a lost race both texts stand side by side (P12).

    `use` is the address, by name, that takes the row out of use and back; `in_use` whether it is
    in use now.
    """

    use = ""

    def in_use(self) -> bool:
        """Whether the row is among the choices now."""
        return bool(self.row.is_active)

    def said(self, result: Any) -> str:
        return f"{result} is saved."

    def get_initial(self) -> dict[str, Any]:
        names = [name for name in self.form_class.base_fields if hasattr(self.row, name)]  # type: ignore[union-attr]
        return {name: getattr(self.row, name) for name in names}

    def form_refused(self, form: ChangeForm, no: Refusal) -> HttpResponse:
        """Both texts side by side; the next save is judged against what is on file now."""
        if no.rule != "P12":
            return super().form_refused(form, no)
        del self.row
        form.errors.pop("__all__", None)  # the note above the form says it, with both texts
        form.now_at(self.row.version)
        context = self.get_context_data(form=form, differences=form.differences(self.row))
        return self.render_to_response(context, status=no.status)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = super().get_context_data(**kwargs)
        if self.use:
            found |= {"use_url": reverse(self.use, args=[self.row.pk]), "in_use": self.in_use()}
        return found


class SetUpUse(SetUpRow):
    """Asks before something goes out of use, says what is booked with it, and brings it back.

    Subclasses give `perform`, `touched()` and the words; `page` is the row's own, by name.
    """

    template_name = "clinic/set_up_use.html"
    form_class: type[UseForm] = UseForm
    page = ""
    what = ""
    # How one speaks of it.
    booked_with = "it"
    # Whether it goes in and out of use in all clinics at once.
    everywhere = False

    def in_use(self) -> bool:
        """Whether the row is among the choices now."""
        return bool(self.row.is_active)

    def touched(self) -> Sequence[Any]:
        """What is booked with it and stays booked, a line each, see _parts/touched.html."""
        return ()

    def get_initial(self) -> dict[str, Any]:
        return {"version": self.row.version, "in_use": not self.in_use()}

    def said(self, result: Record) -> str:
        return f"{result} is in use." if self.in_use() else f"{result} is out of use."

    def where_to(self, result: Record) -> str:
        self.__dict__["row"] = result
        return super().where_to(result)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        in_use = self.in_use()
        return super().get_context_data(**kwargs) | {
            "in_use": in_use,
            "touched": self.touched() if in_use else (),
            "what": self.what,
            "booked_with": self.booked_with,
            "everywhere": self.everywhere,
            "back": reverse(self.page, args=[self.row.pk]),
            "back_label": str(self.row),
        }
