"""The seven steps of a treatment page, and which of them is at hand."""

from __future__ import annotations

from enum import StrEnum

from treatments.rules.charting import ChartFacts


class Step(StrEnum):
    """A step as the page names it."""

    ARRIVE = "arrive"
    NUMB = "numb"
    START = "start"
    CARTRIDGE = "cartridge"
    PASSES = "passes"
    FINISH = "finish"
    SIGN = "sign"


STEP_WORDS: dict[Step, str] = {
    Step.ARRIVE: "Arrive",
    Step.NUMB: "Numb",
    Step.START: "Time-out",
    Step.CARTRIDGE: "Cartridge",
    Step.PASSES: "Passes",
    Step.FINISH: "Finish",
    Step.SIGN: "Sign",
}


def steps_done(chart: ChartFacts) -> frozenset[Step]:
    """The steps that took place. After an early end some never will; they are not done."""
    done = {Step.ARRIVE}
    if chart.ended and not chart.aborted:
        return frozenset(set(Step) - {Step.SIGN})
    if chart.numbing_recorded and not chart.cream_still_on:
        done.add(Step.NUMB)
    if chart.started:
        done.add(Step.START)
    if chart.unit_opened_or_used:
        done.add(Step.CARTRIDGE)
    if chart.passes:
        done.add(Step.PASSES)
    return frozenset(done)


def step_at_hand(chart: ChartFacts) -> Step:
    """The first step that is not done; while passes are entered, it stays with the passes.

    Only the person who needles knows which pass was the last, so the page never goes on to
    the finish by itself.
    """
    if chart.passes and not chart.ended:
        return Step.PASSES if chart.unit_opened_or_used else Step.CARTRIDGE
    if chart.ended:
        return Step.SIGN
    done = steps_done(chart)
    return next(step for step in Step if step not in done)


def steps_open(chart: ChartFacts) -> frozenset[Step]:
    """The steps that can be looked at: what is done, what is at hand, and the finish once a
    pass is in the chart or the treatment has ended."""
    near = {step_at_hand(chart)}
    if chart.passes or chart.ended:
        near.add(Step.FINISH)
    return (steps_done(chart) | near) - {Step.ARRIVE}
