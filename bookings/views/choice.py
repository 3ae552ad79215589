"""How someone last looked at a clinic's board: the session remembers it on the server, and the
account from one session to the next. Two desks of one person each keep their own view.

Looking is not an act: nothing of the clinic's changes, so that a link may do it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

from bookings import queries
from bookings.queries import Board, Visit
from bookings.queries.listing import rooms_in_use
from bookings.rules.board import By
from bookings.rules.status import WORDS
from bookings.views.grid import COMPACT_FROM
from clinic.accounts import remember_board
from clinic.models import Clinic
from clinic.queries.licenses import practitioners_of
from clinic.sessions import is_background
from clinic.views.doors import StaffRequest

KEPT = "board"
FIELDS = ("practitioner", "room", "service", "status")
MOST_KEPT = 60  # values of one filter: more than any clinic has people


# By field the values and their names.
Filters = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Choice:
    """The view, how close it is set (None: by the number of columns), whose week was looked at
    last, and the filters: by field the values and their names."""

    by: By = By.PRACTITIONER
    compact: bool | None = None
    whose: str = ""
    only: Filters = field(default_factory=dict)

    def keys(self, name: str) -> Collection[str]:
        """The values to which a field is narrowed; none: all."""
        return self.only.get(name, {}).keys()

    def fits(self, visit: Visit) -> bool:
        """Whether a visit is one of those looked for."""
        return all(_value(visit, name) in chosen for name, chosen in self.only.items())

    def is_compact(self, board: Board) -> bool:
        """Whether the board is set close."""
        return len(board.columns) >= COMPACT_FROM if self.compact is None else self.compact


def chosen(request: StaffRequest) -> Choice:
    """What was chosen before, changed by what this address asks for and kept.

    `by` and `compact` (on, off) set the view, `show=all` clears the filters; an address that
    asks for something else changes nothing.
    """
    kept = _kept(request)
    asked = request.GET
    found = kept
    if asked.get("by") in (By.PRACTITIONER, By.ROOM, By.LIST):
        found = replace(found, by=By(asked["by"]))
    if asked.get("compact") in ("on", "off"):
        found = replace(found, compact=asked["compact"] == "on")
    if asked.get("show") == "all":
        found = replace(found, only={})
    if found != kept and not is_background(request):
        keep(request, found)
    return found


def keep(request: StaffRequest, choice: Choice) -> None:
    """Remember a choice for this clinic, here and for the next log-in anywhere."""
    said = {
        "by": str(choice.by),
        "compact": choice.compact,
        "whose": choice.whose,
        "only": choice.only,
    }
    clinic = str(request.clinic.pk)
    request.session[KEPT] = request.session.get(KEPT, {}) | {clinic: said}
    remember_board(request.user, clinic, said)


def _kept(request: StaffRequest) -> Choice:
    """What the session remembers, else the account: of that only what is still there.

    No query, but for the first look of a session at a board that is narrowed.
    """
    clinic = request.clinic
    if said := request.session.get(KEPT, {}).get(str(clinic.pk)):
        return _read(said)
    found = _read(request.user.board.get(str(clinic.pk)) or {})
    if not found.only or is_background(request):
        return found
    found = replace(found, only=_still_there(clinic, found.only))
    keep(request, found)
    return found


def _still_there(clinic: Clinic, only: Filters) -> Filters:
    """The filters without the people, rooms and services that are here no more."""
    known: dict[str, Collection[str]] = {
        "practitioner": {str(one.pk) for one in practitioners_of(clinic)},
        "room": {str(one.pk) for one in rooms_in_use(clinic)},
        "service": {str(one.pk) for one in queries.services_of(clinic)},
        "status": {str(one) for one in WORDS},
    }
    left = {
        name: {key: label for key, label in values.items() if key in known[name]}
        for name, values in only.items()
    }
    return {name: values for name, values in left.items() if values}


def _read(said: Any) -> Choice:
    """A choice as it was remembered; whatever cannot be read is as if never chosen."""
    said = said if isinstance(said, dict) else {}
    by, compact, whose, only = (said.get(name) for name in ("by", "compact", "whose", "only"))
    return Choice(
        By(by) if isinstance(by, str) and by in {*By} else By.PRACTITIONER,
        compact if isinstance(compact, bool) else None,
        whose if isinstance(whose, str) else "",
        {
            name: {key: label for key, label in values.items() if isinstance(label, str)}
            for name, values in (only if isinstance(only, dict) else {}).items()
            if name in FIELDS and isinstance(values, dict)
        },
    )


def options(board: Board, choice: Choice) -> dict[str, list[tuple[str, str]]]:
    """What can be filtered by: what the board has, and what is chosen already."""
    found: dict[str, dict[str, str]] = {name: dict(choice.only.get(name, {})) for name in FIELDS}
    for visit in board.visits.values():
        found["practitioner"][str(visit["practitioner_id"])] = visit["practitioner"]
        found["room"][str(visit["room_id"])] = visit["room"]
        found["service"][str(visit["service_id"])] = visit["service"]
        found["status"][str(visit["status"])] = WORDS[visit["status"]]
    named = {column.key: column.name for column in board.columns} | board.others
    lane = "room" if board.by == By.ROOM else "practitioner"
    for key, name in named.items():
        found[lane].setdefault(str(key), name)
    order = [str(status) for status in WORDS]
    return {
        name: sorted(
            values.items(),
            key=lambda one: order.index(one[0]) if one[0] in order else one[1].casefold(),
        )
        for name, values in found.items()
    }


def filtered(asked: Any, board: Board, choice: Choice) -> Choice:
    """The choice with the filters that a form asks for; what the board does not know is no
    filter, and all of them together are none either."""
    only = {}
    for name, known in options(board, choice).items():
        wanted = set(asked.getlist(name))
        values = {key: label for key, label in known if key in wanted}
        if values and len(values) < max(len(known), 2):
            only[name] = dict(list(values.items())[:MOST_KEPT])
    return replace(choice, only=only)


def _value(visit: Visit, name: str) -> str:
    return str(visit["status"] if name == "status" else visit[f"{name}_id"])  # type: ignore[literal-required]
