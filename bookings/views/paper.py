"""A clinic's day on paper: the picture of it on one sheet, and the list to work by in an outage."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from bookings import queries
from bookings.queries import Board, Visit
from bookings.rules import sheet
from bookings.rules.sheet import PAPERS, Entry, Lane
from bookings.rules.status import HOLDING, Status, stand
from bookings.views.absent import board_notes
from clinic.models import Clinic
from clinic.printing import pdf_of
from clinic.rules import hour_word, say_date, say_time, short_hour, written_as

BEGUN = frozenset({Status.ARRIVED, Status.NUMBING, Status.IN_TREATMENT, Status.COMPLETED})
# What a day without visits or working hours still shows.
PLAIN_DAY = (9, 17)
# For how long sheets that were put away are kept: they name patients.
KEPT = dt.timedelta(days=7)


def day_sheet(*, clinic: Clinic, day: dt.date, paper: str, at: dt.datetime, listed: bool) -> bytes:
    """The clinic's day as a PDF: each practitioner's column, on one sheet of that paper.

    `listed` puts behind it a list of all visits with birth dates and phone numbers, and room for
    notes: what a desk works by while the computers are down. Raises CannotPrint.
    """
    # Tomorrow's sheet is made by itself: no page is open that would say how it is written.
    with written_as(clinic.locale):
        return _day_sheet(clinic, day, paper, at, listed)


def _day_sheet(clinic: Clinic, day: dt.date, paper: str, at: dt.datetime, listed: bool) -> bytes:
    board = queries.day_board(clinic=clinic, day=day, at=at)
    drawn = _picture(board, clinic, paper)
    context: dict[str, Any] = {
        "clinic": clinic,
        "title": say_date(day),
        "printed": f"{say_date(clinic.day_of(at))}, {say_time(clinic.local(at))}",
        "paper": PAPERS[paper],
        "sheet": drawn,
        "held": sum(visit["status"] in HOLDING for visit in board.visits.values()),
        "closure": board.closure,
        # As on the board: what stands behind a marked name.
        "marks": [one["text"] for one in board_notes(board, clinic.day_of(at)) if one["mark"]],
        "listed": listed,
    }
    if listed:
        contacts = queries.contacts_of(clinic=clinic, day=day)
        context["lines"] = [
            _line(visit, clinic) | contacts[visit["id"]] for visit in board.visits.values()
        ]
    css = Path(str(finders.find("bookings/sheet.css"))).read_text(encoding="utf-8")
    return pdf_of(render_to_string("bookings/day_sheet.html", context), css=css + _places(drawn))


def _places(drawn: sheet.Sheet) -> str:
    """The style sheet that says where each box of the picture stands."""
    whole = f"top:{drawn.top:.2f}mm;height:{drawn.height:.2f}mm;"
    across = f"left:{drawn.left:.2f}mm;width:{drawn.width:.2f}mm;"
    found = [f".leaf{{height:{drawn.paper.height}mm}} .ground{{{whole}{across}}}"]
    for n, leaf in enumerate(drawn.leaves, 1):
        for kind, boxes in (("w", leaf.works), ("n", leaf.heads), ("b", leaf.boxes)):
            found += [f".l{n}{kind}{m}{{{_place(box)}}}" for m, box in enumerate(boxes, 1)]
        for m, box in enumerate(leaf.heads, 1):
            found.append(f".l{n}c{m}{{{whole}left:{box.x:.2f}mm;width:{box.width:.2f}mm}}")
        for m, (y, _word) in enumerate(leaf.hours, 1):
            found.append(f".l{n}h{m}{{{across}top:{y:.2f}mm}}")
    return "\n".join(found)


def _place(box: sheet.Box) -> str:
    size = f";font-size:{box.size}pt" if box.size else ""
    return (
        f"left:{box.x:.2f}mm;top:{box.y:.2f}mm;width:{box.width:.2f}mm;"
        f"height:{box.height:.2f}mm{size}"
    )


def _picture(board: Board, clinic: Clinic, paper: str) -> sheet.Sheet:
    if board.rows:
        starts_at, ends_at = board.rows[0].starts_at, board.rows[-1].ends_at
    else:
        starts_at, ends_at = (
            dt.datetime.combine(board.day, dt.time(hour), tzinfo=clinic.zone).astimezone(dt.UTC)
            for hour in PLAIN_DAY
        )
    marks = [
        (row.starts_at, f"{short_hour(row.local)}{f' {row.change}'.rstrip()}")
        for row in board.rows
        if row.hour
    ]
    return sheet.sheet(
        [
            Lane(
                f"{column.name} {column.credential}".strip()
                + ("*" if column.ends_on or column.refused else ""),
                _hours(column.works, clinic),
                column.works,
                [
                    _entry(visit, clinic)
                    for visit in board.visits.values()
                    if visit["practitioner_id"] == column.key and visit["status"] in HOLDING
                ],
            )
            for column in board.columns
        ],
        PAPERS[paper],
        starts_at=starts_at,
        ends_at=ends_at,
        hours=marks,
    )


def _hours(works: Any, clinic: Clinic) -> str:
    return ", ".join(
        f"{short_hour(clinic.local(first))}–{short_hour(clinic.local(last))}"
        for first, last in works
    )


def _entry(visit: Visit, clinic: Clinic) -> Entry:
    starts = clinic.local(visit["starts_at"])
    comes = visit["comes_at"] < visit["starts_at"]
    said = [str(visit["status"]).replace("_", " ")]
    if comes and visit["status"] not in BEGUN:
        said.append(f"comes {short_hour(clinic.local(visit['comes_at']))}")
    return Entry(
        visit["starts_at"],
        visit["ends_at"],
        hour_word(starts),
        visit["patient"],
        (f"{visit['service']} · {visit['room']}", ", ".join(said)),
        begun=visit["status"] in BEGUN,
    )


def _line(visit: Visit, clinic: Clinic) -> dict[str, Any]:
    _look, word = stand(visit["status"], ended_early=visit["ended_early"])
    return {
        "time": say_time(clinic.local(visit["starts_at"])),
        "comes": say_time(clinic.local(visit["comes_at"])),
        "who": visit["patient"],
        "service": visit["service"],
        "practitioner": visit["practitioner"],
        "room": visit["room"],
        "word": word,
        "over": visit["status"] not in HOLDING,
    }


def outage_folder(clinic: Clinic) -> Path:
    """Where the sheets of a clinic are put away; nobody but the server's own user reads there."""
    return Path(settings.VAR_DIR) / "outage" / clinic.code


def kept_sheet(clinic: Clinic, day: dt.date) -> Path:
    """The file of one clinic-local day."""
    return outage_folder(clinic) / f"{day.isoformat()}.pdf"


def keep_sheet(*, clinic: Clinic, day: dt.date, at: dt.datetime) -> Path:
    """Put a day's list away as a file, whole or not at all; those of past weeks go. Raises
    CannotPrint, and OSError where the disk does not take it."""
    content = day_sheet(clinic=clinic, day=day, paper="letter", at=at, listed=True)
    file = kept_sheet(clinic, day)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    begun = file.with_suffix(".part")
    begun.touch(mode=0o600)
    begun.write_bytes(content)
    begun.replace(file)
    oldest = (day - KEPT).isoformat()
    for old in file.parent.glob("*.pdf"):
        if old.stem < oldest:
            old.unlink(missing_ok=True)
    return file
