"""What every form of the house tells about itself."""

from __future__ import annotations

import ast
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver

from clinic.forms import HouseForm
from tests.cast import Cast
from tests.house import doors, world
from tests.house.sources import APPS, ROOT, tree

# Presses with nothing to fill in that is not said anew.
WITHOUT_FORM = {"lock", "switch-clinic", "draft", "invitation-accept", "offer"}


def patterns(of: Any = None) -> Iterator[URLPattern]:
    """Every address of the site."""
    for one in (of or get_resolver()).url_patterns:
        if isinstance(one, URLPattern):
            yield one
        else:
            yield from patterns(one)


def house_forms(of: type[HouseForm] = HouseForm) -> Iterator[type[HouseForm]]:
    """Every form of the house that the pages import."""
    for one in of.__subclasses__():
        yield one
        yield from house_forms(one)


@pytest.mark.rule("P13")
def test_every_page_that_is_sent_to_names_its_form() -> None:
    """By it the server knows which fields of a form are never kept as a draft."""
    seen = 0
    for one in patterns():
        view = getattr(one.callback, "view_class", None)
        if view is None or not view.__module__.startswith(APPS) or one.name in WITHOUT_FORM:
            continue
        if hasattr(view, "post") and "post" in view.http_method_names:
            assert issubclass(getattr(view, "form_class", object), HouseForm), one.name
            seen += 1
    assert seen > 25


@pytest.mark.rule("P13")
def test_no_form_keeps_a_tick_or_a_password_and_each_names_only_its_own() -> None:
    """What a form adds while it is made, it names itself."""
    list(patterns())
    found = [*house_forms()]
    assert len(found) > 20
    for form in found:
        anew = {
            name
            for name, field in form.base_fields.items()
            if isinstance(field, forms.BooleanField)
            or isinstance(field.widget, forms.PasswordInput)
        }
        assert anew <= form.never_kept(), form
        assert not form.never_kept() & {"once", "version"}, form


@pytest.mark.rule("P13")
def test_the_keeper_of_drafts_knows_no_field_of_any_form() -> None:
    list(patterns())
    fields = {name for form in house_forms() for name in form.base_fields}
    source = tree(ROOT / "clinic" / "drafts.py")
    words = {node.value for node in ast.walk(source) if isinstance(node, ast.Constant)}
    # By the first two it knows the press and the state of the record.
    assert words & fields == {"once", "version", "password"}


@pytest.mark.parametrize("who", ["nobody", "manager", "esthetician", "reception", "auditor"])
def test_no_field_cuts_what_is_typed_into_it(
    who: str, cast: Cast, clock: Any, enter: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A browser does that, without a word, to whatever is longer than `maxlength`."""
    caplog.set_level(logging.ERROR, "django.request")
    austin = world.build(cast)
    cutting, counted = [], 0
    for door in doors.doors():
        for method in doors.METHODS:
            with transaction.atomic():
                user = doors.WHO[who](cast)
                client = enter(user) if user else Client()
                answer = getattr(client, method.lower())(door.address(austin))
                transaction.set_rollback(True)
            if answer.streaming or answer.get("Content-Type") == "application/pdf":
                continue
            page = answer.content.decode()
            counted += page.count(" data-most=")
            if re.search(r"\smaxlength\b", page):
                cutting.append(f"{door.name} {method}")
    assert cutting == []
    assert counted
