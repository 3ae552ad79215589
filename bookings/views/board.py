"""The day board: the clinic's day as a grid or as a list."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from bookings import queries
from bookings.forms.day import DayForm
from bookings.queries import DayBoard, Visit
from bookings.rules.status import OVER, Status, is_late
from bookings.views.card import card_of
from bookings.views.grid import board_notes, grid, hour_word, room_word, state_of
from bookings.views.undoing import toast_of
from clinic.constraints import FIRST_DAY, LAST_DAY
from clinic.permissions import Permission
from clinic.rules import say_date, say_span
from clinic.views.doors import Page, StaffRequest

LIST = "?view=list"
NAMED = 3  # of those who wait; the strip stays one line


class Today(Page):
    """The board of the day that it is in the clinic; `?date=` leads on to another."""

    may = (Permission.SEE_DAY,)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "date" not in self.request.GET:
            return _show(self.request)
        form = DayForm(self.request.GET)
        if not form.is_valid():
            return _show(self.request, form=form)
        view = LIST if self.request.GET.get("view") == "list" else ""
        return HttpResponseRedirect(_address(form.cleaned_data["date"]) + view)


class OtherDay(Page):
    """The board of a given clinic-local day."""

    may = (Permission.SEE_DAY,)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return _show(self.request, day=kwargs["day"])


def _show(
    request: StaffRequest, *, day: dt.date | None = None, form: DayForm | None = None
) -> HttpResponse:
    """One day, with the card of `?visit=` beside it; 422 where the date asked for is faulty."""
    at = timezone.now()
    clinic = request.clinic
    today = clinic.day_of(at)
    day = day or today
    board = queries.day_board(clinic=clinic, day=day, at=at)
    as_list = request.GET.get("view") == "list"
    may_book = request.user.can(Permission.BOOK, clinic.pk)
    context = {
        "board": board,
        "title": say_date(day),
        "is_today": day == today,
        "doors_of_days": _days(day, LIST if as_list else ""),
        "form": form or DayForm(initial={"date": day}),
        "as_list": as_list,
        "zone": _zone(board),
        "strip": _strip(board, at) if day == today else None,
        "notes": board_notes(board, today),
        "counts": _counts(board),
        "undo": toast_of(request, at, board=True),
        "may_block": request.user.can(Permission.BLOCK_TIME, clinic.pk),
    }
    if as_list:
        context["lines"] = [_line(visit, board, at) for visit in board.visits.values()]
        template = "bookings/board_list.html"
    else:
        wanted = _wanted(request)
        card = wanted and card_of(request, wanted, at=at, beside_board=True)
        current = card["appointment"].pk if card else None
        context |= grid(board, clinic, at=at, may_book=may_book, current=current)
        context |= {"card": card, "off": [_line(visit, board, at) for visit in board.off]}
        template = "bookings/board.html"
    return render(request, template, context, status=422 if form else 200)


def _address(day: dt.date) -> str:
    return reverse("day-on", args=[day])


def _days(day: dt.date, view: str) -> dict[str, str]:
    """Where the day before, the day after and today are; none past the calendar's ends."""
    found = {"today": reverse("day") + view, "grid": _address(day), "list": _address(day) + LIST}
    found["print"] = reverse("day-print", args=[day])
    for word, other in (("before", -1), ("after", 1)):
        if FIRST_DAY <= (there := day + dt.timedelta(days=other)) <= LAST_DAY:
            found[word] = _address(there) + view
            found[f"{word}_word"] = say_date(there)
    return found


def _counts(board: DayBoard) -> str:
    """The day in one line: 43 visits, 12 completed."""
    held = len(board.visits) - len(board.off)
    done = sum(visit["status"] == Status.COMPLETED for visit in board.visits.values())
    words = f"{held} visit" + ("" if held == 1 else "s")
    return f"{words}, {done} completed" if done else words


def _zone(board: DayBoard) -> str:
    """The name of the clinic's time that day, from noon on where the clock changes."""
    return f"{dt.datetime.combine(board.day, dt.time(12), tzinfo=board.clinic.zone):%Z}"


def _wanted(request: StaffRequest) -> uuid.UUID | None:
    try:
        return uuid.UUID(request.GET.get("visit", ""))
    except ValueError:
        return None


def _strip(board: DayBoard, at: dt.datetime) -> dict[str, Any]:
    """Who has cream on, who is numb and ready, and who is here and waits: the longest by name."""
    waiting = [
        {
            "who": visit["patient"],
            "url": reverse("appointment", args=[visit["id"]]),
            "minutes": max(0, int((at - (visit["arrived_at"] or at)).total_seconds()) // 60),
        }
        for visit in board.waiting
    ]
    local = board.clinic.local
    ready = [
        {
            "who": f"{visit['patient']}, {room_word(visit['room'])}",
            "url": reverse("appointment", args=[visit["id"]]),
            "off": hour_word(local(visit["numbing_off"])),
        }
        for visit in board.ready
        if visit["numbing_off"]
    ]
    return {
        "clocks": [_clock(visit, at) for visit in board.numbing],
        "ready": ready[:NAMED],
        "more_ready": len(ready[NAMED:]),
        "waiting": waiting[:NAMED],
        "more": len(waiting[NAMED:]),
    }


def _clock(visit: Visit, at: dt.datetime) -> dict[str, Any]:
    since = visit["numbing_on"] or visit["comes_at"]
    due = visit["numbing_due"] or visit["starts_at"]
    return {
        "since": since,
        "due": due,
        "latest": None,
        "minutes": max(0, int((at - since).total_seconds()) // 60),
        "of": max(1, int((due - since).total_seconds()) // 60),
        "state": "due" if at >= due else "on",
        "who": f"{visit['patient']}, {room_word(visit['room'])}",
        "url": reverse("appointment", args=[visit["id"]]),
    }


def _line(visit: Visit, board: DayBoard, at: dt.datetime) -> dict[str, Any]:
    """A visit as a line of the list, or under the board."""
    local = board.clinic.local
    look, word = state_of(visit, board.clinic)
    today = board.day == board.clinic.day_of(at)
    began = visit["began_at"]
    return {
        "url": reverse("appointment", args=[visit["id"]]),
        "comes": hour_word(local(visit["comes_at"])),
        "time": say_span(local(visit["starts_at"]), local(visit["ends_at"])),
        "numbed": visit["comes_at"] < visit["starts_at"] and visit["status"] not in OVER,
        "who": visit["patient"],
        "service": visit["service"],
        "room": visit["room"],
        "practitioner": visit["practitioner"],
        "late": today and is_late(visit["status"], comes_at=visit["comes_at"], at=at),
        "began": hour_word(local(began)) if began else "",
        "marked": visit["practitioner_id"] in board.marked,
        "status": look,
        "word": word,
        "why": visit["cancel_reason"],
    }
