"""A visit's card: beside the board as a fragment, on a page of its own without JavaScript."""

from __future__ import annotations

import datetime as dt
import uuid
from functools import partial
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode

from bookings import queries
from bookings.forms.acting import AllowForm, CancelForm, MoveForm, StepForm
from bookings.models import Appointment
from bookings.rules.cancelling import is_late, say_cancelled, say_late, say_standing
from bookings.rules.interval import say_days
from bookings.rules.status import OVER, Act, Status, missed_from, open_acts
from bookings.rules.undoing import NAMES, is_locked
from bookings.views.happened import happened
from bookings.views.resting import rest_of_card
from bookings.views.undoing import toast_of
from bookings.views.waiting_times import say_waits, still_waits_of
from clinic.models import Clinic, Practitioner
from clinic.permissions import Permission
from clinic.queries.licenses import practitioners_of
from clinic.rules import month_day, say_date, say_span, say_time
from clinic.views.doors import Door, StaffRequest

# What each act's button says, its icon and its key on the desk's keyboard.
BUTTONS: dict[Act, tuple[str, str, str]] = {
    Act.UNDO: ("Undo", "arrow-counterclockwise", "u"),
    Act.CONFIRM: ("Confirm", "check-lg", "c"),
    Act.ARRIVE: ("Mark arrived", "door-open", "a"),
    Act.NO_SHOW: ("Mark no-show", "person-slash", "o"),
    Act.MOVE: ("Move", "arrow-left-right", "m"),
    Act.CANCEL: ("Cancel visit", "x-lg", "x"),
}


