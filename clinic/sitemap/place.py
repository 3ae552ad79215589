"""What the table of pages says of each."""

from __future__ import annotations

from dataclasses import dataclass

from clinic.permissions import Permission


@dataclass(frozen=True)
class Place:
    """A page that needs no record to open: any one of `may` opens it, none means everyone.

    `menu` is the word in the bar; a page without one is reached from others and the map.
    """

    section: str
    name: str
    label: str
    about: str
    icon: str
    may: tuple[Permission, ...] = ()
    menu: str = ""
