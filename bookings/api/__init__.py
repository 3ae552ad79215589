"""The desk for programs: what stands on the day, what is free, and the desk's acts."""

from bookings.api import acting, reading
from bookings.api.desk import router

__all__ = ["acting", "reading", "router"]
