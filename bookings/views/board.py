"""The board: the clinic's day by practitioner, by room or as a list, and one person's week."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from bookings import queries
from bookings.forms.day import DayForm
from bookings.queries import Board
from bookings.rules.board import By, monday
from bookings.rules.status import Status
from bookings.rules.visit import FARTHEST
from bookings.views.absent import board_notes, licenses_ending
from bookings.views.card import card_of
from bookings.views.choice import Choice, chosen, filtered, keep, options
from bookings.views.grid import grid
from bookings.views.listed import days_of, line_of
from bookings.views.live import live_of
from bookings.views.strip import strip_of
from bookings.views.undoing import toast_of
from clinic.constraints import FIRST_DAY, LAST_DAY
from clinic.models import Practitioner
from clinic.permissions import Permission
from clinic.queries.licenses import practitioners_of
from clinic.rules import say_date, say_days
from clinic.sessions import is_background
from clinic.views.doors import Page, StaffRequest

ONE_DAY = dt.timedelta(days=1)
# What the switch above the board says of each view.
VIEWS = {
    By.PRACTITIONER: "Practitioners",
    By.ROOM: "Rooms",
    By.WEEK: "Week",
    By.LIST: "List",
}
FILTERS = {
    "practitioner": "Practitioners",
    "room": "Rooms",
    "service": "Services",
    "status": "Status",
}


class Today(Page):
    """The board of the day that it is in the clinic; `?date=` leads on to another."""

    may = (Permission.SEE_DAY,)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return _asked_for(self.request, "day-on") or _day(self.request, None, _form(self.request))


class OtherDay(Page):
    """The board of a given clinic-local day."""

    may = (Permission.SEE_DAY,)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return _day(self.request, kwargs["day"], None)


class Week(Page):
    """This week of one practitioner: `?practitioner=`, else whose was looked at last, else the
    reader's own; `?date=` leads on to another."""

    may = (Permission.SEE_DAY,)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return _asked_for(self.request, "week-on") or _week(self.request, None, _form(self.request))


class OtherWeek(Page):
    """The week of a given clinic-local day."""

    may = (Permission.SEE_DAY,)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return _week(self.request, kwargs["day"], None)


def _form(request: StaffRequest) -> DayForm | None:
    """The date picker as it was sent, where it was."""
    return DayForm(request.GET) if "date" in request.GET else None


def _asked_for(request: StaffRequest, name: str) -> HttpResponse | None:
    """On to the day that the date picker asks for."""
    form = _form(request)
    if form is None or not form.is_valid():
        return None
    return HttpResponseRedirect(reverse(name, args=[form.cleaned_data["date"]]))


def _day(request: StaffRequest, day: dt.date | None, form: DayForm | None) -> HttpResponse:
    """One day, with the card of `?visit=` beside it; 422 where the date asked for is faulty."""
    at = timezone.now()
    clinic = request.clinic
    today = clinic.day_of(at)
    day = day or today
    choice = chosen(request)
    only = {uuid.UUID(key) for key in choice.keys(choice.by)}
    here = f"{reverse('day-on', args=[day])}?by={choice.by}"
    live = live_of(request, day, day, address=here, at=at)
    board = queries.day_board(clinic=clinic, day=day, at=at, by=choice.by, only=only)
    if "filter" in request.GET:
        keep(request, filtered(request.GET, board, choice))
        return HttpResponseRedirect(request.path)
    context = {
        "title": say_date(day),
        "is_today": day == today,
        "doors_of_days": _days(day),
        "picker": reverse("day"),
        "strip": strip_of(board, at) if day == today else None,
        "live": live,
    }
    return _show(request, board, choice, at, context, form)


def _week(request: StaffRequest, day: dt.date | None, form: DayForm | None) -> HttpResponse:
    """The week of a day, of one practitioner; a page without columns where nobody treats."""
    at = timezone.now()
    clinic = request.clinic
    today = clinic.day_of(at)
    first = monday(day or today)
    choice = chosen(request)
    people = list(practitioners_of(clinic))
    whose = _whose(request, people, choice)
    if whose is None:
        board = Board(clinic, By.WEEK, first, first + 6 * ONE_DAY, [], [], {})
        live = None
    else:
        lists = request.GET.get("as") == "list"
        asked = {"practitioner": str(whose.pk)} | ({"as": "list"} if lists else {})
        here = f"{reverse('week-on', args=[first])}?{urlencode(asked)}"
        live = live_of(request, first, first + 6 * ONE_DAY, address=here, at=at)
        board = queries.week_board(clinic=clinic, practitioner=whose, first=first, at=at)
        if choice.whose != str(whose.pk) and not is_background(request):
            choice = replace(choice, whose=str(whose.pk))
            keep(request, choice)
    if "filter" in request.GET:
        keep(request, filtered(request.GET, board, choice))
        return HttpResponseRedirect(request.path)
    this = first <= today <= board.last
    context = {
        "title": say_days(first, board.last),
        "is_today": this,
        "doors_of_days": _weeks(first, today if this else first),
        "picker": reverse("week"),
        "strip": None,
        "live": live,
        "people": people,
        "whose": whose,
        "lists_week": request.GET.get("as") == "list",
    }
    return _show(request, board, choice, at, context, form)


def _whose(
    request: StaffRequest, people: list[Practitioner], choice: Choice
) -> Practitioner | None:
    """Whose week it is; 404 where someone is asked for who is not known here (P15)."""
    by_key = {str(one.pk): one for one in people}
    asked = request.GET.get("practitioner", "")
    if asked and "filter" not in request.GET:
        if asked not in by_key:
            raise Http404
        return by_key[asked]
    own = [one for one in people if one.user_id == request.user.pk]
    return by_key.get(choice.whose) or next(iter([*own, *people]), None)


