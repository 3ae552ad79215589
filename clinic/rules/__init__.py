"""The building's pure decisions: plain values in, plain values out."""

from clinic.rules.contact import contact_fault, takes_texts
from clinic.rules.days import (
    WallTime,
    day_span,
    is_twice,
    on_wall_clock,
    read_date,
    say_date,
    say_day,
    say_span,
    say_time,
)
from clinic.rules.finding import digit_keys, name_keys, phone_keys, search_key, word_keys
from clinic.rules.invitations import (
    INVITATION_LASTS,
    Standing,
    account_standing,
    invitation_fault,
    link_digest,
)
from clinic.rules.licenses import (
    ACTIVE,
    LicenseFacts,
    LicenseVerdict,
    ScopeCheck,
    covers,
    expiry_state,
    normalize_license_number,
)
from clinic.rules.npi import npi_fault
from clinic.rules.passwords import MOST_PASSWORD, password_fault
from clinic.rules.people import (
    UNREACHABLE,
    Search,
    called,
    looks_like,
    may_be_same,
    person_fault,
    read_search,
)
from clinic.rules.reminding import EARLIEST_H, LATEST_H, reminders_fault
from clinic.rules.texts import (
    SYSTEM,
    UNSEEN,
    chain_of,
    folded,
    spreadsheet_safe,
    squeezed,
    text_fault,
)
from clinic.rules.titles import told_without_chart

__all__ = [
    "ACTIVE",
    "EARLIEST_H",
    "INVITATION_LASTS",
    "LATEST_H",
    "MOST_PASSWORD",
    "SYSTEM",
    "UNREACHABLE",
    "UNSEEN",
    "LicenseFacts",
    "LicenseVerdict",
    "ScopeCheck",
    "Search",
    "Standing",
    "WallTime",
    "account_standing",
    "called",
    "chain_of",
    "contact_fault",
    "covers",
    "day_span",
    "digit_keys",
    "expiry_state",
    "folded",
    "invitation_fault",
    "is_twice",
    "link_digest",
    "looks_like",
    "may_be_same",
    "name_keys",
    "normalize_license_number",
    "npi_fault",
    "on_wall_clock",
    "password_fault",
    "person_fault",
    "phone_keys",
    "read_date",
    "read_search",
    "reminders_fault",
    "say_date",
    "say_day",
    "say_span",
    "say_time",
    "search_key",
    "spreadsheet_safe",
    "squeezed",
    "takes_texts",
    "text_fault",
    "told_without_chart",
    "word_keys",
]
