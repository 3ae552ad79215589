"""One chart with everything its page shows, in a constant number of queries."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, replace
from functools import cached_property

from django.db.models import Prefetch, Q, QuerySet

from clinic.models import Clinic, Patient, User
from clinic.seals import seal_of_row
from treatments.models import (
    Addendum,
    Cartridge,
    NeedlingPass,
    NumbingApplication,
    NumbingProduct,
    Signature,
    Treatment,
)
from treatments.queries.contents import is_what_was_signed
from treatments.queries.ledger import wasted_during
from treatments.queries.lines import Cream, LastVisit, PassLine
from treatments.queries.skin_products import too_deep
from treatments.rules.areas import AREAS
from treatments.rules.charting import (
    ChartFacts,
    Missing,
    missing_to_sign,
    needled_since,
    say_in_use,
)
from treatments.rules.status import Status, Unit
from treatments.rules.steps import Step, step_at_hand, steps_done, steps_open


def facts_of(
    chart: Treatment, *, endpoint: str | None = None, aftercare: bool | None = None
) -> ChartFacts:
    """What the completeness rule reads of a chart; an end point and aftercare about to be
    written count in place of the stored ones. Three queries, or none on a chart from `open_page`.
    """
    numbing = list(chart.numbing.all())
    units = list(chart.units.all())
    passes = list(chart.passes.all())
    taken = next((one for one in units if one.status in (Unit.OPENED, Unit.USED)), None)
    return ChartFacts(
        started=chart.started_at is not None,
        ended=chart.ended_at is not None,
        aborted=chart.aborted,
        numbing_recorded=bool(numbing),
        cream_still_on=any(one.product_id and not one.removed_at for one in numbing),
        unit_opened_or_used=taken is not None,
        passes=len(passes),
        unit_needled=taken is not None
        and needled_since(taken.opened_at, (one.at for one in passes)),
        endpoint=bool(chart.endpoint if endpoint is None else endpoint),
        aftercare=chart.aftercare_given if aftercare is None else aftercare,
    )


def in_use_elsewhere(chart: Treatment) -> list[str]:
    """A sentence for each other treatment that has the chart's room or device now.

    One query. The plan never overlaps (R47); what runs late or begins early may, and room and
    device may be with two different ones.
    """
    same = Q(status=Status.IN_PROGRESS) & (Q(room=chart.room_id) | Q(device=chart.device_id))
    others = (
        Treatment.objects.filter(same | Q(status=Status.NUMBING, room=chart.room_id))
        .filter(clinic=chart.clinic_id)
        .exclude(pk=chart.pk)
        .select_related("practitioner", "room", "device", "clinic")
        .order_by("opened_at", "pk")
    )
    return [
        say_in_use(
            room=other.room.name if other.room_id == chart.room_id else "",
            device=other.device.code
            if other.device_id == chart.device_id and other.started_at
            else "",
            who=other.practitioner.name,
            since=other.clinic.local(other.started_at or other.opened_at),
        )
        for other in others
    ]


@dataclass(frozen=True)
class ChartPage:
    """A chart and what is entered in it. Every list is read once."""

    chart: Treatment

    @cached_property
    def facts(self) -> ChartFacts:
        return facts_of(self.chart)

    @cached_property
    def missing(self) -> list[Missing]:
        """What stands between now and the signature; an end point that the passes give is not
        missing, for the finish has it filled in."""
        facts = self.facts
        if self.agreed_endpoint and not facts.ended:
            facts = replace(facts, endpoint=True)
        return missing_to_sign(facts)

    @property
    def at_hand(self) -> Step:
        return step_at_hand(self.facts)

    @property
    def done(self) -> frozenset[Step]:
        return steps_done(self.facts)

    @property
    def open(self) -> frozenset[Step]:
        return steps_open(self.facts)

    @property
    def day(self) -> dt.date:
        """The clinic-local day of the treatment: of its start, or of its chart's opening."""
        return self.chart.started_on or self.chart.clinic.day_of(self.chart.opened_at)

    @property
    def signed(self) -> bool:
        return self.chart.status == Status.SIGNED

    def written_by(self, user: User) -> bool:
        """Whether the user is the one who treats, and so the only one who writes here (R52)."""
        return self.chart.practitioner.user_id == user.pk

    @cached_property
    def creams(self) -> list[Cream]:
        return [Cream(one) for one in self.chart.numbing.all() if one.product_id]

    @cached_property
    def creams_on(self) -> list[Cream]:
        return [one for one in self.creams if one.is_on]

    @property
    def numbed_areas(self) -> list[str]:
        """Every area that had cream, once, in the order of the list."""
        with_cream = {area for one in self.creams for area in one.areas}
        return [word for _code, word in AREAS if word in with_cream]

    @cached_property
    def no_numbing(self) -> NumbingApplication | None:
        """The entry that says there was no numbing, and why."""
        return next((one for one in self.chart.numbing.all() if not one.product_id), None)

    @cached_property
    def unit(self) -> Cartridge | None:
        """The unit opened for this treatment or used in it."""
        return self._unit(Unit.OPENED, Unit.USED)

    @property
    def open_unit(self) -> Cartridge | None:
        return self._unit(Unit.OPENED)

    @cached_property
    def wasted(self) -> list[Cartridge]:
        return list(wasted_during(self.chart))

    @cached_property
    def passes(self) -> list[PassLine]:
        return [PassLine(one) for one in self.chart.passes.all()]

    @cached_property
    def too_deep(self) -> list[str]:
        """Passes deeper than what is on file of their area, while it can be set right (R20)."""
        return too_deep(self.chart, self.chart.passes.all())

    @property
    def agreed_endpoint(self) -> str:
        """The end point that every pass has; empty where they differ or there is none."""
        found = {one.row.endpoint for one in self.passes}
        return found.pop() if len(found) == 1 else ""

    @cached_property
    def in_use(self) -> list[str]:
        """What other treatments have room or device, before this one starts."""
        return [] if self.facts.started or self.facts.ended else in_use_elsewhere(self.chart)

    @cached_property
    def taken_back(self) -> list[PassLine]:
        """Passes that were charted and then taken back: they stay on record (R50). One query."""
        rows = NeedlingPass.all_rows.filter(treatment=self.chart, removed_at__isnull=False)
        return [PassLine(one) for one in rows.select_related("removed_by").order_by("seq")]

    @property
    def open_unit_touched(self) -> bool:
        """Whether passes were needled since the open unit was opened, so that it was used."""
        since = self.open_unit.opened_at if self.open_unit else None
        return needled_since(since, (one.row.at for one in self.passes))

    @cached_property
    def last_visit(self) -> LastVisit | None:
        """The treatment before this one with needling in it: two queries."""
        before: Treatment | None = (
            Treatment.objects.filter(
                patient__in=Patient.objects.same_person(self.chart.patient_id).values("pk"),
                clinic=self.chart.clinic_id,
                opened_at__lt=self.chart.opened_at,
                started_on__isnull=False,
                passes__removed_at__isnull=True,
                passes__isnull=False,
            )
            # Another's chart is shown from only once it is signed, and then its depths alone.
            .filter(Q(status=Status.SIGNED) | Q(practitioner=self.chart.practitioner_id))
            .exclude(pk=self.chart.pk)
            .select_related("practitioner")
            .prefetch_related("passes")
            .order_by("-started_at", "pk")
            .first()
        )
        if before is None or before.started_on is None:
            return None
        return LastVisit(
            on=before.started_on,
            by=str(before.practitioner),
            passes=[PassLine(one) for one in before.passes.all()],
            endpoint=before.get_endpoint_display() if before.endpoint else "",
        )

    @cached_property
    def signature(self) -> Signature | None:
        return Signature.objects.filter(treatment=self.chart).first()

    @property
    def by_today(self) -> str:
        """Who treats, as called on file today; the signature says what that was when signing."""
        return str(self.chart.practitioner)

    @cached_property
    def unchanged(self) -> bool:
        """Whether signature and contents are still those that were signed (R51): four queries."""
        signed = self.signature
        if signed is None or signed.mac != seal_of_row(signed):
            return False
        return is_what_was_signed(self.chart, signed.content_hash)

    @cached_property
    def addenda(self) -> list[Addendum]:
        return list(Addendum.objects.filter(treatment=self.chart).order_by("written_at", "pk"))

    def _unit(self, *states: Unit) -> Cartridge | None:
        return next((one for one in self.chart.units.all() if one.status in states), None)


