"""What the start page tells each role: numbers of today, what is left to do, short lists."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from bookings.queries import ToOpen, charts_to_open, overrides_since
from clinic.models import Clinic, User
from clinic.permissions import Permission
from clinic.queries.licenses import license_board
from clinic.rules import day_span
from treatments.queries import landing as queries
from treatments.queries import room
from treatments.queries.set_up import missing_before_booking
from treatments.queries.stock import shelf

ONE_DAY = dt.timedelta(days=1)


class StartPage:
    """What one person sees first in one clinic at that time."""

    def __init__(self, user: User, clinic: Clinic, at: dt.datetime) -> None:
        self.user, self.clinic, self.at = user, clinic, at
        self.today = clinic.day_of(at)
        self.numbers: list[dict[str, Any]] = []
        self.to_do: list[dict[str, Any]] = []
        self.lists: list[dict[str, Any]] = []
        self.mine: list[room.DayLine] = []
        self.people: list[queries.PersonDay] = []
        self.next: room.DayLine | None = None
        self.to_open = ToOpen()
        # Whether the numbers asked for anyway count a visit: then the set-up lacks nothing for one.
        self.has_visits = False

    def may(self, *permissions: Permission) -> bool:
        """Whether the person holds all of these here."""
        return all(self.user.can(one, self.clinic.pk) for one in permissions)

    def fill(self) -> None:
        """Ask only what the person may know."""
        if self.may(Permission.SEE_OWN_CHARTS, Permission.TREAT):
            self._my_day()
        if self.may(Permission.BOOK):
            self._desk(at_the_desk=not self.may(Permission.SEE_CARTRIDGE_AUDIT))
        if self.may(Permission.SEE_DAY, Permission.SEE_LICENSES):
            self.people = queries.people(self.clinic, today=self.today)
        if self.may(Permission.SEE_ALL_CHARTS):
            self._charts()
        elif self.may(Permission.SEE_TREATMENT_LOG, Permission.SEE_CARTRIDGE_AUDIT):
            self._log()
        if self.may(Permission.SEE_CARTRIDGE_AUDIT):
            self._stock()
        if self.may(Permission.SEE_LICENSES):
            self._licenses()
        if self.may(Permission.OVERRIDE):
            self._overrides()
        if self.may(Permission.SEE_AUDIT) and not self.may(Permission.SEE_DAY):
            self._trail()
        if self.may(Permission.SET_UP_CLINIC) and not self.has_visits:
            self._set_up()

    def number(self, label: str, number: Any, url: str, note: str = "", tone: str = "") -> None:
        """One number of today."""
        self.numbers.append(
            {"label": label, "number": number, "url": url, "note": note, "tone": tone}
        )

    def left(self, count: int, one: str, many: str, url: str, *, grave: bool = False) -> None:
        """Something left to do; nothing where there is none."""
        if count:
            says = one if count == 1 else many
            self.to_do.append({"count": count, "says": says, "url": url, "grave": grave})

    def _set_up(self) -> None:
        before = self.to_do
        self.to_do = []
        self.left(
            len(missing_before_booking(self.clinic, on=self.today)),
            "step of the set-up is missing before the first booking",
            "steps of the set-up are missing before the first booking",
            reverse("setup"),
        )
        self.to_do += before

    def _my_day(self) -> None:
        self.mine = room.my_day(user=self.user, clinic=self.clinic, day=self.today)
        ahead = [line for line in self.mine if line.visit.status not in room.GONE]
        self.next = ahead[0] if ahead else None
        self.to_open = charts_to_open(
            [self.next.visit] if self.next else [],
            user=self.user,
            clinic=self.clinic,
            on=self.today,
        )
        treatments = reverse("treatments")
        done = f"{len(self.mine) - len(ahead)} done" if self.mine else "none booked"
        self.number("My visits today", len(self.mine), treatments, done)
        unsigned_today = sum(
            1
            for line in self.mine
            if line.chart is not None and line.chart.ended_at and not line.chart.signed_at
        )
        before = room.count_unsigned_before(user=self.user, clinic=self.clinic, day=self.today)
        self.number(
            "Unsigned records",
            unsigned_today + before,
            treatments,
            "yours" if unsigned_today + before else "all signed",
            "red" if before else "amber" if unsigned_today else "",
        )
        self.left(
            before,
            "record from an earlier day is not signed",
            "records from earlier days are not signed",
            treatments,
            grave=True,
        )
        self.left(
            unsigned_today,
            "of today's treatments is not signed",
            "of today's treatments are not signed",
            treatments,
        )

    def _desk(self, *, at_the_desk: bool) -> None:
        found = queries.desk(self.clinic, today=self.today)
        self.has_visits = bool(found.today or found.tomorrow or found.unclosed)
        day, tomorrow = reverse("day"), reverse("day-on", args=[self.today + ONE_DAY])
        self.number("Visits today", found.visits, day, f"{found.to_come} still to come")
        waiting = found.today.get("arrived", 0)
        self.number("Waiting now", waiting, day, tone="blue" if waiting else "")
        self.number("Numbing or in treatment", found.under_way, day)
        self.number("Visits tomorrow", found.tomorrow, tomorrow)
        self.left(
            found.unconfirmed,
            "of tomorrow's visits is not confirmed",
            "of tomorrow's visits are not confirmed",
            tomorrow,
        )
        if found.unclosed_since:
            self.left(
                found.unclosed,
                "visit from an earlier day is neither completed nor closed",
                "visits from earlier days are neither completed nor closed",
                reverse("day-on", args=[found.unclosed_since]),
                grave=True,
            )
        unreached = queries.unreached(self.clinic, at=self.at)
        self.left(
            unreached.patients,
            "patient did not get our message and is to be called",
            "patients did not get our message and are to be called",
            f"{reverse('messages')}?show=failed",
            grave=True,
        )
        if at_the_desk:
            if unreached.first:
                self.visits("To call: a message failed", unreached.first, "", "comes_at")
            here = queries.waiting(self.clinic, today=self.today)
            self.visits("Waiting now", here, "Nobody is waiting.", "arrived_at")
            ahead = queries.unconfirmed(self.clinic, day=self.today + ONE_DAY)
            none = (
                "All of tomorrow's visits are confirmed."
                if found.tomorrow
                else "No visits tomorrow."
            )
            self.visits("To confirm for tomorrow", ahead, none, "comes_at")

    def visits(self, title: str, visits: list[Any], empty: str, when: str) -> None:
        """A short list of visits: when each comes or came, its treatment, phone and way."""
        here = when == "arrived_at"
        rows = [{"at": getattr(visit, when), "here": here, "visit": visit} for visit in visits]
        self.lists.append({"title": title, "rows": rows, "empty": empty})

    def _charts(self) -> None:
        """What a medical director looks after."""
        found = queries.records(self.clinic, today=self.today)
        treatments = reverse("treatments")
        self.number("Unsigned in the clinic", found.unsigned, f"{treatments}?show=unsigned")
        self.number("Signed in 28 days", found.signed, f"{treatments}?show=all")
        self.left(
            found.unsigned,
            "treatment of the clinic has ended and is not signed",
            "treatments of the clinic have ended and are not signed",
            f"{treatments}?show=unsigned",
        )
        self.left(
            found.ended_early,
            "treatment ended early in the last 28 days",
            "treatments ended early in the last 28 days",
            f"{treatments}?show=all",
        )

    def _log(self) -> None:
        """The same for whoever sees of a chart only its cartridge, times and practitioner."""
        found = queries.records(self.clinic, today=self.today)
        since = min(found.unsigned_since or self.today, self.today)
        rows = self._rows("unsigned", since)
        self.number(
            "Unsigned records", found.unsigned, rows, tone="amber" if found.unsigned else ""
        )
        if self.may(Permission.SEE_SIGNED_CHARTS):
            self.number("Signed in 28 days", found.signed, reverse("treatments"))
        self.left(
            found.unsigned,
            "treatment has ended and is not signed",
            "treatments have ended and are not signed",
            rows,
        )

    def _rows(self, kind: str, since: dt.date) -> str:
        period = {"kind": kind, "from": since.isoformat(), "to": self.today.isoformat()}
        return f"{reverse('cartridge-audit-rows')}?{urlencode(period)}"

    def _stock(self) -> None:
        products = shelf(self.clinic, today=self.today)
        lots = [lot for product in products for lot in product.lots]
        cartridges = reverse("cartridges")
        days = [product.days for product in products if product.days is not None]
        note = f"about {min(days)} days of supply" if days else "ready to use"
        self.number("Cartridges ready", sum(lot.ready for lot in lots), cartridges, note)
        apart = queries.difference(self.clinic)
        self.number(
            "Ledger difference",
            apart,
            reverse("cartridge-audit"),
            "units on file and ledger agree" if not apart else "units disagree",
            "red" if apart else "green",
        )
        self.left(
            apart,
            "cartridge disagrees with the ledger",
            "cartridges disagree with the ledger",
            self._rows("difference", self.today),
            grave=True,
        )
        self.left(
            sum(lot.on_hand for lot in lots if lot.state == "expired"),
            "expired cartridge is still on hand",
            "expired cartridges are still on hand",
            self._rows("expired", self.today),
        )
        self.left(
            sum(lot.ready for lot in lots if lot.state == "expiring"),
            "cartridge expires within 30 days",
            "cartridges expire within 30 days",
            cartridges,
        )

    def _licenses(self) -> None:
        board = license_board(self.clinic, today=self.today)
        urgent = f"{reverse('licenses')}?show=attention"
        self.number(
            "May treat today",
            board.covered,
            reverse("licenses"),
            f"of {board.people} practitioners",
            "" if board.covered == board.people else "amber",
        )
        stopped = sum(1 for line in board.urgent if line.blocks)
        self.left(
            stopped,
            "license is missing, expired or stopped",
            "licenses are missing, expired or stopped",
            urgent,
            grave=True,
        )
        self.left(
            len(board.urgent) - stopped,
            "license ends within 60 days",
            "licenses end within 60 days",
            urgent,
        )

    def _overrides(self) -> None:
        monday = self.today - ONE_DAY * self.today.weekday()
        passed = overrides_since(self.clinic, day_span(monday, self.clinic.zone)[0])
        self.left(
            passed,
            "rule was passed over this week: read the reason",
            "rules were passed over this week: read the reasons",
            reverse("overrides"),
        )

    def _trail(self) -> None:
        system = self.may(Permission.SEE_SYSTEM_AUDIT)
        found = queries.trail(self.clinic, today=self.today, system=system)
        log, day = reverse("audit"), self.today.isoformat()
        today = urlencode({"since": day, "until": day})
        refused = f"{log}?{today}&outcome=refused"
        self.number("Audit events today", found.events, f"{log}?{today}")
        self.number("Refused today", found.refused, refused, "acts the rules did not allow")
        if system:
            failed = f"{log}?{urlencode({'log': 'system', 'what': 'user.log_in'})}&outcome=refused"
            self.number("Failed log-ins today", found.failed_log_ins, f"{failed}&{today}")
