"""Why a message was not sent, as the outbox keeps it; anything else is a gateway's own word."""

from __future__ import annotations

INTERRUPTED = "Interrupted"
LATE = "Late"
WITHDRAWN = "Withdrawn"
