"""The background worker: does what is due, sends messages beside it, ends on the first signal."""

from __future__ import annotations

import datetime as dt
import json
import logging
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone

from clinic import audit, outbox
from clinic.models import Message

log = logging.getLogger(__name__)
EVERY_SECONDS = 3
# A round of sending begins nothing after so long, so that the worker ends soon when told to.
ROUND_SECONDS = 5.0
STOP_SECONDS = 8.0
IMPORT_EVERY = dt.timedelta(seconds=2)
TICK_EVERY = dt.timedelta(minutes=1)
SHEETS_EVERY = dt.timedelta(minutes=5)
ANCHOR_EVERY = TIDY_EVERY = dt.timedelta(hours=1)
AGAIN_AFTER = dt.timedelta(minutes=1)


class Command(BaseCommand):
    """`manage.py work`: runs beside the web server until SIGTERM or Ctrl-C."""

    help = (
        "Tick what is due, go on with imports, send messages, anchor the audit and tidy every "
        "hour, until told to stop."
    )

    def handle(self, **options: Any) -> None:
        told_to_stop = threading.Event()

        def stop(_number: int, _frame: FrameType | None) -> None:
            told_to_stop.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        chores = [
            # By name: what is due belongs to an app above this one.
            Chore(TICK_EVERY, lambda at: call_command("send_due", verbosity=0)),
            Chore(IMPORT_EVERY, lambda at: call_command("go_on_with_imports", verbosity=0)),
            Chore(SHEETS_EVERY, lambda at: call_command("keep_outage_sheets", verbosity=0)),
            Chore(ANCHOR_EVERY, lambda at: anchor(Path(settings.VAR_DIR) / "anchors", at)),
            Chore(TIDY_EVERY, lambda at: call_command("tidy", verbosity=0)),
        ]
        senders = [
            threading.Thread(target=send, args=(channel, told_to_stop), daemon=True)
            for channel in Message.Channel
        ]
        for sender in senders:
            sender.start()
        while not told_to_stop.is_set():
            at = timezone.now()
            went_well(close_old_connections)
            for chore in chores:
                chore.do_if_due(at)
            told_to_stop.wait(EVERY_SECONDS)
        for sender in senders:
            # One that a gateway holds up is left: its message is taken up again after its lease.
            sender.join(STOP_SECONDS)


def send(channel: Message.Channel, told_to_stop: threading.Event) -> None:
    """Send what goes by one channel, round by round, until told to stop.

    Each gateway has a thread of its own: one that hangs holds up neither the other nor the clock.
    """
    try:
        while not told_to_stop.is_set():
            went_well(close_old_connections)
            went_well(outbox.deliver, at=timezone.now(), channel=channel, seconds=ROUND_SECONDS)
            told_to_stop.wait(EVERY_SECONDS)
    finally:
        connection.close()


@dataclass
class Chore:
    """What the worker does now and then, each by a clock of its own.

    One that failed is tried again after a minute, whatever became of the others.
    """

    every: dt.timedelta
    step: Callable[[dt.datetime], object]
    due_at: dt.datetime | None = None

    def do_if_due(self, at: dt.datetime) -> None:
        """Do it where its time has come."""
        if self.due_at is None or at >= self.due_at:
            self.due_at = at + (self.every if went_well(self.step, at) else AGAIN_AFTER)


def went_well(step: Callable[..., object], *given: Any, **named: Any) -> bool:
    """Do one step of a round. Whatever fails is logged; the other steps and rounds go on."""
    try:
        step(*given, **named)
    except (DatabaseError, OSError) as error:
        # Expected now and then: the database restarts, the disk is full. The next round tries.
        log.error("A round of the worker failed: %s", error)
        return False
    except Exception as error:
        log.exception("A round of the worker failed: %s", error)
        return False
    return True


def anchor(folder: Path, at: dt.datetime) -> Path:
    """Write one signed anchor into the folder; returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"audit-{at.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}.json"
    file.write_text(json.dumps(audit.anchor_now(at), indent=1) + "\n")
    return file
