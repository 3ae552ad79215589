"""Free times: when a visit fits, for one practitioner or for all, over days in a row."""

from bookings.queries.free_times.near import doubts_about, nearest_free_times, search_near
from bookings.queries.free_times.search import FreeLine, FreeSearch, FreeTime

__all__ = [
    "FreeLine",
    "FreeSearch",
    "FreeTime",
    "doubts_about",
    "nearest_free_times",
    "search_near",
]
