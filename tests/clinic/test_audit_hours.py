"""Hours and days in the audit log: kept as numbers, said in the way of the reader's clinic."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cast import Cast
from tests.clinic.test_views_audit import note

NINE_TO_FIVE = [[[540, 1020]]] * 5 + [[], []]


@pytest.mark.rule("P4")
@pytest.mark.parametrize(
    ("detail", "says", "abroad"),
    [
        (
            {"from_week": NINE_TO_FIVE, "to_week": [[[480, 720], [780, 1440]]] + [[]] * 6},
            "From: Mon–Fri 9:00 AM–5:00 PM; To: Mon 8:00 AM–12:00 PM and 1:00 PM–12:00 AM",
            "From: Mon–Fri 09:00–17:00; To: Mon 08:00–12:00 and 13:00–00:00",
        ),
        (
            {"before_week": [[]] * 7, "since": "2026-12-01", "week": NINE_TO_FIVE},
            "Before: No hours; From: Tue, Dec 1, 2026; Hours: Mon–Fri 9:00 AM–5:00 PM",
            "Before: No hours; From: Tue, 1 Dec 2026; Hours: Mon–Fri 09:00–17:00",
        ),
        (
            {"day": "2026-12-01", "spans": [[600, 900]]},
            "Day: Tue, Dec 1, 2026; Hours: 10:00 AM–3:00 PM",
            "Day: Tue, 1 Dec 2026; Hours: 10:00–15:00",
        ),
        ({"spans": []}, "Hours: not at all", "Hours: not at all"),
        (
            {"days": [["Christmas Day", "2026-12-25"], ["New Year’s Day", "2027-01-01"]]},
            "Days: Christmas Day, Fri, Dec 25, 2026, New Year’s Day, Fri, Jan 1, 2027",
            "Days: Christmas Day, Fri, 25 Dec 2026, New Year’s Day, Fri, 1 Jan 2027",
        ),
        # As they were kept before.
        *(
            (old, says, says)
            for old, says in [
                (
                    {"from": "Mon–Sun 9:00 AM–6:00 PM", "to": "Mon 9:00 AM–1:00 PM"},
                    "From: Mon–Sun 9:00 AM–6:00 PM; To: Mon 9:00 AM–1:00 PM",
                ),
                ({"hours": "10:00 AM–3:00 PM"}, "Hours: 10:00 AM–3:00 PM"),
                ({"days": ["Christmas Day, Fri, Dec 25, 2026"]}, "Days: Christmas Day, Fri, Dec"),
            ]
        ),
        # What no operation writes breaks no page.
        *(
            (bad, says, says)
            for bad, says in [
                ({"week": "abcdefg"}, "Week: abcdefg"),
                ({"to_week": [[[540, 1020]]]}, "To week: 540, 1020"),
                ({"spans": [["nine", "five"]]}, "Spans: nine, five"),
                ({"spans": 7}, "Spans: 7"),
                ({"spans": [[540, 1020.5]]}, "Spans: 540, 1020"),
            ]
        ),
    ],
)
def test_hours_are_said_in_the_way_of_who_reads_them(
    cast: Cast, clock: Any, enter: Any, detail: dict[str, Any], says: str, abroad: str
) -> None:
    note(cast, "shift.set_week", by=cast.manager, detail=detail)
    browser = enter(cast.manager)
    assert says in browser.get("/audit/").content.decode()
    cast.clinic.locale = "en-GB"
    cast.clinic.write(only=["locale"])
    assert abroad in browser.get("/audit/").content.decode()
    file = b"".join(browser.get("/audit/export/").streaming_content).decode()
    assert abroad in file
