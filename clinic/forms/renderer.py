"""How every form of the site becomes a page, those of the log-in library among them."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import django.forms
from django.conf import settings
from django.forms import BoundField, CheckboxInput, FileInput, MultiWidget, Select
from django.forms.renderers import DjangoTemplates
from django.forms.utils import flatatt
from django.template.backends.django import DjangoTemplates as Backend

WIDGETS = "django/forms/widgets/"
# Django has a template for each kind of one-line input, and all of them are this one.
INPUTS = frozenset(
    f"{WIDGETS}{kind}.html"
    for kind in (
        *("text", "number", "email", "url", "tel", "search", "password", "hidden"),
        *("date", "datetime", "time"),
    )
)


class PlainField(BoundField):
    """A field that knows how it looks, so that its template asks it once.

    `is_plain`: one control under its label; all others are drawn as the form library does.
    """

    @cached_property
    def is_plain(self) -> bool:
        widget = self.field.widget
        others = (CheckboxInput, FileInput, MultiWidget)
        return not (self.is_hidden or self.use_fieldset or isinstance(widget, others))

    def dressed(self) -> str:
        """The control with its classes: those that the form library gives it."""
        widget = self.field.widget
        classes = [
            *widget.attrs.get("class", "").split(),
            type(widget).__name__.lower(),
            "form-select" if isinstance(widget, Select) else "form-control",
            *(["is-invalid"] if self.errors else []),
        ]
        return str(self.as_widget(attrs={"class": " ".join(dict.fromkeys(classes))}))


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
            {"APP_DIRS": True, "DIRS": [own, given], "NAME": "djangoforms", "OPTIONS": {}}
        )

    def render(self, template_name: str, context: Any, request: Any = None) -> str:
        widget = context.get("widget", {})
        attrs = widget.get("attrs", {})
        if most := attrs.pop("maxlength", None):
            attrs["data-most"] = most
        if template_name in INPUTS:
            template_name = f"{WIDGETS}input.html"
        # A template that walks through the attributes takes longer than all the rest of it.
        widget["flat"] = flatatt({name: one for name, one in attrs.items() if one is not False})
        return str(super().render(template_name, context, request))
