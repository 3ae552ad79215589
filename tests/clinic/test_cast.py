"""The cast itself: who the other tests rely on is who they say."""

from __future__ import annotations

from clinic.permissions import MAY, Permission
from tests.cast import NOW, Cast
from tests.factories import appointment


def test_the_cast_holds_one_person_per_role_and_nobody_else_works_in_austin(cast: Cast) -> None:
    for role, user in cast.staff.items():
        assert user.roles_in(cast.clinic) == {role}
        assert {p for p in Permission if user.can(p, cast.clinic.pk)} == MAY[role]
    assert cast.nobody.grants == {}
    assert cast.clinic.pk not in cast.stranger.grants


def test_a_visit_can_be_written_for_the_cast(cast: Cast) -> None:
    visit = appointment(
        patient=cast.mia,
        practitioner=cast.ana,
        service=cast.service,
        room=cast.room,
        device=cast.device,
        starts_at=NOW,
        by=cast.reception,
    )
    assert visit.license == cast.ana_license
    assert visit.holds.count() == 4
