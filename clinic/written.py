"""Dates and times on a page, in the way of the clinic whose page it is."""

from __future__ import annotations

import datetime as dt

from django import template
from django.utils import timezone

from clinic.rules import (
    hour_word,
    long_day,
    month_day,
    say_date,
    say_second,
    say_time,
    say_weekday,
    short_date,
    short_hour,
)

register = template.Library()
# The letters stand for the usual way: Tue, Nov 24, 2026, 2:30 PM.
FORMS = {
    "clock": hour_word,  # 2:30
    "time": say_time,  # 2:30 PM
    "hour": lambda local: short_hour(local.replace(minute=0)),  # 2 PM
    "weekday": lambda day: f"{day:%a}",  # Tue
    "month-day": month_day,  # Nov 24
    "day": say_weekday,  # Tue, Nov 24
    "short": short_date,  # Nov 24, 2026
    "date": say_date,  # Tue, Nov 24, 2026
    "long": long_day,  # Tuesday, November 24
    "second": say_second,  # 2:30:05 PM
    "zone": lambda local: f"{local:%Z}",  # CST
}


@register.filter(expects_localtime=True)
def said(when: dt.date | dt.time | None, form: str) -> str:
    """A date or time in one of the forms, or in several beside each other: `said:"date time"`.

    An instant is said on the wall clock of the clinic whose page it is. Nothing where there is
    none.
    """
    if not when:
        return ""
    parts = {name: FORMS[name](when) for name in form.split()}
    zone = parts.pop("zone", "")
    return f"{', '.join(parts.values())} {zone}".rstrip()


@register.simple_tag
def wall_clock() -> str:
    """What the clinic's clock shows now."""
    return say_time(timezone.localtime())
