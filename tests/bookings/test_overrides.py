"""What was passed over is on file for good, with raw SQL either."""

from __future__ import annotations

import pytest

from bookings.models import Appointment, Override
from tests import factories
from tests.cast import NOW, Cast
from tests.raw_sql import change, copy, over, refused


@pytest.fixture
def visit(cast: Cast) -> Appointment:
    """Mia with Ana at ten."""
    return factories.appointment(
        patient=cast.mia,
        practitioner=cast.ana,
        service=cast.service,
        room=cast.room,
        device=cast.device,
        starts_at=NOW.replace(hour=16),
        by=cast.reception,
    )


@pytest.fixture
def override(cast: Cast, visit: Appointment) -> Override:
    """Her interval passed over by the manager."""
    made = Override(
        clinic=cast.clinic,
        appointment=visit,
        kind=Override.Kind.INTERVAL,
        reason="Wedding next week",
        detail={"days": 20},
        made_at=NOW,
        made_by=cast.manager,
    )
    made.write()
    return made


@pytest.mark.django_db
@pytest.mark.rule("R35")
def test_an_override_is_only_ever_added_to(override: Override) -> None:
    table = "bookings_override"
    for sql in (
        change(override, reason="Another reason"),
        (f"DELETE FROM {table}",),
        over(override),
    ):
        assert refused(*sql) in {f"{table}_append_only", f"{table}_no_replace"}


@pytest.mark.django_db
@pytest.mark.rule("R35")
@pytest.mark.parametrize("reason", ["", "   "])
def test_an_override_says_why(override: Override, reason: str) -> None:
    assert refused(*copy(override, reason=reason)) == "override_says_why"


@pytest.mark.django_db
def test_an_override_is_of_the_clinic_of_its_visit(cast: Cast, override: Override) -> None:
    found = refused(*copy(override, clinic_id=cast.other_clinic))
    assert found == "override_of_its_clinic"


@pytest.mark.django_db
def test_an_override_is_of_a_known_kind(override: Override) -> None:
    assert refused(*copy(override, kind="whim")) == "override_kind_known"
