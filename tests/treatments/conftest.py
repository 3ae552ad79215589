"""A signed record, as it was written and with the guards away."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from clinic import constraints
from tests.cast import PASSWORD, Cast
from tests.treatments.visits import chart_at, fit_unit, later, one_pass
from treatments import operations
from treatments.models import Treatment


@pytest.fixture
def signed(cast: Cast) -> Treatment:
    """A signed record with a pass taken back; units are in stock, one used and one wasted."""
    chart = chart_at(cast, "needled")
    author: dict[str, Any] = {"treatment": chart, "by": cast.esthetician}
    slip = operations.add_pass(**author, **one_pass(), at=later(33))
    operations.remove_pass(**author, seq=slip.seq, at=later(34))
    operations.finish(**author, endpoint="erythema_uniform", aftercare_given=True, at=later(60))
    chart = operations.sign(**author, password=PASSWORD, at=later(61))
    operations.waste_unit(cartridge=fit_unit(cast), reason="dropped", by=cast.manager, at=later(70))
    return chart


@pytest.fixture
def unguarded(signed: Treatment) -> Treatment:
    """The same, with the guards away."""
    constraints.drop(connection)
    return signed
