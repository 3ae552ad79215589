"""The desk's addresses."""

from __future__ import annotations

import datetime as dt

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, path, register_converter

from bookings.views import (
    acting,
    blocking,
    board,
    card,
    courses,
    feeds,
    free_times,
    keys,
    live,
    merging,
    moving,
    new,
    offer,
    outbox,
    overrides,
    sheets,
    waiting_times,
    waitlist,
    walk_in,
    why_not,
    words,
)
from bookings.views.set_up import (
    absences,
    hours,
    imports,
    letters,
    offered,
    opening,
    practitioners,
    rooms,
    users,
)
from clinic.constraints import FIRST_DAY, LAST_DAY


class DayConverter:
    """A clinic-local date in an address, 1900 to 2200; any other is no address of ours (404)."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> dt.date:
        day = dt.date.fromisoformat(value)
        if not FIRST_DAY <= day <= LAST_DAY:
            raise ValueError("out of bounds")
        return day

    def to_url(self, value: dt.date) -> str:
        return value.isoformat()


class SheetConverter:
    """Which sheet of a day: its picture, or the list for an outage."""

    regex = "picture|outage"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(DayConverter, "day")
register_converter(SheetConverter, "sheet")

urlpatterns: list[URLPattern] = [
    path("day/", board.Today.as_view(), name="day"),
    path("day/<day:day>/", board.OtherDay.as_view(), name="day-on"),
    path("day/<day:day>/changes/", live.changes, name="day-changes"),
    path("day/<day:day>/print/", sheets.Sheets.as_view(), name="day-print"),
    path("day/<day:day>/<sheet:what>.pdf", sheets.SheetFile.as_view(), name="day-sheet"),
    path("day/keys/", keys.Keys.as_view(), name="board-keys"),
    path("day/block/", blocking.BlockTime.as_view(), name="block-time"),
    path("day/block/<uuid:pk>/", blocking.OneBlock.as_view(), name="one-block"),
    path("week/", board.Week.as_view(), name="week"),
    path("week/<day:day>/", board.OtherWeek.as_view(), name="week-on"),
    path("appointments/new/", new.NewAppointment.as_view(), name="appointment-new"),
    path("appointments/new/words/", words.VisitWords.as_view(), name="appointment-words"),
    path("appointments/walk-in/", walk_in.WalkIn.as_view(), name="walk-in"),
    path("appointments/free-times/", free_times.FreeTimes.as_view(), name="free-times"),
    path("appointments/why-not/", why_not.WhyNot.as_view(), name="why-not"),
    path("appointments/<uuid:pk>/", card.Card.as_view(), name="appointment"),
    path("appointments/<uuid:pk>/confirm/", acting.Confirm.as_view(), name="appointment-confirm"),
    path("appointments/<uuid:pk>/arrive/", acting.Arrive.as_view(), name="appointment-arrive"),
    path("appointments/<uuid:pk>/no-show/", acting.NoShow.as_view(), name="appointment-no-show"),
    path("appointments/<uuid:pk>/cancel/", acting.Cancel.as_view(), name="appointment-cancel"),
    path("appointments/<uuid:pk>/allow/", acting.AllowInterval.as_view(), name="appointment-allow"),
    path("appointments/<uuid:pk>/undo/", acting.Undo.as_view(), name="appointment-undo"),
    path("appointments/<uuid:pk>/move-to/", moving.MoveTo.as_view(), name="appointment-move-to"),
    path("appointments/<uuid:pk>/move/", acting.Move.as_view(), name="appointment-move"),
    path("messages/", outbox.Messages.as_view(), name="messages"),
    path("messages/<uuid:pk>/again/", outbox.TryAgain.as_view(), name="message-again"),
    path("courses/new/", courses.NewCourse.as_view(), name="course-new"),
    path("courses/<uuid:pk>/", courses.OneCourse.as_view(), name="course"),
    path("courses/<uuid:pk>/book/", courses.BookRest.as_view(), name="course-book"),
    path("courses/<uuid:pk>/move/", courses.MoveRest.as_view(), name="course-move"),
    path("waitlist/", waitlist.Waitlist.as_view(), name="waitlist"),
    path("waitlist/add/", waitlist.AddWait.as_view(), name="waitlist-add"),
    path("waitlist/for/", waiting_times.LineFor.as_view(), name="waitlist-for"),
    path("waitlist/<uuid:pk>/", waitlist.ChangeWait.as_view(), name="wait"),
    path("waitlist/<uuid:pk>/offer/", waiting_times.OfferTime.as_view(), name="wait-offer"),
    path("waitlist/<uuid:pk>/book/", waiting_times.BookTime.as_view(), name="wait-book"),
    path("waitlist/<uuid:pk>/withdraw/", waitlist.WithdrawWait.as_view(), name="wait-withdraw"),
    path(
        "waitlist/offers/<uuid:pk>/take-back/",
        waiting_times.TakeBackOffer.as_view(),
        name="offer-take-back",
    ),
    path("offer/<str:key>/", login_not_required(offer.OfferLink.as_view()), name="offer"),
    path("patients/<uuid:pk>/merge/", merging.MergePatients.as_view(), name="patient-merge"),
    path("patients/<uuid:pk>/unmerge/", merging.UnmergePatients.as_view(), name="patient-unmerge"),
    path("overrides/", overrides.Overrides.as_view(), name="overrides"),
    path("account/calendar/", feeds.OwnCalendar.as_view(), name="own-calendar"),
    path("account/calendar/end/", feeds.EndCalendar.as_view(), name="own-calendar-end"),
    path(
        "calendar/<str:secret>.ics",
        login_not_required(feeds.CalendarFeed.as_view()),
        name="calendar-feed",
    ),
    path("setup/hours/", opening.OpeningHours.as_view(), name="setup-hours"),
    path("setup/messages/", letters.Letters.as_view(), name="setup-messages"),
    path("setup/messages/<slug:kind>/", letters.ChangeLetter.as_view(), name="setup-message"),
    path("setup/rooms/", rooms.Rooms.as_view(), name="setup-rooms"),
    path("setup/rooms/add/", rooms.AddRoom.as_view(), name="setup-room-add"),
    path("setup/rooms/<uuid:pk>/", rooms.ChangeRoom.as_view(), name="setup-room"),
    path("setup/rooms/<uuid:pk>/use/", rooms.UseRoom.as_view(), name="setup-room-use"),
    path("setup/services/", offered.Services.as_view(), name="setup-services"),
    path("setup/services/add/", offered.AddService.as_view(), name="setup-service-add"),
    path("setup/services/<uuid:pk>/", offered.ChangeService.as_view(), name="setup-service"),
    path("setup/services/<uuid:pk>/use/", offered.UseService.as_view(), name="setup-service-use"),
    path("setup/shifts/", hours.Shifts.as_view(), name="setup-shifts"),
    path("setup/shifts/<uuid:pk>/", hours.Hours.as_view(), name="setup-shift"),
    path("setup/shifts/<uuid:pk>/week/", hours.ChangeWeek.as_view(), name="setup-shift-week"),
    path("setup/shifts/<uuid:pk>/day/", hours.OtherDay.as_view(), name="setup-shift-day"),
    path("setup/shifts/<uuid:pk>/off/", absences.AddTimeOff.as_view(), name="setup-shift-off"),
    path("setup/time-off/<uuid:pk>/", absences.OneTimeOff.as_view(), name="setup-time-off"),
    path("setup/closures/", absences.Closures.as_view(), name="setup-closures"),
    path("setup/closures/add/", absences.AddClosure.as_view(), name="setup-closure-add"),
    path("setup/closures/holidays/", absences.Holidays.as_view(), name="setup-closure-holidays"),
    path("setup/closures/<uuid:pk>/", absences.OneClosure.as_view(), name="setup-closure"),
    path("setup/import/", imports.Imports.as_view(), name="setup-imports"),
    path("setup/import/<uuid:pk>/", imports.Import.as_view(), name="setup-import"),
    path("setup/import/<uuid:pk>/columns/", imports.Columns.as_view(), name="setup-import-columns"),
    path(
        "setup/import/<uuid:pk>/progress/",
        imports.Progress.as_view(),
        name="setup-import-progress",
    ),
    path("setup/import/<uuid:pk>/choose/", imports.Choose.as_view(), name="setup-import-choose"),
    path("setup/import/<uuid:pk>/discard/", imports.Discard.as_view(), name="setup-import-discard"),
    path("setup/import/<uuid:pk>/rejects/", imports.Rejects.as_view(), name="setup-import-rejects"),
    path("setup/practitioners/", practitioners.Practitioners.as_view(), name="setup-practitioners"),
    path(
        "setup/practitioners/add/",
        practitioners.AddPractitioner.as_view(),
        name="setup-practitioner-add",
    ),
    path(
        "setup/practitioners/<uuid:pk>/",
        practitioners.ChangePractitioner.as_view(),
        name="setup-practitioner",
    ),
    path(
        "setup/practitioners/<uuid:pk>/use/",
        practitioners.UsePractitioner.as_view(),
        name="setup-practitioner-use",
    ),
    path("setup/users/<uuid:pk>/use/", users.UseUser.as_view(), name="setup-user-use"),
]