class Card(Door):
    """One visit with the acts that its status and the user's role allow."""

    may = (Permission.SEE_DAY,)

    def get(self, request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
        return show_card(request, pk)


def show_card(
    request: StaffRequest,
    key: uuid.UUID,
    *,
    bound: dict[Act, Any] | None = None,
    allowing: AllowForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The card as a fragment for the board, else its page; `bound` holds an act's form as sent,
    `allowing` that by which a shorter interval was to be allowed."""
    beside_board = bool(request.htmx)
    card = card_of(
        request,
        key,
        at=timezone.now(),
        beside_board=beside_board,
        bound=bound,
        allowing=allowing,
    )
    if card is None:
        raise Http404
    template = "bookings/_card.html" if beside_board else "bookings/appointment.html"
    # What an earlier press said no longer stands above the answer to this one.
    context = {"card": card, "clears_notes": beside_board and bool(bound or allowing)}
    if not beside_board:
        context["undo"] = toast_of(request, timezone.now())
    answer = render(request, template, context, status=status)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def card_of(
    request: StaffRequest,
    key: uuid.UUID,
    *,
    at: dt.datetime,
    beside_board: bool,
    bound: dict[Act, Any] | None = None,
    allowing: AllowForm | None = None,
) -> dict[str, Any] | None:
    """What the card's template prints; None where the visit is not known here (P15)."""
    clinic = request.clinic
    user = request.user
    visit = queries.visit_for(user=user, clinic=clinic, key=key)
    if visit is None:
        return None
    starts, ends = clinic.local(visit.starts_at), clinic.local(visit.ends_at)
    sees_contact = user.can(Permission.SEE_PATIENTS, clinic.pk)
    board = reverse("day-on", args=[visit.local_date])
    return {
        "appointment": visit,
        "beside_board": beside_board,
        "swaps": "#visit-card" if beside_board else "",
        "board": board,
        "day": say_date(visit.local_date),
        "time": say_span(starts, ends),
        "zone": starts.tzname(),
        "comes": (
            say_time(clinic.local(visit.comes_at))
            if visit.comes_at < visit.starts_at and Status(visit.status) not in OVER
            else ""
        ),
        "phone": visit.patient.phone if sees_contact else "",
        "patient_url": _door("patient", visit.patient_id) if sees_contact else "",
        "step": StepForm(clinic=clinic, user=user, auto_id=False),
        **_chart_doors(user, visit, clinic, at),
        "history": happened(visit, clinic),
        "rest": rest_of_card(user, visit, at, allowing),
        "past": (past := queries.past_of(visit)),
        "course": _course(request, visit),
        "standing": say_standing(late=past.late, missed=past.missed),
        "called_off": say_cancelled(visit.cancelled_as, late=visit.cancelled_late),
        "again": (
            again_url(visit)
            if Status(visit.status) in (Status.NO_SHOW, Status.CANCELLED)
            and user.can(Permission.BOOK, clinic.pk)
            else ""
        ),
        **_acts(user, visit, clinic, at, bound or {}),
    }


def _course(request: StaffRequest, visit: Appointment) -> dict[str, Any] | None:
    """The course that a visit belongs to: which of its visits it is, the others with their links,
    and by how much the later ones may be moved along. No query for a visit without one."""
    if visit.course_id is None or visit.course is None:
        return None
    found: dict[str, Any] = {"number": visit.course_no, "planned": visit.course.planned}
    course = queries.course_for(user=request.user, clinic=request.clinic, key=visit.course_id)
    if course is None:
        return found
    address = reverse("course", args=[course.pk])
    found |= {
        "url": address,
        "others": [
            {
                "number": number,
                "day": month_day(one.local_date),
                "url": reverse("appointment", args=[one.pk]),
            }
            for number, one in queries.standing_visits(course).items()
            if one.pk != visit.pk
        ],
    }
    if course.ended_at is None and visit.course_no in queries.open_numbers(course):
        found["anew"] = reverse("course-book", args=[course.pk])
    if slip := queries.slip_of(visit, course):
        asked = urlencode({"after": str(visit.course_no), "days": str(slip.days)})
        found["slip"] = {
            "url": f"{reverse('course-move', args=[course.pk])}?{asked}",
            "count": len(slip.later),
            "days": f"{say_days(abs(slip.days))} {'later' if slip.days > 0 else 'earlier'}",
        }
    elif queries.later_visits(course, visit.course_no or 0) and Status(visit.status) in OVER:
        asked = urlencode({"after": str(visit.course_no)})
        found["move"] = f"{reverse('course-move', args=[course.pk])}?{asked}"
    return found


def _acts(
    user: Any, visit: Appointment, clinic: Clinic, at: dt.datetime, bound: dict[Act, Any]
) -> dict[str, Any]:
    """The buttons and forms that stand open. A refused act keeps its form, so that what was
    typed stays, even where the visit has meanwhile gone on."""
    if not user.can(Permission.BOOK, clinic.pk):
        return {"acts": [], "waits": None, "still": []}
    done = queries.done_last(visit)
    waits = _waits(visit, done, at) if not bound else None
    overrides = user.can(Permission.OVERRIDE, clinic.pk)
    locked = done is not None and is_locked(done.act, Status(visit.status)) and not overrides
    possible = open_acts(
        visit.status,
        chart_open=visit.chart_opened_at is not None,
        on_the_day=clinic.day_of(at) == visit.local_date,
        missed=at >= missed_from(visit.comes_at),
        undoable=done is not None and done.is_open(at) and not locked,
        overrides=overrides,
    )
    acts = []
    for act in Act:
        form = bound.get(act)
        if form is None and act not in possible:
            continue
        if form is None:
            form = _fresh_form(act, visit, clinic, user, late=late_of(visit, at))
        else:
            form.now_at(visit.version)
        label, icon, key = BUTTONS[act]
        if act is Act.UNDO and done:
            label = f"Undo {NAMES[done.act]}"
        acts.append(
            {
                "name": str(act),
                "label": label,
                "icon": icon,
                "key": key,
                "url": reverse(f"appointment-{act}", args=[visit.pk]),
                "form": form,
                "refused": form.no,
                "possible": act in possible,
                "open": act in bound,
                "asks": act in (Act.MOVE, Act.CANCEL),
                "offers": getattr(form, "offers", None),
                "proposed": getattr(form, "proposed", None),
                "why": getattr(form, "why", None),
                "none_with": getattr(form, "none_with", ""),
            }
        )
    return {"acts": acts, "waits": waits, "still": still_waits_of(user, visit)}


def _waits(visit: Appointment, done: queries.Done | None, at: dt.datetime) -> dict[str, str] | None:
    """How many wait for the time that the last act on a visit has freed; None where nobody does."""
    if done is None:
        return None
    move = done.move
    who, starts_at = (
        (move.from_practitioner, move.from_starts_at)
        if move
        else (visit.practitioner, visit.starts_at)
    )
    return say_waits(visit.clinic, who, starts_at, at)


def late_of(visit: Appointment, at: dt.datetime) -> str:
    """What the desk should know before this visit is called off now; "" in good time."""
    cutoff_h = visit.clinic.cancel_cutoff_h
    late = is_late(comes_at=visit.comes_at, at=at, cutoff_h=cutoff_h)
    return say_late(cutoff_h) if late else ""


def again_url(
    visit: Appointment, who: Practitioner | None = None, starts_at: dt.datetime | None = None
) -> str:
    """Where the patient of a visit that is over is booked once more; "" where that would ask
    for what is not offered any more."""
    if not visit.service.is_active or visit.patient.status != visit.patient.Status.ACTIVE:
        return ""
    asked = {"patient": str(visit.patient_id), "service": str(visit.service_id)}
    who = who or visit.practitioner
    if who.is_active:
        asked["practitioner"] = str(who.pk)
    if starts_at is not None:
        local = visit.clinic.local(starts_at)
        asked |= {"date": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M}"}
    return f"{reverse('appointment-new')}?{urlencode(asked)}"


def _fresh_form(act: Act, visit: Appointment, clinic: Clinic, user: Any, *, late: str = "") -> Any:
    given: dict[str, Any] = {
        "clinic": clinic,
        "user": user,
        "auto_id": f"{act}-%s",
        "initial": {"version": visit.version},
    }
    if act == Act.CANCEL:
        return CancelForm(**given, late=late)
    if act != Act.MOVE:
        return StepForm(**given)
    return _move_form(visit, clinic, given)


def fresh_move(visit: Appointment, request: StaffRequest) -> MoveForm:
    """The form that moves a visit, as a card shows it first."""
    return _fresh_form(Act.MOVE, visit, request.clinic, request.user)


def _move_form(visit: Appointment, clinic: Clinic, given: dict[str, Any]) -> MoveForm:
    local = clinic.local(visit.starts_at)
    given["initial"] |= {
        "date": local.date(),
        "time": say_time(local),
        "practitioner": visit.practitioner_id,
    }
    return MoveForm(practitioners=partial(practitioners_of, clinic), **given)


def _door(name: str, *args: Any) -> str:
    """The address of a page upstairs; "" where this installation has no such page."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def _chart_doors(user: Any, visit: Appointment, clinic: Clinic, at: dt.datetime) -> dict[str, str]:
    """Where the booked practitioner opens the chart, or where charts that are open are found."""
    doors = {"open_chart": "", "charts": "", "unlicensed": ""}
    if visit.chart_opened_at:
        own = visit.practitioner.user_id == user.pk and user.can(Permission.TREAT, clinic.pk)
        if own or user.can(Permission.SEE_ALL_CHARTS, clinic.pk):
            doors["charts"] = _door("treatments")
        return doors
    found = queries.charts_to_open([visit], user=user, clinic=clinic, on=clinic.day_of(at))
    if visit.pk in found.visits:
        doors["open_chart"] = _door("treatment-open", visit.pk)
    return doors | {"unlicensed": found.unlicensed}
