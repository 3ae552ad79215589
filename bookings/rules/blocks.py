"""Blocked time: a short stretch that the desk keeps free of visits on its board."""

from __future__ import annotations

import datetime as dt

BLOCK_LONGEST = dt.timedelta(hours=12)
# What the board offers, in minutes.
LENGTHS = (15, 30, 60)
