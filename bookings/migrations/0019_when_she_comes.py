"""What waits to be sent ends when the patient is to be there: check-in and numbing come first."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import migrations

MINUTE = dt.timedelta(minutes=1)


def _shift(apps: Any, sign: int) -> None:
    messages = apps.get_model("clinic", "Message").objects
    visits = apps.get_model("bookings", "Appointment").objects
    rows = visits.exclude(numbing_min=0, check_in_min=0).order_by("pk")
    for key, numbing, check_in in rows.values_list("pk", "numbing_min", "check_in_min").iterator():
        for message in messages.filter(about=key.hex):
            message.not_after += sign * (numbing + check_in) * MINUTE
            message.save(update_fields=["not_after"])


def to_when_she_comes(apps: Any, _editor: Any) -> None:
    _shift(apps, -1)


def to_the_needling(apps: Any, _editor: Any) -> None:
    _shift(apps, 1)


class Migration(migrations.Migration):
    dependencies = [("bookings", "0018_merged"), ("clinic", "0013_waitlist")]
    operations = [migrations.RunPython(to_when_she_comes, to_the_needling)]
