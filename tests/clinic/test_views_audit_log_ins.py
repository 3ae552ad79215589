"""The log of log-ins, which is that of all clinics: who reads it, and whom it names to her."""

from __future__ import annotations

from typing import Any

import pytest

from clinic.permissions import Role
from tests import factories
from tests.cast import Cast
from tests.clinic.test_views_audit import note, searches, shown


@pytest.mark.parametrize(
    ("who", "may"), [("auditor", True), ("administrator", True), ("manager", False)]
)
def test_a_wrong_password_is_found_where_the_page_says(
    cast: Cast, clock: Any, enter: Any, who: str, may: bool
) -> None:
    note(cast, "user.confirm", clinic_id=None, outcome="refused", detail={"sentence": "Wrong."})
    browser = enter(getattr(cast, who))
    page = browser.get("/audit/").content.decode()
    assert "wrong passwords stand in a log of their own" in page
    assert ('href="/audit/?log=system"' in page) is may
    if may:
        assert shown(browser.get("/audit/?log=system"))[0][1] == "Entered their password"


@pytest.mark.parametrize(
    ("who", "may"), [("auditor", True), ("administrator", True), ("manager", False)]
)
def test_who_logs_in_where_is_for_auditors_and_administrators(
    cast: Cast, clock: Any, enter: Any, who: str, may: bool
) -> None:
    note(cast, "user.log_in", clinic_id=None, on=cast.reception)
    note(cast, "user.log_in", clinic_id=None, on=None, by=None, outcome="refused")
    browser = enter(getattr(cast, who))
    assert ("Log-ins and screens" in browser.get("/audit/").content.decode()) is may
    answer = browser.get("/audit/?log=system")
    if not may:
        assert answer.status_code == 404
        return
    assert shown(answer) == [("Not known", "Logged in"), ("Rosa Alvarez", "Logged in")]
    assert searches()[-1] == ("audit.search", "done", '{"log":"system"}')


@pytest.mark.rule("P15")
def test_the_log_of_log_ins_names_no_other_clinic_s_staff(
    cast: Cast, clock: Any, enter: Any
) -> None:
    only = factories.user("Pat Only", {cast.other_clinic: [Role.AUDITOR]})
    for one in (cast.reception, cast.stranger, cast.nobody, None):
        note(cast, "user.log_in", clinic_id=None, on=None, by=one)
    told = {"who": cast.reception.pk}
    note(cast, "user.create_admin", clinic_id=None, on=None, by=None, detail=told)
    browser = enter(only)
    answer = browser.get("/audit/?log=system")
    seen = {(who, what) for who, what in shown(answer) if what == "Logged in"}
    assert seen == {(one, "Logged in") for one in ("Tess Quinn", "Finn Moss", "Not known")}
    page = answer.content.decode()
    assert f'<option value="{cast.stranger.pk}">' in page
    assert (cast.reception.name in page, str(cast.reception.pk) in page) == (False, False)
    file = b"".join(browser.get("/audit/export/?log=system")).decode()
    assert ("Tess Quinn" in file, cast.reception.name in file) == (True, False)
    asked = f"/audit/?log=system&who={cast.reception.pk}"
    assert browser.get(asked).status_code == 422
    # Whoever may read the log of both clinics reads it whole.
    assert cast.reception.name in enter(cast.administrator).get(asked).content.decode()
