"""Every operation is one act: through the one door, with its reader's words, on record."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from clinic import audit
from clinic.acts import NotRecorded, act
from clinic.models import AuditEvent, Clinic, Patient, Room, User
from clinic.permissions import Permission
from clinic.refusals import Refusal
from tests.cast import NOW, Cast
from tests.house import used
from tests.house.operations import Operation, exported, operations, rooms
from tests.house.sources import APPS, ROOT, calls, dotted, modules, place, tree

EACH = pytest.mark.parametrize("one", operations(), ids=lambda one: one.act)
# Acts that change nothing: that somebody looked is what they record.
LOOKS = {
    "audit.export",
    "audit.search",
    "cartridge.export",
    "cartridge.scan",
    "chart.read",
    "import.export",
    "patient.open",
    "patient.search",
}
# Done by no user whose permission could be asked. By the clock: the row in the outbox is its own
# record of what was sent, to whom and when. By whoever holds an invitation's link, or the machine
# itself: on record in the system's chain. The first start is refused once anybody is on file.
# A code or a passkey is shown by someone who is not let in yet: on record there, right or wrong.
# An import's steps are acts in the name of whoever started it; its driver only takes the next.
# The outage sheet is put away by the clock, on record in the clinic's chain.
# A token of the API is asked at its door, before any act; its own row keeps when it was used. How
# a program was answered is kept beside its one-time key, after the act.
# An offer is taken or left by whoever holds its link, and ended by the clock, as is a wait whose
# last day is over: on record in the clinic's chain, without a name.
# The shipped catalogs come with the installation; what they changed is in the system's audit.
SYSTEM_OPERATIONS = {
    "accept_invitation",
    "check_soon",
    "close_waits_over",
    "create_administrator",
    "create_token_from_machine",
    "decline_offer",
    "end_offers_over",
    "first_start",
    "prove_code",
    "prove_passkey",
    "refuse_proof",
    "reset_from_machine",
    "give_roles",
    "go_on_with_imports",
    "keep_answer",
    "keep_outage_sheet",
    "load_catalog",
    "send_reminders",
    "tell_the_rest",
    "use_token",
    "take_offer",
}
RULE = re.compile(r"^[RPSLQNCT]\d+$")


def test_every_act_is_offered_by_its_app_and_nothing_else_is() -> None:
    """No door is hidden in a module, and nothing without a door is offered as one."""
    for app in APPS:
        acts = {one.name for one in operations() if one.app == app}
        assert set(exported(app)) - SYSTEM_OPERATIONS == acts, app
    assert {name for app in APPS for name in exported(app)} >= SYSTEM_OPERATIONS


def test_an_act_has_a_name_of_its_own() -> None:
    """Two doors may lead to one act when the second goes through the first."""
    names = [one.act for one in operations() if not _through(one)]
    assert len(names) == len(set(names))
    assert {name for name in names if not re.fullmatch(r"[a-z_]+\.[a-z_]+", name)} == set()


def test_the_looks_are_acts() -> None:
    assert {one.act for one in operations()} >= LOOKS


def test_what_stands_in_operations_is_an_act_or_belongs_to_one() -> None:
    """A public function without a door would be a way around it: it must be called by acts only."""
    acts = {one.name for one in operations()}
    inner = {
        node.name: path
        for path in rooms()
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
        if node.name not in acts | SYSTEM_OPERATIONS
    }
    outside = [
        place(path, node)
        for app in APPS
        for path in sorted((ROOT / app).rglob("*.py"))
        if "operations" not in path.relative_to(ROOT).parts and "migrations" not in path.parts
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom)
        and re.match(r"\w+\.operations(\.|$)", node.module or "")
        and {one.name for one in node.names} & set(inner)
    ]
    assert outside == []


@EACH
def test_an_act_takes_who_and_when_by_name(one: Operation) -> None:
    taken = inspect.signature(one.function).parameters
    assert {p.kind for p in taken.values()} == {inspect.Parameter.KEYWORD_ONLY}
    assert {"by", "at", one.on} <= set(taken)
    assert one.function.act == one.act  # type: ignore[attr-defined]
    assert all(isinstance(may, Permission) for may in one.function.may)  # type: ignore[attr-defined]


@EACH
def test_an_act_records_itself_last_by_its_own_name(one: Operation) -> None:
    recorders = _recorders(one.path)
    records, writes = [], []
    for node in ast.walk(one.node):
        if isinstance(node, ast.Call):
            name = dotted(node.func)
            if (name in recorders and _says(node, one.act)) or name in _through(one):
                records.append(node.lineno)
            elif name.rpartition(".")[2] in {"write", "save", "bulk_create", "release", "delete"}:
                writes.append(node.lineno)
    assert records, f"{one.name} records no {one.act}"
    assert max(records) > max(writes, default=0), f"{one.name} writes after it has recorded"


def _through(one: Operation) -> set[str]:
    """The other operations of the same act that this one calls."""
    others = {other.name for other in operations() if other.act == one.act} - {one.name}
    called = {dotted(node.func) for node in ast.walk(one.node) if isinstance(node, ast.Call)}
    return others & called


def _says(call: ast.Call, act_name: str) -> bool:
    given = [*call.args, *(one.value for one in call.keywords)]
    return any(isinstance(value, ast.Constant) and value.value == act_name for value in given)


def _recorders(path: Path) -> set[str]:
    """What records when it is called in this file: the audit's own two, and what calls them."""
    names = {"audit.record", "audit.record_in"}
    for imported in ast.walk(tree(path)):
        if isinstance(imported, ast.ImportFrom) and ".operations." in (imported.module or ""):
            source = ROOT / f"{(imported.module or '').replace('.', '/')}.py"
            names |= {one.name for one in imported.names} & _recorders(source)
    for node in tree(path).body:
        if isinstance(node, ast.FunctionDef) and any(
            isinstance(call, ast.Call) and dotted(call.func) in names for call in ast.walk(node)
        ):
            names.add(node.name)
    return names


