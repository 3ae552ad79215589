"""Every address × every role × reading and sending, against the one table of doors.py."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client

from clinic.models import User
from tests.cast import Cast
from tests.house import doors, world
from tests.house.doors import METHODS, WHO, Door
from tests.house.world import World

Enter = Callable[[User], Client]
# What reading a page may write: that it was read, and the session.
NOTES = {
    "clinic_auditevent",
    "clinic_auditchain",
    "clinic_cache",
    "django_session",
}
# How someone looks at the board is kept for her next log-in.
KEPT = {"day": {"clinic_user"}, "week": {"clinic_user"}, "week-on": {"clinic_user"}}


@pytest.fixture
def austin(cast: Cast, clock: time_machine.Traveller, caplog: pytest.LogCaptureFixture) -> World:
    # Most doors say no here, each with a line of its own; only a crash is news.
    caplog.set_level(logging.ERROR, "django.request")
    return world.build(cast)


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside is taken back, so that one request does not change the next."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def browser(enter: Enter, cast: Cast, who: str) -> Client:
    user = WHO[who](cast)
    client = enter(user) if user else Client()
    client.raise_request_exception = False  # a crash is an answer too: 500, in the table's words
    return client


def measured(enter: Enter, austin: World, door: Door, method: str) -> dict[str, str]:
    """What each role is answered, one after the other."""
    found = {}
    for who in WHO:
        with undone():
            client = browser(enter, austin.cast, who)
            found[who] = doors.ask(client, method, door.address(austin))
    return found


def test_every_address_is_listed(austin: World, enter: Enter) -> None:
    """The message has the missing rows as they answer now: judge each cell, then paste them."""
    listed = set(doors.table())
    there = {(door.name, method): door for door in doors.doors() for method in METHODS}
    missing = [
        doors.row(name, method, measured(enter, austin, door, method))
        for (name, method), door in there.items()
        if (name, method) not in listed
    ]
    assert not missing, "Judge these rows, then add them to doors.TABLE:\n" + "\n".join(missing)
    assert listed - set(there) == set(), "doors.TABLE lists what is no address any more."


@pytest.mark.rule("P14", "P15")
@pytest.mark.parametrize("who", WHO)
def test_each_door_answers_as_listed(who: str, austin: World, enter: Enter) -> None:
    wrong = []
    rows = doors.table()
    for door in doors.doors():
        for method in METHODS:
            with undone():
                client = browser(enter, austin.cast, who)
                given = doors.ask(client, method, door.address(austin))
            wanted = rows.get((door.name, method), {}).get(who, given)
            if given != wanted:
                wrong.append(f"{door.name} {method}: {given}, not {wanted}")
    assert wrong == []


@pytest.mark.parametrize("who", ["manager", "esthetician"])
def test_reading_writes_nothing_but_that_it_was_read(who: str, austin: World, enter: Enter) -> None:
    written = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if found := re.match(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)', sql):
            written.append(found.group(1))
        return execute(sql, params, many, context)

    for door in doors.doors():
        with undone():
            client = browser(enter, austin.cast, who)
            written.clear()
            with connection.execute_wrapper(watch):
                client.get(door.address(austin))
            assert set(written) - NOTES - KEPT.get(door.name, set()) == set(), door.name


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_no_door_knows_another_method(method: str, austin: World, enter: Enter) -> None:
    opened = {}
    for door in doors.doors():
        with undone():
            client = browser(enter, austin.cast, "manager")
            given = doors.ask(client, method, door.address(austin))
        if given not in {"403", "404", "405", "422"}:
            opened[door.name] = given
    assert opened == {}


def test_the_table_has_one_row_for_each_method_and_all_columns() -> None:
    rows = doors.table()
    assert {name for name, _method in rows} == {door.name for door in doors.doors()}
    assert all(set(answers) == set(WHO) for answers in rows.values())
    known = {"200", "204", "302", "login", "403", "404", "405", "409", "422"}
    assert {one for answers in rows.values() for one in answers.values()} <= known


def test_nobody_without_a_log_in_comes_further_than_the_entrance() -> None:
    """Read from the table: what answers a stranger from the street is listed here by name."""
    entrance = {
        name
        for (name, _method), answers in doors.table().items()
        if answers["anonymous"] not in {"login", "405", "404"}
    }
    assert entrance == {
        "account_inactive",
        "account_login",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
        "healthz",
        "invitation",
        "readyz",
    }
