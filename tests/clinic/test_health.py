"""What the machines that watch the house are told, and the worker that runs beside it."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from clinic import audit, constraints, health
from clinic.management.commands import work
from clinic.models import Message
from tests.cast import NOW, Cast
from tests.clinic.test_outbox import post
from tests.database import Database

ROOT = Path(__file__).resolve().parents[2]


def ready() -> tuple[int, list[str]]:
    answer = Client().get("/readyz")
    return answer.status_code, answer.json()["problems"]


def test_alive_asks_nothing_of_the_database() -> None:
    # Without the mark for it, a query would fail this test.
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


def test_a_whole_house_is_ready(db: None) -> None:
    answer = Client().get("/readyz")
    told = answer.json()
    assert isinstance(told.pop("proven_backup"), str)
    assert (answer.status_code, told) == (200, {"status": "ready", "problems": []})


def test_a_guard_taken_away_is_named(db: None) -> None:
    with connection.cursor() as cursor:
        on = " ON clinic_patient" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER clinic_patient_never_deleted_delete{on}")
    assert ready() == (503, ["Guards are missing: clinic_patient_never_deleted_delete."])
    constraints.install(connection)
    assert ready() == (200, [])


def test_a_migration_that_has_not_run_is_counted(db: None) -> None:
    ((app, last),) = MigrationLoader(connection).graph.leaf_nodes("treatments")
    MigrationRecorder(connection).record_unapplied(app, last)
    status, problems = ready()
    assert (status, problems[0]) == (503, "Migrations have not run: 1.")


def test_messages_that_nobody_sends_are_counted(cast: Cast, clock: Any) -> None:
    post(cast, not_after=NOW + dt.timedelta(days=1))
    assert ready() == (200, [])
    clock.shift(16 * 60)
    assert ready() == (503, ["Messages are stuck in the outbox: 1."])


def test_a_database_that_does_not_answer_is_a_503(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> None:
        raise OperationalError("could not connect to db.internal:5432, password hunter2")

    with monkeypatch.context() as for_now:
        for_now.setattr(connection, "ensure_connection", gone)
        answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["problems"] == ["The database does not answer as it should."]


def test_the_apps_upstairs_can_add_what_they_watch(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "CHECKS", [*health.CHECKS, lambda at: [f"Odd since {at:%Y}."]])
    assert ready()[1] == [f"Odd since {dt.datetime.now(dt.UTC):%Y}."]


# The worker


def test_an_anchor_of_the_worker_is_signed_and_named_by_its_time(
    cast: Cast, tmp_path: Path
) -> None:
    file = work.anchor(tmp_path / "anchors", NOW)
    assert file == tmp_path / "anchors" / "audit-20261124T150000Z.json"
    assert audit.anchor_is_ours(json.loads(file.read_text()))


def test_the_worker_sends_anchors_and_ends_on_the_first_signal(
    cast: Cast, fresh_db: Database, tmp_path: Path
) -> None:
    far = dt.datetime.now(dt.UTC) + dt.timedelta(days=365)
    post(cast, due_at=NOW - dt.timedelta(days=3650), not_after=far)
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": fresh_db.url,
        "TEST_VAR_DIR": str(tmp_path),
    }
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "work"],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 30
        while not list(tmp_path.glob("anchors/*.json")) and time.monotonic() < deadline:
            time.sleep(0.1)
        worker.send_signal(signal.SIGTERM)
        _, said = worker.communicate(timeout=10)
    finally:
        worker.kill()
        worker.wait()
    assert (worker.returncode, said) == (0, "")
    assert Message.objects.get().status == "sent"
    assert len(list(tmp_path.glob("anchors/*.json"))) == 1
    assert len(list(tmp_path.glob("mail/*"))) == 1


@pytest.mark.parametrize("error", [OperationalError, OSError, ValueError, KeyError])
def test_nothing_that_fails_a_round_ends_the_worker_or_keeps_it_from_the_rest(
    db: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: type[Exception],
) -> None:
    rounds: list[int] = []
    anchored: list[Any] = []

    def fail(**_: Any) -> int:
        rounds.append(1)
        # The senders may be through before the clock's first round has begun.
        if len(rounds) >= 3 and anchored:
            os.kill(os.getpid(), signal.SIGTERM)
        raise error("the server restarts")

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    monkeypatch.setattr(work.outbox, "deliver", fail)
    monkeypatch.setattr(work, "anchor", lambda folder, at: anchored.append(at))
    monkeypatch.setattr(work, "EVERY_SECONDS", 0.01)
    monkeypatch.setattr(work, "close_old_connections", lambda: None)
    try:
        work.Command().handle()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert (len(rounds) >= 3, len(anchored)) == (True, 1)
    said = [line for line in caplog.messages if line.startswith("A round of the worker failed: ")]
    assert len(said) == len(rounds)
    assert all("the server restarts" in line for line in said)


@pytest.mark.rule("P28")
def test_a_mail_server_that_hangs_holds_up_neither_texts_nor_what_is_due(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs, texts, ticks = threading.Event(), [], []

    def deliver(*, channel: str, **_: Any) -> int:
        if channel == Message.Channel.EMAIL:
            hangs.wait(30)
        else:
            texts.append(channel)
        return 0

    def tick(command: str, **_: Any) -> None:
        ticks.append(command)
        if ticks.count("send_due") == 3:
            os.kill(os.getpid(), signal.SIGTERM)

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    monkeypatch.setattr(work.outbox, "deliver", deliver)
    monkeypatch.setattr(work, "call_command", tick)
    monkeypatch.setattr(work, "anchor", lambda folder, at: None)
    monkeypatch.setattr(work, "EVERY_SECONDS", 0.01)
    monkeypatch.setattr(work, "STOP_SECONDS", 0.05)
    monkeypatch.setattr(work, "TICK_EVERY", dt.timedelta(0))
    monkeypatch.setattr(work, "close_old_connections", lambda: None)
    began = time.monotonic()
    try:
        work.Command().handle()
    finally:
        hangs.set()
        for number, handler in before.items():
            signal.signal(number, handler)
    assert ticks.count("send_due") == 3
    assert texts
    assert time.monotonic() - began < 10


def test_a_chore_that_fails_is_tried_after_a_minute_and_one_that_works_by_its_own_clock() -> None:
    done: list[tuple[str, int]] = []

    def anchors(at: dt.datetime) -> None:
        done.append(("anchor", round((at - NOW).total_seconds())))
        raise OSError("The folder is read-only.")

    def tidies(at: dt.datetime) -> None:
        done.append(("tidy", round((at - NOW).total_seconds())))

    hour = dt.timedelta(hours=1)
    chores = [work.Chore(hour, anchors), work.Chore(hour, tidies)]
    for second in range(0, 130, 3):
        for chore in chores:
            chore.do_if_due(NOW + dt.timedelta(seconds=second))
    assert done == [("anchor", 0), ("tidy", 0), ("anchor", 60), ("anchor", 120)]
    chores[1].do_if_due(NOW + hour)
    assert done[-1] == ("tidy", 3600)
