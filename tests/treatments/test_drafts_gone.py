"""What is done leaves no draft, whichever page it was done on."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse

from clinic import drafts
from clinic.models import Draft, User
from tests.cast import NOW, Cast
from tests.treatments.pages import address
from tests.treatments.test_goods_in import BY_HAND, CONFIRM, UNIT, by_hand, confirm
from tests.treatments.visits import arrived, chart_at, later


def draft(cast: Cast, user: User, page: str) -> drafts.Form:
    form = drafts.Form(user, str(cast.clinic.pk), page)
    field = "note_text" if "/waste/" in page else "supplier"
    # Opening a chart has nothing to type: whatever an older page kept of it goes too.
    if not drafts.keep(form, [(field, "Lumen")], at=NOW):
        Draft.objects.create(**form.row, fields='[["note", "Lumen"]]', saved_at=NOW)
    return form


@pytest.mark.rule("P13")
@pytest.mark.parametrize("way", ["scanned", "by hand", "wasted", "chart opened"])
def test_what_was_sent_does_not_come_back(cast: Cast, enter: Any, clock: Any, way: str) -> None:
    user = cast.esthetician if way == "chart opened" else cast.manager
    client, visit, unit = enter(user), arrived(cast), cast.lot.units.order_by("number")[0]
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


@pytest.mark.rule("P13")
@pytest.mark.parametrize(
    ("act", "typed", "said_anew"),
    [
        ("finish", {"note_text": "Calm"}, {"aftercare_given": "on"}),
        ("abort", {"reason": "Faint"}, {"needle_contact": "yes"}),
        ("claim", {}, {"cartridge": "C-000001", "pack_intact": "on"}),
        (
            "waste",
            {},
            {"cartridge": "C-000001", "reason": "dropped", "patient_contact": "on"},
        ),
        ("start", {}, {"confirmed": "on", "screened": "on"}),
        ("sign", {}, {"password": "secret"}),
        ("pass-remove", {}, {"seq": "1"}),
    ],
)
def test_what_someone_confirms_or_proves_is_never_kept(
    cast: Cast,
    enter: Any,
    clock: Any,
    act: str,
    typed: dict[str, str],
    said_anew: dict[str, str],
) -> None:
    chart = chart_at(cast, "needled")
    clock.move_to(later(33))
    room, page = enter(cast.esthetician), address(chart, act)
    room.get(address(chart))
    clock.shift(16 * 60)
    key = {"once": drafts.new_key()}
    assert room.post(page, typed | said_anew | key).headers["Location"].startswith("/lock/")
    found = drafts.kept(drafts.Form(cast.esthetician, str(cast.clinic.pk), page), at=later(33 + 16))
    assert (dict(found.fields) if found else {}) == (typed | key if typed else {})


@pytest.mark.rule("P13")
def test_the_page_too_knows_what_is_said_anew(cast: Cast, enter: Any, clock: Any) -> None:
    chart = chart_at(cast, "needled")
    clock.move_to(later(33))
    page = enter(cast.esthetician).get(address(chart), {"step": "abort"}).content.decode()
    radios = re.findall(r'<input[^>]*name="needle_contact"[^>]*>', page)
    assert len(radios) == 2
    assert all("data-anew" in one for one in radios)
    reason = re.search(r'<textarea[^>]*name="reason"[^>]*>', page)
    assert reason
    assert "data-anew" not in reason.group()
