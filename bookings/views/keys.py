"""The keys of the desk on one sheet: in a dialog over the board, or as a page to print."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from bookings.rules.status import Act
from bookings.views.card import BUTTONS
from clinic.permissions import Permission
from clinic.views.doors import Page

# Groups of keys, each key with what it does; of a visit's acts the keys are the buttons' own.
ANYWHERE = (
    ("n", "New appointment"),
    ("w", "Walk-in"),
    ("/", "Find a patient"),
    ("?", "This sheet"),
)
BOARD = (
    ("t", "Today"),
    ("Tab", "Into the grid, and out of it"),
    ("← ↑ → ↓", "From cell to cell"),
    ("Home, End", "First and last cell of the row"),
    ("Enter", "Open the visit, or book the free time"),
    ("b", "Block the free time"),
    ("m", "Move the visit: arrows, then Enter; Escape gives up"),
    ("Escape", "Close the visit, wherever the focus is"),
)
FORMS = (
    ("Enter", "In the search: take who is found. In a field: book"),
    ("↓", "From the search into what it found"),
)


class Keys(Page):
    """Every key of the desk."""

    may = (Permission.SEE_DAY,)

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        acts = [(key, label) for act in Act for label, _icon, key in [BUTTONS[act]] if key]
        groups = [
            ("Anywhere", ANYWHERE),
            ("On the board", BOARD),
            ("On an open visit", [*acts, ("g", "Book again")]),
            ("New appointment", FORMS),
        ]
        aside = bool(self.request.htmx)
        template = "bookings/_keys.html" if aside else "bookings/keys.html"
        answer = render(request, template, {"groups": groups, "aside": aside})
        patch_vary_headers(answer, ["HX-Request"])
        return answer
