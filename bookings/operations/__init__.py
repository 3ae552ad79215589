"""The desk's acts, the waitlist, the steps that the treatment calls down, and the reminders."""

from bookings.operations.absences import (
    add_holidays,
    close_clinic,
    give_time_off,
    withdraw_closure,
    withdraw_time_off,
)
from bookings.operations.arriving import confirm, mark_arrived, mark_no_show
from bookings.operations.blocking import block_time, unblock_time
from bookings.operations.booking import book, cancel, move
from bookings.operations.courses import (
    CourseVisit,
    book_course,
    book_rest,
    end_course,
    reflow_course,
)
from bookings.operations.feeds import make_calendar_link, withdraw_calendar_link
from bookings.operations.imports import (
    check_soon,
    choose_columns,
    discard_import,
    export_rejects,
    finish_import,
    go_on_with_imports,
    import_patients,
    set_choice,
    start_import,
    upload_import,
)
from bookings.operations.interval import allow_interval
from bookings.operations.letters import set_message_text
from bookings.operations.merging import merge_patients, unmerge_patients
from bookings.operations.offered import add_service, change_service, set_service_use
from bookings.operations.opening import set_opening_hours
from bookings.operations.progress import (
    note_chart_opened,
    note_ended,
    note_numbing_off,
    note_numbing_on,
    note_started,
)
from bookings.operations.reminding import send_reminders, tell_the_rest
from bookings.operations.sending import try_message_again
from bookings.operations.sheets import keep_outage_sheet, print_day, print_outage_sheet
from bookings.operations.undoing import undo
from bookings.operations.waitlist import (
    add_to_waitlist,
    book_from_waitlist,
    change_wait,
    close_waits_over,
    decline_offer,
    end_offers_over,
    offer_time,
    take_back_offer,
    take_offer,
    withdraw_wait,
)
from bookings.operations.walk_in import walk_in
from bookings.operations.working_hours import clear_day, set_day, set_week

__all__ = [
    "CourseVisit",
    "add_holidays",
    "add_service",
    "add_to_waitlist",
    "allow_interval",
    "block_time",
    "book",
    "book_course",
    "book_from_waitlist",
    "book_rest",
    "cancel",
    "change_service",
    "change_wait",
    "check_soon",
    "choose_columns",
    "clear_day",
    "close_clinic",
    "close_waits_over",
    "confirm",
    "decline_offer",
    "discard_import",
    "end_course",
    "end_offers_over",
    "export_rejects",
    "finish_import",
    "give_time_off",
    "go_on_with_imports",
    "import_patients",
    "keep_outage_sheet",
    "make_calendar_link",
    "mark_arrived",
    "mark_no_show",
    "merge_patients",
    "move",
    "note_chart_opened",
    "note_ended",
    "note_numbing_off",
    "note_numbing_on",
    "note_started",
    "offer_time",
    "print_day",
    "print_outage_sheet",
    "reflow_course",
    "send_reminders",
    "set_choice",
    "set_day",
    "set_message_text",
    "set_opening_hours",
    "set_service_use",
    "set_week",
    "start_import",
    "take_back_offer",
    "take_offer",
    "tell_the_rest",
    "try_message_again",
    "unblock_time",
    "undo",
    "unmerge_patients",
    "upload_import",
    "walk_in",
    "withdraw_calendar_link",
    "withdraw_closure",
    "withdraw_time_off",
    "withdraw_wait",
]
