"""A field drawn by the house's own short template is the one that the form library draws."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from crispy_forms.templatetags.crispy_forms_filters import as_crispy_field
from django import forms

from clinic.forms import HouseForm, day_field


class Seen(HTMLParser):
    """The tags with their attributes, and the texts, of a piece of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.all: list[Any] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        given = {name: value or "" for name, value in attrs}
        given["class"] = " ".join(sorted(given.get("class", "").split()))
        self.all.append((tag, given))

    def handle_endtag(self, tag: str) -> None:
        self.all.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        if text := " ".join(data.split()):
            self.all.append(text)


class Kinds(HouseForm):
    name = forms.CharField(help_text='As on the card, "O\'Neil" too.', max_length=80)
    nick = forms.CharField(required=False, widget=forms.TextInput(attrs={"class": "wide"}))
    note = forms.CharField(widget=forms.Textarea, label="")
    mail = forms.EmailField()
    count = forms.IntegerField(min_value=1)
    born = day_field()
    kind = forms.ChoiceField(choices=[("a", "A & B"), ("", "None"), ("of", [("c", "C")])])
    many = forms.MultipleChoiceField(choices=[("a", "A"), ("b", "B")])
    secret = forms.CharField(widget=forms.HiddenInput)
    sure = forms.BooleanField()
    sides = forms.ChoiceField(choices=[("l", "Left")], widget=forms.RadioSelect)
    paper = forms.FileField(required=False)


SENT = {"name": "<b>", "kind": "c", "many": ["b", "z"], "count": "x", "note": "", "sides": "l"}


@pytest.mark.parametrize("data", [None, {}, SENT])
@pytest.mark.parametrize("name", list(Kinds.base_fields))
def test_a_field_is_drawn_as_the_library_draws_it(name: str, data: Any):
    ours, theirs = Kinds(data), Kinds(data)
    theirs.helper.field_template = None
    assert ours.helper.field_template
    for form in (ours, theirs):
        form.fields["once"].initial = "of a test"
    assert Seen(as_crispy_field(ours[name])).all == Seen(as_crispy_field(theirs[name])).all


def test_a_hidden_field_of_a_form_is_drawn_once():
    drawn = str(Kinds()["secret"])
    assert Seen(drawn).all == [
        (
            "input",
            {
                "type": "hidden",
                "name": "secret",
                "id": "id_secret",
                "autocomplete": "off",
                "class": "",
            },
        )
    ]