def chart_key(*, user: User, clinic: Clinic, key: uuid.UUID) -> Treatment | None:
    """A chart of the clinic at work that the user may read; None where there is none (P15)."""
    found: Treatment | None = (
        Treatment.objects.charts_for(user)
        .filter(clinic=clinic, pk=key)
        .select_related("clinic", "practitioner")
        .first()
    )
    return found


def open_page(chart: Treatment) -> ChartPage:
    """A chart's page, read afresh: for after its view was noted, or after an act."""
    found = (
        Treatment.objects.filter(pk=chart.pk)
        .select_related(
            "clinic",
            "patient",
            "practitioner",
            "room",
            "device__model",
            "appointment__service",
            "appointment__arrived_by",
            "cartridge__lot",
            "started_by",
            "ended_by",
        )
        .prefetch_related(
            Prefetch(
                "numbing",
                NumbingApplication.objects.select_related("product", "applied_by", "removed_by"),
            ),
            Prefetch("units", Cartridge.objects.select_related("lot__product", "wasted_by")),
            "passes",
        )
        .get()
    )
    return ChartPage(found)


def unit_in_room(chart: Treatment, code: str) -> Cartridge | None:
    """The unit of that code which is this chart's, or nobody's in the chart's clinic."""
    unit: Cartridge | None = (
        Cartridge.objects.filter(clinic=chart.clinic_id, unit_code=code.strip().upper())
        .filter(Q(treatment__isnull=True) | Q(treatment=chart))
        .select_related("lot__product", "treatment")
        .first()
    )
    return unit


def creams_in_use() -> QuerySet[NumbingProduct]:
    """The numbing products that may be put on, by name."""
    return NumbingProduct.objects.filter(is_active=True).order_by("name", "pk")
