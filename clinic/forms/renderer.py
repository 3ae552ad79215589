"""How every form of the site becomes a page, those of the log-in library among them."""

from __future__ import annotations

from typing import Any

from django.forms.renderers import DjangoTemplates


class WholeTexts(DjangoTemplates):
    """Fields that take whatever is typed or pasted into them.

    A browser cuts what is longer than `maxlength`, and says nothing; what is left would be signed
    as if it were all. So no field has it: the page counts, and the server refuses in words.
    """

    def render(self, template_name: str, context: Any, request: Any = None) -> str:
        attrs = context.get("widget", {}).get("attrs", {})
        if most := attrs.pop("maxlength", None):
            attrs["data-most"] = most
        return str(super().render(template_name, context, request))