def _show(
    request: StaffRequest,
    board: Board,
    choice: Choice,
    at: dt.datetime,
    context: dict[str, Any],
    form: DayForm | None,
) -> HttpResponse:
    """The board as a grid or as a list; what both have in common is worked out here."""
    today = board.clinic.day_of(at)
    wanted = _wanted(request)
    card = wanted and card_of(request, wanted, at=at, beside_board=True)
    # Of days with neither columns nor visits alone: anything else says more.
    bare = not board.columns and not board.visits
    lists = board.by == By.LIST or context.get("lists_week", False)
    context |= {
        "board": board,
        "lists": lists,
        "new_on": board.day if today < board.day <= today + FARTHEST else None,
        "form": form or DayForm(initial={"date": board.day}),
        "by": str(board.by),
        "views": _views(context["doors_of_days"], By.LIST if lists else board.by),
        "zone": _zone(board),
        "notes": board_notes(board, today),
        "licenses": licenses_ending(board, today),
        "counts": _counts(board),
        "card": card,
        "undo": toast_of(request, at, board=request.get_full_path()),
        "nobody_treats": bare and not practitioners_of(board.clinic),
        "may_set_up": request.user.can(Permission.SET_UP_CLINIC, board.clinic.pk),
        "may_block": request.user.can(Permission.BLOCK_TIME, board.clinic.pk),
        "filters": _filters(board, choice),
        "narrowed": _narrowed(board, choice),
        "compact": choice.is_compact(board),
        "people": context.get("people", []),
        "whose": context.get("whose"),
        "lists_week": context.get("lists_week", False),
    }
    if lists:
        context["days"] = days_of(board, at, choice.fits)
        template = "bookings/board_list.html"
    else:
        may_book = request.user.can(Permission.BOOK, board.clinic.pk)
        current = card["appointment"].pk if card else None
        context |= grid(board, at=at, may_book=may_book, current=current, fits=choice.fits)
        context["off"] = [line_of(visit, board, at) for visit in board.off]
        template = "bookings/board.html"
    if _is_anew(request):
        template = "bookings/_live.html"
    return render(request, template, context, status=422 if form else 200)


def _is_anew(request: StaffRequest) -> bool:
    """Whether a board that stands open is read anew by itself."""
    return bool(request.htmx) and is_background(request)


def _views(doors: dict[str, str], now: By) -> list[dict[str, Any]]:
    """The switch between the views; a week has a list of its own."""
    return [{"label": says, "url": doors[by], "current": by == now} for by, says in VIEWS.items()]


def _filters(board: Board, choice: Choice) -> list[dict[str, Any]]:
    """What the board can be narrowed to; what offers no choice is left out."""
    return [
        {
            "name": name,
            "label": FILTERS[name],
            "options": [
                {"value": key, "label": label, "on": key in choice.keys(name)}
                for key, label in known
            ],
        }
        for name, known in options(board, choice).items()
        if (len(known) > 1 or choice.keys(name))
        and not (board.by == By.WEEK and name == "practitioner")
    ]


def _narrowed(board: Board, choice: Choice) -> dict[str, Any] | None:
    """What is shown of the day, where that is not all of it."""
    only = {
        name: values
        for name, values in choice.only.items()
        if not (board.by == By.WEEK and name == "practitioner")
    }
    if not only:
        return None
    shown = sum(choice.fits(visit) for visit in board.visits.values())
    return {
        "words": [", ".join(values.values()) for values in only.values()],
        "shown": shown,
        "of": len(board.visits),
    }


def _days(day: dt.date) -> dict[str, str]:
    """Where the day before, the day after and today are, none past the calendar's ends; and the
    views of the day."""
    return _views_of(day) | _beside(day, ONE_DAY, "day-on", "Day") | {"today": reverse("day")}


def _weeks(first: dt.date, day: dt.date) -> dict[str, str]:
    """The same of a week; `day` is the one that the other views show."""
    beside = _beside(first, 7 * ONE_DAY, "week-on", "Week")
    listed = {"list": f"{reverse('week-on', args=[first])}?as=list"}
    return _views_of(day) | listed | beside | {"today": reverse("week")}


def _views_of(day: dt.date) -> dict[str, str]:
    here = reverse("day-on", args=[day])
    found = {str(by): f"{here}?by={by}" for by in (By.PRACTITIONER, By.ROOM, By.LIST)}
    found |= {"week": reverse("week-on", args=[day]), "print": reverse("day-print", args=[day])}
    return found


def _beside(day: dt.date, step: dt.timedelta, name: str, word: str) -> dict[str, str]:
    found = {}
    for side, other in (("before", day - step), ("after", day + step)):
        if FIRST_DAY <= other <= LAST_DAY:
            found[side] = reverse(name, args=[other])
            found[f"{side}_word"] = f"{word} {side}, {say_date(other)}"
    return found


def _counts(board: Board) -> list[str]:
    """The day in a few words: 43 visits, 12 completed."""
    held = len(board.visits) - len(board.off)
    done = sum(visit["status"] == Status.COMPLETED for visit in board.visits.values())
    words = f"{held} visit" + ("" if held == 1 else "s")
    return [words, f"{done} completed"] if done else [words]


def _zone(board: Board) -> str:
    """The name of the clinic's time that day, from noon on where the clock changes."""
    return f"{dt.datetime.combine(board.day, dt.time(12), tzinfo=board.clinic.zone):%Z}"


def _wanted(request: StaffRequest) -> uuid.UUID | None:
    try:
        return uuid.UUID(request.GET.get("visit", ""))
    except ValueError:
        return None
