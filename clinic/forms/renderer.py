"""How every form of the site becomes a page, those of the log-in library among them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import django.forms
from django.conf import settings
from django.forms import BoundField, CheckboxInput, FileInput, MultiWidget, Select
from django.forms.renderers import DjangoTemplates
from django.template.backends.django import DjangoTemplates as Backend
from django.utils.safestring import SafeString

WIDGETS = "django/forms/widgets/"
# Django has a template for each kind of one-line input, and all of them are this one.
INPUTS = frozenset(
    f"{WIDGETS}{kind}.html"
    for kind in (
        *("text", "number", "email", "url", "tel", "search", "password", "hidden"),
        *("date", "datetime", "time"),
    )
)


def said(attrs: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The attributes that stand in a tag, for its template to write; a truth stands `bare`."""
    return [
        {"name": name, "text": one if isinstance(one, str) else str(one), "bare": one is True}
        for name, one in attrs.items()
        if one is not None and one is not False
    ]


def _option(given: dict[str, Any]) -> dict[str, Any]:
    attrs = {"value": str(given["value"])} | given["attrs"]
    return {"said": said(attrs), "label": given["label"]}


class PlainField(BoundField):
    """A field that says at once all that its template shows of it."""

    def drawn(self) -> dict[str, Any] | None:
        """Label, control, what is wrong with it, help: of one control under its label.

        None of all other kinds, and of what is hidden: the form library draws these.
        """
        others = (CheckboxInput, FileInput, MultiWidget)
        if self.is_hidden or self.use_fieldset or isinstance(self.field.widget, others):
            return None
        own, wrong = self.auto_id, self.errors
        return {
            "id": own,
            "label": self.label,
            "label_for": self.id_for_label,
            "required": self.field.required,
            "control": self._control(),
            "wrong_id": f"{own}_error",
            "wrong": [{"id": f"error_{n}_{own}", "says": one} for n, one in enumerate(wrong, 1)],
            "help": self.help_text,
            "help_id": f"{own}_helptext" if own else "",
        }

    def _control(self) -> SafeString:
        """The control with its classes: those that the form library gives it."""
        widget = self.field.widget
        classes = [
            *widget.attrs.get("class", "").split(),
            type(widget).__name__.lower(),
            "form-select" if isinstance(widget, Select) else "form-control",
            *(["is-invalid"] if self.errors else []),
        ]
        return self.as_widget(attrs={"class": " ".join(dict.fromkeys(classes))})


class WholeTexts(DjangoTemplates):
    """Fields that take whatever is typed or pasted into them.

    A browser cuts what is longer than `maxlength`, and says nothing; what is left would be signed
    as if it were all. So no field has it: the page counts, and the server refuses in words.
    """

    bound_field_class = PlainField

    @cached_property
    def engine(self) -> Any:
        """Django's own templates, and before them ours of the same names."""
        own = settings.BASE_DIR / "templates"
        given = Path(django.forms.__file__).parent / "templates"
        return Backend(
            {
                "APP_DIRS": True,
                "DIRS": [own, given],
                "NAME": "djangoforms",
                "OPTIONS": {"builtins": ["clinic.each"]},
            }
        )

    def render(self, template_name: str, context: Any, request: Any = None) -> str:
        widget = context.get("widget", {})
        attrs = widget.get("attrs", {})
        if most := attrs.pop("maxlength", None):
            attrs["data-most"] = most
        if template_name in INPUTS:
            template_name = f"{WIDGETS}input.html"
        # A template that asks of each attribute what it is takes longer than all the rest of it.
        own = ("type", "name", "value") if "type" in widget else ("name",)
        widget["said"] = said({name: widget.get(name) for name in own} | attrs)
        if "optgroups" in widget:
            # Each choice that is in no group is one to itself.
            widget["choices"] = [
                {"group": group, "options": [*map(_option, options)]}
                for group, options, _index in widget["optgroups"]
            ]
        return str(super().render(template_name, context, request))
