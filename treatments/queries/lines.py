"""What is entered in a chart, line by line, in the words of its page."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from treatments.models import NeedlingPass, NumbingApplication
from treatments.rules.areas import AREAS
from treatments.rules.charting import Dwell, judge_dwell, say_depth, say_grams

AREA_WORDS = dict(AREAS)


@dataclass(frozen=True)
class Cream:
    """One application of cream, in the words of the page."""

    row: NumbingApplication

    @property
    def grams(self) -> str:
        return say_grams(self.row.amount or 0)

    @property
    def areas(self) -> list[str]:
        return [AREA_WORDS.get(code, code) for code in self.row.areas.split(",") if code]

    @property
    def is_on(self) -> bool:
        return self.row.removed_at is None

    @property
    def dwell(self) -> Dwell | None:
        """How long it was on, judged (R40); None while it is on."""
        return self.judged(self.row.removed_at) if self.row.removed_at else None

    def judged(self, until: dt.datetime) -> Dwell | None:
        """The dwell as it would be if the cream came off then."""
        product, since = self.row.product, self.row.applied_at
        if product is None or since is None:
            return None
        return judge_dwell(
            applied_at=since, until=until, shortest=product.min_dwell, longest=product.max_dwell
        )


@dataclass(frozen=True)
class PassLine:
    """One needling pass, in the words of the page."""

    row: NeedlingPass

    @property
    def depth(self) -> str:
        """Millimeters: 0.75."""
        return say_depth(self.row.depth)

    @property
    def area(self) -> str:
        return AREA_WORDS.get(self.row.area, self.row.area)


@dataclass(frozen=True)
class LastVisit:
    """The needling of the patient's treatment before this one."""

    on: dt.date
    by: str
    passes: list[PassLine]
    endpoint: str
