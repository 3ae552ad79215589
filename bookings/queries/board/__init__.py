"""The board: a clinic's day by practitioner or room, and a practitioner's week."""

from bookings.queries.board.columns import ELSEWHERE, HERE, Blocked, Column, Offered
from bookings.queries.board.day import Board, day_board
from bookings.queries.board.visits import HELD, Visit
from bookings.queries.board.week import week_board

__all__ = [
    "ELSEWHERE",
    "HELD",
    "HERE",
    "Blocked",
    "Board",
    "Column",
    "Offered",
    "Visit",
    "day_board",
    "week_board",
]
