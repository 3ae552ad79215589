"""A field drawn by the house's own short template is the one that the form library draws."""

from __future__ import annotations

from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest
from crispy_forms.templatetags.crispy_forms_filters import as_crispy_field
from django import forms
from django.forms.utils import flatatt
from django.utils.safestring import SafeString

from clinic.forms import HouseForm, day_field
from clinic.forms.renderer import WholeTexts


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
    since = forms.DateField(widget=forms.SelectDateWidget(years=[2025, 2026]))


SENT = {"name": "<b>", "kind": "c", "many": ["b", "z"], "count": "x", "note": "", "sides": "l"}


@pytest.mark.parametrize("data", [None, {}, SENT])
@pytest.mark.parametrize("name", list(Kinds.base_fields))
def test_a_field_is_drawn_as_the_library_draws_it(name: str, data: Any):
    ours, theirs = Kinds(data), Kinds(data)
    theirs.helper = type(ours.helper)()
    theirs.helper.field_template = ""
    assert ours.helper.field_template
    for form in (ours, theirs):
        form.fields["once"].initial = "of a test"
    assert Seen(as_crispy_field(ours[name])).all == Seen(as_crispy_field(theirs[name])).all


HOSTILE = "\"><script>alert('1')</script> & more"


@pytest.mark.parametrize(
    "value", ["", "plain", HOSTILE, SafeString("&amp;"), 0, 7, 1.5, None, True, False]
)
def test_attributes_are_written_as_django_writes_them(value: Any):
    given = {"type": "text", "name": "a", "value": None, "attrs": {"data-x": value}}
    drawn = WholeTexts().render("django/forms/widgets/text.html", {"widget": given})
    assert drawn.split("\n")[-2 if drawn.endswith("\n") else -1] == (
        f'<input type="text" name="a"{flatatt({"data-x": value})}>'
    )


def test_the_choices_of_a_list_stay_what_they_are_whatever_stands_in_them():
    class Lists(HouseForm):
        one = forms.ChoiceField(
            choices=[(True, "Yes"), (None, "No"), ("\"'<", "<i>&"), ("G", [(0, "Zero")])]
        )

    drawn = Seen(str(Lists({"one": "\"'<"})["one"])).all
    assert [(one[1], text) for one, text in pairwise(drawn) if one[0] == "option"] == [
        ({"value": "True", "class": ""}, "Yes"),
        ({"value": "", "class": ""}, "No"),
        ({"value": "\"'<", "selected": "", "class": ""}, "<i>&"),
        ({"value": "0", "class": ""}, "Zero"),
    ]
    assert ("optgroup", {"label": "G", "class": ""}) in drawn


def test_what_a_page_does_to_what_crispy_forms_is_told_stays_on_that_page():
    told = Kinds().helper.get_attributes()
    told["form_show_labels"] = False
    assert Kinds().helper.get_attributes()["form_show_labels"]


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
