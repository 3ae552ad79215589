"""What the table of pages says of each."""

from __future__ import annotations

from dataclasses import dataclass

from clinic.permissions import Permission


@dataclass(frozen=True)
class Place:
    """A page that needs no record to open: any one of `may` opens it, none means everyone.

    `menu` is the word in the bar, `more` that it stands there under “More”; a page without a
    word is reached from others and the map, and is `part_of` another in the bar.
    """

    section: str
    name: str
    label: str
    about: str
    icon: str
    may: tuple[Permission, ...] = ()
    menu: str = ""
    more: bool = False
    part_of: str = ""
