"""When a clinic reminds its patients: what hours will do."""

from __future__ import annotations

EARLIEST_H, LATEST_H = 168, 1


def reminders_fault(first_h: int, second_h: int) -> tuple[str, str] | None:
    """Why reminders cannot go so many hours before a visit: the field and the sentence."""
    for name, hours in (("remind_first_h", first_h), ("remind_second_h", second_h)):
        if not LATEST_H <= hours <= EARLIEST_H:
            return name, f"A reminder goes {LATEST_H} to {EARLIEST_H} hours before the visit."
    if first_h <= second_h:
        return "remind_second_h", (
            "The second reminder comes after the first: fewer hours before the visit. "
            "For one reminder only, switch the other off."
        )
    return None