def test_chains_of_several_clinics_are_written_in_one_order() -> None:
    """By `audit.record_in`: in a loop over clinics, two acts could lock their chains crosswise."""
    looped = [
        place(path, call)
        for path in modules()
        if not path.is_relative_to(ROOT / "clinic" / "audit")
        for loop in ast.walk(tree(path))
        if isinstance(loop, ast.For)
        for call in ast.walk(loop)
        if isinstance(call, ast.Call) and dotted(call.func) == "audit.record"
        for given in call.keywords
        if given.arg == "clinic_id" and dotted(given.value).partition(".")[0] == dotted(loop.target)
    ]
    assert looped == []


@EACH
def test_an_act_says_which_rules_it_refuses_by(one: Operation) -> None:
    """The docstring names each refusal that the act itself raises, by its rule's number."""
    told = ast.get_docstring(one.node) or ""
    raised = {
        str(given.value.value)
        for call in _refusals(one.node)
        for given in call.keywords
        if given.arg == "rule" and isinstance(given.value, ast.Constant)
    }
    assert told
    assert {rule for rule in raised if RULE.match(rule) and rule not in told} == set()


def _refusals(node: ast.AST) -> Iterator[ast.Call]:
    for one in ast.walk(node):
        if isinstance(one, ast.Raise) and isinstance(one.exc, ast.Call):
            yield one.exc


@pytest.mark.rule("P3")
def test_every_press_that_changes_something_can_be_repeated() -> None:
    """A view passes the form's one-time key to the operation; looks leave a mark each time."""
    changing = {one.name for one in operations() if one.act not in LOOKS}
    bare = [
        f"{place(path, call)} {name}"
        for path in modules("views", "api")
        for name, call in calls(path)
        if "." in name and name.rpartition(".")[2] in changing
        if "once" not in {given.arg for given in call.keywords}
    ]
    assert bare == []


def test_what_no_test_has_done_is_named() -> None:
    """`bin/test` asks for it at the end of the whole run: --nothing-unused."""
    every = set(used.everything().values())
    assert used.unused(every) == []
    assert used.unused(every - {"act appointment.book"}) == ["appointment.book"]
    assert "--nothing-unused" in (ROOT / "bin" / "test").read_text()
    assert set(used.BY_NO_TEST) <= set(used.everything())


# --- The door itself, with acts made for it


@act("test.keep_silent", may=Permission.BOOK, on="clinic")
def keep_silent(*, clinic: Clinic, by: User, at: object) -> Room:
    room = Room(clinic=clinic, name="Silent")
    room.write()
    return room


@act("test.refuse", may=Permission.BOOK, on="clinic")
def refuse(*, clinic: Clinic, by: User, at: object) -> None:
    Room(clinic=clinic, name="Refused").write()
    raise Refusal("Not today.", rule="R47", field="room")


@act("test.break", may=Permission.BOOK, on="clinic")
def break_off(*, clinic: Clinic, by: User, at: object) -> None:
    Room(clinic=clinic, name="Broken").write()
    raise ZeroDivisionError


@pytest.mark.rule("P22")
def test_an_act_that_leaves_no_event_is_taken_back(cast: Cast) -> None:
    with pytest.raises(NotRecorded, match=r"test\.keep_silent"):
        keep_silent(clinic=cast.clinic, by=cast.reception, at=NOW)
    assert not Room.objects.filter(name="Silent").exists()


@pytest.mark.rule("P22")
def test_a_refusal_is_on_record_and_its_act_is_taken_back(cast: Cast) -> None:
    with pytest.raises(Refusal):
        refuse(clinic=cast.clinic, by=cast.reception, at=NOW)
    assert not Room.objects.filter(name="Refused").exists()
    event = AuditEvent.objects.get(action="test.refuse")
    assert (event.outcome, event.rule, event.actor) == ("refused", "R47", str(cast.reception.pk))


@pytest.mark.rule("R54")
def test_who_may_not_is_refused_on_record(cast: Cast) -> None:
    with pytest.raises(Refusal) as no:
        refuse(clinic=cast.clinic, by=cast.auditor, at=NOW)
    assert (no.value.status, no.value.rule) == (403, "R54")
    assert AuditEvent.objects.get(action="test.refuse").actor == str(cast.auditor.pk)


def test_a_crash_leaves_nothing_behind(cast: Cast) -> None:
    with pytest.raises(ZeroDivisionError):
        break_off(clinic=cast.clinic, by=cast.reception, at=NOW)
    assert not Room.objects.filter(name="Broken").exists()
    assert not AuditEvent.objects.filter(action="test.break").exists()


def test_an_act_whose_event_cannot_be_written_is_taken_back(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: object, **kwargs: object) -> None:
        raise RuntimeError("The audit cannot be reached.")

    before = Patient.objects.count()
    monkeypatch.setattr(audit.writing, "mac_of", fails)
    register = next(one.function for one in operations() if one.act == "patient.register")
    with pytest.raises(RuntimeError):
        register(
            clinic=cast.clinic,
            by=cast.reception,
            at=NOW,
            first_name="Ida",
            last_name="Berg",
            birth_date=NOW.date().replace(year=1990),
            email="ida@example.org",
        )
    assert Patient.objects.count() == before
