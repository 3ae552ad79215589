"""Pure decisions about a chart: times, depths, dwell, and what is still missing."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from clinic.rules import say_time

SKEW = dt.timedelta(minutes=5)
_NUMBER = re.compile(r"[0-9]{0,4}\.?[0-9]{1,8}")


def in_future(moment: dt.datetime, at: dt.datetime) -> bool:
    """Whether a moment lies ahead of now by more than the allowed skew of five minutes (R46)."""
    return moment > at + SKEW


def depth_on_dial(depth: int, *, step: int, most: int) -> str | None:
    """Why a depth (hundredths of a millimeter) is not on the device's dial; None when it is."""
    if depth <= 0:
        return "Enter a depth above 0 mm."
    if depth > most:
        return f"This device goes to {say_depth(most)} mm."
    if depth % step:
        below = depth // step * step
        near = [one for one in (below, below + step) if 0 < one <= most]
        choices = " or ".join(say_depth(one) for one in near)
        return f"The dial has steps of {say_depth(step)} mm: choose {choices}."
    return None


def depth_on_file(
    depth: int, *, area: str, most: int, with_order: int | None, label_most: int
) -> str | None:
    """The warning for a depth above the most on file of its area (named in words); None up to it.

    Where the device's label says less, less holds (R20, R21). A warning, for the chart knows of
    no order: who needles decides.
    """
    most = min(most, label_most)
    if depth <= most:
        return None
    deep = f"{area}: {say_depth(depth)} mm is more than the most on file"
    if with_order is None or with_order <= most:
        return f"{deep}, {say_depth(most)} mm."
    if depth > with_order:
        return f"{deep} with an order, {say_depth(with_order)} mm."
    return f"{deep} without an order, {say_depth(most)} mm."


def read_depth(text: str) -> int | None:
    """Millimeters as typed ("0.75") in hundredths of a millimeter; None when not a number."""
    return _read_number(text, places=2)


def read_grams(text: str) -> int | None:
    """Grams as typed ("1.5") in tenths of a gram; None when not a number, or a finer one."""
    return _read_number(text, places=1)


def _read_number(text: str, *, places: int) -> int | None:
    # Digits and one point, nothing cleverer: "1e1", "1_0" and "1,5" are not what a person meant.
    if not _NUMBER.fullmatch(text.strip()):
        return None
    smallest = Decimal(text.strip()).scaleb(places)
    return int(smallest) if smallest == smallest.to_integral_value() else None


def no_number(text: str, *, places: int) -> str:
    """What to do about a text that is no number above 0 of at most `places` decimals."""
    typed = text.strip()
    if "," in typed:
        return "Write it with a point"
    if typed.startswith("-") and _NUMBER.fullmatch(typed[1:]):
        return "Enter a number above 0"
    if re.fullmatch(r"[0-9]+", typed):
        return "Enter a smaller number"
    if re.fullmatch(r"[0-9]*\.[0-9]+", typed):
        return f"Use at most {'one decimal' if places == 1 else f'{places} decimals'}"
    return "Enter a number"


def say_depth(depth: int) -> str:
    """Hundredths of a millimeter as a person reads them: 75 → 0.75."""
    return f"{depth // 100}.{depth % 100:02d}"


def say_grams(amount: int) -> str:
    """Tenths of a gram as a person reads them: 15 → 1.5."""
    return f"{amount // 10}.{amount % 10}"


@dataclass(frozen=True)
class Dwell:
    """How long cream was on, in minutes, against the product's limits (R40)."""

    minutes: int
    state: str
    sentence: str


