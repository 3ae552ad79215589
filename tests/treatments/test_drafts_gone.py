"""What is done leaves no draft, whichever page it was done on."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from clinic import drafts
from clinic.models import User
from tests.cast import NOW, Cast
from tests.treatments.test_goods_in import BY_HAND, CONFIRM, UNIT, by_hand, confirm
from tests.treatments.visits import arrived


def draft(cast: Cast, user: User, page: str) -> drafts.Form:
    form = drafts.Form(user, str(cast.clinic.pk), page)
    assert drafts.keep(form, [("supplier", "Lumen")], at=NOW)
    return form


@pytest.mark.rule("P13")
@pytest.mark.parametrize("way", ["scanned", "by hand", "wasted", "chart opened"])
def test_what_was_sent_does_not_come_back(cast: Cast, enter: Any, clock: Any, way: str) -> None:
    user = cast.esthetician if way == "chart opened" else cast.manager
    client, visit, unit = enter(user), arrived(cast), cast.lot.units.first()
    page = {
        "scanned": reverse(CONFIRM),
        "by hand": reverse(BY_HAND),
        "wasted": reverse("cartridge-waste", args=[unit.pk]),
        "chart opened": reverse("treatment-open", args=[visit.pk]),
    }[way]
    form = draft(cast, user, page)
    if way == "scanned":
        refused, done = confirm(client, UNIT, 0), confirm(client, UNIT.format(gs="\x1d"))
    elif way == "by hand":
        refused = by_hand(client, cast, second_password="wrong")
        assert drafts.kept(form, at=NOW)
        done = by_hand(client, cast)
    elif way == "wasted":
        refused = client.post(page, {"reason": "other"})
        assert drafts.kept(form, at=NOW)
        done = client.post(page, {"reason": "dropped"})
    else:
        refused, done = None, client.post(page)
    assert refused is None or refused.status_code == 422
    assert done.status_code == 302
    assert drafts.kept(form, at=NOW) is None
