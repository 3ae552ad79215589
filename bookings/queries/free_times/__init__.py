"""Free times: when a visit fits, for one practitioner or for all, over days in a row."""

from bookings.queries.free_times.near import doubts_about, nearest_free_times, search_near
from bookings.queries.free_times.none_free import NoneFree, none_free
from bookings.queries.free_times.rooms import RoomsFree
from bookings.queries.free_times.search import FreeLine, FreeSearch, FreeTime
from bookings.queries.free_times.why_not import WhyNot, reasons_against

__all__ = [
    "FreeLine",
    "FreeSearch",
    "FreeTime",
    "NoneFree",
    "RoomsFree",
    "WhyNot",
    "doubts_about",
    "nearest_free_times",
    "none_free",
    "reasons_against",
    "search_near",
]