def judge_dwell(
    *, applied_at: dt.datetime, until: dt.datetime, shortest: int, longest: int
) -> Dwell:
    """Judge the dwell from `applied_at` to `until`; limits in minutes, both inclusive.

    "short" warns, "long" asks for a look at the skin and the patient, "ok" is neither.
    """
    minutes = int((until - applied_at).total_seconds() // 60)
    if minutes < shortest:
        return Dwell(minutes, "short", f"{minutes} of at least {shortest} min.")
    if minutes > longest:
        return Dwell(minutes, "long", f"{minutes} min, more than the {longest} min allowed.")
    return Dwell(minutes, "ok", f"{minutes} min, within {shortest} to {longest} min.")


# The reasons for wasting a unit that say no needle of it touched anyone (R13).
NO_CONTACT = frozenset({"opened_not_used"})


def needled_since(opened_at: dt.datetime | None, passes_at: Iterable[dt.datetime]) -> bool:
    """Whether passes are charted since a unit was opened: then it touched the patient (R13)."""
    return opened_at is not None and any(at >= opened_at for at in passes_at)


def amber_from(*, due: dt.datetime, latest: dt.datetime) -> dt.datetime:
    """From when cream that is on long enough has to come off soon: the last third of the time
    between the least and the most it may be on (R40)."""
    return due + max(latest - due, dt.timedelta()) * 2 / 3


def say_in_use(*, room: str, device: str, who: str, since: dt.datetime) -> str:
    """That a room or device ("" where it is free) is taken by another treatment (R47)."""
    what = " and ".join(one for one in (room, device) if one)
    verb = "are" if room and device else "is"
    return f"{what} {verb} in use by {who} since {say_time(since)}."


@dataclass(frozen=True)
class ChartFacts:
    """What the completeness rule reads of a chart.

    `unit_needled`: a pass is charted since the unit that is open, or was used, was opened.
    """

    started: bool
    ended: bool
    aborted: bool = False
    numbing_recorded: bool = False
    cream_still_on: bool = False
    unit_opened_or_used: bool = False
    passes: int = 0
    unit_needled: bool = False
    endpoint: bool = False
    aftercare: bool = False


@dataclass(frozen=True)
class Missing:
    """One thing a chart still lacks; `step` is where it is entered, `beside` in which field of
    the finish."""

    step: str
    what: str
    rule: str = field(default="R46", compare=False)
    beside: str = field(default="", compare=False)


def missing_to_finish(chart: ChartFacts) -> list[Missing]:
    """What a treatment lacks before it can be finished, in the order of the steps."""
    lacks = [
        (not chart.numbing_recorded, Missing("numb", "numbing, or why there is none", "R39")),
        (chart.cream_still_on, Missing("numb", "the time the cream came off", "R40")),
        (not chart.started, Missing("start", "the start", "R46")),
        (not chart.unit_opened_or_used, Missing("cartridge", "the cartridge", "R1")),
        (chart.passes == 0, Missing("passes", "at least one needling pass", "R46")),
        # Else the passes were made with a unit that is wasted, and this one would be counted
        # as used though it never was (R13).
        (
            chart.passes > 0 and chart.unit_opened_or_used and not chart.unit_needled,
            Missing("passes", "a pass with the cartridge that is open now", "R13"),
        ),
        (not chart.endpoint, Missing("finish", "the end point", "R46", "endpoint")),
        (
            not chart.aftercare,
            Missing("finish", "aftercare handed over", "R46", "aftercare_given"),
        ),
    ]
    return [missing for lacking, missing in lacks if lacking]


def missing_to_abort(chart: ChartFacts) -> list[Missing]:
    """What ending early needs, and nothing of what it makes needless (R33)."""
    lacks = [Missing("numb", "the time the cream came off", "R40")] if chart.cream_still_on else []
    return [
        *lacks,
        Missing("abort", "why it ends early", "R33"),
        Missing("abort", "whether the needle touched the patient", "R33"),
    ]


def missing_to_sign(chart: ChartFacts) -> list[Missing]:
    """What a chart lacks before it can be signed, in the order of the steps."""
    if chart.aborted:
        return []
    lacks = missing_to_finish(chart)
    if not chart.ended:
        lacks.append(Missing("finish", "the end of the treatment", "R46"))
    return lacks


def meaning_of(*, aborted: bool, needle_contact: bool) -> str:
    """What the author's signature says, in words that are true of this record (R51)."""
    if not aborted:
        return "I performed this treatment and this record is complete and correct."
    if needle_contact:
        return "I began this treatment and ended it early; this record is complete and correct."
    return "I ended this treatment before any needle contact; this record is complete and correct."
