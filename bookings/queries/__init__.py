"""What the desk reads: the day board, a visit's card."""

from bookings.queries.absences import (
    closures_of,
    holidays_to_close,
    time_off_of,
    time_off_of_who_left,
    visits_in_closure,
    visits_in_time_off,
)
from bookings.queries.blocks import block_for, blocks_between, free_until
from bookings.queries.board import Column, DayBoard, Visit, day_board
from bookings.queries.free_times import (
    FreeLine,
    FreeSearch,
    FreeTime,
    WhyNot,
    doubts_about,
    nearest_free_times,
    reasons_against,
    search_near,
)
from bookings.queries.hours import clinic_opening, clinic_opens
from bookings.queries.imports import (
    import_counts,
    import_for,
    import_row,
    import_rows,
    imported_before,
    imports_of,
    rejects,
    who_is_on_file,
)
from bookings.queries.intervals import overrides_between, overrides_since, planned_near
from bookings.queries.letters import own_texts, words_of
from bookings.queries.offered import all_services, devices_in_service, models_to_choose
from bookings.queries.offers import OnDay, practitioners_on, services_of
from bookings.queries.opening import ToOpen, charts_to_open
from bookings.queries.reminders import (
    Sent,
    about,
    about_outer,
    reminders_taken_back,
    sent_about,
    visits_to_remind,
    ways_to,
)
from bookings.queries.rosters import rosters_of
from bookings.queries.sheets import clinics_in_use, contacts_of
from bookings.queries.supply import short_by
from bookings.queries.touched import Touched, say_visits_ahead, say_visits_of, visits_ahead
from bookings.queries.undoing import Done, done_last, undos_of
from bookings.queries.visits import Past, moves_of, past_of, standing_of, visit_for
from bookings.queries.week import (
    OtherHours,
    Plan,
    mark_of,
    mark_of_days,
    other_hours,
    people_with_hours,
    plan_of,
    time_off_ahead,
    visits_outside,
    weeks_of,
)

__all__ = [
    "Column",
    "DayBoard",
    "Done",
    "FreeLine",
    "FreeSearch",
    "FreeTime",
    "OnDay",
    "OtherHours",
    "Past",
    "Plan",
    "Sent",
    "ToOpen",
    "Touched",
    "Visit",
    "WhyNot",
    "about",
    "about_outer",
    "all_services",
    "block_for",
    "blocks_between",
    "charts_to_open",
    "clinic_opening",
    "clinic_opens",
    "clinics_in_use",
    "closures_of",
    "contacts_of",
    "day_board",
    "devices_in_service",
    "done_last",
    "doubts_about",
    "free_until",
    "holidays_to_close",
    "import_counts",
    "import_for",
    "import_row",
    "import_rows",
    "imported_before",
    "imports_of",
    "mark_of",
    "mark_of_days",
    "models_to_choose",
    "moves_of",
    "nearest_free_times",
    "other_hours",
    "overrides_between",
    "overrides_since",
    "own_texts",
    "past_of",
    "people_with_hours",
    "plan_of",
    "planned_near",
    "practitioners_on",
    "reasons_against",
    "rejects",
    "reminders_taken_back",
    "rosters_of",
    "say_visits_ahead",
    "say_visits_of",
    "search_near",
    "sent_about",
    "services_of",
    "short_by",
    "standing_of",
    "time_off_ahead",
    "time_off_of",
    "time_off_of_who_left",
    "told_of",
    "undos_of",
    "visit_for",
    "visits_ahead",
    "visits_in_closure",
    "visits_in_time_off",
    "visits_outside",
    "visits_to_remind",
    "ways_to",
    "weeks_of",
    "who_is_on_file",
    "words_of",
]
