"""What a button sends for a time that the page proposes: with whom, and when."""

from __future__ import annotations

import datetime as dt
import uuid


def choice_key(practitioner: uuid.UUID | str | None, starts_at: dt.datetime) -> str:
    """With whom (None: anyone) and when, in one text; to the minute, in UTC."""
    return f"{practitioner or ''}@{starts_at.astimezone(dt.UTC).isoformat()[:16]}Z"


def read_choice(key: str) -> tuple[str, dt.datetime] | None:
    """With whom (as sent) and when (UTC) a `choice_key` means; None where it means nothing."""
    who, _, text = key.partition("@")
    try:
        return who, dt.datetime.strptime(text, "%Y-%m-%dT%H:%MZ").replace(tzinfo=dt.UTC)
    except ValueError:
        return None
