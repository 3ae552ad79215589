"""A treatment with Ana in Austin, brought as far as a test needs it, by the acts of the clinic.

The times are minutes after nine: arrival 0, chart 1, cream 2 to 27, start 30, cartridge 31,
pass 32, end 60, signature 62.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from bookings.models import Appointment
from clinic.models import Patient, Practitioner
from tests import factories
from tests.cast import NOW, PASSWORD, Cast
from treatments import operations
from treatments.models import Cartridge, Treatment

TUBE_GOOD_UNTIL = dt.date(2027, 8, 31)
STEPS = (
    "open",
    "numbing",
    "numbed",
    "started",
    "claimed",
    "needled",
    "finished",
    "signed",
)


# What is confirmed aloud before the needle.
TIME_OUT = {"confirmed": True, "screened_on_paper": True}


def later(minutes: int) -> dt.datetime:
    """So many minutes after nine."""
    return NOW + dt.timedelta(minutes=minutes)


def arrived(
    cast: Cast,
    *,
    patient: Patient | None = None,
    practitioner: Practitioner | None = None,
    minutes: int = 30,
    **given: Any,
) -> Appointment:
    """A visit whose patient is here, `minutes` after nine; by default Mia with Ana at half past."""
    second = minutes != 30
    return factories.appointment(
        patient=patient or cast.mia,
        practitioner=practitioner or cast.ana,
        service=given.pop("service", cast.short_service),
        room=given.pop("room", cast.second_room if second else cast.room),
        device=given.pop("device", cast.second_device if second else cast.device),
        starts_at=later(minutes),
        by=cast.reception,
        **{
            "status": "arrived",
            "arrived_at": later(0),
            "arrived_by": cast.reception,
            **given,
        },
    )


def cream(cast: Cast, **given: Any) -> dict[str, Any]:
    """The arguments of `apply_numbing`: 1.5 g of cream on two areas at two past nine."""
    return {
        "product": cast.cream,
        "lot": "TUBE-7",
        "expires_on": TUBE_GOOD_UNTIL,
        "amount": 15,
        "areas": ["forehead", "chin"],
        "applied_at": later(2),
        **given,
    }


def fit_unit(cast: Cast) -> Cartridge:
    """The first unit of the good lot that is still in stock."""
    return cast.lot.units.filter(status="in_stock").earliest("number")


def one_pass(**given: Any) -> dict[str, Any]:
    """The arguments of `add_pass`: the chin, half a millimeter, twice."""
    return {"area": "chin", "depth": 50, "passes": 2, "endpoint": "erythema_uniform", **given}


def chart_at(cast: Cast, step: str, visit: Appointment | None = None) -> Treatment:
    """A chart that has come to `step` (one of STEPS), read afresh."""
    visit = visit or arrived(cast)
    by: dict[str, Any] = {"by": visit.practitioner.user}
    chart = operations.open_chart(appointment=visit, **by, at=later(1))
    acts = {
        "numbing": lambda: operations.apply_numbing(
            treatment=chart, **cream(cast), **by, at=later(2)
        ),
        "numbed": lambda: operations.remove_numbing(
            treatment=chart, removed_at=later(27), **by, at=later(27)
        ),
        "started": lambda: operations.start(treatment=chart, **TIME_OUT, **by, at=later(30)),
        "claimed": lambda: operations.claim_unit(
            treatment=chart,
            unit_code=fit_unit(cast).unit_code,
            pack_intact=True,
            **by,
            at=later(31),
        ),
        "needled": lambda: operations.add_pass(treatment=chart, **one_pass(), **by, at=later(32)),
        "finished": lambda: operations.finish(
            treatment=chart,
            endpoint="erythema_uniform",
            aftercare_given=True,
            reaction="Even redness.",
            note_text="Went well.",
            **by,
            at=later(60),
        ),
        "signed": lambda: operations.sign(treatment=chart, password=PASSWORD, **by, at=later(62)),
    }
    for name in STEPS[1 : STEPS.index(step) + 1]:
        acts[name]()
    return Treatment.objects.select_related("clinic", "practitioner").get(pk=chart.pk)
